/** Options that several verbs share. */
import { type Options, only } from './command.ts';

const value = (describe: string) => ({ type: 'text', name: 'VALUE', describe }) as const;

const arm64Registers = {
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
} as const satisfies Options;

const x86Registers = {
  cr3: value('CR3'),
  cr0: value('CR0'),
  cr4: value('CR4'),
  efer: value('EFER'),
  pat: value('IA32_PAT'),
  eptp: value('EPTP'),
  ncr3: value('nCR3, the root of nested paging (AMD)'),
  'guest-cr3': value('A guest’s CR3, translated by EPT or nested paging'),
} as const satisfies Options;

const registerFile = {
  registers: {
    type: 'text',
    alias: 'r',
    name: 'FILE',
    describe:
      'Register values: JSON of names to numbers, QEMU or gdb `info registers`, NAME=value lines (default: the dump’s own notes)',
  },
  cpu: { type: 'text', name: 'N', describe: 'Only this CPU of the file or the notes, from 0' },
} as const satisfies Options;

const registerValues = {
  ...only('arm64', arm64Registers),
  ...only('x86', x86Registers),
  reg: {
    type: 'list',
    name: 'NAME=VALUE',
    describe: 'Any other register: GUESTCR4=0x…, ID_AA64MMFR0_EL1=0x…',
  },
} as const satisfies Options;

/** What is known about the machine: one reader for all verbs (`cli/run/machine.ts`). */
export const machineOptions = { ...registerFile, ...registerValues } as const satisfies Options;

/** Where a dump's translations are: its memory, and the registers that say how it is translated. */
export const dumpOptions = {
  ...registerFile,
  root: {
    type: 'text',
    name: 'NAME',
    describe:
      'Which translation, by the name it is printed with: stage2, el1.ttbr0, paging, ept, npt…; several with commas; all; auto, or a number: what `memattr roots` finds, the surest first; list (default: those in use)',
  },
  base: { type: 'text', name: 'ADDRESS', describe: 'Raw memory begins at this physical address' },
  map: {
    type: 'text',
    name: 'FILE',
    describe: 'Where raw memory belongs: /proc/iomem, `info mtree -f`, e820 lines, a list of ranges',
  },
  spool: {
    type: 'text',
    name: 'SIZE',
    describe: 'How much of a dump that comes through a pipe is taken into a temporary file (default: 16G)',
  },
  ...registerValues,
  set: {
    type: 'list',
    name: 'KEY=VALUE',
    describe: 'The processor: maxphyaddr, vendor, mbec, gmet, sss, rogpt, cBit, sBit (x86); features (arm64)',
  },
} as const satisfies Options;

/** Of verbs that may read large images in several threads. */
export const workerOptions = {
  workers: {
    type: 'text',
    name: 'N',
    describe: 'Read tables in N threads, 1 to 64 (default: as many as pay, and one where the image is small)',
  },
} as const satisfies Options;

/** What `walk` shows of a translation. */
export const walkOptions = {
  summary: { type: 'switch', describe: 'Totals by memory type instead of ranges' },
  payload: {
    type: 'switch',
    describe: 'Also list entries that map nothing but hold something: swap, PROT_NONE, owners',
  },
  from: { type: 'text', name: 'ADDRESS', describe: 'Only from this input address on' },
  to: { type: 'text', name: 'ADDRESS', describe: 'Only below this input address' },
  'pa-from': { type: 'text', name: 'ADDRESS', describe: 'Only what leads to this output address or above' },
  'pa-to': { type: 'text', name: 'ADDRESS', describe: 'Only what leads below this output address' },
  type: { type: 'text', name: 'NAME', describe: 'Only types with this in their name: device, wb, WC…' },
  perm: {
    type: 'text',
    name: 'RIGHTS',
    describe: 'Only where one privilege level has all of these: w, x, wx…',
  },
  page: { type: 'text', name: 'SIZE', describe: 'Only pages of this size: 4K, 2M, 1G' },
  level: { type: 'text', name: 'N', describe: 'Only entries of this level, by the manual’s number' },
  half: {
    type: 'text',
    choices: ['kernel', 'user'],
    describe: 'Only the upper or the lower half of the addresses',
  },
  findings: { type: 'switch', describe: 'Only ranges with something wrong' },
  sort: { type: 'text', choices: ['input', 'output', 'size', 'type'], describe: 'Order (default: input)' },
  limit: { type: 'text', name: 'N', describe: 'Print at most N ranges of each translation' },
} as const satisfies Options;
