/** A dump of 8 GiB, a sparse file, with tables on both sides of 4 GiB and beyond 2^40: everything by the fast path. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWorker } from '../../scripts/build.ts';
import type { Image } from '../../src/image/parse.ts';
import type { Kernels } from '../../src/kernels/api.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { Directory } from '../../src/walk/directory.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { walkFast } from '../../src/walk/fast.ts';
import type { Space } from '../../src/walk/space.ts';
import { summarise } from '../../src/walk/summary.ts';
import { translate } from '../../src/walk/translate.ts';
import type { WalkResult } from '../../src/walk/walker.ts';
import { Crew } from '../../src/workers/crew.ts';
import { openRecipe, type Recipe, spacesOfRecipe } from '../../src/workers/recipe.ts';
import { startWorker } from '../../src/workers/thread.ts';
import { jsonLines, memattr } from '../cli/harness.ts';
import { expectSame } from '../support/same-walk.ts';
import { ARM64, type SparseDump, sparseDump, X86 } from '../support/sparse-dump.ts';

const TABLES = 700;
const folder = mkdtempSync(join(tmpdir(), 'memattr-large-walk-'));
let worker: URL;
beforeAll(async () => {
  worker = await buildWorker(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const MACHINES = [
  {
    name: 'arm64',
    words: ARM64,
    machine: 183,
    registers: (root: number) => ({ VTTBR_EL2: BigInt(root), VTCR_EL2: 0x8005_3590n, HCR_EL2: 1n }),
  },
  {
    name: 'x86',
    words: X86,
    machine: 62,
    registers: (root: number) => ({
      CR0: 0x8005_0033n,
      CR3: BigInt(root),
      CR4: 0x20n,
      EFER: 0xd01n,
      PAT: 0x0007_0406_0007_0406n,
    }),
  },
] as const;

describe.each(MACHINES)('$name', ({ name, words, machine, registers }) => {
  const path = join(folder, `${name}.elf`);
  let dump: SparseDump;
  let image: Image;
  let recipe: Recipe;
  let space: Space;
  let options: string[];
  beforeAll(async () => {
    dump = sparseDump(path, TABLES, words, machine);
    const given = registers(dump.root);
    options = Object.entries(given).flatMap(([key, value]) => ['--reg', `${key}=0x${value.toString(16)}`]);
    recipe = {
      path,
      open: {},
      registers: [new Map(Object.entries(given))],
      architecture: name,
      machine: {},
    };
    image = await openRecipe(recipe);
    [space] = spacesOfRecipe(recipe, image).values() as unknown as [Space];
  });
  afterAll(() => image.close());

  test('the file is what it claims to be', () => {
    const { size, blocks } = statSync(path);
    expect(size).toBeGreaterThan(8 * 2 ** 30);
    expect(blocks * 512).toBeLessThan(64 * 2 ** 20);
    const [below, above, beyond] = [
      dump.tables.filter(at => at < 2 ** 32),
      dump.tables.filter(at => at >= 2 ** 32 && at < 2 ** 40),
      dump.tables.filter(at => at >= 2 ** 40),
    ];
    for (const some of [below, above, beyond]) expect(some?.length).toBeGreaterThan(100);
  });

  test('every walker gives the same', async () => {
    const { regime } = space.candidate;
    const exact = walkExactly(regime, space.memory);
    expect(exact.counts.tables).toBe(TABLES + 4);
    expect(exact.counts.leaves).toBeGreaterThan(500 * TABLES);
    expect(exact.missing).toEqual([]);
    for (const kernels of [wasmKernels() as Kernels, typescriptKernels()])
      expectSame(walkFast(regime, space.memory, { kernels }) as WalkResult, exact);
    const crew = new Crew(recipe, { threads: 2, worth: 1, start: startWorker(worker) });
    for (let i = 0; i < 5; i++) expectSame(await crew.walk(space), exact);
    const totals = summarise(regime, space.memory);
    expect(totals.bytes).toBe(4096 * exact.counts.leaves);
    expect(await crew.summarise(space)).toEqual(totals);
    expect(summarise(regime, space.memory, { kernels: typescriptKernels() })).toEqual(totals);
    crew.close();
  });

  test('look-ups: one by one, and all at once', () => {
    const { regime } = space.candidate;
    const addresses = BigUint64Array.from(
      { length: 300 },
      (_, i) => (BigInt(i) * 0x4_7b31_c000n) % (BigInt(TABLES) << 21n),
    );
    const { outputs } = Directory.of(regime, space.memory)?.translate(addresses) ?? {};
    addresses.forEach((address, i) => {
      const one = translate(regime, space.memory, address);
      expect(outputs?.[i]).toBe(one.outcome === 'mapped' ? one.output : 2n ** 64n - 1n);
    });
  });

  test('the verbs', async () => {
    const walked = await memattr(['walk', path, ...options, '--json']);
    expect(walked.err).not.toMatch(/not in the image|stopped/);
    const records = jsonLines<{ size: string; pa: string; at: string }>(walked.out);
    const leaves = records.reduce((sum, { size }) => sum + Number(size) / 4096, 0);
    const summary = jsonLines<{ bytes: string }>(
      (await memattr(['walk', path, ...options, '--summary', '--json'])).out,
    );
    expect(summary.map(({ bytes }) => Number(bytes))).toEqual([4096 * leaves]);
    expect((await memattr(['walk', path, ...options, '--json', '--workers', '2'])).out).toBe(walked.out);

    const [first] = records as [{ size: string; pa: string; at: string }];
    expect(Number(first.at)).toBe(dump.tables[0]);
    const translated = await memattr(['translate', path, '0x1000', ...options, '--json']);
    expect(translated.out).toContain(`"0x${(Number(first.pa) + 4096).toString(16)}"`);
    const back = await memattr(['rmap', path, first.pa, ...options, '--json']);
    expect(back.out).toContain('"0x0"');
    const linted = await memattr(['lint', path, ...options, '--json', '--fail-on', 'never']);
    expect(linted.err).not.toMatch(/not in the image/);
    expect(linted.status).toBe(0);
  });
});
