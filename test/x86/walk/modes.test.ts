/** Every x86 mode walked over tables made by hand: roots that are no page, canonical halves, pages of every size. */
import { describe, expect, test } from 'vitest';
import { records, type WalkRecord } from '../../../src/walk/record.ts';
import type { Regime } from '../../../src/walk/regime.ts';
import { translate } from '../../../src/walk/translate.ts';
import { walk } from '../../../src/walk/walker.ts';
import { candidates } from '../../../src/x86/walk/roots.ts';
import { Memory } from '../../support/memory.ts';

const TABLE = 0x27n; // P, R/W, U/S, A
const PAGE = 0x67n; // and D
const LARGE = 0xe7n; // and PS

const regimeOf = (registers: Readonly<Record<string, bigint>>, name = 'paging'): Regime => {
  const { found } = candidates(new Map(Object.entries(registers)), { maxphyaddr: 46 });
  const candidate = found.find(candidate => candidate.name === name);
  if (!candidate) throw new Error(`no ${name}`);
  return candidate.regime;
};
const PAE = { CR0: 0x80000011n, CR4: 0x20n, EFER: 0x800n };
const FOUR = { CR0: 0x80010011n, CR4: 0x20n, EFER: 0xd00n };
const FIVE = { ...FOUR, CR4: 0x1020n };
const THIRTYTWO = { CR0: 0x80000011n, CR4: 0x10n, EFER: 0n };

const listed = (regime: Regime, memory: Memory) =>
  [...records(regime, walk(regime, memory).leaves)].map(
    ({ va, gpa, pa, size, pageSize, perm, kind }: WalkRecord) => ({
      at: va ?? gpa,
      ...(kind === undefined ? { pa } : { kind }),
      size,
      pageSize,
      perm,
    }),
  );

describe('PAE (chipsec c_pae_page_tables: the walk always raises)', () => {
  const regime = regimeOf({ ...PAE, CR3: 0x1020n });
  const memory = new Memory();
  // four PDPTEs in the middle of a page; neighbours are no part of the root
  memory.write(0x1018, 0xdead_b067n);
  memory.write(0x1020, 0x2001n);
  memory.write(0x1030, 0x4001n); // third: VA 0x80000000
  memory.write(0x1040, 0x9001n);
  memory.write(0x2000, 0x3000n | TABLE);
  memory.write(0x2008, 0x4020_0000n | LARGE);
  memory.write(0x3000, (1n << 63n) | 0x7000n | PAGE);
  memory.write(0x3008, (1n << 62n) | 0x8000n | PAGE); // 62:52 are reserved in PAE
  memory.write(0x4000, 0x2_4000_0000n | LARGE);

  test('pages, large pages, NX, reserved bits, the four roots', () => {
    expect(listed(regime, memory)).toEqual([
      { at: '0x0', pa: '0x7000', size: '0x1000', pageSize: '0x1000', perm: 'urw-' },
      { at: '0x1000', kind: 'fault', size: '0x1000', pageSize: '0x1000', perm: undefined },
      { at: '0x200000', pa: '0x40200000', size: '0x200000', pageSize: '0x200000', perm: 'urwx' },
      { at: '0x80000000', pa: '0x240000000', size: '0x200000', pageSize: '0x200000', perm: 'urwx' },
    ]);
  });

  test('one address', () => {
    expect(translate(regime, memory, 0x8000_1234n)).toMatchObject({
      outcome: 'mapped',
      output: 0x2_4000_1234n,
    });
    expect(translate(regime, memory, 0x4000_0000n)).toMatchObject({ outcome: 'invalid' });
    expect(translate(regime, memory, 0x1_0000_0000n)).toMatchObject({ outcome: 'outside' });
  });
});

test('CR0.WP = 0: the supervisor writes what R/W = 0 makes read-only, a user does not', () => {
  const memory = new Memory();
  for (let table = 0x1000; table < 0x4000; table += 0x1000)
    memory.write(table, BigInt(table + 0x1000) | TABLE);
  memory.write(0x4000, 0x7000n | (PAGE & ~2n));
  memory.write(0x4008, 0x9000n | (PAGE & ~6n));
  const perms = (CR0: bigint) =>
    listed(regimeOf({ ...FOUR, CR0, CR3: 0x1000n }), memory).map(({ perm }) => perm);
  expect(perms(0x8000_0011n)).toEqual(['srwx/ur-x', 'srwx']);
  expect(perms(0x8001_0011n)).toEqual(['ur-x', 'sr-x']);
});

