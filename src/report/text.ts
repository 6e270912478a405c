/** What pasted text says, for people and as records: ranges, maps, memory types, registers, translations. */
import { counted } from '../bits/counted.ts';
import { hex, hexWord } from '../bits/word.ts';
import type {
  Attributes,
  Item,
  MemoryRange,
  Range,
  Recognised,
  Translation,
  TypedRange,
} from '../text/model.ts';
import { SCHEMA } from './records.ts';
import { exactSizeText } from './size.ts';
import type { Look } from './style.ts';
import { type Column, filled, table } from './table.ts';

/** The items of one kind. */
export type Of<K extends Item['is']> = Extract<Item, { is: K }>;
export const of = <K extends Item['is']>(items: readonly Item[], is: K): Of<K>[] =>
  items.filter((item): item is Of<K> => item.is === is);

/** Nothing where a text does not say. */
export const hexIf = (value: bigint | undefined): string => (value === undefined ? '' : hex(value));

/** First and last byte, in as many digits as the last one needs. */
function span(start: bigint, end: bigint): string {
  const last = (end - 1n).toString(16);
  return `0x${start.toString(16).padStart(last.length, '0')}..0x${last}`;
}

const mark = (on: boolean | undefined, letter: string): string =>
  on === undefined ? '?' : on ? letter : '-';

/** Permissions as far as the tool says: `rw-`, `?` for what it does not print. */
export function permissions(all: Attributes): string {
  const { read, write, execute, executePrivileged, executeUser, user } = all;
  // Tools that print write access only print mappings that can be read.
  const rw = `${mark(read ?? (write === undefined ? undefined : true), 'r')}${mark(write, 'w')}`;
  if (executePrivileged === undefined && executeUser === undefined) return `${rw}${mark(execute, 'x')}`;
  const privileged = `${rw}${mark(executePrivileged, 'x')}`;
  return user === false || executePrivileged === executeUser
    ? privileged
    : `${privileged}, EL0 ${rw}${mark(executeUser, 'x')}`;
}

const SHARE = { non: 'NSH', outer: 'OSH', inner: 'ISH', shareable: 'shareable' } as const;
const FLAGS: readonly (readonly [keyof Attributes, yes: string, no: string])[] = [
  ['valid', '', 'not valid'],
  ['user', 'user', ''],
  ['accessed', '', 'not accessed'],
  ['dirty', 'dirty', ''],
  ['global', 'global', ''],
  ['contiguous', 'contiguous', ''],
  ['block', 'block', ''],
  ['guarded', 'guarded', ''],
  ['pcd', 'PCD', ''],
  ['pwt', 'PWT', ''],
  ['pat', 'PAT', ''],
  ['ignorePat', 'ignores PAT', ''],
];

/** Everything else the tool printed. */
export function attributesText(all: Attributes): string {
  const flags = FLAGS.map(([key, yes, no]) => (all[key] === true ? yes : all[key] === false ? no : ''));
  const share = all.shareability === undefined ? '' : SHARE[all.shareability];
  return [all.type ?? '', share, all.security ?? '', ...flags].filter(text => text !== '').join(', ');
}

export function rangeLines(ranges: readonly Of<'range'>[], { style, width }: Look, head: boolean): string[] {
  const [first] = ranges;
  if (!first) return [];
  const columns: Column<Range>[] = [
    { title: first.space, text: ({ start, end }) => span(start, end), align: 'right' },
    { title: 'to', text: ({ output }) => (output === undefined ? '' : hex(output)), align: 'right' },
    { title: 'size', text: ({ start, end }) => exactSizeText(end - start), align: 'right' },
    { title: 'level', text: ({ level }) => level?.name ?? '' },
    {
      title: 'perm',
      text: ({ attributes }) => (attributes ? permissions(attributes) : ''),
      paint: () => style.bold,
    },
    {
      title: 'says',
      text: ({ attributes, hole }) =>
        hole ? 'nothing mapped' : attributes ? attributesText(attributes) : '',
      wrap: true,
      paint: ({ hole }) => (hole ? style.dim : style.cyan),
    },
  ];
  return table(filled(columns, ranges), ranges, { width, indent: 2, head: head && style.dim });
}

