/**
 * One address through one regime, level by level, keeping every entry on the way.
 */
import type { Reading } from '../bits/family.ts';
import { join, split } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import {
  addressOf,
  type Bytes,
  bytesOf,
  type Frame,
  frameAt,
  frameOf,
  framesOf,
  framesOfShift,
  inPage,
} from '../image/frames.ts';
import { beyondOutput, indexOf, obstacleAt, rootParts } from './descent.ts';
import { type EntryKind, formOf, type Level, outputFrame, type Regime } from './regime.ts';
import type { Obstacle } from './result.ts';

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
  /** The input address, bytes, as it is translated. */
  readonly input: bigint;
  /** The address as it was given, where the processor ignores some of its bits: tags. */
  readonly pointer?: bigint;
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
      /**
       * `outside`: no root translates it; `missing`: the image lacks a table; `hidden-by-second-stage`: the second stage denies
       * one to the walker; else the last step's entry, or a root that is none.
       */
      readonly outcome: 'outside' | 'missing' | 'hidden-by-second-stage' | 'invalid' | 'fault';
      /** One sentence: at which level and why. */
      readonly reason: string;
      /** Where the table that was to be read last stands, bytes: absent where none was. */
      readonly table?: Bytes;
    }
);

/** Where a translation finds its entries. */
export interface EntrySource {
  /** Entry `index` of a table, and where it stands: NaN where nobody knows. Undefined where it cannot be had. */
  entry(table: Bytes, index: number, bytes: 4 | 8): { readonly at: Bytes; readonly word: bigint } | undefined;
  /** The sentence for an entry that cannot be had. */
  lacks(table: Bytes, level: Level | undefined): string;
  /** Why somebody denies it to the walker, where that is so. */
  refusal?(table: Bytes, index: number, bytes: 4 | 8): string | undefined;
}

/** Entries where the tables lie. */
const inMemory = (memory: AddressSpace): EntrySource => ({
  entry: (table, index, bytes) => {
    const at = table + index * bytes;
    const page = memory.page(frameOf(at));
    if (!page) return undefined;
    const half = inPage(at) / 4;
    const lo = page[half] as number;
    return { at, word: bytes === 4 ? BigInt(lo) : join(lo, page[half + 1] as number) };
  },
  lacks: (table, level) => `the level ${level?.name} table at 0x${table.toString(16)} is not in the image`,
  refusal: (table, index, bytes) => memory.refusal?.(frameOf(table + index * bytes))?.message,
});

/** A table, and the entry of it that an address is looked up in. */
export interface Lookup {
  /** Where walks begin: why none can. */
  readonly obstacle?: Obstacle | undefined;
  readonly table: Bytes;
  /** Index into the regime's levels. */
  readonly level: number;
  readonly index: number;
}

/** The first lookup of a frame: in the root that translates it. */
function firstLookup(regime: Regime, memory: AddressSpace, frame: Frame): Lookup | undefined {
  for (const root of regime.roots)
    for (const { first, input, frames } of rootParts(regime, root)) {
      const offset = frame - input;
      if (offset < 0 || offset >= frames) continue;
      const span = framesOfShift((regime.levels[root.level] as Level).shift);
      const index = first + Math.floor(offset / span);
      const obstacle = obstacleAt(root, memory, root.address + index * regime.entryBytes);
      return { table: root.address, level: root.level, index, obstacle };
    }
  return undefined;
}

/** Why no root translates it: between the halves of a canonical root lies what no access reaches. */
function outsideText(regime: Regime, input: bigint): string {
  const address = `0x${input.toString(16)}`;
  const [root] = regime.roots;
  const [half] = root?.canonical ? rootParts(regime, root) : [];
  if (!half) return `${address} is outside the input range of ${regime.id}`;
  const lowest = Math.log2(bytesOf(half.frames));
  const raises = regime.nonCanonical === undefined ? '' : `: ${regime.nonCanonical}`;
  return `${address} is not canonical: bits 63:${lowest} are not all the same${raises}`;
}

/**
 * Translate one input address. Answers every address; never throws for what the tables hold.
 * @param fetch the address of an instruction: tags that data accesses may have can be a part of it
 */
export function translate(regime: Regime, memory: AddressSpace, pointer: bigint, fetch = false): Translation {
  const input = regime.untag?.(pointer, fetch) ?? pointer;
  const start = firstLookup(regime, memory, frameAt(input));
  const found: Translation = start
    ? translateFrom(regime, inMemory(memory), input, start)
    : {
        regime,
        input,
        steps: [],
        outcome: 'outside',
        reason: outsideText(regime, input),
      };
  return input === pointer ? found : { ...found, pointer };
}

/**
 * `translate`, from one lookup on. One address, entry by entry, each with its exact reading: `Descent` reads whole tables, and
 * keeps nothing of the way.
 */
export function translateFrom(
  regime: Regime,
  source: EntrySource,
  input: bigint,
  start: Lookup,
): Translation {
  const steps: Step[] = [];
  const base = { regime, input, steps };
  let { table, level, index } = start;
  if (start.obstacle) {
    const { kind, finding } = start.obstacle;
    return { ...base, outcome: kind, reason: finding.message, table: table + index * regime.entryBytes };
  }
  let inherited = 0;
  for (;;) {
    const form = regime.levels[level];
    const found = form && source.entry(table, index, regime.entryBytes);
    if (!found) {
      const refusal = form && source.refusal?.(table, index, regime.entryBytes);
      return refusal === undefined
        ? { ...base, outcome: 'missing', reason: source.lacks(table, form), table }
        : {
            ...base,
            outcome: 'hidden-by-second-stage',
            reason: `the level ${form?.name} table: ${refusal}`,
            table: table + index * regime.entryBytes,
          };
    }
    const { at, word } = found;
    const reading = regime.read(word, level);
    const { kind, inherits } = regime.classify(reading, level);
    const step: Step = { level, name: form.name, index, at, word, kind, reading };
    steps.push(step);
    if (kind === 'leaf') {
      const to = leadsTo(form, word, input);
      const beyond = beyondOutput(regime, to.output);
      if (beyond) return { ...base, outcome: 'fault', reason: `level ${form.name} entry: ${beyond.message}` };
      return { ...base, outcome: 'mapped', ...to, level, inherited, leaf: step };
    }
    const below = regime.levels[level - 1];
    if (kind !== 'table' || !below) return { ...base, ...endsAt(step) };
    inherited |= inherits;
    [table, level, index] = [form.table.address(...split(word)), level - 1, indexOf(below, input)];
  }
}

/** Where a leaf leads an address. */
function leadsTo(form: Level, word: bigint, input: bigint): { output: bigint; pageSize: number } {
  const [lo, hi] = split(word);
  const pageSize = 2 ** form.shift;
  const frame = frameAt(input);
  const start = outputFrame(formOf(form, lo, hi), lo, hi, frame - (frame % framesOf(pageSize)));
  return { output: addressOf(start) + (input & BigInt(pageSize - 1)), pageSize };
}

/** An entry that neither leads on nor maps. */
function endsAt({ kind, name, reading }: Step): { outcome: 'fault' | 'invalid'; reason: string } {
  if (kind !== 'fault' && kind !== 'table')
    return { outcome: 'invalid', reason: `level ${name} entry is invalid` };
  const finding = reading.findings.find(({ severity }) => severity === 'error');
  return { outcome: 'fault', reason: `level ${name} entry is faulty: ${finding?.message ?? 'reserved'}` };
}
