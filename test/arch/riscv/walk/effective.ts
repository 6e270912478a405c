/** The effective type of leaves as a walk needs it: PBMT over the attributes of the platform, which change with the address. */
import { type Frame, frameAt } from '../../../../src/image/frames.ts';
import type { Answer } from '../../../../src/memtype/rule.ts';
import type { EffectiveRules, EffectiveView, OutputRun } from '../../../../src/walk/effective.ts';
import type { Stage1Reading } from '../descriptors/stage1.ts';
import { effective } from '../memtype/effective.ts';
import { type Effective, nameOf, type Pma } from '../memtype/meaning.ts';
import type { Pbmt } from '../values/attributes.ts';

/** A run of physical addresses with one attribute, bytes. */
export interface PmaRegion {
  readonly start: bigint;
  readonly end: bigint;
  readonly pma: Pma;
}

/** The attributes of a frame, and how many frames from it on have them. What no region names is vacant. */
function pmaAt(regions: readonly PmaRegion[], frame: Frame): { readonly pma: Pma; readonly until: Frame } {
  const first = ({ start }: PmaRegion): Frame => frameAt(start);
  const end = (region: PmaRegion): Frame => frameAt(region.end);
  const own = regions.find(region => first(region) <= frame && frame < end(region));
  if (own) return { pma: own.pma, until: end(own) };
  const next = regions.map(first).filter(start => start > frame);
  return { pma: 'vacant', until: Math.min(Number.POSITIVE_INFINITY, ...next) };
}

/** Cut output frames where the platform’s attributes change. */
function runsOf(regions: readonly PmaRegion[], frame: Frame, frames: Frame): readonly OutputRun[] {
  const runs: OutputRun[] = [];
  for (let at = frame; at < frame + frames; ) {
    const { pma, until } = pmaAt(regions, at);
    const end = Math.min(until, frame + frames);
    runs.push({ frames: end - at, key: pma });
    at = end;
  }
  return runs;
}

export const stage1Effective = (regions: readonly PmaRegion[]): EffectiveRules => ({
  controls: regions,
  runs: (frame, frames) => runsOf(regions, frame, frames),
  effective: ({ reading }, _second, frame) => {
    const pbmt = (reading as Stage1Reading).facts.memory ?? 'reserved';
    return effectiveView(effective(pbmt, pmaAt(regions, frame).pma), pbmt);
  },
});

/** An answer in the few words of a record. */
export function effectiveView({ value: is, why }: Answer<Effective>, pbmt: Pbmt | 'reserved'): EffectiveView {
  const type = nameOf(is);
  const decidedBy = is.is === 'vacant' || pbmt === 'PMA' ? 'PMA' : 'PBMT';
  if (is.is !== 'type') return { type, certain: false, decidedBy, why };
  return {
    type,
    certain: true,
    decidedBy,
    why,
    agreement: { type, kind: is.type === 'io' ? 'strong' : 'memory', cached: is.type === 'memory' },
  };
}
