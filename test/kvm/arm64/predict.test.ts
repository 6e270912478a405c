/** Whole predictions: what the tables of decisions do not say by themselves. */
import { describe, expect, test } from 'vitest';
import { ARM64_ERAS } from '../../../src/kvm/arm64/eras/index.ts';
import { arm64 } from '../../../src/kvm/arm64/index.ts';
import { presetFlags } from '../../../src/kvm/arm64/mapping.ts';
import type { Arm64Mapping } from '../../../src/kvm/arm64/model.ts';
import type { Arm64PredictInput } from '../../../src/kvm/arm64/predict.ts';
import { PRESETS, preset } from '../../../src/kvm/presets.ts';

const mapping = (name: string, era: string): Arm64Mapping => {
  const p = preset(name);
  return { name, flags: presetFlags(p, ARM64_ERAS.named(era)), pgprot: p.pgprot, pfn: p.pfn };
};
const slot = (names: readonly string[], era: string, more: Partial<Arm64PredictInput> = {}) =>
  arm64.predict({
    policy: ARM64_ERAS.named(era),
    cpu: { fwb: true, dic: true },
    mappings: names.map(name => mapping(name, era)),
    ...more,
  });
const words = (p: ReturnType<typeof slot>, which = 0) =>
  p.mappings[which]?.accesses.map(
    ({ access, outcome: o }) =>
      `${access} ${o.r === 'map' ? `${o.t} ${o.p}` : o.r === 'error' ? `-${o.errno}` : o.r}`,
  );

