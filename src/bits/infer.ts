import type { Row, Rows } from './spec.ts';

type ValueOf<R> = R extends Row<infer V> ? V : never;

/**
 * What a format decodes to: one property per row that carries a value, under the row's key. Reserved rows have none.
 * Distributes over unions of row sets.
 */
export type Decoded<F extends Rows> = F extends Rows
  ? { readonly [K in keyof F as [ValueOf<F[K]>] extends [never] ? never : K]: ValueOf<F[K]> }
  : never;

/** The keys of a format that carry a value. */
export type FieldKey<F extends Rows> = keyof Decoded<F> & string;
