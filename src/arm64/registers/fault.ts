/**
 * What the hardware says of a fault: PAR_EL1 after an address translation instruction, ESR_ELx after an abort, HPFAR_EL2 for
 * the IPA of a stage 2 abort.
 */
import { check, decode, type Finding } from '../../bits/codec.ts';
import type { Facts, Family, Reading } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { type Settings, toggle } from '../../bits/settings.ts';
import { addr, bits, fixed, flag, ignored, res0, res1, type ValueTable } from '../../bits/spec.ts';
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

export const parFormat = format(
  'arm64.PAR_EL1',
  { title: 'Physical Address Register, translation succeeded', ref: arm('PAR_EL1') },
  {
    attr: bits(63, 56, 'ATTR', { note: 'encoded as a MAIR byte' }),
    res52: res0(55, 52),
    pa: addr('PA', [51, 12]),
    nse: flag(11, 'NSE', { note: 'with NS: the physical address space' }),
    impDef: ignored(10, 10, { note: 'IMPLEMENTATION DEFINED' }),
    ns: flag(9, 'NS', { note: 'Non-secure physical address space' }),
    sh: bits(8, 7, 'SH', { values: SH }),
    res1: res0(6, 1),
    f: fixed(0, 0, 0, 'F'),
  },
);
export const parFaultFormat = format(
  'arm64.PAR_EL1',
  { title: 'Physical Address Register, translation aborted', ref: arm('PAR_EL1') },
  {
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
  },
);

const settings = {
  xs: toggle('FEAT_XS: ATTR encodings with XS = 0', 1),
  mte2: toggle('FEAT_MTE2: ATTR encoding 0xF0 is Tagged', 1),
} as const;

type ParSettings = Settings<typeof settings>;
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
  layout: kind => (kind === 'fault' ? parFaultFormat : kind === 'address' ? parFormat : undefined),
  read: (word, s) => (word & 1n ? readFault(word) : readAddress(word, s)),
  variants: () => [
    { kind: 'address', settings: {}, format: parFormat },
    { kind: 'fault', settings: {}, format: parFaultFormat },
  ],
};

