/**
 * What the fields add up to, in words: the facts of a reading as labelled lines, in the order in which the family gives
 * them. Families name facts by role (`oa`, `memory`, `permissions`); the words people see stand here, once.
 */
import type { Fact, Facts } from '../bits/family.ts';
import { hex } from '../bits/word.ts';
import { rangeText, sizeText } from './size.ts';

export interface FactLine {
  readonly label: string;
  readonly text: string;
}

const LABELS: Readonly<Record<string, string>> = {
  oa: 'output address',
  next: 'next table',
  limits: 'limits below',
  memory: 'memory type',
  reason: 'why invalid',
  software: 'left by software',
  contiguousBytes: 'contiguous group',
  dirtyState: 'dirty state',
  pas: 'address space',
  patIndex: 'PAT index',
  ignorePat: 'ignores guest PAT',
  mmio: 'MMIO',
};

/** `nextTable` as `next table`; capital runs (`XN`, `MAIR_EL1`) stay. */
const words = (key: string): string =>
  LABELS[key] ??
  key.replace(/([a-z])([A-Z])(?=[a-z]|$)/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

const isList = (fact: Fact | undefined): fact is readonly Fact[] => Array.isArray(fact);
type Group = { readonly [key: string]: Fact | undefined };
const isGroup = (fact: Fact | undefined): fact is Group =>
  typeof fact === 'object' && fact !== null && !isList(fact);
const isSize = (key: string): boolean => /size$|bytes$|span$/i.test(key);
/** Nothing to say: absent, denied, or said by the absence of a finding. */
const isQuiet = (fact: Fact | undefined): boolean =>
  fact === undefined ||
  fact === null ||
  fact === false ||
  fact === 'n/a' ||
  (isList(fact) && fact.length === 0);

/** One fact as text. */
export function factText(key: string, fact: Fact | undefined): string {
  if (fact === undefined || fact === null) return '-';
  if (typeof fact === 'bigint') return isSize(key) ? sizeText(fact) : hex(fact);
  if (typeof fact === 'boolean') return fact ? 'yes' : 'no';
  if (isList(fact)) return fact.map(part => factText(key, part)).join(', ');
  if (isGroup(fact)) return key === 'limits' ? limitText(fact) : (permissionText(fact) ?? groupText(fact));
  return `${fact}`;
}

/** What the tables so far take away from everything below: APTable, PXNTable, UXNTable, NSTable as one sentence. */
const limitText = ({ ap, x1, x0, ns }: Group): string =>
  [
    Number(ap) & 0b10 ? 'read-only' : '',
    Number(ap) & 0b01 ? 'no unprivileged access' : '',
    x1 ? 'privileged execute-never' : '',
    x0 ? 'unprivileged execute-never' : '',
    ns ? 'non-secure' : '',
  ]
    .filter(text => text !== '')
    .join(', ');

const groupText = (group: Group): string =>
  Object.entries(group)
    .filter(([, value]) => !isQuiet(value))
    .map(([key, value]) => `${words(key)} ${factText(key, value)}`)
    .join(', ');

/** `rwx` with dashes for what is denied. */
const rwx = (r: unknown, w: unknown, x: unknown): string =>
  `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;

/**
 * Permission groups as `rw-`: one triple where it holds for everybody, else one for each side. The keys are those of the
 * families: r, w and x (x1 and x0 where EL1 and EL0 differ), or such a group for each of priv and unpriv.
 */
export function permissionText(group: Group): string | undefined {
  const { priv, unpriv } = group;
  if (isGroup(priv) && isGroup(unpriv)) {
    const high = permissionText(priv);
    const low = permissionText(unpriv);
    return high === low ? high : `privileged ${high}, unprivileged ${low}`;
  }
  const { r, w, x, u, xu, x1 = x, x0 = xu ?? x, tl0, tl1, wMmu } = group;
  const { r1 = r, w1 = w, r0 = r, w0 = w } = group;
  if (r1 === undefined || w1 === undefined || x1 === undefined) return undefined;
  const high = rwx(r1, w1, x1);
  const low = rwx(r0, w0, x0);
  const sides = xu === undefined ? ['EL1', 'EL0'] : ['supervisor', 'user'];
  const extra = [
    u === undefined ? '' : u ? 'user too' : 'supervisor only',
    wMmu && !w ? 'writes by the MMU only' : '',
    tl0 || tl1 ? `TopLevel${tl0 ? '0' : ''}${tl1 ? '1' : ''}` : '',
  ].filter(text => text !== '');
  return [high === low ? high : `${sides[0]} ${high}, ${sides[1]} ${low}`, ...extra].join(', ');
}

/** Every fact worth saying, as labelled lines. An address and its size become one range. */
export function factLines(facts: Facts): FactLine[] {
  const lines: FactLine[] = [];
  for (const [key, fact] of Object.entries(facts)) {
    if (isQuiet(fact)) continue;
    if (key === 'limits' && factText(key, fact) === '') continue;
    if (key === 'size' && typeof facts.oa === 'bigint') continue;
    if (key === 'oa' && typeof fact === 'bigint' && typeof facts.size === 'bigint')
      lines.push({ label: words(key), text: `${rangeText(fact, facts.size)} (${sizeText(facts.size)})` });
    else if (isGroup(fact) && key !== 'limits' && permissionText(fact) === undefined)
      for (const [inner, value] of Object.entries(fact)) {
        if (isQuiet(value)) continue;
        lines.push({ label: `${words(key)}: ${words(inner)}`, text: factText(inner, value) });
      }
    else if (isList(fact) && fact.some(isGroup))
      fact.forEach((part, n) => {
        lines.push({ label: `${words(key)} ${n}`, text: factText(key, part) });
      });
    else lines.push({ label: words(key), text: factText(key, fact) });
  }
  return lines;
}

/** Facts that need no label on a line: their texts say what they are. */
const BARE: ReadonlySet<string> = new Set(['memory', 'shareability', 'permissions', 'reason', 'type']);

/** The facts on one line, for listings with many words: `0x9010000 4 KiB, Device-nGnRE, rw-`. */
export function gist(facts: Facts): string {
  const { oa, size } = facts;
  const parts: string[] = [];
  if (typeof oa === 'bigint') parts.push(typeof size === 'bigint' ? `${hex(oa)} ${sizeText(size)}` : hex(oa));
  else if (size !== undefined) parts.push(factText('size', size));
  for (const [key, fact] of Object.entries(facts)) {
    if (key === 'oa' || key === 'size' || isQuiet(fact)) continue;
    const text = factText(key, fact);
    if (text === '') continue; // a table that takes nothing away
    parts.push(BARE.has(key) ? text : `${words(key)} ${text}`);
  }
  return parts.join(', ');
}
