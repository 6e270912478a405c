/**
 * The translation regime that control registers imply: granule, address sizes, start level, size and alignment of the
 * first table; or why the combination is invalid, in a sentence [Arm ARM, sections D8.1 and D8.2; ASL AArch64_S2StartLevel,
 * AArch64_S2InvalidSL, AArch64_S2InconsistentSL, AArch64_S1StartLevel].
 */
import { decode } from '../../bits/codec.ts';
import type { Decoded } from '../../bits/infer.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import type { Refusal } from '../../walk/setup.ts';
import type { Regime } from '../descriptors/stage1.ts';
import {
  tcr2El1Format,
  tcr2El2Format,
  tcrEl1Format,
  tcrEl2Format,
  tcrEl2HostFormat,
  tcrEl3Format,
  vstcrFormat,
  vtcrFormat,
} from '../registers/control.ts';
import { FEATURE_SETS, type Features, hasLpa } from '../registers/features.ts';
import { GRANULE_BITS, type Granule } from '../values/address.ts';
import { granule0, granule1, paBits, type WalkAttributes } from '../values/codes.ts';

/** The geometry of a valid regime. */
export interface Start {
  /** First lookup level, -1 to 3. */
  readonly startLevel: number;
  /** IA bits that the first lookup resolves, concatenated tables included. */
  readonly indexBits: number;
  /** Bytes of the first table, all concatenated tables together. */
  readonly tableBytes: number;
  /** Its alignment: its size, and at least 64 bytes where the base has its 52-bit form. */
  readonly baseAlign: number;
  /** The base register keeps A[51:48] in [5:2]. */
  readonly baddr52: boolean;
}

/** With PA size from PS or IPS: never more than implemented, and 52 only where granule, DS and features carry it. */
function outputBits(ps: number, granule: Granule, ds: Bit, features: Features): number {
  const carries52 = granule === '64K' ? hasLpa(features) === 1 : ds === 1;
  return Math.min(paBits(ps), carries52 ? 52 : 48, features.paBits);
}

/** Does the base register use its 52-bit form? PS represents 52 bits, or DS = 1. */
const has52BitBase = (ps: number, granule: Granule, ds: Bit, features: Features): boolean =>
  ds === 1 || (granule === '64K' && ps >= 6 && hasLpa(features) === 1);

/** Level and width of the first lookup, as numbers that Table D8-17 and its neighbours print. */
const bitsBelow = (granule: Granule, level: number): number => {
  const { g, stride } = GRANULE_BITS[granule];
  return g + stride * (3 - level);
};

function start(granule: Granule, startLevel: number, iaBits: number, baddr52: boolean): Start {
  const indexBits = iaBits - bitsBelow(granule, startLevel);
  const tableBytes = 2 ** (indexBits + 3);
  return {
    startLevel,
    indexBits,
    tableBytes,
    baddr52,
    baseAlign: baddr52 ? Math.max(64, tableBytes) : tableBytes,
  };
}

/** Largest TnSZ: 39, or with FEAT_TTST 48, 47 for 64KB [Arm ARM, R_YXNYW]. */
const largestTsz = (granule: Granule, { ttst }: Features): number =>
  ttst ? (granule === '64K' ? 47 : 48) : 39;

// ------------------------------------------------------------------------------------------------------ stage 2

export type Stage2Reason =
  | 'vmsav9-128'
  | 'tg0-reserved'
  | 'tg0-unimplemented'
  | 't0sz-below-min'
  | 't0sz-below-min-impdef'
  | 't0sz-above-max-impdef'
  | 'sl-reserved'
  | 'sl-t0sz-inconsistent';

