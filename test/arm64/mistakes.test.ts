/**
 * Mistakes that other tools made with arm64 words, one test each, named after the bug. Where it was found stands in the
 * comment.
 */
import { describe, expect, test } from 'vitest';
import { readStage1, stage1Settings } from '../../src/arm64/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../src/arm64/descriptors/stage2.ts';
import { tcrEl1Format } from '../../src/arm64/registers/control.ts';
import { stage1Root } from '../../src/arm64/registers/roots.ts';
import { granule0, granule1, PA_BITS } from '../../src/arm64/values/codes.ts';
import { stage1Regime } from '../../src/arm64/walk/regime.ts';
import { encode } from '../../src/bits/codec.ts';
import { settle } from '../../src/bits/settings.ts';

const s1 = (given = {}) => settle(stage1Settings, given);
const s2 = (given = {}) => settle(stage2Settings, given);
const ids = ({ findings }: { findings: readonly { id: string }[] }): string[] => findings.map(({ id }) => id);

test('TG1 decoded like TG0', () => {
  // cortex-a#25, pwndbg page_shift
  expect([0, 1, 2, 3].map(granule0)).toEqual(['4K', '64K', '16K', null]);
  expect([0, 1, 2, 3].map(granule1)).toEqual([null, '16K', '4K', '64K']);
  const tcr = encode(tcrEl1Format, { t0sz: 16, t1sz: 16, tg0: 0b10, tg1: 0b10 });
  expect(stage1Regime({ regime: 'EL1&0', tcr, range: 0 }).granule).toBe('16K');
  expect(stage1Regime({ regime: 'EL1&0', tcr, range: 1 }).granule).toBe('4K');
});

test('PA size as 32 + 4 * PS', () => {
  // bata24/gef#120
  expect(PA_BITS).toEqual([32, 36, 40, 42, 44, 48, 52, 56]);
  const sizes = [0, 1, 2, 3, 4, 5].map(ips => {
    const regime = stage1Regime({ regime: 'EL1&0', tcr: encode(tcrEl1Format, { t0sz: 16, ips, tg1: 2 }) });
    return regime.oaBits;
  });
  expect(sizes).toEqual([32, 36, 40, 42, 44, 48]);
});

describe('0b10 taken as valid; 0b01 at level 3; which levels may hold blocks per granule', () => {
  // gdb-pt-dump walk(), microsoft/openvmm#308
  test('0b10 is Invalid at every level', () => {
    for (const level of [-1, 0, 1, 2, 3])
      for (const reading of [readStage1(2n, s1({ level })), readStage2(2n, s2({ level }))])
        expect(reading).toMatchObject({ kind: 'invalid', facts: { reason: 'bit0-clear' } });
  });
  test('0b01 at level 3 is treated as Invalid, and said', () => {
    for (const reading of [readStage1(1n, s1()), readStage2(1n, s2())]) {
      expect(reading).toMatchObject({ kind: 'invalid', facts: { reason: 'reserved-at-level-3' } });
      expect(ids(reading)).toEqual(['reserved-at-level-3']);
    }
  });
  test('a block stands at levels 1 and 2 of 4KB, at level 2 of 16KB and 64KB, higher only with 52-bit addresses', () => {
    const blocks = (given: object): number[] =>
      [-1, 0, 1, 2].filter(level => readStage2(1n, s2({ ...given, level })).kind === 'block');
    expect(blocks({ granule: '4K' })).toEqual([1, 2]);
    expect(blocks({ granule: '16K' })).toEqual([2]);
    expect(blocks({ granule: '64K' })).toEqual([2]);
    expect(blocks({ granule: '4K', ds: 1 })).toEqual([0, 1, 2]);
    expect(blocks({ granule: '16K', ds: 1 })).toEqual([1, 2]);
    expect(blocks({ granule: '64K', lpa: 1 })).toEqual([1, 2]);
  });
});

test('APTable not applied; HPD never consulted', () => {
  // gdb-pt-dump aarch64_parse_entries
  const table = (0b10n << 61n) | (1n << 60n) | 0x4000_0003n; // APTable: no writes; UXNTable
  const { limits } = readStage1(table, s1({ level: 2 })).facts;
  expect(limits).toEqual({ ap: 0b10, x1: 0, x0: 1, ns: 0 });
  const below = { apTable: limits?.ap, x1Table: limits?.x1, x0Table: limits?.x0 };
  const page = 0x4000_0443n | (1n << 53n); // AP = 01: read/write at both levels; PXN
  expect(readStage1(page, s1()).facts.permissions).toEqual({
    priv: { r: 1, w: 1, x: 0 },
    unpriv: { r: 1, w: 1, x: 1 },
  });
  expect(readStage1(page, s1(below)).facts.permissions).toEqual({
    priv: { r: 1, w: 0, x: 0 },
    unpriv: { r: 1, w: 0, x: 0 },
  });
  expect(readStage1(page, s1({ ...below, hpd: 1 })).facts.permissions).toEqual(
    readStage1(page, s1()).facts.permissions,
  );
  expect(readStage1(table, s1({ level: 2, hpd: 1 })).facts.limits).toBeUndefined();
});

