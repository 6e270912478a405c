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

/** Hardware-managed dirty state of a leaf: `n/a` unless HA = HD = DBM = 1 [Arm ARM, R_XZFQH, R_BRFGY]. */
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

/** The 4-bit field `index` of a permission register. */
export const nibbleOf = (register: bigint, index: number): number =>
  Number((register >> BigInt(4 * index)) & 0xfn);
