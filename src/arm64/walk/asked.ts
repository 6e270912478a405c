/** Questions about one combination of arm64's two stages, in words. */

import { hex, parseWord } from '../../bits/word.ts';
import { type Answer, answer } from '../../memtype/rule.ts';
import {
  AskError,
  type Asked,
  type EffectiveAnswer,
  type RecordedLeaf,
  type TypeRules,
} from '../../walk/asked.ts';
import * as arm64 from '../memtype/index.ts';
import { FEATURE_SETS, idRegisters, featuresOf as processorOf } from '../registers/features.ts';
import { effectiveView as arm64View, decider } from './effective.ts';

interface Args {
  readonly s1?: string;
  /** The same, for those who think of the MAIR byte. */
  readonly mair?: string;
  readonly sh1?: string;
  readonly s2?: string;
  readonly sh2?: string;
  readonly fwb?: boolean;
  readonly 'mte-perm'?: boolean;
  readonly fnxs?: boolean;
  readonly hcr?: string;
  readonly sctlr?: string;
  readonly access?: 'data' | 'ifetch';
  readonly without?: readonly string[];
  readonly 'reserved-as'?: string;
  readonly choose?: 'strongest' | 'weakest';
}
/** By name, so that the compiler sees a key that is left out. */
const ASKS: Readonly<Record<keyof Args, true>> = {
  s1: true,
  mair: true,
  sh1: true,
  s2: true,
  sh2: true,
  fwb: true,
  'mte-perm': true,
  fnxs: true,
  hcr: true,
  sctlr: true,
  access: true,
  without: true,
  'reserved-as': true,
  choose: true,
};

/** `vm,cd` or a register value, over bits that the rules know. */
function bitsOf<T extends object>(text: string, option: string, zero: T, fromWord: (word: bigint) => T): T {
  if (/^(0x|\d)/i.test(text)) return fromWord(parseWord(text));
  const names = text
    .toLowerCase()
    .split(',')
    .filter(name => name !== '');
  for (const name of names)
    if (!(name in zero))
      throw new AskError(`--${option}: no bit '${name}'; there are ${Object.keys(zero).join(', ')}`);
  return { ...zero, ...Object.fromEntries(names.map(name => [name, 1])) };
}

function featuresOf(without: readonly string[]): arm64.AttributeFeatures {
  const missing = without.flatMap(text => text.toLowerCase().split(','));
  const unknown = missing.find(name => name !== 'xs' && name !== 'mte');
  if (unknown !== undefined) throw new AskError(`--without takes xs and mte, not '${unknown}'`);
  return { xs: missing.includes('xs') ? 0 : 1, mte2: missing.includes('mte') ? 0 : 1 };
}

const SH = ['nsh', 'reserved', 'osh', 'ish'];
function shOf(text: string | undefined, option: string): number {
  if (text === undefined) return 0b11;
  const code = SH.indexOf(text.toLowerCase());
  const number = code >= 0 ? code : Number(text);
  if (!(Number.isInteger(number) && number >= 0 && number <= 3))
    throw new AskError(`--${option} takes nsh, osh, ish or a code from 0 to 3, not '${text}'`);
  return number;
}

/** What is asked of a stage that is off. */
function unheard({ s1, mair, s2 }: Args, stage1: boolean, stage2: boolean): string[] {
  const first = s1 === undefined ? mair && `--mair ${mair}` : `--s1 ${s1}`;
  return [
    ...(first && !stage1 ? [`${first} says nothing: stage 1 is off under --sctlr and --hcr`] : []),
    ...(s2 !== undefined && !stage2
      ? [`--s2 ${s2} says nothing: stage 2 is off, HCR_EL2.VM and DC are 0 in --hcr`]
      : []),
  ];
}

function effective(asked: Asked): EffectiveAnswer {
  const args = asked as Args;
  if (args.s1 !== undefined && args.mair !== undefined)
    throw new AskError('--s1 and --mair say the same: give one of them');
  const features = featuresOf(args.without ?? []);
  const sctlr = bitsOf(args.sctlr ?? 'm,c,i', 'sctlr', { m: 0, c: 0, i: 0 }, word =>
    arm64.systemControls(word),
  ) as arm64.SystemControls;
  const given = bitsOf(
    args.hcr ?? (args.s2 === undefined ? '' : 'vm'),
    'hcr',
    { ...arm64.NO_HYPERVISOR, e2h: 0, nv: 0, nv1: 0 } as arm64.HypervisorBits,
    arm64.hypervisorBits,
  );
  const bits = { ...given, fwb: args.fwb ? (1 as const) : given.fwb };
  const hcr = arm64.actingControls(bits);
  const access = args.access ?? 'data';
  const on = arm64.stage1On(hcr, sctlr);
  const s1Text = args.s1 ?? args.mair;
  if (s1Text === undefined && on)
    throw new AskError(
      'what does stage 1 ask for? --s1 WB, --s1 nGnRE or --mair 0xff (or turn it off: --sctlr 0)',
    );
  const byte = on && s1Text !== undefined ? mairByte(s1Text, features) : 0;
  const stage1 = arm64.s1DecodeMemAttrs(byte, shOf(args.sh1, 'sh1'), features);
  const stage2 = arm64.stage2On(hcr) ? stage2Of(args, hcr.fwb) : undefined;
  const result = arm64.effectiveOf(
    { access, hcr, sctlr, features },
    { stage1: () => stage1, stage2: () => stage2 as Answer<arm64.Stage2Meaning> },
  );
  const view = arm64View(result, decider(result.value, on ? stage1.value : OFF, stage2?.value));
  const { value } = result;
  const chosen = args.choose && value.is === 'ok' ? chooseSh(value.sh, args.choose) : undefined;
  const name = value.is === 'ok' ? arm64.memoryName(value.memory) : undefined;
  return {
    architecture: 'arm64',
    given: {
      access,
      ...(on ? { stage1: `0x${byte.toString(16).padStart(2, '0')}` } : { stage1: 'off' }),
      ...(stage2 ? { stage2: args.s2 ?? 'none' } : { stage2: 'off' }),
      hcr: setBits(bits),
      sctlr: setBits(sctlr),
    },
    view: chosen && name ? { ...view, type: `${name}, ${chosen} (chosen: ${args.choose})` } : view,
    notes: [
      ...unheard(args, on, stage2 !== undefined),
      ...(value.is === 'ok' && value.res0Set ? [RES0] : []),
      ...(value.is === 'ok' && value.noTagAccess ? [NO_TAG_ACCESS] : []),
    ],
    properties: value.is === 'ok' ? arm64.propertiesOf(value.memory) : [],
    ...(value.is === 'ok'
      ? { par: { attr: arm64.parAttr(value.memory, value.noTagAccess), sh: value.sh.map(arm64.parSh) } }
      : {}),
  };
}
const RES0 = 'MemAttr[3] is RES0 with FWB = 1 but set: the answer ignores it';
const NO_TAG_ACCESS =
  'NoTagAccess: accesses to tags take a Permission fault of stage 2 with TagAccess = 1; other data accesses do not';
