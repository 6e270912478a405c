/**
 * What descriptor fields permit, as the manual's rules state it. Access-time controls (PAN, UAO, E0PD, tag checks) are
 * not facts of a descriptor and are not here.
 */
import type { Bit } from '../../bits/spec.ts';

/**
 * Stage 2 permissions: data read and write, execute at EL1 and at EL0. `wMmu`, `tl0`, `tl1` exist with indirect
 * permissions only: writes by the MMU itself and by RCW instructions, and the TopLevel properties.
 */
export type Stage2Permissions = {
  readonly r: Bit;
  readonly w: Bit;
  readonly x1: Bit;
  readonly x0: Bit;
  readonly wMmu?: Bit;
  readonly tl0?: Bit;
  readonly tl1?: Bit;
};

/**
 * Hardware-managed dirty state of a leaf: `n/a` unless HA = HD = 1 and DBM = 1, or with indirect permissions a permission
 * to write [Arm ARM, R_XZFQH, R_BRFGY].
 */
export type DirtyState = 'n/a' | 'writable-clean' | 'writable-dirty';

const bit = (value: number | boolean): Bit => (value ? 1 : 0);

/** Dirty state from DBM and the bit that says dirty (stage 2: S2AP[1]; stage 1: NOT AP[2]). */
export const dirtyState = (managed: boolean, dbm: Bit, dirty: boolean): DirtyState =>
  managed && dbm ? (dirty ? 'writable-dirty' : 'writable-clean') : 'n/a';

/**
 * S2AP, XN and DBM [Arm ARM, Tables D8-76 to D8-78; ASL AArch64_S2DirectBasePermissions]. `xn` is XN[1:0]; without
 * FEAT_XNX it is the single XN bit. Execution does not need read permission.
 */
export function directStage2(s2ap: number, xn: number, xnx: Bit, writableClean: boolean): Stage2Permissions {
  const noEl1 = xnx ? xn === 0b01 || xn === 0b10 : xn === 1;
  const noEl0 = xnx ? xn === 0b10 || xn === 0b11 : xn === 1;
  return { r: bit(s2ap & 0b01), w: bit(s2ap & 0b10 || writableClean), x1: bit(!noEl1), x0: bit(!noEl0) };
}

type Indirect = Required<Stage2Permissions>;
const NONE: Indirect = { r: 0, w: 0, x1: 0, x0: 0, wMmu: 0, tl0: 0, tl1: 0 };
const MRO: Indirect = { ...NONE, r: 1, wMmu: 1 };

/** One S2PIR_EL2 or S2POR_EL1 field [Arm ARM, Table D8-82]. 0b0001 and 0b0101 are reserved and permit nothing. */
export function stage2Nibble(nibble: number): Indirect {
  switch (nibble) {
    case 0b0010:
      return MRO;
    case 0b0011:
      return { ...MRO, tl1: 1 };
    case 0b0100:
      return { ...NONE, w: 1 };
    case 0b0110:
      return { ...MRO, tl0: 1 };
    case 0b0111:
      return { ...MRO, tl0: 1, tl1: 1 };
    default:
      if (nibble < 8) return NONE;
      return {
        ...NONE,
        r: 1,
        w: bit(nibble & 4),
        wMmu: bit(nibble & 4),
        x1: bit(nibble & 2),
        x0: bit(nibble & 1),
      };
  }
}

/** Base permission with its overlay: both must permit; TopLevel bits add up while the result is mostly read-only. */
export function overlaid(base: Indirect, overlay: Indirect): Indirect {
  const both = {
    r: bit(base.r & overlay.r),
    w: bit(base.w & overlay.w),
    wMmu: bit(base.wMmu & overlay.wMmu),
    x1: bit(base.x1 & overlay.x1),
    x0: bit(base.x0 & overlay.x0),
  };
  const mostlyReadOnly = both.r && !both.w && both.wMmu; // [Arm ARM, R_XLNQX, Table D8-84]
  return {
    ...both,
    tl0: bit(mostlyReadOnly && base.tl0 | overlay.tl0),
    tl1: bit(mostlyReadOnly && base.tl1 | overlay.tl1),
  };
}