/** What VTCR_EL2 says whether or not the rest is valid. */
export interface Stage2Controls {
  readonly t0sz: number;
  readonly sl0: number;
  readonly walk: WalkAttributes;
  /** SH0: shareability of the walk and, with DS = 1, of everything mapped. */
  readonly sh0: number;
  readonly vmid16: boolean;
  readonly ha: Bit;
  /** Effective: 0 where HA = 0. */
  readonly hd: Bit;
  readonly haft: Bit;
  /** HWU62 to HWU59 as a mask. */
  readonly hwu: number;
  readonly s2pie: Bit;
  readonly s2poe: Bit;
  readonly assuredOnly: Bit;
  /** The first tables of stage 1 stand in pages that are marked for them. */
  readonly tl0: Bit;
  readonly tl1: Bit;
}
/** What follows once the granule is known. */
export interface Stage2Sizes {
  readonly granule: Granule;
  /** Effective DS and SL2. */
  readonly ds: Bit;
  readonly sl2: Bit;
  readonly iaBits: number;
  readonly oaBits: number;
  /** Fields that are set although RES0 here. */
  readonly res0Fields: readonly ('ds' | 'sl2')[];
}
export type Stage2Regime = Stage2Controls &
  (
    | ({ readonly valid: true; readonly concat: number } & Stage2Sizes & Start)
    | (Refusal<Stage2Reason> &
        Partial<Omit<Stage2Sizes, 'granule'>> & {
          readonly granule: Granule | null;
          readonly startLevel?: number;
          /** The limit that T0SZ violates. */
          readonly t0szMin?: number;
          readonly t0szMax?: number;
        })
  );

export interface Stage2ControlRegisters {
  readonly vtcr: Word;
  readonly vstcr?: Word | undefined;
  readonly features?: Features;
}

/**
 * Stage 2 by VTCR_EL2; in the Secure IPA space VSTCR_EL2 gives T0SZ, SL0, SL2 and TG0 and VTCR_EL2 the rest
 * [Arm ARM, VTCR_EL2, VSTCR_EL2; ASL AArch64_NSS2TTWParams, AArch64_SS2TTWParams].
 */
export function stage2Regime({
  vtcr,
  vstcr,
  features = FEATURE_SETS.full,
}: Stage2ControlRegisters): Stage2Regime {
  const d = decode(vtcrFormat, vtcr);
  const own = vstcr === undefined ? d : decode(vstcrFormat, vstcr);
  const { t0sz, sl0 } = own;
  const controls: Stage2Controls = {
    t0sz,
    sl0,
    walk: { irgn: d.irgn0, orgn: d.orgn0, sh: d.sh0 },
    sh0: d.sh0,
    vmid16: d.vs === 1,
    ha: d.ha,
    hd: d.ha && d.hd,
    haft: d.ha && d.haft,
    hwu: (d.hwu62 << 3) | (d.hwu61 << 2) | (d.hwu60 << 1) | d.hwu59,
    s2pie: d.s2pie || d.d128,
    s2poe: d.s2poe,
    assuredOnly: d.assuredOnly,
    tl0: d.tl0,
    tl1: d.tl1,
  };
  const granule = granule0(own.tg0);
  const refuse = (reason: Stage2Reason, explain: string) =>
    ({ ...controls, valid: false, granule, reason, explain }) as const;
  if (d.d128)
    return refuse('vmsav9-128', 'VTCR_EL2.D128 = 1: 128-bit descriptors (VMSAv9-128), which are not decoded');
  if (granule === null)
    return refuse(
      'tg0-reserved',
      'TG0 = 0b11 is reserved: the implementation takes a granule of its own choice',
    );
  const support = features.stage2[granule];
  if (support === 0)
    return refuse(
      'tg0-unimplemented',
      `the ${granule}B granule is not implemented at stage 2: the implementation takes another one`,
    );
  const ds: Bit = granule !== '64K' && support === 52 ? d.ds : 0;
  const sl2: Bit = granule === '4K' && ds ? own.sl2 : 0;
  const sizes: Stage2Sizes = {
    granule,
    ds,
    sl2,
    iaBits: 64 - t0sz,
    oaBits: outputBits(d.ps, granule, ds, features),
    res0Fields: [...(d.ds && !ds ? (['ds'] as const) : []), ...(own.sl2 && !sl2 ? (['sl2'] as const) : [])],
  };
  const invalid = (reason: Stage2Reason, explain: string, more: object = {}): Stage2Regime => ({
    ...refuse(reason, explain),
    ...sizes,
    ...more,
  });

  const t0szMin = 64 - Math.min(features.paBits, granule !== '64K' && !ds ? 48 : 52);
  const size = `T0SZ = ${t0sz} asks for ${sizes.iaBits}-bit IPAs`;
  if (t0sz < t0szMin)
    return hasLpa(features)
      ? invalid(
          't0sz-below-min',
          `${size}, more than ${64 - t0szMin} bits: stage 2 level 0 Translation fault`,
          { t0szMin },
        )
      : invalid(
          't0sz-below-min-impdef',
          `${size}, more than ${64 - t0szMin} bits: a level 0 Translation fault or T0SZ taken as ${t0szMin}, IMPLEMENTATION DEFINED`,
          { t0szMin },
        );
  const t0szMax = largestTsz(granule, features);
  if (t0sz > t0szMax)
    return invalid(
      't0sz-above-max-impdef',
      `${size}, fewer than ${64 - t0szMax} bits: a level 0 Translation fault or T0SZ taken as ${t0szMax}, IMPLEMENTATION DEFINED`,
      { t0szMax },
    );
  const startLevel = stage2StartLevel(sl0, sl2, granule, ds, features);
  if (startLevel === undefined)
    return invalid(
      'sl-reserved',
      `SL2:SL0 = ${sl2}:${sl0.toString(2).padStart(2, '0')} is reserved for the ${granule}B granule here: stage 2 level 0 Translation fault`,
    );
  const first = start(granule, startLevel, sizes.iaBits, has52BitBase(d.ps, granule, ds, features));
  const stride = GRANULE_BITS[granule].stride;
  if (first.indexBits < 1 || first.indexBits > stride + 4)
    return invalid(
      'sl-t0sz-inconsistent',
      `start level ${startLevel} resolves 1 to ${stride + 4} of ${sizes.iaBits} IPA bits above bit ${bitsBelow(granule, startLevel)}, not ${first.indexBits}: stage 2 level 0 Translation fault`,
      { startLevel },
    );
  return { ...controls, ...sizes, ...first, valid: true, concat: 2 ** Math.max(0, first.indexBits - stride) };
}

