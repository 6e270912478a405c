/** The judges of the x86 vectors compare every expected key: a vector with one changed value fails. */
import { expect, test } from 'vitest';
import { fixtureLines } from '../support/fixtures.ts';
import type { Context } from './judges/family.ts';
import { x86Families } from './judges/x86.ts';

/** What a record of each family expects; everything else in it is given. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  pte: ['present', 'kind', 'leaf', 'addr', 'pageSize', 'fields', 'patIndex', 'reserved', 'ignored'],
  ept: [
    ...['present', 'kind', 'misconfig', 'reasons', 'addr', 'pageSize', 'r', 'w', 'x', 'xu', 'a', 'd', 'sve'],
    ...['reserved', 'ignored', 'memtype', 'ipat', 'vgp', 'pw', 'sss', 'spp'],
  ],
  eptp: ['valid', 'errors', 'memtype', 'walkLength', 'ad', 'sss', 'addr', 'reserved'],
  'kvm-mmio-spte': ['spte'],
  'linux-pte': ['pte'],
  'pat-msr': ['valid', 'bad', 'types'],
  'mtrr-msr-valid': ['valid'],
  'mtrr-lookup': ['contiguousMasks', 'lookups', 'ranges'],
  'pat-mtrr': ['valid', 'effective'],
  'ept-memtype': ['patName', 'misconfig', 'effective'],
  'npt-memtype': ['guest', 'host', 'mtrrName', 'combined', 'effective'],
};
const context: Context = { siblings: () => [] };

/** Another value of the same shape. */
function changed(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string')
    return value.startsWith('0x') ? `0x${(BigInt(value) ^ 0x4000n).toString(16)}` : `${value}?`;
  if (value === null) return 1;
  // the last part: in lists and objects that mix both, what is given stands first
  if (Array.isArray(value))
    return value.length > 0 ? [...value.slice(0, -1), changed(value.at(-1))] : ['more'];
  const parts = Object.entries(value as object);
  return Object.fromEntries(
    parts.map(([key, part], i) => [key, i === parts.length - 1 ? changed(part) : part]),
  );
}

test.each(x86Families.map(family => [family.name, family] as const))('%s', (name, { judge }) => {
  const keys = EXPECTED[name] ?? [];
  expect(keys.length).toBeGreaterThan(0);
  for (const record of [...fixtureLines<Record<string, unknown>>(`vectors/x86/${name}.jsonl`)].slice(0, 12))
    for (const key of keys) {
      const wrong = { ...record, [key]: changed(record[key]) };
      let found: readonly string[];
      try {
        found = judge(wrong as never, context);
      } catch (error) {
        found = [String(error)];
      }
      expect(found.length, `${key} of ${JSON.stringify(record)}`).toBeGreaterThan(0);
    }
});
