import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

const { root: _, ...registers } = dumpOptions;

export const verb = command({
  command: 'roots <dump>',
  describe:
    'Where do translations begin? By registers, notes and VMCOREINFO, and by the structure of the memory',
  examples: [
    ['memattr roots vm.core', 'what the dump’s notes say, and what its memory shows'],
    ['memattr roots vm.core --explain --limit 1', 'the surest, with the evidence'],
    [
      'memattr roots vm.elf --registers vm.json',
      'which of a machine’s registers give a root here, guests included',
    ],
    [
      'memattr roots lime.bin --scan x86',
      'no notes at all: tables of 32-bit, PAE, 4- and 5-level paging, EPT, NPT',
    ],
    [
      'memattr roots ram.bin --base 0x40000000 --scan arm64 --json',
      'one JSON record for each root, the surest first',
    ],
  ],
  positionals: { dump: { describe: 'An ELF core or raw memory, plain or compressed' } },
  options: {
    scan: {
      type: 'text',
      choices: ['auto', 'off', 'arm64', 'x86', 'all'],
      describe: 'Which trees to look for in memory (default: auto, those of the dump’s machine)',
    },
    above: {
      type: 'text',
      name: 'PERCENT',
      describe: 'Only roots at least this sure (default: 20)',
    },
    explain: { type: 'switch', describe: 'The evidence, and what was assumed' },
    limit: { type: 'text', name: 'N', describe: 'Print at most N roots' },
    pages: {
      type: 'text',
      name: 'N',
      describe: 'Search at most N pages of 4 KiB (default: 4194304, which is 16 GiB)',
    },
    ...registers,
  },
  run: async (args, io) => (await import('../run/roots.ts')).run({ ...args, root: undefined }, io),
});
