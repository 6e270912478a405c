/** Changes to tables in use, entry by entry, against what the manuals say each takes. */
import { describe, expect, test } from 'vitest';
import { liveOf } from '../../src/arch/live.ts';
import { candidatesOf } from '../../src/arch/walks.ts';
import { type LiveVerdict, liveVerdicts, type Needs } from '../../src/walk/live.ts';
import { translate } from '../../src/walk/translate.ts';
import { jsonLines, memattr } from '../cli/harness.ts';
import { temporaryFolder } from '../support/folder.ts';
import { Memory } from '../support/memory.ts';

type Entries = readonly (readonly [at: number, word: bigint])[];
type Values = Readonly<Record<string, bigint>>;

function judged(
  arch: string,
  registers: Values,
  before: Entries,
  after: Entries,
  at: bigint,
): readonly LiveVerdict[] {
  const values = new Map(Object.entries(registers));
  const [candidate] = candidatesOf(values, arch).found;
  const rules = liveOf(arch);
  if (!candidate || !rules) throw new Error('no translation');
  const walks = [before, after].map(entries => {
    const memory = new Memory();
    for (const [place, word] of entries) memory.write(place, word);
    return translate(candidate.regime, memory, at);
  });
  const [one, other] = walks;
  if (!one || !other) throw new Error('no walks');
  return liveVerdicts(one, other, rules, values);
}
const short = (verdicts: readonly LiveVerdict[]): readonly (readonly [string, Needs])[] =>
  verdicts.map(({ id, needs }) => [id, needs] as const);

const BBM = 'break-before-make';
const INV = 'invalidation';
const NONE = 'nothing';

describe('x86', () => {
  const REGISTERS = {
    CR0: 0x8005_0033n,
    CR3: 0x1000n,
    CR4: 0x20n,
    EFER: 0xd01n,
    PAT: 0x0007_0406_0007_0406n,
  };
  const tree = (leaf: bigint, pde = 0x4067n): Entries => [
    [0x1000, 0x2067n],
    [0x2000, 0x3067n],
    [0x3000, pde],
    [0x4008, leaf],
    [0x7008, leaf],
  ];
  const NX = 1n << 63n;
  const LEAF = 0x9067n;
  test.each<[string, bigint, bigint, readonly (readonly [string, Needs])[]]>([
    ['the same', LEAF, LEAF, []],
    ['software bits', LEAF, LEAF | (1n << 9n), []],
    ['P 0 -> 1', 0n, LEAF, [['live-made', NONE]]],
    ['P 1 -> 0', LEAF, LEAF & ~1n, [['live-unmapped', INV]]],
    ['R/W 1 -> 0', LEAF, LEAF & ~2n, [['live-rights-reduced', INV]]],
    ['R/W 0 -> 1', LEAF & ~2n, LEAF, [['live-rights-widened', NONE]]],
    ['U/S 1 -> 0', LEAF, LEAF & ~4n, [['live-rights-reduced', INV]]],
    ['XD 0 -> 1', LEAF, LEAF | NX, [['live-rights-reduced', INV]]],
    ['XD 1 -> 0', LEAF | NX, LEAF, [['live-rights-widened', NONE]]],
    ['A 1 -> 0', LEAF, LEAF & ~0x20n, [['live-flags-cleared', INV]]],
    ['D 0 -> 1', LEAF & ~0x40n, LEAF, [['live-flags-set', NONE]]],
    ['G 0 -> 1', LEAF, LEAF | 0x100n, [['live-global-set', INV]]],
    ['G 1 -> 0', LEAF | 0x100n, LEAF, [['live-global-cleared', INV]]],
    ['PCD, PWT 0 -> 1: WB to UC', LEAF, LEAF | 0x18n, [['live-memory-type', INV]]],
    ['PWT 0 -> 1 with PA0 and PA1 alike', LEAF, LEAF | 0x80n, []],
    ['the frame', LEAF, 0xa067n, [['live-output-address', INV]]],
    ['the key', LEAF, LEAF | (3n << 59n), [['live-key', INV]]],
  ])('%s', (_, before, after, wanted) =>
    expect(short(judged('x86', REGISTERS, tree(before), tree(after), 0x1000n))).toEqual(wanted),
  );

  test('a large page for a table: the same frame and rights, or not', () => {
    const at = 0x1000n;
    const small = tree(0x20_1067n);
    expect(short(judged('x86', REGISTERS, small, tree(0n, 0x20_00e7n), at))).toEqual([['live-size', INV]]);
    expect(short(judged('x86', REGISTERS, small, tree(0n, 0x20_00e5n), at))).toEqual([
      ['live-size', BBM],
      ['live-rights-reduced', INV],
    ]);
    expect(short(judged('x86', REGISTERS, tree(0n, 0x20_00e7n), tree(0x40_1067n), at))[0]).toEqual([
      'live-size',
      BBM,
    ]);
  });

  test('another table with the same entries', () =>
    expect(short(judged('x86', REGISTERS, tree(LEAF), tree(LEAF, 0x7067n), 0x1000n))).toEqual([
      ['live-table', INV],
    ]));
});

