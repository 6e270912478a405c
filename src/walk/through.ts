/**
 * Memory seen through a second stage: page frames of a guest, read through its stage 2, EPT or NPT. A stage 1 walk over
 * it is a nested walk, with tables fetched as the processor fetches them: what the second stage denies to the walker is not
 * read.
 */
import type { Finding } from '../bits/codec.ts';
import { firstNot } from '../bits/search.ts';
import { hex } from '../bits/word.ts';
import { type AddressSpace, type FrameRange, joinRanges } from '../image/address-space.ts';
import { addressOf, type Frame, frameAt } from '../image/frames.ts';
import type { LeafBatch } from './batch.ts';
import { KIND, type Regime } from './regime.ts';
import { type Step, type Translation, translate } from './translate.ts';
import { walk } from './walker.ts';

/** Translations remembered; table pages of one walk are few. */
const REMEMBERED = 1 << 16;

/** What denies the walker a table: absent where no entry does. */
export interface WalkerDenial {
  readonly step?: Step;
  /** One sentence. */
  readonly says: string;
}

/**
 * Why a second stage does not let the walker of the first have what stands at an address; undefined where it does.
 * `top`: the table where walks of this half begin.
 */
export function walkerDenied(found: Translation, top?: 'lower' | 'upper'): WalkerDenial | undefined {
  if (found.outcome === 'missing') return undefined; // nobody knows
  if (found.outcome !== 'mapped') {
    const step = found.steps.at(-1);
    return { ...(step ? { step } : {}), says: found.reason };
  }
  const { regime, leaf, level, inherited, steps } = found;
  const refused = ({ reading, level: at }: Step, handed: number): string | undefined =>
    regime.walker?.refused(regime.describe(reading, at, handed), leaf.reading, top);
  const why = refused({ ...leaf, level }, inherited);
  if (why === undefined) return undefined;
  // the entry that takes the right away: the first, if several do
  const guilty = (step: Step): boolean =>
    (step === leaf || regime.classify(step.reading, step.level).inherits !== 0) && refused(step, 0) === why;
  const step = steps.find(guilty) ?? leaf;
  return { step, says: `level ${step.name} entry: ${why}` };
}

export class Through implements AddressSpace {
  readonly stage: Regime;
  readonly #memory: AddressSpace;
  readonly #frames = new Map<number, number>();
  #ranges: readonly FrameRange[] | undefined;

  constructor(stage: Regime, memory: AddressSpace) {
    this.stage = stage;
    this.#memory = memory;
  }

  get behind(): AddressSpace {
    return this.#memory;
  }

  /** How the stage translates a guest frame, entry by entry. */
  translation(frame: Frame): Translation {
    return translate(this.stage, this.#memory, addressOf(frame));
  }

  /** The output frame of a guest frame, or undefined where the stage maps nothing, or not for a walker. */
  frameOf(frame: Frame): Frame | undefined {
    const known = this.#frames.get(frame);
    if (known !== undefined) return known < 0 ? undefined : known;
    const found = this.translation(frame);
    const given = found.outcome === 'mapped' && walkerDenied(found) === undefined;
    const output = given ? frameAt(found.output) : -1;
    if (this.#frames.size >= REMEMBERED) this.#frames.clear();
    this.#frames.set(frame, output);
    return output < 0 ? undefined : output;
  }

  page(frame: Frame): Uint32Array | undefined {
    const output = this.frameOf(frame);
    return output === undefined ? undefined : this.#memory.page(output);
  }

  refusal(frame: Frame, top?: 'lower' | 'upper'): Finding | undefined {
    if (top === undefined && this.frameOf(frame) !== undefined) return undefined;
    const why = walkerDenied(this.translation(frame), top);
    if (why === undefined) return undefined;
    return {
      id: 'table-hidden',
      severity: 'warning', // a hypervisor that maps what is touched leaves such tables behind
      bits: '',
      message: `the second stage does not let the walker read ${hex(addressOf(frame))}: ${why.says}`,
      ...(this.stage.walker ? { ref: this.stage.walker.ref } : {}),
    };
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

/** The same, listing what the image holds of it: a search costs what there is, not what the stage maps. */
export class HeldThrough extends Through {
  #held: readonly FrameRange[] | undefined;

  /** Guest frames whose page the image holds; of several that lead to one page the lowest. */
  override get ranges(): readonly FrameRange[] {
    this.#held ??= heldOf(walk(this.stage, this.behind).leaves, this.behind.ranges);
    return this.#held;
  }
}

/** Input frames of leaves that lead into `held`, each page of it once. */
function heldOf(leaves: LeafBatch, held: readonly FrameRange[]): readonly FrameRange[] {
  const pieces: { readonly output: Frame; readonly end: Frame; readonly input: Frame }[] = [];
  for (let i = 0; i < leaves.length; i++) {
    if (leaves.kind[i] !== KIND.leaf) continue;
    const input = leaves.input[i] as number;
    const first = leaves.output[i] as number;
    const behind = first + (leaves.frames[i] as number);
    let at = firstNot(held.length, range => (held[range] as FrameRange).end <= first);
    for (; at < held.length && (held[at] as FrameRange).frame < behind; at++) {
      const output = Math.max(first, (held[at] as FrameRange).frame);
      const end = Math.min(behind, (held[at] as FrameRange).end);
      pieces.push({ output, end, input: input + output - first });
    }
  }
  pieces.sort((a, b) => a.output - b.output || a.input - b.input);
  const once: FrameRange[] = [];
  let until = 0;
  for (const { output, end, input } of pieces) {
    const from = Math.max(output, until);
    if (from < end) once.push({ frame: input + from - output, end: input + end - output });
    until = Math.max(until, end);
  }
  return joinRanges(once.sort((a, b) => a.frame - b.frame));
}
