import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { decode, encode, kindMask, patch } from '../../src/bits/codec.ts';
import { describe } from '../../src/bits/describe.ts';
import type { Settings, SettingTable } from '../../src/bits/settings.ts';
import { x86Families } from '../../src/x86/index.ts';
import { anySettings, anyWord } from './arbitrary.ts';

test('ids and aliases are unique', () => {
  const ids = x86Families.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const names = x86Families.flatMap(({ aliases = [] }) => aliases);
  expect(new Set(names).size).toBe(names.length);
});

for (const family of x86Families)
  group(family.id, () => {
    test('answers any word under any settings, with a format that reads it', () => {
      fc.assert(
        fc.property(anyWord, anySettings(family.settings), (word, settings) => {
          const reading = family.read(word, settings as Settings<SettingTable>);
          expect(reading.raw).toBe(word);
          const fits = reading.format.width === 32 ? word & 0xffff_ffffn : word;
          expect(patch(reading.format, fits, decode(reading.format, fits))).toBe(fits);
          expect(describe(reading.format, word).length).toBe(reading.format.rows.length);
          for (const { id, message } of reading.findings) {
            expect(id).toMatch(/^[a-z0-9-]+$/);
            expect(message.length).toBeGreaterThan(10);
          }
        }),
        { numRuns: 400 },
      );
    });

    test('every layout: what decodes can be encoded again, but for reserved bits', () => {
      for (const { format } of family.variants())
        fc.assert(
          fc.property(anyWord, word => {
            const fits = format.width === 32 ? word & 0xffff_ffffn : word;
            const clean = fits & ~kindMask(format, 'res0', 'fixed');
            const fields = decode(format, clean) as Record<string, number | bigint>;
            const legal = Object.fromEntries(
              format.rows.flatMap(row => {
                if (row.kind === 'res0' || row.kind === 'fixed') return [];
                const value = fields[row.key] ?? 0;
                return typeof row.values?.[Number(value)] === 'object' ? [] : [[row.key, value]];
              }),
            );
            const made = encode(format, legal);
            const again = decode(format, made) as Record<string, number | bigint>;
            for (const [key, value] of Object.entries(legal)) expect(again[key]).toBe(value);
            expect(made & kindMask(format, 'res0')).toBe(0n);
          }),
          { numRuns: 25 },
        );
    });

    test('every variant is what `layout` gives for its settings', () => {
      for (const { kind, settings, format } of family.variants()) {
        const table = family.settings as SettingTable;
        const full = Object.fromEntries(
          Object.entries(table).map(([key, { default: value }]) => [key, value]),
        );
        const given = { ...full, ...settings } as Settings<SettingTable>;
        expect(family.layout(kind, given)?.rows).toEqual(format.rows);
        expect(family.kinds).toContain(kind);
      }
    });
  });
