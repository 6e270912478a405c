/**
 * A slow model of the access checks of VMSAv8-64, in the order of Arm's shared pseudocode (AArch64.S1Translate,
 * AArch64.S1Walk, AArch64.S1CheckPermissions, AArch64.S2Translate, AArch64.S2Walk, AArch64.S2CheckPermissions). Bit
 * numbers are typed here from the manual and owe nothing to the project's rows. Not modelled: D128, MEC, MTE, RCW,
 * Secure and Realm stage 2, granule protection.
 *
 * Where the architecture leaves a choice, the model takes one: an instruction fetch from Device memory is no fault,
 * nT and Contiguous never fault, TnSZ out of its limits faults.
 */
import {
  bit,
  bits,
  type Cause,
  type Fault,
  type Memory,
  type Missing,
  merged,
  num,
  type Outcome,
  one,
  type Registers,
  type Update,
} from './outcome.ts';

export interface Arm64Access {
  /** Where the program runs. */
  readonly el: 0 | 1 | 2 | 3;
  readonly kind: 'read' | 'write' | 'fetch' | 'gcs-read' | 'gcs-write';
  readonly address: bigint;
  /** LDTR, STTR: EL0's rights at EL1 (or EL2 with {E2H,TGE} = {1,1}). */
  readonly unprivileged?: boolean;
  /** PSTATE.PAN. */
  readonly pan?: boolean;
  /** The address is a multiple of the size that is accessed. */
  readonly aligned?: boolean;
  /** An AT instruction: no alignment, no dirty state. `stage1` answers the intermediate address. */
  readonly at?: 'stage1' | 'both';
}

type Regime = 'EL10' | 'EL20' | 'EL2' | 'EL3';
type Space = 'secure' | 'nonsecure' | 'root' | 'realm';

interface Asked {
  readonly registers: Registers;
  readonly memory: Memory;
  readonly access: Arm64Access;
  /** AccessDescriptor.el: 0 for an unprivileged access. */
  readonly el: number;
  readonly regime: Regime;
  readonly security: Space;
  readonly paMax: number;
  readonly updates: Update[];
}

const reg = (registers: Registers, name: string): bigint => registers.get(name) ?? 0n;
const PS_BITS = [32, 36, 40, 42, 44, 48, 52, 56];

/** The regime of an exception level [TranslationRegime()]. */
function regimeOf(el: number, registers: Registers): Regime {
  const hcr = reg(registers, 'HCR_EL2');
  const [e2h, tge] = [bit(hcr, 34), bit(hcr, 27)];
  if (el === 3) return 'EL3';
  if (el === 2) return e2h ? 'EL20' : 'EL2';
  return el === 0 && e2h && tge ? 'EL20' : 'EL10';
}

function securityOf(el: number, registers: Registers): Space {
  const rme = num(reg(registers, 'ID_AA64PFR0_EL1'), 55, 52) > 0;
  if (el === 3) return rme ? 'root' : 'secure';
  const scr = registers.get('SCR_EL3');
  if (scr === undefined || bit(scr, 0))
    return scr !== undefined && rme && bit(scr, 62) ? 'realm' : 'nonsecure';
  return 'secure';
}

const isWrite = ({ kind }: Arm64Access): boolean => kind === 'write' || kind === 'gcs-write';
const isFetch = ({ kind }: Arm64Access): boolean => kind === 'fetch';

/** ESR_ELx as the fault would be reported [AArch64.FaultSyndrome()]. */
function esr(
  asked: Asked,
  stage: 1 | 2,
  cause: Cause,
  level: number,
  of: Fault['of'],
  extra: bigint,
  write: boolean,
): bigint {
  const { access, regime } = asked;
  const base: Partial<Record<Cause, number>> = {
    'address-size': 0,
    'not-present': 4,
    'access-flag': 8,
    permission: 12,
  };
  const negative = cause === 'address-size' ? 0x29 : 0x2b;
  const dfsc = cause === 'alignment' ? 0x21 : level < 0 ? negative : (base[cause] as number) + level;
  const target = stage === 2 || regime === 'EL2' || regime === 'EL20' ? 2 : regime === 'EL3' ? 3 : 1;
  const ec = (isFetch(access) ? 0x20 : 0x24) + (access.el === target ? 1 : 0);
  return (
    (BigInt(ec) << 26n) |
    one(25) |
    BigInt(dfsc) |
    (write && !isFetch(access) ? one(6) : 0n) |
    (access.kind.startsWith('gcs') && of === 'access' ? GCS : 0n) |
    (of === 'walker' ? one(7) : 0n) |
    extra
  );
}

