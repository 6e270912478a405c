/** Linear-address masking: which bits of a pointer are translated [SDM, "Linear-Address Masking"]. */
import { describe, expect, test } from 'vitest';
import { translate } from '../../../src/walk/translate.ts';
import { masked } from '../../../src/x86/values/pointer.ts';
import { candidates } from '../../../src/x86/walk/roots.ts';
import { Memory } from '../../support/memory.ts';

describe('the address of a pointer', () => {
  const none = { user: undefined, supervisor: 0, levels: 4 } as const;
  test.each([
    ['off', none, 0x7a00_0000_0000_1000n, 0x7a00_0000_0000_1000n],
    ['LAM_U57', { ...none, user: 57 } as const, 0x7a00_0000_0000_1000n, 0x1000n],
    [
      'LAM_U57, metadata in 62:57 alone',
      { ...none, user: 57 } as const,
      0x0080_0000_0000_1000n,
      0x0080_0000_0000_1000n,
    ],
    [
      'LAM_U57, bit 56 is an address bit',
      { ...none, user: 57 } as const,
      0x0300_0000_0000_1000n,
      0x7f00_0000_0000_1000n,
    ],
    ['LAM_U48', { ...none, user: 48 } as const, 0x7abc_0000_0000_1000n, 0x1000n],
    [
      'a kernel pointer is not masked by it',
      { ...none, user: 48 } as const,
      0x8abc_8000_0000_1000n,
      0x8abc_8000_0000_1000n,
    ],
    [
      'LAM_SUP, 4 levels',
      { ...none, supervisor: 1 } as const,
      0x8abc_8000_0000_1000n,
      0xffff_8000_0000_1000n,
    ],
    [
      'LAM_SUP, 5 levels',
      { ...none, supervisor: 1, levels: 5 } as const,
      0xabff_8000_0000_1000n,
      0xffff_8000_0000_1000n,
    ],
    [
      'a user pointer is not masked by it',
      { ...none, supervisor: 1 } as const,
      0x7a00_0000_0000_1000n,
      0x7a00_0000_0000_1000n,
    ],
  ])('%s', (_, masking, pointer, address) => expect(masked(pointer, masking)).toBe(address));
});

test('translate follows a masked pointer, and says both addresses', () => {
  const memory = new Memory();
  for (const [at, word] of [
    [0x1000, 0x2067n],
    [0x2000, 0x3067n],
    [0x3000, 0x4067n],
    [0x4008, 0x5067n],
  ] as const)
    memory.write(at, word);
  const regime = (cr3: bigint) =>
    candidates(
      new Map([
        ['CR3', cr3],
        ['CR0', 0x8005_0033n],
        ['CR4', 0x20n],
        ['EFER', 0xd01n],
      ]),
    ).found[0]?.regime;
  const on = regime(0x2000_0000_0000_1000n);
  const off = regime(0x1000n);
  if (!on || !off) throw new Error('no regime');
  expect(translate(on, memory, 0x7a00_0000_0000_1000n)).toMatchObject({
    outcome: 'mapped',
    output: 0x5000n,
    input: 0x1000n,
    pointer: 0x7a00_0000_0000_1000n,
  });
  expect(translate(off, memory, 0x7a00_0000_0000_1000n).outcome).toBe('outside');
});
