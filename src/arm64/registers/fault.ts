/**
 * What the hardware says of a fault: PAR_EL1 after an address translation instruction, ESR_ELx after an abort, HPFAR_EL2 for
 * the IPA of a stage 2 abort.
 */
import { check, decode, type Finding, maskOf } from '../../bits/codec.ts';
import type { Facts, Family, Reading } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { register } from '../../bits/register.ts';
import { type Settings, toggle } from '../../bits/settings.ts';
import {
  addr,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  res0,
  res1,
  reserved,
  type ValueTable,
} from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { decodeAttr } from '../values/attributes.ts';
import { SH, valueName } from '../values/codes.ts';
import { memoryName } from '../values/names.ts';

const LEVELS = ['level 0', 'level 1', 'level 2', 'level 3'];
const four = (what: string): string[] => LEVELS.map(level => `${what}, ${level}`);
/** Fault status codes: DFSC, IFSC and PAR_EL1.FST. What is not listed is reserved. */
const KNOWN: Readonly<Record<number, string>> = Object.fromEntries([
  ...four('Address size fault').map((name, i) => [0b000000 + i, name]),
  ...four('Translation fault').map((name, i) => [0b000100 + i, name]),
  ...four('Access flag fault').map((name, i) => [0b001000 + i, name]),
  ...four('Permission fault').map((name, i) => [0b001100 + i, name]),
  ...four('synchronous External abort on a walk').map((name, i) => [0b010100 + i, name]),
  ...four('synchronous parity or ECC error on a walk').map((name, i) => [0b011100 + i, name]),
  ...four('Granule Protection fault on a walk').map((name, i) => [0b100100 + i, name]),
  [0b010000, 'synchronous External abort'],
  [0b010001, 'synchronous Tag Check fault'],
  [0b010011, 'synchronous External abort on a walk, level -1'],
  [0b010010, 'synchronous External abort on a walk, level -2'],
  [0b011000, 'synchronous parity or ECC error'],
  [0b011011, 'synchronous parity or ECC error on a walk, level -1'],
  [0b100001, 'Alignment fault'],
  [0b100010, 'Granule Protection fault on a walk, level -2'],
  [0b100011, 'Granule Protection fault on a walk, level -1'],
  [0b101000, 'Granule Protection fault'],
  [0b101001, 'Address size fault, level -1'],
  [0b101010, 'Translation fault, level -2'],
  [0b101011, 'Translation fault, level -1'],
  [0b101100, 'Address size fault, level -2'],
  [0b110000, 'TLB conflict abort'],
  [0b110001, 'Unsupported atomic hardware update'],
  [0b110100, 'IMPLEMENTATION DEFINED fault (Lockdown)'],
  [0b110101, 'IMPLEMENTATION DEFINED fault (Unsupported Exclusive or Atomic)'],
  [0b111101, 'Section Domain fault'],
  [0b111110, 'Page Domain fault'],
]);
/** Every code, so that any PAR or ESR can be read: unlisted ones are named as such and are no finding. */
export const FAULT_STATUS: ValueTable = Array.from(
  { length: 64 },
  (_, code) => KNOWN[code] ?? `reserved fault status 0x${code.toString(16)}`,
);

const settings = {
  xs: toggle('FEAT_XS: ATTR encodings with XS = 0', 1),
  mte2: toggle('FEAT_MTE2: ATTR encoding 0xF0 is Tagged', 1),
  rme: toggle('FEAT_RME: bit 11 is NSE, RES1 without it', 0),
} as const;
type ParSettings = Settings<typeof settings>;

