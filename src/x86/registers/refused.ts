/** What writing a value does: MOV to a control register and WRMSR raise #GP(0) for what they refuse. */
import type { Finding } from '../../bits/codec.ts';
import type { Violation } from '../../bits/spec.ts';

/** A set bit that makes the writing instruction raise #GP(0). */
export const GP: Violation = { id: 'reserved-set', text: 'reserved (must be 0): writing it raises #GP(0)' };

/** Does a write of this value raise #GP(0)? Errors are what the processor refuses, warnings what it lets pass. */
export const refused = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');
