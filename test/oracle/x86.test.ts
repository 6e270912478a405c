/** The x86 model: examples that the manuals decide, and the branches that random cases reach. */
import { describe, expect, test } from 'vitest';
import { answerOf, x86Case } from './generate-x86.ts';
import { type Outcome, one } from './outcome.ts';
import { Luck } from './random.ts';
import { linear, secondStageAccess, type X86Access, type X86Facts, x86Access } from './x86.ts';

const FACTS: X86Facts = { maxphyaddr: 40 };
const READ: X86Access = { kind: 'read', user: false, address: 0n };
const [P, W, U, D, XD] = [1n, 2n, 4n, one(6), one(63)];

const memory =
  (words: Readonly<Record<number, bigint>>) =>
  (at: bigint): bigint | undefined =>
    words[Number(at)];

/** Four levels for address 0, tables at 0x1000 to 0x4000 with `above`, the last entry is given. */
function paging(
  leaf: bigint,
  access: Partial<X86Access> = {},
  more: Readonly<Record<string, bigint>> = {},
  above = P | W | U,
): Outcome {
  const registers = new Map(
    Object.entries({ CR0: 0x8001_0031n, CR3: 0x1000n, CR4: 0x20n, EFER: 0xd01n, ...more }),
  );
  const words = { 4096: 0x2000n | above, 8192: 0x3000n | P | W | U, 12288: 0x4000n | P | W | U, 16384: leaf };
  return x86Access(registers, memory(words), { ...READ, ...access }, FACTS);
}
const code = (outcome: Outcome): string =>
  outcome.is === 'fault' ? `${outcome.reason} 0x${outcome.syndrome.toString(16)}` : outcome.is;

describe('ordinary paging [SDM, "Determination of Access Rights", "Page-Fault Exceptions"]', () => {
  const user = 0x9000n | P | W | U;
  test.each([
    [user, { user: true, kind: 'write' }, {}, 'allowed'],
    [0x9000n, {}, {}, 'P = 0 0x0'],
    [0x9000n, { user: true, kind: 'write' }, {}, 'P = 0 0x6'],
    [0x9000n | P | U, { user: true, kind: 'write' }, {}, 'R/W = 0 0x7'],
    [0x9000n | P | U, { kind: 'write' }, {}, 'R/W = 0 0x3'],
    [0x9000n | P | U, { kind: 'write' }, { CR0: 0x8000_0031n }, 'allowed'],
    [0x9000n | P | W, { user: true }, {}, 'U/S = 0 0x5'],
    [user | XD, { user: true, kind: 'fetch' }, {}, 'XD 0x15'],
    [user, { kind: 'fetch' }, { CR4: 0x20n | one(20) }, 'SMEP 0x11'],
    [user, {}, { CR4: 0x20n | one(21) }, 'SMAP 0x1'],
    [user, { ac: true }, { CR4: 0x20n | one(21) }, 'allowed'],
    [user, { ac: true, implicit: true }, { CR4: 0x20n | one(21) }, 'SMAP 0x1'],
    [user | XD, {}, { EFER: 0x501n }, 'XD without EFER.NXE 0x9'],
    [user | one(45), { user: true }, {}, 'address beyond MAXPHYADDR 0xd'],
  ] as const)('%# leaf %s %o: %s %s', (leaf, access, more, said) => {
    expect(code(paging(leaf, access, more))).toBe(said);
  });
  test('an entry that is not present is found before the rights of the levels above it', () => {
    expect(code(paging(0n, { user: true }, {}, P | W))).toBe('P = 0 0x4');
    expect(code(paging(user, { user: true }, {}, P | W))).toBe('U/S = 0 0x5');
  });
  test('protection keys', () => {
    const keyed = user | (3n << 59n);
    const pke = { CR4: 0x20n | one(22) };
    expect(code(paging(keyed, { user: true }, { ...pke, PKRU: one(6) }))).toBe('PKRU: access disabled 0x25');
    expect(code(paging(keyed, { user: true, kind: 'write' }, { ...pke, PKRU: one(7) }))).toBe(
      'PKRU: write disabled 0x27',
    );
    expect(code(paging(keyed, { user: true }, { ...pke, PKRU: one(7) }))).toBe('allowed');
    expect(code(paging(keyed, { user: true, kind: 'fetch' }, { ...pke, PKRU: one(6) }))).toBe('allowed');
    // a supervisor's write needs WP for WD
    expect(code(paging(keyed, { kind: 'write' }, { ...pke, PKRU: one(7), CR0: 0x8000_0031n }))).toBe(
      'allowed',
    );
    expect(code(paging(0x9000n | P | W | (3n << 59n), {}, { CR4: 0x20n | one(24), IA32_PKRS: one(6) }))).toBe(
      'PKRS: access disabled 0x21',
    );
  });
  test('shadow stacks', () => {
    const shadow = 0x9000n | P | U | D;
    expect(code(paging(shadow, { user: true, kind: 'shadow-write' }))).toBe('allowed');
    expect(code(paging(user | D, { user: true, kind: 'shadow-write' }))).toBe('not a shadow-stack page 0x47');
    expect(code(paging(0x9000n | P | U, { user: true, kind: 'shadow-read' }))).toBe(
      'not a shadow-stack page 0x45',
    );
    expect(code(paging(shadow, { user: true, kind: 'shadow-write' }, {}, P | U))).toBe(
      'shadow stack: R/W = 0 above the leaf 0x47',
    );
    expect(code(paging(shadow, { kind: 'shadow-write' }))).toBe('shadow stack: a user page 0x43');
    expect(code(paging(0x9000n | P | D, { kind: 'shadow-write' }))).toBe('allowed');
  });
  test('accessed and dirty flags', () => {
    expect(paging(user, { kind: 'write' })).toMatchObject({
      updates: [{ to: 0x2027n }, { to: 0x3027n }, { to: 0x4027n }, { to: 0x9067n }],
    });
  });
});