/** NSE is UNKNOWN but for translations of EL3, NS in Non-secure state [Arm ARM, PAR_EL1]. */
export const parFormat = perSettings(({ rme }: Pick<ParSettings, 'rme'>) =>
  format(
    'arm64.PAR_EL1',
    {
      title: `Physical Address Register, translation succeeded${rme ? ', FEAT_RME' : ''}`,
      ref: arm('PAR_EL1'),
    },
    {
      attr: bits(63, 56, 'ATTR', { note: 'encoded as a MAIR byte' }),
      res52: res0(55, 52),
      pa: addr('PA', [51, 12]),
      ...choose(
        rme,
        { nse: flag(11, 'NSE', { note: 'with NS: the physical address space; UNKNOWN but for EL3' }) },
        { res11: res1(11, 11, { severity: 'note' }) },
      ),
      impDef: ignored(10, 10, { note: 'IMPLEMENTATION DEFINED' }),
      ns: flag(9, 'NS', { note: 'Non-secure physical address space; UNKNOWN in Non-secure state' }),
      sh: bits(8, 7, 'SH', { values: SH }),
      res1: res0(6, 1),
      f: fixed(0, 0, 0, 'F'),
    },
  ),
);
export const parFaultFormat = format(
  'arm64.PAR_EL1',
  { title: 'Physical Address Register, translation aborted', ref: arm('PAR_EL1') },
  () => ({
    impDef: ignored(63, 48, { note: 'IMPLEMENTATION DEFINED' }),
    res16: res0(47, 16),
    dirtyBit: flag(15, 'DirtyBit', { note: 'the fault is because of the dirty state' }),
    overlay: flag(14, 'Overlay', { note: 'the fault is because of a permission overlay' }),
    topLevel: flag(13, 'TopLevel', { note: 'the fault is because of TopLevel permissions' }),
    assuredOnly: flag(12, 'AssuredOnly', { note: 'the fault is because of AssuredOnly' }),
    res11: res1(11),
    res10: res0(10),
    s: flag(9, 'S', { values: ['fault at stage 1', 'fault at stage 2'] }),
    ptw: flag(8, 'PTW', { values: ['', 'on a stage 2 access of a stage 1 walk'] }),
    res7: res0(7),
    fst: bits(6, 1, 'FST', { values: FAULT_STATUS }),
    f: fixed(0, 0, 1, 'F'),
  }),
);

/** F, where both forms have it. */
const ABORTED = maskOf(parFaultFormat.fields.f);

export type ParKind = 'address' | 'fault';

/** F chooses the form, so both are kinds of one register. */
export const par: Family<typeof settings, Reading<Facts, ParKind>> = {
  id: 'arm64.PAR_EL1',
  title: 'Physical Address Register',
  ref: arm('PAR_EL1'),
  aliases: ['PAR_EL1', 'par'],
  role: 'register',
  settings,
  kinds: ['address', 'fault'],
  layout: (kind, s) => (kind === 'fault' ? parFaultFormat : kind === 'address' ? parFormat(s) : undefined),
  read: (word, s) => (word & ABORTED ? readFault(word) : readAddress(word, s)),
  variants: () => [
    { kind: 'address', settings: {}, format: parFormat({ rme: 0 }) },
    { kind: 'address', settings: { rme: 1 }, format: parFormat({ rme: 1 }) },
    { kind: 'fault', settings: {}, format: parFaultFormat },
  ],
};

function readAddress(word: Word, s: ParSettings): Reading<Facts, ParKind> {
  const layout = parFormat(s);
  const d = decode(layout, word);
  const memory = decodeAttr(d.attr, s);
  const findings: Finding[] = check(layout, word);
  if (!memory)
    findings.push({
      id: 'mair-unpredictable',
      severity: 'warning',
      bits: '63:56',
      message: `ATTR = 0x${d.attr.toString(16)} is no encoding of a memory type`,
      ref: arm('MAIR_EL1'),
    });
  const facts = {
    pa: d.pa,
    memory: memory ? memoryName(memory) : 'UNPREDICTABLE',
    shareability: valueName(SH, d.sh),
  };
  return { format: layout, raw: word, kind: 'address', facts, findings };
}

function readFault(word: Word): Reading<Facts, ParKind> {
  const d = decode(parFaultFormat, word);
  const facts = {
    fault: valueName(FAULT_STATUS, d.fst),
    stage: d.s ? 2 : 1,
    onWalk: d.ptw === 1,
  };
  return { format: parFaultFormat, raw: word, kind: 'fault', facts, findings: check(parFaultFormat, word) };
}

// --------------------------------------------------------------------------------------------------------- ESR

