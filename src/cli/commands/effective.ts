import { command, type Options, only } from '../command.ts';
import { machineOptions } from '../options.ts';

const type = (describe: string) => ({ type: 'text', name: 'TYPE', describe }) as const;

const arm64 = {
  s1: type('What stage 1 asks for: WB, Normal-NC, nGnRE, oNC iWB, or a MAIR byte 0x44'),
  mair: type('The same, for those who think of the MAIR byte'),
  sh1: { type: 'text', name: 'SH', describe: 'SH of stage 1: nsh, osh, ish or the code (default: ish)' },
  s2: type('MemAttr of stage 2: the code 0xf, or wb, nc, nGnRE, as-s1 (default: no stage 2)'),
  sh2: { type: 'text', name: 'SH', describe: 'SH of stage 2 (default: ish)' },
  fwb: { type: 'switch', describe: 'HCR_EL2.FWB = 1' },
  'mte-perm': { type: 'switch', describe: 'FEAT_MTE_PERM: other MemAttr encodings' },
  fnxs: { type: 'switch', describe: 'FnXS of stage 2' },
  hcr: {
    type: 'text',
    name: 'VALUE',
    describe: 'HCR_EL2: a value, or bits by name: vm,cd,dc,e2h (default: vm where --s2 is given)',
  },
  sctlr: {
    type: 'text',
    name: 'VALUE',
    describe: 'SCTLR_ELx: a value, or bits by name: m,c,i (default: m,c,i)',
  },
  access: { type: 'text', choices: ['data', 'ifetch'], describe: 'Which access (default: data)' },
  without: { type: 'list', name: 'FEATURE', describe: 'A processor without FEAT_XS (xs) or FEAT_MTE2 (mte)' },
  'reserved-as': {
    type: 'text',
    name: 'CODE',
    describe: 'Let a reserved MemAttr act as this one, as a processor may',
  },
  choose: {
    type: 'text',
    choices: ['strongest', 'weakest'],
    describe: 'Show one of several permitted shareabilities',
  },
} as const satisfies Options;

const x86 = {
  pat: type('What the PAT says of the page, the guest’s under EPT or nested paging: WC, uncached-minus…'),
  mtrr: type('What the MTRRs say; WT+WB for ranges that overlap'),
  ept: type('EPT memory type'),
  ipat: { type: 'switch', describe: 'EPT leaf bit 6, ignore PAT' },
  'host-pat': type('Host PAT of the nested entry (AMD nested paging)'),
  vendor: {
    type: 'text',
    choices: ['intel', 'amd'],
    describe: 'Whose rules for PAT and MTRR (default: intel; amd with --host-pat)',
  },
  cd: { type: 'switch', describe: 'CR0.CD = 1, the guest’s under EPT' },
  'paging-off': { type: 'switch', describe: 'CR0.PG = 0: the PAT has no say' },
} as const satisfies Options;

export const verb = command({
  command: 'effective [architecture]',
  describe:
    'Which memory type does an access really get, and who decided it? One combination, or a whole table',
  examples: [
    ['memattr effective arm64 --mair 0xff --s2 0xf', 'stage 1 Write-Back, stage 2 Write-Back'],
    [
      'memattr effective arm64 --s1 nGnRE --s2 wb --fwb --explain',
      'Device forced to Write-Back, with every rule',
    ],
    ['memattr effective x86 --pat wc --ept wb --ipat', 'a guest’s write-combining under EPT with IPAT'],
    ['memattr effective x86 --pat wc --host-pat wb --mtrr wb', 'the same under AMD’s nested paging'],
    [
      'memattr walk DUMP -r regs.json --json | memattr effective arm64',
      'every combination of types in a dump, each once',
    ],
    ['memattr effective x86 --table ept', 'a whole matrix; --table all prints every one'],
    ['memattr effective --properties', 'what each type means for accesses'],
  ],
  positionals: { architecture: { describe: 'arm64 or x86' } },
  options: {
    ...only('arm64', arm64),
    ...only('x86', x86),
    registers: machineOptions.registers,
    cpu: machineOptions.cpu,
    reg: machineOptions.reg,
    explain: { type: 'switch', describe: 'Every rule that had a say, with its reference' },
    table: {
      type: 'text',
      name: 'NAME',
      describe: 'A whole table instead of one combination; all for every one',
    },
    properties: { type: 'switch', describe: 'What each memory type means for accesses' },
    strict: { type: 'switch', describe: 'Status 1 where there is no one certain answer' },
  },
  run: async (args, io) =>
    (await import('../run/effective.ts')).run(args, io, {
      arm64: Object.keys(arm64),
      x86: Object.keys(x86),
    }),
});