describe.each([
  ['4-level', FOUR, 4, 0xffff_8000_0000_0000n],
  ['5-level', FIVE, 5, 0xff00_0000_0000_0000n],
] as const)('%s: both canonical halves, 1-GByte pages, parents’ rights', (_name, control, levels, upper) => {
  const regime = regimeOf({ ...control, CR3: 0x1000n });
  const memory = new Memory();
  const top = 0x1000;
  // the same chain of tables below the first entry of the lower and of the upper half; the upper one is supervisor only
  memory.write(top, 0x2000n | TABLE);
  memory.write(top + 8 * 256, 0x2000n | (TABLE & ~4n));
  for (let level = levels - 1, table = 0x2000; level > 2; level--, table += 0x1000) {
    if (level === 3) memory.write(table + 8, 0x8000_0000n | LARGE);
    memory.write(table, BigInt(table + 0x1000) | (level === 3 ? TABLE & ~2n : TABLE));
  }
  const directory = 0x2000 + 0x1000 * (levels - 3);
  memory.write(directory, BigInt(directory + 0x1000) | TABLE);
  memory.write(directory + 0x1000, 0x7000n | PAGE);

  test('walk', () => {
    const lower = [
      { at: '0x0', pa: '0x7000', size: '0x1000', pageSize: '0x1000', perm: 'ur-x' },
      { at: '0x40000000', pa: '0x80000000', size: '0x40000000', pageSize: '0x40000000', perm: 'urwx' },
    ];
    const hex = (address: bigint): string => `0x${address.toString(16)}`;
    expect(listed(regime, memory)).toEqual([
      ...lower,
      ...lower.map(line => ({
        ...line,
        at: hex(BigInt(line.at) + upper),
        perm: line.perm.replace('u', 's'),
      })),
    ]);
  });

  test('the root is one table, though its halves translate both ends', () => {
    expect(walk(regime, memory).counts.tables).toBe(1 + 2 * (levels - 1));
    expect(walk(regime, memory, { maxTables: 1 }).stopped).toMatch(/^stopped after 1 tables/);
  });

  test('an address that is not canonical is outside', () => {
    expect(translate(regime, memory, upper - 1n)).toMatchObject({ outcome: 'outside' });
    expect(translate(regime, memory, upper + 0x4000_0001n)).toMatchObject({
      outcome: 'mapped',
      output: 0x8000_0001n,
    });
  });
});

describe('32-bit: 4-byte entries, PSE, PSE-36', () => {
  const regime = regimeOf({ ...THIRTYTWO, CR3: 0x1000n });
  const memory = new Memory();
  memory.touch(0x1000)[0] = 0x2000 | Number(TABLE);
  memory.touch(0x1000)[1] = 0x00c0_0000 | (3 << 13) | Number(LARGE); // bits 20:13 are A[39:32]
  memory.touch(0x1000)[1023] = 0x0040_0000 | (1 << 21) | Number(LARGE); // bit 21 is reserved
  memory.touch(0x2000)[1023] = 0x7000 | Number(PAGE);

  test('walk', () => {
    expect(listed(regime, memory)).toEqual([
      { at: '0x3ff000', pa: '0x7000', size: '0x1000', pageSize: '0x1000', perm: 'urwx' },
      { at: '0x400000', pa: '0x300c00000', size: '0x400000', pageSize: '0x400000', perm: 'urwx' },
      { at: '0xffc00000', kind: 'fault', size: '0x400000', pageSize: '0x400000', perm: undefined },
    ]);
  });

  test('with CR4.PSE = 0 bit 7 of a directory entry is ignored: it is a table', () => {
    const old = regimeOf({ ...THIRTYTWO, CR4: 0n, CR3: 0x1000n });
    const small = new Memory();
    small.touch(0x1000)[0] = 0x2000 | Number(LARGE);
    small.touch(0x2000)[5] = 0x7000 | Number(PAGE);
    expect(listed(old, small)).toEqual([
      { at: '0x5000', pa: '0x7000', size: '0x1000', pageSize: '0x1000', perm: 'urwx' },
    ]);
  });
});

describe('second levels', () => {
  test('EPT with five levels: rights of every level together, misconfigurations are no mappings', () => {
    const regime = regimeOf({ EPTP: 0x1000n | (4n << 3n) | 6n }, 'ept');
    const memory = new Memory();
    for (let level = 0, table = 0x1000; level < 4; level++, table += 0x1000)
      memory.write(table, BigInt(table + 0x1000) | (level === 2 ? 5n : 7n));
    memory.write(0x5000, 0x7000n | 0x37n);
    memory.write(0x5008, 0x8000n | 0x17n); // EPT memory type 2 is reserved
    memory.write(0x5010, 1n << 63n); // suppress #VE alone: nothing
    expect(listed(regime, memory)).toEqual([
      { at: '0x0', pa: '0x7000', size: '0x1000', pageSize: '0x1000', perm: 'r-x' },
      { at: '0x1000', kind: 'fault', size: '0x1000', pageSize: '0x1000', perm: undefined },
    ]);
    expect(walk(regime, memory).counts.payload).toBe(0);
  });

  test('NPT: rights are looked at when the walk is over: what is below an entry without U/S is read', () => {
    const regime = regimeOf({ ...FOUR, NCR3: 0x1000n }, 'npt');
    const memory = new Memory();
    memory.write(0x1000, 0x2000n | (TABLE & ~4n));
    memory.write(0x2000, 0x3000n | TABLE);
    memory.write(0x3000, 0x20_0000n | (1n << 8n) | LARGE);
    expect(translate(regime, memory, 0x20_0000n)).toMatchObject({ outcome: 'invalid' });
    expect(listed(regime, memory).map(({ at, perm }) => [at, perm])).toEqual([['0x0', 's---']]);
  });

  test('NPT: an entry without U/S permits nothing, since every nested access is a user access', () => {
    const regime = regimeOf({ ...FOUR, NCR3: 0x1000n }, 'npt');
    const memory = new Memory();
    for (let table = 0x1000; table < 0x4000; table += 0x1000)
      memory.write(table, BigInt(table + 0x1000) | TABLE);
    memory.write(0x4000, 0x7000n | PAGE);
    memory.write(0x4008, 0x8000n | (PAGE & ~4n));
    expect(listed(regime, memory).map(({ at, perm }) => [at, perm])).toEqual([
      ['0x0', 'urwx'],
      ['0x1000', 's---'],
    ]);
  });
});
