/** Regimes from control registers: the manual's tables of start levels, limits, and sentences for what is invalid. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tcrEl1Format, vtcrFormat } from '../../../src/arm64/registers/control.ts';
import { FEATURE_SETS, featuresOf } from '../../../src/arm64/registers/features.ts';
import { stage1Root, stage2Root } from '../../../src/arm64/registers/roots.ts';
import { GRANULE_BITS, type Granule } from '../../../src/arm64/values/address.ts';
import { stage1Regime, stage2Regime } from '../../../src/arm64/walk/regime.ts';
import { encode } from '../../../src/bits/codec.ts';
import { anyWord } from '../../support/arbitrary.ts';

const TG0: Record<Granule, number> = { '4K': 0, '64K': 1, '16K': 2 };
const vtcrOf = (granule: Granule, fields: Record<string, number>): bigint =>
  encode(vtcrFormat, { tg0: TG0[granule], ...fields });

/** Rows of the manual's Tables D8-20 to D8-41: granule, DS, SL2:SL0, level, then T0SZ from-to for 1, 2, 4, 8, 16 tables. */
const ROWS: readonly [Granule, 0 | 1, number, number, ([number, number] | undefined)[]][] = [
  ['4K', 1, 0b100, -1, [[12, 15]]],
  [
    '4K',
    1,
    0b010,
    0,
    [
      [16, 24],
      [15, 15],
      [14, 14],
      [13, 13],
      [12, 12],
    ],
  ],
  ['4K', 0, 0b010, 0, [[16, 24]]],
  [
    '4K',
    0,
    0b001,
    1,
    [
      [25, 33],
      [24, 24],
      [23, 23],
      [22, 22],
      [21, 21],
    ],
  ],
  [
    '4K',
    0,
    0b000,
    2,
    [
      [34, 42],
      [33, 33],
      [32, 32],
      [31, 31],
      [30, 30],
    ],
  ],
  [
    '4K',
    0,
    0b011,
    3,
    [
      [43, 48],
      [42, 42],
      [41, 41],
      [40, 40],
      [39, 39],
    ],
  ],
  ['16K', 1, 0b011, 0, [[12, 16]]],
  [
    '16K',
    1,
    0b010,
    1,
    [
      [17, 27],
      [16, 16],
      [15, 15],
      [14, 14],
      [13, 13],
    ],
  ],
  [
    '16K',
    0,
    0b010,
    1,
    [
      [17, 27],
      [16, 16],
    ],
  ],
  [
    '16K',
    0,
    0b001,
    2,
    [
      [28, 38],
      [27, 27],
      [26, 26],
      [25, 25],
      [24, 24],
    ],
  ],
  [
    '16K',
    0,
    0b000,
    3,
    [
      [39, 48],
      [38, 38],
      [37, 37],
      [36, 36],
      [35, 35],
    ],
  ],
  ['64K', 0, 0b010, 1, [[12, 21]]],
  [
    '64K',
    0,
    0b001,
    2,
    [
      [22, 34],
      [21, 21],
      [20, 20],
      [19, 19],
      [18, 18],
    ],
  ],
  [
    '64K',
    0,
    0b000,
    3,
    [
      [35, 47],
      [34, 34],
      [33, 33],
      [32, 32],
      [31, 31],
    ],
  ],
];

describe('stage 2 start level and concatenation are those of the tables', () => {
  for (const [granule, ds, sl, level, runs] of ROWS)
    test(`${granule}B, DS=${ds}, SL2:SL0=${sl.toString(2).padStart(3, '0')}: level ${level}`, () => {
      for (let t0sz = 0; t0sz < 64; t0sz++) {
        const regime = stage2Regime({
          vtcr: vtcrOf(granule, { ds, sl2: sl >> 2, sl0: sl & 3, t0sz }),
        });
        const tables = runs.findIndex(run => run && t0sz >= run[0] && t0sz <= run[1]);
        expect(regime.valid, `T0SZ ${t0sz}`).toBe(tables >= 0);
        if (!regime.valid) continue;
        expect([regime.startLevel, regime.concat]).toEqual([level, 2 ** tables]);
        expect(regime.tableBytes).toBe(8 * 2 ** regime.indexBits);
        expect(regime.baseAlign).toBe(ds ? Math.max(64, regime.tableBytes) : regime.tableBytes);
      }
    });
});

test('a valid stage 2 resolves every IPA bit: index bits of all levels and the page offset add up', () => {
  fc.assert(
    fc.property(anyWord, fc.constantFrom(...Object.values(FEATURE_SETS)), (word, features) => {
      const regime = stage2Regime({ vtcr: word & ~(1n << 38n), features });
      if (!regime.valid) {
        expect(regime.explain).toMatch(/[a-z]/);
        return;
      }
      const { g, stride } = GRANULE_BITS[regime.granule];
      expect(regime.indexBits + stride * (3 - regime.startLevel) + g).toBe(regime.iaBits);
      expect(regime.oaBits).toBeLessThanOrEqual(features.paBits);
    }),
    { numRuns: 3000 },
  );
});

test('stage 1 start levels are those of the manual for every size', () => {
  const levelOf = (granule: Granule, bits: number): number => {
    const { g, stride } = GRANULE_BITS[granule];
    let level = 3;
    while (g + stride * (4 - level) < bits) level--; // one more level until all bits are resolved
    return level;
  };
  for (const granule of ['4K', '16K', '64K'] as const)
    for (const ds of [0, 1] as const)
      for (let t0sz = 0; t0sz < 64; t0sz++) {
        const tcr = encode(tcrEl1Format, { t0sz, tg0: TG0[granule], ds, ips: 6, tg1: 2 });
        const regime = stage1Regime({ regime: 'EL1&0', tcr });
        const least = granule === '64K' || ds ? 12 : 16;
        const most = granule === '64K' ? 47 : 48;
        expect(regime.valid).toBe(t0sz >= least && t0sz <= most);
        if (regime.valid) expect(regime.startLevel).toBe(levelOf(granule, 64 - t0sz));
      }
});

