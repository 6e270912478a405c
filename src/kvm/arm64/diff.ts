/** Where two policies disagree: the smallest conditions on the input, not a dump of rows. */
import { eraGrade } from '../era.ts';
import { weakest } from '../evidence.ts';
import { type Diff, disagreements, type QueryOptions } from '../query.ts';
import { CACHEABLE_PFNMAP_CAP } from './cap.ts';
import { ACCESSES, type Access, type Arm64Policy, type FaultOutcome } from './model.ts';
import { type Point, Space, type Verdict } from './space.ts';

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
  if (number(from) !== number(to)) out.push(`${CACHEABLE_PFNMAP_CAP}: ${number(from)} -> ${number(to)}`);
  return out;
}

export function diff(
  from: Arm64Policy,
  to: Arm64Policy,
  options: QueryOptions = {},
): Diff<Point & { readonly from: Verdict; readonly to: Verdict }> {
  const space = new Space([from, to], options);
  const found = disagreements(
    space.dimensions,
    index => {
      const point = space.point(index);
      return space.possible(point) ? change(space.verdict(from, point), space.verdict(to, point)) : 'neither';
    },
    index => {
      const point = space.point(index);
      return { ...point, from: space.verdict(from, point), to: space.verdict(to, point) };
    },
  );
  return {
    from: from.id,
    to: to.id,
    when: found.when,
    disagreements: found.disagreements,
    interface: interfaceChanges(from, to),
    compared: found.compared,
    differing: found.differing,
    grade: weakest([eraGrade(from), eraGrade(to)]),
  };
}
