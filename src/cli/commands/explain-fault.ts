import { command, only } from '../command.ts';
import { dumpOptions } from '../options.ts';

const value = (describe: string) => ({ type: 'text', name: 'VALUE', describe }) as const;

export const verb = command({
  command: 'explain-fault [dump]',
  describe: 'Why did this access fault? The hardware’s syndrome held against the tables',
  examples: [
    [
      'memattr explain-fault vm.elf -r vm.json --esr 0x9600000f --far 0xffff000010001000',
      'an abort, level by level: which entry denies it, or is it the TLB',
    ],
    [
      'memattr explain-fault --text oops.txt',
      'a kernel’s own message: registers and entries are read from it',
    ],
    [
      'memattr explain-fault --esr 0x9600004f --far 0x1000 --entries 0x41003,0x42003,0x600000400007c3',
      'entries copied from somewhere, root first',
    ],
    ['memattr explain-fault vm.elf -r vm.json --esr 0x93c08007 --far 0x0 --hpfar 0x90000', 'a stage 2 abort'],
    [
      'memattr explain-fault vm.elf --eptp 0x9420505e --ept-qualification 0x182 --gpa 0xfee00000',
      'an EPT violation',
    ],
  ],
  positionals: {
    dump: { describe: 'A dump with the tables, or the text of a fault; not needed with --entries' },
  },
  options: {
    ...only('arm64', {
      esr: value('ESR_ELx: aborts of arm64; --el says which'),
      far: value('FAR_ELx'),
      hpfar: value('HPFAR_EL2: the abort was taken to EL2, from stage 2'),
    }),
    ...only('x86', {
      'pf-code': value('Error code of a page fault'),
      cr2: value('CR2'),
      'ept-qualification': value('Exit qualification of an EPT violation'),
      'ept-misconfig': { type: 'switch', describe: 'An EPT misconfiguration, which has no qualification' },
      gpa: value('Guest physical address of an EPT exit'),
      gla: value('Guest linear address of an EPT violation'),
      npf: {
        type: 'text',
        name: 'INFO1[,INFO2]',
        describe: 'A nested page fault: EXITINFO1, and EXITINFO2, the guest physical address',
      },
    }),
    entries: {
      type: 'text',
      name: 'WORDS',
      describe:
        'The entries of the walk from the root down, with commas; --set takes settings of their format',
    },
    as: {
      type: 'text',
      name: 'FORMAT',
      describe: 'What the entries are: stage1, stage2, pte, ept, npt (default: as the fault says)',
    },
    text: {
      type: 'text',
      name: 'FILE',
      describe: 'A kernel message with the fault, its registers and its entries (default: stdin)',
    },
    ...dumpOptions,
  },
  run: async (args, io) => (await import('../run/explain-fault.ts')).run(args, io),
});
