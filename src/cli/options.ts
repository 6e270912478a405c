/** Options that several verbs share. */
import type { Options } from './command.ts';

const value = (describe: string) => ({ type: 'text', name: 'VALUE', describe }) as const;

/** Where a dump's translations are: its memory, and the registers that say how it is translated. */
export const dumpOptions = {
  registers: {
    type: 'text',
    alias: 'r',
    name: 'FILE',
    describe:
      'Register values: JSON of names to numbers, QEMU or gdb `info registers`, NAME=value lines (default: the dump’s own notes)',
  },
  cpu: { type: 'text', name: 'N', describe: 'Only this CPU of the file or the notes, from 0' },
  root: {
    type: 'text',
    name: 'NAME',
    describe:
      'Which translation, by the name it is printed with: stage2, el1.ttbr0, paging, ept, npt…; several with commas; all (default: those in use)',
  },
  base: { type: 'text', name: 'ADDRESS', describe: 'Raw memory begins at this physical address' },
  map: {
    type: 'text',
    name: 'FILE',
    describe: 'Where raw memory belongs: /proc/iomem, `info mtree -f`, e820 lines, a list of ranges',
  },
  vttbr: value('VTTBR_EL2'),
  vtcr: value('VTCR_EL2'),
  hcr: value('HCR_EL2'),
  ttbr0: value('TTBR0_ELx, x as --el says'),
  ttbr1: value('TTBR1_ELx'),
  tcr: value('TCR_ELx'),
  mair: value('MAIR_ELx'),
  sctlr: value('SCTLR_ELx'),
  el: {
    type: 'text',
    choices: ['1', '2', '3'],
    describe: 'The exception level of the five before (default: 1)',
  },
  cr3: value('CR3'),
  cr0: value('CR0'),
  cr4: value('CR4'),
  efer: value('EFER'),
  pat: value('IA32_PAT'),
  eptp: value('EPTP'),
  ncr3: value('nCR3, the root of nested paging (AMD)'),
  'guest-cr3': value('A guest’s CR3, translated by EPT or nested paging'),
  reg: {
    type: 'list',
    name: 'NAME=VALUE',
    describe: 'Any other register: GUESTCR4=0x…, ID_AA64MMFR0_EL1=0x…',
  },
  set: {
    type: 'list',
    name: 'KEY=VALUE',
    describe: 'The processor: maxphyaddr, vendor, mbec, cBit, sBit (x86); features (arm64)',
  },
} as const satisfies Options;
