import { command } from '../command.ts';
import { dumpOptions, workerOptions } from '../options.ts';

export const verb = command({
  command: 'rmap <dump> <addresses..>',
  describe:
    'Who maps this physical page? Every address that leads there, with its permissions and memory type',
  examples: [
    [
      'memattr rmap vm.elf 0x43731000 --registers vm.json',
      'in every translation in use: IPAs, and a guest’s addresses through both stages',
    ],
    ['memattr rmap guest.core 0x2a61000 0xfee00000 --root all', 'several pages; one walk answers all'],
    ['memattr rmap guest.core 0x2a61000 --all --json', 'every alias by itself, as JSON'],
  ],
  positionals: {
    dump: { describe: 'An ELF core or raw memory, plain or compressed' },
    addresses: { describe: 'Physical addresses (output addresses of the last stage): 0x… or decimal' },
  },
  options: {
    all: {
      type: 'switch',
      describe: 'Each alias on its own line (default: more than 8 that say the same are folded)',
    },
    limit: { type: 'text', name: 'N', describe: 'Print at most N lines for each page' },
    ...dumpOptions,
    ...workerOptions,
  },
  run: async (args, io) => (await import('../run/rmap.ts')).run(args, io),
});
