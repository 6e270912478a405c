/** The arm64 model: examples that the manual decides, and the branches that random cases reach. */
import { describe, expect, test } from 'vitest';
import { type Arm64Access, arm64Access } from './arm64.ts';
import { arm64Case } from './generate-arm64.ts';
import { num, type Outcome, one } from './outcome.ts';
import { Luck } from './random.ts';

const PAGE = 0x403n; // page, AF
const TABLE = 3n;

/** 4-KByte tables of 39 bits at 0x1000 for address 0: the leaf at 0x3000 is given. MAIR: 0 Write-Back, 1 Device-nGnRE. */
function stage1(
  leaf: bigint,
  more: Readonly<Record<string, bigint>> = {},
  access: Partial<Arm64Access> = {},
  tables = TABLE,
): Outcome {
  const words = new Map([
    [0x1000n, 0x2000n | tables],
    [0x2000n, 0x3000n | TABLE],
    [0x3000n, leaf],
  ]);
  const registers = new Map(
    Object.entries({
      TTBR0_EL1: 0x1000n,
      TCR_EL1: (0x2_8019_0019n & ~(3n << 30n)) | (2n << 30n),
      MAIR_EL1: 0x4ffn,
      SCTLR_EL1: 1n,
      ID_AA64MMFR0_EL1: 5n,
      ID_AA64MMFR1_EL1: 0x1030_0002n,
      ...more,
    }),
  );
  return arm64Access(registers, at => words.get(at), { el: 1, kind: 'read', address: 0n, ...access });
}
const brief = (outcome: Outcome): string =>
  outcome.is === 'fault'
    ? `${outcome.cause} ${outcome.level} ${outcome.reason}`
    : outcome.is === 'allowed'
      ? `0x${outcome.pa.toString(16)}`
      : 'missing';

describe('stage 1: direct permissions [Arm ARM, tables of AP, UXN, PXN]', () => {
  const AP = { rwNone: 0n, rwRw: one(6), roNone: one(7), roRo: one(6) | one(7) };
  test.each([
    ['rwNone', 1, 'write', true],
    ['rwNone', 0, 'read', false],
    ['rwRw', 0, 'write', true],
    ['roNone', 1, 'read', true],
    ['roNone', 1, 'write', false],
    ['roNone', 0, 'read', false],
    ['roRo', 0, 'read', true],
    ['roRo', 0, 'write', false],
    // EL0 may execute what it may not read; memory that EL0 may write is no code of EL1
    ['rwNone', 0, 'fetch', true],
    ['rwRw', 1, 'fetch', false],
    ['rwNone', 1, 'fetch', true],
  ] as const)('AP %s, EL%d, %s: %s', (ap, el, kind, allowed) => {
    expect(stage1(0x9000n | PAGE | AP[ap], {}, { el, kind }).is === 'allowed').toBe(allowed);
  });

  test('APTable[1] takes writes, APTable[0] takes EL0, PXNTable and UXNTable take execute', () => {
    const leaf = 0x9000n | PAGE | one(6);
    const said = (bit: number, el: 0 | 1, kind: Arm64Access['kind']): string =>
      brief(stage1(leaf, {}, { el, kind }, TABLE | one(bit)));
    expect(said(62, 0, 'write')).toBe('permission 3 no write');
    expect(said(61, 0, 'read')).toBe('permission 3 no read');
    expect(said(60, 0, 'fetch')).toBe('permission 3 execute never');
    expect(brief(stage1(0x9000n | PAGE, {}, { kind: 'fetch' }, TABLE | one(59)))).toBe(
      'permission 3 execute never',
    );
    // HPD0: as if they were not there
    expect(
      brief(stage1(leaf, { TCR_EL1: 0x2_8019_0019n | one(41) }, { el: 0, kind: 'write' }, TABLE | one(62))),
    ).toBe('0x9000');
  });

  test('WXN, PAN and EPAN, unprivileged accesses', () => {
    expect(brief(stage1(0x9000n | PAGE, { SCTLR_EL1: 1n | one(19) }, { kind: 'fetch' }))).toBe(
      'permission 3 WXN',
    );
    expect(brief(stage1(0x9000n | PAGE | one(6), {}, { pan: true }))).toBe('permission 3 no read');
    expect(brief(stage1(0x9000n | PAGE, { SCTLR_EL1: 1n | one(57) }, { pan: true }))).toBe(
      'permission 3 no read',
    );
    expect(brief(stage1(0x9000n | PAGE | one(54), { SCTLR_EL1: 1n | one(57) }, { pan: true }))).toBe(
      '0x9000',
    );
    expect(brief(stage1(0x9000n | PAGE, {}, { unprivileged: true }))).toBe('permission 3 no read');
  });

  test('access flag and dirty state', () => {
    expect(brief(stage1(0x9003n))).toBe('access-flag 3 AF');
    const managed = { TCR_EL1: 0x2_8019_0019n | one(39) | one(40) };
    expect(stage1(0x9003n, managed)).toMatchObject({
      is: 'allowed',
      updates: [{ at: 0x3000n, to: 0x9403n }],
    });
    // DBM = 1, AP[2] = 1: writable, clean
    const clean = 0x9000n | PAGE | one(7) | one(51);
    expect(brief(stage1(clean, {}, { kind: 'write' }))).toBe('permission 3 no write');
    expect(stage1(clean, managed, { kind: 'write' })).toMatchObject({
      is: 'allowed',
      updates: [{ to: clean & ~one(7) }],
    });
  });
});

