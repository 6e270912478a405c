/** Tables of a third architecture through walkers, totals, look-ups, translation, the scan for roots, lint and faults. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { architectures } from '../../../src/arch/architectures.ts';
import { candidatesOfAll, walksOf } from '../../../src/arch/walks.ts';
import { hex, join } from '../../../src/bits/word.ts';
import { statedSides } from '../../../src/compare/sides.ts';
import type { TextMap } from '../../../src/compare/text-map.ts';
import { denials } from '../../../src/faults/denials.ts';
import { explain, lookUp, walkEntries } from '../../../src/faults/index.ts';
import type { Kernels } from '../../../src/kernels/api.ts';
import { typescriptKernels, wasmKernels } from '../../../src/kernels/kernels.ts';
import { lint, lintRules } from '../../../src/lint/index.ts';
import { revealed } from '../../../src/pasted/entry.ts';
import { placeEntries } from '../../../src/pasted/place.ts';
import type { Answer } from '../../../src/report/answer.ts';
import { Passing, print } from '../../../src/report/answer.ts';
import { faultAnswer } from '../../../src/report/fault.ts';
import { lintAnswer } from '../../../src/report/lint.ts';
import { rangesAnswer } from '../../../src/report/map.ts';
import { rootsAnswer } from '../../../src/report/roots.ts';
import { plain } from '../../../src/report/style.ts';
import { translateAnswer } from '../../../src/report/translate.ts';
import { summaryAnswer } from '../../../src/report/walk.ts';
import { findRoots } from '../../../src/roots/find.ts';
import { AliasIndex } from '../../../src/walk/aliases.ts';
import { Directory } from '../../../src/walk/directory.ts';
import { walkExactly } from '../../../src/walk/exact.ts';
import { walkFast } from '../../../src/walk/fast.ts';
import { mapOf, mapRecords } from '../../../src/walk/map.ts';
import { records } from '../../../src/walk/record.ts';
import { type Space, spacesOf } from '../../../src/walk/space.ts';
import { summarise } from '../../../src/walk/summary.ts';
import { translate } from '../../../src/walk/translate.ts';
import { answerFor } from '../../../src/walk/translated.ts';
import { walk } from '../../../src/walk/walker.ts';
import { Memory } from '../../support/memory.ts';
import { expectSame } from '../../support/same-walk.ts';
import { type Dialect, dialect, tree, walkOptions } from '../../support/trees.ts';
import { architecture } from './index.ts';
import type { PmaRegion } from './walk/effective.ts';
import { candidates } from './walk/roots.ts';
import { stage1Tables } from './walk/tables.ts';

const ALL = [...architectures, architecture];

const bits = (...positions: number[]): bigint =>
  positions.reduce((word, bit) => word | (1n << BigInt(bit)), 0n);
const N = bits(63);
const [NC, IO] = [1n << 61n, 2n << 61n];

// ------------------------------------------------------------------------------------------------ random trees

const words = (napot: boolean) => ({
  tables: [1n, 1n | bits(5), 1n | bits(8)],
  leaves: (level: number) =>
    [0n, bits(2), bits(3), bits(4), bits(5), bits(6, 7), NC, IO, bits(9)]
      .map(more => more | 3n)
      .concat(napot && level === 0 ? [N | 3n | bits(13), N | 0xc7n | bits(13)] : []),
  others: [
    0x1234_5000n,
    2n,
    bits(63),
    5n,
    0xdn,
    1n | bits(6),
    bits(54) | 3n,
    0x400n,
    0x1000n,
    (3n << 61n) | 3n,
  ],
});
const DIALECTS: Readonly<Record<string, Dialect>> = Object.fromEntries(
  (['sv39', 'sv48'] as const).flatMap(mode =>
    ([0, 1] as const).map(napot => [
      `${mode}${napot ? ' with NAPOT ranges' : ''}`,
      dialect(stage1Tables({ settings: { mode, napot }, base: 0x10_0000n }), words(napot === 1)),
    ]),
  ),
);
const implementations: readonly (readonly [string, Kernels])[] = [
  ['WebAssembly', wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels()],
];

describe.each(implementations)('%s', (_, kernels) => {
  test.each(Object.entries(DIALECTS))('walks what the exact walker walks: %s', (_, dialect) => {
    let fast = 0;
    fc.assert(
      fc.property(fc.integer(), walkOptions, (seed, options) => {
        const memory = tree(dialect, seed);
        const given = { ...options, maxTables: options.maxTables ?? 300 };
        const exact = walkExactly(dialect.regime, memory, given);
        const found = walkFast(dialect.regime, memory, { ...given, kernels });
        if (found) fast++;
        const ranges = [...records(dialect.regime, exact.leaves)];
        const groups = ranges.some(({ kind, raw }) => kind !== 'payload' && (BigInt(raw ?? 0) & N) !== 0n);
        if (exact.stopped?.includes('ranges')) expect(found).toBeUndefined();
        else if (found) expectSame(found, exact);
        else expect(groups).toBe(true); // the kernels do not know where a group’s entries lead
        expectSame(walk(dialect.regime, memory, given), exact);
      }),
      { numRuns: 25 },
    );
    expect(fast).toBeGreaterThan(0);
  });

  test.each(Object.entries(DIALECTS))('counts what it lists: %s', (_, { regime, ...rest }) => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const memory = tree({ regime, ...rest }, seed);
        const { counts, missingTotal, stopped } = walkExactly(regime, memory, { maxTables: 2000 });
        fc.pre(stopped === undefined);
        const summary = summarise(regime, memory, { kernels });
        expect(summary.rows.reduce((n, { entries }) => n + entries, 0)).toBe(counts.leaves);
        expect(summary).toMatchObject({
          ...{ payload: counts.payload, faults: counts.faults, missing: missingTotal },
        });
      }),
      { numRuns: 5 },
    );
  });
});

test.each(Object.entries(DIALECTS))(
  'every leaf that is listed translates to where it leads: %s',
  (_, dialect) => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const memory = tree(dialect, seed);
        const { regime } = dialect;
        const { leaves, stopped } = walkExactly(regime, memory, { maxTables: 60, maxRanges: 400 });
        fc.pre(stopped === undefined || leaves.length > 0);
        const directory = Directory.of(regime, memory);
        for (let i = 0; i < leaves.length; i++) {
          if (leaves.kind[i] !== 3) continue;
          const last = (leaves.frames[i] as number) - 1;
          for (const more of [0, last, Math.floor(last / 2)]) {
            const frame = (leaves.input[i] as number) + more;
            const output = (leaves.output[i] as number) + more;
            const found = translate(regime, memory, (BigInt(frame) << 12n) | 0x123n);
            expect(found.outcome === 'mapped' && found.output).toBe((BigInt(output) << 12n) | 0x123n);
            if (directory) expect(directory.frameOf(frame)).toBe(output);
          }
        }
      }),
      { numRuns: 4 },
    );
  },
);

// ----------------------------------------------------------------------------------------------------- a kernel

/** Entries of Linux: V R W X U G A D, the page’s number, and what is above. */
const KERNEL = { data: 0xe7n, text: 0xebn, rodata: 0xe3n } as const;
const USER = { data: 0xd7n, text: 0xdbn } as const;
const leaf = (address: bigint, attributes: bigint): bigint => (address >> 2n) | attributes;
const RANGE_64K = bits(13);

