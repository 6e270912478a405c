/**
 * The names of values, typed twice: in tables beside the rows, and from the manuals in `fixtures/values.tsv`. They must agree on
 * every value of every field, under every setting.
 */
import { expect, test } from 'vitest';
import { families } from '../src/arch/families.ts';
import { decodeAttr } from '../src/arm64/values/attributes.ts';
import { memoryName } from '../src/arm64/values/names.ts';
import { holds, type Values } from './support/transcription.ts';
import { type TypedValues, valuesTypedTwice } from './support/values-twice.ts';

/** What the manual says of a MAIR byte: one of those with a meaning of their own, or two halves, outer and inner. */
function typedAttr(byte: number, settings: Values, { tables: typed, seen }: TypedValues): string | undefined {
  const tables = typed.filter(
    ({ formats, when, line }) =>
      formats.some(one => one.test('arm64.MAIR byte')) && holds(when, settings, line),
  );
  const halves = typed.find(({ formats }) => formats.some(one => one.test('arm64.MAIR nibble')));
  for (const table of [...tables, halves]) if (table) seen.add(table);
  const whole = tables.map(({ meanings }) => meanings.get(byte)).find(meaning => meaning !== undefined);
  const [outer, inner] = [byte >> 4, byte & 15].map(nibble => halves?.meanings.get(nibble));
  if (whole !== undefined || outer === undefined || inner === undefined) return whole;
  return outer === inner ? `Normal ${outer}` : `Normal o${outer} i${inner}`;
}

valuesTypedTwice(families, 'fixtures/values.tsv', typed => {
  test('every byte of MAIR_ELx has the memory type that the manual gives it, or none', () => {
    for (const xs of [0, 1] as const)
      for (const mte2 of [0, 1] as const)
        for (let byte = 0; byte < 256; byte++) {
          const memory = decodeAttr(byte, { xs, mte2 });
          const said = memory && memoryName(memory);
          expect(said, `0x${byte.toString(16)} xs=${xs} mte2=${mte2}`).toBe(
            typedAttr(byte, { xs, mte2 }, typed),
          );
        }
  });
});
