/**
 * The finite space of x86 inputs: the slot always succeeds and each leaf is one decision, so that an input is what decides
 * one EPT leaf. Dimensions that the policies at hand never read stay at their first value.
 */

import type { Dimension } from '../cubes.ts';
import type { GuestView } from '../guest.ts';
import { coordinates, sizeOf } from '../query.ts';
import { patQuirk } from './cap.ts';
import { eptLeaf, eptProgram } from './decide.ts';
import { MTRR_TYPES, type MtrrType, type PatType } from './effective.ts';
import type { X86Policy } from './model.ts';

const DIMENSIONS: readonly Dimension[] = [
  { name: 'guest MTRR', values: ['WB', ...MTRR_TYPES.filter(t => t !== 'WB')], facts: ['guest_mtrr'] },
  { name: 'quirk CD_NW_CLEARED', values: ['on', 'disabled'], facts: ['quirk_cd_nw_cleared'] },
  { name: 'guest CR0.CD', values: ['0', '1'], facts: ['guest_cr0_cd'] },
  {
    name: 'quirk IGNORE_GUEST_PAT',
    values: ['on', 'disabled by userspace'],
    facts: ['quirk_ignore_guest_pat'],
  },
  { name: 'self-snoop', values: ['yes', 'no'], facts: ['self_snoop', 'quirk_ignore_guest_pat'] },
  { name: 'non-coherent DMA', values: ['no', 'yes'], facts: ['noncoherent_dma'] },
  { name: 'host MMIO', values: ['no', 'yes'], facts: ['host_mmio'] },
];

export interface Verdict {
  readonly type: MtrrType;
  readonly ipat: 0 | 1;
  readonly view: GuestView<PatType, MtrrType>;
}

export type Point = Readonly<Record<string, string>>;

export class Space {
  readonly dimensions: readonly Dimension[];
  readonly size: number;
  constructor(policies: readonly X86Policy[]) {
    const reads = new Set(policies.flatMap(p => eptProgram(p).reads));
    if (policies.some(p => p.emulatesCaching)) reads.add('guest_mtrr');
    this.dimensions = DIMENSIONS.filter(d => d.facts.some(f => reads.has(f)));
    this.size = sizeOf(this.dimensions);
  }
  point(index: number): Point {
    const out: Record<string, string> = Object.fromEntries(
      DIMENSIONS.map(d => [d.name, d.values[0] as string]),
    );
    const at = coordinates(this.dimensions, index);
    for (const [i, { name, values }] of this.dimensions.entries())
      out[name] = values[at[i] as number] as string;
    return out;
  }
  /** The inputs that these policies read, and no others. */
  example(index: number): Point {
    const p = this.point(index);
    return Object.fromEntries(this.dimensions.map(d => [d.name, p[d.name] as string]));
  }
  verdict(policy: X86Policy, p: Point): Verdict {
    const selfSnoop = p['self-snoop'] === 'yes';
    const asked = p['quirk IGNORE_GUEST_PAT'] !== 'on' ? 'DISABLE_QUIRKS2' : 'none';
    const leaf = eptLeaf(policy, {
      hostMmio: p['host MMIO'] === 'yes',
      noncoherentDma: p['non-coherent DMA'] === 'yes',
      selfSnoop,
      guestMtrr: p['guest MTRR'] as MtrrType,
      guestCr0Cd: p['guest CR0.CD'] === '1',
      quirkCdNwCleared: p['quirk CD_NW_CLEARED'] === 'on',
      quirkIgnoreGuestPat: patQuirk('intel', selfSnoop, true, asked).quirkActive,
    });
    return { type: leaf.type, ipat: leaf.ipat, view: leaf.view };
  }
}

/** A short word for the leaf. */
export const leafWord = (v: Verdict): string => `${v.type}${v.ipat ? ' with IPAT' : ', guest PAT counts'}`;
