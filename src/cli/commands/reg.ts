import { command } from '../command.ts';
import { machineOptions } from '../options.ts';

export const verb = command({
  command: 'reg [name] [values..]',
  describe: 'What does this register say? Field by field, with what it implies',
  examples: [
    ['memattr reg VTCR_EL2 0x80023558', 'one register, and what it implies'],
    ['memattr reg pat 0x0407050600070106 --json', 'names in any case, and short ones'],
    ['memattr reg', 'which registers there are'],
  ],
  positionals: {
    name: { describe: 'The register, in any case: MAIR_EL1, tcr, PAT, CR4…' },
    values: { describe: 'Its value or values; stdin where none are given' },
  },
  options: {
    ...machineOptions,
    set: {
      type: 'list',
      name: 'KEY=VALUE',
      describe: 'What the reading depends on: features, other registers',
    },
    brief: { type: 'switch', describe: 'One line for each value' },
    all: { type: 'switch', describe: 'Show reserved, ignored and software bits too where they are clean' },
  },
  run: async (args, io) => (await import('../run/reg.ts')).run(args, io),
});
