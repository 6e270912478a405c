/** A walk from bare entries, top down: what somebody copied from a kernel message or a debugger. */
import { addressOf, frameAt, frameOf } from '../image/frames.ts';
import type { Entries, EntryStart } from '../walk/entries.ts';
import { formOf, type Level, outputFrame, type Regime } from '../walk/regime.ts';
import type { Step, Translation } from '../walk/translate.ts';

/** Where a walk of these entries began, and what was taken for granted to say so. */
export interface EntryWalk {
  readonly walk: Translation;
  readonly assumed: readonly string[];
}

/** @param start where the architecture says that these entries begin: `startOf` */
export const walkEntries = (
  { regime, level, assumed }: EntryStart,
  { words, input }: Entries,
): EntryWalk => ({
  walk: step(regime, level, words, input ?? 0n),
  assumed,
});

/** The walk that these entries make. Entries that follow the end of it are left out. */
function step(regime: Regime, first: number, words: readonly bigint[], input: bigint): Translation {
  const steps: Step[] = [];
  const base = { regime, input, steps };
  const frame = frameAt(input);
  let inherited = 0;
  let level = first;
  for (const word of words) {
    const form = regime.levels[level] as Level | undefined;
    if (!form) break;
    const reading = regime.read(word, level);
    const { kind, inherits } = regime.classify(reading, level);
    const index = Number((input >> BigInt(form.shift)) & BigInt(2 ** form.indexBits - 1));
    const taken: Step = { level, name: form.name, index, at: Number.NaN, word, kind, reading };
    steps.push(taken);
    const [lo, hi] = [Number(word & 0xffff_ffffn), Number(word >> 32n)];
    if (kind === 'leaf') {
      const pageSize = 2 ** form.shift;
      const start = outputFrame(formOf(form, lo, hi), lo, hi, frame - (frame % frameOf(pageSize)));
      const output = addressOf(start) + (input & BigInt(pageSize - 1));
      return { ...base, outcome: 'mapped', output, pageSize, level, inherited, leaf: taken };
    }
    if (kind !== 'table')
      return {
        ...base,
        outcome: kind === 'fault' ? 'fault' : 'invalid',
        reason: `level ${form.name} entry is ${kind === 'fault' ? 'faulty' : 'invalid'}`,
      };
    inherited |= inherits;
    level--;
  }
  return { ...base, outcome: 'missing', reason: 'the entry of the next level was not given' };
}
