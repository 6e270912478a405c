import { command } from '../command.ts';
import { machineOptions } from '../options.ts';

export const verb = command({
  command: 'decode [words..]',
  describe: 'What does this entry say? Every field, what they add up to, and what is wrong with it',
  examples: [
    ['memattr decode 0x00400000090107c7 --as stage2', 'one stage 2 entry, level 3, 4KB granule'],
    [
      'memattr decode 0x00400000090107c7',
      'no idea what it is: every reading that fits, the likely one first',
    ],
    ['memattr decode 0x40000000000f7d --as stage2 --set level=2,fwb=1', 'say what the reading depends on'],
    ['od -An -v -t x8 page.bin | memattr decode --as stage2 --brief', 'many words, one line each'],
    [
      'dmesg | memattr decode',
      'an oops, `info tlb`, gdb, crash, U-Boot… pasted: what it is, and what it says',
    ],
  ],
  positionals: {
    words: {
      describe:
        'The words, 0x… or bare hex as dumps print them; or files to read; where none are given, words, pasted text or records of --json on stdin',
    },
  },
  options: {
    ...machineOptions,
    as: {
      type: 'text',
      name: 'FORMAT',
      describe:
        'What the words are: a name that `memattr formats` lists; or what the text is: a name of docs/text-formats.md',
    },
    set: {
      type: 'list',
      name: 'KEY=VALUE',
      describe: 'What the reading depends on: granule, level, fwb… (repeat, or separate by commas)',
    },
    all: { type: 'switch', describe: 'Show reserved, ignored and software bits too where they are clean' },
    brief: { type: 'switch', describe: 'One line for each word' },
  },
  run: async (args, io) => (await import('../run/decode.ts')).run(args, io),
});
