import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

export default command({
  command: 'walk <dump>',
  describe: 'What is mapped in this dump? Every range with its permissions and memory type',
  examples: [
    ['memattr walk vm.elf --registers vm.json', 'every translation in use, range by range'],
    [
      'memattr walk vm.elf --vttbr 0x1000040dbc000 --vtcr 0x1800e3558 --hcr 0x400c807f223f --summary',
      'a stage 2 by its registers; totals by memory type',
    ],
    ['memattr walk guest.core --cr3 0x901002 --json', 'one JSON record for each range'],
    ['memattr walk table.bin --base 0x94205000 --eptp 0x9420505e', 'raw memory, here a page of tables'],
  ],
  positionals: { dump: { describe: 'An ELF core or raw memory, plain or compressed' } },
  options: {
    summary: { type: 'switch', describe: 'Totals by memory type instead of ranges' },
    payload: {
      type: 'switch',
      describe: 'Also list entries that map nothing but hold something: swap, PROT_NONE, owners',
    },
    from: { type: 'text', name: 'ADDRESS', describe: 'Only from this input address on' },
    to: { type: 'text', name: 'ADDRESS', describe: 'Only below this input address' },
    limit: { type: 'text', name: 'N', describe: 'Print at most N ranges of each translation' },
    ...dumpOptions,
  },
  run: async (args, io) => (await import('../run/walk.ts')).run(args, io),
});
