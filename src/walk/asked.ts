/**
 * Questions about one combination of memory types, in the words that people write: what a page of the first stage says,
 * what stands behind it, and what comes of both.
 */
import type { Matrix } from '../memtype/matrix.ts';
import type { EffectiveView } from './effective.ts';

/** Texts and switches by the names of the options of `effective`. Absent, empty and `false` are the same: not asked. */
export type Asked = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A question that has no answer. The sentence names the option and what it takes. */
export class AskError extends Error {
  override name = 'AskError';
}

/** What one memory type means for accesses: properties by name, `maintenance` among them. */
export type Properties = object & { readonly name: string };

/** One combination, answered. */
export interface EffectiveAnswer {
  /** Id of the architecture. */
  readonly architecture: string;
  /** What was asked, by name. */
  readonly given: Readonly<Record<string, string | number>>;
  readonly view: EffectiveView;
  /** What is odd about the question: reserved bits set. */
  readonly notes: readonly string[];
  /** What the type means for accesses: one row, or two where inner and outer differ. */
  readonly properties: readonly Properties[];
  /** How PAR_EL1 shows it. */
  readonly par?: { readonly attr: number; readonly sh: readonly number[] };
}

/** A leaf as a record of `walk` has it: its family, its fields by their names there, and the settings under which it was read. */
export interface RecordedLeaf {
  readonly format: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What an architecture knows of memory types without tables: the part of the contract that `effective` asks. */
export interface TypeRules {
  /** Id of the architecture. */
  readonly id: string;
  /** The names in `Asked` that it understands and no other architecture does. */
  readonly asks: readonly string[];
  /** A question that has an answer, as arguments of `memattr effective`. */
  readonly example: string;
  /** What these registers answer of a question, by name. */
  known(registers: ReadonlyMap<string, bigint>): Asked;
  /**
   * What the leaves of one range ask, by name, the first stage in front.
   * @throws AskError where a leaf does not say its type
   */
  ofLeaves(leaves: readonly RecordedLeaf[]): Asked;
  /** The names that leaves answer: where one of them is given, no leaves are asked. */
  readonly leafAsks: readonly string[];
  /** @throws AskError */
  effective(asked: Asked): EffectiveAnswer;
  /** Whole tables of combinations, as the manuals print them. */
  readonly matrices: readonly Matrix[];
  /** What each type means for accesses. */
  readonly properties: Readonly<Record<string, Properties & { readonly maintenance: string }>>;
}
