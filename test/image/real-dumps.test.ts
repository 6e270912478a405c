/** Real dumps against what other programs read in them: every leaf entry at its physical place, every root, every count. */
import { describe, expect, test } from 'vitest';
import { heldPages, readWord64 } from '../../src/image/address-space.ts';
import { fixtureJson, fixtureLines, fixtureNames, openFixture } from '../support/fixtures.ts';

interface Entry {
  readonly at?: string;
  readonly entry?: string;
  readonly raw?: string;
}

/** Pages and segments as the tools that cut the dumps counted them. */
const X86: Record<string, { pages: number; runs: number; machine: string }> = {
  'bochs-ept-256m': { pages: 247, runs: 87, machine: 'x86-64' },
  'bochs-types-224m': { pages: 183, runs: 64, machine: 'x86-64' },
  'bochs-types-mtrr-240m': { pages: 181, runs: 61, machine: 'x86-64' },
  'qemu-32bit-192m': { pages: 79, runs: 56, machine: 'i386' },
  'qemu-4level-120m-full': { pages: 273, runs: 85, machine: 'x86-64' },
  'qemu-4level-160m': { pages: 279, runs: 86, machine: 'x86-64' },
  'qemu-4level-kaslr-pti-512m': { pages: 284, runs: 83, machine: 'x86-64' },
  'qemu-npt-256m': { pages: 233, runs: 66, machine: 'x86-64' },
  'qemu-npt-inside-l2-288m': { pages: 241, runs: 62, machine: 'x86-64' },
};

describe.each(Object.entries(X86))('x86/%s', (name, facts) => {
  const folder = `real/x86/${name}`;

  test('holds the pages that were put in', async () => {
    const image = await openFixture(`${folder}/sparse.elf`);
    expect(image.format).toBe('elf-core');
    expect(image.remarks).toEqual([]);
    expect(heldPages(image.space)).toBe(facts.pages);
    expect(image.space.ranges.length).toBe(facts.runs);
    expect(image.notes.machine).toBe(facts.machine);
    image.close();
  });

  test('notes hold the control registers', async () => {
    const image = await openFixture(`${folder}/sparse.elf`);
    const [cpu] = fixtureJson<{ cpus: Record<string, string>[] }>(`${folder}/regs.json`).cpus;
    const registers = image.notes.cpus[0]?.registers;
    for (const key of ['CR0', 'CR3', 'CR4']) {
      // Stopped inside the level-2 guest: the emulator's CPU, and so the note, holds the guest's registers, regs.json the host's.
      if (name === 'qemu-npt-inside-l2-288m') expect(registers?.CR3).toBe(0x10000n);
      else expect(registers?.[key], key).toBe(BigInt(cpu?.[key] as string));
    }
    expect(image.notes.vmcoreinfo?.startsWith('OSRELEASE=6.1.0-50') ?? false).toBe(name.startsWith('qemu'));
    image.close();
  });

  test('every leaf entry stands at its place', async () => {
    const image = await openFixture(`${folder}/sparse.elf`);
    const oracles = fixtureNames(folder).filter(file => /^(map-.*|npt|ept)\.jsonl$/.test(file));
    expect(oracles.length).toBeGreaterThan(0);
    let compared = 0;
    for (const oracle of oracles)
      for (const { at, entry } of fixtureLines<Entry>(`${folder}/${oracle}`)) {
        const place = BigInt(at as string);
        const word = readWord64(image.space, place);
        const half = (place & 4n) !== 0n;
        // Two-level tables have 32-bit entries; an upper half is the other entry of the pair.
        const found = facts.machine === 'i386' ? (word as bigint) >> (half ? 32n : 0n) : word;
        const want = BigInt(entry as string);
        if ((facts.machine === 'i386' ? (found as bigint) & 0xffff_ffffn : found) !== want)
          expect.fail(`${oracle}: at ${at} stands ${found?.toString(16)}, not ${entry}`);
        compared++;
      }
    expect(compared).toBeGreaterThan(50);
    image.close();
  });
});

