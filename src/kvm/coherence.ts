/**
 * One cache line, seen through cached and uncached views: enough to show how old data leak from one VM to the next, and
 * what stops it. Values are names, so that a step can be read.
 */
import type { Arm64Cpu, Arm64Policy } from './arm64/model.ts';
import { type Mapping, predictArm64 } from './arm64/predict.ts';
import { effectiveArm64, type GuestType } from './effective.ts';
import type { Grade } from './evidence.ts';

export type LineValue = 'old data of VM A' | 'zeroes' | 'data of VM B';

export interface LineState {
  readonly memory: LineValue;
  /** The line in the cache, if there is one. */
  readonly cache?: { readonly value: LineValue; readonly dirty: boolean };
}

/** What a view with this type sees and changes. Only Write-Back and Write-Through look into the cache. */
export const isCached = (type: GuestType): boolean => type === 'Normal-WB' || type === 'Normal-WT';

const value = (state: LineState, cached: boolean): LineValue =>
  cached && state.cache ? state.cache.value : state.memory;

export function readLine(state: LineState, cached: boolean): { state: LineState; value: LineValue } {
  const seen = value(state, cached);
  // A cached read that misses brings the line in, clean.
  return {
    value: seen,
    state: cached && !state.cache ? { ...state, cache: { value: seen, dirty: false } } : state,
  };
}

export const writeLine = (state: LineState, what: LineValue, cached: boolean): LineState =>
  cached ? { ...state, cache: { value: what, dirty: true } } : { ...state, memory: what };

/** Clean and invalidate to the point of coherency. */
export const cleanLine = (state: LineState): LineState => ({
  memory: state.cache?.dirty ? state.cache.value : state.memory,
});

export interface LeakStep {
  readonly who: 'VM A' | 'VMM' | 'KVM' | 'VM B' | 'cache';
  readonly does: string;
  readonly view?: 'cached' | 'uncached';
  readonly sees?: LineValue;
  readonly after: LineState;
}

export interface LeakRun {
  readonly era: string;
  readonly cpu: Arm64Cpu;
  readonly mapping: string;
  readonly guest: GuestType;
  readonly steps: readonly LeakStep[];
  readonly leaks: boolean;
  /** What stopped it. */
  readonly cure?: 'refusal' | 'FWB' | 'maintenance' | 'the guest reads through the cache';
  readonly decidedBy: string;
  readonly grade: Grade;
}

/**
 * VM A leaves its data in memory, the VMM zeroes the page through its own mapping, VM B reads it with the given stage-1
 * type. Slot, stage-2 type and maintenance are what the policy decides on this CPU.
 */
export function leakRun(
  policy: Arm64Policy,
  cpu: Arm64Cpu,
  mapping: Mapping,
  guest: GuestType,
  slotFlags: Parameters<typeof predictArm64>[0]['slotFlags'] = [],
): LeakRun {
  const prediction = predictArm64({ policy, cpu, mappings: [mapping], slotFlags });
  const [mapped] = prediction.mappings;
  const read = mapped?.accesses.find(a => a.access === 'read');
  const hostCached = !['MT_NORMAL_NC', 'MT_DEVICE_nGnRnE', 'MT_DEVICE_nGnRE'].includes(mapping.pgprot);
  const steps: LeakStep[] = [];
  const common = {
    era: policy.id,
    cpu,
    mapping: mapping.name ?? mapping.flags.join('|'),
    guest,
    grade: prediction.grade,
  };

  let state: LineState = { memory: 'old data of VM A' };
  steps.push({ who: 'VM A', does: 'is destroyed; what it wrote is in memory', after: state });
  state = writeLine(state, 'zeroes', hostCached);
  steps.push({
    who: 'VMM',
    does: 'zeroes the page through its mapping',
    view: hostCached ? 'cached' : 'uncached',
    after: state,
  });

  if (!prediction.slot.outcome.ok || read?.outcome.r !== 'map') {
    const { outcome } = prediction.slot;
    steps.push({
      who: 'KVM',
      does: outcome.ok
        ? `fails VM B’s first access (${read?.decidedBy ?? 'no access'})`
        : `refuses the slot, -${outcome.errno} (${outcome.why})`,
      after: state,
    });
    return {
      ...common,
      steps,
      leaks: false,
      cure: 'refusal',
      decidedBy: outcome.ok ? (read?.decidedBy ?? '') : outcome.why,
    };
  }
  const leaf = read.outcome;
  if (leaf.dc) {
    state = cleanLine(state);
    steps.push({
      who: 'KVM',
      does: `maps it ${leaf.t} and cleans the line to the point of coherency first`,
      after: state,
    });
  } else
    steps.push({
      who: 'KVM',
      does: `maps it ${leaf.t} (MemAttr 0x${leaf.a.toString(16)}), no maintenance`,
      after: state,
    });

  const effective = effectiveArm64(cpu.fwb, leaf.t, guest);
  const cached = isCached(effective);
  const seen = readLine(state, cached);
  steps.push({
    who: 'VM B',
    does: `reads: its stage 1 says ${guest}, the effective type is ${effective}`,
    view: cached ? 'cached' : 'uncached',
    sees: seen.value,
    after: seen.state,
  });
  state = seen.state;
  const leaks = seen.value === 'old data of VM A';
  if (leaks) {
    state = writeLine(state, 'data of VM B', false);
    steps.push({ who: 'VM B', does: 'writes its own data around the cache', view: 'uncached', after: state });
    state = cleanLine(state);
    steps.push({
      who: 'cache',
      does: 'evicts the VMM’s dirty line some time later: the data of VM B are lost too',
      after: state,
    });
    return { ...common, steps, leaks, decidedBy: read.decidedBy };
  }
  const cure = leaf.dc
    ? 'maintenance'
    : effective !== guest && cached
      ? 'FWB'
      : 'the guest reads through the cache';
  return { ...common, steps, leaks, cure, decidedBy: read.decidedBy };
}
