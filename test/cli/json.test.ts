/** Real output against docs/schemas. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families } from '../../src/arch/families.ts';
import { hexWord } from '../../src/bits/word.ts';
import { SCHEMA } from '../../src/report/records.ts';
import { jsonLines, memattr } from './harness.ts';

const folder = new URL('../../docs/schemas/', import.meta.url);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const schemas = new Map(
  readdirSync(folder).map(name => {
    const schema = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    return [schema.title as string, ajv.compile(schema)];
  }),
);

/** Every line is a record of this schema. */
async function records(args: readonly string[], schema: string): Promise<Record<string, unknown>[]> {
  const { out, err } = await memattr([...args, '--json']);
  const lines = jsonLines(out);
  expect(lines.length, err).toBeGreaterThan(0);
  const validate = schemas.get(schema);
  for (const line of lines) {
    expect(line.schema).toBe(schema);
    expect(validate?.(line) ? [] : validate?.errors, JSON.stringify(line)).toEqual([]);
  }
  return lines;
}

test('every record has a schema, and docs/json.md speaks of it', () => {
  expect([...schemas.keys()].sort()).toEqual(Object.values(SCHEMA).sort());
  const text = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  for (const name of Object.values(SCHEMA)) expect(text).toContain(name);
});

test('a schema refuses what is wrong', async () => {
  const [record = {}] = await records(['decode', '0x3', '--as', 'stage2'], SCHEMA.decode);
  const validate = schemas.get(SCHEMA.decode);
  for (const wrong of [
    { ...record, raw: 3 },
    { ...record, raw: '0x3' },
    { ...record, fields: { x: 1.5 } },
    { ...record, findings: [{ id: 'x' }] },
    { ...record, kind: undefined },
    { ...record, schema: 'memattr.decode/2' },
  ])
    expect(validate?.(JSON.parse(JSON.stringify(wrong))), JSON.stringify(wrong)).toBe(false);
});

describe('decode, under every layout of every format', () => {
  for (const family of families)
    test(family.id, async () => {
      const variants = family.variants();
      await fc.assert(
        fc.asyncProperty(
          fc.bigInt(0n, (1n << 64n) - 1n),
          fc.constantFrom(...variants),
          async (word, { settings }) => {
            const pairs = Object.entries(settings).map(
              ([key, value]) => `${key}=${typeof value === 'bigint' ? `0x${value.toString(16)}` : value}`,
            );
            const set = pairs.length > 0 ? ['--set', pairs.join(',')] : [];
            await records(['decode', hexWord(word), '--as', family.id, ...set], SCHEMA.decode);
          },
        ),
        { numRuns: 40 },
      );
    });
});

test('decode without a format', async () => {
  for (const word of [
    '0x0',
    '0x00400000090107c7',
    '0x8000000107c7c867',
    '0xffffffffffffffff',
    '0x0000000107c7cf77',
  ])
    await records(['decode', word], SCHEMA.decode);
});

test('encode', async () => {
  await records(['encode', 'stage2', 'oa=0x9010000', 'memAttr=1'], SCHEMA.encode);
  await records(['encode', 'mtrr', '--map', '0-0xbfffffff=WB'], SCHEMA.mtrr);
});

describe('formats', () => {
  test('the list', async () => {
    expect(await records(['formats'], SCHEMA.format)).toHaveLength(families.length);
    await records(['reg'], SCHEMA.format);
  });
  for (const { id } of families)
    test(id, () =>
      records(['formats', id, '--variants'], SCHEMA.format).then(lines => expect(lines).toHaveLength(1)),
    );
});

describe('effective', () => {
  test.each([
    ['arm64', '--s1', 'nGnRE', '--s2', 'wb', '--fwb'],
    ['arm64', '--mair', '0x40', '--without', 'xs'],
    ['arm64', '--s1', 'wb', '--s2', '0x4'],
    ['x86', '--pat', 'wc', '--ept', '7'],
    ['x86', '--pat', 'UC-', '--mtrr', 'WB+WC'],
  ])('%s %s %s', async (...args) => {
    expect(await records(['effective', ...args], SCHEMA.effective)).toHaveLength(1);
  });
  test('tables and properties', async () => {
    await records(['effective', '--table', 'all'], SCHEMA.matrix);
    await records(['effective', '--properties'], SCHEMA.properties);
  });
});

