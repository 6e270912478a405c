/** diff, search, inverse and migrate on x86, where every leaf is one decision. */
import { describe, expect, test } from 'vitest';
import { KvmInputError } from '../../../src/kvm/errors.ts';
import { preset } from '../../../src/kvm/presets.ts';
import { parsePatType } from '../../../src/kvm/x86/effective.ts';
import { X86_ERAS } from '../../../src/kvm/x86/eras/index.ts';
import type { HostPage } from '../../../src/kvm/x86/host-mmio.ts';
import { x86 } from '../../../src/kvm/x86/index.ts';

const diff = (from: string, to: string) => {
  const d = x86.diff(X86_ERAS.named(from), X86_ERAS.named(to));
  return { when: d.when, changes: d.disagreements.map(x => x.change) };
};

describe('diff', () => {
  test('the 6.11 release candidates honoured guest PAT on every CPU with self-snoop; the release took it back', () =>
    expect(diff('6.11-rc', '6.11')).toEqual({
      when: [['host MMIO: no', 'non-coherent DMA: no', 'self-snoop: yes']],
      changes: ['WB, guest PAT counts -> WB with IPAT'],
    }));
  test('6.16 gives it back to userspace that disables the quirk', () =>
    expect(diff('6.11', '6.16')).toEqual({
      when: [
        [
          'host MMIO: no',
          'non-coherent DMA: no',
          'self-snoop: yes',
          'quirk IGNORE_GUEST_PAT: disabled by userspace',
        ],
      ],
      changes: ['WB with IPAT -> WB, guest PAT counts'],
    }));
  test('6.7 drops IPAT where the guest has set CR0.CD', () =>
    expect(diff('pre-6.7', '6.7')).toEqual({
      when: [['host MMIO: no', 'non-coherent DMA: yes', 'guest CR0.CD: 1', 'quirk CD_NW_CLEARED: on']],
      changes: ['WB with IPAT -> WB, guest PAT counts'],
    }));
  test('a policy does not differ from itself', () => {
    for (const p of X86_ERAS.all)
      expect(x86.diff(p, p)).toMatchObject({ differing: 0, when: [], disagreements: [] });
  });
});

describe('search', () => {
  test('host MMIO lets the guest write-combine, in every era', () => {
    for (const p of X86_ERAS.all)
      expect(x86.search(p, 'host_mmio & !guest_cr0_cd -> guest_can_wc').holds, p.id).toBe(true);
  });
  test('counterexamples name only what the era reads', () => {
    const found = x86.search(X86_ERAS.named('6.16'), '!host_mmio -> guest_pat_counts');
    expect(found).toMatchObject({ holds: false, grade: 'M' });
    expect(Object.keys(found.example?.input ?? {}).sort()).toEqual([
      'host MMIO',
      'non-coherent DMA',
      'quirk IGNORE_GUEST_PAT',
      'self-snoop',
    ]);
    expect(found.failing).toBeLessThan(found.tried);
  });
  test('what is no property', () => {
    expect(() => x86.search(X86_ERAS.named('6.16'), 'host_mmio ->')).toThrow(KvmInputError);
    expect(() => x86.search(X86_ERAS.named('6.16'), 'colour = blue')).toThrow(/known: host_mmio/);
  });
});

describe('inverse', () => {
  test('Write-Back is guaranteed by IPAT alone; UC by host MMIO never, the guest may have WC', () => {
    const wb = x86.inverse(X86_ERAS.named('6.16'), 'WB', 'WB');
    expect(wb.guaranteed.when).toEqual([
      ['host MMIO: no', 'non-coherent DMA: no', 'quirk IGNORE_GUEST_PAT: on'],
      ['host MMIO: no', 'non-coherent DMA: no', 'self-snoop: no'],
    ]);
    expect(x86.inverse(X86_ERAS.named('6.16'), 'UC', 'UC').guaranteed.inputs).toBe(0);
  });
  test('types as people write them', () => {
    expect(['wb', 'UC-', 'wc'].map(parsePatType)).toEqual(['WB', 'UC-', 'WC']);
    expect(() => parsePatType('plaid')).toThrow(/valid: /);
  });
});

describe('migrate', () => {
  const page = (name: string) => ({ page: preset(name).x86 as HostPage });
  const intel = { vendor: 'intel', selfSnoop: true } as const;
  const amd = { vendor: 'amd', selfSnoop: false } as const;
  const outcome = (
    name: string,
    to: typeof intel | typeof amd,
    era: string,
    quirk: 'none' | 'DISABLE_QUIRKS2' = 'none',
  ) =>
    x86.migrate({
      mapping: { ...page(name), disableQuirk: quirk },
      src: { policy: X86_ERAS.named('6.15'), cpu: intel },
      dst: { policy: X86_ERAS.named(era), cpu: to },
    });
  test('from Intel to AMD the guest’s PAT begins to count; a BAR stays what it was', () => {
    const m = outcome('anon', amd, '6.15');
    expect(m.outcome).toBe('silent-type-change');
    expect(m.viewChanges).toContainEqual({ guest: 'UC', from: 'WB', to: 'UC' });
    expect(m.viewChanges.some(v => v.guest === 'WB')).toBe(false);
    expect(outcome('vfio-bar', amd, '6.15').outcome).toBe('ok');
  });
  test('an upgrade changes nothing unless userspace disables the quirk', () => {
    expect(outcome('anon', intel, '6.16').outcome).toBe('ok');
    expect(outcome('anon', intel, '6.16', 'DISABLE_QUIRKS2').outcome).toBe('silent-type-change');
  });
  test('what the host cannot map does not start', () =>
    expect(
      x86.migrate({
        mapping: { ...page('vfio-bar'), flags: ['VM_MIXEDMAP', 'VM_SHARED', 'VM_MAYWRITE'] },
        src: { policy: X86_ERAS.named('6.15'), cpu: intel },
        dst: { policy: X86_ERAS.named('6.16'), cpu: intel },
      }).outcome,
    ).toBe('source-cannot-run'));
});
