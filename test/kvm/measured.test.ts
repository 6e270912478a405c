/** What a real Linux 6.18.2 did with one memslot per kind of host mapping, predicted row by row, leaves included. */
import { describe, expect, test } from 'vitest';
import { stage2Fields } from '../../src/kvm/arm64/audit.ts';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { arm64 } from '../../src/kvm/arm64/index.ts';
import { s2ap } from '../../src/kvm/arm64/prot.ts';
import { errnoNumber } from '../../src/kvm/errno.ts';
import { predictPage, secondLevelFields } from '../../src/kvm/x86/audit.ts';
import type { PatType } from '../../src/kvm/x86/effective.ts';
import { X86_ERAS } from '../../src/kvm/x86/eras/index.ts';
import { type HostPage, hostPageFacts, isHostMmio } from '../../src/kvm/x86/host-mmio.ts';
import { x86 } from '../../src/kvm/x86/index.ts';
import { fixtureLines, fixtureNames } from '../support/fixtures.ts';

type Json = Record<string, unknown>;
const machines = (folder: string) =>
  fixtureNames(folder)
    .filter(name => name.endsWith('.outcomes.jsonl'))
    .map(name => `${folder}/${name}`);

interface Arm64Row extends Json {
  readonly slot: string;
  readonly create: number;
  readonly fault: Partial<Record<'load' | 'store' | 'exec', number>>;
  readonly leaf?: { memAttr: number; s2ap: number; xn: number; raw: string; size: string };
}

const ARM64_ACCESS = { load: 'read', store: 'write', exec: 'exec' } as const;

describe.each(machines('real/arm64-linux-6.18'))('%s', file => {
  const rows = [...fixtureLines<Arm64Row>(file)];
  const withMapping = rows.filter(row => row.vma !== null);

  test('rows without a recorded mapping are ordinary memory, which resolves', () => {
    for (const row of rows.filter(r => r.vma === null)) {
      const slot = arm64.slotOf(row);
      const { accesses } = arm64.predict({
        policy: ARM64_ERAS.named('6.18.2'),
        cpu: slot.cpu,
        mappings: [{ flags: ['VM_MAYWRITE'], pgprot: 'MT_NORMAL', pfn: 'ram' }],
      }).mappings[0] ?? { accesses: [] };
      expect(row.create).toBe(0);
      for (const [name, returned] of Object.entries(row.fault)) {
        const access = accesses.find(a => a.access === ARM64_ACCESS[name as 'load']);
        expect(access?.outcome.r, `${row.slot} ${name}`).toBe(returned === 0 ? 'map' : 'error');
      }
    }
  });

  test.each(withMapping.map(row => [row.slot, row] as const))('%s', (_, row) => {
    const slot = arm64.slotOf(row);
    if (slot.vma === undefined || slot.pfn === undefined) throw new Error('no mapping');
    const prediction = arm64.predict({
      policy: ARM64_ERAS.named('6.18.2'),
      cpu: slot.cpu,
      pkvmHost: slot.pkvmHost ?? false,
      mappings: [{ ...slot.vma, pfn: slot.pfn }],
    });
    const { outcome } = prediction.slot;
    expect(outcome.ok ? 0 : errnoNumber(outcome.errno)).toBe(row.create);
    if (!outcome.ok) {
      expect(row.fault).toEqual({});
      expect(row.leaf).toBeUndefined();
      return;
    }
    const [mapping] = prediction.mappings;
    const of = (name: string) =>
      mapping?.accesses.find(a => a.access === ARM64_ACCESS[name as 'load'])?.outcome;
    for (const [name, returned] of Object.entries(row.fault)) {
      const fault = of(name);
      expect(fault?.r === 'error' ? errnoNumber(fault.errno) : 0, name).toBe(returned);
    }
    // The load came first; it left the leaf, a store to the next page another one with the same bits.
    const read = of('load');
    if (read?.r !== 'map') {
      expect(row.leaf).toBeUndefined();
      return;
    }
    const executed = row.fault.exec === 0;
    const x = read.p[2] === 'x' || executed;
    expect(row.leaf).toMatchObject({ memAttr: read.a, s2ap: s2ap(read.p), xn: x ? 0 : 2 });
    expect(stage2Fields(BigInt(row.leaf?.raw ?? '0'))).toEqual({
      memAttr: read.a,
      s2ap: s2ap(read.p),
      xn: x ? 0 : 2,
    });
    const page = file.includes('64k') ? 0x10000 : file.includes('16k') ? 0x4000 : 0x1000;
    const pages = of('store')?.r === 'map' && row.fault.store === 0 ? Math.max(1, 0x2000 / page) : 1;
    expect(Number(row.leaf?.size)).toBe(pages * page);
  });
});

interface X86Row extends Json {
  readonly slot: string;
  readonly create: number | null;
  readonly fault: Record<string, number | string>;
  readonly pages?: Record<
    string,
    Json & {
      leaf?: { raw: string; size: string; access: string; mt?: number; ipat?: number; pat?: number };
      pa: string;
      pfn: string;
      memtypeUcUcmWc: number;
      e820RawRam: number;
    }
  >;
}

