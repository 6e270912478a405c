import { expect, describe as group, test } from 'vitest';
import {
  cacheControl,
  effectiveEpt,
  effectiveNpt,
  effectiveType,
  eptStructures,
  intelCombine,
  mtrrs,
  mtrrType,
  mtrrWithPat,
  noPaging,
  overPage,
  patEntry,
  patOfPage,
  patOfTable,
  plainType,
  TYPE_PROPERTIES,
  withoutPat,
} from '../../../src/x86/memtype/index.ts';
import type { MemoryType, PatType } from '../../../src/x86/values/attributes.ts';
import { PATS } from '../../../src/x86/values/pat.ts';

const MTRR: readonly MemoryType[] = ['UC', 'WC', 'WT', 'WP', 'WB'];
const PAT: readonly PatType[] = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'];
const given = <const T>(answer: T) => ({ value: answer, why: [] });
const mtrr = (type: MemoryType) => given({ is: 'type', type } as const);
const typed = (type: string) => ({ is: 'type', type });

group('what the manuals say beside their tables', () => {
  test('UC- is never an effective type; it differs from UC only under WC and WP (Intel), WC (AMD)', () => {
    for (const vendor of ['intel', 'amd'] as const)
      for (const type of MTRR) {
        for (const pat of PAT) expect(mtrrWithPat(vendor, type, pat).value.type).not.toBe('UC-');
        const same =
          plainType(mtrrWithPat(vendor, type, 'UC').value.type) ===
          plainType(mtrrWithPat(vendor, type, 'UC-').value.type);
        expect(same).toBe(!(vendor === 'intel' ? ['WC', 'WP'] : ['WC']).includes(type));
      }
  });
  test('with AMD’s CD read as UC the vendors differ in three cells', () => {
    const differ = MTRR.flatMap(type =>
      PAT.filter(
        pat =>
          plainType(mtrrWithPat('intel', type, pat).value.type) !==
          plainType(mtrrWithPat('amd', type, pat).value.type),
      ).map(pat => `${type} ${pat}`),
    );
    expect(differ).toEqual(['WT WP', 'WP UC-', 'WP WT']);
  });
  test('PAT WC is WC, whatever the MTRR', () => {
    for (const type of MTRR) {
      expect(mtrrWithPat('intel', type, 'WC').value.type).toBe('WC');
      expect(mtrrWithPat('amd', type, 'WC').value.type).toBe('WC');
    }
  });
  test('footnotes become notes of the reason', () => {
    expect(intelCombine('UC', 'WB').why[0]?.because).toContain('not snooped');
    expect(intelCombine('WC', 'WT').value.notes).toEqual([2, 3]);
  });
});

group('common hypervisor settings', () => {
  // rows: guest PAT; EPT WB; EPT WB+IPAT; EPT UC; NPT over MTRR WB; NPT over MTRR UC (host PAT WB)
  const rows: readonly (readonly [PatType, string, string, string, string, string])[] = [
    ['UC', 'UC', 'WB', 'UC', 'CD', 'UC'],
    ['UC-', 'UC', 'WB', 'UC', 'CD', 'UC'],
    ['WC', 'WC', 'WB', 'WC', 'WC+', 'WC'],
    ['WT', 'WT', 'WB', 'UC', 'WT', 'UC'],
    ['WP', 'WP', 'WB', 'UC', 'WP', 'UC'],
    ['WB', 'WB', 'WB', 'UC', 'WB', 'UC'],
  ];
  test.each(rows)('guest PAT %s', (guest, eptWb, eptIpat, eptUc, nptWb, nptUc) => {
    const pat = given(guest);
    expect(effectiveEpt({ memType: 6, ipat: 0, pat }).value).toEqual(typed(eptWb));
    expect(effectiveEpt({ memType: 6, ipat: 1, pat }).value).toEqual(typed(eptIpat));
    expect(effectiveEpt({ memType: 0, ipat: 0, pat }).value).toEqual(typed(eptUc));
    expect(effectiveNpt({ guestPat: pat, hostPat: given('WB'), mtrr: mtrr('WB') }).value).toEqual(
      typed(nptWb),
    );
    expect(effectiveNpt({ guestPat: pat, hostPat: given('WB'), mtrr: mtrr('UC') }).value).toEqual(
      typed(nptUc),
    );
  });
});

