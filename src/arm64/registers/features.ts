/**
 * What the implementation offers: CTR_EL0, ID_AA64MMFR0..4_EL1, ID_AA64PFR0..2_EL1 and ID_AA64ISAR1_EL1 as registers, and the features that change how tables
 * are read. A register value means nothing certain without them: the same VTCR_EL2 is valid on one CPU and not on another.
 */
import { decode } from '../../bits/codec.ts';
import type { Fact } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { type Bit, bits, flag, res0, res1, reserved, type ValueTable } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import type { Granule } from '../values/address.ts';
import { PA_BITS, paBits } from '../values/codes.ts';

const NOT_ALLOCATED = reserved('not allocated');
/** A 4-bit ID field: names for the codes given, reserved for the rest; `others` names codes that do not follow on. */
const id = (names: readonly string[], others: Readonly<Record<number, string>> = {}): ValueTable =>
  Array.from({ length: 16 }, (_, code) => others[code] ?? names[code] ?? NOT_ALLOCATED);
const support = (...levels: string[]): ValueTable => id(['no', ...levels]);

/** A field of an ID register. A code that this manual does not know is news, not an error. */
const field = (hi: number, lo: number, name: string, values: ValueTable) =>
  bits(hi, lo, name, { values, severity: 'note' });

/** Bits that had no meaning yet. Nobody writes these registers, so a bit that is set is a newer processor and no mistake. */
const unknown = (hi: number, lo = hi) => res0(hi, lo, { severity: 'note' });

// ------------------------------------------------------------------------------------------------------ registers

const PA_RANGE = id(PA_BITS.map(size => `${size} bits`));
const NOT = { 15: 'not supported' };

export const mmfr0Format = format(
  'arm64.ID_AA64MMFR0_EL1',
  { title: 'AArch64 Memory Model Feature Register 0', ref: arm('ID_AA64MMFR0_EL1') },
  () => ({
    ecv: field(63, 60, 'ECV', support('FEAT_ECV', 'FEAT_ECV, CNTHCTL_EL2.ECV')),
    fgt: field(59, 56, 'FGT', support('FEAT_FGT', 'FEAT_FGT2')),
    res48: unknown(55, 48),
    exs: field(47, 44, 'ExS', support('FEAT_ExS')),
    tGran4S2: field(43, 40, 'TGran4_2', id(['as TGran4', 'no', 'yes', '52-bit (FEAT_LPA2)'])),
    tGran64S2: field(39, 36, 'TGran64_2', id(['as TGran64', 'no', 'yes'])),
    tGran16S2: field(35, 32, 'TGran16_2', id(['as TGran16', 'no', 'yes', '52-bit (FEAT_LPA2)'])),
    tGran4: field(31, 28, 'TGran4', id(['yes', '52-bit (FEAT_LPA2)'], NOT)),
    tGran64: field(27, 24, 'TGran64', id(['yes'], NOT)),
    tGran16: field(23, 20, 'TGran16', id(['no', 'yes', '52-bit (FEAT_LPA2)'])),
    bigEndEl0: field(19, 16, 'BigEndEL0', support('mixed-endian at EL0')),
    snsMem: field(15, 12, 'SNSMem', support('Secure and Non-secure memory differ')),
    bigEnd: field(11, 8, 'BigEnd', support('mixed-endian (FEAT_MixedEnd)')),
    asidBits: field(7, 4, 'ASIDBits', id(['8 bits'], { 2: '16 bits' })),
    paRange: field(3, 0, 'PARange', PA_RANGE),
  }),
);

