import { linux } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const kvmMmio = lintRule({
  id: 'kvm-mmio',
  title: 'MMIO addresses that KVM remembers',
  severity: 'note',
  explain:
    'KVM notes in EPT and NPT entries that a guest address is emulated MMIO: entries that fault on purpose (write and execute without read in EPT, a reserved bit in NPT) and hold the guest frame and a generation number. They map nothing and are no defect; they are listed so that they are not taken for one. Telling them apart in NPT needs the processor’s MAXPHYADDR.',
  refs: { x86: [linux('6.12 arch/x86/kvm/mmu/spte.c, make_mmio_spte')] },
  entry: ({ reading }) =>
    reading.facts.mmio === undefined
      ? undefined
      : { message: 'KVM’s cached MMIO: faults on purpose, maps nothing' },
});
