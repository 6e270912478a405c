/**
 * The effective memory type of x86 leaves as a walk needs it: the rules of `memtype/` under the registers of one CPU.
 */

import { decode } from '../../bits/codec.ts';
import { addressOf, frameAt } from '../../image/frames.ts';
import type { Answer } from '../../memtype/rule.ts';
import { type EffectiveRules, type EffectiveView, oneRun, type StageLeaf } from '../../walk/effective.ts';
import type { NptReading } from '../descriptors/npt.ts';
import type { Stage1Reading } from '../descriptors/stage1.ts';
import type { Stage2Reading } from '../descriptors/stage2.ts';
import { effectiveEpt, effectiveNpt, effectiveType } from '../memtype/effective.ts';
import { agreement, type Effective } from '../memtype/meaning.ts';
import { type MtrrLookup, type Mtrrs, mtrrLabel, mtrrRange, mtrrType } from '../memtype/mtrr.ts';
import { patEntry } from '../memtype/pat.ts';
import { cr0Layout } from '../registers/control.ts';

/** Runs of different MTRR types that one range is cut into at most; masks with holes can make very many. */
const RUNS = 4096;

/** Cut output frames where the MTRR type changes. */
function mtrrRuns(set: Mtrrs, frame: number, frames: number) {
  const start = addressOf(frame);
  const { segments, truncated } = mtrrRange(set, start, start + addressOf(frames), RUNS);
  const runs = segments.map(({ start, end, type }) => ({
    frames: frameAt(end - start),
    key: mtrrLabel(type),
  }));
  const done = runs.reduce((sum, run) => sum + run.frames, 0);
  return truncated ? [...runs, { frames: frames - done, key: 'mixed' }] : runs;
}

const patIndexOf = ({ reading }: StageLeaf): number => (reading as Stage1Reading).facts.patIndex ?? 0;

/** Ordinary paging without a second stage: PAT and MTRRs. */
export interface Stage1Registers {
  readonly vendor: 'intel' | 'amd';
  readonly pat: bigint;
  readonly cr0: bigint;
  readonly mtrrs: Mtrrs;
}

export function stage1Effective({ vendor, pat, cr0, mtrrs }: Stage1Registers): EffectiveRules {
  const { cd, nw } = decode(cr0Layout, cr0);
  return {
    controls: { vendor, cd, nw, pat, mtrrs: mtrrs.registers },
    runs: (frame, frames) => mtrrRuns(mtrrs, frame, frames),
    effective: (leaf, _second, frame, frames) => {
      const entry = patEntry(pat, patIndexOf(leaf));
      const lookup = mtrrType(mtrrs, addressOf(frame));
      const result = effectiveType({ vendor, cd, nw, pat: entry, mtrr: lookup });
      const parts: Parts = { PAT: String(entry.value), MTRR: mtrrLabel(lookup.value) };
      return (
        mixed(mtrrs, frame, frames) ??
        doubted(effectiveView(result, cd ? 'CR0.CD' : decider(result.value, parts)), lookup)
      );
    },
  };
}

/** A guest under EPT: the EPT leaf and the guest's PAT; MTRRs have no say. */
export interface Stage2Registers {
  /** The guest's IA32_PAT and CR0. */
  readonly pat: bigint;
  readonly cr0: bigint;
}

export function stage2Effective({ pat, cr0 }: Stage2Registers): EffectiveRules {
  const { cd } = decode(cr0Layout, cr0);
  return {
    controls: { cd, pat },
    runs: (_frame, frames) => oneRun(frames),
    effective: (leaf, second) => {
      if (!second) return NONE;
      const ept = second.reading as Stage2Reading;
      const { memType = 0, ipat = 0 } = decode(ept.format, ept.raw) as { memType?: number; ipat?: number };
      const guest = patEntry(pat, patIndexOf(leaf));
      const result = effectiveEpt({ cd, memType, ipat, pat: guest });
      const parts: Parts = { 'guest PAT': String(guest.value), EPT: ept.facts.memory ?? 'reserved' };
      return effectiveView(result, cd ? 'guest CR0.CD' : ipat ? 'EPT (IPAT)' : decider(result.value, parts));
    },
  };
}

