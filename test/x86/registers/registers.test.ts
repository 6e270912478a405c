import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { settle } from '../../../src/bits/settings.ts';
import { pat, patBits, patIndex, patTypes } from '../../../src/x86/registers/attributes.ts';
import { cacheMode, cr0, cr4, efer } from '../../../src/x86/registers/control.ts';
import { eptVpidCap } from '../../../src/x86/registers/features.ts';
import {
  mtrrCap,
  mtrrDefType,
  mtrrFixed,
  mtrrPhysMask,
  smrrPhysMask,
  syscfg,
  topMem,
  wrmsrAccepts,
} from '../../../src/x86/registers/mtrr.ts';
import { cr3, eptp } from '../../../src/x86/registers/roots.ts';
import { PATS } from '../../../src/x86/values/pat.ts';
import { anyWord } from '../../support/arbitrary.ts';

group('IA32_PAT', () => {
  test('the reset value and Linux’s', () => {
    expect(patTypes(PATS.reset)).toEqual(['WB', 'WT', 'UC-', 'UC', 'WB', 'WT', 'UC-', 'UC']);
    expect(patTypes(PATS.linux)).toEqual(['WB', 'WC', 'UC-', 'UC', 'WB', 'WP', 'UC-', 'WT']);
    for (const value of Object.values(PATS)) expect(pat.read(value, {}).facts.valid).toBe(true);
  });
  test('every byte value in every entry: legal are 0, 1, 4, 5, 6, 7', () => {
    for (let i = 0; i < 8; i++)
      for (let byte = 0; byte < 256; byte++) {
        const { facts, findings } = pat.read(BigInt(byte) << BigInt(8 * i), {});
        const legal = [0, 1, 4, 5, 6, 7].includes(byte);
        expect(facts.valid).toBe(legal);
        expect(facts.bad).toEqual(legal ? [] : [i]);
        expect(findings.length > 0).toBe(!legal);
      }
  });
  test('an index and its bits', () => {
    expect(patIndex({ pat: 1, pcd: 1, pwt: 1 })).toBe(7);
    expect(patBits(PATS.linux, 'WT')).toEqual({ pat: 1, pcd: 1, pwt: 1 });
    expect(patBits(PATS.reset, 'WP')).toBeUndefined();
  });
});

group('control registers', () => {
  test('CD and NW', () => {
    expect([cacheMode(0, 0), cacheMode(0, 1), cacheMode(1, 0), cacheMode(1, 1)]).toEqual([
      'normal',
      'illegal',
      'no-fill',
      'no-fill-incoherent',
    ]);
    expect(cr0.read(0x60000010n, {}).facts).toEqual({
      valid: true,
      paging: false,
      cache: 'no-fill-incoherent',
    });
    expect(cr0.read(0x20000011n, {}).findings.map(({ id }) => id)).toEqual(['nw-without-cd']);
  });
  test('values that real kernels run with are accepted', () => {
    expect(cr0.read(0x80050033n, {}).facts).toEqual({ valid: true, paging: true, cache: 'normal' });
    for (const value of [0x3506f0n, 0x3726f0n]) expect(cr4.read(value, {}).facts.valid).toBe(true);
    expect(efer.read(0xd01n, { vendor: 'intel' }).facts.valid).toBe(true);
    expect(efer.read(0x1d01n, { vendor: 'amd' }).facts.valid).toBe(true);
    expect(efer.read(0x1d01n, { vendor: 'intel' }).facts.valid).toBe(false); // SVME
  });
});

group('CR3', () => {
  const at = (given: Partial<Parameters<typeof cr3.read>[1]>) =>
    settle(cr3.settings, { maxphyaddr: 46, ...given });
  test('the PCID is no part of the address, and takes the place of PWT and PCD', () => {
    expect(cr3.read(0x6148018n, at({ pcide: 1 })).facts).toEqual({
      valid: true,
      root: 0x6148000n,
      pcid: 0x18,
      patIndex: 0,
    });
    expect(cr3.read(0x6148018n, at({})).facts).toEqual({ valid: true, root: 0x6148000n, patIndex: 3 });
  });
  test('PAE: the table is 32-byte aligned', () => {
    expect(cr3.read(0x1234_5fffn, at({ mode: 'pae' })).facts).toEqual({ valid: true, root: 0x12345fe0n });
  });
  test('bit 63 is a request in the operand of MOV CR3 with PCIDs only', () => {
    const word = (1n << 63n) | 0x1000n;
    expect(cr3.read(word, at({ pcide: 1, operand: 1 })).facts.valid).toBe(true);
    expect(cr3.read(word, at({ pcide: 1 })).facts.valid).toBe(false);
  });
  test('LAM bits are reserved without the feature', () => {
    expect(cr3.read(1n << 62n, at({})).facts.valid).toBe(true);
    expect(cr3.read(1n << 62n, at({ lam: 0 })).facts.valid).toBe(false);
    expect(cr3.read(1n << 50n, at({})).facts.valid).toBe(false);
  });
});