export const mmfr1Format = format(
  'arm64.ID_AA64MMFR1_EL1',
  { title: 'AArch64 Memory Model Feature Register 1', ref: arm('ID_AA64MMFR1_EL1') },
  () => ({
    ecbhb: field(63, 60, 'ECBHB', support('FEAT_ECBHB')),
    cmow: field(59, 56, 'CMOW', support('FEAT_CMOW')),
    tidcp1: field(55, 52, 'TIDCP1', support('FEAT_TIDCP1')),
    nTlbpa: field(51, 48, 'nTLBPA', support('FEAT_nTLBPA')),
    afp: field(47, 44, 'AFP', support('FEAT_AFP')),
    hcx: field(43, 40, 'HCX', support('FEAT_HCX')),
    ets: field(39, 36, 'ETS', support('FEAT_ETS (no effect)', 'FEAT_ETS2', 'FEAT_ETS3')),
    twed: field(35, 32, 'TWED', support('FEAT_TWED')),
    xnx: field(31, 28, 'XNX', support('FEAT_XNX')),
    specSei: field(27, 24, 'SpecSEI', support('speculative SError')),
    pan: field(23, 20, 'PAN', support('FEAT_PAN', 'FEAT_PAN2', 'FEAT_PAN3')),
    lo: field(19, 16, 'LO', support('FEAT_LOR')),
    hpds: field(15, 12, 'HPDS', support('FEAT_HPDS', 'FEAT_HPDS2')),
    vh: field(11, 8, 'VH', support('FEAT_VHE')),
    vmidBits: field(7, 4, 'VMIDBits', id(['8 bits'], { 2: '16 bits (FEAT_VMID16)' })),
    hafdbs: field(
      3,
      0,
      'HAFDBS',
      support('Access flag', 'Access flag and dirty state', 'and in tables (FEAT_HAFT)', 'FEAT_HDBSS'),
    ),
  }),
);

export const mmfr2Format = format(
  'arm64.ID_AA64MMFR2_EL1',
  { title: 'AArch64 Memory Model Feature Register 2', ref: arm('ID_AA64MMFR2_EL1') },
  () => ({
    e0pd: field(63, 60, 'E0PD', support('FEAT_E0PD')),
    evt: field(59, 56, 'EVT', support('FEAT_EVT, part', 'FEAT_EVT')),
    bbm: field(55, 52, 'BBM', id(['level 0', 'level 1', 'level 2', 'level 3'])),
    ttl: field(51, 48, 'TTL', support('FEAT_TTL')),
    res44: unknown(47, 44),
    fwb: field(43, 40, 'FWB', support('FEAT_S2FWB')),
    ids: field(39, 36, 'IDS', support('FEAT_IDST', 'FEAT_IDTE3')),
    at: field(35, 32, 'AT', support('FEAT_LSE2')),
    st: field(31, 28, 'ST', support('FEAT_TTST')),
    nv: field(27, 24, 'NV', support('FEAT_NV', 'FEAT_NV2')),
    ccidx: field(23, 20, 'CCIDX', support('FEAT_CCIDX')),
    vaRange: field(19, 16, 'VARange', id(['48 bits', '52 bits (FEAT_LVA)', '56 bits (FEAT_LVA3)'])),
    iesb: field(15, 12, 'IESB', support('FEAT_IESB')),
    lsm: field(11, 8, 'LSM', support('FEAT_LSMAOC')),
    uao: field(7, 4, 'UAO', support('FEAT_UAO')),
    cnp: field(3, 0, 'CnP', support('FEAT_TTCNP')),
  }),
);

export const mmfr3Format = format(
  'arm64.ID_AA64MMFR3_EL1',
  { title: 'AArch64 Memory Model Feature Register 3', ref: arm('ID_AA64MMFR3_EL1') },
  () => ({
    specFpacc: bits(63, 60, 'Spec_FPACC', { note: 'speculation after a pointer authentication fault' }),
    aderr: bits(59, 56, 'ADERR', { note: 'asynchronous errors on Device reads' }),
    sderr: bits(55, 52, 'SDERR', { note: 'synchronous errors on Device reads' }),
    res48: unknown(51, 48),
    anerr: bits(47, 44, 'ANERR', { note: 'asynchronous errors on Normal reads' }),
    snerr: bits(43, 40, 'SNERR', { note: 'synchronous errors on Normal reads' }),
    d128S2: field(39, 36, 'D128_2', support('FEAT_D128 at stage 2')),
    d128: field(35, 32, 'D128', support('FEAT_D128')),
    mec: field(31, 28, 'MEC', support('FEAT_MEC')),
    aie: field(27, 24, 'AIE', support('FEAT_AIE')),
    s2poe: field(23, 20, 'S2POE', support('FEAT_S2POE')),
    s1poe: field(19, 16, 'S1POE', support('FEAT_S1POE', 'FEAT_S1POE2')),
    s2pie: field(15, 12, 'S2PIE', support('FEAT_S2PIE')),
    s1pie: field(11, 8, 'S1PIE', support('FEAT_S1PIE')),
    sctlrx: field(7, 4, 'SCTLRX', support('FEAT_SCTLR2')),
    tcrx: field(3, 0, 'TCRX', support('FEAT_TCR2')),
  }),
);

