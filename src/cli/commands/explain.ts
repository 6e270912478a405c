import { command } from '../command.ts';

export const verb = command({
  command: 'explain [id]',
  describe:
    'What does this id mean? Of a finding, a lint rule, a reason of a fault, a condition of the KVM model',
  examples: [
    [
      'memattr explain res0-set',
      'what it means, how bad it is, where it comes from, and what the manuals say',
    ],
    ['memattr explain cacheable-pfnmap-unsupported', 'why kvm predict refuses a slot'],
    ['memattr explain', 'every id, one a line'],
  ],
  positionals: { id: { describe: 'As it is printed: res0-set, wx-user, install…' } },
  run: async (args, io) => (await import('../run/explain.ts')).run(args, io),
});