function readAddress(word: Word, s: ParSettings): Reading<Facts, ParKind> {
  const d = decode(parFormat, word);
  const memory = decodeAttr(d.attr, s);
  const findings: Finding[] = check(parFormat, word);
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
  return { format: parFormat, raw: word, kind: 'address', facts, findings };
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

/** Exception classes that concern memory, and the commonest others; the rest are read by number. */
const CLASSES: Readonly<Record<number, string>> = {
  0: 'unknown reason',
  1: 'WFI, WFE',
  7: 'SVE, SIMD or floating-point access',
  14: 'Illegal Execution state',
  21: 'SVC from AArch64',
  22: 'HVC from AArch64',
  23: 'SMC from AArch64',
  24: 'MSR, MRS or System instruction',
  28: 'Pointer Authentication failure',
  32: 'Instruction Abort from a lower level',
  33: 'Instruction Abort from the same level',
  34: 'PC alignment fault',
  36: 'Data Abort from a lower level',
  37: 'Data Abort from the same level',
  38: 'SP alignment fault',
  45: 'Guarded Control Stack exception',
  47: 'SError',
  48: 'Breakpoint from a lower level',
  49: 'Breakpoint from the same level',
  52: 'Watchpoint from a lower level',
  53: 'Watchpoint from the same level',
  60: 'BRK instruction',
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
/** [12:9] and [7] of both kinds of abort. */
const abort = {
  set: bits(12, 11, 'SET', {
    note: 'state of the PE after a synchronous External abort; LST for loads and stores of 64 bytes',
  }),
  fnv: flag(10, 'FnV', { values: ['FAR is valid', 'FAR is not valid'] }),
  ea: flag(9, 'EA', { note: 'External abort type, IMPLEMENTATION DEFINED' }),
  s1ptw: flag(7, 'S1PTW', { values: ['not on a walk', 'stage 2 fault on a stage 1 walk'] }),
};
const whereIsv = 'valid where ISV = 1';
export const esrDataAbort = format(
  'arm64.ESR_ELx.data-abort',
  { title: 'Exception Syndrome Register, Data Abort', ref: arm('ESR_EL1, ISS encoding for a Data Abort') },
  {
    ...esrTop,
    res44: res0(55, 44),
    hdbssf: flag(43, 'HDBSSF'),
    tnd: flag(42, 'TnD', { note: 'a tag access, no data access' }),
    tagAccess: flag(41, 'TagAccess', { note: 'NoTagAccess of stage 2' }),
    gcs: flag(40, 'GCS', { note: 'Guarded Control Stack data access' }),
    assuredOnly: flag(39, 'AssuredOnly'),
    overlay: flag(38, 'Overlay', { note: 'denied by a permission overlay' }),
    dirtyBit: flag(37, 'DirtyBit', { note: 'the write needs the dirty state' }),
    xs: bits(36, 32, 'Xs', { note: 'register of an ST64BV or ST64BV0' }),
    isv: flag(24, 'ISV', { values: ['no instruction syndrome', 'instruction syndrome valid'] }),
    sas: bits(23, 22, 'SAS', { values: ['byte', 'halfword', 'word', 'doubleword'], note: whereIsv }),
    sse: flag(21, 'SSE', { note: `${whereIsv}: sign extend` }),
    srt: bits(20, 16, 'SRT', { note: `${whereIsv}: register` }),
    sf: flag(15, 'SF', { note: `${whereIsv}: 64-bit register` }),
    ar: flag(14, 'AR', { note: `${whereIsv}: acquire or release` }),
    vncr: flag(13, 'VNCR', { note: 'an access through VNCR_EL2' }),
    ...abort,
    cm: flag(8, 'CM', { note: 'cache maintenance or address translation instruction' }),
    wnr: flag(6, 'WnR', { values: ['read', 'write'] }),
    dfsc: bits(5, 0, 'DFSC', { values: FAULT_STATUS }),
  },
);
export const esrInstructionAbort = format(
  'arm64.ESR_ELx.instruction-abort',
  {
    title: 'Exception Syndrome Register, Instruction Abort',
    ref: arm('ESR_EL1, ISS encoding for an Instruction Abort'),
  },
  {
    ...esrTop,
    iss2: bits(55, 32, 'ISS2'),
    iss13: bits(24, 13, 'ISS[24:13]'),
    ...abort,
    res8: res0(8),
    res6: res0(6),
    ifsc: bits(5, 0, 'IFSC', { values: FAULT_STATUS }),
  },
);
export const esrOther = format(
  'arm64.ESR_ELx.other',
  { title: 'Exception Syndrome Register, other exceptions', ref: arm('ESR_EL1') },
  { ...esrTop, iss2: bits(55, 32, 'ISS2'), iss: bits(24, 0, 'ISS') },
);

export type EsrKind = 'data-abort' | 'instruction-abort' | 'other';
const esrFormats = {
  'data-abort': esrDataAbort,
  'instruction-abort': esrInstructionAbort,
  other: esrOther,
} as const;
const esrKind = (word: Word): EsrKind => {
  const ec = decode(esrOther, word).ec;
  return ec === 0x24 || ec === 0x25
    ? 'data-abort'
    : ec === 0x20 || ec === 0x21
      ? 'instruction-abort'
      : 'other';
};

/** EC chooses the form of the rest. */
export const esr: Family<Record<never, never>, Reading<Facts, EsrKind>> = {
  id: 'arm64.ESR_ELx',
  title: 'Exception Syndrome Register',
  ref: arm('ESR_EL1'),
  aliases: ['ESR_EL1', 'ESR_EL2', 'ESR_EL3', 'ESR_EL12', 'esr'],
  role: 'register',
  settings: {},
  kinds: ['data-abort', 'instruction-abort', 'other'],
  layout: kind => esrFormats[kind as EsrKind],
  read(word) {
    const kind = esrKind(word);
    const format = esrFormats[kind];
    return { format, raw: word, kind, facts: esrFacts(word, kind), findings: check(format, word) };
  },
  variants: () =>
    (Object.keys(esrFormats) as EsrKind[]).map(kind => ({ kind, settings: {}, format: esrFormats[kind] })),
};

function esrFacts(word: Word, kind: EsrKind): Facts {
  const exception = valueName(EXCEPTION_CLASS, decode(esrOther, word).ec);
  if (kind === 'other') return { exception };
  const d = decode(esrDataAbort, word); // both kinds of abort agree in the bits used here
  return {
    exception,
    access: kind === 'instruction-abort' ? 'fetch' : d.wnr ? 'write' : 'read',
    fault: valueName(FAULT_STATUS, d.dfsc),
    onWalk: d.s1ptw === 1,
    farValid: d.fnv === 0,
  };
}

/** FIPA[55:12] in [47:4]: the page, no byte address. */
const fipa = { ...addr('FIPA', [47, 4]), shift: 12 };
export const hpfarFormat = format(
  'arm64.HPFAR_EL2',
  { title: 'Hypervisor IPA Fault Address Register', ref: arm('HPFAR_EL2') },
  { ns: flag(63, 'NS'), res48: res0(62, 48), fipa, res0: res0(3, 0) },
);
export const hpfar = register(hpfarFormat, {
  aliases: ['HPFAR_EL2', 'hpfar'],
  facts: d => ({ ipa: d.fipa }),
});