export const mmfr4Format = format(
  'arm64.ID_AA64MMFR4_EL1',
  { title: 'AArch64 Memory Model Feature Register 4', ref: arm('ID_AA64MMFR4_EL1') },
  () => ({
    res48: unknown(63, 48),
    srmask: field(47, 44, 'SRMASK', support('FEAT_SRMASK', 'FEAT_SRMASK2')),
    res40: unknown(43, 40),
    e3dse: field(39, 36, 'E3DSE', support('FEAT_E3DSE')),
    res32: unknown(35, 32),
    rmegdi: field(31, 28, 'RMEGDI', support('FEAT_RME_GDI')),
    e2h0: field(
      27,
      24,
      'E2H0',
      id(['FEAT_E2H0: E2H may be 0'], { 14: 'E2H is RES1, NV1 is RES0', 15: 'E2H is RES1' }),
    ),
    nvFrac: field(23, 20, 'NV_frac', id(['as MMFR2.NV', 'FEAT_NV2 only', 'FEAT_NV2p1'])),
    fgwte3: field(19, 16, 'FGWTE3', support('FEAT_FGWTE3')),
    hacdbs: field(15, 12, 'HACDBS', support('FEAT_HACDBS')),
    asid2: field(11, 8, 'ASID2', support('FEAT_ASID2')),
    eiesb: field(7, 4, 'EIESB', id(['no', 'to EL3', 'to ELx'], { 15: 'any' })),
    pops: field(3, 0, 'PoPS', support('FEAT_PoPS')),
  }),
);

export const isar1Format = format(
  'arm64.ID_AA64ISAR1_EL1',
  { title: 'AArch64 Instruction Set Attribute Register 1', ref: arm('ID_AA64ISAR1_EL1') },
  () => ({
    ls64: field(63, 60, 'LS64', support('FEAT_LS64', 'FEAT_LS64_V', 'FEAT_LS64_ACCDATA', 'FEAT_LS64WB')),
    xs: field(59, 56, 'XS', support('FEAT_XS')),
    i8mm: bits(55, 52, 'I8MM'),
    dgh: bits(51, 48, 'DGH'),
    bf16: bits(47, 44, 'BF16'),
    specres: bits(43, 40, 'SPECRES'),
    sb: bits(39, 36, 'SB'),
    frintts: bits(35, 32, 'FRINTTS'),
    gpi: bits(31, 28, 'GPI'),
    gpa: bits(27, 24, 'GPA'),
    lrcpc: bits(23, 20, 'LRCPC'),
    fcma: bits(19, 16, 'FCMA'),
    jscvt: bits(15, 12, 'JSCVT'),
    api: bits(11, 8, 'API'),
    apa: bits(7, 4, 'APA'),
    dpb: field(3, 0, 'DPB', support('FEAT_DPB', 'FEAT_DPB2')),
  }),
);
export const pfr0Format = format(
  'arm64.ID_AA64PFR0_EL1',
  { title: 'AArch64 Processor Feature Register 0', ref: arm('ID_AA64PFR0_EL1') },
  () => ({
    csv3: bits(63, 60, 'CSV3'),
    csv2: bits(59, 56, 'CSV2'),
    rme: field(55, 52, 'RME', support('FEAT_RME', 'FEAT_RME_GPC2', 'FEAT_RME_GPC3')),
    dit: bits(51, 48, 'DIT'),
    amu: bits(47, 44, 'AMU'),
    mpam: bits(43, 40, 'MPAM'),
    sel2: field(39, 36, 'SEL2', support('FEAT_SEL2')),
    sve: bits(35, 32, 'SVE'),
    ras: bits(31, 28, 'RAS'),
    gic: bits(27, 24, 'GIC'),
    advSimd: bits(23, 20, 'AdvSIMD'),
    fp: bits(19, 16, 'FP'),
    el3: field(15, 12, 'EL3', support('AArch64 only', 'AArch64 and AArch32')),
    el2: field(11, 8, 'EL2', support('AArch64 only', 'AArch64 and AArch32')),
    el1: field(7, 4, 'EL1', id([], { 1: 'AArch64 only', 2: 'AArch64 and AArch32' })),
    el0: field(3, 0, 'EL0', id([], { 1: 'AArch64 only', 2: 'AArch64 and AArch32' })),
  }),
);
export const pfr1Format = format(
  'arm64.ID_AA64PFR1_EL1',
  { title: 'AArch64 Processor Feature Register 1', ref: arm('ID_AA64PFR1_EL1') },
  () => ({
    pfar: field(63, 60, 'PFAR', support('FEAT_PFAR')),
    df2: bits(59, 56, 'DF2'),
    mtex: bits(55, 52, 'MTEX'),
    the: field(51, 48, 'THE', support('FEAT_THE')),
    gcs: field(47, 44, 'GCS', support('FEAT_GCS')),
    mteFrac: bits(43, 40, 'MTE_frac'),
    nmi: bits(39, 36, 'NMI'),
    csv2Frac: bits(35, 32, 'CSV2_frac'),
    rndrTrap: bits(31, 28, 'RNDR_trap'),
    sme: bits(27, 24, 'SME'),
    res20: unknown(23, 20),
    mpamFrac: bits(19, 16, 'MPAM_frac'),
    rasFrac: bits(15, 12, 'RAS_frac'),
    mte: field(11, 8, 'MTE', support('FEAT_MTE', 'FEAT_MTE2', 'FEAT_MTE3')),
    ssbs: bits(7, 4, 'SSBS'),
    bt: field(3, 0, 'BT', support('FEAT_BTI')),
  }),
);
export const pfr2Format = format(
  'arm64.ID_AA64PFR2_EL1',
  { title: 'AArch64 Processor Feature Register 2', ref: arm('ID_AA64PFR2_EL1') },
  () => ({
    res36: unknown(63, 36),
    fpmr: bits(35, 32, 'FPMR'),
    res12: unknown(31, 12),
    mteFar: field(11, 8, 'MTEFAR', support('FEAT_MTE_TAGGED_FAR')),
    mteStoreOnly: field(7, 4, 'MTESTOREONLY', support('FEAT_MTE_STORE_ONLY')),
    mtePerm: field(3, 0, 'MTEPERM', support('FEAT_MTE_PERM')),
  }),
);

