/** Ranges of a batch as records: what `walk --json` prints and the table shows. Field names are stable. */
import type { Finding } from '../bits/codec.ts';
import { hex, hexWord, join } from '../bits/word.ts';
import type { LeafBatch } from './batch.ts';
import { type EntryKind, KIND_NAMES, type LeafView, type Level, type Regime } from './regime.ts';

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
  readonly kind?: Exclude<EntryKind, 'leaf'>;
  readonly perm?: string;
  readonly type?: string;
  /** The first descriptor of the run, and where it stands. */
  readonly raw: string;
  readonly at: string;
  readonly findings: readonly Finding[];
  readonly [field: string]: unknown;
}

const FRAME = 4096n;
/** Bytes of a frame number: addresses reach 2^64, beyond an ordinary number. */
export const bytesOf = (frames: number): bigint => BigInt(frames) * FRAME;

/**
 * Makes records of a regime's ranges. What a leaf says depends on its attribute bits only, so each pattern is described
 * once: a listing has few patterns and many ranges.
 */
export class Recorder {
  readonly #regime: Regime;
  readonly #known = new Map<string, LeafView & { readonly findings: readonly Finding[] }>();

  constructor(regime: Regime) {
    this.#regime = regime;
  }

  /** What the leaf at `index` says, its parents included. */
  leaf(batch: LeafBatch, index: number): LeafView & { readonly findings: readonly Finding[] } {
    const regime = this.#regime;
    const level = batch.level[index] as number;
    const inherited = batch.inherited[index] as number;
    const lo = batch.lo[index] as number;
    const hi = batch.hi[index] as number;
    const { attributes } = (regime.levels[level] as Level).leaf;
    const key = `${level} ${inherited} ${(lo & attributes[0]) >>> 0} ${(hi & attributes[1]) >>> 0}`;
    let known = this.#known.get(key);
    if (!known) {
      const reading = regime.read(join(lo, hi), level);
      known = { ...regime.describe(reading, level, inherited), findings: reading.findings };
      if (this.#known.size >= PATTERNS_KEPT) this.#known.clear();
      this.#known.set(key, known);
    }
    return known;
  }

  record(batch: LeafBatch, index: number): WalkRecord {
    const regime = this.#regime;
    const level = batch.level[index] as number;
    const { name, shift } = regime.levels[level] as Level;
    const kind = KIND_NAMES[batch.kind[index] as number] as EntryKind;
    const word = join(batch.lo[index] as number, batch.hi[index] as number);
    const where = {
      regime: regime.id,
      [regime.input]: hex(bytesOf(batch.input[index] as number)),
      ...(kind === 'leaf' ? { [regime.output]: hex(bytesOf(batch.output[index] as number)) } : {}),
      size: hex(bytesOf(batch.frames[index] as number)),
      pageSize: hex(2 ** shift),
      level: name,
    };
    const raw = hexWord(word, regime.entryBytes * 2);
    const at = hex(batch.at[index] as number);
    if (kind === 'leaf') {
      const { perm, type, fields, findings } = this.leaf(batch, index);
      return { ...where, perm, type, ...fields, raw, at, findings };
    }
    const reading = regime.read(word, level);
    return { ...where, kind, ...regime.describePayload(reading, level), raw, at, findings: reading.findings };
  }
}

/** Patterns remembered; a hostile table may hold a new one in every entry. */
const PATTERNS_KEPT = 65536;

/** Every range as a record, one at a time: the caller may stop. */
export function* records(regime: Regime, batch: LeafBatch): Generator<WalkRecord> {
  const recorder = new Recorder(regime);
  for (let index = 0; index < batch.length; index++) yield recorder.record(batch, index);
}
