import { kindMask, maskOf } from '../../bits/codec.ts';
import type { Reading } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import { join } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { type GroupView, lintRule, type Verdict } from '../rule.ts';

/**
 * Fields that may differ in a group: the address, which is judged by itself, and what hardware updates entry by entry
 * (the Access flag, and dirty state, whose effect on permissions is compared instead).
 */
const MAY_DIFFER = new Set(['oa', 'af', 'a', 'd', 'contiguous', 'dbm', 'ap', 'ap2', 's2ap', 'dirty']);

const masks = new WeakMap<Format, bigint>();
/** The bits of a layout that hardware reads and that must agree. */
function compared(format: Format): bigint {
  let mask = masks.get(format);
  if (mask === undefined) {
    mask = format.rows
      .filter(({ key }) => MAY_DIFFER.has(key))
      .reduce((bits, row) => bits & ~maskOf(row), kindMask(format, 'flag', 'bits', 'addr', 'fixed'));
    masks.set(format, mask);
  }
  return mask;
}
const meaning = ({ facts, format }: Reading, lo: number, hi: number): string =>
  `${join(lo, hi) & compared(format)} ${JSON.stringify(facts.permissions)}`;

/** The manual's name of the bit that makes an entry one of a group. */
const nameOf = ({ format }: Reading): string =>
  format.rows.find(({ key }) => key === 'contiguous')?.name ?? 'Contiguous';

function judge({ size, members }: GroupView): readonly Verdict[] {
  const marked = members.filter(({ reading }) => reading.facts.contiguousBytes !== undefined);
  const [first] = marked;
  if (!first) return [];
  const verdicts: Verdict[] = [];
  const base = (member: typeof first): number => member.output - member.index * member.frames;
  if (marked.length < members.length)
    verdicts.push({
      message: `${members.length - marked.length} of ${members.length} valid entries of a group of ${size} lack the ${nameOf(first.reading)} bit`,
    });
  if (new Set(marked.map(base)).size > 1)
    verdicts.push({ message: `the entries of a group of ${size} do not map one range` });
  else if (base(first) % (size * first.frames) !== 0)
    verdicts.push({ message: `a group of ${size} maps a range that is not aligned to its size` });
  if (new Set(marked.map(({ reading, lo, hi }) => meaning(reading, lo, hi))).size > 1)
    verdicts.push({ message: `the entries of a group of ${size} differ in attributes or permissions` });
  return verdicts;
}

export const contiguousGroup = lintRule({
  id: 'contiguous-group',
  title: 'Contiguous groups that do not agree',
  severity: 'error',
  explain:
    'The Contiguous bit says that an aligned group of entries maps one aligned range with one set of attributes, so that the TLB may hold it as one. Where an entry of the group lacks the bit, maps something else, or differs in attributes or permissions, the TLB may serve either, or both at once (a TLB conflict abort). The Access flag, dirty state and software bits may differ: hardware and kernels keep them entry by entry. Entries of the group that are invalid are passed over.',
  refs: { arm64: [arm('section D8.7.1, The Contiguous bit'), arm('Table D8-104')] },
  group: judge,
});
