/** Which bits of an entry deny an access [section "Virtual Address Translation Process", steps 5, 8 and 9]. */
import type { Access } from '../../../../src/faults/claim.ts';
import type { Regime } from '../../../../src/walk/regime.ts';
import type { Step } from '../../../../src/walk/translate.ts';
import type { Stage1Facts } from '../descriptors/stage1.ts';

/** `W = 0: not writable`: one phrase for each reason. Tables take no right away. */
export function denials({ reading }: Step, _regime: Regime, { access, by }: Access): readonly string[] {
  const { permissions: p } = reading.facts as Stage1Facts;
  if (!p) return [];
  const clean = reading.findings.some(({ id }) => id === 'dirty-flag-clear');
  return [
    ...(by === 'unprivileged' && !p.u ? ['U = 0: not for the user'] : []),
    ...(by === 'privileged' && p.u && access === 'fetch'
      ? ['U = 1: the supervisor executes no user page, whatever SUM is']
      : []),
    ...(access === 'read' && !p.r ? ['R = 0: not readable'] : []),
    ...(access === 'write' && !p.w ? ['W = 0: not writable'] : []),
    ...(access === 'write' && p.w && clean ? ['D = 0, and hardware does not set it'] : []),
    ...(access === 'fetch' && !p.x ? ['X = 0: not executable'] : []),
  ];
}
