/** Rules over dumps. `lint(spaces, image.space, { rules: lintRules })` gives reports; `DeclaredMap` and `Expectation` say more. */
export { parseDeclared } from '../image/memory-map.ts';
export { type Declared, type DeclaredKind, DeclaredMap } from './declared.ts';
export { type LintOptions, type LintResult, lint, type SpaceResult } from './engine.ts';
export { Expectation, ExpectationError } from './expectation.ts';
export type { Example, LintReport, PagesPlace, Place, RangePlace, SpacePlace } from './reports.ts';
export {
  type AccessView,
  type EntryView,
  type GroupView,
  type LintRule,
  lintRule,
  type PageUse,
  type SpaceView,
  type Verdict,
} from './rule.ts';
export { lintRules } from './rules.ts';
