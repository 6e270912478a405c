/**
 * What every way down a tree has in common: the two halves of a canonical root, roots of several tables side by side, tables
 * that are larger than a page or share one. The walkers (`traversal.ts`) and lint (`lint/visit.ts`) go down by `Descent`;
 * `translate.ts`, `summary.ts` and `scan.ts` say why they go by themselves, and ask here where tables lie.
 */
import type { Finding } from '../bits/codec.ts';
import { hex } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import {
  ALL_FRAMES,
  type Bytes,
  type Frame,
  frameOf,
  framesOfShift,
  inPage,
  PAGE_BYTES,
} from '../image/frames.ts';
import { arm } from '../refs.ts';
import type { Level, Regime, Root } from './regime.ts';
import type { Obstacle } from './result.ts';

/** Frames that one entry of each level covers. */
export const spansOf = ({ levels }: Regime): readonly Frame[] =>
  levels.map(({ shift }) => framesOfShift(shift));

/** Entries of a root that translate frames in a row. */
export interface RootPart {
  /** Entries `first` to `end`, exclusive. */
  readonly first: number;
  readonly end: number;
  /** What entry `first` translates, and how much they translate together. */
  readonly input: Frame;
  readonly frames: Frame;
}

/** The parts of a root: one, or two where the upper half ends at the top of the address space. None at a level that is not there. */
export function rootParts({ levels }: Regime, { level, entries, inputFrame, canonical }: Root): RootPart[] {
  const form = levels[level];
  if (!form) return [];
  const frames = entries * framesOfShift(form.shift);
  if (!canonical) return [{ first: 0, end: entries, input: inputFrame, frames }];
  const half = { entries: entries / 2, frames: frames / 2 };
  return [
    { first: 0, end: half.entries, input: inputFrame, frames: half.frames },
    { first: half.entries, end: entries, input: ALL_FRAMES - half.frames, frames: half.frames },
  ];
}

/** Which half of the addresses a root translates that begins there. */
const halfAt = (inputFrame: Frame): 'lower' | 'upper' => (inputFrame > 0 ? 'upper' : 'lower');
export const halfOf = ({ roots }: Regime): 'lower' | 'upper' => halfAt(roots[0]?.inputFrame ?? 0);

/**
 * Why no walk from this root can begin, where that is so: its address is none, or the second stage asks more of the page at
 * `at` than of other tables. A page that it does not give at all is met when it is read.
 */
export function obstacleAt(
  { fault, address, inputFrame }: Root,
  memory: AddressSpace,
  at: Bytes = address,
): Obstacle | undefined {
  if (fault) return { kind: 'fault', finding: fault };
  if (!memory.refusal || memory.refusal(frameOf(at))) return undefined;
  const finding = memory.refusal(frameOf(at), halfAt(inputFrame));
  return finding && { kind: 'hidden-by-second-stage', finding };
}

/** What is wrong with an output address that is none, though the base of its leaf is one [ASL AArch64.S1Walk, StageOA]. */
export function beyondOutput({ outputBits }: Regime, output: bigint): Finding | undefined {
  if (outputBits === undefined || output >> BigInt(outputBits) === 0n) return undefined;
  return {
    id: 'address-size',
    severity: 'error',
    bits: '',
    message: `${hex(output)} needs more than ${outputBits} bits, though the address of the block does not: Address size fault`,
    ref: arm('R_VPBBF, Output address size'),
  };
}

/**
 * Where the part that lies in one page ends, of a table from `place` to `stop`: a table may be larger than a page (64KB granule,
 * concatenation) or share one (PAE, small stage 2 roots).
 */
export function pieceEnd(place: Bytes, stop: Bytes): Bytes {
  return Math.min(stop, place - inPage(place) + PAGE_BYTES);
}

export abstract class Descent {
  readonly regime: Regime;
  readonly memory: AddressSpace;
  /** Frames that one entry of each level covers. */
  readonly spans: readonly Frame[];
  /** Set where the way ends early: the sentence says why. */
  protected stopped: string | undefined;

  constructor(regime: Regime, memory: AddressSpace) {
    this.regime = regime;
    this.memory = memory;
    this.spans = spansOf(regime);
  }

  /**
   * Read a piece of a table that lies in one page: `count` entries from the physical address `place` on; the first one
   * translates the frame `input`. Called for every table: numbers, not an object.
   */
  protected abstract part(place: Bytes, count: number, level: number, input: Frame, inherited: number): void;

  /** Entries `first` to `end` (exclusive) of the table at `address`; entry `first` translates `inputFrame`. */
  protected table(
    address: Bytes,
    level: number,
    inputFrame: Frame,
    first: number,
    end: number,
    inherited: number,
  ): void {
    const { entryBytes } = this.regime;
    const span = this.spans[level] as number;
    const stop = address + end * entryBytes;
    let input = inputFrame;
    for (let place = address + first * entryBytes; place < stop && this.stopped === undefined; ) {
      const end = pieceEnd(place, stop);
      const count = (end - place) / entryBytes;
      this.part(place, count, level, input, inherited);
      input += count * span;
      place = end;
    }
  }
}

/** Which entry of a table of this level translates an address. */
export const indexOf = ({ shift, indexBits }: Level, input: bigint): number =>
  Number((input >> BigInt(shift)) & BigInt(2 ** indexBits - 1));
