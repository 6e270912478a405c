/** Differences for people and as records. */
import { counted, firstShown } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { TextMap } from '../compare/text-map.ts';
import { addressOf, frameHex } from '../image/frames.ts';
import { citation } from '../refs.ts';
import { CHANGES, type Difference, type Place } from '../walk/diff.ts';
import { type LiveVerdict, NEEDS } from '../walk/live.ts';
import type { Regime } from '../walk/regime.ts';
import { type Answer, batches, mapped } from './answer.ts';
import { SCHEMA, sizeNumber } from './records.ts';
import { exactSizeText, sizeText } from './size.ts';
import type { Look, Paint } from './style.ts';
import { type Column, table } from './table.ts';

/** A difference with what it belongs to. */
export interface ReportedDifference {
  readonly difference: Difference;
  /** The translations on both sides, by name; the second may be another tool's text. */
  readonly roots: readonly [first: string, second: string];
  readonly regime: Regime;
  /** Under which name the outputs stand: `pa`, `ipa`, `gpa`. */
  readonly output: string;
  /** Why it is there, where that is known. */
  readonly explained?: string;
  /** Does it count as a difference? What is explained does not, unless this says so. */
  readonly counts?: boolean;
  /** What the change took of a table in use, the strictest first; absent where nobody asked. */
  readonly live?: readonly LiveVerdict[];
}

/** The offset to a middle address as that address: it goes on with the range. */
const shown = (name: string, value: string, place: Place | undefined): string =>
  name === 'through' && place?.output !== undefined ? hex(addressOf(place.output) + BigInt(value)) : value;

/** Fields of up to 32 bits are numbers, as in the records of `walk`. */
const fieldValue = (text: string): string | number => (/^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : text);

const placeRecord = (place: Place, output: string) => ({
  ...(place.output === undefined ? {} : { [output]: frameHex(place.output) }),
  ...Object.fromEntries(
    Object.entries(place.says).map(([name, value]) => [name, fieldValue(shown(name, value, place))]),
  ),
});

/** `before` and `after` hold all that each side says, `values` what differs. */
function diffRecord({ difference, roots, regime, output, explained, live }: ReportedDifference) {
  const { change, input, frames, before, after, values } = difference;
  return {
    schema: SCHEMA.diff,
    change,
    roots,
    [regime.input]: frameHex(input),
    size: frameHex(frames),
    sizeBytes: sizeNumber(addressOf(frames)),
    ...(before ? { before: placeRecord(before, output) } : {}),
    ...(after ? { after: placeRecord(after, output) } : {}),
    values: Object.fromEntries(
      Object.entries(values).map(([name, [one, other]]) => [
        name,
        [fieldValue(shown(name, one, before)), fieldValue(shown(name, other, after))],
      ]),
    ),
    ...(explained === undefined ? {} : { explained }),
    ...(live
      ? { live: live.map(({ id, needs, says, ref }) => ({ id, needs, says, ref: citation(ref) })) }
      : {}),
  };
}

/** What people want to see of a range that is on one side only. */
const BRIEF = ['perm', 'effective', 'type', 'pageSize'] as const;
const brief = (place: Place | undefined): string => {
  const says = place?.says ?? {};
  const named = BRIEF.filter(
    name => says[name] !== undefined && !(name === 'type' && says.effective !== undefined),
  );
  const values = named.map(name => says[name] as string);
  if (values.length > 0 && says.perm !== undefined) return values.join(' ');
  return Object.entries(says)
    .filter(([, value]) => value !== 'false')
    .map(([name, value]) => (value === 'true' ? name : `${name} ${value}`))
    .join(' ');
};

const at = ({ output }: Place): string => (output === undefined ? '' : frameHex(output));

