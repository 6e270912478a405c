import { command } from '../command.ts';
import { dumpOptions } from '../options.ts';

export const verb = command({
  command: 'translate <dump> <addresses..>',
  describe:
    'Where does this address lead? Level by level, every stage, who denied what, and the effective type',
  examples: [
    [
      'memattr translate vm.elf 0xffff000010001000 -r vm.json --cpu 0',
      'a guest’s address through both stages',
    ],
    ['memattr translate vm.elf 0x80400000 -r vm.json --root stage2', 'an IPA through stage 2'],
    [
      'memattr translate vm.elf 0x1000 -r vm.json --as-access write --at supervisor',
      'one access: allowed, or its fault',
    ],
    [
      'memattr translate guest.core 0xffffffff81000000 --cr3 0x6200000 --explain',
      'with every rule of the memory type',
    ],
  ],
  positionals: {
    dump: { describe: 'An ELF core or raw memory, plain or compressed' },
    addresses: { describe: 'Input addresses: 0x… or decimal' },
  },
  options: {
    'as-access': {
      type: 'text',
      choices: ['read', 'write', 'fetch', 'shadow-stack'],
      describe: 'Is this access allowed, and which fault is it if not?',
    },
    at: {
      type: 'text',
      choices: ['user', 'el0', 'privileged', 'supervisor'],
      describe: 'Who makes the access (default: user)',
    },
    explain: { type: 'switch', describe: 'Every rule that made the effective type, with its reference' },
    ...dumpOptions,
  },
  run: async (args, io) => (await import('../run/translate.ts')).run(args, io),
});