const GCS = one(40);
const OVERLAY = one(38);
const DIRTY_BIT = one(37);
const ASSURED_ONLY = one(39);
const TOP_LEVEL = one(21);

function fault(
  asked: Asked,
  stage: 1 | 2,
  level: number,
  cause: Cause,
  reason: string,
  of: Fault['of'] = 'access',
  extra = 0n,
  write = isWrite(asked.access),
): Fault {
  return {
    is: 'fault',
    stage,
    level,
    cause,
    reason,
    of,
    syndrome: esr(asked, stage, cause, level, of, extra, write),
  };
}

// --- what both stages share: granules, descriptors

const granuleOf = (code: number, upper: boolean): 12 | 14 | 16 => {
  const [k4, k16, k64] = upper ? [2, 1, 3] : [0, 2, 1];
  if (code === k4) return 12;
  if (code === k16) return 14;
  if (code === k64) return 16;
  throw new Error(`a reserved granule, ${code}: the choice of an implementation`);
};

/** AArch64.PhysicalAddressSize(): what IPS or PS allow, never more than there is. */
function oaSize(paMax: number, code: number, granule: number, ds: boolean): number {
  const limit = granule === 16 || ds ? 52 : 48;
  return Math.min(PS_BITS[code] as number, limit, paMax);
}

const outOfRange = (address: bigint, size: number): boolean => address >> BigInt(size) !== 0n;

type Descriptor = 'invalid' | 'table' | 'leaf';

/** AArch64.DecodeDescriptorType(), AArch64.BlockDescSupported(). */
function typeOf(word: bigint, level: number, granule: number, ds: boolean, paMax: number): Descriptor {
  if (!bit(word, 0)) return 'invalid';
  if (level === 3) return bit(word, 1) ? 'leaf' : 'invalid';
  if (bit(word, 1)) return 'table';
  const block =
    granule === 12
      ? level === 2 || level === 1 || (level === 0 && ds)
      : granule === 14
        ? level === 2 || (level === 1 && ds)
        : level === 2 || (level === 1 && paMax >= 52);
  return block ? 'leaf' : 'invalid';
}

/** The address in a descriptor, from bit `low` up [AArch64.LeafBase(), AArch64.NextTableBase()]. */
function addressIn(word: bigint, low: number, granule: number, ds: boolean, paMax: number): bigint {
  const plain = bits(word, 47, low) << BigInt(low);
  if (granule === 16) return paMax >= 52 ? plain | (bits(word, 15, 12) << 48n) : plain;
  return ds ? plain | (bits(word, 49, 48) << 48n) | (bits(word, 9, 8) << 50n) : plain;
}

const levelLow = (granule: number, level: number): number => granule + (granule - 3) * (3 - level);

/** The index of an input address in a table of `level`, of a walk over `iaSize` bits. */
function entryAt(
  base: bigint,
  input: bigint,
  granule: number,
  level: number,
  iaSize: number,
  start: boolean,
): bigint {
  const low = levelLow(granule, level);
  const high = (start ? iaSize : low + granule - 3) - 1;
  return base + (bits(input, high, low) << 3n);
}

const isDevice = (attr: number): boolean => attr >> 4 === 0;

// --- stage 1

interface Stage1 {
  readonly granule: number;
  readonly iaSize: number;
  readonly tbi: boolean;
  readonly tbid: boolean;
  readonly oa: number;
  readonly ds: boolean;
  readonly hpd: boolean;
  readonly epd: boolean;
  readonly e0pd: boolean;
  readonly ha: boolean;
  readonly hd: boolean;
  readonly haft: boolean;
  readonly wxn: boolean;
  readonly epan: boolean;
  readonly pie: boolean;
  readonly pir: bigint;
  readonly pire0: bigint;
  readonly poe: boolean;
  readonly e0poe: boolean;
  readonly por: bigint;
  readonly por0: bigint;
  readonly mair: bigint;
  readonly mair2: bigint;
  readonly aie: boolean;
  readonly ttbr: bigint;
  readonly base52: boolean;
  readonly nv1: boolean;
  readonly sif: boolean;
  /** TnSZ is outside its limits. */
  readonly badSize: boolean;
}

const hasUnprivileged = (regime: Regime): boolean => regime === 'EL10' || regime === 'EL20';

