/** Which entry of a walk, and which of its bits, denies an access. */
import { decode } from '../bits/codec.ts';
import type { Facts } from '../bits/family.ts';
import type { Step, Translation } from '../walk/translate.ts';
import type { AccessKind } from './claim.ts';

/** An entry that takes a right away. */
export interface Denial {
  readonly step: Step;
  /** `R/W = 0`, `APTable = 0b10: nothing below is writable`. */
  readonly bit: string;
}

export type By = 'privileged' | 'unprivileged' | undefined;

/** Every entry that denies an access, from the root down. Undefined `by`: what both levels are denied. */
export const denials = ({ regime, steps }: Translation, access: AccessKind, by: By): readonly Denial[] =>
  steps.flatMap(step => (bitsOf[regime.id] ?? ordinary)(step, access, by).map(bit => ({ step, bit })));

type Fields = Readonly<Record<string, number | bigint | undefined>>;
type Rights = Readonly<Record<string, number | undefined>>;
const fieldsOf = ({ reading }: Step): Fields => decode(reading.format, reading.raw) as Fields;
const group = (fact: Facts[string]): Rights =>
  typeof fact === 'object' && fact !== null && !Array.isArray(fact) ? (fact as unknown as Rights) : {};

/** Ordinary and nested paging: R/W, U/S and XD of every entry. */
function ordinary({ reading }: Step, access: AccessKind, by: By): string[] {
  const rights = group(reading.facts.permissions);
  return [
    ...(by === 'unprivileged' && rights.u === 0 ? ['U/S = 0: supervisor only'] : []),
    ...(access === 'write' && rights.w === 0 ? ['R/W = 0: read-only'] : []),
    ...(access === 'fetch' && rights.x === 0 ? ['XD = 1: execute-disable'] : []),
  ];
}

/** Every nested access is a user access. */
const nested = (step: Step, access: AccessKind): string[] => ordinary(step, access, 'unprivileged');

function ept({ reading }: Step, access: AccessKind, by: By): string[] {
  const { r, w, x, xu } = group(reading.facts.permissions);
  const fetches = by === 'unprivileged' ? (xu ?? x) : x;
  return [
    ...(access === 'read' && r === 0 ? ['R = 0: not readable'] : []),
    ...(access === 'write' && w === 0 ? ['W = 0: not writable'] : []),
    ...(access === 'fetch' && fetches === 0
      ? [
          by === 'unprivileged' && xu !== undefined
            ? 'XU = 0: not executable in user mode'
            : 'X = 0: not executable',
        ]
      : []),
  ];
}

const binary = (value: number | bigint | undefined, width: number): string =>
  `0b${Number(value ?? 0)
    .toString(2)
    .padStart(width, '0')}`;

function armStage1(step: Step, access: AccessKind, by: By): string[] {
  const { facts, kind } = step.reading;
  const d = fieldsOf(step);
  const low = by === 'unprivileged';
  if (kind === 'table') {
    const { ap = 0, x1, x0 } = group(facts.limits);
    const table = d.apTable ?? (d.apTable1 === undefined ? undefined : Number(d.apTable1) << 1);
    return [
      ...(access === 'write' && ap & 2 ? [`APTable = ${binary(table, 2)}: nothing below is writable`] : []),
      ...(low && access !== 'fetch' && ap & 1
        ? [`APTable = ${binary(table, 2)}: nothing below is for EL0`]
        : []),
      ...(access === 'fetch' && !low && x1
        ? [`${d.pxnTable === undefined ? 'XNTable' : 'PXNTable'} = 1: nothing below is executable`]
        : []),
      ...(access === 'fetch' && low && x0 ? ['UXNTable = 1: nothing below is executable at EL0'] : []),
    ];
  }
  const permissions = facts.permissions as { priv?: Rights; unpriv?: Rights } | undefined;
  const own = low ? permissions?.unpriv : permissions?.priv;
  if (!own) return [];
  const ap =
    d.ap === undefined ? (d.ap2 === undefined ? '' : `AP[2] = ${d.ap2}`) : `AP[2:1] = ${binary(d.ap, 2)}`;
  const indirect = d.piIndex === undefined ? undefined : `PIIndex = ${d.piIndex}`;
  const right = access === 'fetch' ? own.x : access === 'write' ? own.w : own.r;
  if (right !== 0) return [];
  if (indirect) return [`${indirect}: permits no ${access}${low ? ' at EL0' : ''}`];
  if (access !== 'fetch') {
    const dirty = access === 'write' && d.dbm ? ', with DBM = 1 and hardware dirty state off' : '';
    return [
      `${ap}: ${access === 'write' && own.r ? 'read-only' : 'no access'}${low ? ' at EL0' : ''}${dirty}`,
    ];
  }
  const never = low ? 'uxn' : d.pxn === undefined ? 'xn' : 'pxn';
  if (d[never]) return [`${never.toUpperCase()} = 1: execute-never${low ? ' at EL0' : ''}`];
  return [`${ap}: EL0 may write it, or WXN = 1, so it is never executable here`];
}

function armStage2(step: Step, access: AccessKind, by: By): string[] {
  if (step.kind !== 'leaf') return []; // stage 2 has no hierarchical attributes
  const d = fieldsOf(step);
  const { r, w, x1, x0 } = group(step.reading.facts.permissions);
  const indirect = d.piIndex === undefined ? undefined : `PIIndex = ${d.piIndex}: permits no ${access}`;
  const s2ap = `S2AP = ${binary(d.s2ap, 2)}`;
  if (access === 'fetch') {
    const denied = by === 'unprivileged' ? x0 === 0 : by === 'privileged' ? x1 === 0 : x1 === 0 || x0 === 0;
    if (!denied) return [];
    const who = x1 === 0 && x0 === 0 ? '' : x1 === 0 ? ' at EL1' : ' at EL0';
    return [indirect ?? `XN = ${binary((step.word >> 53n) & 3n, 2)}: execute-never${who}`];
  }
  const denied = access === 'write' ? w === 0 : r === 0;
  if (!denied) return [];
  return [indirect ?? `${s2ap}: not ${access === 'write' ? 'writable' : 'readable'}`];
}

const bitsOf: Readonly<Record<string, typeof ordinary>> = {
  'arm64.stage1': armStage1,
  'arm64.stage2': armStage2,
  'x86.ept': ept,
  'x86.npt': nested,
};
