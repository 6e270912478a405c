/** Whole predictions: what the tables of decisions do not say by themselves. */
import { describe, expect, test } from 'vitest';
import { KvmInputError } from '../../../src/kvm/errors.ts';
import { PRESETS, preset } from '../../../src/kvm/presets.ts';
import { X86_ERAS } from '../../../src/kvm/x86/eras/index.ts';
import type { HostPage } from '../../../src/kvm/x86/host-mmio.ts';
import { x86 } from '../../../src/kvm/x86/index.ts';
import type { X86PredictInput } from '../../../src/kvm/x86/predict.ts';

describe('x86', () => {
  const page = (name: string): HostPage => preset(name).x86 as HostPage;
  const intel = { vendor: 'intel', selfSnoop: true } as const;
  const onPage = (name: string, more: Partial<X86PredictInput> = {}) =>
    x86.predict({ policy: X86_ERAS.named('6.16'), cpu: intel, page: page(name), ...more });

  test('RAM is WB with IPAT until the quirk is disabled or non-coherent DMA comes', () => {
    expect(onPage('anon').leaf).toMatchObject({
      format: 'ept',
      mt: 6,
      ipat: 1,
      access: 'rwx',
      size: '0x1000',
    });
    expect(onPage('anon', { disableQuirk: 'DISABLE_QUIRKS2' }).leaf).toMatchObject({ mt: 6, ipat: 0 });
    expect(onPage('anon', { noncoherentDma: true }).leaf).toMatchObject({ mt: 6, ipat: 0 });
    expect(onPage('anon', { host2M: true }).leaf.size).toBe('0x200000');
  });

  test('a BAR is UC without IPAT; the guest may write-combine', () => {
    const p = onPage('vfio-bar');
    expect(p.mmio).toMatchObject({ hostMmio: true, decidedBy: 'e820-not-ram' });
    expect(p.leaf).toMatchObject({ mt: 0, ipat: 0 });
    expect(p.guest.effective.WC).toBe('WC');
    expect(p.guest.effective.WB).toBe('UC');
  });

  describe('the same hidden RAM, memory or MMIO by what else is in its 128M section', () => {
    const hidden: HostPage = {
      e820: 'ram',
      kernelRam: false,
      sectionHasKernelRam: false,
      insert: 'remap_pfn_range',
      pgprot: 'WC',
    };
    const mmio = (p: Partial<HostPage>) => {
      const { hostMmio, decidedBy } = x86.predict({
        policy: X86_ERAS.named('6.16'),
        cpu: intel,
        page: { ...hidden, ...p },
      }).mmio;
      return `${hostMmio ? 'MMIO' : 'memory'}: ${decidedBy}`;
    };
    test.each([
      ['no struct page', {}, 'memory: e820-ram'],
      ['struct page by its neighbours, WC', { sectionHasKernelRam: true }, 'MMIO: tracked-uncached'],
      ['and WB', { sectionHasKernelRam: true, pgprot: 'WB' }, 'memory: tracked-cached'],
      ['and WT', { sectionHasKernelRam: true, pgprot: 'WT' }, 'memory: tracked-cached'],
      [
        'and WB over an MTRR that is not WB',
        { sectionHasKernelRam: true, pgprot: 'WB', hostMtrr: 'WC' },
        'MMIO: tracked-uncached',
      ],
      [
        'and nobody reserved a type',
        { sectionHasKernelRam: true, pgprot: 'WB', insert: 'vmf_insert_mixed' },
        'MMIO: tracked-uncached',
      ],
      ['and nopat', { sectionHasKernelRam: true, pgprot: 'WB', nopat: true }, 'MMIO: nopat'],
      ['no struct page, WC MTRR', { hostMtrr: 'WC' }, 'memory: e820-ram'],
      ['no struct page, not RAM for the firmware', { e820: 'reserved' }, 'MMIO: e820-not-ram'],
      ['kernel RAM', { kernelRam: true, sectionHasKernelRam: true }, 'memory: page-not-reserved'],
      [
        'kernel RAM that a driver reserved',
        { kernelRam: true, sectionHasKernelRam: true, driverReserved: true },
        'memory: tracked-cached',
      ],
      [
        'and set_memory_wc()',
        { kernelRam: true, sectionHasKernelRam: true, driverReserved: true, setMemory: 'WC' },
        'MMIO: tracked-uncached',
      ],
      [
        'legacy VGA memory',
        { e820: 'reserved', sectionHasKernelRam: true, legacyHole: true },
        'memory: tracked-cached',
      ],
    ] as const)('%s', (_, p, expected) => expect(mmio(p as Partial<HostPage>)).toBe(expected));
  });

  test('AMD writes no type, TDX decides by the half of the addresses', () => {
    const amd = onPage('vfio-bar', { cpu: { vendor: 'amd', selfSnoop: false } });
    expect(amd.leaf).toMatchObject({ format: 'npt', pat: 0, pcd: 0, pwt: 0 });
    const tdx = { vendor: 'tdx', selfSnoop: true } as const;
    expect(onPage('anon', { cpu: tdx, gpa: 'shared' }).leaf).toMatchObject({ mt: 6, ipat: 0 });
    const inside = onPage('anon', { cpu: tdx, gpa: 'private' });
    expect(inside).toMatchObject({ decidedBy: 'tdx-private', grade: 'I' });
    expect(inside.guest).toMatchObject({ control: 'guaranteed', type: 'WB' });
  });

  test('CR0.CD of the guest counts until 6.10, and only with non-coherent DMA', () => {
    const cd = (era: string, more: Partial<X86PredictInput> = {}) => {
      const { leaf } = onPage('anon', {
        policy: X86_ERAS.named(era),
        guestCr0Cd: true,
        noncoherentDma: true,
        ...more,
      });
      return `${leaf.mt}/${leaf.ipat}`;
    };
    expect(cd('6.6')).toBe('6/1');
    expect(cd('6.8')).toBe('6/0');
    expect(cd('6.6', { cdQuirkDisabled: true })).toBe('0/1');
    expect(cd('6.18.2')).toBe('6/0');
    expect(cd('6.18.2', { cdQuirkDisabled: true })).toBe('6/0');
  });

  test('the host faults first; a store to a private mapping of page frames is emulated', () => {
    const r = (flags: X86PredictInput['flags']) =>
      onPage('vfio-bar', { flags: flags ?? [] }).accesses.map(a => (a.r === 'error' ? `-${a.errno}` : a.r));
    expect(r(['VM_MIXEDMAP', 'VM_SHARED', 'VM_MAYWRITE'])).toEqual(['-EFAULT', '-EFAULT', '-EFAULT']);
    expect(r(['VM_MIXEDMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'])).toEqual(['map', 'map', 'map']);
    expect(r(['VM_PFNMAP', 'VM_IO', 'VM_MAYWRITE'])).toEqual(['map', 'emulated', 'map']);
    expect(onPage('anon', { readonlySlot: true }).accesses[1]).toMatchObject({ r: 'mmio-exit' });
  });

  test('what contradicts itself is refused in one sentence', () => {
    for (const wrong of [
      { flags: ['VM_PFNMAP', 'VM_MIXEDMAP'] },
      { policy: X86_ERAS.named('6.11'), cpu: { vendor: 'tdx', selfSnoop: true } },
      { page: { pfnValid: false, pageReserved: true, patEnabled: true, e820Ram: false } },
      { cpu: { vendor: 'intel', selfSnoop: true, tdp: false } },
    ] satisfies Partial<X86PredictInput>[])
      expect(() => onPage('anon', wrong), JSON.stringify(Object.keys(wrong))).toThrow(KvmInputError);
  });

  test('every answer can be printed as JSON and shows what decided', () => {
    for (const policy of X86_ERAS.all)
      for (const p of PRESETS) {
        if (p.x86 === undefined) continue;
        const answer = onPage(p.id, { policy });
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
        expect(
          answer.trace.some(step => step.id === answer.decidedBy),
          answer.decidedBy,
        ).toBe(true);
      }
  });
});
