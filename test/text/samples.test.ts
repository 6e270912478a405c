import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { detect } from '../../src/text/detect.ts';
import { linesOf } from '../../src/text/lines.ts';
import type { Entry, Item, Range, Source } from '../../src/text/model.ts';
import { type Collected, readText } from '../../src/text/read.ts';
import { jsonl, sample, samples } from './samples.ts';

const of = <K extends Item['is']>(items: readonly Item[], is: K): Extract<Item, { is: K }>[] =>
  items.filter((item): item is Extract<Item, { is: K }> => item.is === is);
/** Each capture is read once. */
const read = new Map<string, Collected>();
const reading = (path: string): Collected => {
  const there = read.get(path) ?? readText(sample(path));
  read.set(path, there);
  return there;
};
const byGroup = (entries: readonly (Entry & Source)[]): Map<number, (Entry & Source)[]> => {
  const out = new Map<number, (Entry & Source)[]>();
  for (const entry of entries) out.set(entry.group, [...(out.get(entry.group) ?? []), entry]);
  return out;
};
const hex = (value: bigint | undefined): string => (value === undefined ? '-' : value.toString(16));

describe('every capture is recognised as what it is', () => {
  test.each(samples)('%s is %s', (path, id, ...others) => {
    const text = sample(path);
    const ranking = detect([...linesOf(text.slice(0, 64 * 1024))]);
    expect(ranking[0]?.recogniser.id).toBe(id);
    const { parts, dropped } = reading(path);
    expect(dropped).toBe(0);
    const giving = parts.filter(({ items }) => items > 0).map(one => one.id);
    expect(giving.toSorted()).toEqual([id, ...others].toSorted());
  });

  test('no capture is left out', () => {
    const folder = new URL('../../fixtures/text/', import.meta.url);
    const texts = readdirSync(folder, { recursive: true })
      .map(String)
      .filter(path => /\.txt(?:\.gz)?$|registers\.json\.gz$/.test(path));
    expect(texts.toSorted()).toEqual(samples.map(([path]) => path).toSorted());
  });
});

describe('arm64 oopses: the entries that stood in memory just before', () => {
  interface Case {
    kind: string;
    va: string;
    table_root: string;
    descriptors_read_from_memory_before: string[];
  }
  test.each(['oops-a57', 'oops-a57-null', 'oops-max-user'])('%s', name => {
    const { items } = reading(`arm64/${name}.txt`);
    const cases = new Map(
      (JSON.parse(sample(`arm64/${name}.json`)) as Case[]).map(one => [BigInt(one.va), one]),
    );
    const groups = byGroup(of(items, 'entry'));
    expect(groups.size).toBe(2);
    for (const [group, entries] of groups) {
      const one = cases.get(entries[0]?.input ?? -1n);
      expect(one).toBeDefined();
      // p4d is folded with 4K pages and 48 bits: without it, one entry per level from 0 on.
      const real = entries.filter(({ folded }) => !folded);
      expect(real.map(({ level }) => level?.number)).toEqual(real.map((_, i) => i));
      const before = one?.descriptors_read_from_memory_before.map(BigInt) ?? [];
      // The handler may set flags of the entry that faulted, never those above.
      expect(real.slice(0, -1).map(({ word }) => word)).toEqual(before.slice(0, real.length - 1));
      const root = of(items, 'fact').find(fact => fact.name === 'root' && fact.group === group);
      expect(root?.value).toBe(BigInt(one?.table_root ?? 0));
      expect(
        entries.every(({ regime }) => regime?.family === 'arm64.stage1' && regime.granule === '4K'),
      ).toBe(true);
      const fault = of(items, 'fault').find(item => item.group === group);
      expect(fault?.address).toBe(entries[0]?.input);
      expect((fault?.esr ?? 0n) >> 26n).toBe(0x25n);
    }
  });
});