/** SL2:SL0 to level [Arm ARM, Tables D8-19, D8-29, D8-38]; undefined where reserved. */
function stage2StartLevel(
  sl0: number,
  sl2: Bit,
  granule: Granule,
  ds: Bit,
  { paBits, ttst }: Features,
): number | undefined {
  if (granule === '4K') {
    if (sl2) return sl0 === 0 ? -1 : undefined;
    if (sl0 === 3) return ttst ? 3 : undefined;
    return sl0 === 2 && paBits < 44 ? undefined : 2 - sl0;
  }
  if (sl0 === 3) return granule === '16K' && ds ? 0 : undefined;
  const needs = granule === '16K' ? 42 : 44; // a level 1 start: more IPA bits than a smaller PA size has
  return sl0 === 2 && paBits < needs ? undefined : 3 - sl0;
}

// ------------------------------------------------------------------------------------------------------ stage 1

export type Stage1Reason =
  | 'vmsav9-128'
  | 'tg-reserved'
  | 'tg-unimplemented'
  | 'tsz-below-min'
  | 'tsz-below-min-impdef'
  | 'tsz-above-max-impdef';

/** What TCR_ELx says of one range whether or not it is valid. */
export interface Stage1Controls {
  readonly tsz: number;
  readonly walk: WalkAttributes;
  /** EPDn; 0 in regimes of one range. */
  readonly epd: Bit;
  readonly tbi: Bit;
  readonly tbid: Bit;
  /** TCR_ELx.MTXn: bits 59:56 of pointers hold a tag. */
  readonly mtx: Bit;
  readonly hpd: Bit;
  /** HWUn62 to HWUn59 as a mask; 0 unless HPDn. */
  readonly hwu: number;
  readonly ha: Bit;
  /** Effective: 0 where HA = 0. */
  readonly hd: Bit;
  /** TCR2_ELx or TCR_EL3: permission indirection, overlays, AttrIndx[3], Protected, table AF, FNGy. */
  readonly pie: Bit;
  readonly poe: Bit;
  readonly aie: Bit;
  readonly pnch: Bit;
  readonly haft: Bit;
  readonly fngy: Bit;
}
export interface Stage1Sizes {
  readonly granule: Granule;
  /** Effective DS. */
  readonly ds: Bit;
  readonly iaBits: number;
  readonly oaBits: number;
}
export type Stage1Regime = Stage1Controls &
  (
    | ({ readonly valid: true } & Stage1Sizes & Start)
    | (Refusal<Stage1Reason> &
        Partial<Omit<Stage1Sizes, 'granule'>> & {
          readonly granule: Granule | null;
          /** The limit that TnSZ violates. */
          readonly tszMin?: number;
          readonly tszMax?: number;
        })
  );