/**
 * Sv39 as Linux lays it out: a user half with text, data and a NAPOT range; a kernel half with the direct map in
 * megapages, a device and a page of text.
 */
function linux(): {
  readonly memory: Memory;
  readonly satp: bigint;
  readonly root: number;
  readonly user: number;
} {
  const memory = new Memory();
  const [root, userL1, userL0, kernelL1, kernelL0] = [
    0x8020_0000, 0x8020_1000, 0x8020_2000, 0x8020_3000, 0x8020_4000,
  ];
  const point = (table: number, index: number, to: number): void =>
    memory.write(table + 8 * index, leaf(BigInt(to), 1n));
  point(root, 0, userL1);
  point(userL1, 0, userL0);
  point(root, 0x1fe, kernelL1);
  point(kernelL1, 0, kernelL0);
  for (let i = 0; i < 4; i++)
    memory.write(userL0 + 8 * (16 + i), leaf(0x8100_0000n + BigInt(i) * 0x1000n, USER.text));
  for (let i = 0; i < 16; i++)
    memory.write(userL0 + 8 * (32 + i), N | leaf(0x8101_0000n, USER.data) | RANGE_64K);
  for (let i = 0; i < 8; i++)
    memory.write(kernelL0 + 8 * i, leaf(0x8000_0000n + BigInt(i) * 0x1000n, KERNEL.text));
  memory.write(kernelL0 + 8 * 100, IO | leaf(0x1000_0000n, KERNEL.data));
  for (let i = 1; i < 16; i++)
    memory.write(kernelL1 + 8 * i, leaf(0x8000_0000n + BigInt(i) * 0x20_0000n, KERNEL.data));
  return { memory, root, user: userL0, satp: (8n << 60n) | (7n << 44n) | BigInt(root >>> 12) };
}
const KERNEL_HALF = 0xffff_ffff_8000_0000n;
const PMA: readonly PmaRegion[] = [
  { start: 0x1000_0000n, end: 0x1000_1000n, pma: 'io' },
  { start: 0x8000_0000n, end: 0x8180_0000n, pma: 'memory' },
];

