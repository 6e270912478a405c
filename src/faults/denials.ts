/** Which entries of a walk, and which of their bits, deny an access. */
import type { Step, Translation } from '../walk/translate.ts';
import type { Access, Controls } from './claim.ts';
import type { FaultRules } from './rules.ts';

/** An entry that takes a right away. */
export interface Denial {
  readonly step: Step;
  /** `R/W = 0`, `APTable = 0b10: nothing below is writable`. */
  readonly bit: string;
}

/** Every entry that denies an access, from the root down. */
export const denials = (
  { regime, steps }: Translation,
  access: Access,
  rules: FaultRules,
  controls: Controls = () => undefined,
): readonly Denial[] =>
  steps.flatMap(step => rules.denials(step, regime, access, controls).map(bit => ({ step, bit })));
