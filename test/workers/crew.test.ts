/** Several threads give what one gives: on the real dumps, on random trees, at limits, and when workers go wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWorker } from '../../scripts/build.ts';
import { architectureOf } from '../../src/arch/names.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import type { Candidate } from '../../src/walk/candidate.ts';
import type { Regime } from '../../src/walk/regime.ts';
import type { WalkOptions } from '../../src/walk/result.ts';
import type { Space } from '../../src/walk/space.ts';
import { summarise } from '../../src/walk/summary.ts';
import { walk } from '../../src/walk/walker.ts';
import { Crew, type CrewOptions } from '../../src/workers/crew.ts';
import type { Answer } from '../../src/workers/protocol.ts';
import { openRecipe, type Recipe, spacesOfRecipe } from '../../src/workers/recipe.ts';
import type { Opened } from '../../src/workers/serve.ts';
import { type StartThread, startWorker } from '../../src/workers/thread.ts';
import { kdump } from '../support/containers.ts';
import { DIALECTS } from '../support/dialects.ts';
import { elfCore } from '../support/elf.ts';
import { fixtureBytes, fixtureNames, fixtureText } from '../support/fixtures.ts';
import { Memory } from '../support/memory.ts';
import { expectSame } from '../support/same-walk.ts';
import { type Dialect, tree, walkOptions } from '../support/trees.ts';
import { inProcess } from './threads.ts';

let folder = '';
let real: StartThread;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memattr-workers-'));
  real = startWorker(await buildWorker(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of a memory, with the registers of a stage 2 whose root is at 1 MiB. */
function recipeOf(memory: Memory, name: string, vtcr = 0x8005_3559n): Recipe {
  const path = join(folder, name);
  const segments = memory.ranges.map(({ frame, end }) => ({
    paddr: BigInt(frame) << 12n,
    data: Buffer.concat(
      Array.from({ length: end - frame }, (_, i) => {
        const { buffer, byteOffset } = memory.page(frame + i) as Uint32Array;
        return new Uint8Array(buffer as ArrayBuffer, byteOffset, 4096);
      }),
    ),
  }));
  writeFileSync(path, elfCore({ segments, machine: 183 }));
  return { path, open: {}, registers: [registersOf(vtcr)], architecture: 'arm64', machine: {} };
}
const registersOf = (vtcr: bigint): ReadonlyMap<string, bigint> =>
  new Map([
    ['VTTBR_EL2', 0x10_0000n],
    ['VTCR_EL2', vtcr],
    ['HCR_EL2', 1n],
  ]);

async function withCrew(
  recipe: Recipe,
  options: (opened: Opened) => CrewOptions,
  use: (crew: Crew, space: Space) => Promise<void>,
): Promise<void> {
  const image = await openRecipe(recipe);
  const spaces = spacesOfRecipe(recipe, image);
  expect(spaces.size).toBeGreaterThan(0);
  const crew = new Crew(recipe, { threads: 2, worth: 1, ...options({ image, spaces }) });
  try {
    for (const space of spaces.values()) await use(crew, space);
  } finally {
    crew.close();
    image.close();
  }
}

async function expectAsAlone(crew: Crew, space: Space, options: WalkOptions = {}): Promise<void> {
  const { regime } = space.candidate;
  expectSame(await crew.walk(space, options), walk(regime, space.memory, options));
  expect(await crew.summarise(space)).toEqual(summarise(regime, space.memory));
}

/** `tables` leaf tables below one table. */
function manyTables(tables: number): Memory {
  const memory = new Memory();
  for (let table = 0; table < tables; table++) {
    const [root, at] = [0x10_0000 + 8 * (table >> 9), 0x20_0000 + 8 * table];
    if (table % 512 === 0) memory.write(root, BigInt(0x20_0000 + 8 * table) | 3n);
    memory.write(at, BigInt(0x100_0000 + 4096 * table) | 3n);
    for (let i = 0; i < 512; i++) {
      const page = BigInt(table % 3 === 2 ? 5000 * table + i : 512 * table + i) << 12n;
      if (i % 97 !== 96)
        memory.write(0x100_0000 + 4096 * table + 8 * i, page | (i > 400 ? 0x4c7n : 0x4ffn) | 3n);
    }
  }
  return memory;
}