describe('linear addresses [SDM, "Linear-Address Masking"]', () => {
  const [u48, u57, sup] = [one(62), one(61), one(28)];
  test.each([
    [0x7fff_ffff_f000n, '4-level', 0n, 0n, 0x7fff_ffff_f000n],
    [0x8000_0000_0000n, '4-level', 0n, 0n, undefined],
    [0x2aaa_0000_1234_5000n, '4-level', 0n, 0n, undefined],
    [0x2aaa_0000_1234_5000n, '4-level', u48, 0n, 0x1234_5000n],
    [0x2aaa_0000_1234_5000n, '4-level', u57, 0n, undefined],
    [0x2a00_0000_1234_5000n, '4-level', u57, 0n, 0x1234_5000n],
    [0x0012_0000_1234_5000n, '5-level', u48, 0n, 0x1234_5000n],
    [0x0012_8000_1234_5000n, '5-level', u48, 0n, undefined],
    [0xaaaa_8000_0000_0000n, '4-level', 0n, sup, 0xffff_8000_0000_0000n],
    [0xaaaa_0000_0000_0000n, '4-level', 0n, sup, undefined],
  ] as const)('0x%s', (address, mode, cr3, cr4, wanted) => {
    expect(linear(address, 'read', mode, cr3, cr4)).toBe(wanted);
  });
  test('fetches are not masked', () =>
    expect(linear(0x2aaa_0000_1234_5000n, 'fetch', '4-level', u48, 0n)).toBeUndefined());
});

