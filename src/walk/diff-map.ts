/** A map as a side of a comparison: what each range says, by the names that `walk --json` uses. */
import { type Frame, frameAt } from '../image/frames.ts';
import { BatchBuilder, type LeafBatch } from './batch.ts';
import type { Side } from './diff.ts';
import { type EffectiveRules, oneRun } from './effective.ts';
import { outputOf } from './filter.ts';
import { type AddressMap, type MapRecord, mapRecords, patternKey, type StageView } from './map.ts';
import { KIND } from './regime.ts';

/** Of a record, what stands elsewhere: addresses, the word itself, what follows from the rest. */
const ELSEWHERE = new Set([
  'regime',
  'va',
  'ipa',
  'gpa',
  'pa',
  'size',
  'raw',
  'at',
  'findings',
  'denied',
  'decidedBy',
  'certain',
  's1',
  's2',
  'note',
]);

function saysOf(view: Readonly<Record<string, unknown>>, prefix: string, into: Record<string, string>): void {
  for (const [name, value] of Object.entries(view))
    if (!ELSEWHERE.has(name) && value !== undefined) into[prefix + name] = `${value}`;
}

/** Fields of the stages stand beside the combination: `s1.af`. */
function says(record: MapRecord): Record<string, string> {
  const all: Record<string, string> = {};
  saysOf(record, '', all);
  const { s1, s2 } = record;
  const stages: readonly (readonly [string, StageView | undefined])[] = [
    ['s1.', s1],
    ['s2.', s2],
  ];
  for (const [prefix, view] of stages) if (view) saysOf(view, prefix, all);
  // where both stages lead is compared as the output; on the way there, the middle address counts too
  if (s2 && record.va !== undefined) all.through = record.ipa ?? record.gpa ?? '';
  return all;
}

const frame = (address: string | bigint): number => frameAt(BigInt(address));

/** The mappings of a map, in input order. What maps nothing in the end is no part of it. */
export function* sidesOf(map: AddressMap, rules?: EffectiveRules): Generator<Side> {
  if (!map.pieces) {
    yield* oneStage(map, rules);
    return;
  }
  for (const record of mapRecords(map, rules)) {
    const output = outputOf(record);
    if (output === undefined) continue;
    const { va, ipa, gpa, size } = record;
    const all = says(record);
    // the offset between both outputs is the same all along the range; the address itself is not
    if (all.through !== undefined) all.through = `${BigInt(all.through) - output}`;
    yield { input: frame(va ?? ipa ?? gpa ?? '0'), frames: frame(size), output: frame(output), says: all };
  }
}

/** What ranges of one stage say depends on their bits and on the run of the output: each pair is asked once. */
const REMEMBERED = 65536;

function* oneStage(map: AddressMap, rules: EffectiveRules | undefined): Generator<Side> {
  const { first } = map;
  const { leaves } = first;
  const known = new Map<string, Record<string, string>>();
  for (let i = 0; i < leaves.length; i++) {
    if (leaves.kind[i] !== KIND.leaf) continue;
    const pattern = patternKey(first, i);
    let input = leaves.input[i] as number;
    let output = leaves.output[i] as number;
    for (const { frames, key } of rules?.runs(output, leaves.frames[i] as number) ??
      oneRun(leaves.frames[i] as number)) {
      const id = `${pattern} ${key}`;
      let said = known.get(id);
      if (!said) {
        const one = new BatchBuilder();
        copy(leaves, i, one, { input, output, frames });
        const [record] = mapRecords({ ...map, first: { ...first, leaves: one } }, rules);
        said = record ? says(record) : {};
        if (known.size >= REMEMBERED) known.clear();
        known.set(id, said);
      }
      yield { input, frames, output, says: said };
      input += frames;
      output += frames;
    }
  }
}

/**
 * Both maps without the ranges that are the same word for word. Worth it where little changed: a million equal ranges are
 * compared as numbers. Only for maps of one stage that are read by the same rules.
 */
export function withoutCommon(
  first: AddressMap,
  second: AddressMap,
): readonly [first: AddressMap, second: AddressMap] {
  const a = first.first.leaves;
  const b = second.first.leaves;
  const left = new BatchBuilder();
  const right = new BatchBuilder();
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const one = i < a.length ? (a.input[i] as number) : Number.POSITIVE_INFINITY;
    const other = j < b.length ? (b.input[j] as number) : Number.POSITIVE_INFINITY;
    if (one === other && same(a, i, b, j)) {
      i++;
      j++;
    } else if (one <= other) copy(a, i++, left);
    else copy(b, j++, right);
  }
  return [
    { ...first, first: { ...first.first, leaves: left } },
    { ...second, first: { ...second.first, leaves: right } },
  ];
}

const same = (a: LeafBatch, i: number, b: LeafBatch, j: number): boolean =>
  a.frames[i] === b.frames[j] &&
  a.lo[i] === b.lo[j] &&
  a.hi[i] === b.hi[j] &&
  a.level[i] === b.level[j] &&
  a.kind[i] === b.kind[j] &&
  a.inherited[i] === b.inherited[j];

/** Row `i`, or a part of it. */
const copy = (
  from: LeafBatch,
  i: number,
  to: BatchBuilder,
  part: { readonly input?: Frame; readonly output?: Frame; readonly frames?: Frame } = {},
): void =>
  to.push(
    part.input ?? (from.input[i] as number),
    part.output ?? (from.output[i] as number),
    part.frames ?? (from.frames[i] as number),
    from.lo[i] as number,
    from.hi[i] as number,
    from.at[i] as number,
    from.level[i] as number,
    from.kind[i] as number,
    from.inherited[i] as number,
  );

// ------------------------------------------------------------------------------------------------------ what to ignore

/** Names for `--ignore`, and the values that they stand for; any value’s own name stands for itself. */
export const IGNORABLE: Readonly<Record<string, readonly string[]>> = {
  accessed: ['a', 'af', 'accessed'],
  dirty: ['d', 'dbm', 'dirty'],
  global: ['g', 'nG', 'ng', 'global'],
  software: ['sw'],
  contiguous: ['contig', 'contiguous'],
  page: ['pageSize', 'level', 'block'],
  perm: [
    'perm',
    'ap',
    'ap2',
    's2ap',
    'xn',
    'pxn',
    'uxn',
    'read',
    'write',
    'execute',
    'executePrivileged',
    'executeUser',
    'user',
  ],
  type: ['type', 'effective', 'memattr', 'attrindx', 'attr', 'patIndex', 'mt', 'ipat', 'pwt', 'pcd', 'pat'],
  shareability: ['sh', 'shared'],
  keys: ['pk'],
  output: ['output', 'through'],
};

/** What `--ignore accessed,dirty` means; a stage’s prefix does not matter. Undefined for a name that nothing has. */
export function ignoring(names: readonly string[]): (name: string) => boolean {
  const ignored = new Set(names.flatMap(name => IGNORABLE[name] ?? [name]));
  return name => ignored.has(name) || ignored.has(name.replace(/^s[12]\./, ''));
}
