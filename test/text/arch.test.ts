/** Whose entries a walk has, where its text does not say. */
import { expect, test } from 'vitest';
import { looksArm64 } from '../../src/text/arch.ts';

const [ARM, X86] = [0x1000_0000_57ff_f003n, 0x57ff_f067n];
/** A table of x86 that nobody has used: no A, no U/S. It looks like one of arm64. */
const UNUSED = 0x57ff_e003n;
const [ARM_LEAF, X86_LEAF] = [0x00c0_0000_4040_0f83n, 0x8000_0000_4040_0163n];

test.each([
  ['tables of arm64', [ARM, ARM, ARM_LEAF], true],
  ['tables of x86', [X86, X86, X86_LEAF], false],
  ['one unused table among those of x86', [X86, UNUSED, X86, X86_LEAF], false],
  ['an unused table of x86 first', [UNUSED, X86, X86_LEAF], false],
  ['an unused table of x86 last', [X86, UNUSED, X86_LEAF], false],
  ['empty entries do not count', [ARM, 0n, ARM_LEAF], true],
  ['a leaf alone: arm64, with the access flag and no U/S', [ARM_LEAF], true],
  ['a leaf alone: x86', [X86_LEAF], false],
  ['a leaf alone without the access flag', [ARM_LEAF & ~0x400n], false],
  ['nothing', [], false],
])('%s', (_, words, arm64) => {
  expect(looksArm64(words)).toBe(arm64);
});
