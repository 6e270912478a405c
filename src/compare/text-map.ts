/**
 * The maps in a text: what each tool says about one kind of address, in the form that `differences` takes. What the
 * formats' rows say of such maps (`text/map-facts.ts`) is applied here and in `sides.ts`; no tool is known by name.
 */
import { firstNot } from '../bits/search.ts';
import { addressOf, type Frame, frameAt, framesOfShift, frameUp, inPageAt } from '../image/frames.ts';
import { recogniserById } from '../text/formats/index.ts';
import type { MapFacts } from '../text/map-facts.ts';
import type { Attributes, Entry, Fact, Item, Range, Source, Translation } from '../text/model.ts';
import type { Recogniser } from '../text/recogniser.ts';
import type { Side } from '../walk/diff.ts';
import type { AddressMap } from '../walk/map.ts';
import { KIND, type Level } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';

/** The part of a text that one tool wrote about one kind of address. */
export interface TextMap {
  /** Id of the recogniser. */
  readonly from: string;
  /** The architecture that alone has such a text. */
  readonly arch?: string;
  readonly space: 'va' | 'ipa' | 'gpa';
  readonly sides: readonly Side[];
  /** The addresses that the text speaks of, in frames, end exclusive; undefined: of all. */
  readonly covers?: readonly Cover[];
  /** What is known of such a text beyond what it says. */
  readonly facts: MapFacts;
  /** Lines that overlap others, or begin in the middle of a page. */
  readonly leftOut: number;
  /** The facts that the text states anywhere. */
  readonly stated: ReadonlySet<Fact['name']>;
}

/** A run of input addresses in frames, end exclusive. */
export interface Cover {
  readonly input: Frame;
  readonly end: Frame;
}

/** Attribute values as text: what is compared and printed. Nothing where the tool says nothing. */
export function saysOf(
  attributes: Attributes | undefined,
  level: number | undefined,
  { not = [] }: MapFacts,
): Record<string, string> {
  const says: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== undefined && !not.includes(name as keyof Attributes)) says[name] = `${value}`;
  if (level !== undefined) says.level = `${level}`;
  return says;
}

/** An entry of a walk that says where it leads, as the page that was asked for: crash's `vtop`. */
function asTranslation({ input, output, pageSize = 1n, folded }: Entry): Translation | undefined {
  if (input === undefined || output === undefined || folded) return undefined;
  return {
    is: 'translation',
    input,
    inputSpace: 'va',
    output: output + (input % pageSize),
    outputSpace: 'pa',
  };
}

/** Translations as pages: where they lead, or that they lead nowhere. */
function asRange({ input, inputSpace, output, outputSpace }: Translation): Range | undefined {
  const space = inputSpace === 'gva' ? 'va' : inputSpace;
  if (outputSpace === 'hva') return undefined;
  const start = addressOf(frameAt(input));
  return {
    is: 'range',
    space,
    start,
    end: start + addressOf(1),
    ...(output === undefined ? { hole: true } : { output: addressOf(frameAt(output)) }),
  };
}

function rangeOf(item: Item & Source): Range | undefined {
  if (item.is === 'range') return item;
  const asked = item.is === 'entry' ? asTranslation(item) : item.is === 'translation' ? item : undefined;
  return asked && asRange(asked);
}

/** What lines of one format say about one kind of address. */
interface Part {
  readonly recogniser: Recogniser;
  readonly facts: MapFacts;
  readonly space: TextMap['space'];
  readonly ranges: Range[];
}

/** Maps in a text, one for each tool and kind of address. */
export function textMaps(items: readonly Item[]): TextMap[] {
  const parts = new Map<string, Part>();
  const stated = new Set<Fact['name']>();
  for (const item of items) {
    if (item.is === 'fact') stated.add(item.name);
    const recogniser = recogniserById(item.from);
    if (recogniser?.map === undefined) continue;
    const range = rangeOf(item);
    if (!range || range.space === 'pa') continue;
    const key = `${item.from} ${range.space}`;
    const part = parts.get(key);
    if (part) part.ranges.push(range);
    else parts.set(key, { recogniser, facts: recogniser.map, space: range.space, ranges: [range] });
  }
  return [...parts.values()].map(part => textMap(part, stated));
}

