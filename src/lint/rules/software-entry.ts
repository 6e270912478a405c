import { linux } from '../../refs.ts';
import { lintRule } from '../rule.ts';

/** What a note is about, without what differs from entry to entry. */
const kindOf = (note: string): string =>
  note
    .replace(/\([^)]*0x[^)]*\)/g, '')
    .replace(/\b0x[0-9a-f]+/g, '…')
    .replace(/\b(type|id) \d+/g, '$1 …')
    .replace(/\s+,/g, ',');

export const softwareEntry = lintRule({
  id: 'software-entry',
  title: 'entries that map nothing but hold something',
  severity: 'note',
  explain:
    'An invalid entry that is not zero: PROT_NONE and NUMA-hinting pages and swap entries of Linux, owners and locks of KVM and pKVM, frozen entries. The processor does not look at them, and they are no defect. What they say depends on which software wrote them; where several conventions fit, all are named. An entry that fits none is listed too: it may be garbage, or a convention that is not known here.',
  refs: {
    arm64: [
      linux('6.12 arch/arm64/include/asm/pgtable.h'),
      linux('6.12 arch/arm64/include/asm/kvm_pgtable.h'),
    ],
    x86: [linux('6.12 arch/x86/include/asm/pgtable_64.h')],
  },
  entry: ({ kind, note, reading }) => {
    if (kind !== 'payload' || reading.findings.some(({ severity }) => severity === 'error')) return undefined;
    return { message: note === undefined ? 'fits no known convention' : kindOf(note) };
  },
});