function stage1Of({ registers, regime, paMax }: Asked, upper: boolean): Stage1 {
  const el = regime === 'EL10' ? 1 : regime === 'EL3' ? 3 : 2;
  const two = hasUnprivileged(regime);
  const tcr = reg(registers, `TCR_EL${el}`);
  const sctlr = reg(registers, `SCTLR_EL${el}`);
  const hcr = reg(registers, 'HCR_EL2');
  const mmfr1 = reg(registers, 'ID_AA64MMFR1_EL1');
  const mmfr2 = reg(registers, 'ID_AA64MMFR2_EL1');
  const mmfr3 = reg(registers, 'ID_AA64MMFR3_EL1');
  // TCR2_ELx: at EL1 only where HCRX_EL2.TCR2En lets it; EL3 has the fields in TCR_EL3
  const hcrx = registers.get('HCRX_EL2');
  const tcr2On = num(mmfr3, 3, 0) > 0 && (el !== 1 || hcrx === undefined || bit(hcrx, 14));
  const tcr2 = tcr2On && el !== 3 ? reg(registers, `TCR2_EL${el}`) : 0n;
  const extra = (at: number, at3: number): boolean => (el === 3 ? bit(tcr, at3) : bit(tcr2, at));
  const field = (lower: number, higher: number, single: number): boolean =>
    bit(tcr, two ? (upper ? higher : lower) : single);

  const granule = granuleOf(two && upper ? num(tcr, 31, 30) : num(tcr, 15, 14), two && upper);
  const ds = granule !== 16 && bit(tcr, two ? 59 : 32) && paMax >= 52;
  const txsz = two && upper ? num(tcr, 21, 16) : num(tcr, 5, 0);
  const lva = num(mmfr2, 19, 16) > 0;
  const min = ds || (lva && granule === 16) ? 12 : 16;
  const max = num(mmfr2, 31, 28) > 0 ? (granule === 16 ? 47 : 48) : 39;
  const psCode = two ? num(tcr, 34, 32) : num(tcr, 18, 16);
  const hafdbs = num(mmfr1, 3, 0);
  const ha = hafdbs >= 1 && bit(tcr, two ? 39 : 21);
  const pie = num(mmfr3, 11, 8) > 0 && extra(1, 35);
  const hasPoe = num(mmfr3, 19, 16) > 0;
  const poe = hasPoe && extra(3, 36);
  const e0poe = hasPoe && two && bit(tcr2, 2);
  const aie = num(mmfr3, 27, 24) > 0 && extra(4, 37);
  const nv1 = regime === 'EL10' && bit(hcr, 42) && bit(hcr, 43);
  return {
    granule,
    iaSize: 64 - txsz,
    tbi: field(37, 38, 20),
    tbid: field(51, 52, 29),
    oa: oaSize(paMax, psCode, granule, ds),
    ds,
    hpd: field(41, 42, 24) || pie || poe || e0poe || aie,
    epd: two && bit(tcr, upper ? 23 : 7),
    e0pd: two && num(mmfr2, 63, 60) > 0 && bit(tcr, upper ? 56 : 55),
    ha,
    hd: ha && hafdbs >= 2 && bit(tcr, two ? 40 : 22),
    haft: ha && hafdbs >= 3 && extra(11, 42),
    wxn: bit(sctlr, 19),
    epan: num(mmfr1, 23, 20) >= 3 && bit(sctlr, 57),
    pie,
    pir: reg(registers, `PIR_EL${el}`),
    pire0: nv1 ? 0n : reg(registers, `PIRE0_EL${el}`),
    poe,
    e0poe,
    por: reg(registers, `POR_EL${el}`),
    por0: reg(registers, 'POR_EL0'),
    mair: reg(registers, `MAIR_EL${el}`),
    mair2: reg(registers, `MAIR2_EL${el}`),
    aie,
    ttbr: reg(registers, `TTBR${two && upper ? 1 : 0}_EL${el}`),
    base52: ds || (granule === 16 && paMax >= 52 && psCode === 6),
    nv1,
    sif: bit(reg(registers, 'SCR_EL3'), 9),
    badSize: txsz < min || txsz > max,
  };
}

interface Hierarchy {
  /** APTable, UXNTable (or XNTable), PXNTable of all levels above. */
  ap: number;
  uxn: boolean;
  pxn: boolean;
  /** NSTable: the rest of the walk is Non-secure. */
  ns: boolean;
}

interface Rights {
  r: boolean;
  w: boolean;
  x: boolean;
  gcs: boolean;
  wxn: boolean;
  overlay: boolean;
}

/** The sixteen values of a nibble of PIR_ELx: read, write, execute, GCS; 4, B, D, F are reserved and give nothing. */
const PIR = ['', 'r', 'x', 'rx', '', 'rw', 'rwx', 'rwx', 'r', 'rg', 'rx', '', 'rw', '', 'rwx', ''];
const nibble = (word: bigint, index: number): number => num(word, 4 * index + 3, 4 * index);