describe('EPT [SDM, "EPT Violations", "EPT Misconfigurations"]', () => {
  const registers = new Map([['EPTP', 0x101en]]);
  const tables = { 4096: 0x2007n, 8192: 0x3007n, 12288: 0x4007n };
  const bare = (
    leaf: bigint,
    access: Partial<X86Access> = {},
    facts: Partial<X86Facts> = {},
    eptp = 0x101en,
  ): string =>
    code(
      secondStageAccess(
        new Map([...registers, ['EPTP', eptp]]),
        memory({ ...tables, 16384: leaf }),
        { ...READ, ...access },
        { ...FACTS, ...facts },
        'ept',
      ),
    );
  test.each([
    [0x9037n, {}, {}, 'allowed'],
    [0x9035n, { kind: 'write' }, {}, 'EPT: W = 0 0x2a'],
    [0x9034n, {}, {}, 'EPT: R = 0 0x21'],
    [0x9033n, { kind: 'fetch' }, {}, 'EPT: X = 0 0x1c'],
    [0x9030n, {}, {}, 'EPT: not present 0x1'],
    [0x9036n, {}, {}, 'EPT: W without R 0x0'],
    [0x9017n, {}, {}, 'EPT: memory type 0x0'],
    [0x9033n | one(10), { kind: 'fetch', user: true }, { mbec: true }, 'EPT: XU = 0 0x1c'],
    [0x9037n | one(45), {}, {}, 'EPT: address beyond MAXPHYADDR 0x0'],
  ] as const)('%# leaf %s %o: %s %s', (leaf, access, facts, said) => {
    expect(bare(leaf, access, facts)).toBe(said);
  });
  test('a supervisor shadow stack under EPTP[7]: SSS in the leaf, W above, whatever W is in the leaf', () => {
    const shadow = { kind: 'shadow-write' } as const;
    expect(bare(0x9035n | one(60), shadow, {}, 0x109en)).toBe('allowed');
    expect(bare(0x9037n, shadow, {}, 0x109en)).toBe('EPT: shadow stack: SSS = 0 0x203a');
    expect(bare(0x9037n, shadow)).toBe('allowed');
  });

  /** A guest's tables at 0x1000 to 0x4000, EPT at 0x10000 to 0x13000, one to one; the leaf of 0x4000 is given. */
  function guest(leaf: bigint, eptp: bigint): string {
    const words: Record<number, bigint> = {
      4096: 0x2067n,
      8192: 0x3067n,
      12288: 0x4067n,
      16384: 0x5067n,
      65536: 0x11007n,
      69632: 0x12007n,
      73728: 0x13007n,
    };
    for (let page = 1; page < 6; page++) words[0x13000 + 8 * page] = BigInt(page * 0x1000) | 0x37n;
    words[0x13020] = leaf;
    const set = new Map([
      ['EPTP', eptp],
      ['GUESTCR3', 0x1000n],
      ['GUESTCR4', 0x20n],
      ['GUESTCR0', 0x8001_0001n],
      ['GUESTEFER', 0xd00n],
    ]);
    return code(x86Access(set, memory(words), READ, FACTS, 'ept'));
  }
  test('tables of a guest are read with the rights of EPT, and written where EPT has accessed and dirty flags', () => {
    expect(guest(0x4037n, 0x1_001en)).toBe('allowed');
    expect(guest(0x4034n, 0x1_001en)).toBe('EPT: walker: R = 0 0xa1');
    expect(guest(0x4035n, 0x1_001en)).toBe('allowed');
    expect(guest(0x4035n, 0x1_005en)).toBe('EPT: walker: W = 0 0xab');
    expect(guest(0x4017n, 0x1_001en)).toBe('EPT: memory type 0x0');
  });
});