function textMap(
  { recogniser: { id, arch }, facts, space, ranges }: Part,
  stated: TextMap['stated'],
): TextMap {
  const sides: Side[] = [];
  const covers: { input: Frame; end: Frame }[] = [];
  let leftOut = 0;
  let end = 0;
  for (const range of inOrder(ranges)) {
    const input = frameAt(range.start);
    const stop = frameUp(range.end);
    if (input < end || inPageAt(range.start) !== 0) {
      // the same address asked twice gives the same answer; anything else is counted
      const last = sides.at(-1);
      const again = last && last.input === input && input + last.frames === stop;
      if (!again) leftOut++;
      continue;
    }
    end = stop;
    const before = covers.at(-1);
    if (before && before.end === input) before.end = stop;
    else covers.push({ input, end: stop });
    if (!range.hole && range.attributes?.valid !== false)
      sides.push(sideOf(range, { input, frames: stop - input }, facts));
  }
  return {
    from: id,
    ...(arch === undefined ? {} : { arch }),
    space,
    sides,
    ...(facts.holes ? { covers } : {}),
    facts,
    leftOut,
    stated,
  };
}

/** By address, those of equal address as they stand in the text. */
const inOrder = (ranges: readonly Range[]): Range[] =>
  [...ranges].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));

function sideOf(
  { output, attributes, level, pageSize }: Range,
  where: Pick<Side, 'input' | 'frames'>,
  facts: MapFacts,
): Side {
  // in the order of the text, what it leaves unsaid last
  const said = attributes && { ...attributes, ...facts.unsaid, ...attributes };
  return {
    ...where,
    ...(output === undefined ? {} : { output: frameAt(output) }),
    says: {
      ...saysOf(said, level?.number, facts),
      ...(pageSize === undefined ? {} : { pageSize: `0x${pageSize.toString(16)}` }),
    },
  };
}

/** Can a text about these addresses be about this translation? */
export const fits = ({ space, arch }: TextMap, { candidate: { regime } }: Space): boolean =>
  regime.input === space && (arch === undefined || regime.arch === arch);

/** Does the first stage translate the addresses that the text speaks of? ptdump’s are the upper half’s. */
export function reaches({ sides, covers }: TextMap, { candidate: { regime } }: Space): boolean {
  const first = sides[0]?.input ?? covers?.[0]?.input;
  if (first === undefined) return true;
  return regime.roots.some(({ inputFrame, entries, level, canonical }) => {
    const frames = entries * framesOfShift((regime.levels[level] as Level).shift);
    return canonical || (first >= inputFrame && first < inputFrame + frames);
  });
}

/**
 * A text as a listing of one regime: sizes that its reader had to guess are those of the regime's large pages, 4 MiB in
 * 32-bit paging and 2 MiB in all others.
 */
export function settled(text: TextMap, { candidate: { regime } }: Space): TextMap {
  const guessed = text.facts.guessedSizes?.map(frameAt);
  const large = regime.levels[1];
  if (guessed === undefined || large === undefined) return text;
  const frames = framesOfShift(large.shift);
  const sides = text.sides.map(side => (guessed.includes(side.frames) ? { ...side, frames } : side));
  return { ...text, sides };
}

/**
 * The same text with the sizes that it leaves open (a line without a size of its own, in a listing whose reader guesses them): those of the
 * leaves that begin at the lines' addresses, where the alignment and the next line allow them.
 */
export function sizedBy(text: TextMap, { first: { regime, leaves } }: AddressMap): TextMap {
  if (text.facts.guessedSizes === undefined) return text;
  const sides = text.sides.map((side, i) => {
    const { input, output = 0, frames, says } = side;
    if (says.pageSize !== undefined || frames === 1) return side;
    const leaf = firstNot(leaves.length, at => (leaves.input[at] as number) <= input) - 1;
    if (leaf < 0 || leaves.kind[leaf] !== KIND.leaf) return side;
    if (input >= (leaves.input[leaf] as number) + (leaves.frames[leaf] as number)) return side;
    const size = framesOfShift((regime.levels[leaves.level[leaf] as number] as Level).shift);
    const next = text.sides[i + 1]?.input ?? Number.POSITIVE_INFINITY;
    return input % size === 0 && output % size === 0 && input + size <= next
      ? { ...side, frames: size }
      : side;
  });
  return { ...text, sides };
}
