/**
 * A map beside another tool's text about the same tables: what the text says is compared, what it cannot say is not, and
 * what the tool is known to get wrong is explained.
 */
import { arm64Stated } from '../arm64/walk/stated.ts';
import type { Attributes, Entry, Item, Range, Source, Translation } from '../text/model.ts';
import type { Change, Difference, Side } from '../walk/diff.ts';
import { type AddressMap, leafAt, patternKey } from '../walk/map.ts';
import { KIND, type Level } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { Stated } from '../walk/stated.ts';
import { x86Stated } from '../x86/walk/stated.ts';

/** What is known of a tool's listing beyond what it says. */
interface Tool {
  /** Holes are listed too: what no line speaks of was not printed, which says nothing. */
  readonly holes?: true;
  /** Rights are those after the tables above. */
  readonly combined?: true;
  /** Attributes that the tool prints but that a leaf does not determine. */
  readonly not?: readonly (keyof Attributes)[];
  /** Where it leads is where the last stage leads. */
  readonly throughBoth?: true;
}

/** The tools whose text is a map, by the recogniser's id. */
const TOOLS: Readonly<Record<string, Tool>> = {
  'arm64.kvm-stage2': { holes: true },
  'arm64.ptdump': { holes: true },
  'x86.ptdump': { holes: true },
  'qemu.info-tlb': { not: ['block', 'valid'] }, // the letter P is bit 7 of any entry
  'qemu.info-mem': { combined: true },
  'bochs.info-tab': {},
  'qemu.gva2gpa': { holes: true, throughBoth: true },
  'crash.vtop': { holes: true },
  'bochs.page': { holes: true },
  'addrxlat.walk': { holes: true },
  'tfa.xlat': { holes: true },
  'uboot.dump-pagetable': { holes: true },
  'chipsec.log': { holes: true },
};

/** The part of a text that one tool wrote about one kind of address. */
export interface TextMap {
  /** Id of the recogniser. */
  readonly from: string;
  readonly space: 'va' | 'ipa' | 'gpa';
  readonly sides: readonly Side[];
  /** The addresses that the text speaks of, in frames, end exclusive; undefined: of all. */
  readonly covers?: readonly { readonly input: number; readonly end: number }[];
  readonly tool: Tool;
  /** Lines that overlap others, or begin in the middle of a page. */
  readonly leftOut: number;
  /** Names of areas that the tool cut short. */
  readonly skipped: boolean;
}

const FRAME_BITS = 12n;
const pageUp = (address: bigint): number => Number((address + 0xfffn) >> FRAME_BITS);
const frame = (address: bigint): number => Number(address >> FRAME_BITS);

/** Attribute values as text: what is compared and printed. Nothing where the tool says nothing. */
function saysOf(
  attributes: Attributes | undefined,
  level: number | undefined,
  { not = [] }: Tool,
): Record<string, string> {
  const says: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== undefined && !not.includes(name as keyof Attributes)) says[name] = `${value}`;
  if (level !== undefined) says.level = `${level}`;
  return says;
}

/** ptdump prints SHD for inner shareable and nothing otherwise. */
const normalised = ({ from, attributes }: Range & { readonly from: string }): Attributes | undefined =>
  from === 'arm64.ptdump' && attributes && attributes.shareability === undefined
    ? { ...attributes, shareability: 'non' }
    : attributes;

/** An entry of a walk that says where it leads, as the page that was asked for: crash's `vtop`. */
function asTranslation(item: Entry & Source): (Translation & { readonly from: string }) | undefined {
  const { input, output, from } = item;
  if (input === undefined || output === undefined || item.folded) return undefined;
  return { is: 'translation', from, input, inputSpace: 'va', output, outputSpace: 'pa' };
}

/** Translations as pages: where they lead, or that they lead nowhere. */
function asRange(
  item: Translation & { readonly from: string },
): (Range & { readonly from: string }) | undefined {
  const { input, output, from } = item;
  const space = item.inputSpace === 'gva' ? 'va' : item.inputSpace;
  if (item.outputSpace === 'hva' || space === 'pa') return undefined;
  const start = (input >> FRAME_BITS) << FRAME_BITS;
  return {
    is: 'range',
    from,
    space,
    start,
    end: start + (1n << FRAME_BITS),
    ...(output === undefined ? { hole: true } : { output: (output >> FRAME_BITS) << FRAME_BITS }),
  };
}