const registersOf = (satp: bigint, more: Readonly<Record<string, bigint>> = {}) =>
  new Map(Object.entries({ SATP: satp, ...more }));
function spaceOf(
  machine: { readonly pma?: readonly PmaRegion[] } = {},
  more: Readonly<Record<string, bigint>> = {},
) {
  const { memory, satp, ...rest } = linux();
  const { found } = candidatesOfAll([registersOf(satp, more)], 'riscv', machine, ALL);
  const [space] = spacesOf(found, memory) as [Space];
  return { memory, satp, space, ...rest };
}
const look = () => ({ style: plain, width: 120 });
function printed<R>(answer: Answer<R>, output: 'table' | 'json' | 'csv' | 'markdown' = 'table'): string {
  let text = '';
  print(answer, { output, look, write: part => (text += part) });
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  return text;
}

describe('registers', () => {
  test('give the translation, and say what is assumed', () => {
    const { satp } = linux();
    const { found } = walksOf('riscv', ALL).candidates(registersOf(satp));
    expect(found).toMatchObject([
      {
        name: 'satp',
        active: true,
        from: [`SATP=${hex(satp)}`],
        regime: { id: 'riscv.sv39', arch: 'riscv', stage: 1 },
        findings: [],
      },
    ]);
    expect(found[0]?.assumed.length).toBe(3);
    expect(
      candidates(registersOf(satp, { MENVCFG: bits(62), SSTATUS: 0n })).found[0]?.regime.settings,
    ).toMatchObject({
      ...{ pbmt: 1, adue: 0, sum: 0, mxr: 0 },
    });
  });
  test.each([
    [0n, 'satp.MODE is Bare: addresses are physical'],
    [10n << 60n, 'satp.MODE is Sv57, which is neither Sv39 nor Sv48'],
  ])('0x%s gives none, with the reason', (satp, reason) =>
    expect(candidates(registersOf(satp))).toEqual({ found: [], refused: [{ name: 'satp', reason }] }),
  );
});

