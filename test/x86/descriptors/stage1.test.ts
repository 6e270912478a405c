import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { decode, EncodeError, encode, kindMask } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import { stage1 } from '../../../src/x86/descriptors/families.ts';
import { readStage1, type Stage1Settings, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { PATS } from '../../../src/x86/values/pat.ts';
import { anyWord, settingsOf } from '../../support/arbitrary.ts';

const at = (given: Partial<Stage1Settings>): Stage1Settings => settle(stage1Settings, given);
const read = (word: bigint, given: Partial<Stage1Settings> = {}) =>
  readStage1(word, at({ maxphyaddr: 46, ...given }));
const ids = (word: bigint, given: Partial<Stage1Settings> = {}) =>
  read(word, given).findings.map(({ id }) => id);

group('worked examples', () => {
  test('4-level PTE: user read/write, soft-dirty, XD', () => {
    const { kind, facts, format, raw, findings } = read(0x8000000123456867n);
    expect(kind).toBe('page4k');
    expect(facts).toMatchObject({ oa: 0x123456000n, patIndex: 0, permissions: { r: 1, w: 1, x: 0, u: 1 } });
    expect(decode(format, raw)).toMatchObject({ a: 1, d: 1, xd: 1, sw11: 1 });
    expect(facts.software).toEqual({ 'Linux 6.12': 'SOFT_DIRTY' });
    expect(findings).toEqual([]);
  });
  test('4-level PDE: 2-MByte page with PAT index 7', () => {
    const { kind, facts } = read(0x80000000e00010fbn, { level: 2 });
    expect(kind).toBe('page2m');
    expect(facts).toMatchObject({ oa: 0xe0000000n, size: 0x200000n, patIndex: 7, reservedFault: false });
    expect(facts.permissions).toEqual({ r: 1, w: 1, x: 0, u: 0 });
  });
  test('4-level PDE: global 2-MByte page', () => {
    const { facts, format, raw } = read(0x402001e3n, { level: 2 });
    expect(facts).toMatchObject({ oa: 0x40200000n, patIndex: 0 });
    expect(decode(format, raw)).toMatchObject({ g: 1 });
  });
  test('4-level PTE: read-only user, SPECIAL, DEVMAP, protection key 1', () => {
    const { facts, format, raw } = read(0x0a00000abcdef225n);
    expect(facts.oa).toBe(0xabcdef000n);
    expect(facts.permissions).toEqual({ r: 1, w: 0, x: 1, u: 1 });
    expect(facts.software).toEqual({ 'Linux 6.12': 'SPECIAL, DEVMAP' });
    expect(decode(format, raw)).toMatchObject({ pk: 1 });
  });
  test('PAE PDPTE: bit 1 is reserved, loading CR3 raises #GP', () => {
    const { kind, facts, findings } = read(0x1234501bn, { mode: 'pae', level: 3 });
    expect(kind).toBe('table');
    expect(facts).toMatchObject({ next: 0x12345000n, patIndex: 3, reservedFault: true });
    expect(findings).toMatchObject([{ id: 'reserved-set', severity: 'error', bits: '1' }]);
    expect(findings[0]?.message).toContain('#GP(0)');
  });
  test('32-bit PDE with PSE-36', () => {
    const { kind, facts } = read(0x00c06083n, { mode: '32', level: 2 });
    expect(kind).toBe('page4m');
    expect(facts).toMatchObject({ oa: 0x300c00000n, size: 0x400000n, reservedFault: false });
  });
});

/**
 * The reserved bits of a present entry, typed a second time from the manual's tables as masks: an oracle that shares
 * nothing with the rows.
 */
function reservedMask(word: bigint, s: Stage1Settings): bigint {
  const top = { '32': 2, pae: 3, '4l': 4, '5l': 5 }[s.mode];
  const level = Math.min(s.level, top);
  const bits = (hi: number, lo: number): bigint =>
    hi < lo ? 0n : ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo);
  const ps = (word & 0x80n) !== 0n;
  if (s.mode === '32') {
    if (level === 1 || !ps || !s.pse) return 0n;
    return s.pse36 ? bits(21, Math.min(40, s.maxphyaddr) - 19) : bits(21, 13);
  }
  if (s.mode === 'pae') {
    if (level === 3) return bits(63, s.maxphyaddr) | 0x1e6n;
    const large = level === 2 && ps ? bits(20, 13) : 0n;
    return bits(62, s.maxphyaddr) | large | (s.nxe ? 0n : 1n << 63n);
  }
  let mask = bits(51, s.maxphyaddr) | (s.nxe ? 0n : 1n << 63n);
  if (level >= 4) mask |= 0x80n | (s.vendor === 'amd' ? 0x100n : 0n);
  if (level === 3 && ps) mask |= s.gbpages ? bits(29, 13) : 0x80n;
  if (level === 2 && ps) mask |= bits(20, 13);
  return mask;
}

