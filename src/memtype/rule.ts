/**
 * A rule is a paragraph of a manual as a small pure function: it sees only the fields it names, under a configuration, and
 * returns the answer together with the reason. Slow and easy to argue with; `compile.ts` makes it fast.
 */
import { decode } from '../bits/codec.ts';
import type { Format } from '../bits/format.ts';
import type { Decoded, FieldKey } from '../bits/infer.ts';
import type { Ref, Rows } from '../bits/spec.ts';
import type { Word } from '../bits/word.ts';

/** What a rule looked at, by name. */
export type Operands = Readonly<Record<string, string | number | boolean>>;

/** One step of the argument: which rule, where it is written, and what it made of what. */
export interface Reason {
  /** Id of the rule, named after the manual's pseudocode or table: `arm64.S2CombineS1MemAttrs`. */
  readonly rule: string;
  readonly ref: Ref;
  /** The step in a sentence: operands, result, and what else is to be said. */
  readonly because: string;
  /** The same in parts, for tools. */
  readonly operands: Operands;
  readonly result: string;
}

/** An answer with its reasons, in the order in which they were applied. */
export interface Answer<A> {
  readonly value: A;
  readonly why: readonly Reason[];
}

export const answer = <A>(value: A, ...why: readonly Reason[]): Answer<A> => ({ value, why });

/** A rule, applied. */
export interface Step {
  readonly rule: string;
  readonly ref: Ref;
  readonly operands: Operands;
  readonly result: string;
  /** What else the manual says of the case. */
  readonly note?: string | undefined;
}

/** The reason of a step: `MTRR WB, PAT WC: WC (…)`. */
export function reason({ rule, ref, operands, result, note }: Step): Reason {
  const seen = Object.entries(operands).map(
    ([name, value]) => `${name}${typeof value === 'number' ? ' = ' : ' '}${value}`,
  );
  const because = `${seen.length > 0 ? `${seen.join(', ')}: ` : ''}${result}${note ? ` (${note})` : ''}`;
  return { rule, ref, because, operands, result };
}

/** Names a rule once, so that every reason it gives cites it alike; `ref` may be sharper for one case. */
export const citing =
  (rule: string, ref: Ref) =>
  (
    operands: Operands,
    result: string,
    more: { readonly note?: string | undefined; readonly ref?: Ref | undefined } = {},
  ): Reason =>
    reason({ rule, ref: more.ref ?? ref, operands, result, note: more.note });

/**
 * A rule on the fields of an entry. `C` is its configuration (control bits, features, register values); `A` its answer.
 */
export interface Rule<C, A> {
  readonly id: string;
  readonly ref: Ref;
  /** The layout of the entry, which may depend on the configuration (a field that moves, or is not there). */
  readonly format: (config: C) => Format;
  /** Every field that can change the answer. */
  readonly reads: readonly string[];
  readonly resolve: (fields: Readonly<Record<string, number | bigint>>, config: C) => Answer<A>;
}

/**
 * Declare a rule. `resolve` gets the fields in `reads` and no others, so the compiler checks that claim; a field that the
 * layout does not have under a configuration is undefined, where the layout's type says that this can be.
 */
export function rule<F extends Rows, const K extends FieldKey<F>, C, A>(declaration: {
  readonly id: string;
  readonly ref: Ref;
  readonly format: Format<F> | ((config: C) => Format<F>);
  readonly reads: readonly K[];
  readonly resolve: (fields: Pick<Decoded<F>, K>, config: C) => Answer<A>;
}): Rule<C, A> {
  const { format } = declaration;
  return {
    ...declaration,
    format: (typeof format === 'function' ? format : () => format) as (config: C) => Format,
    resolve: declaration.resolve as Rule<C, A>['resolve'],
  };
}

/** What a rule says of one word: only the fields that it reads are shown to it. */
export function apply<C, A>(rule: Rule<C, A>, word: Word, config: C): Answer<A> {
  const fields = decode(rule.format(config), word) as Readonly<Record<string, number | bigint>>;
  return rule.resolve(
    Object.fromEntries(rule.reads.flatMap(key => (fields[key] === undefined ? [] : [[key, fields[key]]]))),
    config,
  );
}