/** A guest under NPT: guest PAT, host PAT and the MTRRs of the system physical address. */
export interface NptRegisters extends Stage2Registers {
  readonly hostPat: bigint;
  readonly hostCr0: bigint;
  readonly mtrrs: Mtrrs;
}

export function nptEffective({ pat, cr0, hostPat, hostCr0, mtrrs }: NptRegisters): EffectiveRules {
  const guestCd = decode(cr0Layout, cr0).cd;
  const hostCd = decode(cr0Layout, hostCr0).cd;
  return {
    controls: { guestCd, hostCd, pat, hostPat, mtrrs: mtrrs.registers },
    runs: (frame, frames) => mtrrRuns(mtrrs, frame, frames),
    effective: (leaf, second, frame, frames) => {
      if (!second) return NONE;
      const guest = patEntry(pat, patIndexOf(leaf));
      const host = patEntry(hostPat, (second.reading as NptReading).facts.patIndex ?? 0);
      const lookup = mtrrType(mtrrs, addressOf(frame));
      const result = effectiveNpt({ guestCd, hostCd, guestPat: guest, hostPat: host, mtrr: lookup });
      const parts: Parts = {
        'guest PAT': String(guest.value),
        'host PAT': String(host.value),
        MTRR: mtrrLabel(lookup.value),
      };
      const off = guestCd ? 'guest CR0.CD' : hostCd ? 'host CR0.CD' : undefined;
      const view = effectiveView(result, off ?? decider(result.value, parts));
      return mixed(mtrrs, frame, frames) ?? doubted(view, lookup);
    },
  };
}

const NONE: EffectiveView = { type: 'not mapped', certain: true, decidedBy: 'stage 2', why: [] };

/** A run that still has several MTRR types: the list of parts was cut short. */
function mixed(set: Mtrrs, frame: number, frames: number): EffectiveView | undefined {
  const start = addressOf(frame);
  const { uniform } = mtrrRange(set, start, start + addressOf(frames), 1);
  return uniform ? undefined : { type: 'mixed', certain: false, decidedBy: 'MTRR', why: [] };
}

/** A register that decides is not known: the answer rests on what was assumed. */
function doubted(view: EffectiveView, { assumed }: MtrrLookup): EffectiveView {
  if (assumed === undefined) return view;
  const { agreement: _, ...rest } = view;
  return { ...rest, certain: false };
}

/** What each register or entry asked for, by name. */
type Parts = Readonly<Record<string, string>>;

/** `PAT`, `PAT and MTRR`, `guest PAT, host PAT and MTRR`. */
const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');

/** Those who asked for what came out; where nobody did, it is the combination of all. */
export function decider(result: Effective, parts: Parts): string {
  if (result.is !== 'type') return listed(Object.keys(parts));
  const same = (asked: string): boolean =>
    asked === result.type ||
    (asked === 'UC-' && result.type === 'UC') ||
    (asked === 'UC' && result.type === 'CD') ||
    (asked === 'WC' && result.type === 'WC+');
  const who = Object.entries(parts)
    .filter(([, asked]) => same(asked))
    .map(([name]) => name);
  return listed(who.length > 0 ? who : Object.keys(parts));
}

/** An answer in the few words of a record. */
export function effectiveView({ value, why }: Answer<Effective>, decidedBy: string): EffectiveView {
  switch (value.is) {
    case 'type':
      return { type: value.type, certain: true, decidedBy, why, agreement: agreement(value.type) };
    case 'undefined':
      return {
        type: `undefined (${value.conflict.join(' and ')} overlap)`,
        certain: false,
        decidedBy: 'MTRR',
        why,
      };
    case 'illegal':
      return { type: `illegal ${value.what}`, certain: false, decidedBy, why };
    case 'misconfigured':
      return { type: 'EPT misconfiguration', certain: false, decidedBy: 'EPT', why };
    case 'unspecified':
      return { type: `unspecified (${value.what})`, certain: false, decidedBy, why };
  }
}