describe('real dumps', () => {
  const dumps = ['arm64', 'x86'].flatMap(architecture =>
    fixtureNames(`real/${architecture}`).flatMap(name => {
      const files = fixtureNames(`real/${architecture}/${name}`);
      const registers = ['registers.json', 'regs.json'].find(file => files.includes(file));
      return registers && files.includes('sparse.elf')
        ? [[`${architecture}/${name}`, registers] as const]
        : [];
    }),
  );
  test('there are some', () => expect(dumps.length).toBeGreaterThan(5));

  test.each(dumps)('%s', async (name, file) => {
    const path = join(folder, `${name.replace('/', '-')}.elf`);
    writeFileSync(path, fixtureBytes(`real/${name}/sparse.elf`));
    const { cpus } = parseRegisters(fixtureText(`real/${name}/${file}`));
    const architecture = architectureOf(cpus[0] ?? new Map()) ?? 'x86';
    const recipe: Recipe = { path, open: {}, registers: cpus, architecture, machine: {} };
    const starts: ((opened: Opened) => StartThread)[] = [() => real, inProcess];
    for (const start of starts)
      await withCrew(
        recipe,
        opened => ({ start: start(opened) }),
        (crew, space) => expectAsAlone(crew, space, { payload: true }),
      );
    rmSync(path);
  });
});

/** No file behind it: everything is read in this thread, by turns. */
const inMemory = (regime: Regime, memory: Memory, options: CrewOptions = {}, tamper?: Tamper) => {
  const space = { candidate: { name: 'it', regime } as Candidate, memory };
  const start = inProcess({ image: { remarks: [] }, spaces: new Map([['it', space]]) }, tamper);
  return { space, crew: new Crew({} as Recipe, { threads: 3, worth: 1, start, ...options }) };
};
type Tamper = Parameters<typeof inProcess>[1];

describe('random trees', () => {
  test.each(Object.entries(DIALECTS))('%s', async (_, { regime, ...words }) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), walkOptions, async (seed, options) => {
        const memory = tree({ regime, ...words }, seed);
        const { crew, space } = inMemory(regime, memory);
        const given = { ...options, maxTables: options.maxTables ?? 300 };
        expectSame(await crew.walk(space, given), walk(regime, memory, given));
        expect(await crew.summarise(space)).toEqual(summarise(regime, memory));
        crew.close();
      }),
      { numRuns: 8 },
    );
  });
});

describe('a thousand leaf tables', () => {
  const { regime } = DIALECTS['stage 2, 4K'] as Dialect;
  const memory = manyTables(1000);
  const alone = walk(regime, memory);
  const totals = summarise(regime, memory);

  test('others do some of the work, and tasks end in order', async () => {
    let delivered = 0;
    const counting: Tamper = port => ({
      on: (event, listener) => port.on(event, listener),
      postMessage(answer, transfer) {
        if (answer.is === 'result') delivered++;
        port.postMessage(answer, transfer);
      },
    });
    const { crew, space } = inMemory(regime, memory, {}, counting);
    expectSame(await crew.walk(space), alone);
    expect(await crew.summarise(space)).toEqual(totals);
    expect(delivered).toBeGreaterThan(10);
    crew.close();
  });

  const tampers: Readonly<Record<string, Tamper>> = {
    'one that dies after its second result': (port, die) => {
      let results = 0;
      return {
        on: (event, listener) => port.on(event, listener),
        postMessage(answer, transfer) {
          if (results < 2) port.postMessage(answer, transfer);
          if (++results === 2) die();
        },
      };
    },
    'one that dies at once': (port, die) => {
      die();
      return port;
    },
    'one that never answers a task it took, and then fails': port => ({
      on: (event, listener) => port.on(event, listener),
      postMessage: answer =>
        port.postMessage({ is: 'failed', job: answer.job, why: 'for a test' } satisfies Answer),
    }),
  };
  test.each(Object.entries(tampers))('%s', async (_, tamper) => {
    const { crew, space } = inMemory(regime, memory, {}, tamper);
    expectSame(await crew.walk(space), alone);
    expect(await crew.summarise(space)).toEqual(totals);
    expectSame(await crew.walk(space), alone); // and again, with whoever is left
    crew.close();
  });

  test('no thread can be started', async () => {
    const { crew, space } = inMemory(regime, memory, {
      start: () => {
        throw new Error('no threads here');
      },
    });
    expectSame(await crew.walk(space), alone);
    crew.close();
  });

  test('more ranges than are kept: the exact walker answers', async () => {
    const { crew, space } = inMemory(regime, memory);
    const { length } = alone.leaves;
    for (const maxRanges of [1, length - 1, length]) {
      const given = await crew.walk(space, { maxRanges });
      expectSame(given, walk(regime, memory, { maxRanges }));
      expect(given.stopped === undefined).toBe(maxRanges === length);
    }
    crew.close();
  });

  test('below the size that pays, nobody is called', async () => {
    const start = (): never => {
      throw new Error('called');
    };
    const { crew, space } = inMemory(regime, memory, { worth: 5000, start });
    expectSame(await crew.walk(space), alone);
    crew.close();
  });
});