/** AArch64.S1DirectBasePermissions(), AArch64.S1IndirectBasePermissions(), with PAN. */
function baseRights1(
  { regime, security, access, el }: Asked,
  p: Stage1,
  word: bigint,
  above: Hierarchy,
  space: Space,
): Rights {
  const two = hasUnprivileged(regime);
  const pan =
    two &&
    access.pan === true &&
    el !== 0 &&
    (access.kind === 'read' || access.kind === 'write') &&
    access.at === undefined &&
    !p.nv1;
  let [pr, pw, px, pg, ur, uw, ux, ug] = [false, false, false, false, false, false, false, false];
  let [pwxn, uwxn, pOverlay, uOverlay] = [false, false, true, true];
  if (p.pie) {
    const index = (num(word, 54, 53) << 2) | (num(word, 51) << 1) | num(word, 6);
    const [pi, ui] = [nibble(p.pir, index), two ? nibble(p.pire0, index) : 0];
    const has = (value: number, letter: string): boolean => (PIR[value] as string).includes(letter);
    [pr, pw, px, pg] = [has(pi, 'r'), has(pi, 'w'), has(pi, 'x'), has(pi, 'g')];
    [ur, uw, ux, ug] = [has(ui, 'r'), has(ui, 'w'), has(ui, 'x'), has(ui, 'g')];
    if (two && (px || pg) && (uw || ug))
      [pr, pw, px, pg, ur, uw, ux, ug] = Array<boolean>(8).fill(false) as [
        boolean,
        boolean,
        boolean,
        boolean,
        boolean,
        boolean,
        boolean,
        boolean,
      ];
    if (pan && ui !== 0) [pr, pw] = [false, false];
    [pwxn, uwxn] = [pi === 6, ui === 6];
    [pOverlay, uOverlay] = [pi < 8, ui < 8];
  } else {
    // {NV,NV1} = {1,1}: AP[1] is 0, [54] is PXN, UXN is 0; one privilege level: AP[1] is 1, [54] is XN
    const clean = p.ha && p.hd && bit(word, 51);
    const readOnly = (bit(word, 7) && !clean) || (above.ap & 2) !== 0;
    const el0 = two && !p.nv1 && bit(word, 6) && (above.ap & 1) === 0;
    [pr, pw, ur, uw] = [true, !readOnly, el0, el0 && !readOnly];
    if (!two) px = !(bit(word, 54) || above.uxn);
    else if (p.nv1) [px, ux] = [!(bit(word, 54) || above.uxn), true];
    else [px, ux] = [!(bit(word, 53) || above.pxn || uw), !(bit(word, 54) || above.uxn)];
    if (pan && (ur || uw || (p.epan && ux))) [pr, pw] = [false, false];
    [pwxn, uwxn] = [p.wxn && pw && px, p.wxn && uw && ux];
  }
  const rights: Rights =
    el === 0
      ? { r: ur, w: uw, x: ux, gcs: ug, wxn: uwxn, overlay: uOverlay && p.e0poe }
      : { r: pr, w: pw, x: px, gcs: pg, wxn: pwxn, overlay: pOverlay && p.poe };
  if (security === 'secure' && space === 'nonsecure') [rights.x, rights.gcs] = [rights.x && !p.sif, false];
  if (security === 'root' && space !== 'root') [rights.x, rights.gcs] = [false, false];
  if (security === 'realm' && regime !== 'EL10' && space !== 'realm') [rights.x, rights.gcs] = [false, false];
  return rights;
}

interface Denied {
  readonly reason: string;
  readonly extra?: bigint;
  readonly write?: boolean;
}

/** AArch64.S1CheckPermissions(). */
function checkRights1(
  asked: Asked,
  p: Stage1,
  word: bigint,
  above: Hierarchy,
  space: Space,
): Denied | undefined {
  const rights = baseRights1(asked, p, word, above, space);
  // POR: 0 read, 1 execute, 2 write; 8 to 15 are reserved and give nothing
  const por = nibble(asked.el === 0 ? p.por0 : p.por, num(word, 62, 60));
  const over = {
    r: por < 8 && (por & 1) !== 0,
    x: por < 8 && (por & 2) !== 0,
    w: por < 8 && (por & 4) !== 0,
  };
  if (rights.overlay && rights.wxn && over.x) over.w = false;
  else if (rights.wxn) rights.x = false;
  const { kind } = asked.access;
  const clean = p.pie && bit(word, 7) && !(p.ha && p.hd);
  if (kind === 'fetch') {
    if (rights.overlay && !over.x) return { reason: 'overlay execute', extra: OVERLAY };
    return rights.x ? undefined : { reason: rights.wxn ? 'WXN' : 'execute never' };
  }
  if (kind === 'gcs-read' || kind === 'gcs-write') {
    if (!rights.gcs) return { reason: 'no GCS page' };
    return kind === 'gcs-write' && clean ? { reason: 'GCS page is clean', extra: DIRTY_BIT } : undefined;
  }
  if (kind === 'read') {
    if (rights.overlay && !over.r) return { reason: 'overlay read', extra: OVERLAY };
    return rights.r ? undefined : { reason: 'no read' };
  }
  if (rights.overlay && !over.w) return { reason: 'overlay write', extra: OVERLAY };
  if (!rights.w) return { reason: 'no write' };
  return clean ? { reason: 'clean, and hardware does not set dirty', extra: DIRTY_BIT } : undefined;
}

