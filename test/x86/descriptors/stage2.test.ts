import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { decode, encode, kindMask } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import { stage2 } from '../../../src/x86/descriptors/families.ts';
import {
  readSppt,
  readStage2,
  type Stage2Settings,
  stage2Settings,
} from '../../../src/x86/descriptors/stage2.ts';
import { anyWord, settingsOf } from '../../support/arbitrary.ts';

const at = (given: Partial<Stage2Settings>): Stage2Settings => settle(stage2Settings, given);
const read = (word: bigint, given: Partial<Stage2Settings> = {}) =>
  readStage2(word, at({ maxphyaddr: 46, ...given }));

group('worked examples', () => {
  test('EPT PTE of KVM: WB with IPAT', () => {
    const { kind, facts, format, raw, findings } = read(0x0600000123456b77n);
    expect(kind).toBe('page4k');
    expect(facts).toMatchObject({
      oa: 0x123456000n,
      memory: 'WB',
      ignorePat: true,
      permissions: { r: 1, w: 1, x: 1 },
    });
    expect(facts.misconfiguration).toEqual([]);
    expect(decode(format, raw)).toMatchObject({ a: 1, d: 1 });
    expect(facts.software).toEqual({
      'Linux 6.12 KVM': 'MMU-present, host-writable, MMU-writable, A/D bits in use',
    });
    expect(findings).toEqual([]);
  });
  test('EPT PDE: 2 MBytes, WB, IPAT clear', () => {
    const { kind, facts, format, raw } = read(0x06000001236000b7n, { level: 2 });
    expect(kind).toBe('page2m');
    expect(facts).toMatchObject({ oa: 0x123600000n, size: 0x200000n, memory: 'WB', ignorePat: false });
    expect(decode(format, raw)).toMatchObject({ a: 0, d: 0 });
  });
  test('EPT PDE off its alignment: misconfiguration', () => {
    const { facts, findings } = read(0x123601f7n, { level: 2 });
    expect(facts.misconfiguration).toEqual(['reserved']);
    expect(findings).toMatchObject([{ id: 'address-misaligned', bits: '20,18:17' }]); // 0x160000
  });
  test('KVM MMIO entry: misconfigured on purpose', () => {
    const { facts } = read(0x12300000fee0022en);
    expect(facts.misconfiguration).toEqual(['write-without-read']);
    expect(facts.mmio).toEqual({ gfn: 0xfee00n, generation: 0x12345 });
  });
  test('execute-only WB page', () => {
    expect(read(0x30000034n).facts).toMatchObject({
      permissions: { r: 0, w: 0, x: 1 },
      misconfiguration: [],
    });
    expect(read(0x30000034n, { execOnly: 0 }).facts.misconfiguration).toEqual(['exec-only']);
  });
});

/** The misconfiguration rules, typed a second time from the manual’s list as masks and tests. */
function rules(word: bigint, s: Stage2Settings): string[] {
  const bit = (n: number): boolean => ((word >> BigInt(n)) & 1n) === 1n;
  const bits = (hi: number, lo: number): bigint =>
    hi < lo ? 0n : ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo);
  const [r, w, x, xu] = [bit(0), bit(1), bit(2), s.mbec === 1 && bit(10)];
  if (!(r || w || x || xu)) return [];
  const can = s.level === 1 || (s.level === 2 && s.p2m === 1) || (s.level === 3 && s.p1g === 1);
  const leaf = s.level === 1 || (can && bit(7));
  let reserved = bits(51, s.maxphyaddr);
  if (!leaf) reserved |= bits(6, 3) | (can ? 0n : 0x80n);
  else if (s.level > 1) reserved |= bits(s.level === 2 ? 20 : 29, 12);
  const type = Number((word >> 3n) & 7n);
  return [
    ...(!s.execOnly && !r && (x || xu) ? ['exec-only'] : []),
    ...(leaf && [2, 3, 7].includes(type) ? ['memtype'] : []),
    ...(word & reserved ? ['reserved'] : []),
    ...(!r && w ? ['write-without-read'] : []),
  ];
}

test('misconfigurations are the manual’s, for every low half of a word at every level', () => {
  for (const level of [1, 2, 3, 4, 5])
    for (const given of [{}, { execOnly: 0 }, { mbec: 1, execOnly: 0 }, { p2m: 0, p1g: 0 }] as const) {
      const s = at({ level, ...given });
      for (let low = 0; low < 0x2000; low++) {
        const word = BigInt(low);
        expect(readStage2(word, s).facts.misconfiguration, `${level} ${low.toString(16)}`).toEqual(
          rules(word, s),
        );
      }
    }
});

test('misconfigurations are the manual’s, for random words and settings', () => {
  fc.assert(
    fc.property(anyWord, settingsOf(stage2.settings), (word, settings) => {
      const s = settings as unknown as Stage2Settings;
      const { kind, facts, findings, format } = readStage2(word, s);
      expect(facts.misconfiguration).toEqual(rules(word, s));
      expect(facts.misconfiguration.length > 0).toBe(findings.some(({ severity }) => severity === 'error'));
      if (kind === 'not-present') expect(kindMask(format, 'res0')).toBe(0n);
    }),
    { numRuns: 3000 },
  );
});