/** How the recording program made a slot, read from its name: nothing of what the kernel answered is used. */
const recipe = (name: string, pa: number): HostPage | undefined => {
  const type = /\b(WB|WC|WT|UC-|UC)(?=[\s)]|$)/.exec(name)?.[1] as PatType | undefined;
  const insert = name.startsWith('mixedmap')
    ? 'vmf_insert_mixed'
    : name.startsWith('insert_page')
      ? 'vm_insert_page'
      : name.startsWith('hugepfn')
        ? 'vmf_insert_pfn_pmd'
        : name.startsWith('pfnmap') || name.startsWith('pci') || name.startsWith('devmem')
          ? name.includes('part')
            ? 'remap_pfn_range-part'
            : 'remap_pfn_range'
          : 'normal';
  const pgprot: PatType = name.includes('resource_wc')
    ? 'WC'
    : name.includes('O_SYNC')
      ? 'UC-'
      : (type ?? 'WB');
  const base = { insert, pgprot, hostMtrr: pa >= 0xc000_0000 ? 'UC' : 'WB' } as const;
  if (pa >= 0xa_0000 && pa < 0x10_0000)
    return { ...base, e820: 'reserved', kernelRam: false, sectionHasKernelRam: true, legacyHole: true };
  if (name.includes('hidden-RAM'))
    return { ...base, e820: 'ram', kernelRam: false, sectionHasKernelRam: name.includes('with-page') };
  if (name.includes('MMIO') || name.includes('hole') || name.includes('LAPIC') || name.startsWith('pci'))
    return { ...base, e820: 'none', kernelRam: false, sectionHasKernelRam: false };
  if (name.includes('0x9f000')) return undefined; // Firmware tables differ in whether this page is RAM.
  if (name.includes('e820'))
    return {
      ...base,
      e820: name.includes('ACPI') ? 'acpi' : 'reserved',
      kernelRam: false,
      sectionHasKernelRam: false,
    };
  const setMemory =
    name.includes('set_memory') && pgprot !== 'WB' ? (pgprot === 'WC' ? 'WC' : 'UC-') : undefined;
  return {
    ...base,
    e820: 'ram',
    kernelRam: true,
    sectionHasKernelRam: true,
    driverReserved: name.includes('PageReserved'),
    zeroPage: name.includes('zero page'),
    ...(setMemory === undefined ? {} : { setMemory }),
  };
};

describe.each(machines('real/x86-linux-6.18'))('%s', file => {
  const rows = [...fixtureLines<X86Row>(file)];
  const withPages = rows.filter(row => row.pages !== undefined);
  const policy = X86_ERAS.named('6.18.2');

  test('no slot is refused; an access outside every slot is an exit to the VMM', () => {
    for (const row of rows) {
      if (row.slot === 'no slot') expect(Object.values(row.fault)).toEqual(['exit 6', 'exit 6']);
      else expect(row.create, row.slot).toBe(0);
    }
  });

  test.each(withPages.map(row => [row.slot, row] as const))('%s', (_, row) => {
    const slot = x86.slotOf(row);
    for (const page of slot.pages) {
      const recorded = row.pages?.[`0x${page.offset.toString(16)}`];
      if (recorded === undefined) throw new Error('a page was lost');
      const prediction = predictPage(policy, slot, page);
      if (recorded.ruleMmio !== undefined) expect(prediction.mmio.hostMmio).toBe(recorded.ruleMmio);
      // What the access to this page returned.
      const touched = page.touchedBy;
      const returned = touched === undefined ? undefined : row.fault[touched];
      if (touched !== undefined && returned !== undefined) {
        const access = prediction.accesses.find(
          a => a.access === ({ load: 'read', store: 'write', exec: 'exec' } as const)[touched],
        );
        expect(access?.r === 'error' ? -14 : 0, `${touched} at ${page.offset}`).toBe(returned);
      }
      if (recorded.leaf === undefined) {
        expect(returned === undefined || returned === -14).toBe(true);
        continue;
      }
      const { leaf } = prediction;
      expect(leaf.size).toBe(recorded.leaf.size);
      expect(leaf.access).toBe(recorded.leaf.access);
      const bits = secondLevelFields(leaf.format, BigInt(recorded.leaf.raw), leaf.size !== '0x1000');
      expect(bits.access).toBe(leaf.access);
      if (leaf.format === 'ept') {
        expect({ mt: leaf.mt, ipat: leaf.ipat }).toEqual({ mt: recorded.leaf.mt, ipat: recorded.leaf.ipat });
        expect({ mt: bits.mt, ipat: bits.ipat }).toEqual({ mt: leaf.mt, ipat: leaf.ipat });
      } else {
        expect(recorded.leaf).toMatchObject({ pat: leaf.pat, pcd: leaf.pcd, pwt: leaf.pwt });
        expect({ pat: bits.pat, pcd: bits.pcd, pwt: bits.pwt }).toEqual({ pat: 0, pcd: 0, pwt: 0 });
      }
    }
  });

  test('what the kernel saw of each page follows from how the machine was set up', () => {
    let checked = 0;
    for (const row of withPages) {
      const page = row.pages?.['0x0'];
      if (page === undefined) continue;
      const how = recipe(row.slot, Number(page.pa));
      if (how === undefined || row.slot === 'anon 4K') continue;
      const facts = hostPageFacts(how);
      const seen = {
        pfnValid: !page.pfn.startsWith('no-page'),
        pageReserved: page.pfn === 'page-reserved' || page.pfn === 'zero-page',
        uncached: page.memtypeUcUcmWc === 1,
        e820Ram: page.e820RawRam === 1,
      };
      expect(
        {
          pfnValid: facts.pfnValid,
          pageReserved: facts.pageReserved,
          uncached: facts.hostMemtype !== 'WB' && facts.hostMemtype !== 'WT',
          e820Ram: facts.e820Ram,
        },
        row.slot,
      ).toEqual(seen);
      if (page.ruleMmio !== undefined) expect(isHostMmio(facts).mmio, row.slot).toBe(page.ruleMmio);
      checked++;
    }
    expect(checked).toBeGreaterThan(80);
  });
});