/** What is different, in one line of text. */
function whatChanged({ change, before, after, values }: Difference): string {
  const changes = Object.entries(values).map(
    ([name, [one, other]]) => `${name} ${shown(name, one, before)} -> ${shown(name, other, after)}`,
  );
  switch (change) {
    case 'appeared':
      return [after ? at(after) : '', brief(after)].filter(text => text !== '').join('  ');
    case 'vanished':
      return [before ? at(before) : '', brief(before)].filter(text => text !== '').join('  ');
    case 'moved':
      return [`${before ? at(before) : ''} -> ${after ? at(after) : ''}`, ...changes].join('; ');
    case 'changed':
      return changes.join('; ');
  }
}

/** `break-before-make (live-size): …`, one sentence after the other. */
const liveText = ({ live = [] }: ReportedDifference): string =>
  live.map(({ id, needs, says }) => `${needs} (${id}): ${says}`).join('; ');

/** Differences as aligned lines. `head` prints the titles. */
function diffLines(rows: readonly ReportedDifference[], { style, width }: Look, head: boolean): string[] {
  const [first] = rows;
  if (!first) return [];
  const paints: Record<Difference['change'], Paint> = {
    appeared: style.green,
    vanished: style.red,
    moved: style.yellow,
    changed: style.yellow,
  };
  const end = ({ input, frames }: Difference): string => hex(addressOf(input + frames) - 1n);
  const columns: Column<ReportedDifference>[] = [
    {
      title: 'change',
      text: ({ difference }) => difference.change,
      paint: ({ difference, explained }) => (explained === undefined ? paints[difference.change] : style.dim),
    },
    {
      title: first.regime.input,
      text: ({ difference }) => `${frameHex(difference.input)}..${end(difference)}`,
      align: 'right',
    },
    {
      title: 'size',
      text: ({ difference }) => exactSizeText(addressOf(difference.frames)),
      align: 'right',
    },
    { title: 'what', text: ({ difference }) => whatChanged(difference), wrap: true, paint: () => style.bold },
    ...(rows.some(({ live }) => live !== undefined)
      ? [{ title: 'takes', text: liveText, wrap: true } as const]
      : []),
    ...(rows.some(({ explained }) => explained !== undefined)
      ? [
          {
            title: 'explained',
            text: ({ explained = '' }: ReportedDifference) => explained,
            wrap: true,
            paint: () => style.dim,
          } as const,
        ]
      : []),
  ];
  return table(columns, rows, { width, indent: 2, head: head && style.dim });
}

// ------------------------------------------------------------------------------------------------------ answers

/** What CSV and Markdown say of a difference. */
const COLUMNS: readonly Column<ReportedDifference>[] = [
  { title: 'change', text: ({ difference }) => difference.change },
  { title: 'first', text: ({ roots: [first] }) => first },
  { title: 'second', text: ({ roots: [, second] }) => second },
  { title: 'input', text: ({ difference }) => frameHex(difference.input) },
  { title: 'size', text: ({ difference }) => frameHex(difference.frames) },
  { title: 'sizeBytes', text: ({ difference }) => `${addressOf(difference.frames)}` },
  { title: 'before', text: ({ difference: { before } }) => (before ? at(before) : ''), optional: true },
  { title: 'after', text: ({ difference: { after } }) => (after ? at(after) : ''), optional: true },
  { title: 'what', text: ({ difference }) => briefly(difference) },
  { title: 'needs', text: ({ live = [] }) => live[0]?.needs ?? '', optional: true },
  { title: 'takes', text: liveText, optional: true },
  { title: 'explained', text: ({ explained = '' }) => explained, optional: true },
];

/** What is different, where the outputs have cells of their own. */
function briefly(difference: Difference): string {
  const { change, before, after } = difference;
  return change === 'appeared'
    ? brief(after)
    : change === 'vanished'
      ? brief(before)
      : whatChanged(difference);
}

