/**
 * What each kernel should reach, as a ratio to a straightforward C version on the same bytes: `must` is the floor, `target`
 * the aim. Ratios of thread time of one core, so they hold on any machine, more or less.
 */
export interface Target {
  readonly must: number;
  readonly target: number;
}

/** File to codes, against reading the file and nothing else. */
export const FILE_TARGET: Target = { must: 0.45, target: 0.55 };
/** Two threads against one, by the wall, on an idle machine. */
export const TWO_WORKERS: Target = { must: 1.4, target: 1.7 };

/** By group, and by the beginning of a title where groups have different ones; the first that fits. */
const TARGETS: readonly (readonly [group: string, title: string, Target])[] = [
  ['flat', '', { must: 0.9, target: 1.0 }],
  ['histogram', '', { must: 1.3, target: 1.6 }],
  ['walk', 'runs', { must: 2.5, target: 3.5 }],
  ['walk', 'mixed', { must: 1.1, target: 1.3 }],
  ['walk', 'worst', { must: 0.85, target: 1.0 }],
  ['nested', 'runs', { must: 1.5, target: 1.8 }],
  ['nested', 'mixed', { must: 0.9, target: 1.1 }],
  ['nested', 'worst', { must: 1.5, target: 2.0 }],
  ['lookups', '', { must: 1.3, target: 2.0 }],
  ['text', '', { must: 1.5, target: 2.2 }],
  ['file', 'to codes', FILE_TARGET],
  ['workers', '', TWO_WORKERS],
];

export const targetOf = (group: string, title: string): Target | undefined =>
  TARGETS.find(([g, t]) => g === group && title.startsWith(t))?.[2];

/** Flat resolving, as a share of what the machine reads. */
export const READ_SHARE: Target = { must: 0.5, target: 0.6 };
