/**
 * Every verb by its name, in the order of the help. What a verb says of itself is loaded when it is called, or all of it
 * for the help.
 */
import type { Command } from './command.ts';

export type Verbs = Readonly<Record<string, () => Promise<Command>>>;

export const verbs: Verbs = {
  decode: async () => (await import('./commands/decode.ts')).verb,
  encode: async () => (await import('./commands/encode.ts')).verb,
  reg: async () => (await import('./commands/reg.ts')).verb,
  formats: async () => (await import('./commands/formats.ts')).verb,
  effective: async () => (await import('./commands/effective.ts')).verb,
  walk: async () => (await import('./commands/walk.ts')).verb,
  translate: async () => (await import('./commands/translate.ts')).verb,
  rmap: async () => (await import('./commands/rmap.ts')).verb,
  roots: async () => (await import('./commands/roots.ts')).verb,
  diff: async () => (await import('./commands/diff.ts')).verb,
  lint: async () => (await import('./commands/lint.ts')).verb,
  explain: async () => (await import('./commands/explain.ts')).verb,
  'explain-fault': async () => (await import('./commands/explain-fault.ts')).verb,
  kvm: async () => (await import('./commands/kvm.ts')).verb,
  bench: async () => (await import('./commands/bench.ts')).verb,
};

export const loadAll = (some: Verbs): Promise<Command[]> =>
  Promise.all(Object.values(some).map(load => load()));