describe('stage 1: addresses', () => {
  test('a tag is no part of an address where TBI0 = 1, but for fetches with TBID0 = 1', () => {
    const address = 0xf500_0000_0000_0123n;
    const tbi = { TCR_EL1: 0x2_8019_0019n | one(37) };
    const tbid = { TCR_EL1: 0x2_8019_0019n | one(37) | one(51) };
    expect(brief(stage1(0x9000n | PAGE, {}, { address }))).toBe('not-present 0 address out of range');
    expect(brief(stage1(0x9000n | PAGE, tbi, { address }))).toBe('0x9123');
    expect(brief(stage1(0x9000n | PAGE, tbid, { address }))).toBe('0x9123');
    expect(brief(stage1(0x9000n | PAGE, tbid, { address, kind: 'fetch' }))).toBe(
      'not-present 0 address out of range',
    );
  });
  test('IPS', () => {
    expect(brief(stage1(0x0100_0000_9000n | PAGE))).toBe('address-size 3 output beyond IPS');
    expect(brief(stage1(0x9000n | PAGE, { TTBR0_EL1: 0x0100_0000_1000n }))).toBe(
      'address-size 0 TTBR beyond IPS',
    );
  });
  test('Device memory wants aligned accesses, before it asks for rights', () => {
    expect(brief(stage1(0x9000n | PAGE | 4n | one(7), {}, { aligned: false, kind: 'write' }))).toBe(
      'alignment 3 Device',
    );
  });
  test('stage 1 off', () => {
    const off = { SCTLR_EL1: 0n };
    expect(brief(stage1(0n, off, { address: 0xabcdn }))).toBe('0xabcd');
    expect(brief(stage1(0n, off, { address: one(50) }))).toBe(
      'address-size 0 stage 1 off: address beyond PAMax',
    );
  });
});