group('EPTP', () => {
  const read = (word: bigint, given = {}) => eptp.read(word, settle(eptp.settings, given));
  test('KVM’s', () => {
    expect(read(0x79f605en).facts).toEqual({
      valid: true,
      errors: [],
      root: 0x79f6000n,
      levels: 4,
      memory: 'WB',
    });
  });
  test('every low byte: only UC and WB, only 4 and 5 levels', () => {
    for (let low = 0; low < 256; low++) {
      const type = low & 7;
      const walk = (low >> 3) & 7;
      const errors = [
        ...(type === 0 || type === 6 ? [] : ['memtype']),
        ...(low & 0x80 ? ['reserved'] : []),
        ...(walk === 3 || walk === 4 ? [] : ['walk-length']),
      ];
      const { facts, findings } = read(BigInt(low));
      expect(facts.errors).toEqual(errors);
      expect(findings.length).toBe(errors.length);
      expect(read(BigInt(low), { sss: 1 }).facts.errors).not.toContain('reserved');
    }
  });
  test('capabilities decide', () => {
    expect(read(0x5en, { wb: 0, pwl4: 0, ad: 0 }).facts.errors).toEqual(['ad', 'memtype', 'walk-length']);
    expect(eptVpidCap.read(0xf0106734141n, {}).facts).toMatchObject({
      execOnly: 1,
      pwl4: 1,
      pwl5: 0,
      uc: 1,
      wb: 1,
      ad: 1,
    });
  });
});

