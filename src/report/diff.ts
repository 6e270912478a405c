/** Differences for people and as records. */
import { hex } from '../bits/word.ts';
import type { Difference, Place } from '../walk/diff.ts';
import { frameHex } from '../walk/record.ts';
import type { Regime } from '../walk/regime.ts';
import { SCHEMA } from './records.ts';
import { exactSizeText } from './size.ts';
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
}

/** The offset to a middle address as that address: it goes on with the range. */
const shown = (name: string, value: string, place: Place | undefined): string =>
  name === 'through' && place?.output !== undefined
    ? hex((BigInt(place.output) << 12n) + BigInt(value))
    : value;

const placeRecord = (place: Place, output: string) => ({
  ...(place.output === undefined ? {} : { [output]: frameHex(place.output) }),
  ...Object.fromEntries(Object.entries(place.says).map(([name, value]) => [name, shown(name, value, place)])),
});

/** `before` and `after` hold all that each side says, `values` what differs. */
export function diffRecord({ difference, roots, regime, output, explained }: ReportedDifference) {
  const { change, input, frames, before, after, values } = difference;
  return {
    schema: SCHEMA.diff,
    change,
    roots,
    [regime.input]: frameHex(input),
    size: frameHex(frames),
    ...(before ? { before: placeRecord(before, output) } : {}),
    ...(after ? { after: placeRecord(after, output) } : {}),
    values: Object.fromEntries(
      Object.entries(values).map(([name, [one, other]]) => [
        name,
        [shown(name, one, before), shown(name, other, after)],
      ]),
    ),
    ...(explained === undefined ? {} : { explained }),
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
export function whatChanged({ change, before, after, values }: Difference): string {
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

/** Differences as aligned lines. `head` prints the titles. */
export function diffLines(
  rows: readonly ReportedDifference[],
  { style, width }: Look,
  head: boolean,
): string[] {
  const [first] = rows;
  if (!first) return [];
  const paints: Record<Difference['change'], Paint> = {
    appeared: style.green,
    vanished: style.red,
    moved: style.yellow,
    changed: style.yellow,
  };
  const end = ({ input, frames }: Difference): string => hex((BigInt(input + frames) << 12n) - 1n);
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
      text: ({ difference }) => exactSizeText(BigInt(difference.frames) << 12n),
      align: 'right',
    },
    { title: 'what', text: ({ difference }) => whatChanged(difference), wrap: true, paint: () => style.bold },
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

/** Columns of CSV and Markdown. */
export const DIFF_TITLES = [
  'change',
  'first',
  'second',
  'input',
  'size',
  'before',
  'after',
  'what',
  'explained',
] as const;

export const diffCells = (row: ReportedDifference): string[] => {
  const { difference, roots, explained = '' } = row;
  const { change, input, frames, before, after } = difference;
  return [
    change,
    ...roots,
    frameHex(input),
    frameHex(frames),
    before ? at(before) : '',
    after ? at(after) : '',
    change === 'appeared' ? brief(after) : change === 'vanished' ? brief(before) : whatChanged(difference),
    explained,
  ];
};
