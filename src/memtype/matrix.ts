/** A table of combinations as the manuals print them: for people, and for comparison with what was reviewed. */
import type { Ref } from '../bits/spec.ts';

export interface Matrix {
  readonly id: string;
  readonly title: string;
  readonly ref: Ref;
  /** What stands in the rows and in the columns. */
  readonly rowName: string;
  readonly columnName: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
}

/** Rows by columns, each cell computed. */
export const rowsOf = <R, C>(
  rows: readonly (readonly [name: string, row: R])[],
  columns: readonly C[],
  cell: (row: R, column: C) => string,
): Matrix['rows'] => rows.map(([name, row]) => ({ name, cells: columns.map(column => cell(row, column)) }));
