/** Rules are asked, and their verdicts listed. */
import type { LintRule, Verdict, Verdicts } from './rule.ts';

/** The checks that a rule may have. */
type Hook = 'entry' | 'access' | 'group' | 'loop' | 'pages' | 'hidden' | 'space';
const listed = (verdicts: Verdicts): readonly Verdict[] =>
  verdicts === undefined ? [] : Array.isArray(verdicts) ? verdicts : [verdicts as Verdict];

/** What a rule says of something. */
export interface Judged {
  readonly rule: LintRule;
  readonly verdict: Verdict;
}

/** Ask the rules that have such a check, in the order of the registry. */
export function judge<H extends Hook>(
  rules: readonly LintRule[],
  hook: H,
  view: Parameters<NonNullable<LintRule[H]>>[0],
): readonly Judged[] {
  return rules.flatMap(rule => {
    const check = rule[hook] as ((view: unknown) => Verdicts) | undefined;
    return listed(check?.(view)).map(verdict => ({ rule, verdict }));
  });
}