/** The exception classes that the manual names; those it reserves are read by number. */
const CLASSES: Readonly<Record<number, string>> = {
  0: 'unknown reason',
  1: 'WFI, WFE',
  3: 'AArch32 MCR or MRC, coproc 0b1111',
  4: 'AArch32 MCRR or MRRC, coproc 0b1111',
  5: 'AArch32 MCR or MRC, coproc 0b1110',
  6: 'AArch32 LDC or STC',
  7: 'SVE, SIMD or floating-point access',
  8: 'AArch32 VMRS',
  9: 'Pointer Authentication instruction',
  10: 'LD64B, ST64B and others that are trapped',
  12: 'AArch32 MRRC, coproc 0b1110',
  13: 'Branch Target exception',
  14: 'Illegal Execution state',
  17: 'SVC from AArch32',
  18: 'HVC from AArch32',
  19: 'SMC from AArch32',
  20: 'MSRR, MRRS or 128-bit System instruction',
  21: 'SVC from AArch64',
  22: 'HVC from AArch64',
  23: 'SMC from AArch64',
  24: 'MSR, MRS or System instruction',
  25: 'SVE access',
  26: 'ERET, ERETAA or ERETAB',
  27: 'TSTART',
  28: 'Pointer Authentication failure',
  29: 'SME access',
  30: 'Granule Protection Check exception',
  31: 'IMPLEMENTATION DEFINED exception to EL3',
  32: 'Instruction Abort from a lower level',
  33: 'Instruction Abort from the same level',
  34: 'PC alignment fault',
  36: 'Data Abort from a lower level',
  37: 'Data Abort from the same level',
  38: 'SP alignment fault',
  39: 'memory copy or set exception',
  40: 'floating-point exception from AArch32',
  44: 'floating-point exception from AArch64',
  45: 'Guarded Control Stack exception',
  47: 'SError',
  48: 'Breakpoint from a lower level',
  49: 'Breakpoint from the same level',
  50: 'Software Step from a lower level',
  51: 'Software Step from the same level',
  52: 'Watchpoint from a lower level',
  53: 'Watchpoint from the same level',
  56: 'BKPT instruction of AArch32',
  58: 'Vector Catch of AArch32',
  60: 'BRK instruction',
  61: 'Performance Monitors exception',
};
export const EXCEPTION_CLASS: ValueTable = Array.from(
  { length: 64 },
  (_, code) => CLASSES[code] ?? `exception class 0x${code.toString(16)}`,
);