group('control bits', () => {
  const fields = (word: bigint, given: Partial<Stage2Settings>) => {
    const { format, raw } = read(word, given);
    return decode(format, raw) as Record<string, number>;
  };
  const all = 0xffn << 56n;
  test.each([
    ['ve', 'sve'],
    ['spp', 'spp'],
    ['sss', 'sss'],
    ['pw', 'pw'],
    ['vgp', 'vgp'],
  ] as const)('%s gives its bit a meaning, else it is ignored', (control, key) => {
    expect(fields(all | 0x37n, { [control]: 1 })[key]).toBe(1);
    expect(fields(all | 0x37n, {})[key]).toBeUndefined();
    expect(read(all | 0x37n).facts.misconfiguration).toEqual([]);
  });
  test('sub-page permissions exist in 4-KByte pages only', () => {
    expect(fields(all | 0xb7n, { spp: 1, level: 2 }).spp).toBeUndefined();
  });
  test('mode-based execute control: XU alone is present', () => {
    expect(read(0x400n).kind).toBe('not-present');
    expect(read(0x400n, { mbec: 1 })).toMatchObject({
      kind: 'page4k',
      facts: { permissions: { x: 0, xu: 1 } },
    });
  });
  test('paging-write access without read is said', () => {
    const { findings } = read((1n << 58n) | 0x34n, { pw: 1 });
    expect(findings).toMatchObject([{ id: 'ept-paging-write-without-read' }]);
  });
  test('an entry that is not present still suppresses #VE', () => {
    expect(fields(1n << 63n, { ve: 1 }).sve).toBe(1);
  });
});

group('software', () => {
  test('a guest’s ordinary entry in EPT is suspicious', () => {
    expect(read(0x1067n).findings.map(({ id }) => id)).toEqual(['looks-like-stage1']);
    expect(read(0x1067n, { level: 4 }).findings.map(({ id }) => id)).toContain('looks-like-stage1');
    expect(read(0x1077n).findings).toEqual([]);
  });
  test('frozen, zapped, access-tracked', () => {
    const kvm = (word: bigint) => read(word).facts.software?.['Linux 6.12 KVM'];
    expect(kvm((1n << 63n) | 0x5a0n)).toBe('frozen: being changed');
    expect(kvm(1n << 63n)).toBe('empty, #VE suppressed');
    expect(kvm((1n << 52n) | (5n << 54n) | 0x800n)).toContain('saved for access tracking: RX');
    expect(kvm(0x7n)).toBeUndefined();
  });
  test('MMIO entry of a host with the L1TF erratum', () => {
    const { facts } = read(0xf8d00000c6n, { maxphyaddr: 40, l1tfBits: 40 });
    expect(facts.mmio).toEqual({ gfn: 0xd0000n, generation: 0x18 });
  });
});

group('intent', () => {
  const wish = (w: Parameters<NonNullable<typeof stage2.intent>>[0], given: Partial<Stage2Settings> = {}) => {
    const s = at(given);
    const { kind, fields } = stage2.intent?.(w, s) ?? { kind: '', fields: {} };
    const layout = stage2.layout(kind, s);
    if (!layout) throw new Error(`no layout for ${kind}`);
    return encode(layout, fields);
  };
  test('WB with IPAT, read/write/execute', () => {
    expect(wish({ type: 'wb+ipat', perm: 'rwx', oa: 0x123456000n })).toBe(0x123456077n);
    expect(wish({ type: 'UC', perm: 'rw-', oa: 0x200000n }, { level: 2 })).toBe(0x200083n);
    expect(wish({ perm: 'r-x' }, { mbec: 1 })).toBe(0x405n);
  });
  test.each([
    [{ perm: '-w-' }, {}, /writable but not readable/],
    [{ perm: '--x' }, { execOnly: 0 }, /does not support/],
    [{ type: 'uc-' }, {}, /none of uc, wc/],
    [{ perm: 'rwx' }, { level: 3, p1g: 0 }, /maps no page/],
  ] as const)('%o is refused', (w, given, message) => expect(() => wish(w, given)).toThrow(message));
});

group('sub-page permission table', () => {
  const s = (level: number) => ({ level, maxphyaddr: 46 });
  test('bit 2i permits writes to 128 bytes', () => {
    expect(readSppt(0b100_0001n, s(1)).facts).toEqual({ writable: 0b1001, misconfiguration: false });
    expect(readSppt(0x5555555555555555n, s(1)).facts.writable).toBe(0xffffffff);
    expect(readSppt(0b10n, s(1)).facts.misconfiguration).toBe(true);
  });
  test('tables', () => {
    expect(readSppt(0x1001n, s(2))).toMatchObject({
      kind: 'table',
      facts: { next: 0x1000n, misconfiguration: false },
    });
    expect(readSppt(0x1003n, s(3)).facts.misconfiguration).toBe(true);
    // not present: the processor looks at no other bit, so nothing is misconfigured and nothing follows
    for (const word of [0n, 0x1000n, 0x1006n, ~1n & 0xffff_ffff_ffff_ffffn])
      expect(readSppt(word, s(4))).toMatchObject({
        kind: 'not-present',
        facts: { misconfiguration: false },
        findings: [],
      });
    expect(readSppt(0x1000n, s(4)).facts).not.toHaveProperty('next');
  });
});
