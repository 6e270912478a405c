/** What answers of `kvm predict` share on both architectures. */
import { groupBy } from '../../bits/group-by.ts';
import { type Evidence, GRADE_MEANS, type Grade } from '../../kvm/evidence.ts';
import type { GuestView } from '../../kvm/guest.ts';
import type { TraceStep } from '../../kvm/policy.ts';
import { SCHEMA } from '../records.ts';
import type { Look, Style } from '../style.ts';
import { type Column, table, wrap } from '../table.ts';
import { labelled, paragraph, type TextAnswer, texts } from './text.ts';

/** A prediction with the names by which kernel and CPU were asked for. */
export type Asked<P> = P & {
  readonly kernel: string;
  readonly cpuName: string;
  readonly cpuEvidence: readonly Evidence[];
  /** What nobody said: the kernel, the CPU, the mapping; and what is doubtful about the kernel that somebody named. */
  readonly assumed: readonly string[];
};

/** What is shown of the conditions: none, those that held, all that were asked. */
export type Shown = 'none' | 'held' | 'all';

/** A row of the table, and its number in it. */
interface Numbered<R> {
  readonly row: R;
  readonly number: number;
}

/**
 * One prediction alone is told in lines, several are a table.
 * @param reasonOf why a row is so, in a sentence: below the table, each once
 */
export function predictionsAnswer<P extends Pick<Asked<object>, 'assumed'> & { readonly grade: Grade }, R>(
  predictions: readonly P[],
  rowsOf: (p: P) => readonly R[],
  columns: readonly Column<R>[],
  linesOf: (only: P, look: Look) => string[],
  reasonOf: (row: R) => string,
  shown: Shown,
): TextAnswer {
  const [only, ...others] = predictions;
  const rows = predictions.flatMap(rowsOf);
  return texts({
    records: predictions.map(prediction => ({
      schema: SCHEMA.kvmPredict,
      ...(shown === 'none' ? withoutTraces(prediction) : prediction),
    })),
    rows,
    columns: [...columns, { title: 'because', text: reasonOf }],
    lines: look =>
      only !== undefined && others.length === 0
        ? [...linesOf(only, look), ...assumedLines(predictions, look)]
        : [
            ...numberedLines(columns, rows, reasonOf, look),
            ...legendLines(predictions, look),
            ...assumedLines(predictions, look),
          ],
  });
}

function numberedLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  reasonOf: (row: R) => string,
  { style, width }: Look,
): string[] {
  const numbered = rows.map((row, i): Numbered<R> => ({ row, number: i + 1 }));
  const own = columns.map(
    ({ title, text, wrap: may = false }): Column<Numbered<R>> => ({
      title,
      text: ({ row }) => text(row),
      wrap: may,
    }),
  );
  const number: Column<Numbered<R>> = { title: '#', text: row => `${row.number}`, align: 'right' };
  const reasons = groupBy(numbered, ({ row }) => reasonOf(row));
  return [
    ...table([number, ...own], numbered, { width, head: style.dim }),
    '',
    ...[...reasons].flatMap(([reason, same]) =>
      labelled(same.map(row => row.number).join(', '), reason, width, 12, 0),
    ),
  ];
}

/** The same without the conditions that were asked, wherever they stand. */
function withoutTraces(value: object): object {
  const plain = (one: unknown): unknown =>
    Array.isArray(one)
      ? one.map(plain)
      : typeof one === 'object' && one !== null
        ? Object.fromEntries(
            Object.entries(one).flatMap(([key, inner]) => (key === 'trace' ? [] : [[key, plain(inner)]])),
          )
        : one;
  return plain(value) as object;
}

/** What the letters of the last column mean, those that stand there. */
function legendLines(predictions: readonly { readonly grade: Grade }[], { style, width }: Look): string[] {
  const grades = [...new Set(predictions.map(({ grade }) => grade))];
  const text = `ev: ${grades.map(grade => `${grade} ${GRADE_MEANS[grade]}`).join(', ')}`;
  return ['', ...wrap(text, width).map(style.dim)];
}

function assumedLines(
  predictions: readonly Pick<Asked<object>, 'assumed'>[],
  { style, width }: Look,
): string[] {
  const texts = [...new Set(predictions.flatMap(({ assumed }) => assumed))];
  return texts.length === 0 ? [] : ['', ...wrap(`assumed: ${texts.join('; ')}`, width).map(style.dim)];
}

export const ACCESS_NAME = { read: 'load', write: 'store', exec: 'fetch' } as const;

/** Room for `load, store, fetch`. */
export const LABEL = 20;

/** The conditions that held, or all that were asked, indented below what they belong to. */
export const traceLines = (
  trace: readonly TraceStep[],
  style: Style,
  width: number,
  shown: Shown,
): string[] =>
  trace.flatMap(step => {
    if (shown === 'none' || (shown === 'held' && !step.held)) return [];
    const saw = Object.entries(step.saw)
      .map(([name, value]) => `${name}=${value === true ? 'yes' : value === false ? 'no' : value}`)
      .join(' ');
    const head = `      ${step.held ? '*' : ' '} ${step.id}: ${step.condition}`;
    return [
      step.held ? style.bold(head) : style.dim(head),
      ...paragraph(`${step.says} ${step.held ? `=> ${step.effect}` : ''}`.trim(), width, 10),
      style.dim(`          saw ${saw || 'nothing'}`),
      ...step.evidence.map(e => style.dim(`          ${e.grade}: ${e.source}`)),
    ];
  });

/** Who decides the type that the guest gets, and what becomes of each of its own types. */
export function guestLines(
  view: GuestView<string, string>,
  types: readonly string[],
  width: number,
): string[] {
  const same = types.filter(t => view.effective[t] === t);
  const changed = types.filter(t => view.effective[t] !== t);
  const text =
    view.control === 'guaranteed'
      ? `guaranteed: always ${view.type}, whatever its own tables say`
      : view.control === 'guest decides'
        ? 'guest decides: every type of its own tables gets through'
        : `overridden: ${changed.map(t => `${t} -> ${view.effective[t]}`).join(', ')}; kept: ${same.join(', ') || 'none'}`;
  return labelled('guest gets', text, width, LABEL);
}

/** Where the features of a CPU that was named come from. */
export const cpuLines = (evidence: readonly Evidence[], style: Style, width: number): string[] =>
  evidence.flatMap(e => labelled('', `${e.grade}: ${e.source}`, width, 4).map(style.dim));
