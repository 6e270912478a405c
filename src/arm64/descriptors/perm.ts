/** Permissions as rights by exception level, and in the few letters in which listings show them. */
import type { Access, Rights } from '../../walk/regime.ts';
import type { Stage1Access, Stage1Permissions, Stage2Permissions } from '../values/permissions.ts';
import type { Stage1Settings } from './stage1.ts';

const NONE: Access = { r: false, w: false, x: false };
const accessOf = ({ r, w, x }: Stage1Access): Access => ({ r: r === 1, w: w === 1, x: x === 1 });

/** The regime's own level first, then EL0 where the regime has it. An entry that permits nothing has no permissions. */
export const stage1Rights = (
  { priv, unpriv }: Stage1Permissions = { priv: { r: 0, w: 0, x: 0 } },
  { regime }: Pick<Stage1Settings, 'regime'>,
): Rights => ({
  [regime.slice(0, 3)]: accessOf(priv),
  ...(unpriv ? { EL0: accessOf(unpriv) } : {}),
});

/** EL1 and EL0 differ in what they execute only. */
export const stage2Rights = ({ r, w, x1, x0 }: Stage2Permissions = { r: 0, w: 0, x1: 0, x0: 0 }): Rights => ({
  EL1: { r: r === 1, w: w === 1, x: x1 === 1 },
  EL0: { r: r === 1, w: w === 1, x: x0 === 1 },
});

/** `rw-/r-x`: privileged, then EL0; regimes without EL0 have the first only. */
export const stage1Perm = (rights: Rights): string =>
  Object.values(rights)
    .map(({ r, w, x }) => `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`)
    .join('/');

/** `rwx`; where EL1 and EL0 differ, `p` is execute at EL1 (privileged) only and `u` at EL0 (unprivileged) only. */
export const stage2Perm = ({ EL1 = NONE, EL0 = NONE }: Rights): string =>
  `${EL1.r ? 'r' : '-'}${EL1.w ? 'w' : '-'}${EL1.x ? (EL0.x ? 'x' : 'p') : EL0.x ? 'u' : '-'}`;
