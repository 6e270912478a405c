/** Random settings for any family, from what each setting says that it accepts; the same seed gives the same ones. */
import type { Setting, SettingTable } from '../../src/bits/settings.ts';
import { join } from '../../src/bits/word.ts';

export type AnySettings = Record<string, string | number | bigint>;

/** A source of unsigned 32-bit numbers: sfc32 (Chris Doty-Humphrey), small, fast, the same on every machine. */
export function random32(seed: number): () => number {
  let [a, b, c, counter] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let turn = 0; turn < 16; turn++) next();
  return next;
}

/** One of the things in a list such as `unknown, reset, 0 (none), 32..51, a 64-bit value`. */
function anyValue(setting: Setting, next: () => number): string | number | bigint {
  const choices = setting.accepts.split(', ');
  const choice = choices[next() % choices.length] ?? '';
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(choice);
  if (range)
    return setting.parse(`${Number(range[1]) + (next() % (Number(range[2]) - Number(range[1]) + 1))}`);
  if (choice === 'a 64-bit value') return join(next(), next());
  return setting.parse(choice.replace(/ \(.*\)$/, ''));
}

/** Values of a setting that tell readings apart, and a few more that it accepts. */
export const someValues = (setting: Setting, next: () => number): (string | number | bigint)[] => [
  ...new Set([...(setting.samples ?? []), ...Array.from({ length: 4 }, () => anyValue(setting, next))]),
];

/** Any settings of a family; rarely with D128, which is refused as a whole. */
export const anySettings = (table: SettingTable, next: () => number): AnySettings =>
  Object.fromEntries(
    Object.entries(table).map(([key, setting]) => [
      key,
      key === 'd128' ? Number(next() % 16 === 0) : anyValue(setting, next),
    ]),
  );