export const ctrFormat = format(
  'arm64.CTR_EL0',
  { title: 'Cache Type Register', ref: arm('CTR_EL0') },
  () => ({
    res38: unknown(63, 38),
    tminLine: bits(37, 32, 'TminLine', { note: 'log2 of the words in the smallest tag line' }),
    res31: res1(31),
    res30: unknown(30),
    dic: flag(29, 'DIC', {
      values: ['instruction cache maintenance needed', 'no instruction cache maintenance needed'],
    }),
    idc: flag(28, 'IDC', { values: ['data cache clean needed', 'no data cache clean needed'] }),
    cwg: bits(27, 24, 'CWG', { note: 'log2 of the words that a write-back may carry; 0: unknown' }),
    erg: bits(23, 20, 'ERG', { note: 'log2 of the words that an exclusive monitors; 0: unknown' }),
    dminLine: bits(19, 16, 'DminLine', { note: 'log2 of the words in the smallest data cache line' }),
    l1ip: field(15, 14, 'L1Ip', [
      reserved('VPIPT is withdrawn'),
      reserved('AIVIVT is withdrawn'),
      'VIPT',
      'PIPT',
    ]),
    res4: unknown(13, 4),
    iminLine: bits(3, 0, 'IminLine', { note: 'log2 of the words in the smallest instruction cache line' }),
  }),
);

// ------------------------------------------------------------------------------------------------------- features

/** Support of a granule: not at all, up to 48-bit addresses, up to 52 (FEAT_LPA2, for 64KB FEAT_LPA). */
export type GranuleSupport = 0 | 48 | 52;

/** The features that decide how tables are read. */
export interface Features {
  /** Implemented physical address size, bits: PARange. */
  readonly paBits: number;
  readonly stage1: Readonly<Record<Granule, GranuleSupport>>;
  readonly stage2: Readonly<Record<Granule, GranuleSupport>>;
  /** FEAT_LVA: 52-bit virtual addresses with 64KB. */
  readonly lva: Bit;
  /** FEAT_TTST: small tables, TnSZ up to 48. */
  readonly ttst: Bit;
  readonly fwb: Bit;
  readonly xnx: Bit;
  /** FEAT_BBML1 or later: nT. */
  readonly bbml: Bit;
  /** FEAT_HAFDBS: 0 none, 1 Access flag, 2 and dirty state, 3 and in tables (FEAT_HAFT). */
  readonly hafdbs: 0 | 1 | 2 | 3;
  readonly hpds2: Bit;
  readonly vmid16: Bit;
  readonly xs: Bit;
  readonly mte2: Bit;
  readonly mtePerm: Bit;
  readonly bti: Bit;
  readonly d128: Bit;
  /** FEAT_RME: EL3 is Root, and there is Realm state. */
  readonly rme: Bit;
}