describe('KVM stage 2 dumps: ranges against the walk of the tables themselves', () => {
  interface Leaf {
    ipa: string;
    size: string;
    level: number;
    xn: number;
    s2ap: number;
    af: number;
  }
  test.each(['fwb-dic-vhe', 'nofwb-nvhe', 'fwb-dic-vhe-64k-ipa52'])('%s', name => {
    const { items } = reading(`arm64-linux-6.18/${name}.console.txt`);
    const leaves = jsonl<Leaf>(`arm64-linux-6.18/${name}.leaves.jsonl.gz`);
    const said = of(items, 'range').filter(({ regime }) => regime?.family === 'arm64.stage2');
    expect(said.length).toBeGreaterThan(20);
    // Ranges of the dump in order, without gap or overlap.
    for (const [i, range] of said.entries()) if (i > 0) expect(range.start).toBe(said[i - 1]?.end);
    let compared = 0;
    for (const leaf of leaves) {
      const start = BigInt(leaf.ipa);
      const range = said.find(one => one.start <= start && start < one.end);
      // Anonymous memory may be unmapped or collapsed between the two captures; the slots below 0xa0000000 are not.
      if (start >= 0xa000_0000n || range === undefined || range.hole) continue;
      compared++;
      expect(range.level?.number).toBe(leaf.level);
      const { attributes } = range;
      expect([attributes?.read, attributes?.write]).toEqual([(leaf.s2ap & 1) === 1, (leaf.s2ap & 2) === 2]);
      expect(attributes?.execute).toBe(leaf.xn === 0);
      expect(attributes?.accessed).toBe(leaf.af === 1);
    }
    expect(compared).toBeGreaterThan(7);
    const facts = of(items, 'fact').map(({ name: what, value }) => `${what} ${value}`);
    expect(facts).toEqual([
      name === 'fwb-dic-vhe-64k-ipa52' ? 'ipa bits 52' : expect.stringMatching(/^ipa bits (?:40|48)$/),
      expect.stringMatching(/^levels [34]$/),
    ]);
  });

  test('holes and mappings of kernel_page_tables add up, and name their types', () => {
    const { items } = reading('arm64-linux-6.18/nofwb-nvhe.console.txt');
    const kernel = of(items, 'range').filter(({ regime }) => regime?.family === 'arm64.stage1');
    const lines = sample('arm64-linux-6.18/nofwb-nvhe.console.txt').split('\n');
    expect(kernel).toHaveLength(lines.filter(line => /^0xffff/.test(line)).length);
    for (const { line, start, end, hole, attributes } of kernel) {
      const text = lines[line - 1] ?? '';
      expect(text.startsWith(`0x${hex(start)}-0x${hex(end)}`)).toBe(true);
      expect(hole === true).toBe(/(?:PTE|PMD|PUD|PGD)$/.test(text));
      if (hole) continue;
      expect(attributes?.write).toBe(/ RW /.test(text));
      expect(attributes?.executePrivileged).toBe(!/ NX /.test(text));
      expect(attributes?.executeUser).toBe(!/ UXN /.test(text));
      expect(attributes?.contiguous).toBe(/ CON /.test(text));
      expect(
        text.endsWith(
          (attributes?.type ?? '')
            .toUpperCase()
            .replace(/^DEVICE-NGNRE$/, 'DEVICE/nGnRE')
            .replace(/^NORMAL/, 'MEM/NORMAL'),
        ),
      ).toBe(true);
    }
  });
});