export interface Stage1ControlRegisters {
  /** EL2&0 is EL2 with E2H = 1: TCR_EL2 then has the layout of TCR_EL1. */
  readonly regime: Regime;
  readonly tcr: Word;
  /** TCR2_EL1 or TCR2_EL2, where implemented. TCR_EL3 has its bits itself. */
  readonly tcr2?: Word | undefined;
  /** 0: TTBR0, low addresses. 1: TTBR1, high addresses (EL1&0, EL2&0). */
  readonly range?: 0 | 1;
  readonly features?: Features;
}

/** What TCR_ELx says of one range, whatever its layout. */
interface RangeFields extends Stage1Controls {
  readonly granule: Granule | null;
  readonly ps: number;
  readonly ds: Bit;
  readonly d128: Bit;
}

/** One range of stage 1 by TCR_ELx [Arm ARM, TCR_EL1, TCR_EL2, TCR_EL3; ASL AArch64_S1TTWParams]. */
export function stage1Regime(registers: Stage1ControlRegisters): Stage1Regime {
  const { regime, range = 0, features = FEATURE_SETS.full } = registers;
  const { granule, ps, ds: dsField, d128, ...controls } = rangeFields(registers);
  const refuse = (reason: Stage1Reason, explain: string) =>
    ({ ...controls, valid: false, granule, reason, explain }) as const;
  if (d128)
    return refuse(
      'vmsav9-128',
      `${regime}: D128 = 1: 128-bit descriptors (VMSAv9-128), which are not decoded`,
    );
  if (granule === null)
    return refuse(
      'tg-reserved',
      `TG${range} is reserved: the implementation takes a granule of its own choice`,
    );
  const support = features.stage1[granule];
  if (support === 0)
    return refuse(
      'tg-unimplemented',
      `the ${granule}B granule is not implemented: the implementation takes another one`,
    );
  const { tsz } = controls;
  const ds: Bit = granule !== '64K' && support === 52 ? dsField : 0;
  const sizes: Stage1Sizes = {
    granule,
    ds,
    iaBits: 64 - tsz,
    oaBits: outputBits(ps, granule, ds, features),
  };
  const tszMin = ds || (granule === '64K' && features.lva) ? 12 : 16;
  const tszMax = largestTsz(granule, features);
  const size = `T${range}SZ = ${tsz} asks for ${sizes.iaBits}-bit addresses`;
  if (tsz < tszMin)
    return {
      ...(features.lva
        ? refuse('tsz-below-min', `${size}, more than ${64 - tszMin} bits: level 0 Translation fault`)
        : refuse(
            'tsz-below-min-impdef',
            `${size}, more than ${64 - tszMin} bits: a level 0 Translation fault or T${range}SZ taken as ${tszMin}, IMPLEMENTATION DEFINED`,
          )),
      ...sizes,
      tszMin,
    };
  if (tsz > tszMax)
    return {
      ...refuse(
        'tsz-above-max-impdef',
        `${size}, fewer than ${64 - tszMax} bits: a level 0 Translation fault or T${range}SZ taken as ${tszMax}, IMPLEMENTATION DEFINED`,
      ),
      ...sizes,
      tszMax,
    };
  const { g, stride } = GRANULE_BITS[granule];
  const startLevel = 3 - Math.floor((sizes.iaBits - 1 - g) / stride);
  return {
    ...controls,
    ...sizes,
    ...start(granule, startLevel, sizes.iaBits, has52BitBase(ps, granule, ds, features)),
    valid: true,
  };
}

