/** Permissions as rights by privilege, after what the tables above take away, and in the few letters in which listings show them. */
import type { Bit } from '../../bits/spec.ts';
import type { Access, Rights } from '../../walk/regime.ts';
import type { EptPermissions, Stage1Permissions } from '../values/permissions.ts';

const NONE: Access = { r: false, w: false, x: false };

/** What a table entry takes away from everything below it, as bits that add up: ordinary and nested paging. */
const DENY = { write: 1, user: 2, execute: 4 } as const;
/** The same for EPT. */
const EPT_DENY = { read: 1, write: 2, execute: 4, userExecute: 8 } as const;

/** What a table entry hands down; a PAE PDPTE has no permissions and takes nothing away. */
export const stage1Denied = (p: Stage1Permissions | undefined): number =>
  p ? (p.w ? 0 : DENY.write) | (p.u ? 0 : DENY.user) | (p.x ? 0 : DENY.execute) : 0;

export const stage2Denied = (p: EptPermissions): number =>
  (p.r ? 0 : EPT_DENY.read) |
  (p.w ? 0 : EPT_DENY.write) |
  (p.x ? 0 : EPT_DENY.execute) |
  (p.xu === 0 ? EPT_DENY.userExecute : 0);

/**
 * SMEP and SMAP are access-time controls: the supervisor's rights are those of the entries.
 * @param wp CR0.WP: with 0 the supervisor writes whatever R/W says
 */
export function stage1Rights(
  p: Stage1Permissions = { r: 0, w: 0, x: 0, u: 0 },
  inherited: number = 0,
  wp: Bit = 1,
): Rights {
  const allowed = (own: number, deny: number): boolean => own === 1 && (inherited & deny) === 0;
  const own = { r: p.r === 1, w: allowed(p.w, DENY.write), x: allowed(p.x, DENY.execute) };
  return { supervisor: wp ? own : { ...own, w: own.r }, user: allowed(p.u, DENY.user) ? own : NONE };
}

/**
 * Every nested access is a user access, whoever makes it. Guest mode execute trap turns U/S round for fetches of the guest's
 * supervisor; a page of supervisor shadow stacks is read like any other [APM, "Nested Paging"].
 */
export function nptRights(
  p: Stage1Permissions | undefined,
  inherited: number = 0,
  { gmet, sss }: { readonly gmet: Bit; readonly sss: Bit } = { gmet: 0, sss: 0 },
): Rights {
  const { supervisor = NONE, user = NONE } = stage1Rights(p, inherited);
  const isUser = user !== NONE;
  const shadow = sss === 1 && p?.u === 0 && !p.x && (inherited & DENY.user) === 0;
  const data = isUser ? user : shadow ? { ...NONE, r: true } : NONE;
  return {
    supervisor: { r: data.r, w: data.w, x: supervisor.x && isUser !== (gmet === 1) },
    user: data,
  };
}

/** Without mode-based execute control there is one right to execute for both. */
export function stage2Rights({ r, w, x, xu }: EptPermissions, inherited: number = 0): Rights {
  const allowed = (own: number | undefined, deny: number): boolean => own === 1 && (inherited & deny) === 0;
  const data = { r: allowed(r, EPT_DENY.read), w: allowed(w, EPT_DENY.write) };
  const supervisor = { ...data, x: allowed(x, EPT_DENY.execute) };
  return {
    supervisor,
    user: xu === undefined ? supervisor : { ...data, x: allowed(xu, EPT_DENY.userExecute) },
  };
}

/** Who executes, where user and supervisor differ: `p` the supervisor only, `u` the user only. */
const executes = (supervisor: Access, user: Access): string =>
  supervisor.x ? (user.x ? 'x' : 'p') : user.x ? 'u' : '-';

/**
 * `urwx`: user or supervisor, then read, write, execute, with every level taken together; `srw-/ur--` where CR0.WP = 0 lets the
 * supervisor write what a user may not.
 */
export const stage1Perm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const text = ({ r, w }: Access, x: string): string => `${r ? 'r' : '-'}${w ? 'w' : '-'}${x}`;
  const own = (access: Access): string => text(access, access.x ? 'x' : '-');
  if (!user.r && !user.w && !user.x) return `s${own(supervisor)}`;
  return user.r === supervisor.r && user.w === supervisor.w
    ? `u${text(user, executes(supervisor, user))}`
    : `s${own(supervisor)}/u${own(user)}`;
};

/** `rwx`; with mode-based execute control `p` is supervisor-mode execute only and `u` user-mode only. */
export const stage2Perm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const execute = executes(supervisor, user);
  return `${supervisor.r ? 'r' : '-'}${supervisor.w ? 'w' : '-'}${execute}`;
};
