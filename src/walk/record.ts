/** Ranges of a batch as records: what `walk --json` prints and the table shows. Field names are stable. */
import type { Finding } from '../bits/codec.ts';
import { hex, join } from '../bits/word.ts';
import { frameHex } from '../image/frames.ts';
import type { LeafBatch } from './batch.ts';
import {
  type EntryKind,
  formOf,
  KIND_NAMES,
  type LeafView,
  type Level,
  OBSTACLE,
  type Regime,
} from './regime.ts';
import type { Obstacle } from './result.ts';

/** One range. Addresses and sizes are hex text; the input stands under `va`, `ipa` or `gpa`, the output likewise. */
export interface WalkRecord {
  readonly regime: string;
  readonly va?: string;
  readonly ipa?: string;
  readonly gpa?: string;
  readonly pa?: string;
  /** Bytes of the whole run, and of one entry. */
  readonly size: string;
  readonly pageSize: string;
  /** The manual's level number. */
  readonly level: number;
  /** Absent for leaves; says what else a range is. */
  readonly kind?: Exclude<EntryKind, 'leaf'> | Obstacle['kind'];
  readonly perm?: string;
  readonly type?: string;
  /** The first descriptor of the run: absent where the table cannot be read. */
  readonly raw?: string;
  /** Where it stands; of a table that cannot be read, where that stands. */
  readonly at?: string;
  readonly findings: readonly Finding[];
  readonly [field: string]: unknown;
}

const half = (word: number): string => word.toString(16).padStart(8, '0');

/** What a leaf says, and what is wrong with it. */
export type Described = LeafView & { readonly findings: readonly Finding[] };

/**
 * Makes records of a regime's ranges. What a leaf says depends on its attribute bits only, so each pattern is described
 * once: a listing has few patterns and many ranges.
 */
export class Recorder {
  readonly #regime: Regime;
  readonly #obstacles: readonly Obstacle[];
  readonly #more: Readonly<Record<string, undefined>>;
  readonly #known = new Map<number, Map<number, Described>>();
  /** A record for every leaf that says this; place, size and word are still to be put in. */
  readonly #forms = new WeakMap<Described, WalkRecord>();

  /** `more`: keys that leaves get besides, to be filled in by the caller. */
  constructor(regime: Regime, more: readonly string[] = [], obstacles: readonly Obstacle[] = []) {
    this.#regime = regime;
    this.#obstacles = obstacles;
    this.#more = Object.fromEntries(more.map(key => [key, undefined]));
  }

  /** What the leaf at `index` says, its parents included. */
  leaf(batch: LeafBatch, index: number): Described {
    const regime = this.#regime;
    const level = batch.level[index] as number;
    const inherited = batch.inherited[index] as number;
    const lo = batch.lo[index] as number;
    const hi = batch.hi[index] as number;
    const { attributes } = formOf(regime.levels[level] as Level, lo, hi);
    const high = (((hi & attributes[1]) >>> 0) * 8 + level) * 256 + inherited; // exact: 32 + 3 + 8 bits
    const low = (lo & attributes[0]) >>> 0;
    let byLow = this.#known.get(high);
    if (!byLow) {
      if (this.#known.size >= PATTERNS_KEPT) this.#known.clear();
      byLow = new Map();
      this.#known.set(high, byLow);
    }
    let known = byLow.get(low);
    if (!known) {
      const reading = regime.read(join(lo, hi), level);
      known = { ...regime.describe(reading, level, inherited), findings: reading.findings };
      if (byLow.size >= PATTERNS_KEPT) byLow.clear();
      byLow.set(low, known);
    }
    return known;
  }

  record(batch: LeafBatch, index: number): WalkRecord {
    const regime = this.#regime;
    const level = batch.level[index] as number;
    const kind = KIND_NAMES[batch.kind[index] as number] as EntryKind;
    const lo = batch.lo[index] as number;
    const hi = batch.hi[index] as number;
    const input = frameHex(batch.input[index] as number);
    const size = frameHex(batch.frames[index] as number);
    const raw = regime.entryBytes === 8 ? `0x${half(hi)}${half(lo)}` : `0x${half(lo)}`;
    const at = hex(batch.at[index] as number);
    if (kind === 'leaf') {
      const form = this.#formOf(this.leaf(batch, index), level);
      const record: Record<string, unknown> = { ...form };
      record[regime.input] = input;
      record[regime.output] = frameHex(batch.output[index] as number);
      record.size = size;
      record.raw = raw;
      record.at = at;
      return record as WalkRecord & typeof record;
    }
    const { name, shift } = regime.levels[level] as Level;
    const place = { regime: regime.id, [regime.input]: input, size, pageSize: hex(2 ** shift), level: name };
    if (batch.kind[index] === OBSTACLE) {
      const obstacle = this.#obstacles[lo]; // whoever has the ranges alone is not told why
      const kind = obstacle?.kind ?? 'hidden-by-second-stage';
      return { ...place, kind, at, findings: obstacle ? [obstacle.finding] : [] };
    }
    const reading = regime.read(join(lo, hi), level);
    return {
      ...place,
      kind,
      ...regime.describePayload(reading, level),
      raw,
      at,
      findings: reading.findings,
    };
  }

  /**
   * Keys in the order in which they are printed. Copied for every range, and nothing is added to the copy: that costs 0.06 us,
   * making the keys anew 14, adding some 5 (bench: a walk of 276 000 ranges).
   */
  #formOf(described: Described, level: number): WalkRecord {
    let form = this.#forms.get(described);
    if (!form) {
      const { perm, type, fields, findings } = described;
      const { id, input, output, levels } = this.#regime;
      const { name, shift } = levels[level] as Level;
      const place = {
        regime: id,
        [input]: '',
        [output]: '',
        size: '',
        pageSize: hex(2 ** shift),
        level: name,
      };
      form = { ...place, perm, type, ...fields, raw: '', at: '', findings, ...this.#more };
      this.#forms.set(described, form);
    }
    return form;
  }
}

/** Patterns remembered; a hostile table may hold a new one in every entry. */
const PATTERNS_KEPT = 4096;

/** Every range as a record, one at a time: the caller may stop. */
export function* records(
  regime: Regime,
  batch: LeafBatch,
  obstacles: readonly Obstacle[] = [],
): Generator<WalkRecord> {
  const recorder = new Recorder(regime, [], obstacles);
  for (let index = 0; index < batch.length; index++) yield recorder.record(batch, index);
}