describe('a kernel’s tables', () => {
  test('as ranges: permissions, types, halves of the address space, NAPOT ranges whole', () => {
    const { space, memory } = spaceOf({ pma: PMA });
    const ranges = [...mapRecords(mapOf(space, memory), space.candidate.rules)];
    expect(
      ranges.map(({ va, pa, size, perm, type, effective, decidedBy }) => [
        va,
        pa,
        size,
        perm,
        type,
        effective,
        decidedBy,
      ]),
    ).toEqual([
      ['0x10000', '0x81000000', '0x4000', 'r-xu', 'PMA', 'main memory', 'PMA'],
      ['0x20000', '0x81010000', '0x10000', 'rw-u', 'PMA', 'main memory', 'PMA'],
      ['0xffffffff80000000', '0x80000000', '0x8000', 'r-x-', 'PMA', 'main memory', 'PMA'],
      ['0xffffffff80064000', '0x10000000', '0x1000', 'rw--', 'IO', 'IO', 'PBMT'],
      ['0xffffffff80200000', '0x80200000', '0x1600000', 'rw--', 'PMA', 'main memory', 'PMA'],
      ['0xffffffff81800000', '0x81800000', '0x800000', 'rw--', 'PMA', 'vacant', 'PMA'],
    ]);
  });

  test('printed: ranges and totals in every form', () => {
    const { space, memory } = spaceOf({ pma: PMA });
    for (const output of ['table', 'json', 'csv', 'markdown'] as const) {
      const map = mapOf(space, memory);
      const rows = new Passing(mapRecords(map, space.candidate.rules));
      const text = printed(
        rangesAnswer({ map, rows, all: [space], source: 'the test', payload: false }),
        output,
      );
      expect(text).toContain(output === 'table' ? 'r-xu' : '0xffffffff80064000');
      const totals = printed(
        summaryAnswer(space.candidate, summarise(space.candidate.regime, memory), 'the test'),
        output,
      );
      expect(totals).toContain('PMA');
    }
    const totals = printed(
      summaryAnswer(space.candidate, summarise(space.candidate.regime, memory), 'the test'),
    );
    expect(totals).toContain('as the platform says');
    expect(totals).toContain('device registers');
  });

  test('one address, level by level', () => {
    const { space, memory } = spaceOf({ pma: PMA });
    const napot = answerFor(space, memory, 0x2_5678n);
    expect(napot).toMatchObject({ output: 0x8101_5678n, perm: 'rw-u', effective: { type: 'main memory' } });
    const text = printed(translateAnswer(answerFor(space, memory, KERNEL_HALF + 0x6_4010n), true));
    expect(text).toContain('0x10000010');
    expect(text).toContain('RISC-V Privileged');
    expect(translate(space.candidate.regime, memory, 1n << 40n).outcome).toBe('outside');
  });

  test('in the words of a listing, to be compared with one', () => {
    const { space, memory } = spaceOf();
    const says = { read: 'yes', write: 'yes', execute: 'yes', user: 'yes', type: 'PMA' };
    const text: TextMap = {
      ...{ from: 'test', space: 'va', leftOut: 0, facts: { holes: true }, stated: new Set() },
      sides: [{ input: 0x10, frames: 1, output: 0x81000, says }],
    };
    const sides = [...statedSides(mapOf(space, memory), text, ALL)];
    expect(sides.length).toBe(5);
    expect(sides[0]).toMatchObject({ input: 0x10, output: 0x81000, says: { type: 'PMA' } });
    expect(() => [...statedSides(mapOf(space, memory), text)]).toThrow('no architecture riscv');
  });

  test('who maps a page: every way to it', () => {
    const { space, memory } = spaceOf();
    const index = new AliasIndex(mapOf(space, memory), memory);
    expect(index.find(0x8101_5678n).map(({ answer }) => hex(answer.input))).toEqual([
      '0x25678',
      hex(KERNEL_HALF + 0x101_5678n),
    ]);
  });

  test('totals are the same by hand and by kernels', () => {
    const { space, memory } = spaceOf();
    const { regime } = space.candidate;
    const [byHand, ...others] = [undefined, ...implementations.map(([, kernels]) => kernels)].map(kernels =>
      summarise(regime, memory, kernels ? { kernels } : {}),
    );
    for (const other of others) expect(other).toEqual(byHand);
    expect(byHand?.bytes).toBe(0x4000 + 0x1_0000 + 0x8000 + 0x1000 + 0x1e0_0000);
  });
});

describe('roots', () => {
  const notes = (text?: string) => ({
    machine: 'riscv64',
    ...(text === undefined ? {} : { vmcoreinfo: text }),
  });
  const image = (memory: Memory, text?: string) => ({ space: memory, notes: notes(text) as never });

  test('are found by structure, and walked with the registers that are offered', () => {
    const { memory, root } = linux();
    const { found, pages } = findRoots(image(memory), [], { among: ALL });
    const [first] = found;
    expect(first).toMatchObject({
      kind: 'riscv.sv39',
      address: BigInt(root),
      sources: ['structure'],
      missing: 0,
    });
    expect(first?.options).toEqual(['--satp', hex((8n << 60n) | BigInt(root >>> 12))]);
    const text = printed(rootsAnswer({ shown: found, found: found.length, pages, source: '' }, true));
    expect(text).toContain('riscv.sv39');
    expect(text).toContain('1 entries in the kernel half');
  });

  test('four levels are told from three', () => {
    const { memory, root } = linux();
    memory.write(0x8030_0000, leaf(BigInt(root), 1n));
    memory.write(0x8030_0ff8, leaf(BigInt(root), 1n));
    expect(findRoots(image(memory), [], { among: ALL }).found[0]).toMatchObject({
      kind: 'riscv.sv48',
      address: 0x8030_0000n,
    });
  });

  test('registers, structure and VMCOREINFO say the same', () => {
    const { memory, space, root } = spaceOf();
    const text = [
      `SYMBOL(swapper_pg_dir)=${(KERNEL_HALF + BigInt(root - 0x8000_0000)).toString(16)}`,
      'NUMBER(VA_BITS)=39',
      `NUMBER(va_kernel_pa_offset)=${hex(KERNEL_HALF - 0x8000_0000n)}`,
    ].join('\n');
    const [first] = findRoots(image(memory, text), [space.candidate], { among: ALL }).found;
    expect(first).toMatchObject({
      kind: 'riscv.sv39',
      sources: ['registers', 'structure', 'vmcoreinfo'],
      names: ['satp'],
    });
    expect(first?.evidence.join('; ')).toContain('maps swapper_pg_dir');
  });
});

