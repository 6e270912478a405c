/**
 * The pages of docs/formats/, made from the families and nothing else: what a page says of a field is what the decoder
 * does with it.
 */

import { families } from '../src/arch/families.ts';
import { carriesValue } from '../src/bits/codec.ts';
import { diagram } from '../src/bits/diagram.ts';
import type { Family, Variant } from '../src/bits/family.ts';
import { type FormatRow, positions, rowWidth } from '../src/bits/format.ts';
import type { ValueTable } from '../src/bits/spec.ts';
import { hex } from '../src/bits/word.ts';
import { citation, EDITIONS } from '../src/refs.ts';

const GENERATED =
  '<!-- Printed from the layouts in src/ by `npm run docs`; edit the rows, not this page. -->';

/** Every page by its file name. */
export function formatPages(all: readonly Family[] = families): Map<string, string> {
  const pages = new Map<string, string>([['README.md', indexPage(all)]]);
  for (const family of all) pages.set(pageName(family), familyPage(family));
  return pages;
}

const pageName = (family: Family): string => `${family.id}.md`;

/** Text that stands in a table cell: a pipe would end the cell, `<` would start a tag. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map(row => `| ${row.join(' | ')} |`),
];

function indexPage(all: readonly Family[]): string {
  const line = (family: Family): string[] => [
    `[${family.id}](${pageName(family)})`,
    cell(family.title),
    (family.aliases ?? []).map(alias => `\`${alias}\``).join(', '),
    `${family.variants().length}`,
    cell(citation(family.ref)),
  ];
  const head = ['format', 'what it is', 'also called', 'layouts', 'reference'];
  const architectures = [...new Set(all.map(family => family.id.split('.')[0] ?? ''))];
  const sections = architectures.flatMap(name =>
    (['descriptor', 'register'] as const).flatMap(role => {
      const members = all.filter(family => family.id.startsWith(`${name}.`) && family.role === role);
      return members.length === 0 ? [] : ['', `## ${name}: ${role}s`, '', ...table(head, members.map(line))];
    }),
  );
  return [
    '# Formats',
    '',
    GENERATED,
    '',
    'Every word that memattr reads, bit by bit. The pages are printed from the same rows that decode and encode, so they',
    'cannot say anything else than the program does. The same text in a terminal: `memattr formats NAME`; a word of yours:',
    '`memattr decode WORD --as NAME`.',
    ...sections,
    '',
    '## How to read a drawing',
    '',
    ...table(
      ['in the box', 'means'],
      [
        ['a name', 'a field that the hardware reads; `Name[h:l]`: only these bits of the field stand here'],
        [
          '`0`, `1` in a box of reserved bits',
          'RES0, RES1 (x86: reserved): must be written so, and a finding if not',
        ],
        [
          'digits as wide as the box',
          'a constant that tells this layout from its neighbours, such as the descriptor type',
        ],
        ['`ign`', 'IGNORED: the hardware never looks at these bits'],
        ['`sw`', 'reserved for software’s use'],
      ],
    ),
    '',
    'Below a drawing stands a table with each field’s name in the manual, the key under which `encode` knows it, and what its',
    'values mean. Bits that are only reserved or ignored are in the drawing alone.',
    '',
    '## Editions',
    '',
    ...Object.values(EDITIONS).map(edition => `- ${edition}`),
    '',
  ].join('\n');
}

function familyPage(family: Family): string {
  const variants = family.variants();
  const settings = Object.entries(family.settings);
  const about = [
    `Reference: ${citation(family.ref)}.`,
    ...(family.aliases?.length
      ? [`Also called ${family.aliases.map(alias => `\`${alias}\``).join(', ')}.`]
      : []),
    `Try: \`memattr ${family.role === 'register' ? `reg ${family.id.split('.').slice(1).join('.')} VALUE` : `decode WORD --as ${family.id}`}\`.`,
  ];
  return [
    `# ${family.id}: ${family.title}`,
    '',
    GENERATED,
    '',
    about.join(' '),
    ...(settings.length > 0
      ? [
          '',
          '## Settings',
          '',
          `What the reading depends on besides the word, given as \`--set key=value\`.`,
          '',
          ...table(
            ['setting', 'values', 'if not given', 'meaning'],
            settings.map(([key, setting]) => [
              `\`${key}\``,
              cell(setting.accepts),
              cell(typeof setting.default === 'bigint' ? hex(setting.default) : String(setting.default)),
              cell(setting.describe),
            ]),
          ),
        ]
      : []),
    ...contents(variants),
    ...variantSections(variants),
    '',
  ].join('\n');
}

const heading = ({ kind, settings }: Variant): string => {
  const given = Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`);
  return `${kind}${given.length > 0 ? `: ${given.join(' ')}` : ''}`;
};
/** The name under which Markdown renderers let a heading be linked. */
const anchor = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');

