/** Permissions as rights by privilege, and in the few letters in which listings show them. */
import type { Access, Rights } from '../../../../src/walk/regime.ts';
import type { Permissions } from '../values/permissions.ts';

const NONE: Access = { r: false, w: false, x: false };

/** What sstatus lets the supervisor do beyond the entries [section "Supervisor Status (sstatus) Register"]. */
export interface Moment {
  /** The supervisor may read and write user pages. It never executes them. */
  readonly sum: 0 | 1;
  /** Executable pages can be read. */
  readonly mxr: 0 | 1;
}

/** No table takes a right away: the leaf alone decides. */
export function stage1Rights(p: Permissions = { r: 0, w: 0, x: 0, u: 0 }, { sum, mxr }: Moment): Rights {
  const page = { r: p.r === 1 || (mxr === 1 && p.x === 1), w: p.w === 1, x: p.x === 1 };
  if (!p.u) return { supervisor: page, user: NONE };
  return { supervisor: sum ? { ...page, x: false } : NONE, user: page };
}

/** `rwxu`: read, write, execute, of a user page for the user. */
export function stage1Perm({ supervisor = NONE, user = NONE }: Rights): string {
  const isUser = user.r || user.w || user.x;
  const { r, w, x } = isUser ? user : supervisor;
  return `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}${isUser ? 'u' : '-'}`;
}