describe('nested paging [APM, "Nested Paging"]', () => {
  const registers = new Map([
    ['NCR3', 0x1000n],
    ['CR4', 0x20n],
    ['EFER', 0x1d01n],
  ]);
  const bare = (leaf: bigint, access: Partial<X86Access> = {}, facts: Partial<X86Facts> = {}): string =>
    code(
      secondStageAccess(
        registers,
        memory({ 4096: 0x2007n, 8192: 0x3007n, 12288: 0x4007n, 16384: leaf }),
        { ...READ, ...access },
        { ...FACTS, amd: true, ...facts },
        'npt',
      ),
    );
  test.each([
    [0x9007n, {}, {}, 'allowed'],
    [0x9003n, {}, {}, 'NPT: U/S = 0 0x100000005'],
    [0x9005n, { kind: 'write' }, {}, 'NPT: R/W = 0 0x100000007'],
    [0x9006n, {}, {}, 'NPT: P = 0 0x100000004'],
    [0x9007n | XD, { kind: 'fetch' }, {}, 'NPT: NX 0x100000015'],
    [0x9007n, { kind: 'fetch' }, { gmet: true }, 'NPT: GMET 0x100000015'],
    [0x9003n, { kind: 'fetch' }, { gmet: true }, 'allowed'],
    [0x9007n, { kind: 'fetch', user: true }, { gmet: true }, 'allowed'],
  ] as const)('%# leaf %s %o: %s %s', (leaf, access, facts, said) => {
    expect(bare(leaf, access, facts)).toBe(said);
  });
});

describe('random cases', () => {
  const table = new Map<string, number>();
  const levels = new Map<string, number>();
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (let i = 0; i < 10_000; i++) {
    const outcome = answerOf(x86Case(new Luck(i)));
    if (outcome.is !== 'fault') add(table, outcome.is);
    else {
      add(table, outcome.reason);
      add(
        levels,
        `${outcome.stage === 1 ? 'paging' : outcome.reason.slice(0, 3)} ${outcome.cause} ${outcome.level}`,
      );
    }
  }
  test.each([
    ...['allowed', 'not canonical', 'P = 0', 'U/S = 0', 'R/W = 0', 'XD', 'SMEP', 'SMAP'],
    ...['PKRU: access disabled', 'PKRU: write disabled', 'PKRS: access disabled', 'PKRS: write disabled'],
    ...['not a shadow-stack page', 'shadow stack: a user page', 'shadow stack: R/W = 0 above the leaf'],
    ...[
      'XD without EFER.NXE',
      'address beyond MAXPHYADDR',
      'bit 7 above level 3',
      'reserved bits of a PDPTE',
    ],
    ...['4 MByte', '2 MByte', '1 GByte'].map(size => `reserved bits of a ${size} page`),
    ...[
      'not present',
      'W without R',
      'execute-only',
      'memory type',
      'reserved bits 6:3',
      'bit 7',
      'reserved bits of a large page',
      'address beyond MAXPHYADDR',
    ].map(reason => `EPT: ${reason}`),
    ...['R = 0', 'W = 0', 'X = 0', 'XU = 0', 'walker: R = 0', 'walker: W = 0', 'shadow stack: SSS = 0'].map(
      reason => `EPT: ${reason}`,
    ),
    ...[
      'P = 0',
      'U/S = 0',
      'R/W = 0',
      'NX',
      'GMET',
      'walker: U/S = 0',
      'walker: R/W = 0',
      'bit 8 of a PML4E',
      'bit 7 above level 3',
      'address beyond MAXPHYADDR',
    ].map(reason => `NPT: ${reason}`),
  ])('reach %s', branch => expect(table.get(branch) ?? 0).toBeGreaterThan(0));
  test.each([
    ...['not-present', 'permission', 'reserved-bit'].flatMap(cause =>
      [1, 2, 3, 4, 5].map(level => `paging ${cause} ${level}`),
    ),
    ...['not-present', 'permission', 'misconfiguration'].flatMap(cause =>
      [1, 2, 3, 4, 5].map(level => `EPT ${cause} ${level}`),
    ),
    ...['not-present', 'permission', 'reserved-bit'].flatMap(cause =>
      [1, 2, 3, 4, 5].map(level => `NPT ${cause} ${level}`),
    ),
  ])('reach stage, cause, level %s', cell => expect(levels.get(cell) ?? 0).toBeGreaterThan(0));
  test('never a table that nobody promised', () => expect(table.get('missing')).toBeUndefined());
});