describe('lint', () => {
  const linted = (change: (world: ReturnType<typeof spaceOf>) => void, machine = {}, more = {}) => {
    const world = spaceOf(machine, more);
    change(world);
    return lint([world.space], world.memory, { rules: lintRules });
  };
  const said = (result: ReturnType<typeof linted>): string[] =>
    result.reports.map(({ rule, severity }) => `${severity} ${rule.id}`);

  test('a kernel’s tables are clean, but for its own tables, which it can write', () => {
    expect(said(linted(() => undefined, { pma: PMA }))).toEqual(['note table-writable']);
  });

  test('finds what is writable and executable, reserved bits, and pages with two types', () => {
    const result = linted(
      ({ memory, user }) => {
        memory.write(user, leaf(0x8103_0000n, 0xcfn));
        memory.write(user + 8, bits(60) | leaf(0x8104_0000n, KERNEL.data));
        memory.write(user + 16, NC | leaf(0x8105_0000n, USER.data));
        memory.write(user + 24, leaf(0x8105_0000n, USER.data));
      },
      { pma: PMA },
    );
    const rules = said(result).join('\n');
    for (const rule of ['wx-kernel', 'reserved-bits', 'alias-cacheability']) expect(rules).toMatch(rule);
    const text = printed(lintAnswer(result, 'the test'));
    expect(text).toContain('0x81050000');
    for (const output of ['json', 'csv', 'markdown'] as const)
      printed(lintAnswer(result, 'the test'), output);
  });

  test('a NAPOT range whose entries do not agree', () => {
    const result = linted(({ memory, user }) => {
      memory.write(user + 8 * 33, leaf(0x8101_1000n, USER.data));
      memory.write(user + 8 * 34, N | leaf(0x8102_0000n, USER.data) | RANGE_64K);
    });
    const messages = result.reports
      .filter(({ rule }) => rule.id === 'contiguous-group')
      .map(({ message }) => message);
    expect(messages).toEqual([
      '1 of 16 valid entries of a group of 16 lack the N bit',
      'the entries of a group of 16 do not map one range',
    ]);
  });

  test('a clear A where hardware does not set it', () => {
    const result = linted(
      ({ memory, user }) => memory.write(user, leaf(0x8103_0000n, 0x17n)),
      {},
      { MENVCFG: bits(62) },
    );
    expect(said(result).join()).toContain('access-flag-clear');
  });
});

