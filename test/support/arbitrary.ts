/** Random words and settings for the properties that fast-check tries. */
import fc from 'fast-check';
import type { Settings, SettingTable } from '../../src/bits/settings.ts';
import { anySettings, random32 } from './any-settings.ts';

/** Any 64-bit word; half of them with few bits set, so that present and absent, clean and dirty all occur. */
export const anyWord = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 12 })
    .map(set => set.reduce((w, b) => w | (1n << BigInt(b)), 0n)),
);

/** Words of which most are valid arm64 descriptors: bits 1:0 chosen evenly. */
export const anyDescriptor = fc
  .tuple(anyWord, fc.constantFrom(0n, 1n, 3n))
  .map(([word, type]) => (word & ~3n) | type);

/** Any settings that a table accepts. */
export const settingsOf = <T extends SettingTable>(table: T): fc.Arbitrary<Settings<T>> =>
  fc.integer().map(seed => anySettings(table, random32(seed)) as Settings<T>);