/** FEAT_LPA: 52-bit physical addresses; the 64KB granule carries them. */
export const hasLpa = (features: Features): Bit => (features.paBits >= 52 ? 1 : 0);

const granules = (k4: GranuleSupport, k16: GranuleSupport, k64: GranuleSupport) => ({
  '4K': k4,
  '16K': k16,
  '64K': k64,
});
const newest: Features = {
  paBits: 52,
  stage1: granules(52, 52, 52),
  stage2: granules(52, 52, 52),
  lva: 1,
  ttst: 1,
  fwb: 1,
  xnx: 1,
  bbml: 1,
  hafdbs: 3,
  hpds2: 1,
  vmid16: 1,
  xs: 1,
  mte2: 1,
  mtePerm: 0,
  bti: 1,
  d128: 0,
  rme: 0,
};
const armv80: Features = {
  ...newest,
  paBits: 48,
  stage1: granules(48, 48, 48),
  stage2: granules(48, 48, 48),
  lva: 0,
  ttst: 0,
  fwb: 0,
  xnx: 0,
  bbml: 0,
  hafdbs: 0,
  hpds2: 0,
  vmid16: 0,
  xs: 0,
  mte2: 0,
  bti: 0,
};

/** Named feature sets, for when no ID registers are at hand. */
export const FEATURE_SETS = {
  /** 52-bit everything, small tables. */
  full: newest,
  /** 52-bit physical addresses with 64KB only. */
  'lpa-nolpa2': { ...newest, stage1: granules(48, 48, 52), stage2: granules(48, 48, 52) },
  /** 48-bit, nothing later than Armv8.0. */
  'v8.0-48': armv80,
  /** 40-bit physical addresses, small tables. */
  pa40: { ...newest, paBits: 40, stage1: granules(48, 48, 48), stage2: granules(48, 48, 48), lva: 0 },
} as const satisfies Record<string, Features>;
export type FeatureSet = keyof typeof FEATURE_SETS;

/** A set of features in words, for those who must judge an assumption. */
export function featureSetName(features: Features): string {
  const name = Object.entries(FEATURE_SETS).find(([, set]) => set === features)?.[0];
  return name === 'full'
    ? 'a CPU with every feature'
    : name === undefined
      ? 'a CPU as given'
      : `a CPU like ${name}`;
}

/** The ID registers that decide about translation, by the names that we use for them. */
export const ID_REGISTERS = {
  mmfr0: 'ID_AA64MMFR0_EL1',
  mmfr1: 'ID_AA64MMFR1_EL1',
  mmfr2: 'ID_AA64MMFR2_EL1',
  mmfr3: 'ID_AA64MMFR3_EL1',
  isar1: 'ID_AA64ISAR1_EL1',
  pfr0: 'ID_AA64PFR0_EL1',
  pfr1: 'ID_AA64PFR1_EL1',
  pfr2: 'ID_AA64PFR2_EL1',
} as const;

/** Their values. Those not given leave their features as in `base`. */
export type IdRegisters = { readonly [name in keyof typeof ID_REGISTERS]?: Word | undefined };

/** Those that are among register values. */
export const idRegisters = (values: { get(name: string): Word | undefined }): IdRegisters =>
  Object.fromEntries(Object.entries(ID_REGISTERS).map(([key, name]) => [key, values.get(name)]));

/** The ID scheme: a code of at least `level` states the feature. */
const at = (code: number, level = 1): Bit => (code >= level ? 1 : 0);
const when = <T extends object>(word: Word | undefined, read: (word: Word) => T): T | object =>
  word === undefined ? {} : read(word);

/** The features that ID registers state. `base` answers for registers that are not given. */
export function featuresOf(registers: IdRegisters, base: Features = FEATURE_SETS.full): Features {
  return {
    ...base,
    ...when(registers.mmfr0, granuleFeatures),
    ...when(registers.mmfr1, word => {
      const { hafdbs, vmidBits, hpds, xnx } = decode(mmfr1Format, word);
      return {
        hafdbs: Math.min(3, hafdbs) as Features['hafdbs'],
        vmid16: at(vmidBits, 2),
        hpds2: at(hpds, 2),
        xnx: at(xnx),
      };
    }),
    ...when(registers.mmfr2, word => {
      const { vaRange, st, fwb, bbm } = decode(mmfr2Format, word);
      return { lva: at(vaRange), ttst: at(st), fwb: at(fwb), bbml: at(bbm) };
    }),
    ...when(registers.mmfr3, word => ({ d128: at(decode(mmfr3Format, word).d128) })),
    ...when(registers.isar1, word => ({ xs: at(decode(isar1Format, word).xs) })),
    ...when(registers.pfr0, word => ({ rme: at(decode(pfr0Format, word).rme) })),
    ...when(registers.pfr1, word => {
      const { bt, mte } = decode(pfr1Format, word);
      return { bti: at(bt), mte2: at(mte, 2) };
    }),
    ...when(registers.pfr2, word => ({ mtePerm: at(decode(pfr2Format, word).mtePerm) })),
  };
}

