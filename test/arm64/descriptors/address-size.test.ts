import { expect, test } from 'vitest';
import { readStage1, readStage2, stage1Settings, stage2Settings } from '../../../src/arm64/index.ts';
import { settle } from '../../../src/bits/settings.ts';

const bitsOf = (findings: readonly { readonly id: string; readonly bits: string }[]): readonly string[] =>
  findings.filter(({ id }) => id === 'address-size').map(({ bits }) => bits);

test.each([
  ['plain addresses stand in place', 0x0000_9000_0000_07ffn, { oaBits: 44 }, ['47,44']],
  ['LPA: A[51:48] are d[15:12]', 0x0000_0000_0000_f7ffn, { granule: '64K', lpa: 1, oaBits: 48 }, ['15:12']],
  [
    'DS: A[51:50] are d[9:8], A[49:48] in place',
    0x0003_f000_0000_07ffn,
    { ds: 1, oaBits: 44 },
    ['9:8,49:44'],
  ],
  ['an address that fits', 0x0003_f000_0000_07ffn, { ds: 1, oaBits: 52 }, []],
] as const)('an Address size fault names the bits that are too high: %s', (_what, word, given, bits) => {
  expect(bitsOf(readStage2(word, settle(stage2Settings, given)).findings)).toEqual(bits);
  expect(bitsOf(readStage1(word, settle(stage1Settings, given)).findings)).toEqual(bits);
  const table = { ...given, level: 2 };
  expect(bitsOf(readStage2(word, settle(stage2Settings, table)).findings)).toEqual(bits);
});
