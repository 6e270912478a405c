/** Effective memory types, for people and as records. */
import type { Matrix } from '../memtype/matrix.ts';
import { citation } from '../refs.ts';
import type { EffectiveAnswer, Properties, TypeRules } from '../walk/asked.ts';
import { type Answer, mapped } from './answer.ts';
import { editionLines } from './editions.ts';
import { SCHEMA } from './records.ts';
import type { Look } from './style.ts';
import { type Column, table, wrap } from './table.ts';

const hexByte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

const effectiveRecord = ({ architecture, given, view, notes, properties, par }: EffectiveAnswer) => ({
  schema: SCHEMA.effective,
  architecture,
  given,
  type: view.type,
  certain: view.certain,
  decidedBy: view.decidedBy,
  notes,
  why: view.why.map(({ rule, because, operands, result, ref }) => ({
    rule,
    because,
    operands,
    result,
    ref: citation(ref),
  })),
  properties,
  ...(par ? { par: { attr: hexByte(par.attr), sh: par.sh } } : {}),
});

/** `earlyAcknowledgement` as people read it. */
const words = (key: string): string => key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);

/** `cacheable, write-back, snooped`: the properties that hold, in words. */
function inWords(properties: Properties): string {
  const { name = '', maintenance, ...facts } = properties as Record<string, string | boolean>;
  const said = Object.entries(facts).flatMap(([key, value]) => {
    const word = words(key);
    return value === true ? [word] : value === false ? [`no ${word}`] : [`${word}: ${value}`];
  });
  return `${name}: ${said.join(', ')}; maintenance: ${maintenance}`;
}

function effectiveLines(answer: EffectiveAnswer, look: Look, explain: boolean): string[] {
  const { style, width } = look;
  const { given, view, notes, properties, par } = answer;
  const fact = (name: string, text: string): string[] => {
    const [head = '', ...rest] = wrap(text, width - 15);
    return [`  ${style.dim(name.padEnd(12))} ${head}`, ...rest.map(line => ' '.repeat(15) + line)];
  };
  return [
    style.bold(view.type),
    ...(view.certain ? [] : fact('', 'not one certain answer')),
    ...notes.flatMap(note => fact('note', note)),
    ...fact('decided by', view.decidedBy),
    ...fact(
      'asked',
      Object.entries(given)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ),
    ...(par
      ? fact(
          'PAR_EL1',
          `ATTR ${hexByte(par.attr)}, SH ${par.sh.map(code => `0b${code.toString(2).padStart(2, '0')}`).join(' or ')}`,
        )
      : []),
    ...(explain
      ? [
          ...view.why.flatMap(({ rule, because, ref }, i) =>
            fact(i === 0 ? 'because' : '', `${rule}: ${because} ${style.dim(`[${citation(ref)}]`)}`),
          ),
          ...properties.flatMap((of, i) => fact(i === 0 ? 'which is' : '', inWords(of))),
          ...editionLines(
            view.why.map(({ ref }) => ref),
            look,
          ),
        ]
      : []),
  ];
}

const propertyRecord = (
  architecture: string,
  type: string,
  { name, ...properties }: { readonly name: string },
) => ({
  schema: SCHEMA.properties,
  architecture,
  type,
  name,
  ...properties,
});

// ------------------------------------------------------------------------------------------------------ tables

const matrixRecord = (
  { id, title, ref, rowName, columnName, columns, rows }: Matrix,
  architecture: string,
) => ({
  schema: SCHEMA.matrix,
  architecture,
  id,
  title,
  ref: citation(ref),
  rowName,
  columnName,
  columns,
  rows,
});

/** Titles, then rows. */
const matrixRows = ({ rowName, columnName, columns, rows }: Matrix): readonly (readonly string[])[] => [
  [`${rowName} \\ ${columnName}`, ...columns],
  ...rows.map(({ name, cells }) => [name, ...cells]),
];

function matrixLines(matrix: Matrix, { style, width }: Look): string[] {
  const [titles = [], ...rows] = matrixRows(matrix);
  const columns: Column<readonly string[]>[] = titles.map((title, at) => ({
    title,
    text: row => (row[at] ?? '').replace('misconfigured', 'misconf.'),
    wrap: true,
    ...(at === 0 ? { paint: () => style.bold } : {}),
  }));
  return [
    `${style.bold(matrix.title)}  ${style.dim(`[${citation(matrix.ref)}]`)}`,
    '',
    ...table(columns, rows, { width, indent: 2, head: style.dim }),
  ];
}

// ------------------------------------------------------------------------------------------------------ answers

/** One combination; `explain` adds the rules that had a say. */
export const effectiveAnswer = (answer: EffectiveAnswer, explain: boolean): Answer<never> => ({
  records: [effectiveRecord(answer)],
  lines: look => effectiveLines(answer, look, explain),
});

/** The cells of a row, by place. */
type Cells = readonly string[];
const cellColumns = (titles: Cells): readonly Column<Cells>[] =>
  titles.map((title, at) => ({ title, text: row => row[at] ?? '' }));

/** A whole table of combinations. */
export function matrixAnswer(matrix: Matrix, architecture: string): Answer<Cells> {
  const [titles = [], ...rows] = matrixRows(matrix);
  return {
    records: [matrixRecord(matrix, architecture)],
    rows,
    columns: cellColumns(titles),
    table: matrix,
    lines: look => matrixLines(matrix, look),
  };
}

const shown = (value: unknown): string => (value === true ? 'yes' : value === false ? 'no' : String(value));
/** What the manual abbreviates too: columns are narrow. */
const short = (text: string): string =>
  text.replace('IMPLEMENTATION DEFINED', 'IMP DEF').replace('CONSTRAINED UNPREDICTABLE', 'CONSTR UNPRED');

/** What the types of an architecture mean: one row a property, for types fit the width of a terminal, properties do not. */
export function propertiesAnswer({ id, properties }: TypeRules): Answer<Cells> {
  const types = Object.entries(properties);
  const keys = Object.keys(types[0]?.[1] ?? {}).filter(key => key !== 'name');
  const rows = keys.map(key => [
    words(key),
    ...types.map(([, of]) => shown(Object.entries(of).find(([name]) => name === key)?.[1])),
  ]);
  const columns = cellColumns(['', ...types.map(([type]) => type)]);
  return {
    records: mapped(types, ([type, of]) => propertyRecord(id, type, of)),
    rows,
    columns,
    lines: ({ style, width }) => [
      style.bold(id),
      ...table(
        columns.map((column, at) => ({
          ...column,
          text: (row: Cells) => short(column.text(row)),
          wrap: at > 0,
        })),
        rows.filter(([name]) => name !== 'maintenance'),
        { width, indent: 2, head: style.dim },
      ),
      '',
      '  which maintenance it needs',
      ...types.map(([type, of]) => `    ${type.padEnd(14)} ${of.maintenance}`),
    ],
  };
}