describe('stage 1: indirect permissions and overlays', () => {
  // PIIndex 0 throughout; MMFR3: TCRX, S1PIE, S1POE
  const pie = (pir: bigint, pire0: bigint, more: Readonly<Record<string, bigint>> = {}) => ({
    ID_AA64MMFR3_EL1: 0x1_0101n,
    TCR2_EL1: 2n,
    PIR_EL1: pir,
    PIRE0_EL1: pire0,
    ...more,
  });
  test.each([
    [0n, 'read', false],
    [1n, 'read', true],
    [2n, 'fetch', true],
    [2n, 'read', false],
    [3n, 'fetch', true],
    [4n, 'read', false],
    [5n, 'write', true],
    [6n, 'write', true],
    [6n, 'fetch', false],
    [7n, 'fetch', true],
    [9n, 'gcs-write', true],
    [9n, 'write', false],
    [11n, 'read', false],
    [14n, 'fetch', true],
  ] as const)('PIR value %d, %s: %s', (value, kind, allowed) => {
    expect(stage1(0x9000n | PAGE, pie(value, 0n), { kind }).is === 'allowed').toBe(allowed);
  });
  test('execute above what EL0 may write leaves nothing', () => {
    expect(brief(stage1(0x9000n | PAGE, pie(7n, 5n)))).toBe('permission 3 no read');
  });
  test('nDirty = 1: the write is denied with ISS2.DirtyBit unless hardware manages it', () => {
    const clean = 0x9000n | PAGE | one(7);
    const outcome = stage1(clean, pie(5n, 0n), { kind: 'write' });
    expect(outcome.is === 'fault' && num(outcome.syndrome, 37)).toBe(1);
    expect(
      stage1(clean, pie(5n, 0n, { TCR_EL1: 0x2_8019_0019n | one(39) | one(40) }), { kind: 'write' }).is,
    ).toBe('allowed');
  });
  test('an overlay takes rights away, with ISS2.Overlay', () => {
    const outcome = stage1(0x9000n | PAGE, pie(5n, 0n, { TCR2_EL1: 0xan, POR_EL1: 1n }), { kind: 'write' });
    expect(outcome.is === 'fault' && [outcome.reason, num(outcome.syndrome, 38)]).toEqual([
      'overlay write',
      1,
    ]);
    // values 8 to 15 of PIR take no overlay
    expect(stage1(0x9000n | PAGE, pie(12n, 0n, { TCR2_EL1: 0xan, POR_EL1: 0n }), { kind: 'write' }).is).toBe(
      'allowed',
    );
  });
});

describe('stage 2 of a guest, stage 1 off', () => {
  /** T0SZ 25, start level 1, table at 0x1000, the leaf of 0 at 0x3000. */
  function stage2(
    leaf: bigint,
    access: Partial<Arm64Access> = {},
    more: Readonly<Record<string, bigint>> = {},
  ): Outcome {
    const words = new Map([
      [0x1000n, 0x2003n],
      [0x2000n, 0x3003n],
      [0x3000n, leaf],
    ]);
    const registers = new Map(
      Object.entries({
        HCR_EL2: one(31) | 1n,
        VTTBR_EL2: 0x1000n,
        VTCR_EL2: one(31) | 0x2_3559n,
        SCTLR_EL1: 0n,
        ID_AA64MMFR0_EL1: 5n,
        ID_AA64MMFR1_EL1: 0x1000_0002n,
        ...more,
      }),
    );
    return arm64Access(registers, at => words.get(at), { el: 1, kind: 'read', address: 0x10n, ...access });
  }
  const WB = 0xfn << 2n;
  test.each([
    [0n, 'read', false],
    [1n, 'read', true],
    [1n, 'write', false],
    [2n, 'write', true],
    [2n, 'read', false],
    [3n, 'write', true],
  ] as const)('S2AP = %d, %s: %s', (ap, kind, allowed) => {
    expect(stage2(0x9000n | PAGE | WB | (ap << 6n), { kind }).is === 'allowed').toBe(allowed);
  });
  test.each([
    [0n, 1, true],
    [0n, 0, true],
    [1n, 1, false],
    [1n, 0, true],
    [2n, 1, false],
    [2n, 0, false],
    [3n, 1, true],
    [3n, 0, false],
  ] as const)('XN[1:0] = %d, fetch at EL%d: %s', (xn, el, allowed) => {
    expect(
      stage2(0x9000n | PAGE | WB | (3n << 6n) | (xn << 53n), { el, kind: 'fetch' }).is === 'allowed',
    ).toBe(allowed);
  });
  test('S2PIE: a write needs Dirty = 1 or {HA,HD} = {1,1}', () => {
    const pie = { ID_AA64MMFR3_EL1: 0x1000n, S2PIR_EL2: 0xcn };
    const vtcr = one(31) | 0x2_3559n | one(36);
    const clean = stage2(0x9000n | PAGE | WB, { kind: 'write' }, { ...pie, VTCR_EL2: vtcr });
    expect(clean.is === 'fault' && [clean.reason, num(clean.syndrome, 37)]).toEqual(['stage 2: clean', 1]);
    expect(stage2(0x9000n | PAGE | WB | one(7), { kind: 'write' }, { ...pie, VTCR_EL2: vtcr }).is).toBe(
      'allowed',
    );
    expect(
      stage2(0x9000n | PAGE | WB, { kind: 'write' }, { ...pie, VTCR_EL2: vtcr | one(21) | one(22) }).is,
    ).toBe('allowed');
  });
  test('a walk of stage 1 through Device memory is denied with HCR_EL2.PTW = 1, reported with S1PTW', () => {
    const guest = { SCTLR_EL1: 1n, TCR_EL1: 0x2_8019_0019n, TTBR0_EL1: 0n, MAIR_EL1: 0xffn };
    const device = 0x4000n | PAGE | (1n << 2n) | (3n << 6n);
    const denied = stage2(device, {}, { ...guest, HCR_EL2: one(31) | 5n });
    expect(denied).toMatchObject({ stage: 2, level: 3, of: 'walker', reason: 'stage 2: PTW on Device' });
    expect(denied.is === 'fault' && num(denied.syndrome, 7)).toBe(1);
    expect(stage2(device, {}, guest)).toEqual({ is: 'missing', at: 0x4000n });
  });
  test('T0SZ and SL0 have to fit', () => {
    expect(stage2(0n, {}, { VTCR_EL2: one(31) | 0x2_3519n })).toMatchObject({
      level: 0,
      reason: 'stage 2: SL0 and T0SZ',
    });
    expect(stage2(0n, { address: one(40) })).toMatchObject({
      level: 0,
      reason: 'stage 2: address out of range',
    });
  });
});

