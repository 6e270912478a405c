import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

export const verb = command({
  command: 'bench [dump]',
  describe: 'How fast is it here? Entries per second, beside what this machine can read at all',
  examples: [
    ['memattr bench', 'every kernel on good data and bad, in some ten seconds'],
    ['memattr bench --only walk --shape worst --order shuffled', 'the worst case of one of them'],
    [
      'memattr bench --only flat,walk --entries 64Mi --rounds 9 --json > here.jsonl',
      'more data, for a script',
    ],
    ['memattr bench vm.elf --registers vm.json', 'a real dump: reading it, walking its tables, totals'],
  ],
  positionals: { dump: { describe: 'A dump in any form that walk reads, instead of synthetic data' } },
  options: {
    only: {
      type: 'text',
      name: 'WORK',
      describe:
        'Only read, flat, histogram, walk, nested, lookups, text; of a dump read, walk, summary; several with commas; or all',
    },
    shape: {
      type: 'text',
      name: 'SHAPE',
      describe:
        'How entries follow each other: runs (long ones), mixed (short ones, holes, changing attributes), worst (no two merge); several with commas',
    },
    order: {
      type: 'text',
      choices: ['in-order', 'shuffled'],
      describe: 'How the tables of walks lie in memory (default: both)',
    },
    entries: {
      type: 'text',
      name: 'N',
      describe:
        'Entries of 8 bytes; look-ups and text get a quarter: 100k, 4M, or in powers of two 64Ki, 4Mi (default: 4Mi)',
    },
    rounds: { type: 'text', name: 'N', describe: 'Runs of each work, after one to warm up (default: 5)' },
    ...dumpOptions,
  },
  run: async (args, io) => (await import('../run/bench.ts')).run(args, io),
});
