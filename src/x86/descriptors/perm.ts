/** Permissions as rights by privilege, after what the tables above take away, and in the few letters in which listings show them. */
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

/** SMEP, SMAP and CR0.WP are access-time controls: the supervisor's rights are those of the entries. */
export function stage1Rights(
  p: Stage1Permissions = { r: 0, w: 0, x: 0, u: 0 },
  inherited: number = 0,
): Rights {
  const allowed = (own: number, deny: number): boolean => own === 1 && (inherited & deny) === 0;
  const supervisor = { r: p.r === 1, w: allowed(p.w, DENY.write), x: allowed(p.x, DENY.execute) };
  return { supervisor, user: allowed(p.u, DENY.user) ? supervisor : NONE };
}

/** Every nested access is a user access, whoever makes it. */
export function nptRights(p: Stage1Permissions | undefined, inherited: number = 0): Rights {
  const { user = NONE } = stage1Rights(p, inherited);
  return { supervisor: user, user };
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

/** `urwx`: user or supervisor, then read, write, execute, with every level taken together. */
export const stage1Perm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const isUser = user.r || user.w || user.x;
  const { r, w, x } = isUser ? user : supervisor;
  return `${isUser ? 'u' : 's'}${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;
};

/** `rwx`; with mode-based execute control `p` is supervisor-mode execute only and `u` user-mode only. */
export const stage2Perm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const execute = supervisor.x ? (user.x ? 'x' : 'p') : user.x ? 'u' : '-';
  return `${supervisor.r ? 'r' : '-'}${supervisor.w ? 'w' : '-'}${execute}`;
};
