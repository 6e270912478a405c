/** One access, judged: allowed with the flags that hardware sets, or the fault, in the order of the manuals' checks. */
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../src/arch/faults.ts';
import { candidatesOf } from '../../src/arch/walks.ts';
import { type AskedAccess, judgeAccess } from '../../src/faults/access.ts';
import { spacesOf } from '../../src/walk/space.ts';
import { jsonLines, memattr } from '../cli/harness.ts';
import { Memory } from '../support/memory.ts';

const LONG = { CR0: 0x8005_0033n, CR4: 0x20n, EFER: 0xd01n };

function judge(
  arch: string,
  registers: Readonly<Record<string, bigint>>,
  entries: readonly (readonly [at: number, word: bigint])[],
  asked: AskedAccess,
  { pointer = 0x1000n, name }: { pointer?: bigint; name?: string } = {},
) {
  const memory = new Memory();
  for (const [at, word] of entries) memory.write(at, word);
  const values = new Map(Object.entries(registers));
  const spaces = spacesOf(candidatesOf(values, arch).found, memory);
  const space = name === undefined ? spaces[0] : spaces.find(({ candidate }) => candidate.name === name);
  if (!space) throw new Error('no space');
  return judgeAccess(space, memory, pointer, asked, faultsOf(arch), register => values.get(register));
}

const user = (access: AskedAccess['access']): AskedAccess => ({ access, by: 'unprivileged' });
const kernel = (access: AskedAccess['access']): AskedAccess => ({ access, by: 'privileged' });

describe('x86 paging', () => {
  const tree = (leaf: bigint, above = 0x67n): (readonly [number, bigint])[] => [
    [0x1000, 0x2000n | above],
    [0x2000, 0x3000n | above],
    [0x3000, 0x4000n | above],
    [0x4008, leaf],
  ];
  const on = (leaf: bigint, asked: AskedAccess, more: Readonly<Record<string, bigint>> = {}) =>
    judge('x86', { CR3: 0x1000n, ...LONG, ...more }, tree(leaf), asked);

  /** Every combination, against the manual's sentences [SDM, section "Protection Keys"]. */
  test('protection keys: of user pages by PKRU, of supervisor pages by IA32_PKRS', () => {
    const KEY = 3;
    for (const userPage of [true, false])
      for (const bits of [0, 1, 2, 3])
        for (const enabled of [true, false])
          for (const wp of [true, false])
            for (const access of ['read', 'write', 'fetch'] as const)
              for (const by of ['unprivileged', 'privileged'] as const) {
                if (by === 'unprivileged' && !userPage) continue; // U/S keeps it out
                const leaf = 0x5000n | 0x63n | (userPage ? 4n : 0n) | (BigInt(KEY) << 59n);
                const above = userPage ? 0x67n : 0x63n;
                const registers = {
                  CR3: 0x1000n,
                  ...LONG,
                  CR0: wp ? 0x8005_0033n : 0x8004_0033n,
                  CR4: 0x20n | (enabled ? (userPage ? 1n << 22n : 1n << 24n) : 0n),
                  [userPage ? 'PKRU' : 'IA32_PKRS']: BigInt(bits) << BigInt(2 * KEY),
                };
                const { fault } = judge('x86', registers, tree(leaf, above), { access, by });
                const [ad, wd] = [(bits & 1) === 1, (bits & 2) === 2];
                const denied =
                  enabled &&
                  access !== 'fetch' &&
                  (ad || (wd && access === 'write' && (by === 'unprivileged' || wp)));
                expect(fault !== undefined, JSON.stringify({ userPage, bits, enabled, wp, access, by })).toBe(
                  denied,
                );
                if (denied) expect(fault?.says).toMatch(userPage ? /^PKRU = / : /^IA32_PKRS = /);
              }
  });

  test('a register of keys that is not given may deny it', () => {
    const keyed = 0x5067n | (3n << 59n);
    expect(on(keyed, user('read'), { CR4: 0x40_0020n })).toMatchObject({
      unless: [expect.stringMatching(/^PKRU, which is not given, may deny protection key 3/)],
    });
    expect(on(keyed, user('read')).unless).toEqual([]); // CR4.PKE = 0
  });

  test('an access that is allowed sets accessed and dirty flags', () => {
    expect(on(0x5007n, user('read'))).toMatchObject({ sets: ['level 1 A'] });
    expect(on(0x5007n, user('write'))).toMatchObject({ sets: ['level 1 A', 'level 1 D'] });
    expect(on(0x5067n, user('write')).sets).toEqual([]);
    expect(on(0x5007n, user('write'))).not.toHaveProperty('fault');
  });

  test('CR0.WP decides whether the supervisor may write what is read-only', () => {
    expect(on(0x5061n, kernel('write')).fault).toMatchObject({ stage: 1, cause: 'permission', level: 1 });
    expect(on(0x5061n, kernel('write'), { CR0: 0x8004_0033n })).not.toHaveProperty('fault');
    expect(on(0x5065n, user('write'), { CR0: 0x8004_0033n }).fault).toMatchObject({ cause: 'permission' });
  });

  test('SMEP denies, SMAP may', () => {
    expect(on(0x5065n, kernel('fetch'), { CR4: 0x10_0020n }).fault?.says).toMatch(/^CR4.SMEP = 1/);
    expect(on(0x5065n, kernel('fetch'))).not.toHaveProperty('fault');
    const smap = on(0x5067n, kernel('read'), { CR4: 0x20_0020n });
    expect(smap).not.toHaveProperty('fault'); // EFLAGS.AC is not known
    expect(smap.unless).toEqual([expect.stringMatching(/^CR4.SMAP = 1/)]);
  });

  test('a shadow stack is read-only and dirty', () => {
    const push: AskedAccess = { access: 'write', by: 'unprivileged', shadowStack: true };
    const cet = { CR4: 0x80_0020n };
    expect(on(0x5065n, push, cet)).not.toHaveProperty('fault');
    expect(on(0x5067n, push, cet).fault?.says).toMatch(/R\/W = 1: no shadow-stack page/);
    expect(on(0x5025n, push, cet).fault?.says).toMatch(/D = 0: no shadow-stack page/);
  });

  test('what is not there, and what is reserved', () => {
    expect(on(0n, user('read')).fault).toMatchObject({ cause: 'not-present', level: 1 });
    expect(on(0x0008_0000_0000_5067n, user('read'))).not.toHaveProperty('fault'); // 52 bits
  });
});