const OFF: arm64.Stage1Meaning = { is: 'unpredictable', why: 'mair' };
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
    throw new AskError(
      `no memory type '${text}'; write WB, WT, NC, Normal-NC, nGnRE, 'oNC iWB', 'wb ra', tagged, or a MAIR byte 0x44`,
    );
  const name = arm64.memoryName(memory);
  for (let byte = 0; byte < 256; byte++) {
    const decoded = arm64.decodeAttr(byte, features);
    if (decoded && arm64.memoryName(decoded) === name) return byte;
  }
  throw new AskError(`'${text}' has no MAIR encoding on this processor`);
}

function stage2Of(args: Args, fwb: 0 | 1): Answer<arm64.Stage2Meaning> {
  if (args.s2 === undefined)
    throw new AskError('stage 2 is on: what does it ask for? --s2 0xf, --s2 wb, --s2 as-s1');
  const config = { fwb, mtePerm: args['mte-perm'] ? 1 : 0 } as const;
  const code = arm64.parseMemAttr(args.s2, config);
  if (code === undefined)
    throw new AskError(
      `no MemAttr for '${args.s2}' with FWB = ${fwb}; write a code 0x0 to 0xf, a device type, nc, wb${fwb ? '' : ', wt'} or as-s1`,
    );
  const sh = shOf(args.sh2, 'sh2');
  const fnxs = args.fnxs ? 1 : 0;
  const meaning = arm64.s2DecodeMemAttrs(code, sh, fnxs, config);
  const other = args['reserved-as'];
  if (other === undefined || meaning.value.is === 'ok') return meaning;
  const acts = arm64.parseMemAttr(other, config);
  const instead = acts === undefined ? undefined : arm64.s2DecodeMemAttrs(acts, sh, fnxs, config);
  if (instead?.value.is !== 'ok')
    throw new AskError(`--reserved-as takes a MemAttr that is not reserved, not '${other}'`);
  return answer(instead.value, ...meaning.why, ...instead.why);
}

/** The controls of the moment of access; and which features the processor lacks, where its ID registers are there. */
function known(registers: ReadonlyMap<string, bigint>): Asked {
  const hcr = registers.get('HCR_EL2');
  const sctlr = registers.get('SCTLR_EL1');
  const ids = idRegisters(registers);
  const features = processorOf(ids, FEATURE_SETS.full);
  const without = [
    ...(ids.isar1 !== undefined && !features.xs ? ['xs'] : []),
    ...(ids.pfr1 !== undefined && !features.mte2 ? ['mte'] : []),
  ];
  return {
    ...(hcr === undefined ? {} : { hcr: hex(hcr) }),
    ...(sctlr === undefined ? {} : { sctlr: hex(sctlr) }),
    ...(ids.pfr2 === undefined ? {} : { 'mte-perm': features.mtePerm === 1 }),
    ...(without.length > 0 ? { without } : {}),
  };
}

/** The byte of MAIR and MemAttr of a leaf, with the shareability of each stage. */
function ofLeaves(leaves: readonly RecordedLeaf[]): Asked {
  const asked: Record<string, string | boolean> = {};
  for (const { format, attr, memattr, sh, settings } of leaves) {
    if (format === 'arm64.stage1') {
      if (typeof attr !== 'string') throw new AskError('without MAIR_ELx its AttrIndx is no type');
      asked.mair = attr;
      if (typeof sh === 'number') asked.sh1 = `${sh}`;
    } else if (format === 'arm64.stage2') {
      if (typeof memattr !== 'number') throw new AskError('it has no MemAttr');
      asked.s2 = hex(memattr);
      if (typeof sh === 'number') asked.sh2 = `${sh}`;
      asked.fwb = settings.fwb === 1;
      asked['mte-perm'] = settings.mtePerm === 1;
    } else throw new AskError(`it is no leaf of arm64, but of ${format}`);
  }
  if (asked.mair === undefined)
    throw new AskError('it is a leaf of a second stage alone: walk the translation that goes through both');
  return asked;
}

export const types: TypeRules = {
  id: 'arm64',
  asks: Object.keys(ASKS),
  example: 'memattr effective arm64 --s1 WB --s2 wb',
  known,
  ofLeaves,
  leafAsks: ['s1', 'mair', 's2'],
  effective,
  matrices: arm64.MATRICES,
  properties: arm64.TYPE_PROPERTIES,
};