interface Output1 {
  readonly is: 'output';
  readonly address: bigint;
  readonly attr: number;
  readonly assured: boolean;
}

/** AArch64.S1Translate(). */
function stage1(asked: Asked): Output1 | Fault | Missing {
  const { registers, access, regime, memory, paMax } = asked;
  const va = BigInt.asUintN(64, access.address);
  const hcr = reg(registers, 'HCR_EL2');
  const sctlr = reg(
    registers,
    regime === 'EL10' ? 'SCTLR_EL1' : regime === 'EL3' ? 'SCTLR_EL3' : 'SCTLR_EL2',
  );
  const el10Off = regime === 'EL10' && (bit(hcr, 12) || bit(hcr, 27));
  const two = hasUnprivileged(regime);
  const upper = two && bit(va, 55);
  const addrTop = (tbi: boolean, tbid: boolean): number => (tbid && isFetch(access) ? 63 : tbi ? 55 : 63);
  if (!bit(sctlr, 0) || el10Off) {
    const el = regime === 'EL10' ? 1 : regime === 'EL3' ? 3 : 2;
    const tcr = reg(registers, `TCR_EL${el}`);
    const tbi = bit(tcr, two ? (upper ? 38 : 37) : 20);
    const tbid = bit(tcr, two ? (upper ? 52 : 51) : 29);
    if (bits(va, addrTop(tbi, tbid), paMax) !== 0n)
      return fault(asked, 1, 0, 'address-size', 'stage 1 off: address beyond PAMax');
    const attr = regime === 'EL10' && bit(hcr, 12) ? 0xff : isFetch(access) ? 0x44 : 0;
    if (!isFetch(access) && access.aligned === false && isDevice(attr))
      return fault(asked, 1, 0, 'alignment', 'stage 1 off: Device');
    return { is: 'output', address: bits(va, 55, 0), attr, assured: false };
  }
  const p = stage1Of(asked, upper);
  if (p.badSize) return fault(asked, 1, 0, 'not-present', 'TnSZ');
  const top = addrTop(p.tbi, p.tbid);
  if (top >= p.iaSize) {
    const rest = bits(va, top, p.iaSize);
    if (rest !== (upper ? (1n << BigInt(top - p.iaSize + 1)) - 1n : 0n))
      return fault(asked, 1, 0, 'not-present', 'address out of range');
  }
  if (asked.el === 0 && p.e0pd) return fault(asked, 1, 0, 'not-present', 'E0PD');
  if (p.epd) return fault(asked, 1, 0, 'not-present', 'EPD');
  const { granule } = p;
  const stride = granule - 3;
  let level = 3 - Math.floor((p.iaSize - 1 - granule) / stride);
  const startLevel = level;
  const size = Math.max(p.iaSize - levelLow(granule, level) + 3, p.base52 ? 6 : 0);
  let base = bits(p.ttbr, 47, 1) << 1n;
  if (p.base52) base = (bits(p.ttbr, 47, 6) << 6n) | (bits(p.ttbr, 5, 2) << 48n);
  base = (base >> BigInt(size)) << BigInt(size);
  let at = entryAt(base, va, granule, level, p.iaSize, true);
  if (outOfRange(at, p.oa)) return fault(asked, 1, 0, 'address-size', 'TTBR beyond IPS');
  const above: Hierarchy = { ap: 0, uxn: false, pxn: false, ns: asked.security === 'nonsecure' };
  for (;;) {
    const top: Top = { upper, start: level === startLevel };
    const where =
      regime === 'EL10' ? stage2(asked, at, 'walk', { top }) : ({ is: 'output', address: at } as const);
    if (where.is !== 'output') return where;
    const word = memory(where.address, 8);
    if (word === undefined) return { is: 'missing', at: where.address };
    const type = typeOf(word, level, granule, p.ds, paMax);
    if (type === 'invalid')
      return fault(
        asked,
        1,
        level,
        'not-present',
        level === 3 && bit(word, 0)
          ? 'reserved at level 3'
          : bit(word, 0)
            ? 'block where none is'
            : 'invalid',
      );
    if (type === 'table') {
      if (!p.hpd) {
        above.ap |= num(word, 62, 61) & (two && !p.nv1 ? 3 : 2);
        above.uxn ||= bit(word, 60);
        above.pxn ||= bit(word, 59);
      }
      above.ns ||= asked.security === 'secure' && bit(word, 63);
      const next = addressIn(word, granule, granule, p.ds, paMax);
      const deeper = entryAt(next, va, granule, level + 1, p.iaSize, false);
      if (outOfRange(deeper, p.oa)) return fault(asked, 1, level, 'address-size', 'table beyond IPS');
      if (p.haft && !bit(word, 10)) {
        const denied = updateThrough(asked, at, word, word | one(10));
        if (denied) return denied;
      }
      at = deeper;
      level++;
      continue;
    }
    const low = levelLow(granule, level);
    const output = addressIn(word, low, granule, p.ds, paMax) | bits(va, low - 1, 0);
    if (outOfRange(output, p.oa)) return fault(asked, 1, level, 'address-size', 'output beyond IPS');
    if (!bit(word, 10) && !p.ha) return fault(asked, 1, level, 'access-flag', 'AF');
    const index = num(word, 4, 2);
    const attr = num(p.aie && bit(word, 59) ? p.mair2 : p.mair, 8 * index + 7, 8 * index);
    if (!isFetch(access) && access.aligned === false && access.at === undefined && isDevice(attr))
      return fault(asked, 1, level, 'alignment', 'Device');
    const denied = checkRights1(asked, p, word, above, spaceOf(asked, word, above));
    if (denied) return fault(asked, 1, level, 'permission', denied.reason, 'access', denied.extra ?? 0n);
    let to = word;
    if (p.ha) to |= one(10);
    if (p.ha && p.hd && isWrite(access) && access.at === undefined && (p.pie || bit(word, 51))) to &= ~one(7);
    if (to !== word) {
      const refused = updateThrough(asked, at, word, to);
      if (refused) return refused;
    }
    return { is: 'output', address: output, attr, assured: false };
  }
}

