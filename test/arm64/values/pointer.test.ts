/** Tags in pointers: which bits of an address are translated [Arm ARM, "Address tagging"]. */
import { describe, expect, test } from 'vitest';
import { untagged } from '../../../src/arm64/values/pointer.ts';
import { candidates } from '../../../src/arm64/walk/roots.ts';
import { translate } from '../../../src/walk/translate.ts';
import { Memory } from '../../support/memory.ts';

describe('the address of a pointer', () => {
  const TBI = { tbi: 1, mtx: 0, upper: false } as const;
  test.each([
    ['a heap pointer of Android', 0xb400_0000_0000_1000n, 0x1000n],
    ['a kernel pointer of software KASAN', 0xf5ff_8000_8122_4d70n, 0xffff_8000_8122_4d70n],
    ['no tag in the lower range', 0x0000_7fff_ffff_f000n, 0x0000_7fff_ffff_f000n],
    ['no tag in the upper range', 0xffff_ffff_ffff_f000n, 0xffff_ffff_ffff_f000n],
    ['bits below 56 stay', 0x12ab_0000_0000_1000n, 0xffab_0000_0000_1000n],
  ])('%s', (_, pointer, address) => expect(untagged(pointer, TBI, 2)).toBe(address));

  test('one range: the top byte is taken for zero', () => {
    expect(untagged(0xb4ff_0000_0000_1000n, TBI, 1)).toBe(0x00ff_0000_0000_1000n);
  });

  test('without TBI every bit counts, with MTX all but 59:56', () => {
    const off = { tbi: 0, mtx: 0, upper: false } as const;
    expect(untagged(0xb400_0000_0000_1000n, off, 2)).toBe(0xb400_0000_0000_1000n);
    const mtx = { tbi: 0, mtx: 1, upper: false } as const;
    expect(untagged(0x0b00_0000_0000_1000n, mtx, 2)).toBe(0x1000n);
    expect(untagged(0xf5ff_0000_0000_1000n, mtx, 2)).toBe(0xffff_0000_0000_1000n);
    expect(untagged(0xa500_0000_0000_1000n, mtx, 2)).toBe(0xa000_0000_0000_1000n);
  });
});

describe('translate', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n); // 39-bit, 4K: levels 1 to 3
  memory.write(0x2000, 0x3003n);
  memory.write(0x3008, 0x0000_0000_0000_5743n);
  const regime = (tcr: bigint, ttbr: 'TTBR0_EL1' | 'TTBR1_EL1' = 'TTBR0_EL1') =>
    candidates(
      new Map([
        [ttbr, 0x1000n],
        ['TCR_EL1', tcr],
      ]),
    ).found[0]?.regime ?? Promise.reject(new Error('no regime'));
  const T = 0x0000_0002_b559_3519n; // T0SZ = T1SZ = 25, 4K both
  const TBI0 = 0x20_0000_0000n;

  test('follows a tagged pointer where the range ignores its top byte, and says both addresses', async () => {
    const tagged = translate(await regime(T | TBI0), memory, 0xb400_0000_0000_1000n);
    expect(tagged).toMatchObject({
      outcome: 'mapped',
      output: 0x5000n,
      input: 0x1000n,
      pointer: 0xb400_0000_0000_1000n,
    });
    expect(translate(await regime(T | TBI0), memory, 0x1000n)).not.toHaveProperty('pointer');
  });

  test('does not where it counts', async () => {
    expect(translate(await regime(T), memory, 0xb400_0000_0000_1000n).outcome).toBe('outside');
    // bit 55 says which range it is: TBI0 is nothing to a pointer of the upper one
    expect(translate(await regime(T | TBI0), memory, 0xb480_0000_0000_1000n).outcome).toBe('outside');
  });
});
