/** `formats`: what layouts there are, drawn, with their fields, references and settings. */

import { descriptors } from '../../arch/descriptors.ts';
import { families, registers } from '../../arch/families.ts';
import { diagram } from '../../bits/diagram.ts';
import type { Family, Variant } from '../../bits/family.ts';
import type { FormatRow } from '../../bits/format.ts';
import { positions } from '../../bits/format.ts';
import { type Setting, type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import { hex } from '../../bits/word.ts';
import { citation } from '../../refs.ts';
import { json } from '../../report/json.ts';
import { layoutRecord, SCHEMA } from '../../report/records.ts';
import type { Style } from '../../report/style.ts';
import { type Column, csvLine, markdownLine, markdownRule, table, wrap } from '../../report/table.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { anyFamily, givenFor, pairsOf } from '../names.ts';
import { EXIT, UsageError } from '../trouble.ts';

type Look = ReturnType<typeof look>;

interface FormatsArgs extends Globals {
  readonly name?: string | undefined;
  readonly set: readonly string[];
  readonly variants?: boolean | undefined;
}

export async function run(args: FormatsArgs, io: Io): Promise<number> {
  const output = outputOf(args);
  if (args.name === undefined) {
    if (args.set.length > 0)
      throw new UsageError('--set needs a format to draw: memattr formats NAME --set …');
    printList(output, args, io);
    return EXIT.answer;
  }
  const { family, kind } = await anyFamily(args.name, descriptors);
  const given = givenFor(pairsOf(args.set), [family])(family);
  const wanted = layouts(family, given, args.variants === true).filter(
    v => kind === undefined || v.kind === kind,
  );
  if (wanted.length === 0)
    throw new UsageError(
      `${family.id} has no ${kind} under these settings; try --variants to see which there are`,
    );
  if (output === 'json') io.out.write(`${json(formatRecord(family, wanted, given))}\n`);
  else if (output === 'table')
    io.out.write(`${page(family, wanted, args.variants === true, look(io, args)).join('\n')}\n`);
  else printFields(output, wanted, io);
  return EXIT.answer;
}

/** The layouts of each kind under these settings, or all there are. */
function layouts(family: Family, given: Partial<Settings<SettingTable>>, all: boolean): readonly Variant[] {
  if (all) return family.variants();
  const settings = settle(family.settings, given);
  return family.kinds.flatMap(kind => {
    const found = layoutsOf(family, kind, settings, given);
    return found ? [found] : [];
  });
}

/** The layout of one kind; where these settings have none and the level is open, the nearest level that has one. */
function layoutsOf(
  family: Family,
  kind: string,
  settings: Settings<SettingTable>,
  given: Partial<Settings<SettingTable>>,
): Variant | undefined {
  const format = family.layout(kind, settings);
  if (format) return { kind, settings: given, format };
  return family
    .variants()
    .filter(variant => variant.kind === kind)
    .map(variant => ({ ...variant.settings, ...given }))
    .flatMap(chosen => {
      const format = family.layout(kind, settle(family.settings, chosen));
      return format ? [{ kind, settings: chosen, format }] : [];
    })[0];
}

export const formatRecord = (
  family: Family,
  wanted: readonly Variant[],
  given: Partial<Settings<SettingTable>>,
) => ({
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

const LIST: Column<Family>[] = [
  { title: 'name', text: family => family.id },
  { title: 'also', text: alsoCalled, wrap: true },
  {
    title: 'what',
    text: ({ id, title }) => title.replace(`${id.slice(id.indexOf('.') + 1)}: `, ''),
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

/** Names, titles and references, one family a line. */
export const listing = (shown: readonly Family[], { style, width }: Look): string[] =>
  table(
    LIST.filter(({ title }) => title !== 'kinds' || shown.some(({ kinds }) => kinds.length > 1)).map(
      (column, n) => (n === 0 ? { ...column, paint: () => style.bold } : column),
    ),
    shown,
    { width, head: style.dim },
  );

function printList(output: ReturnType<typeof outputOf>, args: FormatsArgs, io: Io): void {
  if (output === 'json')
    for (const family of families) io.out.write(`${json(formatRecord(family, [], {}))}\n`);
  else if (output === 'csv')
    for (const texts of [LIST.map(c => c.title), ...families.map(family => LIST.map(c => c.text(family)))])
      io.out.write(`${csvLine(texts)}\r\n`);
  else if (output === 'markdown')
    io.out.write(
      `${[
        markdownLine(LIST.map(c => c.title)),
        markdownRule(LIST),
        ...families.map(family => markdownLine(LIST.map(c => c.text(family)))),
      ].join('\n')}\n`,
    );
  else {
    const seen = look(io, args);
    const part = (title: string, shown: readonly Family[]): string[] =>
      shown.length === 0 ? [] : [seen.style.bold(title), '', ...listing(shown, seen), ''];
    io.out.write(
      `${[
        ...part('Entries of translation tables', descriptors),
        ...part('Registers', registers),
        ...wrap(
          'memattr formats NAME draws one; the part before the dot may be left out where only one has the name',
          seen.width,
        ).map(seen.style.dim),
      ].join('\n')}\n`,
    );
  }
}

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

const fieldColumns = (style: Style): Column<FormatRow>[] => [
  { title: 'bits', text: row => positions(row.pieces), align: 'right', paint: () => style.dim },
  { title: 'key', text: row => row.key, paint: () => style.bold },
  { title: 'name', text: row => row.name },
  {
    title: 'kind',
    text: row => (row.kind === 'fixed' ? `fixed ${row.value}` : row.kind),
    paint: () => style.dim,
  },
  { title: 'values', text: valuesText, wrap: true },
  { title: 'reference', text: row => (row.ref ? citation(row.ref) : ''), wrap: true, paint: () => style.dim },
];

/** A name in bold, a title, and the reference: on one line where it fits. */
function titled(name: string, title: string, ref: string, { style, width }: Look): string[] {
  const indent = ' '.repeat(name.length + 2);
  const lines = wrap(`${title} [${ref}]`, width - indent.length);
  return lines.map((line, n) => (n === 0 ? `${style.bold(name)}  ${line}` : indent + line));
}

function page(family: Family, wanted: readonly Variant[], all: boolean, { style, width }: Look): string[] {
  const lines = [
    ...titled(family.id, family.title, citation(family.ref), { style, width }),
    ...(family.aliases?.length ? [`also called ${family.aliases.join(', ')}`] : []),
  ];
  for (const { kind, settings, format } of wanted) {
    const under = Object.entries(settings).map(([key, value]) => `${key}=${settingValue(value)}`);
    const title = `${format.title}${under.length > 0 ? ` (${under.join(' ')})` : ''}`;
    lines.push(
      '',
      ...titled(kind, title, citation(format.ref), { style, width }),
      diagram(format, width),
      ...table(fieldColumns(style), format.rows, { width, indent: 2, head: style.dim }),
    );
  }
  const settings = Object.entries(family.settings);
  if (settings.length > 0)
    lines.push(
      '',
      style.bold('Settings'),
      ...table(
        [
          { title: 'key', text: ([key]) => key, paint: () => style.bold },
          { title: 'default', text: ([, setting]) => settingValue(setting.default) },
          { title: 'accepts', text: ([, setting]) => setting.accepts },
          { title: 'what', text: ([, setting]) => setting.describe, wrap: true },
        ],
        settings,
        { width, indent: 2, head: style.dim },
      ),
    );
  const more = family.variants().length - wanted.length;
  if (!all && more > 0)
    lines.push(
      '',
      style.dim(
        `${more} more layouts under other settings: --variants, or --set ${settings[0]?.[0] ?? 'key'}=…`,
      ),
    );
  return lines;
}

function printFields(output: 'csv' | 'markdown', wanted: readonly Variant[], io: Io): void {
  const columns: Column<readonly [Variant, FormatRow]>[] = [
    { title: 'layout', text: ([{ format }]) => format.id },
    { title: 'title', text: ([{ format }]) => format.title },
    { title: 'bits', text: ([, row]) => positions(row.pieces) },
    { title: 'key', text: ([, row]) => row.key },
    { title: 'name', text: ([, row]) => row.name },
    { title: 'kind', text: ([, row]) => row.kind },
    { title: 'values', text: ([, row]) => valuesText(row) },
    { title: 'reference', text: ([{ format }, row]) => citation(row.ref ?? format.ref) },
  ];
  const rows = wanted.flatMap(variant => variant.format.rows.map(row => [variant, row] as const));
  const texts = rows.map(row => columns.map(column => column.text(row)));
  if (output === 'csv')
    for (const cells of [columns.map(c => c.title), ...texts]) io.out.write(`${csvLine(cells)}\r\n`);
  else
    io.out.write(
      `${[markdownLine(columns.map(c => c.title)), markdownRule(columns), ...texts.map(markdownLine)].join('\n')}\n`,
    );
}
