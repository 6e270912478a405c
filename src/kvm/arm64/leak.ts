/**
 * One cache line, seen through cached and uncached views: enough to show how old data leak from one VM to the next, and
 * what stops it. Values are names, so that a step can be read.
 */
import type { Grade } from '../evidence.ts';
import { effective, type GuestType } from './effective.ts';
import { isCacheable } from './facts.ts';
import type { Arm64Cpu, Arm64Mapping, Arm64Policy, SlotFlag } from './model.ts';
import { predict } from './predict.ts';

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

/** The line as the steps go on, and what was seen. */
class Story {
  readonly steps: LeakStep[] = [];
  state: LineState = { memory: 'old data of VM A' };

  step(who: LeakStep['who'], does: string, more: Pick<LeakStep, 'view' | 'sees'> = {}): void {
    this.steps.push({ who, does, ...more, after: this.state });
  }
  write(who: LeakStep['who'], what: LineValue, does: string, cached: boolean): void {
    this.state = writeLine(this.state, what, cached);
    this.step(who, does, { view: viewOf(cached) });
  }
  read(who: LeakStep['who'], does: string, cached: boolean): LineValue {
    const seen = readLine(this.state, cached);
    this.state = seen.state;
    this.step(who, does, { view: viewOf(cached), sees: seen.value });
    return seen.value;
  }
  clean(who: LeakStep['who'], does: string): void {
    this.state = cleanLine(this.state);
    this.step(who, does);
  }
}

const viewOf = (cached: boolean): 'cached' | 'uncached' => (cached ? 'cached' : 'uncached');

/**
 * VM A leaves its data in memory, the VMM zeroes the page through its own mapping, VM B reads it with the given stage-1
 * type. Slot, stage-2 type and maintenance are what the policy decides on this CPU.
 */
export function leak(
  policy: Arm64Policy,
  cpu: Arm64Cpu,
  mapping: Arm64Mapping,
  guest: GuestType,
  slotFlags: readonly SlotFlag[] = [],
): LeakRun {
  const { slot, mappings, grade } = predict({ policy, cpu, mappings: [mapping], slotFlags });
  const read = mappings[0]?.accesses.find(a => a.access === 'read');
  const story = new Story();
  const { steps } = story;
  const run = { era: policy.id, cpu, mapping: mapping.name ?? mapping.flags.join('|'), guest, grade, steps };

  story.step('VM A', 'is destroyed; what it wrote is in memory');
  story.write('VMM', 'zeroes', 'zeroes the page through its mapping', isCacheable(mapping));
  if (!slot.outcome.ok) {
    const { errno, why } = slot.outcome;
    story.step('KVM', `refuses the slot, -${errno} (${why})`);
    return { ...run, leaks: false, cure: 'refusal', decidedBy: why };
  }
  if (read?.outcome.r !== 'map') {
    story.step('KVM', `fails VM B’s first access (${read?.decidedBy ?? 'no access'})`);
    return { ...run, leaks: false, cure: 'refusal', decidedBy: read?.decidedBy ?? '' };
  }
  const { decidedBy, outcome: leaf } = read;
  if (leaf.dc) story.clean('KVM', `maps it ${leaf.t} and cleans the line to the point of coherency first`);
  else story.step('KVM', `maps it ${leaf.t} (MemAttr 0x${leaf.a.toString(16)}), no maintenance`);

  const type = effective(cpu.fwb, leaf.t, guest);
  const cached = isCached(type);
  const seen = story.read('VM B', `reads: its stage 1 says ${guest}, the effective type is ${type}`, cached);
  if (seen === 'old data of VM A') {
    story.write('VM B', 'data of VM B', 'writes its own data around the cache', false);
    story.clean('cache', 'evicts the VMM’s dirty line some time later: the data of VM B are lost too');
    return { ...run, leaks: true, decidedBy };
  }
  const cure = leaf.dc
    ? 'maintenance'
    : type !== guest && cached
      ? 'FWB'
      : 'the guest reads through the cache';
  return { ...run, leaks: false, cure, decidedBy };
}