/** What has been compared, and what differed: all of it, also what is beyond the limit. Rows are counted as they pass. */
export class DiffTally {
  /** What was looked at: "no difference" is worth as much as that. */
  readonly compared: string[] = [];
  readonly #limit: number;
  readonly #counts = new Map<Difference['change'], number>();
  #frames = 0;
  #explained = 0;
  /** By the strictest need; undefined where nobody asked. */
  #live: Map<LiveVerdict['needs'], number> | undefined;
  #shown = 0;
  #cut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Rows that are printed, out of all that are counted. */
  *shown(rows: Iterable<ReportedDifference>): Generator<ReportedDifference> {
    for (const row of rows) {
      this.#count(row);
      if (this.#shown >= this.#limit) this.#cut = true;
      else {
        this.#shown++;
        yield row;
      }
    }
  }

  #count({ difference, explained, counts = explained === undefined, live }: ReportedDifference): void {
    if (live) {
      this.#live ??= new Map();
      const needs = live[0]?.needs ?? 'nothing';
      this.#live.set(needs, (this.#live.get(needs) ?? 0) + 1);
    }
    if (explained !== undefined) this.#explained++;
    if (!counts) return;
    this.#counts.set(difference.change, (this.#counts.get(difference.change) ?? 0) + 1);
    this.#frames += difference.frames;
  }

  /** How many differences there were that nothing explains. */
  get differences(): number {
    return [...this.#counts.values()].reduce((sum, n) => sum + n, 0);
  }

  /** The sum, as lines below the list. */
  lines({ style }: Look): string[] {
    const differ = this.differences;
    const counts = CHANGES.flatMap(change => {
      const n = this.#counts.get(change);
      return n === undefined ? [] : [`${n} ${change}`];
    });
    const facts = [
      differ === 0
        ? 'no difference'
        : `${counted(differ, 'difference')} in ${exactSizeText(addressOf(this.#frames))}: ${counts.join(', ')}`,
      ...(this.#explained > 0 ? [`${this.#explained} explained`] : []),
      ...(this.#cut ? [firstShown(this.#shown)] : []),
    ];
    const live = this.#live && [
      `takes: ${NEEDS.flatMap(needs => (this.#live?.has(needs) ? [`${this.#live.get(needs)} ${needs}`] : [])).join(', ')}`,
      'two moments: whether a break or an invalidation was made between them is not seen',
    ];
    const text = [facts.join('; '), ...(live ?? []), ...this.compared.map(what => `compared: ${what}`)].map(
      style.dim,
    );
    return this.#shown > 0 ? ['', ...text] : text;
  }
}

/** Differences as they are found; `tally` counts them. */
export function diffAnswer(
  found: Iterable<ReportedDifference>,
  tally: DiffTally,
): Answer<ReportedDifference> {
  const rows = tally.shown(found);
  return {
    records: mapped(rows, diffRecord),
    rows,
    columns: COLUMNS,
    lines: look => textLines(rows, tally, look),
  };
}

/** Differences that are laid out together. */
const BATCH = 500;

function* textLines(rows: Iterable<ReportedDifference>, tally: DiffTally, look: Look): Generator<string> {
  let last = '';
  for (const batch of batches(rows, BATCH, ({ roots }) => roots.join(' | '))) {
    const roots = batch[0]?.roots.join(' | ') ?? '';
    const fresh = roots !== last;
    if (fresh && last !== '') yield '';
    if (fresh) yield look.style.bold(roots);
    last = roots;
    yield* diffLines(batch, look, fresh);
  }
  yield* tally.lines(look);
}

/** `a (3 ranges) with b (1 range)`. */
export const comparedDumps = (names: readonly [string, string], ranges: readonly [number, number]): string =>
  names.map((name, i) => `${name} (${counted(ranges[i] ?? 0, 'range')})`).join(' with ');

/** `stage2 with qemu.info-tlb, 3 mappings in 1 GiB in 12 places`. */
export const comparedText = (name: string, { from, sides, covers }: TextMap): string =>
  `${name} with ${from}, ${counted(sides.length, 'mapping')}${covers ? ` in ${coveredText(covers)}` : ', all addresses'}`;

/** `1 GiB in 12 places`. */
function coveredText(covers: NonNullable<TextMap['covers']>): string {
  const frames = covers.reduce((sum, { input, end }) => sum + (end - input), 0);
  return `${sizeText(addressOf(frames))}${covers.length === 1 ? '' : ` in ${covers.length} places`}`;
}
