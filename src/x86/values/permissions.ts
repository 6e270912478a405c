/**
 * What entries permit, alone and along a walk. Access-time controls (CR0.WP, SMEP, SMAP, protection keys, GMET) are not
 * facts of an entry and are not here.
 */
import type { Bit } from '../../bits/spec.ts';

const bit = (value: unknown): Bit => (value ? 1 : 0);

/** Ordinary and nested paging: read, write, execute, and whether user-mode accesses may use the translation at all. */
export type Stage1Permissions = { readonly r: Bit; readonly w: Bit; readonly x: Bit; readonly u: Bit };

/** EPT: read, write, execute (with mode-based execute control: in supervisor mode), execute in user mode. */
export type EptPermissions = { readonly r: Bit; readonly w: Bit; readonly x: Bit; readonly xu?: Bit };

/** One entry of ordinary paging [SDM, "Access Rights"]. An absent bit (a PAE PDPTE has none) restricts nothing. */
export const stage1Permissions = (d: {
  readonly rw?: number;
  readonly us?: number;
  readonly xd?: number;
}): Stage1Permissions => ({ r: 1, w: bit(d.rw ?? 1), x: bit(!d.xd), u: bit(d.us ?? 1) });

/** One EPT entry: the bits are the permissions [SDM, "EPT Translation Mechanism"]. */
export const eptPermissions = (d: {
  readonly r: Bit;
  readonly w: Bit;
  readonly x: Bit;
  readonly xu?: Bit;
}): EptPermissions => ({ r: d.r, w: d.w, x: d.x, ...(d.xu === undefined ? {} : { xu: d.xu }) });

/** Every level must permit: R/W, U/S are ANDed and XD is ORed along a walk. */
export const throughStage1 = (above: Stage1Permissions, below: Stage1Permissions): Stage1Permissions => ({
  r: bit(above.r & below.r),
  w: bit(above.w & below.w),
  x: bit(above.x & below.x),
  u: bit(above.u & below.u),
});

/** The same for EPT. */
export const throughEpt = (above: EptPermissions, below: EptPermissions): EptPermissions => ({
  r: bit(above.r & below.r),
  w: bit(above.w & below.w),
  x: bit(above.x & below.x),
  ...(below.xu === undefined ? {} : { xu: bit((above.xu ?? 1) & below.xu) }),
});

/** `rwx`, `r-x`: read, write, execute; a fourth letter `u` (or `-`) for user mode. Undefined for anything else. */
export function parsePermissions(text: string): (Stage1Permissions & { readonly u: Bit }) | undefined {
  const match = /^([r-])([w-])([x-])([u-]?)$/.exec(text.toLowerCase());
  if (!match) return undefined;
  const [, r, w, x, u] = match;
  return { r: bit(r === 'r'), w: bit(w === 'w'), x: bit(x === 'x'), u: bit(u === 'u') };
}
