/** How answers of the KVM model read: what every question shares. */
import { GRADE_MEANS, type Grade } from '../../kvm/evidence.ts';
import type { When } from '../../kvm/query.ts';
import type { Answer } from '../answer.ts';
import { type Column, wrap } from '../table.ts';

/** An answer whose rows are their texts, so that answers about different things have one type. */
export type TextAnswer = Answer<readonly string[]>;

/** A table about one kind of thing. */
interface Typed<R> extends Answer<R> {
  readonly rows: readonly R[];
  readonly columns: readonly Column<R>[];
}

/** The same answer with its rows as texts; they are made as they are printed, once. */
export function texts<R>({ rows, columns, ...answer }: Typed<R>): TextAnswer {
  return {
    ...answer,
    columns: columns.map(({ text: _, paint: _paint, ...column }, i) => ({
      ...column,
      text: row => row[i] as string,
    })),
    rows: (function* () {
      for (const row of rows) yield columns.map(({ text }) => text(row));
    })(),
  };
}

/** `6.17`, or `6.18 (era 6.17)`. */
export const eraText = (kernel: string, era: string): string =>
  kernel === era ? era : `${kernel} (era ${era})`;

/** `M, measured on a running kernel`. */
export const gradeText = (grade: Grade): string => `${grade}, ${GRADE_MEANS[grade]}`;

/** Text under an indent, wrapped. */
export const paragraph = (text: string, width: number, indent: number): string[] =>
  wrap(text, Math.max(30, width - indent)).map(line => ' '.repeat(indent) + line);

/** A label in a column of its own, text wrapped beside it. */
export function labelled(label: string, text: string, width: number, room: number, indent = 2): string[] {
  const lines = wrap(text, Math.max(30, width - indent - room));
  return lines.map(
    (line, i) => ' '.repeat(indent) + (i === 0 ? label.padEnd(room) : ' '.repeat(room)) + line,
  );
}

/** `mapping: VM_PFNMAP; pfn: no-page`, or what it means when nothing is needed. */
export const conditionText = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'always' : conditions.join('; ');

/** The conditions of a class, one list a paragraph. */
export const whenLines = (when: When, width: number, indent: number): string[] =>
  when.flatMap((list, i) => paragraph(`${i === 0 ? '  ' : 'or '}${conditionText(list)}`, width, indent));
