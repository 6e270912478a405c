/** `effective`: one combination with its reasons, whole tables, or what the types mean. */
import * as arm64 from '../../arm64/memtype/index.ts';
import { effectiveView as arm64View } from '../../arm64/walk/effective.ts';
import { parseWord } from '../../bits/word.ts';
import type { Matrix } from '../../memtype/matrix.ts';
import { type Answer, answer } from '../../memtype/rule.ts';
import {
  type EffectiveAnswer,
  effectiveLines,
  effectiveRecord,
  matrixLines,
  matrixRecord,
  matrixRows,
  propertyRecord,
} from '../../report/effective.ts';
import { json } from '../../report/json.ts';
import { csvLine, markdownLine, table } from '../../report/table.ts';
import * as x86 from '../../x86/memtype/index.ts';
import { type MemoryType, typeCode } from '../../x86/values/attributes.ts';
import { decider, effectiveView as x86View } from '../../x86/walk/effective.ts';
import { type Globals, type OptionValues, outputOf } from '../command.ts';
import type { options } from '../commands/effective.ts';
import { type Io, look } from '../io.ts';
import { closest, didYouMean } from '../suggest.ts';
import { EXIT, UsageError } from '../trouble.ts';

type Args = OptionValues<typeof options> & Globals & { readonly architecture?: string | undefined };
type Architecture = 'arm64' | 'x86';

export function run(args: Args, io: Io): number {
  const architecture = architectureOf(args);
  if (args.table !== undefined) return printTables(args, architecture, args.table, io);
  if (args.properties) return printProperties(args, architecture, io);
  if (architecture === undefined)
    throw new UsageError(
      'which architecture? memattr effective arm64 --s1 WB --s2 wb, or memattr effective x86 --pat WC --mtrr WB',
    );
  refuseForeign(args, architecture);
  const found = architecture === 'arm64' ? ofArm64(args) : ofX86(args);
  const output = outputOf(args);
  if (output === 'json') io.out.write(`${json(effectiveRecord(found))}\n`);
  else if (output === 'table')
    io.out.write(`${effectiveLines(found, look(io, args), args.explain === true).join('\n')}\n`);
  else
    throw new UsageError(
      `one combination is printed as text or JSON; ${output} goes with --table and --properties`,
    );
  return args.strict && (!found.view.certain || found.notes.length > 0) ? EXIT.findings : EXIT.answer;
}

const ARCHITECTURES = ['arm64', 'x86'] as const;
function architectureOf({ architecture }: Args): Architecture | undefined {
  if (architecture === undefined) return undefined;
  const found = ARCHITECTURES.find(name => name === architecture.toLowerCase());
  if (!found) throw new UsageError(`no architecture '${architecture}'; there are arm64, x86`);
  return found;
}

/** What only one of the two knows: given for the other it would be dropped without a word. */
const OWN = {
  arm64: 's1 mair sh1 s2 sh2 fwb mte-perm fnxs hcr sctlr access without reserved-as choose'.split(' '),
  x86: 'pat mtrr ept ipat host-pat vendor cd paging-off'.split(' '),
} as const satisfies Record<Architecture, readonly string[]>;