/** The physical address space of a leaf [AArch64.S1NextWalkStateLeaf()]. */
function spaceOf({ security, regime }: Asked, word: bigint, above: Hierarchy): Space {
  const ns = bit(word, 5);
  if (security === 'secure') return ns || above.ns ? 'nonsecure' : 'secure';
  if (security === 'root') return bit(word, 11) ? (ns ? 'realm' : 'root') : ns ? 'nonsecure' : 'secure';
  if (security === 'realm') return regime !== 'EL10' && ns ? 'nonsecure' : 'realm';
  return 'nonsecure';
}

/** The hardware's own write to a stage 1 entry, which stage 2 may refuse. */
function updateThrough(asked: Asked, at: bigint, from: bigint, to: bigint): Fault | Missing | undefined {
  if (asked.regime === 'EL10') {
    const where = stage2(asked, at, 'update', {});
    if (where.is !== 'output') return where;
  }
  asked.updates.push({ stage: 1, at, from, to });
  return undefined;
}

// --- stage 2

/** Which half the walk translates, and whether it reads its first table: what TL0 and TL1 ask. */
interface Top {
  readonly upper: boolean;
  readonly start: boolean;
}

interface Rights2 {
  r: boolean;
  w: boolean;
  /** Execute at EL1, at EL0. */
  px: boolean;
  ux: boolean;
  /** Reads and writes of the table walker. */
  wMmu: boolean;
  top0: boolean;
  top1: boolean;
}

/** A nibble of S2PIR_EL2 or S2POR_EL1. */
function rights2(value: number): Rights2 {
  const general = value >= 8;
  const mro = value === 2 || value === 3 || value === 6 || value === 7;
  const w = value === 4 || value >= 12;
  return {
    r: general || mro,
    w,
    ux: general && (value & 1) !== 0,
    px: general && (value & 2) !== 0,
    wMmu: mro || value >= 12,
    top0: value === 6 || value === 7,
    top1: value === 3 || value === 7,
  };
}