group('MTRRs', () => {
  const intel = { maxphyaddr: 39 };
  test('every type in every register: legal are 0, 1, 4, 5, 6', () => {
    for (let type = 0; type < 256; type++) {
      const legal = [0, 1, 4, 5, 6].includes(type);
      expect(wrmsrAccepts(0x2ff, BigInt(type) | 0x800n, intel)).toBe(legal);
      expect(wrmsrAccepts(0x200, BigInt(type) | 0x1000n, intel)).toBe(legal);
      expect(wrmsrAccepts(0x1f2, BigInt(type), intel)).toBe(legal);
      for (let i = 0; i < 8; i++)
        expect(wrmsrAccepts(0x268, BigInt(type) << BigInt(8 * i), intel)).toBe(legal);
      const extended = (type & 0xe0) === 0 && [0, 1, 4, 5, 6].includes(type & 7);
      expect(wrmsrAccepts(0x250, BigInt(type), { ...intel, modEn: 1 })).toBe(extended);
    }
  });
  test('every single bit: reserved ones raise #GP', () => {
    for (let bit = 0; bit < 64; bit++) {
      const word = 1n << BigInt(bit);
      expect(wrmsrAccepts(0x201, word, intel)).toBe(bit >= 11 && bit < 39);
      expect(wrmsrAccepts(0x1f3, word, intel)).toBe(bit >= 10 && bit < 32); // 10: Lock, with MTRRCAP.SMRR_LOCK
      expect(wrmsrAccepts(0x200, word, intel)).toBe((bit >= 12 && bit < 39) || bit === 0 || bit === 2);
      expect(wrmsrAccepts(0x2ff, word, intel)).toBe([0, 2, 10, 11].includes(bit));
    }
    expect(wrmsrAccepts(0x10, 0n, intel)).toBeUndefined();
  });
  test('a read-only register: bits that processors have are known, and those that are not known are no mistake', () => {
    for (const real of [0xfd0an, 0x5d0an, 0x1d0an]) expect(mtrrCap.read(real, {}).findings).toEqual([]);
    for (const unknown of [0x2000_0000_0000_050an, 0x70an])
      expect(mtrrCap.read(unknown, {}).findings.map(({ severity }) => severity)).toEqual(['note']);
    expect(eptVpidCap.read(0x8000_0000_0000_0040n, {}).findings).toMatchObject([{ severity: 'note' }]);
    expect(smrrPhysMask.read(0xff00_0c00n, {})).toMatchObject({ facts: { valid: true }, findings: [] });
  });
  test('masks: size, or holes', () => {
    const read = (word: bigint) => mtrrPhysMask.read(word, intel);
    expect(read(0x7fff000800n).facts).toEqual({
      valid: true,
      enabled: true,
      mask: 0x7fff000000n,
      size: 0x1000000n,
    });
    expect(read(0x7fff800800n).facts.size).toBe(0x800000n);
    expect(read(0x7ff0f00800n).facts.size).toBeUndefined();
    expect(read(0x7ff0f00800n).findings.map(({ id }) => id)).toEqual(['discontiguous-mask']);
    expect(read(0x800n).facts.size).toBe(1n << 39n); // an empty mask selects all memory
    const narrow = mtrrPhysMask.read(0x7fff000800n, { maxphyaddr: 52 }).findings; // the mask of a smaller processor
    expect(narrow.map(({ message }) => message)).toEqual([
      'mask 0x7fff000000 ends at bit 38: is MAXPHYADDR 39? With 52 the pair selects several ranges',
    ]);
  });
  test('disabled MTRRs are said', () => {
    expect(mtrrDefType.read(6n, {}).findings.map(({ id }) => id)).toEqual(['mtrrs-disabled']);
  });
  test('fixed ranges know where they are', () => {
    const { facts } = mtrrFixed.read(0x0000000000000506n, { msr: 0x259, modEn: 0 });
    expect(facts.ranges.slice(0, 3)).toEqual([
      { start: 0xa0000, size: 0x4000, type: 'WB' },
      { start: 0xa4000, size: 0x4000, type: 'WP' },
      { start: 0xa8000, size: 0x4000, type: 'UC' },
    ]);
    expect(mtrrFixed.read(0x1en, { msr: 0x268, modEn: 1 }).facts.ranges[0]).toMatchObject({
      start: 0xc0000,
      type: 'WB',
    });
    expect(mtrrFixed.read(0n, { msr: 0x260, modEn: 0 }).facts.valid).toBe(false);
  });
  test('AMD: SYSCFG and TOP_MEM2', () => {
    expect(syscfg.read(0x740000n, {}).facts).toEqual({
      rdWrVisible: false,
      rdWrEnabled: true,
      topMem2: true,
      topMem2Wb: true,
    });
    expect(syscfg.read(0x4740000n, {}).findings).toEqual([]); // bit 26 is HMKEE
    expect(topMem.read(0x240000000n, {}).facts).toEqual({ valid: true, top: 0x240000000n });
    expect(topMem.read(0x1000n, {}).facts.valid).toBe(false);
  });
});

test('WRMSR accepts random values by the rules of the manual, typed a second time', () => {
  const mtrr = [0, 1, 4, 5, 6];
  const bytes = (word: bigint): number[] =>
    Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
  const rules: Record<number, (word: bigint) => boolean> = {
    512: word => mtrr.includes(Number(word & 0xffn)) && (word & 0xf00n) === 0n && word >> 46n === 0n,
    513: word => (word & 0x7ffn) === 0n && word >> 46n === 0n,
    592: word => bytes(word).every(byte => mtrr.includes(byte)),
    767: word => mtrr.includes(Number(word & 0xffn)) && (word & 0x300n) === 0n && word >> 12n === 0n,
    631: word => bytes(word).every(byte => byte === 7 || mtrr.includes(byte)),
  };
  const type = fc.constantFrom<bigint>(0n, 1n, 2n, 4n, 5n, 6n, 7n, 6n, 6n);
  const typed = fc
    .tuple(...Array.from({ length: 8 }, () => type))
    .map(all => all.reduce<bigint>((w, t) => (w << 8n) | t, 0n));
  const near = fc.tuple(anyWord, typed).map(([word, low]) => (word & 0x3fff_ffff_f800n) | (low & 0xffn));
  fc.assert(
    fc.property(
      fc.oneof(anyWord, typed, near),
      fc.constantFrom(...Object.keys(rules).map(Number)),
      (word, msr) => {
        expect(wrmsrAccepts(msr, word, { maxphyaddr: 46 })).toBe(rules[msr]?.(word));
      },
    ),
    { numRuns: 2000 },
  );
});