/** Maps in a text, one for each tool and kind of address. */
export function textMaps(items: readonly Item[]): TextMap[] {
  const parts = new Map<string, (Range & { readonly from: string })[]>();
  let skipped = false;
  for (const item of items) {
    if (item.is === 'fact' && item.name === 'skipped entries') skipped = true;
    if (!(item.from in TOOLS)) continue;
    const asked = item.is === 'entry' ? asTranslation(item) : item.is === 'translation' ? item : undefined;
    const range = item.is === 'range' ? item : asked && asRange(asked);
    if (!range || range.space === 'pa') continue;
    const key = `${range.from} ${range.space}`;
    const part = parts.get(key);
    if (part) part.push(range);
    else parts.set(key, [range]);
  }
  return [...parts.values()].map(ranges => textMap(ranges, skipped));
}

function textMap(ranges: (Range & { readonly from: string })[], skipped: boolean): TextMap {
  const [{ from, space }] = ranges as [Range & { readonly from: string }];
  const tool = TOOLS[from] ?? {};
  const sides: Side[] = [];
  const covers: { input: number; end: number }[] = [];
  let leftOut = 0;
  const sorted = ranges
    .map((range, line) => ({ range, line }))
    .sort((a, b) =>
      a.range.start < b.range.start ? -1 : a.range.start > b.range.start ? 1 : a.line - b.line,
    );
  let end = 0;
  for (const { range } of sorted) {
    const input = frame(range.start);
    const stop = pageUp(range.end);
    if (input < end || range.start % 4096n !== 0n) {
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
    if (range.hole || range.attributes?.valid === false) continue;
    sides.push({
      input,
      frames: stop - input,
      ...(range.output === undefined ? {} : { output: frame(range.output) }),
      says: {
        ...saysOf(normalised(range), range.level?.number, tool),
        ...(range.pageSize === undefined ? {} : { pageSize: `0x${range.pageSize.toString(16)}` }),
      },
    });
  }
  return {
    from,
    space: space as TextMap['space'],
    sides,
    ...(tool.holes ? { covers } : {}),
    tool,
    leftOut,
    skipped,
  };
}

/** Can a text about these addresses be about this translation? */
export const fits = ({ space, from }: TextMap, { candidate: { regime } }: Space): boolean =>
  regime.input === space &&
  (from.startsWith('arm64.kvm') ? regime.id === 'arm64.stage2' : true) &&
  (from === 'arm64.ptdump' ? regime.id === 'arm64.stage1' : true) &&
  (from.startsWith('x86.') || from.startsWith('qemu.info') || from.startsWith('bochs.')
    ? regime.id.startsWith('x86.')
    : true);

/** Does the first stage translate the addresses that the text speaks of? ptdump’s are the upper half’s. */
export function reaches({ sides, covers }: TextMap, { candidate: { regime } }: Space): boolean {
  const first = sides[0]?.input ?? covers?.[0]?.input;
  if (first === undefined) return true;
  return regime.roots.some(({ inputFrame, entries, level, canonical }) => {
    const frames = entries * 2 ** ((regime.levels[level] as Level).shift - 12);
    return canonical || (first >= inputFrame && first < inputFrame + frames);
  });
}

const MIB2 = 512;
const MIB4 = 1024;
/**
 * A text as a listing of one regime. `info tlb` prints no sizes, and what its reader guesses depends on the mode: large pages
 * have 4 MiB in 32-bit paging and 2 MiB in all others.
 */
export function settled(text: TextMap, { candidate: { regime } }: Space): TextMap {
  if (text.from !== 'qemu.info-tlb') return text;
  const large = regime.id === 'x86.32bit' ? MIB4 : MIB2;
  const sides = text.sides.map(side =>
    side.frames === MIB2 || side.frames === MIB4 ? { ...side, frames: large } : side,
  );
  return { ...text, sides };
}

/** The leaves of a map in the tool's words. Of two stages the first: most listings know nothing of the second. */
export function* statedSides({ first, second, pieces }: AddressMap, text: TextMap): Generator<Side> {
  const { tool, covers } = text;
  const { regime, leaves } = first;
  // a value that no line of the text has is none of its matters
  const named = new Set(text.sides.flatMap(({ says }) => Object.keys(says)));
  const stated: Stated = regime.id.startsWith('arm64') ? arm64Stated : x86Stated;
  const known = new Map<string, Record<string, string>>();
  const says = (i: number): Record<string, string> => {
    const key = patternKey(first, i);
    let found = known.get(key);
    if (!found) {
      const { reading, level, inherited } = leafAt(first, i);
      const view = regime.describe(reading, level, inherited);
      const { name, shift } = regime.levels[level] as Level;
      found = saysOf(stated({ reading, view, level: name }, tool.combined === true), name, tool);
      found.pageSize = `0x${(2 ** shift).toString(16)}`;
      found = Object.fromEntries(Object.entries(found).filter(([key]) => named.has(key)));
      known.set(key, found);
    }
    return found;
  };
  const all = function* (): Generator<Side> {
    let piece = 0;
    for (let i = 0; i < leaves.length; i++) {
      if (leaves.kind[i] !== KIND.leaf) continue;
      const input = leaves.input[i] as number;
      if (!second || !pieces) {
        yield {
          input,
          frames: leaves.frames[i] as number,
          output: leaves.output[i] as number,
          says: says(i),
        };
        continue;
      }
      for (; piece < pieces.length && pieces.first[piece] === i; piece++) {
        const offset = pieces.offset[piece] as number;
        const middle = (leaves.output[i] as number) + offset;
        const j = pieces.second[piece] as number;
        if (tool.throughBoth && j < 0) continue;
        const output = tool.throughBoth
          ? (second.leaves.output[j] as number) + middle - (second.leaves.input[j] as number)
          : middle;
        yield { input: input + offset, frames: pieces.frames[piece] as number, output, says: says(i) };
      }
    }
  };
  yield* covers ? clipped(all(), covers) : all();
}

/** Parts of sides that lie in the covered addresses. Both are in input order. */
function* clipped(
  sides: Iterable<Side>,
  covers: readonly { readonly input: number; readonly end: number }[],
): Generator<Side> {
  let c = 0;
  for (const side of sides) {
    const end = side.input + side.frames;
    while (c < covers.length && (covers[c] as { end: number }).end <= side.input) c++;
    for (let k = c; k < covers.length && (covers[k] as { input: number }).input < end; k++) {
      const cover = covers[k] as { input: number; end: number };
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

// ------------------------------------------------------------------------------------------------------ explanations

/** A known gap or habit of a tool, which makes a difference that is none in memory. */
interface Explanation {
  readonly from: string;
  readonly changes: readonly Change[];
  readonly applies: (difference: Difference, text: TextMap) => boolean;
  readonly because: string;
}

/** Frames of 0xffff800000000000 to 0xfffffdffffffffff. */
const BOCHS_GAP = { from: 0xf_fff8_0000_0000, to: 0xf_ffff_e000_0000 } as const;
/** Frames of Linux's espfix area, 0xffffff0000000000 to 0xffffff7fffffffff [Linux, Documentation/arch/x86/x86_64/mm.rst]. */
const ESPFIX = { from: 0xf_ffff_f000_0000, to: 0xf_ffff_f800_0000 } as const;
const within = ({ input, frames }: Difference, { from, to }: { from: number; to: number }): boolean =>
  input >= from && input + frames <= to;

const only = ({ values }: Difference, name: string, before: string, after: string): boolean =>
  Object.keys(values).length === 1 && values[name]?.[0] === before && values[name]?.[1] === after;

const EXPLANATIONS: readonly Explanation[] = [
  {
    from: 'bochs.info-tab',
    changes: ['vanished'],
    applies: difference => within(difference, BOCHS_GAP),
    because: 'Bochs lists nothing between 0xffff800000000000 and 0xfffffdffffffffff',
  },
  {
    from: 'x86.ptdump',
    changes: ['vanished'],
    applies: (difference, { skipped }) => skipped && within(difference, ESPFIX),
    because: 'the kernel leaves out entries of the espfix area',
  },
  {
    from: 'arm64.ptdump',
    changes: ['changed'],
    applies: difference => only(difference, 'type', 'Normal', 'Normal-Tagged'),
    because: 'the kernel names the index of the attribute; MAIR gives it no tags on this machine',
  },
];

/** Why a difference between a walk and a text is none in memory; undefined where nothing explains it. */
export const explained = (difference: Difference, text: TextMap): string | undefined =>
  EXPLANATIONS.find(
    ({ from, changes, applies }) =>
      from === text.from && changes.includes(difference.change) && applies(difference, text),
  )?.because;
