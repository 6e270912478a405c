/**
 * One address through one regime, level by level, keeping every entry on the way.
 */
import type { Reading } from '../bits/family.ts';
import { join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import {
  addressOf,
  type Bytes,
  type Frame,
  frameAt,
  frameOf,
  framesOfShift,
  inPage,
} from '../image/frames.ts';
import { type EntryKind, formOf, type Level, outputFrame, type Regime, type Root } from './regime.ts';

/** One table lookup. */
export interface Step {
  /** Index into the regime's levels, and the manual's number. */
  readonly level: number;
  readonly name: number;
  readonly index: number;
  /** Where the entry stands, bytes. */
  readonly at: Bytes;
  readonly word: bigint;
  readonly kind: EntryKind;
  readonly reading: Reading;
}

export type Translation = {
  readonly regime: Regime;
  /** The input address, bytes. */
  readonly input: bigint;
  readonly steps: readonly Step[];
} & (
  | {
      /** The address is mapped. */
      readonly outcome: 'mapped';
      /** Output address of the input address, bytes, and bytes that the leaf maps. */
      readonly output: bigint;
      readonly pageSize: number;
      readonly level: number;
      /** What the tables above the leaf handed down. */
      readonly inherited: number;
      readonly leaf: Step;
    }
  | {
      /** `outside`: no root translates it; `missing`: the image lacks a table; else the last step's entry. */
      readonly outcome: 'outside' | 'missing' | 'invalid' | 'fault';
      /** One sentence: at which level and why. */
      readonly reason: string;
    }
);

/** Frames that a root translates from its `inputFrame` on. */
const rootFrames = (root: Root, level: Level): number => root.entries * framesOfShift(level.shift);

/** The root that translates a frame, and the index of the frame's first entry in it. */
function rootOf(regime: Regime, frame: Frame): readonly [Root, number] | undefined {
  for (const root of regime.roots) {
    const level = regime.levels[root.level] as Level;
    const span = framesOfShift(level.shift);
    const frames = rootFrames(root, level);
    if (!root.canonical) {
      const offset = frame - root.inputFrame;
      if (offset >= 0 && offset < frames) return [root, Math.floor(offset / span)];
      continue;
    }
    if (frame < frames / 2) return [root, Math.floor(frame / span)];
    const fromTop = 2 ** 52 - frame; // the upper half ends at the top of the address space
    if (fromTop > 0 && fromTop <= frames / 2) return [root, Math.floor((frames - fromTop) / span)];
  }
  return undefined;
}

/** Translate one input address. Answers every address; never throws for what the tables hold. */
export function translate(regime: Regime, memory: AddressSpace, input: bigint): Translation {
  const frame = frameAt(input);
  const start = rootOf(regime, frame);
  const steps: Step[] = [];
  const base = { regime, input, steps };
  if (!start)
    return {
      ...base,
      outcome: 'outside',
      reason: `0x${input.toString(16)} is outside the input range of ${regime.id}`,
    };
  let [{ address: table, level }, index] = start;
  let inherited = 0;
  for (;;) {
    const form = regime.levels[level] as Level;
    const at = table + index * regime.entryBytes;
    const word = entryAt(memory, at, regime.entryBytes);
    const name = `level ${form.name}`;
    if (word === undefined)
      return {
        ...base,
        outcome: 'missing',
        reason: `the ${name} table at 0x${table.toString(16)} is not in the image`,
      };
    const reading = regime.read(word, level);
    const { kind, inherits } = regime.classify(reading, level);
    const step: Step = { level, name: form.name, index, at, word, kind, reading };
    steps.push(step);
    const lo = Number(word & 0xffff_ffffn);
    const hi = Number(word >> 32n);
    if (kind === 'leaf') {
      const pageSize = 2 ** form.shift;
      const start = outputFrame(formOf(form, lo, hi), lo, hi, frame - (frame % frameOf(pageSize)));
      const output = addressOf(start) + (input & BigInt(pageSize - 1));
      return { ...base, outcome: 'mapped', output, pageSize, level, inherited, leaf: step };
    }
    if (kind !== 'table' || level === 0) {
      const outcome = kind === 'fault' || kind === 'table' ? 'fault' : 'invalid';
      const finding = reading.findings.find(({ severity }) => severity === 'error');
      return {
        ...base,
        outcome,
        reason: `${name} entry is ${outcome === 'fault' ? `faulty: ${finding?.message ?? 'reserved'}` : 'invalid'}`,
      };
    }
    inherited |= inherits;
    table = form.table.address(lo, hi);
    level--;
    const next = regime.levels[level] as Level;
    index = Number((input >> BigInt(next.shift)) & BigInt(2 ** next.indexBits - 1));
  }
}

/** One entry of 4 or 8 bytes at a byte address. */
function entryAt(memory: AddressSpace, at: Bytes, bytes: 4 | 8): bigint | undefined {
  const page = memory.page(frameOf(at));
  if (!page) return undefined;
  const word = inPage(at) / 4;
  return bytes === 4 ? BigInt(page[word] as number) : join(page[word] as number, page[word + 1] as number);
}