describe('arm64 stage 1', () => {
  const REGISTERS = {
    TTBR0_EL1: 0x1000n,
    TCR_EL1: 0x2_0000_3519n, // T0SZ 25: from level 1
    MAIR_EL1: 0xff_04_44_f0n | (0x4fn << 32n), // Tagged, NC, nGnRE, WB; oNC iWB
    SCTLR_EL1: 1n,
  };
  const tree = (leaf: bigint, above = 0x3003n): Entries => [
    [0x1000, 0x2003n],
    [0x2000, above],
    [0x3008, leaf],
    [0x7008, leaf],
  ];
  const attr = (index: number): bigint => BigInt(index) << 2n;
  /** A page, AF, Inner Shareable, nG, writable, WB. */
  const LEAF = 0x9000n | 0xf03n | attr(3) | (1n << 54n) | (1n << 53n);
  test.each<[string, bigint, bigint, readonly (readonly [string, Needs])[]]>([
    ['the same', LEAF, LEAF, []],
    ['software bits', LEAF, LEAF | (1n << 55n), []],
    ['made', 0n, LEAF, [['live-made', NONE]]],
    ['taken away', LEAF, LEAF & ~1n, [['live-unmapped', INV]]],
    ['AP[2] 0 -> 1', LEAF, LEAF | 0x80n, [['live-rights-reduced', INV]]],
    ['AP[2] 1 -> 0', LEAF | 0x80n, LEAF, [['live-rights-widened', NONE]]],
    ['AF 0 -> 1', LEAF & ~0x400n, LEAF, [['live-flags-set', NONE]]],
    ['nG 1 -> 0', LEAF, LEAF & ~0x800n, [['live-global-set', BBM]]],
    ['nG 0 -> 1', LEAF & ~0x800n, LEAF, [['live-global-cleared', INV]]],
    ['WB to Device', LEAF, LEAF ^ attr(3 ^ 2), [['live-memory-type', BBM]]],
    ['WB to NC', LEAF, LEAF ^ attr(3 ^ 1), [['live-memory-type', BBM]]],
    ['WB to Tagged: no other type', LEAF, LEAF ^ attr(3), []],
    ['SH', LEAF, LEAF & ~0x100n, [['live-shareability', INV]]],
    ['the address of a writable page', LEAF, LEAF ^ 0x3000n, [['live-output-address', BBM]]],
    ['Contiguous', LEAF, LEAF | (1n << 52n), [['live-contiguous', BBM]]],
  ])('%s', (_, before, after, wanted) =>
    expect(short(judged('arm64', REGISTERS, tree(before), tree(after), 0x1000n))).toEqual(wanted),
  );

  test('the address of what both times is read-only: unless the bytes are the same', () => {
    const [verdict] = judged('arm64', REGISTERS, tree(LEAF | 0x80n), tree((LEAF | 0x80n) ^ 0x3000n), 0x1000n);
    expect(verdict).toMatchObject({ needs: BBM, says: expect.stringContaining('hold the same bytes') });
  });

  test.each([
    [undefined, BBM, /ID_AA64MMFR2_EL1 is not given/],
    [0n, BBM, /takes the place of the other$/],
    [1n, BBM, /FEAT_BBML1: or nT = 1/],
    [2n, INV, /FEAT_BBML2: no break is needed; a TLB conflict abort may be taken/],
  ] as const)('a block for a table, BBM level %s', (level, needs, says) => {
    const registers = { ...REGISTERS, ...(level === undefined ? {} : { ID_AA64MMFR2_EL1: level << 52n }) };
    const block = 0x20_0000n | 0xf01n | attr(3) | (3n << 53n);
    const page = 0x20_1000n | 0xf03n | attr(3) | (3n << 53n);
    const verdicts = judged('arm64', registers, tree(page), tree(0n, block), 0x1000n);
    expect(verdicts).toMatchObject([{ id: 'live-size', needs, says: expect.stringMatching(says) }]);
  });

  test('another table with the same entries', () =>
    expect(short(judged('arm64', REGISTERS, tree(LEAF), tree(LEAF, 0x7003n), 0x1000n))).toEqual([
      ['live-table', INV],
    ]));
});