test('reserved bits are the manual’s, for every single set bit in every mode, level and MAXPHYADDR', () => {
  for (const mode of ['32', 'pae', '4l', '5l'] as const)
    for (const level of [1, 2, 3, 4, 5])
      for (const maxphyaddr of [32, 36, 39, 40, 46, 52])
        for (const ps of [0n, 0x80n])
          for (const vendor of ['intel', 'amd'] as const) {
            const s = at({ mode, level, maxphyaddr, vendor, nxe: 0 });
            for (let bit = 1; bit < (mode === '32' ? 32 : 64); bit++) {
              const word = 1n | ps | (1n << BigInt(bit));
              const wrong = (word & reservedMask(word, s)) !== 0n;
              expect(
                readStage1(word, s).facts.reservedFault,
                `${mode} ${level} M=${maxphyaddr} ${word.toString(16)}`,
              ).toBe(wrong);
            }
          }
});

test('reserved bits are the manual’s, for random words and settings', () => {
  fc.assert(
    fc.property(anyWord, settingsOf(stage1.settings), (random, settings) => {
      const s = { ...settings, cBit: 0, sBit: 0 } as unknown as Stage1Settings;
      const word = (s.mode === '32' ? random & 0xffff_ffffn : random) | 1n;
      const { format, facts, findings } = readStage1(word, s);
      expect(word & kindMask(format, 'res0')).toBe(word & reservedMask(word, s));
      expect(facts.reservedFault).toBe((word & reservedMask(word, s)) !== 0n);
      expect(findings.some(({ severity, bits }) => severity === 'error' && bits !== '')).toBe(
        facts.reservedFault,
      );
    }),
    { numRuns: 3000 },
  );
});

test('an entry that is not present has no reserved bits', () => {
  fc.assert(
    fc.property(anyWord, settingsOf(stage1.settings), (word, settings) => {
      const reading = readStage1(word & 0xffff_fffen, settings as unknown as Stage1Settings);
      expect(reading.kind).toBe('not-present');
      expect(reading.findings.filter(({ id }) => id !== 'no-such-level')).toEqual([]);
    }),
  );
});

group('findings', () => {
  test('XD with EFER.NXE = 0', () => expect(ids((1n << 63n) | 1n, { nxe: 0 })).toEqual(['nx-without-nxe']));
  test('an address above MAXPHYADDR', () => {
    expect(ids((1n << 46n) | 1n)).toEqual(['address-above-maxphyaddr']);
    expect(ids((1n << 46n) | 1n, { maxphyaddr: 52 })).toEqual([]);
    expect(ids((1n << 52n) | 1n, { mode: 'pae', maxphyaddr: 52 })).toEqual(['address-above-maxphyaddr']);
  });
  test('a large page off its alignment', () =>
    expect(ids(0x40000000_002000n | 0x81n, { level: 2 })).toContain('address-misaligned'));
  test('PS where it is reserved', () => {
    expect(read(0x81n, { level: 4 })).toMatchObject({ kind: 'bad-ps', facts: { reservedFault: true } });
    expect(ids(0x81n, { level: 3, gbpages: 0 })).toEqual(['bad-ps']);
    expect(read(0x81n, { level: 3 }).kind).toBe('page1g');
  });
  test('a level that the mode does not have', () =>
    expect(ids(1n, { mode: '32', level: 4 })).toEqual(['no-such-level']));
  test('64 bits given to 32-bit paging', () =>
    expect(ids(0x1_0000_0001n, { mode: '32' })).toEqual(['wider-than-entry']));
  test('an EPT entry of KVM in ordinary paging', () => {
    expect(ids(0x0600000123456b77n)).toEqual(['looks-like-ept']);
    expect(ids(0x800000000ed78077n)).toEqual([]); // a UC- page of a PCI BAR in user space
  });
});

