/** What CR0.CD does to memory types [SDM, "Cache Control Registers and Bits"; APM, "Cache-Control Mechanisms"]. */
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import { cacheMode } from '../registers/control.ts';
import type { EffectiveType } from '../values/attributes.ts';
import type { Vendor } from './combine.ts';

/** `illegal`: NW = 1 with CD = 0, which MOV CR0 refuses. undefined: caching is on and the other rules decide. */
export type CacheControl = EffectiveType | 'illegal' | undefined;

const NOTE = {
  normal: {},
  illegal: { note: 'MOV CR0 raises #GP(0)' },
  'no-fill': {
    note: 'no-fill mode: lines that are cached still hit; memory is really uncached after WBINVD',
  },
  'no-fill-incoherent': { note: 'no-fill mode, and coherency is not kept on processors that honour NW' },
} as const;

const control = citing('x86.cr0.cd', sdm('section "Cache Control Registers and Bits"'));

/** CR0.CD = 1: everything is uncacheable, whatever else is said. `whose` names the CR0: host or guest. */
export function cacheControl(vendor: Vendor, cd: number, nw = 0, whose = 'CR0'): Answer<CacheControl> {
  const mode = cacheMode(cd, nw);
  if (mode === 'normal') return { value: undefined, why: [] };
  const type = mode === 'illegal' ? mode : vendor === 'amd' ? 'CD' : 'UC';
  return answer(
    type,
    control({ [`${whose}.CD`]: cd, [`${whose}.NW`]: nw }, type, {
      ...NOTE[mode],
      ref: vendor === 'amd' ? apm('section "Cache-Control Mechanisms"') : undefined,
    }),
  );
}
