/**
 * A whole address space as one map: every leaf, through every stage, with what the access gets in the end.
 */
import type { Finding } from '../bits/codec.ts';
import { hex, join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { type Frame, frameHex } from '../image/frames.ts';
import { both, type EffectiveRules, type EffectiveView, oneRun, type StageLeaf } from './effective.ts';
import { type NestedBatch, nest } from './nested.ts';
import { type Described, Recorder, type WalkRecord } from './record.ts';
import { formOf, KIND, type Level } from './regime.ts';
import type { Space } from './space.ts';
import { type WalkOptions, type WalkResult, walk } from './walker.ts';

/** One stage of a nested record. */
export interface StageView {
  readonly regime: string;
  readonly perm: string;
  readonly type: string;
  readonly level: number;
  readonly pageSize: string;
  readonly raw: string;
  readonly at: string;
  readonly findings: readonly Finding[];
  readonly [field: string]: unknown;
}

/**
 * One run of addresses. A single stage gives its record, with `effective` where more than the entry decides. Two stages
 * give `s1` and `s2`, and the combination at the top; where the second stage maps nothing, `kind` says so.
 */
export interface MapRecord {
  readonly regime: string;
  readonly va?: string;
  readonly ipa?: string;
  readonly gpa?: string;
  readonly pa?: string;
  readonly size: string;
  /** Bytes of one page: the smaller of both stages. */
  readonly pageSize: string;
  readonly perm?: string;
  /** One stage: its memory type. Two: the effective type. */
  readonly type?: string;
  readonly kind?: WalkRecord['kind'] | 'unmapped-at-second-stage';
  readonly effective?: string;
  /** Who decided the effective type. */
  readonly decidedBy?: string;
  /** False where the manual allows several answers, or none. */
  readonly certain?: boolean;
  /** Rights that a stage took away: `EL0 write: stage 2`. */
  readonly denied?: readonly string[];
  readonly s1?: StageView;
  readonly s2?: StageView;
  readonly [field: string]: unknown;
}

export interface AddressMap {
  readonly space: Space;
  readonly first: WalkResult;
  /** The second stage's own walk, and the first cut along it. */
  readonly second?: WalkResult;
  readonly pieces?: NestedBatch;
}

/** Walk every stage of a space. Options limit the first stage; the second is walked whole. */
export function mapOf(space: Space, image: AddressSpace, options: WalkOptions = {}): AddressMap {
  const first = walk(space.candidate.regime, space.memory, options);
  return mapFrom(space, first, space.second && walk(space.second.candidate.regime, image));
}

/** The map that walks of every stage give. */
export const mapFrom = (space: Space, first: WalkResult, second?: WalkResult): AddressMap =>
  second ? { space, first, second, pieces: nest(first.leaves, second.leaves) } : { space, first };

/** Effective answers remembered; a hostile table may hold a new pair of patterns in every entry. */
const REMEMBERED = 65536;

/** Every run of a map as records, one at a time, in input order. */
export function* mapRecords(map: AddressMap, rules?: EffectiveRules): Generator<MapRecord> {
  const maker = new MapRecorder(map, rules);
  const { first, pieces } = map;
  if (!pieces) {
    for (let i = 0; i < first.leaves.length; i++) yield* maker.single(i);
    return;
  }
  // entries of the first stage that map nothing stand between its leaves
  let piece = 0;
  for (let i = 0; i < first.leaves.length; i++) {
    if (first.leaves.kind[i] !== KIND.leaf) yield* maker.single(i);
    else for (; piece < pieces.length && pieces.first[piece] === i; piece++) yield* maker.nested(piece);
  }
}

/** What a record of a single stage has besides, where more than the entry decides. */
const EFFECTIVE = ['effective', 'decidedBy', 'certain'];

class MapRecorder {
  readonly #map: AddressMap;
  readonly #rules: EffectiveRules | undefined;
  readonly #first: Recorder;
  readonly #second: Recorder | undefined;
  readonly #views = new Map<string, EffectiveView>();
  /** The keys of a record of two stages, in the order in which they are printed; and of each stage in it. */
  readonly #nestedForm: Readonly<Record<string, unknown>>;
  readonly #stageForms = new WeakMap<Described, StageView>();

  constructor(map: AddressMap, rules: EffectiveRules | undefined) {
    this.#map = map;
    this.#rules = rules;
    this.#first = new Recorder(map.first.regime, rules && !map.second ? EFFECTIVE : [], map.first.obstacles);
    this.#second = map.second && new Recorder(map.second.regime);
    const { regime } = map.first;
    const keys = [
      ...[
        regime.input,
        regime.output,
        'size',
        map.second?.regime.output ?? 'pa',
        'pageSize',
        'perm',
        'denied',
      ],
      ...(rules ? ['type', 'decidedBy', 'certain'] : []),
      ...['s1', 's2'],
    ];
    this.#nestedForm = { regime: regime.id, ...Object.fromEntries(keys.map(key => [key, undefined])) };
  }

  *single(index: number): Generator<MapRecord> {
    const { regime, leaves } = this.#map.first;
    const record = this.#first.record(leaves, index);
    if (record.kind !== undefined || !this.#rules) {
      yield record;
      return;
    }
    const start = leaves.output[index] as number;
    let offset = 0;
    for (const { frames, key } of this.#rules.runs(start, leaves.frames[index] as number)) {
      const { type, decidedBy, certain } = this.#effective(index, -1, start + offset, frames, key);
      const piece: Record<string, unknown> = { ...record }; // nothing is added: see `Recorder`
      piece[regime.input] = frameHex((leaves.input[index] as number) + offset);
      piece[regime.output] = frameHex(start + offset);
      piece.size = frameHex(frames);
      piece.effective = type;
      piece.decidedBy = decidedBy;
      piece.certain = certain;
      yield piece as MapRecord & typeof piece;
      offset += frames;
    }
  }

  *nested(piece: number): Generator<MapRecord> {
    const { first, second, pieces } = this.#map as Required<AddressMap>;
    const i = pieces.first[piece] as number;
    const j = pieces.second[piece] as number;
    const offset = pieces.offset[piece] as number;
    const frames = pieces.frames[piece] as number;
    const input = (first.leaves.input[i] as number) + offset;
    const middle = (first.leaves.output[i] as number) + offset;
    const before = this.#first.leaf(first.leaves, i);
    const s1 = this.#stageView(first, i, before);
    if (j < 0) {
      yield {
        regime: first.regime.id,
        [first.regime.input]: frameHex(input),
        [first.regime.output]: frameHex(middle),
        size: frameHex(frames),
        pageSize: s1.pageSize,
        kind: 'unmapped-at-second-stage',
        s1,
      };
      return;
    }
    const after = (this.#second as Recorder).leaf(second.leaves, j);
    const s2 = this.#stageView(second, j, after);
    const { rights, denied } = both(before.rights, after.rights, second.regime.executesByPage);
    const perm = first.regime.perm(rights);
    const output = (second.leaves.output[j] as number) + middle - (second.leaves.input[j] as number);
    const pageSize = Number(s1.pageSize) < Number(s2.pageSize) ? s1.pageSize : s2.pageSize;
    let done = 0;
    for (const { frames: length, key } of this.#rules?.runs(output, frames) ?? oneRun(frames)) {
      const piece: Record<string, unknown> = { ...this.#nestedForm }; // nothing is added: see `Recorder`
      piece[first.regime.input] = frameHex(input + done);
      piece[first.regime.output] = frameHex(middle + done);
      piece.size = frameHex(length);
      piece[second.regime.output] = frameHex(output + done);
      piece.pageSize = pageSize;
      piece.perm = perm;
      piece.denied = denied;
      if (this.#rules) {
        const view = this.#effective(i, j, output + done, length, key);
        piece.type = view.type;
        piece.decidedBy = view.decidedBy;
        piece.certain = view.certain;
      }
      piece.s1 = s1;
      piece.s2 = s2;
      yield piece as MapRecord & typeof piece;
      done += length;
    }
  }

  #stageView({ regime, leaves }: WalkResult, i: number, described: Described): StageView {
    let form = this.#stageForms.get(described);
    if (!form) {
      const { perm, type, fields, findings } = described;
      const { name, shift } = regime.levels[leaves.level[i] as number] as Level;
      form = {
        regime: regime.id,
        perm,
        type,
        ...fields,
        level: name,
        pageSize: hex(2 ** shift),
        raw: '',
        at: '',
        findings,
      };
      this.#stageForms.set(described, form);
    }
    const view: { -readonly [K in keyof StageView]: StageView[K] } = { ...form };
    view.raw = `0x${join(leaves.lo[i] as number, leaves.hi[i] as number)
      .toString(16)
      .padStart(regime.entryBytes * 2, '0')}`;
    view.at = hex(leaves.at[i] as number);
    return view;
  }

  /** The answer for a pair of leaves: asked once per pair of patterns and per run of the output. */
  #effective(i: number, j: number, frame: Frame, frames: Frame, runKey: string): EffectiveView {
    const { first, second } = this.#map;
    const firstKey = patternKey(first, i);
    const secondKey = second && j >= 0 ? patternKey(second, j) : '';
    const key = `${firstKey}|${secondKey}|${runKey}`;
    let view = this.#views.get(key);
    if (!view) {
      const rules = this.#rules as EffectiveRules;
      view = rules.effective(
        leafAt(first, i),
        second && j >= 0 ? leafAt(second, j) : undefined,
        frame,
        frames,
      );
      if (this.#views.size >= REMEMBERED) this.#views.clear();
      this.#views.set(key, view);
    }
    return view;
  }
}

/** The attribute bits of a leaf with its level and what it inherited: equal for leaves that say the same. */
export function patternKey({ regime, leaves }: WalkResult, i: number): string {
  const level = leaves.level[i] as number;
  const lo = leaves.lo[i] as number;
  const hi = leaves.hi[i] as number;
  const { attributes } = formOf(regime.levels[level] as Level, lo, hi);
  return `${level} ${leaves.inherited[i]} ${(lo & attributes[0]) >>> 0} ${(hi & attributes[1]) >>> 0}`;
}

/** One leaf of a walk, read again for the rules. */
export function leafAt({ regime, leaves }: WalkResult, i: number): StageLeaf {
  const level = leaves.level[i] as number;
  const word = join(leaves.lo[i] as number, leaves.hi[i] as number);
  return { reading: regime.read(word, level), level, inherited: leaves.inherited[i] as number };
}