describe('a guest behind EPT', () => {
  const guest: (readonly [number, bigint])[] = [
    [0x1000, 0x2067n],
    [0x2000, 0x3067n],
    [0x3000, 0x4067n],
    [0x4008, 0x5067n],
  ];
  const registers = (eptp: bigint) => ({
    EPTP: eptp,
    GUESTCR3: 0x1000n,
    GUESTCR0: 0x8001_0001n,
    GUESTCR4: 0x20n,
    GUESTEFER: 0xd00n,
  });
  const ept = (leaf4: bigint): (readonly [number, bigint])[] => [
    [0x10000, 0x11007n],
    [0x11000, 0x12007n],
    [0x12000, 0x13007n],
    [0x13008, 0x1037n],
    [0x13010, 0x2037n],
    [0x13018, 0x3037n],
    [0x13020, 0x4000n | leaf4],
    [0x13028, 0x5037n],
  ];
  const on = (leaf4: bigint, asked: AskedAccess, eptp = 0x1001en) =>
    judge('x86', registers(eptp), [...guest, ...ept(leaf4)], asked, { name: 'guest' });

  test('the pages of its tables must be readable', () => {
    expect(on(0x37n, user('read'))).not.toHaveProperty('fault');
    expect(on(0x34n, user('read')).fault).toMatchObject({
      stage: 2,
      onWalk: true,
      cause: 'permission',
      says: expect.stringMatching(/R = 0: not readable/),
    });
  });

  test('with accessed and dirty flags they must be writable, too', () => {
    expect(on(0x35n, user('read'))).not.toHaveProperty('fault');
    expect(on(0x35n, user('read'), 0x1005en).fault).toMatchObject({
      stage: 2,
      onWalk: true,
      says: expect.stringMatching(/W = 0: not writable/),
    });
  });
});

describe('arm64 stage 1', () => {
  const T = 0x0000_0002_b559_3519n; // 39 bits, 4K
  const tree = (leaf: bigint): (readonly [number, bigint])[] => [
    [0x1000, 0x2003n],
    [0x2000, 0x3003n],
    [0x3008, leaf],
  ];
  const on = (leaf: bigint, asked: AskedAccess, tcr = T) =>
    judge('arm64', { TTBR0_EL1: 0x1000n, TCR_EL1: tcr }, tree(leaf), asked);

  test('access flag, rights, and what PAN may deny', () => {
    expect(on(0x5343n, user('read')).fault).toMatchObject({ cause: 'access-flag', level: 3 });
    expect(on(0x5343n, user('read'), T | (1n << 39n))).toMatchObject({ sets: ['level 3 AF'] });
    expect(on(0x5703n, user('read')).fault).toMatchObject({ cause: 'permission', level: 3 });
    const pan = on(0x60_0000_0000_5743n, kernel('write'));
    expect(pan).not.toHaveProperty('fault');
    expect(pan.unless.join()).toMatch(/PSTATE.PAN/);
  });

  test('E0PD keeps EL0 out of a half before any table is read', () => {
    expect(on(0x5743n, user('read'), T | (1n << 55n)).fault).toMatchObject({
      cause: 'not-present',
      says: expect.stringMatching(/^TCR_EL1.E0PD0 = 1/),
    });
    expect(on(0x5703n, kernel('read'), T | (1n << 55n))).not.toHaveProperty('fault');
  });
});

test('translate --as-access says it, in words and in JSON, with status 1 for a fault', async () => {
  const dump = 'fixtures/real/x86/qemu-4level-160m/sparse.elf.zst';
  const args = ['translate', dump, '0xffffffff81000000', '--as-access', 'write', '--at'];
  const { out, status } = await memattr([...args, 'supervisor']);
  expect(status).toBe(1);
  expect(out).toMatch(/ {2}access {8}privileged write: faults at stage 1, level 2 \(permission\)/);
  const json = await memattr([...args, 'user', '--json']);
  expect(jsonLines<{ access: unknown }>(json.out)[0]?.access).toMatchObject({
    kind: 'write',
    by: 'unprivileged',
    allowed: false,
    fault: { stage: 1, cause: 'permission' },
  });
});
