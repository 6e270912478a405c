/** What registers beside pasted entries say of their settings, bit by bit. */
import { describe, expect, test } from 'vitest';
import { revealed } from '../../src/pasted/entry.ts';
import type { FamilyId } from '../../src/text/model.ts';

const given = (family: FamilyId, registers: Readonly<Record<string, bigint>>) =>
  revealed({ regime: { family } }, { registers: new Map(Object.entries(registers)), facts: new Map() });

/** VTCR_EL2 of a stage 2 with 40-bit addresses. */
const VTCR_EL2 = 0x8002_3558n;

describe('one bit of a register decides one setting', () => {
  test.each<[FamilyId, string, string, number, Readonly<Record<string, bigint>>]>([
    ['arm64.stage2', 'HCR_EL2', 'fwb', 46, {}],
    ['arm64.stage2', 'HCR_EL2', 'fwb', 46, { VTCR_EL2 }],
    ['x86.pte', 'CR4', 'pse', 4, {}],
    ['x86.pte', 'CR4', 'cet', 23, {}],
    ['x86.pte', 'EFER', 'nxe', 11, { CR4: 0x20n }],
    ['x86.ept', 'EPTP', 'ad', 6, {}],
    ['x86.ept', 'IA32_VMX_EPT_VPID_CAP', 'execOnly', 0, {}],
    ['x86.ept', 'IA32_VMX_EPT_VPID_CAP', 'p2m', 16, {}],
    ['x86.ept', 'IA32_VMX_EPT_VPID_CAP', 'p1g', 17, {}],
  ])('%s: %s says %s in bit %i', (family, register, setting, position, beside) => {
    for (let bit = 0n; bit < 64n; bit++)
      expect(given(family, { ...beside, [register]: 1n << bit })[setting], `bit ${bit}`).toBe(
        bit === BigInt(position) ? 1 : 0,
      );
  });

  test('CR4 and EFER select the paging mode', () => {
    const mode = (CR4: bigint, EFER?: bigint) =>
      given('x86.pte', EFER === undefined ? { CR4 } : { CR4, EFER }).mode;
    expect(mode(0n)).toBe('32');
    expect(mode(0x1000n, 0xd00n)).toBe('32'); // PAE clear: nothing else is asked
    expect(mode(0x20n, 0x800n)).toBe('pae');
    expect(mode(0x1020n, 0x900n)).toBe('pae'); // LME alone is not LMA
    expect(mode(0x20n, 0x400n)).toBe('4l');
    expect(mode(0x1020n, 0x400n)).toBe('5l');
    expect(mode(0x20n)).toBeUndefined(); // without EFER: PAE or long mode
  });
});