test('AF or a software bit used as "writable"', () => {
  // memflow aarch64.rs, MemProcFS mm_arm64.c
  const permissions = (word: bigint) => readStage1(word, s1()).facts.permissions?.priv;
  const readOnly = 0x4000_0083n;
  for (const bit of [10n, 51n, 55n, 56n, 57n, 58n, 63n])
    expect(permissions(readOnly | (1n << bit))?.w, `bit ${bit}`).toBe(0);
  expect(permissions(readOnly & ~0x80n)?.w).toBe(1);
  const stage2 = (word: bigint) => readStage2(word, s2()).facts.permissions;
  for (const bit of [10n, 51n, 55n, 58n]) expect(stage2(0x4000_0043n | (1n << bit))?.w).toBe(0);
});

test('Block PA not block-aligned is ORed, not added', () => {
  // zephyr#39182: RES0 bits below the block size are no address, and said
  const reading = readStage1(0x4010_0401n, s1({ level: 2 }));
  expect(reading.facts).toMatchObject({ oa: 0x4000_0000n, size: 0x20_0000n });
  expect(reading.findings.find(({ id }) => id === 'res0-set')?.bits).toBe('20');
});

test('TTBR BADDR shifted or CnP/ASID kept', () => {
  // theseus-os/Theseus#701
  const form = { baddr52: false, baseAlign: 4096, oaBits: 48 };
  expect(stage1Root(0x00ce_0000_4185_8001n, form)).toMatchObject({ base: 0x4185_8000n, id: 0xce, cnp: 1 });
});

test('S2AP read as AP, DBM with the polarity of the other stage, XN as two flags', () => {
  expect(readStage2(0x4000_0443n, s2()).facts.permissions).toMatchObject({ r: 1, w: 0 }); // 01: read-only
  expect(readStage2(0x4000_0483n, s2()).facts.permissions).toMatchObject({ r: 0, w: 1 }); // 10: write-only
  const managed = { ha: 1, hd: 1 } as const;
  const dbm = 1n << 51n;
  expect(readStage2(0x4000_0443n | dbm, s2(managed)).facts.dirtyState).toBe('writable-clean');
  expect(readStage2(0x4000_04c3n | dbm, s2(managed)).facts.dirtyState).toBe('writable-dirty');
  expect(readStage1(0x4000_0483n | dbm, s1(managed)).facts.dirtyState).toBe('writable-clean');
  expect(readStage1(0x4000_0403n | dbm, s1(managed)).facts.dirtyState).toBe('writable-dirty');
  const executes = [0, 1, 2, 3].map(xn => {
    const { x1, x0 } = readStage2(0x4000_04c3n | (BigInt(xn) << 53n), s2()).facts.permissions ?? {};
    return `${x1}${x0}`;
  });
  expect(executes).toEqual(['11', '01', '00', '10']); // 01 takes it from EL1, 11 from EL0, 10 from both
});

test('a stage 1 AttrIndx put into a stage 2 MemAttr is suspected', () => {
  // seL4 PR 1668
  expect(ids(readStage2(0x4000_07d3n, s2()))).toContain('looks-like-stage1');
  expect(ids(readStage2(0x4000_0713n, s2({ fwb: 1 })))).toContain('looks-like-stage1');
  expect(ids(readStage1(0x4000_07ffn, s1()))).toContain('looks-like-stage2');
  expect(ids(readStage2(0x4000_07dbn, s2()))).toContain('looks-like-fwb');
  // AP[2:1] = 0b00 in a page that is otherwise Linux's: as S2AP it permits nothing
  expect(readStage2(0x4000_0717n, s2()).findings).toMatchObject([
    { id: 'looks-like-stage1', severity: 'note', bits: '7:6' },
  ]);
  for (const word of [0x4000_0317n, 0x4000_0617n, 0x4000_0757n, 0x4000_0797n, 0x4000_07d7n]) // AF = 0, OSH, S2AP not 0
    expect(ids(readStage2(word, s2()))).not.toContain('looks-like-stage1');
  expect(ids(readStage2(0x4000_07ffn, s2({ fwb: 1 })))).toContain('res0-set');
});

