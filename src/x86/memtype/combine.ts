/**
 * The manuals' tables in which two types meet: MTRR with PAT (Intel, AMD), and under nested paging the guest's PAT with
 * the host's. The tables are written as they are printed.
 */
import type { Ref } from '../../bits/spec.ts';
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import type { EffectiveType, MemoryType, PatType } from '../values/attributes.ts';

/** What guest and host PAT make together. */
export type NestedPatType = PatType | 'WC+';
export type Vendor = 'intel' | 'amd';

/** A printed table: a heading line of column names, then rows; trailing digits of a cell are footnotes. */
function matrix<Row extends string, Column extends string, Cell extends string>(text: string) {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/));
  const cells = new Map(
    rows.flatMap(([row = '', ...values]) =>
      values.map((value, i) => {
        const [, cell = '', notes = ''] = /^([A-Z]+[-+]?)([\d,]*)$/.exec(value) ?? [];
        const entry = { cell: cell as Cell, notes: notes === '' ? [] : notes.split(',').map(Number) };
        return [`${row} ${head[i]}`, entry] as const;
      }),
    ),
  );
  return (row: Row, column: Column) => {
    const found = cells.get(`${row} ${column}`);
    if (!found) throw new RangeError(`the table has no cell for ${row} and ${column}`);
    return found;
  };
}

/** Rows MTRR, columns PAT. */
const intel = matrix<MemoryType, PatType, MemoryType>(`
       UC     UC-    WC   WT      WP      WB
  UC   UC1    UC1    WC   UC1     UC1     UC1
  WC   UC2    WC     WC   UC2,3   UC2,3   WC
  WT   UC2    UC2    WC   WT      WP3     WT
  WP   UC2    WC3    WC   WT3     WP      WP
  WB   UC2    UC2    WC   WT      WP      WB
`);
const INTEL_REF = sdm(
  'Table "Effective Page-Level Memory Types for Pentium III and More Recent Processor Families"',
);
const FOOTNOTE: Readonly<Record<number, string>> = {
  1: 'UC from the MTRR: caches are not snooped',
  2: 'UC from the page attributes: caches are checked',
  3: 'undefined in old editions of the manual',
};

/** Rows PAT (or guest and host PAT together), columns MTRR. */
const amd = matrix<NestedPatType, MemoryType, EffectiveType>(`
        UC   WC   WP   WT   WB
  UC    UC   CD   CD   CD   CD
  UC-   UC   WC   CD   CD   CD
  WC    WC   WC   WC   WC   WC
  WC+   WC   WC   WC+  WC+  WC+
  WP    UC   CD   WP   CD   WP
  WT    UC   CD   CD   WT   WT
  WB    UC   WC   WP   WT   WB
`);
const AMD_REF = apm('Table "Combined Effect of MTRR and PAT Memory Types"');
const AMD_NESTED_REF = apm('Table "Combining PAT and MTRR Types" (nested paging)');

/** Rows guest PAT, columns host PAT. */
const nested = matrix<PatType, PatType, NestedPatType>(`
        UC   UC-  WC   WP   WT   WB
  UC    UC   UC   UC   UC   UC   UC
  UC-   UC   UC-  WC   UC   UC   UC
  WC    WC   WC   WC   WC+  WC+  WC+
  WP    UC   UC   UC   WP   UC   WP
  WT    UC   UC   UC   UC   WT   WT
  WB    UC   UC   WC   WP   WT   WB
`);
const NESTED_REF = apm('Table "Combining Guest and Host PAT Types"');

const intelMtrrPat = citing('x86.intel.mtrr-pat', INTEL_REF);
const eptCombine = citing('x86.ept.combine', INTEL_REF);
const amdMtrrPat = citing('x86.amd.mtrr-pat', AMD_REF);
const nptMtrr = citing('x86.npt.mtrr', AMD_NESTED_REF);
const guestHost = citing('x86.npt.guest-host', NESTED_REF);

/** What a combination says, with the SDM's footnotes where it has any. */
export type Combined = { readonly type: EffectiveType; readonly notes: readonly number[] };

const noteOf = (notes: readonly number[]) =>
  notes.length > 0 ? { note: notes.map(n => FOOTNOTE[n] ?? `${n}`).join('; ') } : {};

/** Intel: MTRR type with PAT type. `left` names the first operand: under EPT the EPT type takes the MTRR's place. */
export function intelCombine(
  mtrr: MemoryType,
  pat: PatType,
  left = 'MTRR',
  ref: Ref = INTEL_REF,
): Answer<Combined> {
  const { cell: type, notes } = intel(mtrr, pat);
  const operands = { [left]: mtrr, PAT: pat };
  const combine = left === 'MTRR' ? intelMtrrPat : eptCombine;
  return answer({ type, notes }, combine(operands, type, { ...noteOf(notes), ref }));
}

/** AMD: MTRR type with PAT type, or with what guest and host PAT make together. */
export function amdCombine(mtrr: MemoryType, pat: NestedPatType, left = 'PAT'): Answer<Combined> {
  const { cell: type } = amd(pat, mtrr);
  const combine = left === 'PAT' ? amdMtrrPat : nptMtrr;
  return answer({ type, notes: [] }, combine({ [left]: pat, MTRR: mtrr }, type));
}

/** MTRR type with PAT type, by vendor. */
export const mtrrWithPat = (vendor: Vendor, mtrr: MemoryType, pat: PatType): Answer<Combined> =>
  vendor === 'amd' ? amdCombine(mtrr, pat) : intelCombine(mtrr, pat);

/** Nested paging: guest PAT type with host PAT type. */
export function guestWithHost(guest: PatType, host: PatType): Answer<NestedPatType> {
  const { cell: type } = nested(guest, host);
  const doubt = guest === 'WB' && host === 'UC-' ? { note: 'some readings of the manual have UC- here' } : {};
  const operands = { 'guest PAT': guest, 'host PAT': host };
  return answer(type, guestHost(operands, type, doubt));
}
