/** Random words and settings for the property tests. */
import fc from 'fast-check';
import type { Setting, SettingTable } from '../../src/bits/settings.ts';

/** Any 64-bit word; half of them with few bits set, so that present and absent, clean and dirty all occur. */
export const anyWord = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 12 })
    .map(set => set.reduce((w, b) => w | (1n << BigInt(b)), 0n)),
);

const candidates = (setting: Setting): readonly unknown[] => {
  const range = /^(\d+)\.\.(\d+)$/.exec(setting.accepts);
  if (range) {
    const [lo, hi] = [Number(range[1]), Number(range[2])];
    return Array.from({ length: hi - lo + 1 }, (_, i) => lo + i);
  }
  if (setting.accepts.startsWith('a 64-bit value'))
    return ['unknown', 0x0407050600070106n, 0x0202020202020202n];
  return setting.accepts.split(', ').map(text => setting.parse(text));
};

/** Any settings that a table accepts. */
export const anySettings = (table: SettingTable): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(
      Object.entries(table).map(([key, setting]) => [key, fc.constantFrom(...candidates(setting))]),
    ),
  );