describe('QEMU info tlb and info mem: against an independent walk of the same tables', () => {
  interface Run {
    va: string;
    pa: string;
    size: string;
    pageSize: string;
    entry: string;
    eff?: string;
    notPresent?: unknown;
  }
  const leaves = (path: string): Map<bigint, { pa: bigint; size: bigint; entry: bigint }> => {
    const out = new Map<bigint, { pa: bigint; size: bigint; entry: bigint }>();
    for (const run of jsonl<Run>(path)) {
      if (run.notPresent !== undefined) continue;
      const size = BigInt(run.pageSize);
      for (let at = 0n; at < BigInt(run.size); at += size)
        out.set(BigInt(run.va) + at, { pa: BigInt(run.pa) + at, size, entry: BigInt(run.entry) });
    }
    return out;
  };

  test.each([
    ['qemu-npt', 0],
    // One 4-MiB page stands alone, where 2 MiB would print the same: said as uncertain.
    ['qemu-32bit', 1],
  ])('%s/info_tlb', (folder, uncertain) => {
    const expected = leaves(`${folder}/map-cpu0.jsonl.gz`);
    const { items } = reading(`${folder}/info_tlb.txt.gz`);
    const said = of(items, 'range');
    expect(said).toHaveLength(expected.size);
    let sizes = 0;
    for (const { start, end, output, attributes, pageSize } of said) {
      const leaf = expected.get(start);
      if (leaf === undefined || leaf.pa !== output)
        throw new Error(`${hex(start)} -> ${hex(output)} is not in the walk`);
      if (end - start !== leaf.size) {
        sizes++;
        expect(pageSize).toBeUndefined();
      }
      const bit = (n: bigint): boolean => ((leaf.entry >> n) & 1n) === 1n;
      const { write, user, pwt, pcd, global, execute } = attributes ?? {};
      if (
        write !== bit(1n) ||
        user !== bit(2n) ||
        pwt !== bit(3n) ||
        pcd !== bit(4n) ||
        global !== bit(8n) ||
        execute === bit(63n)
      )
        throw new Error(`${hex(start)}: ${JSON.stringify(attributes)} is not ${hex(leaf.entry)}`);
    }
    expect(sizes).toBe(uncertain);
  });

  test.each(['qemu-npt/info_mem.txt.gz', 'qemu-32bit/info_mem.txt'])(
    '%s covers exactly the leaves, by permission',
    path => {
      const folder = path.split('/')[0] ?? '';
      const { items } = reading(path);
      const said = of(items, 'range');
      const runs = jsonl<Run>(`${folder}/map-cpu0.jsonl.gz`).filter(run => run.notPresent === undefined);
      const total = (bytes: bigint[]): bigint => bytes.reduce((a, b) => a + b, 0n);
      for (const [letters, write, user] of [
        ['urw', true, true],
        ['ur-', false, true],
        ['srw', true, false],
        ['sr-', false, false],
      ] as const) {
        const here = said.filter(({ attributes }) => attributes?.write === write && attributes.user === user);
        const there = runs.filter(({ eff }) => eff?.startsWith(letters));
        expect(total(here.map(({ start, end }) => end - start))).toBe(
          total(there.map(({ size }) => BigInt(size))),
        );
      }
    },
  );
});

