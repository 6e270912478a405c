/** Formats and registers: the list of them, and one drawn with its fields, references and settings. */
import { diagram } from '../bits/diagram.ts';
import type { Family, Variant } from '../bits/family.ts';
import { type FormatRow, positions } from '../bits/format.ts';
import { type Setting, type Settings, type SettingTable, settle } from '../bits/settings.ts';
import { hex } from '../bits/word.ts';
import { citation } from '../refs.ts';
import { type Answer, mapped } from './answer.ts';
import { editionLines } from './editions.ts';
import { layoutRecord, SCHEMA } from './records.ts';
import type { Look } from './style.ts';
import { type Column, table, wrap } from './table.ts';

type Given = Partial<Settings<SettingTable>>;

const formatRecord = (family: Family, wanted: readonly Variant[], given: Given) => ({
  schema: SCHEMA.format,
  format: family.id,
  title: family.title,
  role: family.role,
  aliases: family.aliases ?? [],
  ref: citation(family.ref),
  kinds: family.kinds,
  settings: Object.entries(family.settings).map(([name, setting]) => ({
    name,
    default: setting.default,
    accepts: setting.accepts,
    describe: setting.describe,
  })),
  layouts: wanted.map(({ kind, settings, format }) =>
    layoutRecord(kind, settle(family.settings, { ...given, ...settings }), format),
  ),
});

// --------------------------------------------------------------------------------------------------- the list

const whatIs = ({ id, title }: Family): string => title.replace(`${id.slice(id.indexOf('.') + 1)}: `, '');

const LIST: readonly Column<Family>[] = [
  { title: 'name', text: family => family.id },
  { title: 'also', text: alsoCalled, wrap: true },
  {
    title: 'what',
    text: whatIs,
    wrap: true,
  },
  {
    title: 'kinds',
    text: family => (family.kinds.length > 1 ? family.kinds.join(', ') : ''),
    wrap: true,
  },
  { title: 'reference', text: family => citation(family.ref), wrap: true },
];

/** Names that say more than the id does; of a row of numbered MSRs only the first. */
function alsoCalled({ id, aliases = [] }: Family): string {
  const own = id.slice(id.indexOf('.') + 1).toLowerCase();
  const numbers = aliases.filter(name => /^msr[0-9a-f]+$/.test(name));
  return aliases
    .filter(name => name !== own && (!numbers.includes(name) || numbers.indexOf(name) < 2))
    .join(', ');
}

/** Names and titles, one family a line; other names and references stand in JSON, and where one family is drawn. */
const listLines = (shown: readonly Family[], { style, width }: Look): string[] =>
  table(
    [
      { title: 'name', text: ({ id }) => id, paint: () => style.bold },
      { title: 'what', text: whatIs, wrap: true },
    ],
    shown,
    { width, head: style.dim },
  );

/** Families, one a line. */
export const listAnswer = (families: readonly Family[]): Answer<Family> => ({
  records: mapped(families, family => formatRecord(family, [], {})),
  rows: families,
  columns: LIST,
  lines: look => listLines(families, look),
});

/** Everything that has a layout, for people under two headings. */
export const formatsAnswer = (
  families: readonly Family[],
  descriptors: readonly Family[],
): Answer<Family> => ({
  ...listAnswer(families),
  lines: look => {
    const part = (title: string, shown: readonly Family[]): string[] =>
      shown.length === 0 ? [] : [look.style.bold(title), '', ...listLines(shown, look), ''];
    return [
      ...part('Entries of translation tables', descriptors),
      ...part(
        'Registers',
        families.filter(({ role }) => role === 'register'),
      ),
      ...wrap(
        'memattr formats NAME draws one; the part before the dot may be left out where only one has the name',
        look.width,
      ).map(look.style.dim),
    ];
  },
});

// ------------------------------------------------------------------------------------------------- one family

const settingValue = (value: Setting['default'] | undefined): string =>
  typeof value === 'bigint' ? hex(value) : `${value}`;

/** What the values of a field mean: every encoding where there are few. */
function valuesText({ values = [], note }: FormatRow): string {
  const texts = values.map(
    (value, code) => `${code} ${typeof value === 'string' ? value : `(${value.reserved})`}`,
  );
  return [...(note === undefined ? [] : [note]), ...(texts.length <= 16 ? texts : [])].join('; ');
}

/** A row of a layout. */
interface Row {
  readonly variant: Variant;
  readonly row: FormatRow;
}

