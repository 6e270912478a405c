/** What runs into a limit is no ordinary tree. */
const LARGER = 'the tree is larger: its tables are reached along many ways, or contain each other';

/**
 * The way down a tree for those who want ranges: what is followed, and what one entry means for the result. How the entries
 * of a page are read is left to the walkers.
 */
import type { AddressSpace } from '../image/address-space.ts';
import {
  ALL_FRAMES,
  addressOf,
  type Bytes,
  type Frame,
  frameOf,
  framesOfShift,
  inPage,
} from '../image/frames.ts';
import { BatchBuilder } from './batch.ts';
import { Classifier } from './classifier.ts';
import { beyondOutput, Descent, obstacleAt, rootParts } from './descent.ts';
import { type EntryForm, KIND, type Level, OBSTACLE, outputFrame, type Regime, type Root } from './regime.ts';
import {
  limitsOf,
  MISSING_KEPT,
  type MissingTable,
  type Obstacle,
  type WalkOptions,
  type WalkResult,
} from './result.ts';

export abstract class Traversal extends Descent {
  readonly classifier: Classifier;
  readonly from: Frame;
  readonly to: Frame;
  readonly listPayload: boolean;
  readonly ignore: readonly [lo: number, hi: number];
  readonly batch = new BatchBuilder();
  protected readonly maxTables: number;
  readonly #maxRanges: number;
  /** Above the last output frame. */
  readonly #outputEnd: Frame;
  readonly #missing: MissingTable[] = [];
  #missingTotal = 0;
  readonly #obstacles: Obstacle[] = [];
  protected tables = 0;
  protected leaves = 0;
  protected payload = 0;
  protected faults = 0;

  constructor(regime: Regime, memory: AddressSpace, options: WalkOptions) {
    super(regime, memory);
    this.classifier = new Classifier(regime);
    const { outputBits } = regime;
    this.#outputEnd = outputBits === undefined ? Number.POSITIVE_INFINITY : framesOfShift(outputBits);
    this.from = options.from ?? 0;
    this.to = options.to ?? ALL_FRAMES;
    this.listPayload = options.payload ?? false;
    this.ignore = options.ignore ?? [0, 0];
    const { maxTables, maxRanges } = limitsOf(memory, options);
    this.maxTables = maxTables;
    this.#maxRanges = maxRanges;
  }

  root(root: Root): void {
    const { address, level } = root;
    const obstacle = obstacleAt(root, this.memory);
    for (const { first, end, input } of rootParts(this.regime, root)) {
      if (this.stopped !== undefined) return;
      if (obstacle) {
        this.hinder(obstacle, address, end - first, level, input);
        continue;
      }
      if (first > 0) this.tables--; // two halves of one table
      this.table(address, level, input, first, end, 0);
    }
  }

  result(): WalkResult {
    return {
      regime: this.regime,
      leaves: this.batch,
      counts: { tables: this.tables, leaves: this.leaves, payload: this.payload, faults: this.faults },
      missing: this.#missing,
      missingTotal: this.#missingTotal,
      obstacles: this.#obstacles,
      ...(this.stopped === undefined ? {} : { stopped: this.stopped }),
    };
  }

  protected override table(
    address: Bytes,
    level: number,
    inputFrame: Frame,
    first: number,
    end: number,
    inherited: number,
  ): void {
    if (this.stopped !== undefined) return;
    if (++this.tables > this.maxTables) this.stopped = `stopped after ${this.maxTables} tables: ${LARGER}`;
    else super.table(address, level, inputFrame, first, end, inherited);
  }

