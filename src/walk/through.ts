/**
 * Memory seen through a second stage: page frames of a guest, read through its stage 2, EPT or NPT. A stage 1 walk over
 * it is a nested walk, with tables fetched as the processor fetches them.
 */
import { type AddressSpace, type FrameRange, joinRanges } from '../image/address-space.ts';
import { addressOf, type Frame, frameAt } from '../image/frames.ts';
import { KIND, type Regime } from './regime.ts';
import { translate } from './translate.ts';
import { walk } from './walker.ts';

/** Translations remembered; table pages of one walk are few. */
const REMEMBERED = 1 << 16;

export class Through implements AddressSpace {
  readonly stage: Regime;
  readonly #memory: AddressSpace;
  readonly #frames = new Map<number, number>();
  #ranges: readonly FrameRange[] | undefined;

  constructor(stage: Regime, memory: AddressSpace) {
    this.stage = stage;
    this.#memory = memory;
  }

  /** The output frame of a guest frame, or undefined where the stage maps nothing. */
  frameOf(frame: Frame): Frame | undefined {
    const known = this.#frames.get(frame);
    if (known !== undefined) return known < 0 ? undefined : known;
    const found = translate(this.stage, this.#memory, addressOf(frame));
    const output = found.outcome === 'mapped' ? frameAt(found.output) : -1;
    if (this.#frames.size >= REMEMBERED) this.#frames.clear();
    this.#frames.set(frame, output);
    return output < 0 ? undefined : output;
  }

  page(frame: Frame): Uint32Array | undefined {
    const output = this.frameOf(frame);
    return output === undefined ? undefined : this.#memory.page(output);
  }

  /** Guest frames that the stage maps, whether or not the image holds what they map to. */
  get ranges(): readonly FrameRange[] {
    if (!this.#ranges) {
      const { leaves } = walk(this.stage, this.#memory);
      const mapped: FrameRange[] = [];
      for (let i = 0; i < leaves.length; i++) {
        const frame = leaves.input[i] as number;
        if (leaves.kind[i] === KIND.leaf) mapped.push({ frame, end: frame + (leaves.frames[i] as number) });
      }
      this.#ranges = joinRanges(mapped);
    }
    return this.#ranges;
  }
}
