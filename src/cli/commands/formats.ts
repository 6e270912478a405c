import { command } from '../command.ts';

export const verb = command({
  command: 'formats [name]',
  describe: 'The layouts as bit diagrams with references, and what they depend on',
  examples: [
    ['memattr formats', 'every format and register by name'],
    ['memattr formats stage2', 'its layouts, fields and settings'],
    ['memattr formats stage2.block --set level=1,granule=64K,lpa=1', 'one layout under given settings'],
  ],
  positionals: {
    name: { describe: 'A format or register, or one kind of it: stage2, stage2.block, MAIR_EL1' },
  },
  options: {
    set: { type: 'list', name: 'KEY=VALUE', describe: 'Settings under which to draw: granule, level, fwb…' },
    variants: { type: 'switch', describe: 'Draw every layout there is, not only those of these settings' },
  },
  run: async (args, io) => (await import('../run/formats.ts')).run(args, io),
});