describe('words of tables: equal in every tool that printed them', () => {
  const words = (path: string, from: bigint, to: bigint): Map<bigint, bigint> =>
    new Map(
      of(reading(path).items, 'entry')
        .filter(({ at = -1n, width }) => width === 64 && at >= from && at < to)
        .map(({ at = 0n, word }) => [at, word]),
    );
  test('QEMU xp and gdb x, giant words, bytes and 32-bit words', () => {
    const root = BigInt(JSON.parse(sample('qemu-npt/regs.json')).cpus[0].CR3) & ~0xfffn;
    const xp = words('qemu-npt/xp.txt', root, root + 4096n);
    const gdb = words('qemu-npt/gdb.txt', root, root + 4096n);
    expect(xp.size).toBe(512);
    expect(gdb).toEqual(xp);
  });

  test('libaddrxlat names the same entries as the EPT and NPT walkers', () => {
    const leaves = new Map(
      jsonl<{ va: string; at: string; entry: string; size: string; pageSize: string }>(
        'qemu-npt/npt.jsonl.gz',
      ).map(one => [BigInt(one.at), BigInt(one.entry)]),
    );
    const last = of(reading('qemu-npt/addrxlat-npt.txt').items, 'entry').filter(
      ({ level }) => level?.number === 1,
    );
    const shared = last.filter(({ at }) => leaves.has(at ?? -1n));
    expect(shared.length).toBeGreaterThan(20);
    for (const { at, word } of shared) expect(word).toBe(leaves.get(at ?? -1n));
  });

  test('each step of a walk stands in the table that the step before points to', () => {
    const address = (word: bigint): bigint => word & 0x000f_ffff_ffff_f000n;
    let steps = 0;
    for (const path of [
      'qemu-npt/addrxlat-npt.txt',
      'qemu-32bit/addrxlat-cpu0.txt',
      'bochs-ept/page.txt.gz',
      'qemu-npt/crash_vtop.txt',
    ]) {
      const groups = byGroup(of(reading(path).items, 'entry'));
      for (const entries of groups.values())
        for (const [i, { at, level }] of entries.entries()) {
          const above: Entry | undefined = entries[i - 1];
          if (above === undefined || at === undefined) continue;
          steps++;
          expect(hex(at & ~0xfffn)).toBe(hex(address(above.word)));
          expect((above.level?.number ?? 0) - 1).toBe(level?.number);
        }
    }
    expect(steps).toBeGreaterThan(1000);
  });

  test('Bochs: the trace reads the entries that the EPT walk found', () => {
    const leaves = new Map(
      jsonl<{ at: string; entry: string }>('bochs-ept/ept.jsonl.gz').map(one => [
        BigInt(one.at),
        BigInt(one.entry),
      ]),
    );
    const read = of(reading('bochs-ept/trace_mem.txt.gz').items, 'entry').filter(
      ({ regime, at }) => regime?.family === 'x86.ept' && leaves.has(at ?? -1n),
    );
    expect(read.length).toBeGreaterThan(500);
    // A and D (bits 8 and 9) move while the guest runs.
    const differ = read.filter(
      ({ at, word }) => (word | 0x300n) !== ((leaves.get(at ?? -1n) ?? 0n) | 0x300n),
    );
    expect(differ.filter(({ word }) => word !== 0n)).toEqual([]);
  });

  test('Bochs info tab maps as the walk does', () => {
    const runs = jsonl<{ va: string; pa: string; size: string; notPresent?: unknown }>(
      'bochs-ept/map-cpu0.jsonl.gz',
    ).filter(run => run.notPresent === undefined);
    const starts = new Map(runs.map(run => [BigInt(run.va), BigInt(run.pa)]));
    const said = of(reading('bochs-ept/info_tab.txt.gz').items, 'range');
    let same = 0;
    for (const { start, output } of said) {
      const pa = starts.get(start);
      if (pa === undefined) continue;
      if (pa !== output) throw new Error(`${hex(start)} -> ${hex(output)}, the walk says ${hex(pa)}`);
      same++;
    }
    expect(same).toBe(said.length);
  });
});

describe('x86 oopses', () => {
  const { items } = reading('qemu-oops/console.txt.gz');
  const text = sample('qemu-oops/console.txt.gz');

  test('every PGD line is read whole', () => {
    const lines = text.split(/\r?\n/).filter(line => /\] PGD /.test(line));
    expect(lines).toHaveLength(15);
    const expected = lines.flatMap(line =>
      [...line.matchAll(/(PGD|P4D|PUD|PMD|PTE) ([0-9a-f]+)/g)].map(m => `${m[1]} ${m[2]}`),
    );
    expect(of(items, 'entry').map(({ level, word }) => `${level?.name} ${hex(word)}`)).toEqual(expected);
  });

  test('each is of four levels, with fault and registers beside it', () => {
    const faults = of(items, 'fault');
    expect(faults).toHaveLength(15);
    for (const { group, address, errorCode } of faults) {
      const entries = of(items, 'entry').filter(entry => entry.group === group);
      expect(entries[0]).toMatchObject({ input: address, level: { number: 4 }, regime: { mode: '4l' } });
      expect(entries[1]).toMatchObject({ folded: true });
      expect(errorCode).toBeDefined();
      const cr3 = of(items, 'register').find(one => one.group === group && one.name === 'CR3');
      expect(cr3?.value).toBe(0x620_2000n);
    }
    const reserved = faults.find(({ address }) => address === 0xffff_c900_0005_d000n);
    expect(reserved?.errorCode).toBe(8n);
  });
});