const esrTop = {
  res56: res0(63, 56),
  ec: bits(31, 26, 'EC', { values: EXCEPTION_CLASS }),
  il: flag(25, 'IL', { values: ['16-bit instruction', '32-bit instruction'] }),
};
/** [8] and [6] of what loads and stores take. */
const maintenance = {
  cm: flag(8, 'CM', {
    note: 'cache maintenance or address translation instruction: WnR is 1 whatever it needs',
  }),
  wnr: flag(6, 'WnR', { values: ['read', 'write'] }),
};
/** [12:9] and [7] of both kinds of abort. */
const abort = {
  set: bits(12, 11, 'SET', {
    note: 'state of the PE after a synchronous External abort; LST for loads and stores of 64 bytes',
  }),
  fnv: flag(10, 'FnV', { values: ['FAR is valid', 'FAR is not valid'] }),
  ea: flag(9, 'EA', { note: 'External abort type, IMPLEMENTATION DEFINED' }),
  s1ptw: flag(7, 'S1PTW', { values: ['not on a walk', 'stage 2 fault on a stage 1 walk'] }),
};
/** What ISS2 says of a Permission fault, of both kinds of abort. */
const why = {
  assuredOnly: flag(39, 'AssuredOnly', { note: 'the page takes assured translations only' }),
  overlay: flag(38, 'Overlay', { note: 'denied by a permission overlay' }),
  dirtyBit: flag(37, 'DirtyBit', { note: 'the write needs the dirty state' }),
};
const whereIsv = 'valid where ISV = 1';
export const esrDataAbort = format(
  'arm64.ESR_ELx.data-abort',
  { title: 'Exception Syndrome Register, Data Abort', ref: arm('ESR_EL1, ISS encoding for a Data Abort') },
  () => ({
    ...esrTop,
    res44: res0(55, 44),
    hdbssf: flag(43, 'HDBSSF'),
    tnd: flag(42, 'TnD', { note: 'a tag access, no data access' }),
    tagAccess: flag(41, 'TagAccess', { note: 'NoTagAccess of stage 2' }),
    gcs: flag(40, 'GCS', { note: 'Guarded Control Stack data access' }),
    ...why,
    xs: bits(36, 32, 'Xs', { note: 'register of an ST64BV or ST64BV0' }),
    isv: flag(24, 'ISV', { values: ['no instruction syndrome', 'instruction syndrome valid'] }),
    sas: bits(23, 22, 'SAS', { values: ['byte', 'halfword', 'word', 'doubleword'], note: whereIsv }),
    sse: flag(21, 'SSE', { note: `${whereIsv}: sign extend; where ISV = 0 it is TopLevel` }),
    srt: bits(20, 16, 'SRT', { note: `${whereIsv}: register` }),
    sf: flag(15, 'SF', { note: `${whereIsv}: 64-bit register; where ISV = 0 it is FnP: FAR is not precise` }),
    ar: flag(14, 'AR', {
      note: `${whereIsv}: acquire or release; where ISV = 0 it is PFV: PFAR is valid`,
    }),
    vncr: flag(13, 'VNCR', { note: 'an access through VNCR_EL2' }),
    ...abort,
    ...maintenance,
    dfsc: bits(5, 0, 'DFSC', { values: FAULT_STATUS }),
  }),
);
export const esrInstructionAbort = format(
  'arm64.ESR_ELx.instruction-abort',
  {
    title: 'Exception Syndrome Register, Instruction Abort',
    ref: arm('ESR_EL1, ISS encoding for an Instruction Abort'),
  },
  () => ({
    ...esrTop,
    res40: res0(55, 40),
    ...why,
    res32: res0(36, 32),
    res22: res0(24, 22),
    topLevel: flag(21, 'TopLevel', { note: 'denied because of TopLevel permissions' }),
    res15: res0(20, 15),
    pfv: flag(14, 'PFV', { values: ['PFAR is not valid', 'PFAR is valid'] }),
    res13: res0(13),
    ...abort,
    res8: res0(8),
    res6: res0(6),
    ifsc: bits(5, 0, 'IFSC', { values: FAULT_STATUS }),
  }),
);
const GPT_LEVELS = ['level 0', 'level 1'];
/** What the granule protection check found wrong; the rest is reserved. */
const GPC_STATUS: Readonly<Record<number, string>> = Object.fromEntries(
  (
    [
      [0b000000, 'GPT address size fault'],
      [0b000100, 'GPT walk fault'],
      [0b001100, 'Granule protection fault'],
      [0b010100, 'synchronous External abort on a GPT fetch'],
    ] as const
  ).flatMap(([code, name]) => GPT_LEVELS.map((level, i) => [code + i, `${name}, ${level}`])),
);
export const GPCSC: ValueTable = Array.from(
  { length: 64 },
  (_, code) => GPC_STATUS[code] ?? reserved('reserved granule protection status'),
);
export const esrGranuleProtection = format(
  'arm64.ESR_ELx.granule-protection',
  {
    title: 'Exception Syndrome Register, Granule Protection Check exception',
    ref: arm('ESR_EL3, ISS encoding for a Granule Protection Check exception'),
  },
  () => ({
    ...esrTop,
    res41: res0(55, 41),
    gcs: flag(40, 'GCS', { note: 'Guarded Control Stack data access' }),
    res32: res0(39, 32),
    res22: res0(24, 22),
    s2ptw: flag(21, 'S2PTW', { values: ['not on a stage 2 walk', 'on a stage 2 walk'] }),
    ind: flag(20, 'InD', { values: ['data access', 'instruction fetch'] }),
    gpcsc: bits(19, 14, 'GPCSC', { values: GPCSC, severity: 'note' }),
    vncr: flag(13, 'VNCR', { note: 'an access through VNCR_EL2' }),
    res9: res0(12, 9),
    s1ptw: flag(7, 'S1PTW', { values: ['not on a stage 1 walk', 'on a stage 1 walk'] }),
    ...maintenance,
    xfsc: bits(5, 0, 'xFSC', { values: FAULT_STATUS }),
  }),
);
export const esrOther = format(
  'arm64.ESR_ELx.other',
  { title: 'Exception Syndrome Register, other exceptions', ref: arm('ESR_EL1') },
  () => ({ ...esrTop, iss2: bits(55, 32, 'ISS2'), iss: bits(24, 0, 'ISS') }),
);

export type EsrKind = 'data-abort' | 'instruction-abort' | 'granule-protection' | 'other';
const esrFormats = {
  'data-abort': esrDataAbort,
  'instruction-abort': esrInstructionAbort,
  'granule-protection': esrGranuleProtection,
  other: esrOther,
} as const;
const KIND_OF_CLASS: Readonly<Record<number, EsrKind>> = {
  30: 'granule-protection',
  32: 'instruction-abort',
  33: 'instruction-abort',
  36: 'data-abort',
  37: 'data-abort',
};
const esrKind = (word: Word): EsrKind => KIND_OF_CLASS[decode(esrOther, word).ec] ?? 'other';