/** Where a page has many layouts: one line per kind, each setting a link. */
function contents(variants: readonly Variant[]): string[] {
  if (variants.length < 4) return [];
  const kinds = [...new Set(variants.map(variant => variant.kind))];
  return [
    '',
    '## Layouts',
    '',
    ...kinds.map(kind => {
      const links = variants
        .filter(variant => variant.kind === kind)
        .map(variant => {
          const text = heading(variant);
          return `[${text.slice(kind.length + 2) || 'always'}](#${anchor(text)})`;
        });
      return `- ${kind}: ${links.join(' · ')}`;
    }),
  ];
}

/** Heading, drawing and fields of each layout. Within a kind, fields are explained where they first look like this. */
function variantSections(variants: readonly Variant[]): string[] {
  const first = new Map<string, Variant>();
  return variants.flatMap(variant => {
    const base = first.get(variant.kind);
    if (!base) first.set(variant.kind, variant);
    const known = new Set(base?.format.rows.map(explained));
    const fresh = variant.format.rows.filter(row => !known.has(explained(row)));
    return [
      '',
      `## ${heading(variant)}`,
      '',
      `${sentence(variant.format.title)} (${citation(variant.format.ref)})`,
      '',
      '```',
      diagram(variant.format),
      '```',
      ...(fresh.length > 0
        ? [
            '',
            ...(base ? [`What differs from the first ${variant.kind} layout above:`, ''] : []),
            ...fieldTable(base ? fresh : fresh.filter(worthALine), citation(variant.format.ref)),
          ]
        : ['', `Every field as in the first ${variant.kind} layout above.`]),
    ];
  });
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Everything that the field table says of a row. */
const explained = (row: FormatRow): string =>
  [positions(row.pieces), row.key, row.name, row.kind, row.value, row.note, JSON.stringify(row.values)].join(
    '\n',
  );

/** Bits that are nothing but reserved or ignored stand in the drawing; a line of their own would say no more. */
const worthALine = (row: FormatRow): boolean =>
  row.note !== undefined ||
  row.kind === 'software' ||
  !/^(RES[01]|IGNORED|Reserved|ignored)\[/.test(row.name);

function fieldTable(rows: readonly FormatRow[], reference: string): string[] {
  return table(
    ['bits', 'field', 'key', 'meaning', 'reference'],
    rows.map(row => [
      positions(row.pieces),
      cell(row.name.replace(/^(RES[01]|IGNORED|Reserved|ignored|software)\[[\d:]+\]$/, '$1')),
      carriesValue(row) && row.kind !== 'fixed' ? `\`${row.key}\`` : '',
      [meaning(row), ...(row.note ? [cell(row.note)] : [])].filter(text => text !== '').join('<br>'),
      row.ref && citation(row.ref) !== reference ? cell(citation(row.ref)) : '',
    ]),
  );
}

function meaning(row: FormatRow): string {
  switch (row.kind) {
    case 'res0':
      return 'reserved, 0';
    case 'res1':
      return 'reserved, 1';
    case 'fixed':
      return `always \`0b${(row.value ?? 0).toString(2).padStart(rowWidth(row), '0')}\``;
    case 'ignored':
      return row.name.startsWith('IGNORED') ? 'ignored' : 'ignored by hardware';
    case 'software':
      return row.name.startsWith('ignored') ? 'ignored: free for software' : 'for software’s use';
    case 'addr':
      return row.shift > 0
        ? `address in bytes, a multiple of ${hex(1n << BigInt(row.shift))}`
        : 'address in bytes';
    default:
      return row.values ? valueList(row.values, rowWidth(row)) : '';
  }
}

/** One line per meaning; values that mean the same share it. */
function valueList(values: ValueTable, width: number): string {
  const codes = new Map<string, string[]>();
  values.forEach((value, code) => {
    const text = typeof value === 'string' ? value : value.reserved;
    const digits = width > 8 ? hex(code) : code.toString(2).padStart(width, '0');
    codes.set(text, [...(codes.get(text) ?? []), digits]);
  });
  return [...codes].map(([text, list]) => `${codeList(list)} ${cell(text)}`).join('<br>');
}

/** Many codes with one meaning: the first ones and the last. */
const codeList = (codes: readonly string[]): string =>
  (codes.length > 16 ? [...codes.slice(0, 3), '…', codes.at(-1)] : codes)
    .map(code => (code === '…' ? code : `\`${code}\``))
    .join(' ');
