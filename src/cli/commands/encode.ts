import { command } from '../command.ts';
import { machineOptions } from '../options.ts';

export const verb = command({
  command: 'encode <format> [fields..]',
  describe: 'The word for these fields, or for what you want the entry to do',
  examples: [
    ['memattr encode stage2 --type normal-wb --perm rw- --oa 0x40000000', 'the word for an intent'],
    [
      'memattr encode stage2 oa=0x9010000 memAttr=0b0001 s2ap=3 sh=3 af=1 xn=2',
      'the word for these fields; the others are 0',
    ],
    ['memattr encode stage2 --from 0x00400000090107c7 af=0', 'the same word with one field replaced'],
    ['memattr encode stage2.block --set level=2 oa=2M --explain', 'a kind by name, read back'],
    [
      'memattr encode mtrr --map 0-0xbfffffff=WB,0xc0000000+256M=WC --set maxphyaddr=39',
      'a whole set of MTRRs',
    ],
  ],
  positionals: {
    format: { describe: 'A format, or one kind of it: stage2, stage2.block; mtrr with --map' },
    fields: {
      describe: 'key=value, by the key or by the manual’s name; values as numbers or by their names',
    },
  },
  options: {
    ...machineOptions,
    type: {
      type: 'text',
      name: 'TYPE',
      describe: 'Memory type wanted: normal-wb, normal-nc, device-nGnRE, wc…',
    },
    perm: { type: 'text', name: 'RWX', describe: 'Permissions wanted: r-x, rw-' },
    oa: { type: 'text', name: 'ADDRESS', describe: 'Output address wanted, in bytes' },
    from: { type: 'text', name: 'WORD', describe: 'Start from this word and replace fields' },
    set: { type: 'list', name: 'KEY=VALUE', describe: 'What the layout depends on: granule, level, fwb…' },
    map: {
      type: 'text',
      name: 'RANGES',
      describe: 'MTRRs for this map: 0-0x7fffffff=WB,0xc0000000+256M=UC,… (of encode mtrr)',
    },
    default: { type: 'text', name: 'TYPE', describe: 'The type of what --map does not name (default: UC)' },
    explain: { type: 'switch', describe: 'Print what the word says, as decode does' },
  },
  run: async (args, io) => (await import('../run/encode.ts')).run(args, io),
});