/** EC chooses the form of the rest. */
export const esr: Family<Record<never, never>, Reading<Facts, EsrKind>> = {
  id: 'arm64.ESR_ELx',
  title: 'Exception Syndrome Register',
  ref: arm('ESR_EL1'),
  aliases: ['ESR_EL1', 'ESR_EL2', 'ESR_EL3', 'ESR_EL12', 'esr'],
  role: 'register',
  settings: {},
  kinds: ['data-abort', 'instruction-abort', 'granule-protection', 'other'],
  layout: kind => esrFormats[kind as EsrKind],
  read(word) {
    const kind = esrKind(word);
    const format = esrFormats[kind];
    return { format, raw: word, kind, facts: esrFacts(word, kind), findings: check(format, word) };
  },
  variants: () =>
    (Object.keys(esrFormats) as EsrKind[]).map(kind => ({ kind, settings: {}, format: esrFormats[kind] })),
};

/** What was wrong stands first: where room is short, the rest is cut off. */
function esrFacts(word: Word, kind: EsrKind): Facts {
  const exception = valueName(EXCEPTION_CLASS, decode(esrOther, word).ec);
  if (kind === 'other') return { exception };
  if (kind === 'granule-protection') {
    const d = decode(esrGranuleProtection, word);
    return {
      fault: valueName(FAULT_STATUS, d.xfsc),
      access: d.ind ? 'fetch' : dataAccess(d),
      exception,
      granuleProtection: valueName(GPCSC, d.gpcsc),
      onWalk: d.s1ptw === 1 || d.s2ptw === 1,
    };
  }
  const d = decode(esrDataAbort, word); // both kinds of abort agree in the bits used here
  return {
    fault: valueName(FAULT_STATUS, d.dfsc),
    access: kind === 'instruction-abort' ? 'fetch' : dataAccess(d),
    exception,
    onWalk: d.s1ptw === 1,
    farValid: d.fnv === 0,
    ...becauseOf(word, kind),
  };
}

/** CM = 1 goes with WnR = 1 whatever the instruction needs [Arm ARM, ISS encoding for a Data Abort, WnR]. */
const dataAccess = ({ cm, wnr }: { readonly cm: number; readonly wnr: number }): string =>
  cm ? 'cache maintenance or address translation' : wnr ? 'write' : 'read';

/** What the syndrome itself names as the reason; nothing where it names none. */
function becauseOf(word: Word, kind: 'data-abort' | 'instruction-abort'): { readonly because?: string[] } {
  const d = decode(esrDataAbort, word);
  const data = kind === 'data-abort';
  const because = [
    data && d.tagAccess ? 'TagAccess' : '',
    data && d.gcs ? 'GCS' : '',
    d.assuredOnly ? 'AssuredOnly' : '',
    d.overlay ? 'Overlay' : '',
    d.dirtyBit ? 'DirtyBit' : '',
    d.sse && !d.isv ? 'TopLevel' : '',
  ].filter(name => name !== '');
  return because.length > 0 ? { because } : {};
}

/** FIPA[55:12] in [47:4]: the page, no byte address. */
const fipa = { ...addr('FIPA', [47, 4]), shift: 12 };
export const hpfarFormat = format(
  'arm64.HPFAR_EL2',
  { title: 'Hypervisor IPA Fault Address Register', ref: arm('HPFAR_EL2') },
  () => ({ ns: flag(63, 'NS'), res48: res0(62, 48), fipa, res0: res0(3, 0) }),
);
export const hpfar = register(hpfarFormat, {
  aliases: ['HPFAR_EL2', 'hpfar'],
  facts: d => ({ ipa: d.fipa }),
});

/** FPA[55:12]: the page of the access that the granule protection check refused. */
export const mfarFormat = format(
  'arm64.MFAR_EL3',
  { title: 'Physical Fault Address Register, EL3', ref: arm('MFAR_EL3') },
  () => ({
    ns: flag(63, 'NS', { note: 'with NSE: the physical address space' }),
    nse: flag(62, 'NSE', { note: 'with NS: the physical address space' }),
    res56: res0(61, 56),
    fpa: addr('FPA', [55, 12]),
    res0: res0(11, 0),
  }),
);
/** By NSE and NS, as everywhere [Arm ARM, Table D8-87]. */
const SPACES = ['secure', 'non-secure', 'root', 'realm'] as const;
export const mfar = register(mfarFormat, {
  aliases: ['MFAR_EL3', 'mfar'],
  facts: d => ({ pa: d.fpa, pas: SPACES[2 * d.nse + d.ns] ?? '' }),
});
