/** What an architecture makes of a root that was found by structure. */
import type { RegisterValues } from './candidate.ts';
import type { Pattern, ScannedRoot } from './scan.ts';

export interface Judgement {
  /** `arm64.stage2`, `arm64.stage1`, `x86.4level`, `x86.ept`, `x86.npt`… */
  readonly kind: string;
  /** Register values with which a processor would walk it: the root is known, the rest follows from the structure or is assumed. */
  readonly registers: RegisterValues;
  /** The same as options of `memattr walk`. */
  readonly options: readonly string[];
  /** Why this kind, in sentences. */
  readonly evidence: readonly string[];
  readonly assumed: readonly string[];
  /** How sure the kind is: above 0 speaks for it, below 0 against; the size of the tree is counted elsewhere. */
  readonly weight: number;
}

/** What share of the entries of one sort has a property, by count; 0 where there are none. */
export function share(
  { patterns }: ScannedRoot,
  sort: 'table' | 'leaf',
  has: (pattern: Pattern) => boolean,
): number {
  let all = 0;
  let with_ = 0;
  for (const pattern of patterns) {
    if (pattern.table !== (sort === 'table')) continue;
    all += pattern.count;
    if (has(pattern)) with_ += pattern.count;
  }
  return all === 0 ? 0 : with_ / all;
}

/** `97 %`; never 100 where it is not all. */
export const percent = (part: number): string =>
  part === 1 ? 'all' : part === 0 ? 'none' : `${Math.min(99, Math.max(1, Math.round(part * 100)))} %`;
