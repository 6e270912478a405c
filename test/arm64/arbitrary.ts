/** Random settings of a family, read from its own setting table: every choice and toggle, numbers in their range, registers. */
import fc from 'fast-check';
import type { Family } from '../../src/bits/family.ts';
import type { Settings, SettingTable } from '../../src/bits/settings.ts';

export function anySettings<T extends SettingTable>(family: Family<T, never>): fc.Arbitrary<Settings<T>>;
export function anySettings(family: { readonly settings: SettingTable }): fc.Arbitrary<unknown> {
  const values = Object.entries(family.settings).map(([key, setting]) => {
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(setting.accepts);
    if (range) return [key, fc.integer({ min: Number(range[1]), max: Number(range[2]) })] as const;
    if (setting.accepts.startsWith('a 64-bit value')) {
      const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
      return [key, setting.default === 'unknown' ? fc.oneof(word, fc.constant('unknown')) : word] as const;
    }
    return [key, fc.constantFrom(...setting.accepts.split(', ').map(text => setting.parse(text)))] as const;
  });
  return fc.record(Object.fromEntries(values));
}

export const anyWord = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** Words of which most are valid descriptors: random ones with [1:0] chosen evenly. */
export const anyDescriptor = fc
  .tuple(anyWord, fc.constantFrom(0n, 1n, 3n))
  .map(([word, type]) => (word & ~3n) | type);