/** AArch64.S2Translate(): of the program's access, of a read by the walker, of the hardware's own write. */
function stage2(
  asked: Asked,
  ipa: bigint,
  purpose: 'access' | 'walk' | 'update',
  { top, attr = 0xff }: { top?: Top; attr?: number },
): { is: 'output'; address: bigint } | Fault | Missing {
  const { registers, memory, access, paMax } = asked;
  const hcr = reg(registers, 'HCR_EL2');
  if (!bit(hcr, 0) && !bit(hcr, 12)) return { is: 'output', address: ipa };
  const of = purpose === 'access' ? 'access' : 'walker';
  const write = purpose === 'update' || (purpose === 'access' && isWrite(access));
  const no = (level: number, cause: Cause, reason: string, extra = 0n): Fault => ({
    ...fault(asked, 2, level, cause, `stage 2: ${reason}`, of, extra, write),
    input: ipa,
  });
  const vtcr = reg(registers, 'VTCR_EL2');
  const mmfr1 = reg(registers, 'ID_AA64MMFR1_EL1');
  const mmfr2 = reg(registers, 'ID_AA64MMFR2_EL1');
  const mmfr3 = reg(registers, 'ID_AA64MMFR3_EL1');
  const granule = granuleOf(num(vtcr, 15, 14), false);
  const ds = granule !== 16 && bit(vtcr, 32) && paMax >= 52;
  const st = num(mmfr2, 31, 28) > 0;
  const t0sz = num(vtcr, 5, 0);
  const iaSize = 64 - t0sz;
  const min = 64 - Math.min(paMax, granule !== 16 && !ds ? 48 : 52);
  const max = st ? (granule === 16 ? 47 : 48) : 39;
  if (t0sz < min || t0sz > max) return no(0, 'not-present', 'T0SZ');
  const sl0 = num(vtcr, 7, 6);
  const sl2 = granule === 12 && ds && bit(vtcr, 33);
  const start =
    granule === 12
      ? sl2
        ? sl0 === 0
          ? -1
          : undefined
        : [2, 1, paMax < 44 ? undefined : 0, st ? 3 : undefined][sl0]
      : granule === 14
        ? [3, 2, paMax < 42 ? undefined : 1, ds ? 0 : undefined][sl0]
        : [3, 2, paMax < 44 ? undefined : 1, undefined][sl0];
  if (start === undefined) return no(0, 'not-present', 'SL0');
  const stride = granule - 3;
  const first = iaSize - levelLow(granule, start);
  if (first < 1 || first > stride + 4) return no(0, 'not-present', 'SL0 and T0SZ');
  if (outOfRange(ipa, iaSize)) return no(0, 'not-present', 'address out of range');
  const psCode = num(vtcr, 18, 16);
  const oa = oaSize(paMax, psCode, granule, ds);
  const vttbr = reg(registers, 'VTTBR_EL2');
  const base52 = ds || (granule === 16 && paMax >= 52 && psCode === 6);
  const size = Math.max(first + 3, base52 ? 6 : 0);
  let base = base52 ? (bits(vttbr, 47, 6) << 6n) | (bits(vttbr, 5, 2) << 48n) : bits(vttbr, 47, 1) << 1n;
  base = (base >> BigInt(size)) << BigInt(size);
  let level = start;
  let at = entryAt(base, ipa, granule, level, iaSize, true);
  if (outOfRange(at, oa)) return no(0, 'address-size', 'VTTBR beyond PS');
  const hafdbs = num(mmfr1, 3, 0);
  const ha = hafdbs >= 1 && bit(vtcr, 21);
  const hd = ha && hafdbs >= 2 && bit(vtcr, 22);
  const haft = ha && hafdbs >= 3 && bit(vtcr, 44);
  for (;;) {
    const word = memory(at, 8);
    if (word === undefined) return { is: 'missing', at };
    const type = typeOf(word, level, granule, ds, paMax);
    if (type === 'invalid')
      return no(
        level,
        'not-present',
        level === 3 && bit(word, 0)
          ? 'reserved at level 3'
          : bit(word, 0)
            ? 'block where none is'
            : 'invalid',
      );
    if (type === 'table') {
      const next = entryAt(
        addressIn(word, granule, granule, ds, paMax),
        ipa,
        granule,
        level + 1,
        iaSize,
        false,
      );
      if (outOfRange(next, oa)) return no(level, 'address-size', 'table beyond PS');
      if (haft && !bit(word, 10)) asked.updates.push({ stage: 2, at, from: word, to: word | one(10) });
      at = next;
      level++;
      continue;
    }
    const low = levelLow(granule, level);
    const output = addressIn(word, low, granule, ds, paMax) | bits(ipa, low - 1, 0);
    if (outOfRange(output, oa)) return no(level, 'address-size', 'output beyond PS');
    if (!bit(word, 10) && !ha) return no(level, 'access-flag', 'AF');
    const memAttr = num(word, 5, 2);
    // FWB: 0xx Device, 101 keeps a Device of stage 1, 110 is Write-Back, 111 is stage 1's
    const device = bit(hcr, 46)
      ? (memAttr & 4) === 0 || ((memAttr & 7) !== 6 && purpose === 'access' && isDevice(attr))
      : memAttr >> 2 === 0;
    if (
      purpose === 'access' &&
      !isFetch(access) &&
      access.aligned === false &&
      access.at === undefined &&
      device
    )
      return no(level, 'alignment', 'Device');
    const s2pie = num(mmfr3, 15, 12) > 0 && bit(vtcr, 36);
    const s2poe = s2pie && num(mmfr3, 23, 20) > 0 && bit(vtcr, 37);
    const allowed = s2pie
      ? rights2(
          nibble(reg(registers, 'S2PIR_EL2'), (num(word, 54, 53) << 2) | (num(word, 51) << 1) | num(word, 6)),
        )
      : direct2(word, num(mmfr1, 31, 28) > 0, hd);
    const over = s2poe ? rights2(nibble(reg(registers, 'S2POR_EL1'), num(word, 62, 59))) : undefined;
    const clean = s2pie && !hd && !bit(word, 7);
    if (purpose !== 'access') {
      const [tl0, tl1] = [bit(vtcr, 41), bit(vtcr, 35)];
      if (top?.start) {
        const both =
          over === undefined ||
          (!allowed.w && allowed.wMmu && over.wMmu) ||
          (!over.w && over.wMmu && allowed.wMmu);
        const top0 = (allowed.top0 || over?.top0 === true) && both;
        const top1 = (allowed.top1 || over?.top1 === true) && both;
        const wrong = top.upper
          ? (tl1 && !top1) || (tl0 && !top1 && top0)
          : (tl0 && !top0) || (tl1 && top1 && !top0);
        if (wrong) return no(level, 'permission', 'TopLevel', TOP_LEVEL);
      }
      if (bit(hcr, 2) && !bit(hcr, 27) && device) return no(level, 'permission', 'PTW on Device');
      if (over && !over.r) return no(level, 'permission', 'walker: overlay read', OVERLAY);
      if (write && over && !over.wMmu) return no(level, 'permission', 'walker: overlay write', OVERLAY);
      if (!allowed.r) return no(level, 'permission', 'walker: no read');
      if (write && !allowed.wMmu) return no(level, 'permission', 'walker: no write');
      if (write && clean) return no(level, 'permission', 'walker: clean', DIRTY_BIT);
    } else if (bit(vtcr, 34) && bit(word, 58)) {
      return no(level, 'permission', 'AssuredOnly', ASSURED_ONLY);
    } else if (isFetch(access)) {
      const el0 = asked.el === 0;
      if (over && !(el0 ? over.ux : over.px)) return no(level, 'permission', 'overlay execute', OVERLAY);
      if (!(el0 ? allowed.ux : allowed.px)) return no(level, 'permission', 'execute never');
    } else if (!isWrite(access)) {
      if (over && !over.r) return no(level, 'permission', 'overlay read', OVERLAY);
      if (!allowed.r) return no(level, 'permission', 'no read');
    } else {
      if (over && !over.w) return no(level, 'permission', 'overlay write', OVERLAY);
      if (!allowed.w) return no(level, 'permission', 'no write');
      if (clean) return no(level, 'permission', 'clean', DIRTY_BIT);
    }
    let to = word;
    if (ha) to |= one(10);
    if (hd && write && access.at === undefined && (s2pie || bit(word, 51))) to |= one(7);
    if (to !== word) asked.updates.push({ stage: 2, at, from: word, to });
    return { is: 'output', address: output };
  }
}

