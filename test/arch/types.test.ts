/**
 * What each architecture says of memory types, whole: tables of combinations and what each type means, as text that was read
 * beside the manuals (fixtures/golden). When a meaning changes, the difference shows exactly which combinations changed.
 */
import { describe, expect, test } from 'vitest';
import { architectures } from '../../src/arch/architectures.ts';
import type { Matrix } from '../../src/memtype/matrix.ts';
import { citation } from '../../src/refs.ts';
import { memattr } from '../cli/harness.ts';

function text({ title, rowName, columnName, columns, rows }: Matrix): string {
  const first = 2 + Math.max(...rows.map(({ name }) => name.length));
  const widths = columns.map(
    (name, c) => 2 + Math.max(name.length, ...rows.map(({ cells }) => cells[c]?.length ?? 0)),
  );
  const line = (name: string, cells: readonly string[]): string =>
    (name.padEnd(first) + cells.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join('')).trimEnd();
  const body = rows.map(({ name, cells }) => line(name, cells));
  return [`${title}. Rows ${rowName}, columns ${columnName}.`, '', line('', columns), ...body, ''].join('\n');
}

describe.each(architectures.map(({ id, types }) => [id, types] as const))('%s', (id, types) => {
  const golden = (name: string): string => `../../fixtures/golden/${id}/${name}`;

  test.each(types.matrices.map(matrix => [matrix.id, matrix] as const))('table %s', async (name, matrix) => {
    for (const { cells } of matrix.rows) expect(cells).toHaveLength(matrix.columns.length);
    expect(citation(matrix.ref)).not.toContain('undefined');
    await expect(text(matrix)).toMatchFileSnapshot(golden(`${name}.txt`));
  });

  test('tables have names of their own', () => {
    const ids = types.matrices.map(matrix => matrix.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(0);
  });

  test('what each type means for accesses', async () => {
    const { out } = await memattr(['effective', id, '--properties', '--output', 'csv']);
    await expect(out.replaceAll('\r\n', '\n')).toMatchFileSnapshot(golden('properties.csv'));
  });
});
