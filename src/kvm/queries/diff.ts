/** Where two policies disagree: the smallest conditions on the input, not a dump of rows. */
import { ACCESSES, type Access, type Arm64Policy, type FaultOutcome } from '../arm64/model.ts';
import { eraGrade } from '../era.ts';
import type { Grade } from '../evidence.ts';
import { weakest } from '../evidence.ts';
import { conditions, cover, DONT_CARE } from './cubes.ts';
import { type Point, Space, type SpaceOptions, type Verdict } from './space.ts';

export interface Disagreement {
  /** `data: DEVICE -> NORMAL; exec: injected abort -> NORMAL`; data are loads and stores. */
  readonly change: string;
  /** What is needed beside the conditions of the whole difference; any of these lists, all of a list together. */
  readonly when: readonly (readonly string[])[];
  /** Inputs of the space on which they differ so. */
  readonly inputs: number;
  readonly example: Point & { readonly from: Verdict; readonly to: Verdict };
}

export interface Diff {
  readonly from: string;
  readonly to: string;
  /** They disagree exactly when all conditions of one of these lists hold. */
  readonly when: readonly (readonly string[])[];
  readonly disagreements: readonly Disagreement[];
  /** Differences that are not about a mapping: slot flags, capability numbers. */
  readonly interface: readonly string[];
  /** Inputs on which at least one of them accepts the slot; where both refuse it for the same reason nothing is compared. */
  readonly compared: number;
  readonly differing: number;
  readonly grade: Grade;
}

/** A short word for one outcome, without what follows from type and CPU. */
export function outcomeWord(o: FaultOutcome | undefined): string {
  if (o === undefined) return 'no fault';
  switch (o.r) {
    case 'map':
      return o.t;
    case 'relax':
      return 'permissions added';
    case 'error':
      return `-${o.errno} (${o.why})`;
    case 'inject':
      return 'injected abort';
  }
}

const isUncached = (o: FaultOutcome): boolean => o.r === 'map' && (o.t === 'DEVICE' || o.t === 'NORMAL_NC');

const detail = (o: FaultOutcome): string =>
  o.r === 'map' ? `${o.p}${o.ic ? ' I-cache invalidated' : ''}` : '';

/** `DEVICE -> NORMAL`; which of the two uncached types it was matters only beside the other one. */
function step(a: FaultOutcome, b: FaultOutcome): string | undefined {
  const [x, y] = [outcomeWord(a), outcomeWord(b)];
  if (x === y) return detail(a) === detail(b) ? undefined : `${x} ${detail(a)} -> ${detail(b)}`;
  if (isUncached(a) && isUncached(b)) return `${x} -> ${y}`;
  return `${isUncached(a) ? 'DEVICE or NC' : x} -> ${isUncached(b) ? 'DEVICE or NC' : y}`;
}

const slotWord = ({ slot }: Verdict): string =>
  slot.ok
    ? slot.eager
      ? 'accepted and mapped ahead as DEVICE'
      : 'accepted'
    : `refused -${slot.errno} (${slot.why})`;