group('EPT', () => {
  test('reserved types are a misconfiguration, even with IPAT and with CR0.CD', () => {
    for (const memType of [2, 3, 7])
      for (const ipat of [0, 1])
        for (const cd of [0, 1])
          expect(effectiveEpt({ memType, ipat, cd, pat: given('WB') }).value).toEqual({
            is: 'misconfigured',
          });
  });
  test('CR0.CD = 1: UC, IPAT or not', () => {
    for (const ipat of [0, 1])
      expect(effectiveEpt({ memType: 6, ipat, cd: 1, pat: given('WC') }).value).toEqual(typed('UC'));
  });
  test('CR0.PG = 0: as if the PAT said WB', () => {
    for (const [memType, type] of [
      [0, 'UC'],
      [1, 'WC'],
      [4, 'WT'],
      [5, 'WP'],
      [6, 'WB'],
    ] as const)
      expect(effectiveEpt({ memType, ipat: 0, pat: noPaging }).value).toEqual(typed(type));
  });
  test('the reasons tell the story in order', () => {
    const pat = patOfPage(PATS.linux, { pat: 0, pcd: 0, pwt: 1 });
    const { value: answer, why: reasons } = effectiveEpt({ memType: 6, ipat: 0, pat });
    expect(answer).toEqual(typed('WC'));
    expect(reasons.map(({ rule, because }) => [rule, because])).toEqual([
      ['x86.ept.memtype', 'EPT memory type WB, IPAT = 0: WB with PAT'],
      ['x86.pat.entry', 'PAT = 0, PCD = 0, PWT = 1, index = 1: WC'],
      ['x86.ept.combine', 'EPT WB, PAT WC: WC'],
    ]);
    expect(reasons[2]?.because).toBe('EPT WB, PAT WC: WC');
    expect(effectiveEpt({ memType: 6, ipat: 1, pat }).why.map(({ rule }) => rule)).toEqual(['x86.ept.ipat']);
  });
  test('its own tables: EPTP[2:0], UC with CR0.CD', () => {
    expect(eptStructures(6).value).toEqual(typed('WB'));
    expect(eptStructures(0).value).toEqual(typed('UC'));
    expect(eptStructures(6, 1).value).toEqual(typed('UC'));
    expect(eptStructures(4).value).toMatchObject({ is: 'illegal' });
  });
  test('an illegal PAT entry is said', () => {
    expect(effectiveEpt({ memType: 6, ipat: 0, pat: patEntry(2n, 0) }).value).toMatchObject({
      is: 'illegal',
    });
    expect(effectiveEpt({ memType: 6, ipat: 1, pat: patEntry(2n, 0) }).value).toEqual(typed('WB'));
  });
});

group('nested paging', () => {
  test('CR0.CD of guest or host disables caching', () => {
    const access = { guestPat: given('WB'), hostPat: given('WB'), mtrr: mtrr('WB') } as const;
    expect(effectiveNpt({ ...access, guestCd: 1 }).value).toEqual(typed('CD'));
    expect(effectiveNpt({ ...access, hostCd: 1 }).value).toEqual(typed('CD'));
    expect(effectiveNpt({ ...access, hostCd: 1 }).why[0]?.because).toContain('host CR0.CD = 1');
  });
  test('illegal entries are said', () => {
    const access = { guestPat: given('WB'), hostPat: given('WB'), mtrr: mtrr('WB') } as const;
    expect(effectiveNpt({ ...access, guestPat: given('reserved') }).value).toMatchObject({
      is: 'illegal',
      what: 'guest PAT entry',
    });
    expect(effectiveNpt({ ...access, hostPat: given('reserved') }).value).toMatchObject({
      is: 'illegal',
      what: 'host PAT entry',
    });
  });
});

group('CR0.CD without a second stage', () => {
  test.each([
    ['intel', 1, 0, typed('UC')],
    ['intel', 1, 1, typed('UC')],
    ['amd', 1, 0, typed('CD')],
    ['intel', 0, 1, { is: 'illegal', what: 'CR0' }],
    ['intel', 0, 0, typed('WB')],
  ] as const)('%s CD=%i NW=%i', (vendor, cd, nw, answer) => {
    expect(effectiveType({ vendor, cd, nw, pat: given('WB'), mtrr: mtrr('WB') }).value).toEqual(answer);
  });
  test('the reason says that cached lines still hit', () => {
    expect(cacheControl('intel', 1).why[0]?.because).toContain('WBINVD');
  });
});