test('bits that moved: no SH with DS = 1, OA[51:48] with LPA, nT in blocks only', () => {
  expect(readStage2(0x4000_07ffn, s2({ ds: 1 })).facts).toMatchObject({ oa: 0xc_0000_4000_0000n });
  expect(readStage2(0x4000_07ffn, s2({ ds: 1 })).facts.shareability).toBe('as VTCR_EL2.SH0 says');
  expect(readStage2(0x4000_f7ffn, s2({ granule: '64K', lpa: 1 })).facts.oa).toBe(0xf_0000_4000_0000n);
  expect(readStage2(0x4001_07ffn, s2({ granule: '64K' })).facts.oa).toBe(0x4001_0000n);
  expect(ids(readStage2(0x4001_07fdn, s2({ level: 2 })))).toContain('nt-set');
});

describe('payloads of invalid entries are named by convention', () => {
  test('KVM and pKVM annotations of 5.12, 6.12 and 7.1', () => {
    const software = (word: bigint) => readStage2(word, s2()).facts.software;
    expect(software(0n)).toBeUndefined();
    expect(software(0x400n)).toEqual({ 'Linux 6.12 KVM': 'locked: break-before-make in progress' });
    expect(software(1n << 2n)).toEqual({ 'Linux 6.12 KVM': 'owned by hyp' });
    expect(software(1n << 56n)).toEqual({ 'Linux 5.12 KVM': 'owned by id 1' });
    expect(software(1n << 60n)).toEqual({ 'Linux 7.1 KVM': 'locked: break-before-make in progress' });
    expect(software((2n << 60n) | (1n << 1n))).toEqual({ 'Linux 7.1 KVM': 'donated to hyp' });
    expect(software((2n << 60n) | (0x4_0123n << 20n) | (7n << 4n) | (2n << 1n))).toEqual({
      'Linux 7.1 KVM': 'donated to guest: VM handle 0x7, guest frame 0x40123',
    });
    expect(software(3n << 60n)).toEqual({ 'Linux 7.1 KVM': 'poisoned guest page' });
    expect(software(0x0badc0dedeadbee0n)).toBeUndefined();
  });
  test('pKVM page states in valid entries', () => {
    const state = (word: bigint) => readStage2(0x4000_07ffn | word, s2()).facts.software;
    expect(state(0n)).toBeUndefined();
    expect(state(1n << 55n)).toEqual({ pKVM: 'shared, owned' });
    expect(state(2n << 55n)).toEqual({ pKVM: 'shared, borrowed' });
    expect(readStage2(0x4000_07ffn | (1n << 55n), s2({ ss: 'realm' })).facts.software).toBeUndefined(); // NS
  });
  test('Linux: a PROT_NONE page of 6.1, a present-invalid one of 6.10, swap entries of both', () => {
    const software = (word: bigint) => readStage1(word, s1()).facts.software;
    expect(software(0x04e0_0000_4672_ef82n)).toMatchObject({
      'Linux before 6.10': 'PROT_NONE: page 0x4672e000',
    });
    expect(software(0x0060_0000_4672_ef82n)).toMatchObject({
      'Linux 6.10 and later':
        'present but invalid (PROT_NONE or NUMA hint; at a kernel address out of the linear map): page 0x4672e000',
    });
    expect(software(0x0000_0000_1234_5040n)).toEqual({
      'Linux 6.10 and later': 'swap entry: type 1, offset 0x12345',
      'Linux before 6.10': 'swap entry: type 8, offset 0x123450',
    });
  });
  test('Linux: a page that could be written and is not valid is the kernel’s own, out of the linear map', () => {
    const software = (word: bigint) => readStage1(word, s1()).facts.software;
    const out = 'taken out of the kernel’s linear map: page 0x7c00000';
    // with and without nG, which newer kernels set in them
    for (const word of [0x0068_0000_07c0_0f06n, 0x0068_0000_07c0_0706n])
      expect(software(word)).toEqual({ 'Linux 6.10 and later': out, 'Linux before 6.10': out });
    expect(software(0x0468_0000_07c0_0706n)).toEqual({ 'Linux before 6.10': 'PROT_NONE: page 0x7c00000' });
  });
  test('Linux: dirty, special, write in valid entries', () => {
    const software = (word: bigint) => readStage1(0x4000_0fc3n | word, s1()).facts.software;
    expect(software((1n << 51n) | (1n << 55n))).toEqual({ Linux: 'writable, clean, dirty' });
    expect(software(1n << 56n)).toEqual({ Linux: 'special' });
    expect(software(1n << 58n)).toEqual({ Linux: 'uffd-wp' });
  });
});