describe('two stages', () => {
  const path = (name: string): string =>
    fileURLToPath(new URL(`../../fixtures/real/${name}`, import.meta.url));
  const guests = [
    ['arm64/max-vhe-fwb', 'registers.json', ['--cpu', '0', '--root', 'el1.ttbr1'], '0xffff000010001000'],
    ['x86/bochs-ept-256m', 'regs.json', ['--root', 'guest'], '0x113800000123'],
    ['x86/qemu-npt-256m', 'regs.json', ['--root', 'guest'], '0x108a000ae018'],
  ] as const;
  test.each(guests)('%s', async (folder, registers, root, address) => {
    const dump = [path(`${folder}/sparse.elf.zst`), '--registers', path(`${folder}/${registers}`), ...root];
    await records(['walk', ...dump, '--limit', '500'], SCHEMA.nested);
    const [answer] = await records(['translate', ...dump, address], SCHEMA.translate);
    expect(answer).toMatchObject({ outcome: 'mapped', certain: expect.any(Boolean) });
    await records(['translate', ...dump, '0xdead00000000'], SCHEMA.translate);
    const pa = (answer as { pa: string }).pa;
    for (const options of [[], ['--all']])
      expect((await records(['rmap', ...dump, pa, ...options], SCHEMA.rmap))[0]).toMatchObject({
        pa,
        s1: {},
        s2: {},
      });
    await records(['rmap', ...dump, '0xdeadb000'], SCHEMA.rmap);
    await records(['roots', ...dump.slice(0, 3), '--above', '0'], SCHEMA.roots);
  });
});

test('diff: two processes, two virtual machines through both stages, a text', async () => {
  const path = (name: string): string =>
    fileURLToPath(new URL(`../../fixtures/real/${name}`, import.meta.url));
  const linux = [
    path('x86/qemu-32bit-192m/sparse.elf.zst'),
    '--registers',
    path('x86/qemu-32bit-192m/regs.json'),
  ];
  const found = await records(
    ['diff', ...linux, '--root-a', 'CR3=0x1cf6000', '--root-b', 'CR3=0x1d12000'],
    SCHEMA.diff,
  );
  expect(new Set(found.map(({ change }) => change)).size).toBeGreaterThan(1);
  const vms = [
    path('arm64/max-vhe-fwb/sparse.elf.zst'),
    '--registers',
    path('arm64/max-vhe-fwb/registers.json'),
  ];
  await records(['diff', ...vms, '--root-a', 'cpu0.el1.ttbr0', '--root-b', 'cpu2.el1.ttbr0'], SCHEMA.diff);
  const name = path('arm64-linux-6.18/fwb-dic-vhe-64k-ipa52');
  const text = ['diff', `${name}.elf.gz`, `${name}.console.txt`, '--registers', `${name}.registers.json`];
  await records(text, SCHEMA.diff);
});

describe('walk', () => {
  const dumps = [
    'real/arm64-linux-6.18/nofwb-nvhe',
    'real/arm64-linux-6.18/fwb-dic-vhe-64k-ipa52',
    'real/x86-linux-6.18/intel-default-384m',
    'real/x86-linux-6.18/amd-default-384m',
  ];
  for (const dump of dumps)
    test(dump, async () => {
      const path = fileURLToPath(new URL(`../../fixtures/${dump}`, import.meta.url));
      const args = ['walk', `${path}.elf.gz`, '--registers', `${path}.registers.json`, '--root', 'all'];
      await records([...args, '--payload'], SCHEMA.walk);
      await records([...args, '--summary'], SCHEMA.summary);
      const [range = {}] = await records([...args, '--limit', '1'], SCHEMA.walk);
      await records(['rmap', ...args.slice(1), `${range.pa}`], SCHEMA.rmap);
    });
});
