/** Trees of every kind, planted among noise, are found where they stand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { species as arm64Species, joined, judge as judgeArm64 } from '../../src/arm64/walk/scan.ts';
import type { Judgement } from '../../src/walk/judgement.ts';
import type { Regime } from '../../src/walk/regime.ts';
import { type Pattern, type ScannedRoot, scan, wordOf } from '../../src/walk/scan.ts';
import { judge as judgeX86, species as x86Species } from '../../src/x86/walk/scan.ts';
import { Memory } from '../support/memory.ts';
import { SEED } from '../support/seed.ts';
import { random } from '../support/trees.ts';

const ARM64 = arm64Species();
const X86 = x86Species({ maxphyaddr: 46 });
const isZero =
  (memory: Memory) =>
  (address: number): boolean =>
    memory.page(address / 4096)?.every(word => word === 0) === true;

interface Plan {
  /** Bytes of a table, index bits, levels of tables. */
  readonly tableBytes: number;
  readonly indexBits: number;
  readonly levels: number;
  readonly entryBytes?: 4 | 8;
  readonly pointer: bigint;
  readonly leaf: bigint;
  /** Entries of the root and bytes between two tables, where the root is smaller than a table. */
  readonly rootEntries?: number;
}

function write(memory: Memory, entryBytes: number, address: number, word: bigint): void {
  if (entryBytes === 8) memory.write(address, word);
  else memory.touch(address)[(address % 4096) / 4] = Number(word);
}

/** A tree with a few tables at each level; returns its root. */
function plant(memory: Memory, plan: Plan, at: number, next: (below: number) => number): number {
  const { tableBytes, indexBits, levels, pointer, leaf, entryBytes = 8, rootEntries } = plan;
  let free = at;
  const take = (): number => {
    const table = free;
    free += tableBytes;
    for (let byte = 0; byte < tableBytes; byte += 4096) memory.touch(table + byte);
    return table;
  };
  const fill = (table: number, level: number, entries: number): void => {
    const first = next(entries);
    const count = Math.min(entries - first, level === 0 ? 8 : 2);
    const base = (1 + next(1 << 10)) * tableBytes * 64;
    for (let i = 0; i < count; i++) {
      const place = table + (first + i) * entryBytes;
      if (level === 0) write(memory, entryBytes, place, BigInt(base + i * tableBytes) | leaf);
      else {
        const child = take();
        write(memory, entryBytes, place, BigInt(child) | pointer);
        fill(child, level - 1, 2 ** indexBits);
      }
    }
  };
  const root = take();
  fill(root, levels - 1, rootEntries ?? 2 ** indexBits);
  return root;
}

/** Pages of random words, of text, of small numbers, of zeros. */
function noise(memory: Memory, from: number, pages: number, next: (below: number) => number): void {
  for (let p = 0; p < pages; p++) {
    const page = memory.touch(from + p * 4096);
    const style = next(5);
    for (let i = 0; i < 1024; i++)
      page[i] =
        style === 0
          ? next(2 ** 32)
          : style === 1
            ? 0x20202020 + next(0x5f5f5f5f)
            : style === 2
              ? i % 2 === 0
                ? next(4096)
                : 0
              : style === 3 && next(8) === 0
                ? next(2 ** 20)
                : 0;
  }
}

const ARM = { pointer: 0x3n, leaf: 0x70fn | (3n << 53n) }; // kernel data: AF, SH, AttrIndx 3, PXN, UXN
const STAGE2 = { pointer: 0x3n, leaf: 0x7fdn | 2n }; // Normal write-back, readable and writable
const granules = [
  ['4K', 4096, 9, [2, 3, 4]],
  ['16K', 16384, 11, [2, 3]],
  ['64K', 65536, 13, [2, 3]],
] as const;

const BASE = 0x4000_0000;
const seeds = fc.integer({ min: 1, max: 1 << 30 });

interface Found {
  readonly kind: string;
  readonly root: ScannedRoot;
}
const judged = (roots: readonly ScannedRoot[], judge: (root: ScannedRoot) => Judgement): Found[] =>
  roots.map(root => ({ kind: judge(root).kind, root }));