describe('faults', () => {
  const { faults } = architecture;
  const claimOf = (cause: bigint, address: bigint) => {
    const claim = faults.claim({ is: 'fault', arch: 'riscv', address, errorCode: cause });
    if (!claim) throw new Error('no claim');
    return claim;
  };

  test('the bit that denies the access', () => {
    const { space, memory } = spaceOf();
    const store = claimOf(15n, 0x1_0000n);
    expect(store.text).toBe('a write');
    const [found] = lookUp(store, [space], memory, 0, faults);
    expect(found?.explanation).toMatchObject({
      finds: 'permission',
      verdict: 'not permitted: level 0 W = 0: not writable',
      agrees: true,
    });
    const { walk: walked, explanation } = found as NonNullable<typeof found>;
    const answer = { claim: store, root: 'satp', regime: walked.regime, explanation, assumed: [] };
    const { lines, records } = faultAnswer(answer);
    const text = [...(lines?.(look()) ?? [])].join('\n');
    expect(text).toContain('W = 0: not writable');
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    expect(JSON.stringify([...records])).toContain('"unsaid"');
    const denied = (access: 'read' | 'write' | 'fetch', by?: 'privileged' | 'unprivileged') =>
      denials(walked, { access, by }, faults).map(({ bit }) => bit);
    expect(denied('fetch', 'privileged')).toEqual([
      'U = 1: the supervisor executes no user page, whatever SUM is',
    ]);
    expect(denied('fetch', 'unprivileged')).toEqual([]);
    expect(denied('write', 'unprivileged')).toEqual(['W = 0: not writable']);
    const kernel = translate(space.candidate.regime, memory, KERNEL_HALF);
    expect(denials(kernel, { access: 'read', by: 'unprivileged' }, faults).map(({ bit }) => bit)).toEqual([
      'U = 0: not for the user',
    ]);
  });

  test('clear A and D where hardware does not set them', () => {
    const { memory, user, space } = spaceOf({}, { MENVCFG: bits(62), SSTATUS: 0n });
    memory.write(user, leaf(0x8103_0000n, 0x17n));
    memory.write(user + 8, leaf(0x8103_1000n, 0x57n));
    const at = (address: bigint) => lookUp(claimOf(15n, address), [space], memory, 0, faults)[0]?.explanation;
    expect(at(0n)).toMatchObject({
      finds: 'access-flag',
      verdict: 'the level 0 entry has A = 0, and hardware does not set it',
    });
    expect(at(0x1000n)?.verdict).toBe('not permitted: level 0 D = 0, and hardware does not set it');
    expect(at(0x2_0000n)).toMatchObject({
      finds: 'permission',
      agrees: true,
      verdict: 'sstatus.SUM = 0: the supervisor must not access pages of the user',
      suspects: [],
    });
    expect(at(1n << 40n)?.verdict).toBe('the bits above the virtual address of riscv.sv39 are not all alike');
    expect(at(0x5000n)).toMatchObject({ finds: 'not-present', agrees: true });
  });

  test('bare entries, top down', () => {
    const given = { family: 'riscv.pte', given: {}, input: 0x1234n };
    const start = architecture.startOf({ ...given, words: [0x21n, 0x1n, leaf(0x8000_1000n, 0xd1n)] });
    if (!start) throw new Error('no start');
    const { walk, assumed } = walkEntries(start, {
      ...given,
      words: [0x21n, 0x1n, leaf(0x8000_1000n, 0xc3n)],
    });
    expect(assumed).toEqual(['the first entry is of level 2']);
    expect(walk).toMatchObject({ outcome: 'mapped', output: 0x8000_1234n });
    expect(explain(claimOf(13n, 0x1234n), walk, faults)).toMatchObject({ finds: 'fine' });
    expect(architecture.startOf({ ...given, words: [1n, 1n, 1n, 3n] })?.regime.id).toBe('riscv.sv48');
  });
});

describe('what somebody pasted', () => {
  const among = { names: ALL, walks: ALL, families: ALL.flatMap(({ families }) => families) };

  test('words that stand in tables which satp points to are entries of their level', () => {
    const { memory, satp, root } = linux();
    const words = [root, root + 0x1000, root + 0x2000 + 8 * 16].map(at => {
      const page = memory.page(Math.floor(at / 4096)) as Uint32Array;
      const offset = (at % 4096) / 4;
      return {
        at: BigInt(at),
        word: join(page[offset] as number, page[offset + 1] as number),
        width: 64 as const,
      };
    });
    const placed = placeEntries(words, [registersOf(satp)], new Map(), among);
    expect(words.map(word => placed.get(word)?.level)).toEqual([2, 1, 0]);
    expect(placed.get(words[0] as never)).toMatchObject({ root: 'satp', regime: { family: 'riscv.pte' } });
  });

  test('registers beside them, and names of levels, are settings', () => {
    const entry = { regime: { family: 'riscv.pte' }, level: { name: 'PGD' } };
    const registers = registersOf(9n << 60n, { MENVCFG: bits(61) });
    expect(revealed(entry, { registers, facts: new Map() }, among)).toEqual({
      mode: 'sv48',
      pbmt: 0,
      adue: 1,
      level: 3,
    });
  });
});

test('an image of nothing but noise has no sure root', () => {
  const memory = new Memory();
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { minLength: 64, maxLength: 64 }),
      words => {
        for (const [i, word] of words.entries()) memory.write(0x1000 + 8 * i, word);
        const { found } = findRoots({ space: memory, notes: { machine: 'riscv64' } as never }, [], {
          among: ALL,
        });
        expect(found.filter(({ confidence }) => confidence > 0.3)).toEqual([]);
      },
    ),
    { numRuns: 20 },
  );
});