/** AArch64.S2DirectBasePermissions(); a writable-clean page counts as writable. */
function direct2(word: bigint, xnx: boolean, hd: boolean): Rights2 {
  const w = bit(word, 7) || (hd && bit(word, 51));
  const xn = (num(word, 54) << 1) | (xnx ? num(word, 53) : 0);
  return {
    r: bit(word, 6),
    w,
    px: xn === 0 || xn === 3,
    ux: xn === 0 || xn === 1,
    wMmu: w,
    top0: false,
    top1: false,
  };
}

/** One access, from the address to the physical address or the fault [AArch64.FullTranslate()]. */
export function arm64Access(registers: Registers, memory: Memory, access: Arm64Access): Outcome {
  const regime = regimeOf(access.el, registers);
  const asked: Asked = {
    registers,
    memory,
    access,
    el: access.unprivileged ? 0 : access.el,
    regime,
    security: securityOf(access.el, registers),
    paMax: PS_BITS[num(reg(registers, 'ID_AA64MMFR0_EL1'), 3, 0)] ?? 48,
    updates: [],
  };
  const first = stage1(asked);
  if (first.is !== 'output') return first;
  if (regime !== 'EL10' || access.at === 'stage1')
    return { is: 'allowed', pa: first.address, updates: merged(asked.updates) };
  const second = stage2(asked, first.address, 'access', { attr: first.attr });
  return second.is === 'output'
    ? { is: 'allowed', pa: second.address, updates: merged(asked.updates) }
    : second;
}