/** PARange and the TGran fields. TGranX_2 = 0 means: stage 2 as stage 1. */
function granuleFeatures(word: Word): Pick<Features, 'paBits' | 'stage1' | 'stage2'> {
  const d = decode(mmfr0Format, word);
  const pa = paBits(d.paRange);
  const k64 = pa >= 52 ? 52 : 48;
  const of4 = (code: number): GranuleSupport => (code === 15 ? 0 : code >= 1 ? 52 : 48);
  const of16 = (code: number): GranuleSupport => (code === 0 ? 0 : code >= 2 ? 52 : 48);
  const of64 = (code: number): GranuleSupport => (code === 15 ? 0 : k64);
  const stage1 = granules(of4(d.tGran4), of16(d.tGran16), of64(d.tGran64));
  const second = (code: number, first: GranuleSupport, most: GranuleSupport): GranuleSupport =>
    code === 0 ? first : code === 1 ? 0 : code === 2 ? (most === 52 ? 48 : most) : 52;
  const stage2 = granules(
    second(d.tGran4S2, stage1['4K'], 52),
    second(d.tGran16S2, stage1['16K'], 52),
    d.tGran64S2 === 0 ? stage1['64K'] : d.tGran64S2 === 1 ? 0 : k64,
  );
  return { paBits: pa, stage1, stage2 };
}

// ------------------------------------------------------------------------------------------------------- families

const sizes = (support: Features['stage1']): Fact =>
  Object.fromEntries(
    Object.entries(support).map(([name, size]) => [
      `${name}B`,
      size === 0 ? 'no' : `up to ${size}-bit addresses`,
    ]),
  );

export const mmfr0 = register(mmfr0Format, {
  aliases: ['ID_AA64MMFR0_EL1', 'mmfr0'],
  facts: (_fields, _settings, word) => {
    const { paBits, stage1, stage2 } = granuleFeatures(word);
    return { physicalAddressBits: paBits, stage1: sizes(stage1), stage2: sizes(stage2) };
  },
});
export const mmfr1 = register(mmfr1Format, { aliases: ['ID_AA64MMFR1_EL1', 'mmfr1'] });
export const mmfr2 = register(mmfr2Format, { aliases: ['ID_AA64MMFR2_EL1', 'mmfr2'] });
export const mmfr3 = register(mmfr3Format, { aliases: ['ID_AA64MMFR3_EL1', 'mmfr3'] });
export const mmfr4 = register(mmfr4Format, { aliases: ['ID_AA64MMFR4_EL1', 'mmfr4'] });

export const isar1 = register(isar1Format, { aliases: ['ID_AA64ISAR1_EL1', 'isar1'] });
export const pfr0 = register(pfr0Format, { aliases: ['ID_AA64PFR0_EL1', 'pfr0'] });
export const pfr1 = register(pfr1Format, { aliases: ['ID_AA64PFR1_EL1', 'pfr1'] });
export const pfr2 = register(pfr2Format, { aliases: ['ID_AA64PFR2_EL1', 'pfr2'] });

/** A line size field: log2 of 4-byte words; 0 in CWG and ERG says nothing. */
const bytes = (log2Words: number): number => 4 * 2 ** log2Words;
export const ctr = register(ctrFormat, {
  aliases: ['CTR_EL0', 'ctr'],
  facts: d => ({
    dataLineBytes: bytes(d.dminLine),
    instructionLineBytes: bytes(d.iminLine),
    ...(d.cwg ? { writebackGranuleBytes: bytes(d.cwg) } : {}),
    ...(d.erg ? { exclusivesGranuleBytes: bytes(d.erg) } : {}),
    forNewInstructions: [
      d.idc ? [] : ['DC CVAU to the point of unification'],
      d.dic ? [] : ['IC IVAU'],
      ['DSB, ISB'],
    ].flat(),
  }),
});
