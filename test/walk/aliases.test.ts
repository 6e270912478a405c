/** Every way to a page, against other programs' maps and against a search of every record. */
import { describe, expect, test } from 'vitest';
import { candidatesOfAll } from '../../src/arch/walks.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import { AliasIndex, LISTED } from '../../src/walk/aliases.ts';
import { outputOf } from '../../src/walk/filter.ts';
import { type MapRecord, mapOf, mapRecords } from '../../src/walk/map.ts';
import { type Space, spacesOf } from '../../src/walk/space.ts';
import { fixtureLines, fixtureText, openFixture } from '../support/fixtures.ts';
import { SEED } from '../support/seed.ts';
import { random } from '../support/trees.ts';

interface Line {
  readonly va: string;
  readonly pa?: string;
  readonly size: string;
  readonly notPresent?: unknown;
}

async function spaces(folder: string, registers: string, architecture: string) {
  const image = await openFixture(`real/${folder}/sparse.elf`);
  const { cpus } = parseRegisters(fixtureText(`real/${folder}/${registers}`));
  return { image, spaces: spacesOf(candidatesOfAll(cpus, architecture).found, image.space) };
}
const named = (all: readonly Space[], name: string): Space =>
  all.find(({ candidate }) => candidate.name === name) as Space;

describe('the ways that an independent walker saw', () => {
  test.each(['x86/qemu-4level-160m', 'x86/qemu-32bit-192m', 'x86/bochs-types-224m'])('%s', async folder => {
    const { image, spaces: all } = await spaces(folder, 'regs.json', 'x86');
    const index = new AliasIndex(mapOf(named(all, 'paging'), image.space), image.space);
    const leaves = [...fixtureLines<Line>(`real/${folder}/map-cpu0.jsonl`)]
      .filter(({ pa, notPresent }) => pa !== undefined && notPresent === undefined)
      .map(({ va, pa, size }) => ({ va: BigInt(va), pa: BigInt(pa as string), size: BigInt(size) }));
    const next = random(SEED + 7);
    for (let n = 0; n < 40; n++) {
      const { pa, size } = leaves[next(leaves.length)] as (typeof leaves)[number];
      const address = pa + (BigInt(next(2 ** 30)) % size);
      const wanted = leaves
        .filter(leaf => leaf.pa <= address && address < leaf.pa + leaf.size)
        .map(leaf => leaf.va + address - leaf.pa);
      wanted.sort((a, b) => (a < b ? -1 : 1));
      const found = index.find(address);
      const count = found.reduce((sum, alias) => sum + alias.count, 0);
      expect(count).toBe(wanted.length);
      expect(found[0]?.input).toBe(wanted[0]);
      for (const { input, last, answer } of found) {
        expect(answer.output).toBe(address);
        expect(wanted).toContain(input);
        if (last !== undefined) expect(wanted).toContain(last);
      }
      if (wanted.length < 100) expect(index.find(address, true).map(({ input }) => input)).toEqual(wanted);
    }
    image.close();
  });
});

test('the aliases of the espfix area are one line', async () => {
  const { image, spaces: all } = await spaces('x86/qemu-4level-160m', 'regs.json', 'x86');
  const index = new AliasIndex(mapOf(named(all, 'paging'), image.space), image.space);
  const [direct, espfix, ...more] = index.find(0x4856123n);
  expect(more).toEqual([]);
  expect(direct).toMatchObject({ input: 0xffff888004856123n, count: 1 });
  expect(direct).not.toHaveProperty('last');
  expect(espfix).toMatchObject({
    input: 0xffffff7f0000b123n,
    last: 0xffffff7fffffb123n,
    count: 65536,
    stride: 0x10000n,
  });
  expect(espfix?.answer.perm).toBe('sr--');
  image.close();
});

describe('two stages, against every record of the map', () => {
  const guests = [
    ['arm64/max-vhe-fwb', 'registers.json', 'arm64', 'cpu0.el1.ttbr0'],
    ['x86/bochs-ept-256m', 'regs.json', 'x86', 'guest'],
    ['x86/qemu-npt-256m', 'regs.json', 'x86', 'guest'],
  ] as const;
  test.each(guests)('%s', async (folder, registers, architecture, name) => {
    const { image, spaces: all } = await spaces(folder, registers, architecture);
    const space = named(all, name);
    const index = new AliasIndex(mapOf(space, image.space), image.space);
    const records: (MapRecord & { start: bigint; end: bigint })[] = [];
    for (const record of mapRecords(index.map, space.candidate.rules)) {
      const start = outputOf(record);
      if (start !== undefined) records.push({ ...record, start, end: start + BigInt(record.size) });
    }
    const next = random(SEED + 11);
    for (let n = 0; n < 60; n++) {
      const some = records[next(records.length)] as (typeof records)[number];
      const address = some.start + (BigInt(next(2 ** 30)) % (some.end - some.start));
      const wanted = records
        .filter(({ start, end }) => start <= address && address < end)
        .map(record => ({
          input: BigInt(record.va as string) + address - record.start,
          perm: record.perm,
          type: record.type,
          pageSize: BigInt(record.pageSize),
        }))
        .sort((a, b) => (a.input < b.input ? -1 : 1));
      const found = index.find(address, true).map(({ input, answer }) => ({
        input,
        perm: answer.perm,
        type: answer.effective?.type,
        pageSize: BigInt(answer.pageSize as number),
      }));
      expect(found).toEqual(wanted);
      const folded = index.find(address);
      expect(folded.reduce((sum, { count }) => sum + count, 0)).toBe(found.length);
      for (const { count } of folded) if (count > 1) expect(count).toBeGreaterThan(LISTED);
    }
    image.close();
  });
});
