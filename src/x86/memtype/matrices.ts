/** Whole tables of combinations, like the manuals': for printing and for comparison. */
import type { Matrix } from '../../memtype/matrix.ts';
import { answer } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import { type MemoryType, memoryType, type PatType } from '../values/attributes.ts';
import { amdCombine, guestWithHost, intelCombine, type NestedPatType } from './combine.ts';
import { effectiveEpt, effectiveNpt } from './effective.ts';

const MTRR: readonly MemoryType[] = ['UC', 'WC', 'WT', 'WP', 'WB'];
const PAT: readonly PatType[] = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'];
const NESTED: readonly NestedPatType[] = ['UC', 'UC-', 'WC', 'WC+', 'WT', 'WP', 'WB'];

const rows = <R extends string, C>(
  names: readonly R[],
  columns: readonly C[],
  cell: (row: R, column: C) => string,
) => names.map(name => ({ name, cells: columns.map(column => cell(name, column)) }));
const shown = (effective: ReturnType<typeof effectiveEpt>['value']): string =>
  effective.is === 'type' ? effective.type : effective.is;

/** Every EPT type code with and without IPAT, under each type of the guest's PAT. */
const eptRows = () =>
  [0, 1].flatMap(ipat =>
    Array.from({ length: 8 }, (_, memType) => ({
      name: `${memoryType(memType) ?? `code ${memType}`}${ipat ? '+IPAT' : ''}`,
      cells: PAT.map(pat => shown(effectiveEpt({ memType, ipat, pat: answer(pat) }).value)),
    })),
  );
const nptRows = () =>
  PAT.flatMap(guest =>
    PAT.map(host => ({
      name: `${guest} over ${host}`,
      cells: MTRR.map(type =>
        shown(
          effectiveNpt({ guestPat: answer(guest), hostPat: answer(host), mtrr: answer({ is: 'type', type }) })
            .value,
        ),
      ),
    })),
  );

/** The tables there are; their cells are computed when somebody looks. Footnotes of the SDM stand in parentheses. CR0.CD is 0. */
export const MATRICES: readonly Matrix[] = [
  {
    id: 'intel',
    title: 'Intel: effective type by MTRR and PAT',
    ref: sdm('Table "Effective Page-Level Memory Types for Pentium III and More Recent Processor Families"'),
    ...{ rowName: 'MTRR', columnName: 'PAT', columns: PAT },
    get rows() {
      return rows(MTRR, PAT, (mtrr, pat) => {
        const { type, notes } = intelCombine(mtrr, pat).value;
        return notes.length > 0 ? `${type}(${notes.join()})` : type;
      });
    },
  },
  {
    id: 'amd',
    title: 'AMD: effective type by PAT and MTRR (WC+ under nested paging only)',
    ref: apm('Table "Combining PAT and MTRR Types"'),
    ...{ rowName: 'PAT', columnName: 'MTRR', columns: MTRR },
    get rows() {
      return rows(NESTED, MTRR, (pat, mtrr) => amdCombine(mtrr, pat).value.type);
    },
  },
  {
    id: 'npt-pat',
    title: 'AMD nested paging: guest PAT with host PAT',
    ref: apm('Table "Combining Guest and Host PAT Types"'),
    ...{ rowName: 'guest PAT', columnName: 'host PAT', columns: PAT },
    get rows() {
      return rows(PAT, PAT, (guest, host) => guestWithHost(guest, host).value);
    },
  },
  {
    id: 'ept',
    title: 'EPT: effective type by EPT memory type and guest PAT',
    ref: sdm('section "EPT and Memory Typing"'),
    ...{ rowName: 'EPT', columnName: 'guest PAT', columns: PAT },
    get rows() {
      return eptRows();
    },
  },
  {
    id: 'npt',
    title: 'AMD nested paging: effective type by guest PAT over host PAT, and MTRR',
    ref: apm('section "Combining Memory Types, MTRRs"'),
    ...{ rowName: 'guest over host', columnName: 'MTRR', columns: MTRR },
    get rows() {
      return nptRows();
    },
  },
];