// ------------------------------------------------------------------------------------------------------ stage 1

/** What one privilege level may do. `gcs` (Guarded Control Stack access) and `wxn` exist with indirect permissions only. */
export type Stage1Access = {
  readonly r: Bit;
  readonly w: Bit;
  readonly x: Bit;
  readonly gcs?: Bit;
  /** The WXN flag of a PIR encoding: execution is lost again where an overlay leaves the page writable. */
  readonly wxn?: Bit;
};
/** Privileged and, in regimes that have EL0, unprivileged permissions. */
export type Stage1Permissions = { readonly priv: Stage1Access; readonly unpriv?: Stage1Access };

/** What the Table descriptors above an entry take away, OR-ed over the levels [ASL AArch64_S1ApplyTablePerms]. */
export type TableLimits = {
  /** APTable[1:0]: bit 0 no EL0 access, bit 1 no writes. */
  readonly ap: number;
  /** PXNTable or XNTable. */
  readonly x1: Bit;
  /** UXNTable. */
  readonly x0: Bit;
};

export interface DirectStage1 {
  /** AP[2:1] as the hardware takes it: AP[1] is 1 in a single-privilege regime and 0 under {NV, NV1} = {1, 1}. */
  readonly ap: number;
  /** PXN, or XN in a single-privilege regime. */
  readonly xn1: Bit;
  /** UXN. */
  readonly xn0: Bit;
  /** HA = HD = DBM = 1 with AP[2] = 1: a write is permitted and makes the entry dirty. */
  readonly writableClean: boolean;
  readonly limits: TableLimits;
}

/** May the privileged level write, as far as AP, DBM and the tables above say? [Arm ARM, Tables D8-62 to D8-64] */
const writable = ({ ap, writableClean, limits }: DirectStage1): boolean =>
  ((ap & 0b10) === 0 || writableClean) && (limits.ap & 0b10) === 0;

/** A regime with EL0: EL1&0, EL2&0. What EL0 may write is never executable above it [Arm ARM, R_VWLLR]. */
export function directTwoPrivileges(d: DirectStage1): Required<Stage1Permissions> {
  const w = writable(d);
  const el0 = (d.ap & 0b01) !== 0 && (d.limits.ap & 0b01) === 0;
  const x1 = !d.xn1 && !d.limits.x1 && !(el0 && w);
  const x0 = !d.xn0 && !d.limits.x0;
  return {
    priv: { r: 1, w: bit(w), x: bit(x1) },
    unpriv: { r: bit(el0), w: bit(el0 && w), x: bit(x0) },
  };
}

/** A regime of one exception level: EL2 with E2H = 0, EL3. */
export function directOnePrivilege(d: DirectStage1): Stage1Permissions {
  const w = writable(d);
  return { priv: { r: 1, w: bit(w), x: bit(!d.xn1 && !d.limits.x1) } };
}

/**
 * SCTLR_ELx.WXN: what may be written is not executable. Where an overlay is on for the level it is decided by what the overlay
 * leaves: `accessOf`.
 */
export const withWxn = (access: Stage1Access, wxn: Bit, overlay: Overlay | undefined): Stage1Access =>
  !(wxn && access.w && access.x) ? access : overlay ? { ...access, wxn: 1 } : { ...access, x: 0 };