group('encryption and shared bits', () => {
  test('C at 51 is no address bit and not reserved', () => {
    const { facts, format, raw, findings } = read((1n << 51n) | 0x1234_5067n, {
      cBit: 51,
      maxphyaddr: 48,
      vendor: 'amd',
    });
    expect(facts).toMatchObject({ oa: 0x12345000n, reservedFault: false });
    expect(decode(format, raw)).toMatchObject({ c: 1 });
    expect(findings).toEqual([]);
  });
  test('C inside the address field takes the bits above it away', () => {
    const { facts, findings } = read((1n << 50n) | (1n << 47n) | 0x1067n, { cBit: 47, maxphyaddr: 52 });
    expect(facts).toMatchObject({ oa: 0x1000n, reservedFault: false });
    expect(findings).toMatchObject([{ id: 'address-above-encryption-bit', severity: 'warning', bits: '50' }]);
  });
  test('the shared bit of a TDX guest', () => {
    const { facts, format, raw } = read((1n << 47n) | 0x1067n, { sBit: 47, maxphyaddr: 52 });
    expect(facts.oa).toBe(0x1000n);
    expect(decode(format, raw)).toMatchObject({ shared: 1 });
  });
});

test('HLAT: bit 11 is R', () => {
  const { format, raw } = read(0x801n, { hlat: 1 });
  expect(decode(format, raw)).toMatchObject({ r: 1 });
});

test('a shadow-stack page: R/W = 0 and D = 1 with CR4.CET', () => {
  expect(read(0x65n, { cet: 1 }).facts.shadowStack).toBe(true);
  expect(read(0x67n, { cet: 1 }).facts.shadowStack).toBe(false);
  expect(read(0x65n).facts.shadowStack).toBeUndefined();
});

test('the PAT names the type; PCD and PWT of a table choose the type of accesses to the next table', () => {
  expect(read(0x9dn, { pat: PATS.linux }).facts).toMatchObject({ patIndex: 7, memory: 'WT' });
  expect(read(0x9dn, { pat: PATS.reset }).facts).toMatchObject({ memory: 'UC' });
  expect(read(0x1dn, { pat: PATS.linux, level: 2 }).facts).toMatchObject({ patIndex: 3, memory: 'UC' });
  expect(read(1n, { pat: 2n }).facts).toMatchObject({ memory: 'reserved' });
});

group('intent', () => {
  const wish = (w: Parameters<NonNullable<typeof stage1.intent>>[0], given: Partial<Stage1Settings> = {}) => {
    const s = at(given);
    const { kind, fields } = stage1.intent?.(w, s) ?? { kind: '', fields: {} };
    const layout = stage1.layout(kind, s);
    if (!layout) throw new Error(`no layout for ${kind}`);
    return encode(layout, fields);
  };
  test('a WC user page without execution, through Linux’s PAT', () => {
    expect(wish({ type: 'wc', perm: 'rw-u', oa: 0xc0000000n }, { pat: PATS.linux })).toBe(
      0x80000000c000000fn,
    );
  });
  test('UC- and WT of a large page use bit 12', () => {
    expect(wish({ type: 'WT', perm: 'r-x', oa: 0x200000n }, { pat: PATS.linux, level: 2 })).toBe(0x201099n);
  });
  test('Linux’s cache modes are the bits that Linux writes', () => {
    const modes = { WB: [0x1n, 0x81n], WC: [0x9n, 0x89n], 'UC-': [0x11n, 0x91n], UC: [0x19n, 0x99n] };
    const rare = { WP: [0x89n, 0x1089n], WT: [0x99n, 0x1099n] };
    for (const [type, words] of Object.entries({ ...modes, ...rare }))
      expect(
        [1, 2].map(level => wish({ type }, { level, pat: PATS.linux })),
        type,
      ).toEqual(words);
  });
  test('every type of a PAT comes back when the word is read', () => {
    for (const type of ['uc', 'uc-', 'wc', 'wt', 'wp', 'wb'])
      for (const [mode, level] of [
        ['32', 1],
        ['32', 2],
        ['pae', 2],
        ['4l', 1],
        ['5l', 3],
      ] as const) {
        const s = at({ mode, level, pat: PATS.linux });
        expect(readStage1(wish({ type, perm: 'rwx' }, s), s).facts.memory).toBe(type.toUpperCase());
      }
  });
  test.each([
    [{ type: 'wb' }, {}, /set pat=linux/],
    [{ type: 'wp' }, { pat: PATS.reset }, /no entry of type 'wp'/],
    [{ perm: '-w-' }, {}, /can always be read/],
    [{ perm: 'rw-' }, { nxe: 0 }, /only with EFER.NXE = 1/],
    [{ perm: 'rwz' }, {}, /no permission/],
    [{ perm: 'rwx' }, { level: 4 }, /PML4E maps no page/],
    [{ oa: 0x1000n }, { level: 2 }, /not a multiple of 0x200000/],
    [{ oa: 1n << 46n }, { maxphyaddr: 46 }, /it goes up to/],
  ] as const)('%o is refused', (w, given, message) => {
    expect(() => wish(w, given)).toThrow(message);
    expect(() => wish(w, given)).toThrow(EncodeError);
  });
});