/** What CSV and Markdown say of the rows of layouts. */
const COLUMNS: readonly Column<Row>[] = [
  { title: 'layout', text: ({ variant: { format } }) => format.id },
  { title: 'title', text: ({ variant: { format } }) => format.title },
  { title: 'bits', text: ({ row }) => positions(row.pieces) },
  { title: 'key', text: ({ row }) => row.key },
  { title: 'name', text: ({ row }) => row.name },
  { title: 'kind', text: ({ row }) => row.kind },
  { title: 'values', text: ({ row }) => valuesText(row) },
  { title: 'reference', text: ({ variant: { format }, row }) => citation(row.ref ?? format.ref) },
];

/** One family, and the layouts of it that were asked for. */
export interface Drawn {
  readonly family: Family;
  readonly wanted: readonly Variant[];
  readonly given: Given;
  /** Are these all there are? */
  readonly all: boolean;
}

export const drawnAnswer = (drawn: Drawn): Answer<Row> => ({
  records: [formatRecord(drawn.family, drawn.wanted, drawn.given)],
  rows: drawn.wanted.flatMap(variant => variant.format.rows.map(row => ({ variant, row }))),
  columns: COLUMNS,
  lines: look => [
    ...titled(drawn.family.id, drawn.family.title, citation(drawn.family.ref), look),
    ...(drawn.family.aliases?.length ? [`also called ${drawn.family.aliases.join(', ')}`] : []),
    ...drawn.wanted.flatMap(variant => layoutLines(variant, look)),
    ...settingLines(drawn.family, look),
    ...moreLines(drawn, look),
    ...editionLines(
      drawn.wanted.flatMap(({ format }) => [format.ref, ...format.rows.flatMap(({ ref }) => ref ?? [])]),
      look,
    ),
  ],
});

/** A name in bold, a title, and the reference: on one line where it fits. */
function titled(name: string, title: string, ref: string, { style, width }: Look): string[] {
  const indent = ' '.repeat(name.length + 2);
  const lines = wrap(`${title} [${ref}]`, width - indent.length);
  return lines.map((line, n) => (n === 0 ? `${style.bold(name)}  ${line}` : indent + line));
}

/** Columns of a drawing where lines have no width of their own. */
const DRAWING = 100;

/** One layout: the drawing, and its fields. */
function layoutLines({ kind, settings, format }: Variant, look: Look): string[] {
  const { style, width } = look;
  const under = Object.entries(settings).map(([key, value]) => `${key}=${settingValue(value)}`);
  const title = `${format.title}${under.length > 0 ? ` (${under.join(' ')})` : ''}`;
  const columns: Column<FormatRow>[] = [
    { title: 'bits', text: row => positions(row.pieces), align: 'right', paint: () => style.dim },
    { title: 'key', text: row => row.key, paint: () => style.bold },
    { title: 'name', text: row => row.name },
    {
      title: 'kind',
      text: row => (row.kind === 'fixed' ? `fixed ${row.value}` : row.kind),
      paint: () => style.dim,
    },
    { title: 'values', text: valuesText, wrap: true },
    {
      title: 'reference',
      text: row => (row.ref ? citation(row.ref) : ''),
      wrap: true,
      paint: () => style.dim,
    },
  ];
  return [
    '',
    ...titled(kind, title, citation(format.ref), look),
    diagram(format, Number.isFinite(width) ? width : DRAWING),
    ...table(columns, format.rows, { width, indent: 2, head: style.dim }),
  ];
}

function settingLines(family: Family, { style, width }: Look): string[] {
  const settings = Object.entries(family.settings);
  if (settings.length === 0) return [];
  const columns: Column<(typeof settings)[number]>[] = [
    { title: 'key', text: ([key]) => key, paint: () => style.bold },
    { title: 'default', text: ([, setting]) => settingValue(setting.default) },
    { title: 'accepts', text: ([, setting]) => setting.accepts },
    { title: 'what', text: ([, setting]) => setting.describe, wrap: true },
  ];
  return ['', style.bold('Settings'), ...table(columns, settings, { width, indent: 2, head: style.dim })];
}

/** How many layouts are not shown. */
function moreLines({ family, wanted, all }: Drawn, { style }: Look): string[] {
  const more = family.variants().length - wanted.length;
  if (all || more <= 0) return [];
  const [key = 'key'] = Object.keys(family.settings);
  return ['', style.dim(`${more} more layouts under other settings: --variants, or --set ${key}=…`)];
}
