import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

export const verb = command({
  command: 'diff <first> [second]',
  describe: 'What differs? Two dumps, two translations of one dump, or a dump and another tool’s text',
  examples: [
    ['memattr diff before.core after.core --ignore accessed,dirty', 'what a kernel changed in its tables'],
    [
      'memattr diff guest.core info-tlb.txt --registers regs.json',
      'a dump beside QEMU’s `info tlb` of the same moment',
    ],
    [
      'memattr diff vm.elf console.txt -r vm.json --root stage2',
      'KVM’s stage2_page_tables; ptdump, info mem, info tab, gva2gpa too',
    ],
    ['memattr diff before.core after.core --live', 'which changes of a table in use took break-before-make'],
    ['memattr diff guest.core --root-a CR3=0x6200000 --root-b CR3=0x487c000', 'two processes of one dump'],
    [
      'memattr diff vm.elf -r vm.json --root-a cpu0.stage2 --root-b cpu1.stage2 --json',
      'two virtual machines',
    ],
  ],
  positionals: {
    first: { describe: 'A dump: an ELF core or raw memory, plain or compressed' },
    second: { describe: 'Another dump, or text (plain or compressed, - for stdin)' },
  },
  options: {
    ignore: {
      type: 'text',
      name: 'NAMES',
      describe:
        'What does not count: accessed, dirty, global, software, contiguous, page, perm, type, shareability, keys, output, or fields of `walk --json`; several with commas',
    },
    'root-a': {
      type: 'text',
      name: 'ROOT',
      describe: 'The translation of the first side: its name, or registers that give it, CR3=0x…',
    },
    'root-b': { type: 'text', name: 'ROOT', describe: 'The translation of the second side' },
    'registers-b': {
      type: 'text',
      name: 'FILE',
      describe: 'Register values of the second dump (default: --registers, else its own notes)',
    },
    as: { type: 'text', name: 'FORMAT', describe: 'Read the text as this format and as nothing else' },
    live: {
      type: 'switch',
      describe:
        'The tables are in use: what each change took, break-before-make, an invalidation or nothing (two moments of one machine)',
    },
    limit: { type: 'text', name: 'N', describe: 'Print at most N differences' },
    ...dumpOptions,
  },
  run: async (args, io) => (await import('../run/diff.ts')).run(args, io),
});