describe('arm64', () => {
  test('one slot over several mappings: refused for the one that is refused, and it is named', () => {
    const p = slot(['anon', 'gpu-coherent', 'vfio-bar'], '6.17', { cpu: { fwb: true, dic: false } });
    expect(p.slot).toMatchObject({ outcome: { ok: false, errno: 'EINVAL' }, vma: 1 });
    const fine = slot(['anon', 'gpu-coherent', 'vfio-bar'], '6.17');
    expect(fine.slot.outcome.ok).toBe(true);
    expect(fine.mappings.map(m => m.leaf?.t)).toEqual(['NORMAL', 'NORMAL', 'NORMAL_NC']);
    expect(fine.mappings.map(m => m.leaf?.guest.control)).toEqual(['guaranteed', 'guaranteed', 'overridden']);
  });

  test('a VM that is moved or only changes flags is checked again, a deleted one is not', () => {
    const cpu = { fwb: false, dic: false };
    for (const change of ['CREATE', 'MOVE', 'FLAGS_ONLY'] as const)
      expect(slot(['gpu-coherent'], '6.17', { cpu, change }).slot.outcome.ok, change).toBe(false);
    expect(slot(['gpu-coherent'], '6.17', { cpu, change: 'DELETE' }).slot.outcome.ok).toBe(true);
    expect(slot(['anon'], '6.17', { slotEnd: 'above' }).slot.outcome).toMatchObject({ errno: 'EFAULT' });
    expect(slot(['anon'], '6.17', { slotEnd: 'at' }).slot.outcome.ok).toBe(true);
  });

  test('a read-only slot: no store reaches stage 2, and no leaf is writable', () => {
    expect(words(slot(['anon'], '6.17', { slotFlags: ['KVM_MEM_READONLY'] }))).toEqual([
      'read NORMAL r-x',
      'exec NORMAL r-x',
    ]);
  });

  test('dirty logging: memory becomes writable with the first store; raw page frames cannot be logged', () => {
    const slotFlags = ['KVM_MEM_LOG_DIRTY_PAGES'] as const;
    expect(words(slot(['anon'], '6.17', { slotFlags }))).toEqual([
      'read NORMAL r-x',
      'write NORMAL rwx',
      'exec NORMAL r-x',
    ]);
    expect(slot(['vfio-bar'], '6.17', { slotFlags }).slot.outcome).toMatchObject({
      ok: false,
      errno: 'EINVAL',
    });
  });

  test('guest_memfd looks at no VMA type', () => {
    const p = slot(['guest_memfd'], '7.0', { slotFlags: ['KVM_MEM_GUEST_MEMFD'] });
    for (const a of p.mappings[0]?.accesses ?? []) {
      expect(a).toMatchObject({ outcome: { r: 'map', t: 'NORMAL' }, decidedBy: 'guest_memfd' });
      expect(a.trace.length).toBeGreaterThan(0);
    }
  });

  test('on a host in protected mode EL2 refuses page frames outside memory, each type in its own way', () => {
    const faults = (name: string) => words(slot([name], '6.18.2', { pkvmHost: true }))?.[0];
    expect(faults('gpu-coherent')).toBe('read -EPERM');
    expect(faults('vfio-bar')).toBe('read -EINVAL');
    expect(faults('devmem-mmio')).toBe('read -EINVAL');
    expect(faults('anon')).toBe('read NORMAL rwx');
  });

  test('the host faults first: nothing for a VM_MIXEDMAP without VM_IO, no store to a private mapping of page frames', () => {
    expect(words(slot(['mixedmap-nc'], '6.18.2'))).toEqual(['read -EFAULT', 'write -EFAULT', 'exec -EFAULT']);
    expect(words(slot(['mixedmap-nc'], '6.18.2', { tableOnly: true }))?.[0]).toBe('read DEVICE rw-');
    expect(words(slot(['devmem-mmio-private'], '6.18.2'))).toEqual([
      'read DEVICE r--',
      'write -EFAULT',
      'exec inject',
    ]);
  });

  test('every answer names its era, how sure it is, what decided, and shows the conditions', () => {
    for (const era of ['5.10', '6.2', '6.9', '6.17', '7.0', 'cp-v5'])
      for (const p of PRESETS) {
        const answer = slot([p.id], era);
        expect(answer.era).toBe(era);
        expect(answer.slot.decidedBy).not.toBe('');
        for (const a of answer.mappings[0]?.accesses ?? []) {
          expect(a.decidedBy, `${era} ${p.id}`).not.toBe('');
          expect(a.because).toMatch(/\.$/);
          expect('MSTI').toContain(a.grade);
          expect(a.trace.some(step => step.held)).toBe(true);
          for (const step of a.trace) expect(step.evidence.length).toBeGreaterThan(0);
        }
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
      }
  });

  test('maintenance: owed without FWB and DIC, impossible without a kernel address', () => {
    const owed = (cpu: { fwb: boolean; dic: boolean }, name: string, era: string) =>
      slot([name], era, { cpu }).mappings[0]?.leaf?.maintenance;
    expect(owed({ fwb: false, dic: false }, 'anon', '6.17')).toEqual({
      dcache: true,
      icache: true,
      possible: 'yes',
    });
    expect(owed({ fwb: true, dic: false }, 'anon', '6.17')).toEqual({
      dcache: false,
      icache: true,
      possible: 'yes',
    });
    expect(owed({ fwb: true, dic: true }, 'anon', '6.17')).toEqual({
      dcache: false,
      icache: false,
      possible: 'yes',
    });
    expect(owed({ fwb: true, dic: false }, 'gpu-coherent', 'cp-v3')).toEqual({
      dcache: false,
      icache: true,
      possible: 'no',
    });
    expect(owed({ fwb: false, dic: false }, 'vfio-bar', '6.17')).toEqual({
      dcache: false,
      icache: false,
      possible: 'no',
    });
  });

  test('hazards by name', () => {
    const hazards = (name: string, era: string, cpu = { fwb: true, dic: true }) =>
      slot([name], era, { cpu }).mappings[0]?.hazards.map(h => h.id);
    expect(hazards('gpu-coherent', '6.9')).toContain('stale-data-leak');
    expect(hazards('gpu-coherent', '6.17')).not.toContain('stale-data-leak');
    expect(hazards('gpu-coherent', 'cp-v3', { fwb: true, dic: false })).toContain('icache-cmo-impossible');
  });

  test('block sizes follow what host, slot and addresses allow', () => {
    const size = (name: string, align: '4K' | '2M' | '1G', more: Partial<Arm64PredictInput> = {}) =>
      slot([name], '6.17', { align, ...more }).mappings[0]?.leaf?.size?.size;
    expect(size('anon', '4K')).toBe('4K');
    expect(size('anon', '2M')).toBe('2M');
    expect(size('gpu-coherent', '1G')).toBe('1G');
    expect(size('anon', '2M', { slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES'] })).toBe('4K');
    expect(slot(['vfio-bar'], '5.10', { align: '2M' }).mappings[0]?.leaf?.size?.size).toBe('4K');
  });
});