describe('real threads', () => {
  test('they do some of the work', async () => {
    let results = 0;
    const start: StartThread = (recipe, listener) =>
      real(recipe, {
        ...listener,
        answer(answer) {
          if (answer.is === 'result') results++;
          listener.answer(answer);
        },
      });
    await withCrew(
      recipeOf(manyTables(1000), 'e.elf'),
      () => ({ start, threads: 3 }),
      async (crew, space) => {
        const alone = walk(space.candidate.regime, space.memory);
        for (let i = 0; i < 200 && results < 20; i++) expectSame(await crew.walk(space), alone);
      },
    );
    expect(results).toBeGreaterThanOrEqual(20);
  });

  test('a worker that cannot be loaded', async () => {
    const start = startWorker(pathToFileURL(join(folder, 'no-such-worker.cjs')));
    await withCrew(recipeOf(manyTables(300), 'a.elf'), () => ({ start }), expectAsAlone);
  });

  test('a worker that throws while it starts, and one that exits in the middle', async () => {
    for (const text of ["throw new Error('not today')", 'setTimeout(() => process.exit(3), 20)']) {
      const file = join(folder, 'bad-worker.cjs');
      writeFileSync(file, text);
      const start = startWorker(pathToFileURL(file));
      await withCrew(recipeOf(manyTables(300), 'b.elf'), () => ({ start }), expectAsAlone);
    }
  });

  test('an image that only the program could open', async () => {
    const recipe = recipeOf(manyTables(300), 'c.elf');
    const gone = { ...recipe, path: join(folder, 'gone.elf') };
    const image = await openRecipe(recipe);
    const crew = new Crew(gone, { threads: 2, worth: 1, start: real });
    for (const space of spacesOfRecipe(recipe, image).values()) await expectAsAlone(crew, space);
    crew.close();
    image.close();
  });

  test('damaged pages: remarked on as without workers', async () => {
    const memory = manyTables(300);
    const recipe = recipeOf(memory, 'd.kdump');
    const bytes = kdump(memory, { machine: 'aarch64' });
    for (let i = 0; i < 5; i++)
      bytes.fill(0x55, bytes.length - 4000 - 9000 * i, bytes.length - 3900 - 9000 * i);
    writeFileSync(recipe.path, bytes);
    const sentences = async (use: (space: Space) => Promise<unknown>): Promise<string[]> => {
      const image = await openRecipe(recipe);
      for (const space of spacesOfRecipe(recipe, image).values()) await use(space);
      const texts = image.remarks.map(({ text }) => text).sort();
      image.close();
      return texts;
    };
    const wanted = await sentences(async ({ candidate, memory }) => walk(candidate.regime, memory));
    expect(wanted.length).toBeGreaterThan(2);
    for (const threads of [2, 3]) {
      const crew = new Crew(recipe, { threads, worth: 1, start: real });
      expect(await sentences(space => crew.walk(space))).toEqual(wanted);
      crew.close();
    }
  });
});
