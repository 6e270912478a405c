/** Ranges of a batch as records: what `walk --json` prints and the table shows. Field names are stable. */
import type { Finding } from '../bits/codec.ts';
import { hex, hexWord, join } from '../bits/word.ts';
import type { LeafBatch } from './batch.ts';
import { type EntryKind, KIND_NAMES, type Regime } from './regime.ts';

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

export function recordOf(regime: Regime, batch: LeafBatch, index: number): WalkRecord {
  const level = batch.level[index] as number;
  const { name, shift } = regime.levels[level] as Regime['levels'][number];
  const kind = KIND_NAMES[batch.kind[index] as number] as EntryKind;
  const word = join(batch.lo[index] as number, batch.hi[index] as number);
  const reading = regime.read(word, level);
  const where = {
    regime: regime.id,
    [regime.input]: hex(bytesOf(batch.input[index] as number)),
    ...(kind === 'leaf' ? { [regime.output]: hex(bytesOf(batch.output[index] as number)) } : {}),
    size: hex(bytesOf(batch.frames[index] as number)),
    pageSize: hex(2 ** shift),
    level: name,
  };
  const tail = {
    raw: hexWord(word, regime.entryBytes * 2),
    at: hex(batch.at[index] as number),
    findings: reading.findings,
  };
  if (kind !== 'leaf') return { ...where, kind, ...regime.describePayload(reading, level), ...tail };
  const { perm, type, fields } = regime.describe(reading, level, batch.inherited[index] as number);
  return { ...where, perm, type, ...fields, ...tail };
}

/** Every range as a record, one at a time: the caller may stop. */
export function* records(regime: Regime, batch: LeafBatch): Generator<WalkRecord> {
  for (let index = 0; index < batch.length; index++) yield recordOf(regime, batch, index);
}