group('undefined MTRR overlaps', () => {
  const set = mtrrs({
    vendor: 'intel',
    maxphyaddr: 46,
    defType: 0x800n,
    variable: [
      [0x6n, 0x3f00_0000_0800n],
      [0x1n, 0x3fff_f000_0800n],
    ],
  });
  const at = mtrrType(set, 0x1000n);
  const effective = (vendor: 'intel' | 'amd', pat: PatType) =>
    effectiveType({ vendor, pat: given(pat), mtrr: at }).value;
  test('stay undefined and name the conflict', () => {
    expect(at.value).toEqual({ is: 'undefined', conflict: ['WB', 'WC'] });
    for (const pat of ['WB', 'WT', 'WP', 'UC-'] as const)
      expect(effective('intel', pat)).toEqual({ is: 'undefined', conflict: ['WB', 'WC'] });
  });
  test('do not matter under PAT UC and WC', () => {
    for (const vendor of ['intel', 'amd'] as const) {
      expect(effective(vendor, 'UC')).toEqual(typed('UC'));
      expect(effective(vendor, 'WC')).toEqual(typed('WC'));
    }
  });
});

group('large pages over several MTRR types', () => {
  const set = mtrrs({
    vendor: 'intel',
    maxphyaddr: 40,
    defType: 0x806n,
    variable: [[0xe000_0000n, 0xff_fff0_0800n]],
  });
  const page = (pat: PatType, start: bigint, size: bigint) =>
    overPage(set, start, size, type => effectiveType({ vendor: 'intel', pat: given(pat), mtrr: type })).value;
  test('are mixed', () => {
    expect(page('WB', 0xe000_0000n, 0x20_0000n)).toEqual({
      is: 'mixed',
      truncated: false,
      parts: [
        { start: 0xe000_0000n, end: 0xe010_0000n, effective: typed('UC') },
        { start: 0xe010_0000n, end: 0xe020_0000n, effective: typed('WB') },
      ],
    });
  });
  test('but not where the PAT decides alone', () => {
    expect(page('WC', 0xe000_0000n, 0x20_0000n)).toEqual({ is: 'uniform', effective: typed('WC') });
    expect(page('WB', 0x4000_0000n, 0x4000_0000n)).toEqual({ is: 'uniform', effective: typed('WB') });
  });
});

group('accesses to paging structures', () => {
  test('the root: PCD and PWT of CR3, entry 0 with PCIDE', () => {
    for (const [pcd, pwt] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const types = ['WB', 'WC', 'UC-', 'UC'];
      expect(patOfTable(PATS.linux, { from: 'CR3', pcide: 0, pcd, pwt }).value).toBe(types[2 * pcd + pwt]);
      expect(patOfTable(PATS.linux, { from: 'CR3', pcide: 1, pcd, pwt }).value).toBe('WB');
      expect(patOfTable(PATS.linux, { from: 'entry', pcd, pwt }).value).toBe(types[2 * pcd + pwt]);
    }
  });
  test('PAE PDPTEs: the manual does not say', () => {
    const { value: answer, why: reasons } = patOfTable(PATS.linux, { from: 'PAE CR3' });
    expect(answer).toBe('unspecified');
    expect(reasons[0]?.because).toContain('no PCD and PWT');
  });
});

test('processors without a PAT', () => {
  expect(withoutPat(1, 0, 'WB').value).toBe('UC');
  expect(withoutPat(0, 1, 'WB').value).toBe('WT');
  expect(withoutPat(0, 1, 'WC').value).toBe('WC');
  expect(withoutPat(0, 0, 'WP').value).toBe('WP');
});

test('every effective type has properties that fit together', () => {
  for (const [type, p] of Object.entries(TYPE_PROPERTIES)) {
    expect(p.writeBack && !p.cacheable, type).toBe(false);
    expect(p.combining, type).toBe(type.startsWith('WC'));
    expect(p.ordering === 'strong', type).toBe(!p.speculativeReads);
  }
});
