/**
 * Totals of a tree without enumerating it: every distinct table is read once, whatever the number of ways that lead to
 * it. A self-mapped or hostile tree costs what its distinct tables cost.
 */
import { join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { Classifier } from './classifier.ts';
import type { EntryForm, Regime } from './regime.ts';

export interface SummaryRow {
  /** Memory type of this stage, in the manual's words. */
  readonly type: string;
  readonly perm: string;
  /** The manual's level number, and bytes per entry. */
  readonly level: number;
  readonly pageSize: number;
  /** Leaf entries, and the bytes they map. Counted once per way that leads to them. */
  readonly entries: number;
  readonly bytes: number;
}

export interface Summary {
  readonly regime: Regime;
  /** Largest first. */
  readonly rows: readonly SummaryRow[];
  readonly bytes: number;
  readonly payload: number;
  readonly faults: number;
  /** Distinct tables read, and ways that lead to a table the image does not hold. */
  readonly tables: number;
  readonly missing: number;
  readonly stopped?: string;
}

/** What lies below one table: leaf entries by class, and what could not be counted. */
interface Totals {
  readonly leaves: Map<number, number>;
  payload: number;
  faults: number;
  missing: number;
}

interface LeafClass {
  readonly level: number;
  readonly perm: string;
  readonly type: string;
}

export interface SummaryOptions {
  /** Distinct tables to read at most. Default 2^20. */
  readonly maxTables?: number;
}

export function summarise(regime: Regime, memory: AddressSpace, options: SummaryOptions = {}): Summary {
  const maxTables = options.maxTables ?? 2 ** 20;
  const classifier = new Classifier(regime);
  const classes: LeafClass[] = [];
  const classIds = new Map<string, number>();
  const patterns = new Map<string, number>();
  const memo = new Map<string, Totals>();
  let tables = 0;
  let stopped: string | undefined;

  /** The class of a leaf: permissions and type, which many attribute patterns share. */
  const leafClass = (lo: number, hi: number, level: number, inherited: number, form: EntryForm): number => {
    const pattern = `${level} ${inherited} ${(lo & form.attributes[0]) >>> 0} ${(hi & form.attributes[1]) >>> 0}`;
    let id = patterns.get(pattern);
    if (id === undefined) {
      const { perm, type } = regime.describe(regime.read(join(lo, hi), level), level, inherited);
      const key = `${level} ${perm} ${type}`;
      id = classIds.get(key) ?? classes.push({ level, perm, type }) - 1;
      classIds.set(key, id);
      if (patterns.size > 65536) patterns.clear(); // a hostile table may hold a new pattern in every entry
      patterns.set(pattern, id);
    }
    return id;
  };

  const below = (address: number, level: number, entries: number, inherited: number): Totals => {
    const key = `${address} ${level} ${entries} ${inherited}`;
    const known = memo.get(key);
    if (known) return known;
    const totals: Totals = { leaves: new Map(), payload: 0, faults: 0, missing: 0 };
    memo.set(key, totals);
    if (++tables > maxTables) {
      stopped = `stopped after ${maxTables} distinct tables`;
      return totals;
    }
    const { entryBytes, levels, payload } = regime;
    const { pointsToTable, table, leaf } = levels[level] as Regime['levels'][number];
    const step = entryBytes / 4;
    let words: Uint32Array | undefined;
    for (let i = 0; i < entries && stopped === undefined; i++) {
      const place = address + i * entryBytes;
      if (i === 0 || place % 4096 === 0) {
        words = memory.page(Math.floor(place / 4096));
        if (!words) totals.missing++;
      }
      if (!words) continue;
      const offset = (place % 4096) / 4;
      const lo = words[offset] as number;
      const hi = step === 2 ? (words[offset + 1] as number) : 0;
      if (lo === 0 && hi === 0) continue;
      const asTable = pointsToTable(lo, hi);
      const form = asTable ? table : leaf;
      const { kind, inherits } = classifier.classOf(lo, hi, level, asTable, form);
      if (kind === 'leaf') {
        const id = leafClass(lo, hi, level, inherited, form);
        totals.leaves.set(id, (totals.leaves.get(id) ?? 0) + 1);
      } else if (kind === 'table') {
        const next = levels[level - 1];
        if (next)
          add(totals, below(form.address(lo, hi), level - 1, 2 ** next.indexBits, inherited | inherits));
      } else if (kind === 'fault') totals.faults++;
      else if ((lo & payload[0]) !== 0 || (hi & payload[1]) !== 0) totals.payload++;
    }
    return totals;
  };

  const sum: Totals = { leaves: new Map(), payload: 0, faults: 0, missing: 0 };
  for (const root of regime.roots) add(sum, below(root.address, root.level, root.entries, 0));
  const rows = [...sum.leaves].map(([id, entries]): SummaryRow => {
    const { level, perm, type } = classes[id] as LeafClass;
    const { name, shift } = regime.levels[level] as Regime['levels'][number];
    return { type, perm, level: name, pageSize: 2 ** shift, entries, bytes: entries * 2 ** shift };
  });
  rows.sort((a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1));
  return {
    regime,
    rows,
    bytes: rows.reduce((n, row) => n + row.bytes, 0),
    payload: sum.payload,
    faults: sum.faults,
    missing: sum.missing,
    tables: Math.min(tables, maxTables),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

function add(to: Totals, from: Totals): void {
  for (const [id, entries] of from.leaves) to.leaves.set(id, (to.leaves.get(id) ?? 0) + entries);
  to.payload += from.payload;
  to.faults += from.faults;
  to.missing += from.missing;
}
