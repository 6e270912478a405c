import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

export const verb = command({
  command: 'lint [dump]',
  describe: 'What is wrong in this dump? Aliases of conflicting type, W^X, reserved bits, writable tables…',
  examples: [
    ['memattr lint vm.elf --registers vm.json', 'every rule over every translation in use'],
    [
      'memattr lint vm.elf -r vm.json --map iomem.txt --sarif > lint.sarif',
      'with a memory map; for a CI service',
    ],
    ['memattr lint vm.elf -r vm.json --ignore wx-user --fail-on warning', 'status 1 for warnings too'],
    ['memattr lint vm.elf -r vm.json --expect-perm "0x40000000+2G=rwx,*=---"', 'what stage 2 may permit'],
    ['memattr lint --explain alias-cacheability', 'what a rule looks for, and why'],
  ],
  positionals: { dump: { describe: 'A dump in any form that walk reads' } },
  options: {
    rule: { type: 'list', name: 'ID', describe: 'Only these rules; several with commas' },
    ignore: { type: 'list', name: 'ID', describe: 'Not these rules' },
    'fail-on': {
      type: 'text',
      choices: ['error', 'warning', 'note', 'never'],
      describe: 'The severity from which on the status is 1 (default: error)',
    },
    explain: { type: 'text', name: 'ID', describe: 'Explain a rule, or all of them' },
    'expect-perm': {
      type: 'text',
      name: 'RANGES',
      describe:
        'What second stages should permit: START-LAST=rwx or START+SIZE=r--, with commas; *=--- for the rest; or a file of such lines',
    },
    examples: { type: 'text', name: 'N', describe: 'Ranges to show for each report (default: 3)' },
    sarif: { type: 'switch', describe: 'One SARIF 2.1.0 log' },
    ...dumpOptions,
    map: {
      type: 'text',
      name: 'FILE',
      describe:
        'What is memory and what device registers: /proc/iomem, `info mtree -f`, e820 lines, ranges with ram or mmio; and where raw memory belongs',
    },
  },
  run: async (args, io) => (await import('../run/lint.ts')).run(args, io),
});