test('the two ranges of EL1&0 are independent, and E2H = 1 gives TCR_EL2 the layout of TCR_EL1', () => {
  const tcr = encode(tcrEl1Format, { t0sz: 16, tg0: 0, t1sz: 25, tg1: 1, ips: 5, sh1: 3, epd1: 1 });
  for (const regime of ['EL1&0', 'EL2&0'] as const) {
    expect(stage1Regime({ regime, tcr, range: 0 })).toMatchObject({ granule: '4K', iaBits: 48, epd: 0 });
    expect(stage1Regime({ regime, tcr, range: 1 })).toMatchObject({
      granule: '16K',
      iaBits: 39,
      epd: 1,
      walk: { sh: 3 },
    });
  }
});

test('PIE, POE, AIE imply HPD, and HD needs HA', () => {
  const tcr = encode(tcrEl1Format, { t0sz: 16, hd: 1, hwu062: 1, tg1: 2, t1sz: 16 });
  expect(stage1Regime({ regime: 'EL1&0', tcr })).toMatchObject({ hpd: 0, hwu: 0, hd: 0 });
  for (const bit of [0b10n, 0b100n, 0b1000n, 0b10000n])
    expect(stage1Regime({ regime: 'EL1&0', tcr, tcr2: bit })).toMatchObject({ hpd: 1, hwu: 8 });
});

test('VMSAv9-128 is refused by name in every regime', () => {
  const el3 = stage1Regime({ regime: 'EL3', tcr: (1n << 38n) | 16n });
  const el1 = stage1Regime({ regime: 'EL1&0', tcr: 16n, tcr2: 1n << 5n });
  const s2 = stage2Regime({ vtcr: (1n << 38n) | 0x8002_3558n });
  for (const regime of [el3, el1, s2]) {
    expect(regime).toMatchObject({ valid: false, reason: 'vmsav9-128' });
    expect(regime.valid || regime.explain).toMatch(/VMSAv9-128/);
  }
});

test('the Secure IPA space takes size, granule and level from VSTCR_EL2 and the rest from VTCR_EL2', () => {
  const vtcr = vtcrOf('4K', { t0sz: 24, sl0: 1, ps: 2, sh0: 3, ha: 1 });
  const vstcr = (1n << 31n) | (1n << 14n) | (1n << 6n) | 22n; // 64KB, level 2, 42-bit IPA
  expect(stage2Regime({ vtcr, vstcr })).toMatchObject({
    valid: true,
    granule: '64K',
    startLevel: 2,
    iaBits: 42,
    oaBits: 40,
    sh0: 3,
    ha: 1,
  });
});

describe('features', () => {
  test('ID registers of QEMU -cpu max and of a Cortex-A57', () => {
    const max = featuresOf({
      mmfr0: 0x0000_0323_1020_1126n,
      mmfr1: 0x0000_0110_1021_1122n,
      mmfr2: 0x1021_0110_1001_1011n,
    });
    expect(max).toMatchObject({
      paBits: 52,
      stage1: { '4K': 52, '16K': 52, '64K': 52 },
      stage2: { '4K': 52, '16K': 52, '64K': 52 },
      lva: 1,
      ttst: 1,
      fwb: 1,
      bbml: 1,
      xnx: 1,
      hafdbs: 2,
      vmid16: 1,
      hpds2: 0,
    });
    const a57 = featuresOf({ mmfr0: 0x1124n, mmfr1: 0n, mmfr2: 0n });
    expect(a57).toMatchObject({
      paBits: 44,
      stage1: { '4K': 48, '16K': 0, '64K': 48 },
      stage2: { '4K': 48, '16K': 0, '64K': 48 },
      ttst: 0,
      fwb: 0,
      xnx: 0,
    });
    expect(stage2Regime({ vtcr: vtcrOf('16K', { t0sz: 24, sl0: 1 }), features: a57 })).toMatchObject({
      valid: false,
      reason: 'tg0-unimplemented',
    });
  });
});

describe('roots', () => {
  test('ASID, VMID and CnP are no address', () => {
    const form = { baddr52: false, baseAlign: 4096, oaBits: 48 };
    expect(stage1Root(0x00ce_0000_4185_8001n, form)).toMatchObject({
      base: 0x4185_8000n,
      id: 0xce,
      cnp: 1,
      findings: [],
    });
    expect(stage2Root(0x0001_0000_4373_0001n, { ...form, vmid16: true })).toMatchObject({
      base: 0x4373_0000n,
      id: 1,
      cnp: 1,
    });
    expect(stage2Root(0xff01_0000_4373_0001n, { ...form, vmid16: false }).id).toBe(1);
  });

  test('with 52-bit addresses A[51:48] stands in [5:2]', () => {
    const form = { baddr52: true, baseAlign: 64, oaBits: 52 };
    expect(stage1Root(0x0001_0000_4000_0fcdn, form)).toMatchObject({
      base: 0x3_0000_4000_0fc0n,
      id: 1,
      cnp: 1,
    });
  });

  test('bits below the alignment are RES0: taken as 0 and said; a base beyond the PA size faults', () => {
    const form = { baddr52: false, baseAlign: 8192, oaBits: 36 };
    const root = stage2Root(0x10_4000_1000n, { ...form, vmid16: true });
    expect(root.base).toBe(0x10_4000_0000n);
    expect(root.findings.map(({ id }) => id)).toEqual(['base-misaligned', 'address-size']);
  });
});