const NO_ACCESS: Required<Stage1Access> = { r: 0, w: 0, x: 0, gcs: 0, wxn: 0 };
/** PIR_ELx and PIRE0_ELx encodings; the holes are reserved and permit nothing [Arm ARM, Tables D8-67, D8-68]. */
const PIR: Readonly<Record<number, Partial<Stage1Access>>> = {
  1: { r: 1 },
  2: { x: 1 },
  3: { r: 1, x: 1 },
  5: { r: 1, w: 1 },
  6: { r: 1, w: 1, x: 1, wxn: 1 },
  7: { r: 1, w: 1, x: 1 },
  8: { r: 1 },
  9: { r: 1, gcs: 1 },
  10: { r: 1, x: 1 },
  12: { r: 1, w: 1 },
  14: { r: 1, w: 1, x: 1 },
};
export const stage1Nibble = (nibble: number): Required<Stage1Access> => ({ ...NO_ACCESS, ...PIR[nibble] });

/** What one POR_ELx field leaves. 0b1xxx is reserved and leaves nothing [Arm ARM, POR_EL1, Table D8-73]. */
export const overlayNibble = (nibble: number): { readonly r: Bit; readonly w: Bit; readonly x: Bit } =>
  nibble < 8
    ? { r: bit(nibble & 0b001), w: bit(nibble & 0b100), x: bit(nibble & 0b010) }
    : { r: 0, w: 0, x: 0 };

/** Base permissions by PIIndex. What EL0 may write and EL1 execute is nobody's; the WXN flag stays [Arm ARM, R_VFPJF]. */
export function indirectStage1(priv: number, unpriv: number | undefined): Stage1Permissions {
  const p = stage1Nibble(priv);
  if (unpriv === undefined) return { priv: p };
  const u = stage1Nibble(unpriv);
  const conflict = (p.x || p.gcs) && (u.w || u.gcs);
  const kept = (access: Required<Stage1Access>) => (conflict ? { ...NO_ACCESS, wxn: access.wxn } : access);
  return { priv: kept(p), unpriv: kept(u) };
}

/** One POR_ELx field, as it acts on one privilege level. */
export type Overlay = ReturnType<typeof overlayNibble>;

/**
 * What an access of one level gets of its base permission: less what the overlay takes; where WXN meets write and execute,
 * write goes if an overlay is on, and execute if none is; no write to a clean entry [Arm ARM, R_QXXPC, R_NPBXC, R_VFPJF, Table
 * D8-73; ASL AArch64_S1ComputePermissions]. `own` is the field of PIR_ELx or PIRE0_ELx: 0b1xxx takes no overlay.
 */
export function accessOf(
  base: Stage1Access,
  {
    overlay,
    own,
    clean,
  }: { readonly overlay?: Overlay | undefined; readonly own?: number | undefined; readonly clean: boolean },
): Stage1Access {
  const acting = overlay && (own === undefined || own < 8) ? overlay : undefined;
  const taken = acting ?? { r: 1, w: 1, x: 1 };
  const [w, x] = [base.w & taken.w, base.x & taken.x];
  const either = base.wxn && w && x;
  return {
    ...base,
    r: bit(base.r & taken.r),
    w: bit(w && !clean && !(either && acting)),
    x: bit(x && !(either && !acting)),
  };
}

/** Guarded control stacks are in the memory of their own Security state only [Arm ARM, R_CYSKB]. */
export function withoutGcs({ priv, unpriv }: Stage1Permissions): Stage1Permissions {
  const without = (access: Stage1Access): Stage1Access => (access.gcs ? { ...access, gcs: 0 } : access);
  return { priv: without(priv), ...(unpriv ? { unpriv: without(unpriv) } : {}) };
}

/** Output in a PA space from which this regime never executes [Arm ARM, R_YBDFF]. GCS accesses go with execution. */
export function neverExecuted({ priv, unpriv }: Stage1Permissions): Stage1Permissions {
  const without = (access: Stage1Access): Stage1Access => ({
    ...access,
    x: 0,
    ...(access.gcs === undefined ? {} : { gcs: 0 }),
  });
  return { priv: without(priv), ...(unpriv ? { unpriv: without(unpriv) } : {}) };
}
