/** The leaves of a walked map in the words of the tool that it is compared with. */
import type { Walks } from '../arch/architecture.ts';
import { architectureWalks, walksOf } from '../arch/walks.ts';
import type { Side } from '../walk/diff.ts';
import { type AddressMap, leafAt, patternKey } from '../walk/map.ts';
import { KIND, type Level } from '../walk/regime.ts';
import type { Stated } from '../walk/stated.ts';
import { type Cover, saysOf, type TextMap } from './text-map.ts';

/** The leaves of a map in the tool's words. Of two stages the first: most listings know nothing of the second. */
export function* statedSides(
  map: AddressMap,
  text: TextMap,
  among: readonly Walks[] = architectureWalks,
): Generator<Side> {
  const { stated } = walksOf(map.first.regime.arch, among);
  const all = leafSides(map, text.facts.throughBoth === true, speaker(map, text, stated));
  yield* text.covers ? clipped(all, text.covers) : all;
}

/** What the text would say of a leaf, by the leaf's number; made once for each pattern of attribute bits. */
function speaker(
  { first }: AddressMap,
  { sides, facts }: TextMap,
  stated: Stated,
): (leaf: number) => Side['says'] {
  const { regime } = first;
  // a value that no line of the text has is none of its matters
  const named = new Set(sides.flatMap(({ says }) => Object.keys(says)));
  const known = new Map<string, Side['says']>();
  return leaf => {
    const key = patternKey(first, leaf);
    const before = known.get(key);
    if (before) return before;
    const { reading, level, inherited } = leafAt(first, leaf);
    const view = regime.describe(reading, level, inherited);
    const { name, shift } = regime.levels[level] as Level;
    const all = {
      ...saysOf(stated({ reading, view, level: name }, facts.combined === true), name, facts),
      pageSize: `0x${(2 ** shift).toString(16)}`,
    };
    const says = Object.fromEntries(Object.entries(all).filter(([name]) => named.has(name)));
    known.set(key, says);
    return says;
  };
}

/** Every leaf, in pieces where a second stage cuts it. */
function* leafSides(
  { first, second, pieces }: AddressMap,
  throughBoth: boolean,
  says: (leaf: number) => Side['says'],
): Generator<Side> {
  const { leaves } = first;
  let piece = 0;
  for (let i = 0; i < leaves.length; i++) {
    if (leaves.kind[i] !== KIND.leaf) continue;
    const input = leaves.input[i] as number;
    const start = leaves.output[i] as number;
    if (!second || !pieces) {
      yield { input, frames: leaves.frames[i] as number, output: start, says: says(i) };
      continue;
    }
    for (; piece < pieces.length && pieces.first[piece] === i; piece++) {
      const offset = pieces.offset[piece] as number;
      const middle = start + offset;
      const j = pieces.second[piece] as number;
      if (throughBoth && j < 0) continue;
      const output = throughBoth
        ? (second.leaves.output[j] as number) + middle - (second.leaves.input[j] as number)
        : middle;
      yield { input: input + offset, frames: pieces.frames[piece] as number, output, says: says(i) };
    }
  }
}

/** Parts of sides that lie in the covered addresses. Both are in input order. */
function* clipped(sides: Iterable<Side>, covers: readonly Cover[]): Generator<Side> {
  let c = 0;
  for (const side of sides) {
    const end = side.input + side.frames;
    while (c < covers.length && (covers[c] as Cover).end <= side.input) c++;
    for (let k = c; k < covers.length && (covers[k] as Cover).input < end; k++) {
      const cover = covers[k] as Cover;
      const input = Math.max(side.input, cover.input);
      const frames = Math.min(end, cover.end) - input;
      yield {
        ...side,
        input,
        frames,
        ...(side.output === undefined ? {} : { output: side.output + input - side.input }),
      };
    }
  }
}