describe('arm64', () => {
  for (const [granule, tableBytes, indexBits, depths] of granules)
    for (const levels of depths)
      for (const [stage, words] of [
        ['arm64.stage1', ARM],
        ['arm64.stage2', STAGE2],
      ] as const)
        test(`${granule}, ${levels} levels, ${stage}`, () => {
          fc.assert(
            fc.property(seeds, seed => {
              const next = random(seed);
              const memory = new Memory();
              noise(memory, BASE + 0x100_0000, 24, next);
              const root = plant(memory, { tableBytes, indexBits, levels, ...words }, BASE, next);
              const found = judged(joined(scan(memory, ARM64).roots, isZero(memory)), judgeArm64);
              const here = found.find(({ root: { address } }) => address === root);
              expect(here).toMatchObject({ kind: stage, root: { level: levels - 1, wrong: 0 } });
              expect(here?.root.species.id).toBe(`arm64.${granule}`);
              const largest = Math.max(...found.map(({ root: { tables } }) => tables));
              expect(here?.root.tables).toBe(largest);
            }),
            { numRuns: granule === '4K' ? 4 : 2 },
          );
        });

  test('concatenated tables of a stage 2 are one root', () => {
    const memory = new Memory();
    const next = random(SEED + 3);
    const trees = [0, 1, 2].map(i =>
      plant(
        memory,
        { tableBytes: 4096, indexBits: 9, levels: 2, ...STAGE2 },
        BASE + 0x10_0000 * (i + 1),
        next,
      ),
    );
    // their roots, side by side; the last of four is empty
    const at = BASE + 0x4000;
    for (const [i, tree] of trees.entries()) {
      memory.touch(at + i * 4096).set(memory.page(tree / 4096) as Uint32Array);
      memory.touch(tree).fill(0);
    }
    memory.touch(at + 3 * 4096);
    const roots = joined(scan(memory, ARM64).roots, isZero(memory));
    expect(roots).toHaveLength(1);
    expect(roots[0]).toMatchObject({ address: at, entries: 4 * 512, level: 1 });
    expect(judgeArm64(roots[0] as ScannedRoot).options).toContain('0x80053520'); // 32 bits, SL0 = 0
  });

  test('roots on both sides of a page that is neither a table nor empty stay two roots', () => {
    const memory = new Memory();
    const next = random(SEED + 4);
    const at = BASE + 0x4000;
    for (const [i, page] of [0, 2].entries()) {
      const plan = { tableBytes: 4096, indexBits: 9, levels: 2, ...STAGE2 };
      const tree = plant(memory, plan, BASE + 0x10_0000 * (i + 1), next);
      memory.touch(at + page * 4096).set(memory.page(tree / 4096) as Uint32Array);
      memory.touch(tree).fill(0);
    }
    memory.touch(at + 4096).fill(0x6867_6665); // text
    memory.touch(at + 3 * 4096);
    const roots = joined(scan(memory, ARM64).roots, isZero(memory));
    const found = roots.map(({ address, entries, level }) => [address, entries, level]);
    expect(found.sort()).toEqual([
      [at, 512, 1],
      [at + 2 * 4096, 512, 1],
    ]);
  });

  test('limits that tables hand down, bits 63:59, speak for stage 1', () => {
    const memory = new Memory();
    plant(memory, { tableBytes: 4096, indexBits: 9, levels: 2, ...STAGE2 }, BASE, random(SEED + 6));
    const [root] = scan(memory, ARM64).roots;
    const leaf = { level: 0, table: false, lo: 0x44b, hi: 0, count: 1 }; // AF, AP[1], attribute 2: of either stage
    const judgement = (bit: number): Judgement => {
      const hi = 2 ** (bit - 32);
      return judgeArm64({
        ...(root as ScannedRoot),
        patterns: [{ level: 1, table: true, lo: 3, hi, count: 1 }, leaf],
      });
    };
    for (let bit = 52; bit < 64; bit++)
      expect(judgement(bit).kind, `bit ${bit}`).toBe(bit >= 59 ? 'arm64.stage1' : 'arm64.stage2');
    expect(judgement(59).evidence).toContain('all of the tables hand down limits (bits 63:59)');
  });

  test('a root of 64 entries among other data', () => {
    const memory = new Memory();
    const next = random(SEED + 9);
    const plan = { tableBytes: 65536, indexBits: 13, levels: 3, ...ARM };
    const tree = plant(memory, { ...plan, rootEntries: 64 }, BASE, next);
    const place = BASE + 0x80_0000 + 0x600;
    const page = memory.touch(place);
    for (let i = 0; i < 1024; i++) page[i] = next(2 ** 32);
    page.set((memory.page(tree / 4096) as Uint32Array).subarray(0, 128), 0x600 / 4);
    memory.touch(tree).fill(0);
    const { roots } = scan(memory, ARM64);
    expect(roots.filter(({ address }) => address === place)).toMatchObject([{ level: 2, entries: 64 }]);
  });
});

