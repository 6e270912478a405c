/** `memattr bench`: what is measured, what is refused, what is printed. No test looks at a time. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test, vi } from 'vitest';
import { ORDERS, SHAPES } from '../../src/bench/shapes.ts';
import { BRIEF, GROUPS, suite } from '../../src/bench/suite.ts';
import { refuseTooMuch } from '../../src/cli/run/bench-args.ts';
import { jsonLines, memattr } from './harness.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const validate = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync(path('docs/schemas/bench.schema.json'), 'utf8')),
);

interface Record {
  readonly is: string;
  readonly work: string;
  readonly on: string;
  readonly entries: number;
  readonly typescript?: object;
  readonly kernels?: string;
  readonly what?: string;
}

const bench = (...args: string[]) => memattr(['bench', '--rounds', '1', ...args]);
const small = ['--entries', '4Ki'];

/** Records that all keep the schema. */
async function records(...args: string[]): Promise<Record[]> {
  const { out, status, err } = await bench(...args, '--json');
  expect(status, err).toBe(0);
  const lines = jsonLines<Record>(out);
  for (const line of lines) {
    validate(line);
    expect(validate.errors ?? [], JSON.stringify(line)).toEqual([]);
  }
  return lines;
}
const results = async (...args: string[]): Promise<Record[]> =>
  (await records(...args)).filter(({ is }) => is === 'result');
const titles = (rows: readonly Record[]): string[] => rows.map(({ work, on }) => `${work}: ${on}`);