/** The difference of two verdicts in words; 'same', or 'neither' where both refuse the slot for the same reason. */
export function change(a: Verdict, b: Verdict): string {
  const [before, after] = [slotWord(a), slotWord(b)];
  if (a.slot.ok !== b.slot.ok) return `slot: ${before} -> ${after}`;
  // Userspace sees the errno; which of several good reasons came first is no difference to it.
  if (!a.slot.ok && !b.slot.ok)
    return a.slot.errno === b.slot.errno ? 'neither' : `slot: ${before} -> ${after}`;
  const parts: string[] = before === after ? [] : [`slot: ${before} -> ${after}`];
  const steps: Partial<Record<Access, string>> = {};
  for (const access of ACCESSES) {
    const [x, y] = [a.faults[access], b.faults[access]];
    const text = x === undefined || y === undefined ? undefined : step(x, y);
    if (text !== undefined) steps[access] = text;
  }
  // A store differs like a load wherever it can happen at all.
  const { read, write, exec } = steps;
  if (read !== undefined && (write === undefined || write === read)) parts.push(`data: ${read}`);
  else {
    if (read !== undefined) parts.push(`read: ${read}`);
    if (write !== undefined) parts.push(`write: ${write}`);
  }
  if (exec !== undefined && exec === read && parts.at(-1) === `data: ${read}`)
    parts.splice(-1, 1, `any access: ${exec}`);
  else if (exec !== undefined) parts.push(`exec: ${exec}`);
  const [p, q] = [a.readPermissionFault, b.readPermissionFault].map(
    o => o.r === 'error' && o.why === 'read-permission-fault',
  );
  if (p !== q)
    parts.push(
      `read permission fault: ${p ? 'an error' : 'as any fault'} -> ${q ? 'an error' : 'as any fault'}`,
    );
  return parts.length === 0 ? 'same' : parts.join('; ');
}

function interfaceChanges(from: Arm64Policy, to: Arm64Policy): string[] {
  const out: string[] = [];
  for (const flag of from.slotFlags)
    if (!to.slotFlags.includes(flag)) out.push(`${flag} is an unknown flag in ${to.id}`);
  for (const flag of to.slotFlags)
    if (!from.slotFlags.includes(flag)) out.push(`${flag} is an unknown flag in ${from.id}`);
  const number = (p: Arm64Policy) =>
    p.cacheablePfnmapCap.known ? String(p.cacheablePfnmapCap.number ?? 'unread') : 'unknown';
  if (number(from) !== number(to))
    out.push(`KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED: ${number(from)} -> ${number(to)}`);
  return out;
}

const SAME = 0;
const DIFFERS = 1;

export function diffPolicies(from: Arm64Policy, to: Arm64Policy, options: SpaceOptions = {}): Diff {
  const space = new Space([from, to], options);
  const labels = new Uint16Array(space.size);
  const names: string[] = ['same'];
  const ids = new Map<string, number>();
  const first: number[] = [0];
  const counts: number[] = [0];
  let compared = 0;
  for (let index = 0; index < space.size; index++) {
    const point = space.point(index);
    const text = space.possible(point)
      ? change(space.verdict(from, point), space.verdict(to, point))
      : 'neither';
    if (text === 'neither') {
      labels[index] = DONT_CARE;
      continue;
    }
    compared++;
    if (text === 'same') continue;
    let id = ids.get(text);
    if (id === undefined) {
      id = names.push(text) - 1;
      ids.set(text, id);
      first.push(index);
      counts.push(0);
    }
    counts[id] = (counts[id] as number) + 1;
    labels[index] = id;
  }
  const whole = labels.map(label => (label === DONT_CARE ? DONT_CARE : label === SAME ? SAME : DIFFERS));
  // Beside the conditions of the whole, a change must only be told apart from the other changes.
  const among = labels.map(label => (label === SAME ? DONT_CARE : label));
  const texts = (classes: Uint16Array, wanted: number) =>
    cover(space.dimensions, classes, wanted).map(cube => conditions(space.dimensions, cube).map(c => c.text));
  const disagreements = [...ids].map(([text, id]): Disagreement => {
    const point = space.point(first[id] as number);
    return {
      change: text,
      when: ids.size === 1 ? [[]] : texts(among, id),
      inputs: counts[id] as number,
      example: { ...point, from: space.verdict(from, point), to: space.verdict(to, point) },
    };
  });
  disagreements.sort((a, b) => b.inputs - a.inputs);
  return {
    from: from.id,
    to: to.id,
    when: ids.size === 0 ? [] : texts(whole, DIFFERS),
    disagreements,
    interface: interfaceChanges(from, to),
    compared,
    differing: disagreements.reduce((n, d) => n + d.inputs, 0),
    grade: weakest([eraGrade(from), eraGrade(to)]),
  };
}