describe('x86', () => {
  const kinds = [
    ['x86.4level', { tableBytes: 4096, indexBits: 9, levels: 4, pointer: 0x67n, leaf: (1n << 63n) | 0x163n }],
    ['x86.5level', { tableBytes: 4096, indexBits: 9, levels: 5, pointer: 0x67n, leaf: (1n << 63n) | 0x163n }],
    ['x86.ept', { tableBytes: 4096, indexBits: 9, levels: 4, pointer: 0x7n, leaf: 0x37n }],
    ['x86.ept', { tableBytes: 4096, indexBits: 9, levels: 5, pointer: 0x107n, leaf: 0x377n }],
    ['x86.npt', { tableBytes: 4096, indexBits: 9, levels: 4, pointer: 0x867n, leaf: 0x867n }],
    ['x86.pae', { tableBytes: 4096, indexBits: 9, levels: 3, pointer: 0x1n, leaf: 0x63n, rootEntries: 4 }],
    ['x86.32bit', { tableBytes: 4096, indexBits: 10, levels: 2, entryBytes: 4, pointer: 0x67n, leaf: 0x63n }],
  ] as const;
  test.each(kinds)('%s', (kind, plan: Plan) => {
    fc.assert(
      fc.property(seeds, seed => {
        const next = random(seed);
        const memory = new Memory();
        noise(memory, BASE + 0x100_0000, 24, next);
        const root = plant(memory, plan, BASE, next);
        if (kind === 'x86.pae') {
          // other data in the rest of the page
          const page = memory.touch(root);
          for (let i = 8; i < 1024; i++) page[i] = next(2 ** 32) | 1;
        }
        const found = judged(scan(memory, X86).roots, judgeX86);
        const here = found.filter(({ root: { address } }) => address === root);
        expect(here.map(one => one.kind)).toContain(kind);
        const own = here.find(one => one.kind === kind);
        expect(own?.root).toMatchObject({ level: plan.levels - 1, wrong: 0, missing: 0 });
      }),
      { numRuns: 4 },
    );
  });

  test('nested paging has no kernel half: one entry there, and KVM’s mark means nothing', () => {
    const plan = { tableBytes: 4096, indexBits: 9, levels: 4, pointer: 0x867n, leaf: 0x867n, rootEntries: 2 };
    const weight = (upper: boolean): number => {
      const memory = new Memory();
      const root = plant(memory, plan, BASE, random(SEED + 8));
      if (upper) {
        const words = memory.page(root / 4096) as Uint32Array;
        const used = words.findIndex(word => word !== 0); // the kernel half has the same table
        words.set(words.subarray(used, used + 2), 2 * 300);
      }
      const found = scan(memory, X86).roots.filter(({ species }) => species.id === 'x86.npt');
      return judgeX86(found.find(({ address }) => address === root) as ScannedRoot).weight;
    };
    expect(weight(false)).toBe(1);
    expect(weight(true)).toBe(-1);
  });

  test('noise alone gives no deep tree', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const memory = new Memory();
        noise(memory, BASE, 100, random(seed));
        const { roots } = scan(memory, [...X86, ...ARM64]);
        expect(roots.filter(({ level }) => level > 1)).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });
});

test('a direct map of 4K pages maps the tables too: its leaf tables are no parents of the root', () => {
  const memory = new Memory();
  const root = BASE;
  const table = (n: number): number => BASE + n * 4096;
  const pages = 4 * 512; // 8 MiB from BASE on, tables among them, everything else zeros
  for (let i = 0; i < pages; i++) memory.touch(BASE + i * 4096);
  memory.write(root, BigInt(table(1)) | 0x67n);
  memory.write(table(1) + 8, BigInt(table(2)) | 0x67n);
  for (let t = 0; t < 4; t++) {
    memory.write(table(2) + t * 8, BigInt(table(3 + t)) | 0x67n);
    for (let i = 0; i < 512; i++)
      memory.write(table(3 + t) + i * 8, BigInt(BASE + (t * 512 + i) * 4096) | 0x63n);
  }
  const { roots } = scan(memory, X86);
  expect(roots.map(({ address, level, tables }) => [address, level, tables])).toContainEqual([root, 3, 7]);
});

test('bounds: pages, and pages that may be tables; both are said', () => {
  const memory = new Memory();
  const next = random(SEED + 5);
  const plan = { tableBytes: 4096, indexBits: 9, levels: 4, pointer: 0x67n, leaf: 0x163n };
  for (let i = 0; i < 4; i++) plant(memory, plan, BASE + i * 0x10_0000, next);
  const all = scan(memory, X86);
  expect(all.roots.filter(({ species }) => species.id === 'x86.long')).toHaveLength(4);
  expect(all.pages).toBe(all.held);
  const some = scan(memory, X86, { maxPages: 20 });
  expect(some.pages).toBe(20);
  expect(some.stopped).toEqual([`only the first 20 of ${all.held} pages were searched`]);
  const few = scan(memory, X86, { maxTables: 10 });
  expect(few.stopped[0]).toMatch(/^x86.long: more than 10 pages may be tables/);
});

test('self-references, tables that contain each other, and a table of itself end', () => {
  const memory = new Memory();
  for (let i = 0; i < 8; i++)
    for (let j = 0; j < 512; j++)
      memory.write(BASE + i * 4096 + j * 8, BigInt(BASE + ((i + j) % 8) * 4096) | 0x67n);
  const { roots } = scan(memory, X86);
  for (const { tables } of roots) expect(tables).toBeLessThanOrEqual(8 * 5);
});

test('the word of a pattern', () => {
  const pattern: Pattern = { level: 0, table: false, lo: 0x80000001, hi: 2, count: 1 };
  expect(wordOf(pattern)).toBe(0x2_8000_0001n);
});

test('species say what they are read by', () => {
  for (const { regime, tops, tableFrames, small } of [...ARM64, ...X86]) {
    const check: Regime = regime;
    for (const top of [...tops, ...(small ? [small.level] : [])]) expect(check.levels[top]).toBeDefined();
    expect(Number.isInteger(tableFrames)).toBe(true);
  }
});