describe('what is measured', () => {
  test('without arguments: every work, one after the other, after the machine and first calls', async () => {
    const all = await records(...small);
    expect(all.map(({ is }) => is).filter((is, i, list) => is !== list[i - 1])).toEqual([
      'machine',
      'cold',
      'result',
    ]);
    const rows = all.filter(({ is }) => is === 'result');
    expect(rows.map(({ work }) => work)).toEqual(BRIEF.map(({ group }) => group));
    expect(new Set(rows.map(({ work }) => work))).toEqual(new Set(GROUPS));
    for (const { work, typescript } of rows) expect(typescript !== undefined, work).toBe(work !== 'read');
  });

  for (const shape of SHAPES)
    for (const [option, order] of [
      ['in-order', 'in order'],
      ['shuffled', 'shuffled'],
    ] as const)
      test(`${shape}, ${order}`, async () => {
        const rows = await results(...small, '--shape', shape, '--order', option);
        expect(titles(rows)).toEqual([
          'read: words, summed',
          `flat: arm64 stage 2, ${shape}`,
          `flat: x86 EPT, ${shape}`,
          `flat: x86 page and PAT, ${shape}`,
          `histogram: arm64 stage 2, ${shape}`,
          `walk: ${shape}, ${order}`,
          `nested: ${shape}, both stages`,
          `lookups: ${shape}, random addresses`,
          'text: hex, 16-digit words',
        ]);
      });

  test('a choice of works has all of their shapes and orders', async () => {
    expect(titles(await results(...small, '--only', 'walk'))).toEqual(
      SHAPES.flatMap(shape => ORDERS.map(order => `walk: ${shape}, ${order}`)),
    );
    expect(await results(...small, '--only', 'all')).toHaveLength(suite().length);
    expect(titles(await results(...small, '--only', 'nested,text', '--shape', 'runs,worst'))).toEqual([
      'nested: runs, both stages',
      'nested: worst, both stages',
      'text: hex, 16-digit words',
    ]);
  });

  test('as many entries as asked for', async () => {
    for (const [text, entries] of [
      ['4Ki', 4096],
      ['5k', 5000],
      ['1_024', 1024],
      ['1.5Ki', 1536],
    ] as const)
      expect(await results('--entries', text, '--only', 'flat', '--shape', 'mixed')).toMatchObject(
        Array(3).fill({ entries, bytes: 8 * entries }),
      );
  });

  test('where there is no WebAssembly the kernels are TypeScript, and nothing stands beside them', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    try {
      const all = await records(...small, '--only', 'flat,walk,text');
      expect(all[0]).toMatchObject({ is: 'machine', kernels: 'typescript' });
      for (const { typescript } of all) expect(typescript).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('a dump', () => {
  const dump = path('fixtures/real/arm64/max-vhe-fwb/sparse.elf.zst');
  const registers = path('fixtures/real/arm64/max-vhe-fwb/registers.json');

  test('its file, and every translation walked and counted', async () => {
    const root = ['--root', 'cpu0.stage2,cpu0.el2.ttbr1'];
    const all = await records(dump, '-r', registers, ...root);
    expect(all[0]).toMatchObject({ is: 'machine', dump, format: 'elf-core' });
    const rows = all.filter(({ is }) => is === 'result');
    expect(rows.map(({ work, on }) => `${work} ${on.split(',')[0]}`)).toEqual([
      'read the file',
      'walk cpu0.stage2',
      'summary cpu0.stage2',
      'walk cpu0.el2.ttbr1',
      'summary cpu0.el2.ttbr1',
    ]);
    expect(rows.map(({ typescript }) => typescript !== undefined)).toEqual([false, true, false, true, false]);
    const only = await results(dump, '-r', registers, ...root, '--only', 'summary');
    expect(new Set(only.map(({ work }) => work))).toEqual(new Set(['summary']));
  });

  test('entries of four bytes, which only the exact walker reads', async () => {
    const linux = path('fixtures/real/x86/qemu-32bit-192m');
    const rows = await results(`${linux}/sparse.elf.zst`, '-r', `${linux}/regs.json`, '--only', 'walk');
    for (const { typescript } of rows) expect(typescript).toBeUndefined();
    expect(rows.length).toBeGreaterThan(0);
  });

  test('tables that the second stage hides: every walker knows them, and nothing is missing', async () => {
    const { status, out, err } = await bench(dump, '-r', registers, '--root', 'cpu1.el1.ttbr1', '--json');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(jsonLines<Record>(out).filter(({ is }) => is === 'result')).toHaveLength(3);
  });

  test('a root that is not in the dump: nothing to walk', async () => {
    const linux = path('fixtures/real/arm64-linux-6.18/nofwb-nvhe');
    const args = [`${linux}.elf.gz`, '-r', `${linux}.registers.json`, '--root', 'el2', '--json'];
    const { status, out, err } = await bench(...args);
    expect(status).toBe(3);
    expect(err).toContain('el2: a table is not in the image');
    expect(jsonLines<Record>(out).filter(({ is }) => is === 'result')).toMatchObject([{ work: 'read' }]);
  });
});

describe('what is printed', () => {
  test('a table that fits its terminal, headed by the machine', async () => {
    const { out, status } = await memattr(['bench', '--rounds', '1', ...small], { columns: 100 });
    expect(status).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toContain(`Node ${process.version}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is
    for (const line of lines) expect(line.replace(/\u001b\[\d+m/g, '').length).toBeLessThanOrEqual(100);
    expect(out).toContain('entries/s');
  });
  test('CSV and Markdown hold the same rows', async () => {
    const args = [...small, '--only', 'walk', '--shape', 'mixed', '--order', 'shuffled'];
    const csv = (await bench(...args, '--output', 'csv')).out.trimEnd().split('\r\n');
    expect(csv).toHaveLength(2);
    expect(csv[1]).toMatch(/^walk,"mixed, shuffled",/);
    const markdown = (await bench(...args, '--output', 'markdown')).out.trimEnd().split('\n');
    expect(markdown).toHaveLength(3);
    expect(markdown[2]).toMatch(/^\| walk \| mixed, shuffled \|/);
  });
});

describe('refused', () => {
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [
      ['--entries', 'many'],
      "--entries takes a number from 512 on, such as 100k, 4M or 64Ki, 4Mi (powers of two), not 'many'",
    ],
    [['--entries', '511'], '--entries takes a number from 512 on'],
    [['--entries', '4Xi'], '--entries takes a number'],
    [['--entries=-4Mi'], '--entries takes a number'],
    [['--entries', '1Gi'], 'read needs 8 GiB of the kernels’ memory, which has 4 GiB; --entries 511Mi fits'],
    [
      ['--entries', '200Mi', '--only', 'lookups'],
      'lookups has trees of at most 128 Mi entries; --entries 128Mi fits',
    ],
    [['--rounds', '0'], "--rounds takes a number from 1 to 1000, not '0'"],
    [['--rounds', '1e3'], '--rounds takes a number'],
    [['--only', 'wlak'], "not 'wlak'; did you mean 'walk'?"],
    [['--only', 'summary'], '--only takes read, flat, histogram'],
    [['--shape', 'good'], "--shape takes runs, mixed, worst or all, not 'good'"],
    [['--order', 'up'], '--order takes in-order, shuffled'],
    [['--registers', 'vm.json'], '--registers is for a dump: memattr bench DUMP --registers …'],
    [['--reg', 'CR4=1'], '--reg is for a dump'],
    [['vm.elf', '--shape', 'runs'], '--shape is for synthetic data, not for a dump'],
    [['vm.elf', '--only', 'flat'], '--only takes read, walk, summary or all'],
  ];
  for (const [args, says] of cases)
    test(args.join(' '), async () => {
      const { status, out, err } = await memattr(['bench', ...args]);
      expect(err).toContain(says);
      expect({ status, out }).toEqual({ status: 2, out: '' });
    });

  test('what does not fit in the memory that is free', () => {
    const walk = suite({ groups: ['walk'] });
    expect(() => refuseTooMuch('4Mi', 2 ** 22, walk, 2 ** 30)).not.toThrow();
    expect(() => refuseTooMuch('64Mi', 2 ** 26, walk, 2 ** 30)).toThrow(
      '--entries 64Mi: walk takes about 8.87 GiB, 1 GiB are free; --entries 7Mi fits',
    );
    expect(() => refuseTooMuch('7Mi', 7 * 2 ** 20, walk, 2 ** 30)).not.toThrow();
  });
});
