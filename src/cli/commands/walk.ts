import { command } from '../command.ts';
import { dumpOptions, walkOptions, workerOptions } from '../options.ts';

export const verb = command({
  command: 'walk <dump>',
  describe: 'What is mapped in this dump? Every range with its permissions and memory type',
  examples: [
    ['memattr walk vm.elf --registers vm.json', 'every translation in use, range by range'],
    [
      'memattr walk vm.elf --vttbr 0x1000040dbc000 --vtcr 0x1800e3558 --hcr 0x400c807f223f --summary',
      'a stage 2 by its registers; totals by memory type',
    ],
    [
      'memattr walk vm.elf -r vm.json --root el1.ttbr0',
      'a guest’s own tables: both stages and the effective type',
    ],
    ['memattr walk vm.elf -r vm.json --type device --perm x', 'device memory that can be executed'],
    ['memattr walk guest.core --cr3 0x901002 --json', 'one JSON record for each range'],
    ['memattr walk table.bin --base 0x94205000 --eptp 0x9420505e', 'raw memory, here a page of tables'],
  ],
  positionals: { dump: { describe: 'An ELF core or raw memory, plain or compressed; - for stdin' } },
  options: {
    ...walkOptions,
    ...dumpOptions,
    ...workerOptions,
  },
  run: async (args, io) => (await import('../run/walk.ts')).run(args, io),
});