/** TCR_ELx in whichever layout the regime gives it. */
function rangeFields({ regime, tcr, tcr2 = 0n, range = 0 }: Stage1ControlRegisters): RangeFields {
  switch (regime) {
    case 'EL1&0':
      return twoRangeFields(decode(tcrEl1Format, tcr), decode(tcr2El1Format, tcr2), range);
    case 'EL2&0':
      return twoRangeFields(decode(tcrEl2HostFormat, tcr), decode(tcr2El2Format, tcr2), range);
    case 'EL2':
      return oneRangeFields(decode(tcrEl2Format, tcr), decode(tcr2El2Format, tcr2));
    case 'EL3': {
      const d = decode(tcrEl3Format, tcr);
      return oneRangeFields(d, d);
    }
  }
}

/** The bits of TCR2_ELx that TCR_EL3 has itself. */
type Extended = Readonly<Record<'d128' | 'pie' | 'poe' | 'aie' | 'pnch' | 'haft', Bit>>;

function twoRangeFields(
  d: Decoded<typeof tcrEl1Format.fields>,
  two: Extended & Readonly<Record<'e0poe' | 'fng0' | 'fng1', Bit>>,
  range: 0 | 1,
): RangeFields {
  const pick = <T>(low: T, high: T): T => (range === 0 ? low : high);
  const hwu = pick(
    mask(d.hwu062, d.hwu061, d.hwu060, d.hwu059),
    mask(d.hwu162, d.hwu161, d.hwu160, d.hwu159),
  );
  return {
    ...extended(d, { ...two, poe: two.poe || two.e0poe }, pick(d.hpd0, d.hpd1), hwu),
    tsz: pick(d.t0sz, d.t1sz),
    granule: range === 0 ? granule0(d.tg0) : granule1(d.tg1),
    ps: d.ips,
    ds: d.ds,
    walk: { irgn: pick(d.irgn0, d.irgn1), orgn: pick(d.orgn0, d.orgn1), sh: pick(d.sh0, d.sh1) },
    epd: pick(d.epd0, d.epd1),
    tbi: pick(d.tbi0, d.tbi1),
    tbid: pick(d.tbid0, d.tbid1),
    mtx: pick(d.mtx0, d.mtx1),
    fngy: pick(two.fng0, two.fng1),
  };
}

function oneRangeFields(d: Decoded<typeof tcrEl2Format.fields>, two: Extended): RangeFields {
  return {
    ...extended(d, two, d.hpd, mask(d.hwu62, d.hwu61, d.hwu60, d.hwu59)),
    tsz: d.t0sz,
    granule: granule0(d.tg0),
    ps: d.ps,
    ds: d.ds,
    walk: { irgn: d.irgn0, orgn: d.orgn0, sh: d.sh0 },
    epd: 0,
    tbi: d.tbi,
    tbid: d.tbid,
    mtx: d.mtx,
    fngy: 0,
  };
}

/** HPD, HD, HAFT and HWU as they act: PIE, POE and AIE imply HPD; HD and HAFT need HA; HWU needs HPD. */
function extended(
  { ha, hd }: { readonly ha: Bit; readonly hd: Bit },
  two: Extended,
  hpdField: Bit,
  hwu: number,
) {
  const hpd = hpdField || two.pie || two.poe || two.aie;
  const { d128, pie, poe, aie, pnch } = two;
  return { ha, hd: ha && hd, haft: ha && two.haft, hpd, hwu: hpd ? hwu : 0, d128, pie, poe, aie, pnch };
}
const mask = (b3: Bit, b2: Bit, b1: Bit, b0: Bit): number => (b3 << 3) | (b2 << 2) | (b1 << 1) | b0;
