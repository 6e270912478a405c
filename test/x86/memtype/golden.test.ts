/**
 * Whole result tables, as text that was read beside the manuals: fixtures/golden/x86/. When a meaning changes, the
 * difference shows exactly which combinations changed.
 */
import { expect, describe as group, test } from 'vitest';
import { MATRICES, type Matrix, parseType } from '../../../src/x86/memtype/index.ts';

function text({ title, rowName, columnName, columns, rows }: Matrix): string {
  const width =
    2 +
    Math.max(...columns.map(name => name.length), ...rows.flatMap(({ cells }) => cells.map(c => c.length)));
  const first = 2 + Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    (name.padEnd(first) + cells.map(cell => cell.padEnd(width)).join('')).trimEnd();
  const body = rows.map(({ name, cells }) => line(name, cells));
  return [`${title}. Rows ${rowName}, columns ${columnName}.`, '', line('', columns), ...body, ''].join('\n');
}

group('result tables', () => {
  test.each(MATRICES.map(matrix => [matrix.id, matrix] as const))('%s', async (id, matrix) => {
    await expect(text(matrix)).toMatchFileSnapshot(`../../../fixtures/golden/x86/${id}.txt`);
  });
});

test('types as people write them', () => {
  expect(
    ['WB', 'write-back', 'Write Combining', 'uncached-minus', 'uncachable', '0x6', '7', 'wp'].map(parseType),
  ).toEqual(['WB', 'WB', 'WC', 'UC-', 'UC', 'WB', 'UC-', 'WP']);
  expect(['', '2', '0x3', 'device', 'wb+ipat'].map(parseType)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