describe('arm64 stage 2', () => {
  const VM = { VTTBR_EL2: 0x1000n, VTCR_EL2: 0x8000_3559n, HCR_EL2: 0x8000_0001n };
  const tree = (leaf: bigint): Entries => [
    [0x1000, 0x2003n],
    [0x2000, 0x3003n],
    [0x3008, leaf],
  ];
  const LEAF = 0x9000n | 0x7ffn;
  test.each<[string, bigint, readonly (readonly [string, Needs])[]]>([
    ['MemAttr WB to Device-nGnRE', LEAF & ~(0b1110n << 2n), [['live-memory-type', BBM]]],
    ['S2AP[1] 1 -> 0', LEAF & ~0x80n, [['live-rights-reduced', INV]]],
    ['the page', LEAF ^ 0x3000n, [['live-output-address', BBM]]],
    ['KVM takes it back', 0n, [['live-unmapped', INV]]],
  ])('%s', (_, after, wanted) =>
    expect(short(judged('arm64', VM, tree(LEAF), tree(after), 0x1000n))).toEqual(wanted),
  );
});

describe('diff --live', () => {
  const { write } = temporaryFolder();
  const image = (leaf: bigint): Uint8Array => {
    const words = new BigUint64Array(5 * 512);
    words[512] = 0x2067n;
    words[1024] = 0x3067n;
    words[1536] = 0x4067n;
    words[2049] = leaf;
    return new Uint8Array(words.buffer);
  };
  const sides = (): string[] => ['diff', write('a.raw', image(0x9067n)), write('b.raw', image(0xa065n))];
  const FROM = ['--base', '0', '--cr3', '0x1000', '--cr4', '0x20', '--cr0', '0x80010031', '--efer', '0xd00'];

  test('the record names each rule, the strictest first', async () => {
    const { status, out } = await memattr([...sides(), ...FROM, '--live', '--json']);
    expect(status).toBe(1);
    expect(jsonLines(out)).toMatchObject([
      {
        change: 'moved',
        live: [
          { id: 'live-output-address', needs: INV, ref: expect.stringMatching(/^SDM/) },
          { id: 'live-rights-reduced', needs: INV, says: expect.stringMatching(/^supervisor w, user w: /) },
        ],
      },
    ]);
  });

  test('people are told the sum, and what two moments cannot show', async () => {
    const { out } = await memattr([...sides(), ...FROM, '--live']);
    expect(out).toMatch(/takes: 1 invalidation\n/);
    expect(out).toMatch(/two moments: whether a break or an invalidation was made between them is not seen/);
  });

  test('without it nothing is judged', async () => {
    const { out } = await memattr([...sides(), ...FROM, '--json']);
    expect(jsonLines(out)[0]).not.toHaveProperty('live');
  });

  test('a text is no moment', async () => {
    const { status, err } = await memattr([
      ...sides().slice(0, 2),
      write('t.txt', new TextEncoder().encode('x\n')),
      ...FROM,
      '--live',
    ]);
    expect(err).toContain('--live judges two moments of one machine');
    expect(status).toBe(2);
  });
});