function refuseForeign(args: Args, architecture: Architecture): void {
  const given = args as Readonly<Record<string, unknown>>;
  const other = architecture === 'arm64' ? 'x86' : 'arm64';
  const foreign = OWN[other].filter(key => {
    const value = given[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (foreign.length > 0)
    throw new UsageError(
      `${foreign.map(key => `--${key}`).join(', ')}: for ${other}, and this is ${architecture}`,
    );
  if (args.s1 !== undefined && args.mair !== undefined)
    throw new UsageError('--s1 and --mair say the same: give one of them');
  if (args.ipat && args.ept === undefined)
    throw new UsageError('--ipat is a bit of an EPT entry: give its type with --ept');
}

// ------------------------------------------------------------------------------------------------------ arm64

/** `vm,cd` or a register value, over bits that the rules know. */
function bitsOf<T extends object>(text: string, option: string, zero: T, fromWord: (word: bigint) => T): T {
  if (/^(0x|\d)/i.test(text)) return fromWord(parseWord(text));
  const names = text
    .toLowerCase()
    .split(',')
    .filter(name => name !== '');
  for (const name of names)
    if (!(name in zero))
      throw new UsageError(`--${option}: no bit '${name}'; there are ${Object.keys(zero).join(', ')}`);
  return { ...zero, ...Object.fromEntries(names.map(name => [name, 1])) };
}

function featuresOf(without: readonly string[]): arm64.AttributeFeatures {
  const missing = without.flatMap(text => text.toLowerCase().split(','));
  const unknown = missing.find(name => name !== 'xs' && name !== 'mte');
  if (unknown !== undefined) throw new UsageError(`--without takes xs and mte, not '${unknown}'`);
  return { xs: missing.includes('xs') ? 0 : 1, mte2: missing.includes('mte') ? 0 : 1 };
}

const SH = ['nsh', 'reserved', 'osh', 'ish'];
function shOf(text: string | undefined, option: string): number {
  if (text === undefined) return 0b11;
  const code = SH.indexOf(text.toLowerCase());
  const number = code >= 0 ? code : Number(text);
  if (!(Number.isInteger(number) && number >= 0 && number <= 3))
    throw new UsageError(`--${option} takes nsh, osh, ish or a code from 0 to 3, not '${text}'`);
  return number;
}

function ofArm64(args: Args): EffectiveAnswer {
  const features = featuresOf(args.without);
  const sctlr = bitsOf(args.sctlr ?? 'm,c,i', 'sctlr', { m: 0, c: 0, i: 0 }, word =>
    arm64.systemControls(word),
  ) as arm64.SystemControls;
  const given = bitsOf(
    args.hcr ?? (args.s2 === undefined ? '' : 'vm'),
    'hcr',
    { ...arm64.NO_HYPERVISOR },
    arm64.hypervisorControls,
  );
  const hcr = { ...given, fwb: args.fwb ? (1 as const) : given.fwb };
  const access = args.access ?? 'data';
  const on = arm64.stage1On(hcr, sctlr);
  const s1Text = args.s1 ?? args.mair;
  if (s1Text === undefined && on)
    throw new UsageError(
      'what does stage 1 ask for? --s1 WB, --s1 nGnRE or --mair 0xff (or turn it off: --sctlr 0)',
    );
  const byte = on && s1Text !== undefined ? mairByte(s1Text, features) : 0;
  const stage1 = arm64.s1DecodeMemAttrs(byte, shOf(args.sh1, 'sh1'), features);
  const stage2 = arm64.stage2On(hcr) ? stage2Of(args, hcr.fwb) : undefined;
  const result = arm64.effectiveOf(
    { access, hcr, sctlr, features },
    { stage1: () => stage1, stage2: () => stage2 as Answer<arm64.Stage2Meaning> },
  );
  const view = arm64View(result, on ? stage1.is : OFF, stage2?.is);
  const { is } = result;
  const chosen = args.choose && is.status === 'ok' ? chooseSh(is.sh, args.choose) : undefined;
  const name = is.status === 'ok' ? arm64.memoryName(is.memory) : undefined;
  return {
    architecture: 'arm64',
    given: {
      access,
      ...(on ? { stage1: `0x${byte.toString(16).padStart(2, '0')}` } : { stage1: 'off' }),
      ...(stage2 ? { stage2: args.s2 ?? 'none' } : { stage2: 'off' }),
      hcr: setBits(hcr),
      sctlr: setBits(sctlr),
    },
    view: chosen && name ? { ...view, type: `${name}, ${chosen} (chosen: ${args.choose})` } : view,
    notes: is.status === 'ok' && is.res0Set ? [RES0] : [],
    properties: is.status === 'ok' ? arm64.propertiesOf(is.memory) : [],
    ...(is.status === 'ok'
      ? { par: { attr: arm64.parAttr(is.memory, is.noTagAccess), sh: is.sh.map(arm64.parSh) } }
      : {}),
  };
}
const RES0 = 'MemAttr[3] is RES0 with FWB = 1 but set: the answer ignores it';
const OFF: arm64.Stage1Meaning = { status: 'unpredictable', why: 'mair' };
const setBits = (bits: object): string =>
  Object.entries(bits)
    .filter(([, value]) => value)
    .map(([name]) => name)
    .join(',') || 'none';

/** The weakest of the permitted shareabilities is the smallest domain. */
const DOMAIN: readonly arm64.Shareability[] = ['NSH', 'ISH', 'OSH'];
const chooseSh = (
  sh: readonly arm64.Shareability[],
  choose: 'strongest' | 'weakest',
): arm64.Shareability | undefined => {
  const sorted = [...sh].sort((a, b) => DOMAIN.indexOf(a) - DOMAIN.indexOf(b));
  return choose === 'strongest' ? sorted.at(-1) : sorted[0];
};

/** A MAIR byte: as given, or the one that means the type. */
function mairByte(text: string, features: arm64.AttributeFeatures): number {
  if (/^(0x[0-9a-f]{1,2}|0b[01]{1,8})$/i.test(text.trim())) return Number(text);
  const memory = arm64.parseMemory(text);
  if (!memory)
    throw new UsageError(
      `no memory type '${text}'; write WB, WT, NC, Normal-NC, nGnRE, 'oNC iWB', 'wb ra', tagged, or a MAIR byte 0x44`,
    );
  const name = arm64.memoryName(memory);
  for (let byte = 0; byte < 256; byte++) {
    const decoded = arm64.decodeAttr(byte, features);
    if (decoded && arm64.memoryName(decoded) === name) return byte;
  }
  throw new UsageError(`'${text}' has no MAIR encoding on this processor`);
}

function stage2Of(args: Args, fwb: 0 | 1): Answer<arm64.Stage2Meaning> {
  if (args.s2 === undefined)
    throw new UsageError('stage 2 is on: what does it ask for? --s2 0xf, --s2 wb, --s2 as-s1');
  const config = { fwb, mtePerm: args['mte-perm'] ? 1 : 0 } as const;
  const code = arm64.parseMemAttr(args.s2, config);
  if (code === undefined)
    throw new UsageError(
      `no MemAttr for '${args.s2}' with FWB = ${fwb}; write a code 0x0 to 0xf, a device type, nc, wb${fwb ? '' : ', wt'} or as-s1`,
    );
  const sh = shOf(args.sh2, 'sh2');
  const fnxs = args.fnxs ? 1 : 0;
  const meaning = arm64.s2DecodeMemAttrs(code, sh, fnxs, config);
  const other = args['reserved-as'];
  if (other === undefined || meaning.is.status === 'ok') return meaning;
  const acts = arm64.parseMemAttr(other, config);
  const instead = acts === undefined ? undefined : arm64.s2DecodeMemAttrs(acts, sh, fnxs, config);
  if (instead?.is.status !== 'ok')
    throw new UsageError(`--reserved-as takes a MemAttr that is not reserved, not '${other}'`);
  return answer(instead.is, ...meaning.why, ...instead.why);
}

// -------------------------------------------------------------------------------------------------------- x86

function typeOf(text: string | undefined, option: string): ReturnType<typeof x86.parseType> {
  if (text === undefined) return undefined;
  const found = x86.parseType(text);
  if (!found)
    throw new UsageError(
      `--${option}: no memory type '${text}'; there are UC, UC- (PAT), WC, WT, WP, WB, or a code such as 0x6`,
    );
  return found;
}
const patOf = (text: string | undefined, option: string): Answer<x86.PatSays> | undefined => {
  if (text === undefined) return undefined;
  if (/^(0x)?[23]$/.test(text)) return answer('reserved');
  return answer(typeOf(text, option) as x86.PatSays);
};

/** One type, or several that overlap: UC wins, WT wins over WB, anything else is undefined. */
function mtrrOf(text: string): Answer<x86.MtrrType> {
  const types = [...new Set(text.split('+').map(part => typeOf(part, 'mtrr')))].sort();
  if (types.includes('UC-')) throw new UsageError('--mtrr: UC- is no MTRR type');
  const known = types as readonly MemoryType[];
  const [only] = known;
  if (known.length === 1 && only) return answer({ is: 'type', type: only });
  if (known.includes('UC')) return answer({ is: 'type', type: 'UC' });
  if (known.join() === 'WB,WT') return answer({ is: 'type', type: 'WT' });
  return answer({ is: 'undefined', conflict: known });
}

function ofX86(args: Args): EffectiveAnswer {
  const cd = args.cd ? 1 : 0;
  const pat = args['paging-off'] ? x86.noPaging : patOf(args.pat, 'pat');
  if (!pat) throw new UsageError('what does the PAT say? --pat WB, --pat uncached-minus (or --paging-off)');
  const hostPat = patOf(args['host-pat'], 'host-pat');
  if (args.ept !== undefined && (hostPat || args.mtrr !== undefined))
    throw new UsageError(
      'under EPT neither MTRRs nor a host PAT have a say: leave out --mtrr and --host-pat',
    );
  const vendor = args.vendor ?? (hostPat ? 'amd' : 'intel');
  const parts: Record<string, string> = {
    [args.ept !== undefined || hostPat ? 'guest PAT' : 'PAT']: String(pat.is),
  };
  let result: Answer<x86.Effective>;
  if (args.ept !== undefined) {
    const memType = /^(0x)?\d$/.test(args.ept)
      ? Number(args.ept)
      : typeCode(typeOf(args.ept, 'ept') as MemoryType);
    result = x86.effectiveEpt({ cd, memType, ipat: args.ipat ? 1 : 0, pat });
    parts.EPT = x86.parseType(args.ept) ?? 'reserved';
  } else {
    if (args.mtrr === undefined)
      throw new UsageError('what do the MTRRs say? --mtrr WB (or --ept TYPE for a guest under EPT)');
    const mtrr = mtrrOf(args.mtrr);
    parts.MTRR = mtrr.is.is === 'type' ? mtrr.is.type : 'undefined';
    if (hostPat) parts['host PAT'] = String(hostPat.is);
    result = hostPat
      ? x86.effectiveNpt({ guestCd: cd, guestPat: pat, hostPat, mtrr })
      : x86.effectiveType({ vendor, cd, pat, mtrr });
  }
  const { is } = result;
  const decidedBy = cd ? 'CR0.CD' : args.ipat && args.ept !== undefined ? 'EPT (IPAT)' : decider(is, parts);
  return {
    architecture: 'x86',
    given: { vendor, ...parts, ...(args.ept === undefined ? {} : { IPAT: args.ipat ? 1 : 0 }), 'CR0.CD': cd },
    view: x86View(result, decidedBy),
    notes: [],
    properties: is.is === 'type' ? [x86.TYPE_PROPERTIES[is.type]] : [],
  };
}

// ------------------------------------------------------------------------------------------------------ tables

function printTables(args: Args, architecture: Architecture | undefined, name: string, io: Io): number {
  const all = [
    ...(architecture === 'x86'
      ? []
      : arm64.MATRICES.map(matrix => ({ architecture: 'arm64' as const, matrix }))),
    ...(architecture === 'arm64'
      ? []
      : x86.MATRICES.map(matrix => ({ architecture: 'x86' as const, matrix }))),
  ];
  const wanted = name === 'all' ? all : all.filter(({ matrix }) => matrix.id === name);
  if (wanted.length === 0) {
    const ids = all.map(({ matrix }) => matrix.id);
    throw new UsageError(
      `no table '${name}'; ${didYouMean(name, closest(name, ids)) || `there are ${ids.join(', ')}, all`}`,
    );
  }
  for (const [i, { architecture, matrix }] of wanted.entries())
    printMatrix(matrix, architecture, args, io, i === 0);
  return EXIT.answer;
}

function printMatrix(matrix: Matrix, architecture: Architecture, args: Args, io: Io, first: boolean): void {
  const [titles = [], ...rows] = matrixRows(matrix);
  switch (outputOf(args)) {
    case 'json':
      io.out.write(`${json(matrixRecord(matrix, architecture))}\n`);
      break;
    case 'csv':
      io.out.write([titles, ...rows].map(row => `${csvLine([matrix.id, ...row])}\r\n`).join(''));
      break;
    case 'markdown':
      io.out.write(
        `${first ? '' : '\n'}### ${matrix.title}\n\n${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n`,
      );
      io.out.write(rows.map(row => `${markdownLine(row)}\n`).join(''));
      break;
    case 'table':
      io.out.write(`${first ? '' : '\n'}${matrixLines(matrix, look(io, args)).join('\n')}\n`);
  }
}

/** `earlyAcknowledgement` as people read it. */
const words = (key: string): string => key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
const shown = (value: unknown): string => (value === true ? 'yes' : value === false ? 'no' : String(value));
/** What the manual abbreviates too: columns are narrow. */
const short = (text: string): string =>
  text.replace('IMPLEMENTATION DEFINED', 'IMP DEF').replace('CONSTRAINED UNPREDICTABLE', 'CONSTR UNPRED');

function printProperties(args: Args, architecture: Architecture | undefined, io: Io): number {
  const output = outputOf(args);
  const seen = look(io, args);
  const groups = [
    ...(architecture === 'x86'
      ? []
      : [{ architecture: 'arm64' as const, types: Object.entries(arm64.TYPE_PROPERTIES) }]),
    ...(architecture === 'arm64'
      ? []
      : [{ architecture: 'x86' as const, types: Object.entries(x86.TYPE_PROPERTIES) }]),
  ];
  groups.forEach(({ architecture, types }, i) => {
    const keys = Object.keys(types[0]?.[1] ?? {}).filter(key => key !== 'name');
    // one row a property: types fit the width of a terminal, properties do not
    const rows = keys.map(key => [
      words(key),
      ...types.map(([, of]) => shown((of as unknown as Record<string, unknown>)[key])),
    ]);
    const titles = ['', ...types.map(([type]) => type)];
    switch (output) {
      case 'json':
        for (const [type, of] of types) io.out.write(`${json(propertyRecord(architecture, type, of))}\n`);
        break;
      case 'csv':
        io.out.write([titles, ...rows].map(row => `${csvLine(row)}\r\n`).join(''));
        break;
      case 'markdown':
        io.out.write(
          `${i ? '\n' : ''}${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n${rows.map(row => `${markdownLine(row)}\n`).join('')}`,
        );
        break;
      case 'table': {
        const columns = titles.map((title, at) => ({
          title,
          text: (row: readonly string[]) => short(row[at] ?? ''),
          wrap: at > 0,
        }));
        const facts = rows.filter(([name]) => name !== 'maintenance');
        io.out.write(
          `${i ? '\n' : ''}${seen.style.bold(architecture)}\n${table(columns, facts, { width: seen.width, indent: 2, head: seen.style.dim }).join('\n')}\n`,
        );
        io.out.write(`\n  which maintenance it needs\n`);
        for (const [type, of] of types) io.out.write(`    ${type.padEnd(14)} ${of.maintenance}\n`);
      }
    }
  });
  return EXIT.answer;
}