describe.each(['intel-default-384m', 'amd-default-384m'])('x86-linux-6.18/%s', name => {
  test('every leaf entry stands at its place, and the note holds CR3', async () => {
    const image = await openFixture(`real/x86-linux-6.18/${name}.elf`);
    expect(image.compression).toEqual(['gzip']);
    expect(image.remarks).toEqual([]);
    const { cpu } = fixtureJson<{ cpu: Record<string, string> }>(
      `real/x86-linux-6.18/${name}.registers.json`,
    );
    expect(image.notes.cpus[0]?.registers.CR3).toBe(BigInt(cpu.CR3 as string));
    let compared = 0;
    for (const { at, raw } of fixtureLines<Entry>(`real/x86-linux-6.18/${name}.leaves.jsonl`)) {
      if (readWord64(image.space, BigInt(at as string)) !== BigInt(raw as string))
        expect.fail(`${at} is not ${raw}`);
      compared++;
    }
    expect(compared).toBeGreaterThan(500);
    image.close();
  });
});

describe.each(['max-vhe-fwb', 'max-nvhe-fwb', 'a57-nvhe-nofwb'])('arm64/%s', name => {
  const folder = `real/arm64/${name}`;

  test('every table page is there, and every leaf descriptor is in one of them', async () => {
    const image = await openFixture(`${folder}/sparse.elf`);
    expect(image.remarks).toEqual([]);
    expect(image.notes.machine).toBe('arm64');
    const words = new Set<bigint>();
    let tables = 0;
    for (const { pa } of fixtureLines<{ pa: string }>(`${folder}/tables.jsonl`)) {
      const page = image.space.page(Number(BigInt(pa) >> 12n));
      if (page === undefined) expect.fail(`table page ${pa} is missing`);
      for (const word of new BigUint64Array(page.buffer, page.byteOffset, 512)) words.add(word);
      tables++;
    }
    expect(tables).toBeGreaterThan(500);
    const raws = [`${folder}/leaves.jsonl`, `${folder}/invalid-nonzero.jsonl`].flatMap(file => [
      ...fixtureLines<Entry>(file),
    ]);
    expect(raws.length).toBeGreaterThan(1000);
    expect(raws.filter(({ raw }) => !words.has(BigInt(raw as string)))).toEqual([]);
    image.close();
  });

  test('notes hold the general registers of all four CPUs', async () => {
    const image = await openFixture(`${folder}/sparse.elf`);
    const { cpus } = fixtureJson<{ cpus: Record<string, string>[] }>(`${folder}/registers.json`);
    expect(image.notes.cpus.map(({ cpu, from }) => [cpu, ...from])).toEqual(
      cpus.map((_, i) => [i, 'NT_PRSTATUS']),
    );
    image.notes.cpus.forEach(({ registers }, i) => {
      for (const [key, value] of Object.entries(registers))
        expect(value, `cpu${i} ${key}`).toBe(BigInt(cpus[i]?.[key] as string));
    });
    expect(image.notes.vmcoreinfo).toMatch(/^SYMBOL\(swapper_pg_dir\)=ffff/m);
    image.close();
  });
});

test.each([
  ['fwb-dic-vhe', 329],
  ['fwb-dic-vhe-64k-ipa52', 294],
  ['nofwb-nvhe', 16],
] as const)(
  'arm64-linux-6.18/%s: %i pages, every stage-2 leaf descriptor among them',
  async (name, pages) => {
    const image = await openFixture(`real/arm64-linux-6.18/${name}.elf`);
    expect(image.remarks).toEqual([]);
    expect(heldPages(image.space)).toBe(pages);
    const words = new Set<bigint>();
    for (const { frame, end } of image.space.ranges)
      for (let at = frame; at < end; at++) {
        const page = image.space.page(at) as Uint32Array;
        for (const word of new BigUint64Array(page.buffer, page.byteOffset, 512)) words.add(word);
      }
    const leaves = [...fixtureLines<Entry>(`real/arm64-linux-6.18/${name}.leaves.jsonl`)];
    expect(leaves.length).toBeGreaterThan(10);
    expect(leaves.filter(({ raw }) => !words.has(BigInt(raw as string)))).toEqual([]);
    image.close();
  },
);