export function memoryLines(ranges: readonly Of<'memory'>[], { style, width }: Look): string[] {
  const columns: Column<MemoryRange>[] = [
    { title: 'physical', text: ({ start, end }) => span(start, end), align: 'right' },
    { title: 'size', text: ({ start, end }) => exactSizeText(end - start), align: 'right' },
    { title: 'kind', text: ({ kind }) => kind, paint: () => style.bold },
    { title: 'name', text: ({ name, depth }) => `${'  '.repeat(Math.min(depth, 8))}${name}` },
  ];
  return table(columns, ranges, { width, indent: 2, head: style.dim });
}

const TYPED_BY: Readonly<Record<TypedRange['by'], string>> = {
  'mtrr-default': 'MTRR default',
  'mtrr-fixed': 'MTRR fixed',
  'mtrr-variable': 'MTRR',
  'pat-list': 'PAT list',
  'mtrr-combined': 'MTRRs together',
  'mtrr-conflict': 'MTRR conflict',
  'pat-conflict': 'PAT conflict',
};

export function typeLines(ranges: readonly Of<'type'>[], { style, width }: Look): string[] {
  const columns: Column<TypedRange>[] = [
    { title: 'said by', text: ({ by, index }) => `${TYPED_BY[by]}${index === undefined ? '' : ` ${index}`}` },
    {
      title: 'physical',
      text: ({ start, end, mask }) =>
        start === undefined
          ? ''
          : end === undefined
            ? `${hex(start)} mask ${hex(mask ?? 0n)}`
            : span(start, end),
      align: 'right',
    },
    {
      title: 'size',
      text: ({ start, end }) => (start === undefined || end === undefined ? '' : exactSizeText(end - start)),
      align: 'right',
    },
    {
      title: 'type',
      text: ({ type, disabled, requested }) =>
        disabled ? 'disabled' : requested === undefined ? type : `${type}, ${requested} was asked for`,
      paint: () => style.bold,
    },
  ];
  return table(columns, ranges, { width, indent: 2, head: style.dim });
}

export function translationLines(
  rows: readonly Of<'translation'>[],
  { style, width }: Look,
  head: boolean,
): string[] {
  const [first] = rows;
  if (!first) return [];
  const columns: Column<Translation>[] = [
    { title: first.inputSpace, text: ({ input }) => hex(input), align: 'right' },
    {
      title: first.outputSpace,
      text: ({ output }) => (output === undefined ? '' : hex(output)),
      align: 'right',
      paint: () => style.bold,
    },
    {
      title: '',
      text: ({ type, reason }) => reason ?? type ?? '',
      paint: ({ reason }) => (reason ? style.yellow : style.cyan),
    },
  ];
  return table(columns, rows, { width, indent: 2, head: head && style.dim });
}

/** `granule 4K, va bits 48, root 0x41858000 (some kernels print a hashed pointer here)`. */
export const factsText = (facts: readonly Of<'fact'>[]): string =>
  [
    ...new Set(
      facts.map(({ name, value, doubtful }) => {
        const plain = name === 'root' ? hex(BigInt(value)) : `${value}`;
        return `${name} ${plain}${doubtful === undefined ? '' : ` (${doubtful})`}`;
      }),
    ),
  ].join(', ');

/** What it is: `arm64 Linux oops: … (26 lines); /proc/iomem (20 lines); 12 lines not understood`. */
export function recognisedText({ parts, unknown }: Pick<Recognised, 'parts' | 'unknown'>): string {
  const telling = parts.filter(({ items }) => items > 0);
  const names = (telling.length > 0 ? telling : parts).map(
    ({ title, lines }) => `${title} (${counted(lines, 'line')})`,
  );
  return [...names, ...(unknown > 0 ? [`${counted(unknown, 'line')} not understood`] : [])].join('; ');
}

/** An item as a record: addresses as text, where it stood beside it. */
export function textRecord(item: Item): object {
  const { is, from, line, raw, group, ...rest } = item;
  return { schema: SCHEMA.text, is, from, line, text: raw, ...(group > 0 ? { group } : {}), ...rest };
}

/** The last record of a text: what it was, and what must be known to judge the others. */
export const recognisedRecord = ({ parts, lines, unknown, unknownSamples, remarks }: Recognised): object => ({
  schema: SCHEMA.text,
  is: 'recognised',
  parts,
  lines,
  unknown,
  unknownSamples,
  assumed: remarks.filter(({ kind }) => kind === 'assumed').map(({ kind: _, ...rest }) => rest),
  trouble: remarks.filter(({ kind }) => kind === 'trouble').map(({ kind: _, ...rest }) => rest),
});

/** A word in its digits. */
export const wordText = ({ word, width }: { readonly word: bigint; readonly width: 32 | 64 }): string =>
  hexWord(word, width / 4);
