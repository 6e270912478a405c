/**
 * Whole result tables, as text that was read beside the manuals: fixtures/golden/x86/. When a meaning changes, the
 * difference shows exactly which combinations changed.
 */
import { expect, describe as group, test } from 'vitest';
import {
  amdCombine,
  effectiveEpt,
  effectiveNpt,
  guestWithHost,
  intelCombine,
  type NestedPatType,
} from '../../../src/x86/memtype/index.ts';
import type { MemoryType, PatType } from '../../../src/x86/registers/attributes.ts';

const MTRR: readonly MemoryType[] = ['UC', 'WC', 'WT', 'WP', 'WB'];
const PAT: readonly PatType[] = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'];
const EPT_CODES = [0, 1, 2, 3, 4, 5, 6, 7];

const table = (
  title: string,
  columns: readonly string[],
  rows: readonly (readonly [string, readonly string[]])[],
) => {
  const width =
    2 +
    Math.max(...columns.map(text => text.length), ...rows.flatMap(([, cells]) => cells.map(c => c.length)));
  const first = 2 + Math.max(...rows.map(([name]) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    (name.padEnd(first) + cells.map(cell => cell.padEnd(width)).join('')).trimEnd();
  return [title, '', line('', columns), ...rows.map(([name, cells]) => line(name, cells)), ''].join('\n');
};
const golden = (name: string, text: string) =>
  expect(text).toMatchFileSnapshot(`../../../fixtures/golden/x86/${name}.txt`);
const given = <const T>(answer: T) => ({ answer, reasons: [] });
const shown = (effective: ReturnType<typeof effectiveEpt>['answer']): string =>
  effective.is === 'type' ? effective.type : effective.is;

group('result tables', () => {
  test('Intel: MTRR with PAT', async () => {
    const cell = (mtrr: MemoryType, pat: PatType): string => {
      const { type, notes } = intelCombine(mtrr, pat).answer;
      return type + (notes.length > 0 ? `(${notes.join()})` : '');
    };
    await golden(
      'mtrr-pat-intel',
      table(
        'Effective type. Rows MTRR, columns PAT; footnotes as in the SDM.',
        PAT,
        MTRR.map(row => [row, PAT.map(pat => cell(row, pat))]),
      ),
    );
  });
  test('AMD: PAT with MTRR', async () => {
    const rows: readonly NestedPatType[] = ['UC', 'UC-', 'WC', 'WC+', 'WP', 'WT', 'WB'];
    const cells = (pat: NestedPatType): string[] => MTRR.map(mtrr => amdCombine(mtrr, pat).answer.type);
    await golden(
      'pat-mtrr-amd',
      table(
        'Effective type. Rows PAT (WC+: nested paging only), columns MTRR.',
        MTRR,
        rows.map(row => [row, cells(row)]),
      ),
    );
  });
  test('nested paging: guest PAT with host PAT', async () => {
    await golden(
      'guest-host-pat-amd',
      table(
        'Combined PAT type. Rows guest, columns host.',
        PAT,
        PAT.map(guest => [guest, PAT.map(host => guestWithHost(guest, host).answer)]),
      ),
    );
  });
  test('EPT: every type code, IPAT and guest PAT', async () => {
    const rows = EPT_CODES.flatMap(memType =>
      [0, 1].map((ipat): readonly [string, readonly string[]] => [
        `EPT ${memType} IPAT=${ipat}`,
        PAT.map(pat => shown(effectiveEpt({ memType, ipat, pat: given(pat) }).answer)),
      ]),
    );
    await golden('ept', table('Effective type with CR0.CD = 0. Columns guest PAT.', PAT, rows));
  });
  test('nested paging: guest PAT, host PAT, MTRR', async () => {
    const rows = PAT.flatMap(guest =>
      PAT.map((host): readonly [string, readonly string[]] => [
        `guest ${guest} host ${host}`,
        MTRR.map(type =>
          shown(
            effectiveNpt({ guestPat: given(guest), hostPat: given(host), mtrr: given({ is: 'type', type }) })
              .answer,
          ),
        ),
      ]),
    );
    await golden(
      'npt',
      table('Effective type with CR0.CD = 0. Columns MTRR of the system physical address.', MTRR, rows),
    );
  });
});