  /** A piece of a table is not in the image. */
  protected note(place: Bytes, count: number, level: number, input: Frame): void {
    const frames = count * (this.spans[level] as number);
    if (input >= this.to || input + frames <= this.from) return;
    const finding = this.memory.refusal?.(frameOf(place));
    if (finding) {
      this.hinder({ kind: 'hidden-by-second-stage', finding }, place, count, level, input);
      return;
    }
    this.#missingTotal++;
    if (this.#missing.length < MISSING_KEPT) this.#missing.push({ address: place, level, input, frames });
  }

  /** What some entries would translate becomes a range of its own: their table cannot be read. */
  protected hinder(obstacle: Obstacle, place: Bytes, count: number, level: number, input: Frame): void {
    if (this.stopped !== undefined) return;
    const frames = count * (this.spans[level] as number);
    if (input >= this.to || input + frames <= this.from) return;
    const index = this.#obstacles.push(obstacle) - 1;
    const { leaf } = this.regime.levels[level] as Level;
    this.emit(input, 0, frames, index, 0, place, level, OBSTACLE, 0, leaf);
    this.faults++;
  }

  /** Every entry of a piece, one by one. */
  protected entries(
    words: Uint32Array,
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
    inherited: number,
  ): void {
    const span = this.spans[level] as number;
    const { entryBytes } = this.regime;
    const step = entryBytes / 4;
    const offset = inPage(place) / 4;
    for (let i = 0; i < count; i++) {
      const lo = words[offset + i * step] as number;
      const hi = step === 2 ? (words[offset + i * step + 1] as number) : 0;
      if (lo === 0 && hi === 0) continue;
      const frame = input + i * span;
      if (frame >= this.to) return;
      if (frame + span <= this.from) continue;
      this.entry(lo, hi, frame, place + i * entryBytes, level, inherited);
      if (this.stopped !== undefined) return;
    }
  }

  /** One entry that is not zero. */
  protected entry(lo: number, hi: number, frame: Frame, at: Bytes, level: number, inherited: number): void {
    const { levels, payload } = this.regime;
    const span = this.spans[level] as number;
    const { pointsToTable, table, leaf, group } = levels[level] as Level;
    const asTable = pointsToTable(lo, hi);
    const form = asTable ? table : group?.has(lo, hi) ? group.form : leaf;
    const { kind, inherits } = this.classifier.classOf(lo, hi, level, asTable, form);
    switch (kind) {
      case 'table': {
        const below = levels[level - 1];
        if (below)
          this.table(form.address(lo, hi), level - 1, frame, 0, 2 ** below.indexBits, inherited | inherits);
        break;
      }
      case 'leaf': {
        const output = outputFrame(form, lo, hi, frame);
        const room = Math.min(span, this.#outputEnd - output);
        this.emit(frame, output, room, lo, hi, at, level, KIND.leaf, inherited, form);
        if (room < span) this.#beyond(frame, output, room, span, at, level);
        if (this.stopped === undefined) this.leaves++;
        break;
      }
      case 'fault':
        this.emit(frame, 0, span, lo, hi, at, level, KIND.fault, inherited, form);
        if (this.stopped === undefined) this.faults++;
        break;
      case 'payload':
      case 'empty':
        if ((lo & payload[0]) === 0 && (hi & payload[1]) === 0) break;
        if (this.listPayload) this.emit(frame, 0, span, lo, hi, at, level, KIND.payload, inherited, form);
        if (this.stopped === undefined) this.payload++;
    }
  }

  /** A leaf maps more than there are output addresses. */
  #beyond(input: Frame, output: Frame, room: Frame, span: Frame, at: Bytes, level: number): void {
    const finding = beyondOutput(this.regime, addressOf(output + room));
    if (!finding || this.stopped !== undefined) return;
    const index = this.#obstacles.push({ kind: 'fault', finding }) - 1;
    const { leaf } = this.regime.levels[level] as Level;
    this.emit(input + room, 0, span - room, index, 0, at, level, OBSTACLE, 0, leaf);
  }

  /** A range of one kind of entry: it continues the last one, or begins a new one. */
  protected emit(
    input: Frame,
    output: Frame,
    frames: Frame,
    lo: number,
    hi: number,
    at: Bytes,
    level: number,
    kind: number,
    inherited: number,
    form: EntryForm,
  ): void {
    const batch = this.batch;
    const last = batch.length - 1;
    if (
      last >= 0 &&
      batch.kind[last] === kind &&
      batch.level[last] === level &&
      batch.inherited[last] === inherited &&
      (batch.input[last] as number) + (batch.frames[last] as number) === input
    ) {
      const lastLo = batch.lo[last] as number;
      const lastHi = batch.hi[last] as number;
      const maskLo = form.attributes[0] & ~this.ignore[0];
      const maskHi = form.attributes[1] & ~this.ignore[1];
      const continues =
        kind === KIND.leaf
          ? ((lastLo ^ lo) & maskLo) === 0 &&
            ((lastHi ^ hi) & maskHi) === 0 &&
            (batch.output[last] as number) + (batch.frames[last] as number) === output
          : lastLo === lo && lastHi === hi; // entries that map nothing: only the very same word continues a range
      if (continues) {
        batch.frames[last] = (batch.frames[last] as number) + frames;
        return;
      }
    }
    if (batch.length >= this.#maxRanges) {
      this.stopped = `stopped after ${this.#maxRanges} ranges: ${LARGER}`;
      return;
    }
    batch.push(input, output, frames, lo, hi, at, level, kind, inherited);
  }
}