describe('random cases', () => {
  const table = new Map<string, number>();
  const levels = new Map<string, number>();
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (let i = 0; i < 10_000; i++) {
    const { registers, memory, access } = arm64Case(new Luck(i));
    const outcome = arm64Access(registers, memory.read, access);
    if (outcome.is !== 'fault') add(table, outcome.is);
    else {
      add(table, `${outcome.stage} ${outcome.cause}: ${outcome.reason}`);
      add(levels, `${outcome.stage} ${outcome.cause} ${outcome.level}`);
    }
  }
  test.each([
    'allowed',
    ...['TnSZ', 'address out of range', 'EPD', 'invalid', 'reserved at level 3', 'block where none is'].map(
      reason => `1 not-present: ${reason}`,
    ),
    ...['stage 1 off: address beyond PAMax', 'TTBR beyond IPS', 'table beyond IPS', 'output beyond IPS'].map(
      reason => `1 address-size: ${reason}`,
    ),
    '1 not-present: E0PD',
    '1 access-flag: AF',
    ...['stage 1 off: Device', 'Device'].map(reason => `1 alignment: ${reason}`),
    ...[
      'no read',
      'no write',
      'execute never',
      'WXN',
      'no GCS page',
      'overlay read',
      'overlay write',
      'overlay execute',
      'clean, and hardware does not set dirty',
    ].map(reason => `1 permission: ${reason}`),
    ...[
      'T0SZ',
      'SL0 and T0SZ',
      'address out of range',
      'invalid',
      'reserved at level 3',
      'block where none is',
    ].map(reason => `2 not-present: stage 2: ${reason}`),
    ...['VTTBR beyond PS', 'table beyond PS', 'output beyond PS'].map(
      reason => `2 address-size: stage 2: ${reason}`,
    ),
    '2 access-flag: stage 2: AF',
    '2 alignment: stage 2: Device',
    ...[
      'no read',
      'no write',
      'execute never',
      'clean',
      'AssuredOnly',
      'TopLevel',
      'PTW on Device',
      'walker: no read',
      'walker: clean',
    ].map(reason => `2 permission: stage 2: ${reason}`),
  ])('reach %s', branch => expect(table.get(branch) ?? 0).toBeGreaterThan(0));
  test.each(
    ([1, 2] as const).flatMap(stage => [
      ...['not-present', 'address-size', 'access-flag', 'permission'].flatMap(cause =>
        [0, 1, 2, 3].map(level => `${stage} ${cause} ${level}`),
      ),
    ]),
  )('reach stage, cause, level %s', cell => expect(levels.get(cell) ?? 0).toBeGreaterThan(0));
  test('never a table that nobody promised', () => expect(table.get('missing')).toBeUndefined());
});
