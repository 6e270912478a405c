/** Effective memory types, for people and as records. */
import type { Matrix } from '../memtype/matrix.ts';
import { citation } from '../refs.ts';
import type { EffectiveAnswer, Properties } from '../walk/asked.ts';
import { SCHEMA } from './records.ts';
import type { Look } from './style.ts';
import { type Column, table, wrap } from './table.ts';

const hexByte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

export const effectiveRecord = ({ architecture, given, view, notes, properties, par }: EffectiveAnswer) => ({
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

/** `cacheable, write-back, snooped`: the properties that hold, in words. */
function inWords(properties: Properties): string {
  const { name = '', maintenance, ...facts } = properties as Record<string, string | boolean>;
  const words = Object.entries(facts).flatMap(([key, value]) => {
    const word = key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
    return value === true ? [word] : value === false ? [`no ${word}`] : [`${word}: ${value}`];
  });
  return `${name}: ${words.join(', ')}; maintenance: ${maintenance}`;
}

export function effectiveLines(answer: EffectiveAnswer, { style, width }: Look, explain: boolean): string[] {
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
        ]
      : []),
  ];
}

export const propertyRecord = (
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

export const matrixRecord = (
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
export const matrixRows = ({
  rowName,
  columnName,
  columns,
  rows,
}: Matrix): readonly (readonly string[])[] => [
  [`${rowName} \\ ${columnName}`, ...columns],
  ...rows.map(({ name, cells }) => [name, ...cells]),
];

export function matrixLines(matrix: Matrix, { style, width }: Look): string[] {
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
