import type { Evidence } from './evidence.ts';

/** A CPU by the name that people use, with where its features are known from. */
export interface NamedCpu<C = object> {
  readonly name: string;
  readonly cpu: C;
  readonly evidence: readonly Evidence[];
}