describe('maps and memory types', () => {
  test('info mtree -f: the view of the CPUs is named by its address space "memory"', () => {
    const maps = of(reading('arm64/monitor.txt.gz').items, 'memory');
    const memory = maps.filter(({ map }) => map.endsWith(': memory'));
    expect(memory.find(({ kind }) => kind === 'ram')).toMatchObject({
      start: 0x4000_0000n,
      end: 0x6000_0000n,
    });
    expect(memory.filter(({ kind }) => kind === 'mmio')).toHaveLength(51);
  });

  test('/proc/iomem: RAM as the device tree gave it', () => {
    const maps = of(reading('arm64/proc-iomem.txt').items, 'memory');
    const ram = maps.filter(({ kind, depth }) => kind === 'ram' && depth === 0);
    expect(ram.map(({ start, end }) => [start, end])).toEqual([[0x4000_0000n, 0x6000_0000n]]);
  });

  test('MTRR registers in MSRs agree with /proc/mtrr', () => {
    const { items } = reading('bochs-mtrr/guest.txt.gz');
    const msr = new Map(of(items, 'register').map(({ name, value }) => [name, value]));
    // The listing stands twice: before and after the program changed it. The MSRs were read after.
    const after = of(items, 'type')
      .filter(one => one.by === 'mtrr-variable')
      .slice(1);
    expect(after).toHaveLength(5);
    const CODE = { UC: 0n, WC: 1n, WT: 4n, WP: 5n, WB: 6n } as Readonly<Record<string, bigint>>;
    for (const { index, start = 0n, end = 0n, type } of after) {
      const mask = (msr.get(`MTRR_PHYSMASK${index}`) ?? 0n) & ~0xfffn;
      expect(msr.get(`MTRR_PHYSBASE${index}`)).toBe(start | (CODE[type] ?? 99n));
      expect(mask & -mask).toBe(end - start);
    }
    expect(msr.get('PAT')).toBe(0x0407_0506_0007_0106n);
  });

  test('the PAT of dmesg is the PAT of the MSR', () => {
    const pat = of(reading('bochs-mtrr/console.txt.gz').items, 'register');
    expect(pat.map(({ name, value }) => `${name}=${hex(value)}`)).toEqual(['PAT=407050600070106']);
  });

  test('pat_memtype_list: counts and types', () => {
    const list = of(reading('qemu-32bit/pat_memtype_list_after.txt').items, 'type');
    const rows = sample('qemu-32bit/pat_memtype_list_after.txt')
      .split('\n')
      .filter(line => line.startsWith('PAT: '));
    expect(list).toHaveLength(rows.length);
    expect(list.filter(({ type }) => type === 'WC')).toHaveLength(4);
    expect(list.at(-1)).toMatchObject({ start: 0xfffc_0000n, end: 0x1_0000_0000n, type: 'UC-' });
  });
});

describe('registers beside entries', () => {
  test('gdb: the root table begins where VTTBR_EL2 says', () => {
    const { items } = reading('arm64/gdb-a57.txt');
    const vttbr = of(items, 'register').find(({ name }) => name === 'VTTBR_EL2');
    const root = (vttbr?.value ?? 0n) & 0x0000_ffff_ffff_fffen;
    const entry = of(items, 'entry').find(({ at }) => at === root);
    expect(entry).toMatchObject({ word: 0x436a_e003n, atSpace: 'pa' });
  });

  test('JSON of four CPUs equals the README of the capture', () => {
    const { items } = reading('arm64/registers.json.gz');
    const vttbr = of(items, 'register').filter(({ name }) => name === 'VTTBR_EL2');
    expect(vttbr.map(({ value }) => hex(value))).toEqual([
      '1000043730001',
      '30000435f8001',
      '2000042ff1001',
      '0',
    ]);
  });

  test('QEMU info registers', () => {
    const { items } = reading('qemu-npt/info_registers.txt');
    const expected = JSON.parse(sample('qemu-npt/regs.json')).cpus[0] as Record<string, string>;
    const got = new Map(of(items, 'register').map(({ name, value }) => [name, value]));
    for (const name of ['CR0', 'CR2', 'CR3', 'CR4', 'EFER'])
      expect(got.get(name)).toBe(BigInt(expected[name] ?? -1));
  });
});

test('ranges never run backwards', () => {
  for (const [path] of samples)
    for (const range of of(reading(path).items, 'range') satisfies Range[])
      if (range.end <= range.start) throw new Error(`${path}:${range.line} ${range.raw}`);
});
