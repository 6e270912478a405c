/**
 * How we know. Every row of every policy carries at least one piece of evidence, and every answer repeats it.
 *
 * S: read in kernel source. T: read in a posted patch or mail. I: inferred or recalled. M: measured on a running kernel.
 */
export type Grade = 'S' | 'T' | 'I' | 'M';

export interface Evidence {
  readonly grade: Grade;
  /** File and function, patch subject and date, or the run that was measured. */
  readonly source: string;
}

export const GRADE_MEANS: Record<Grade, string> = {
  M: 'measured on a running kernel',
  S: 'read in kernel source',
  T: 'read in a posted patch or mail',
  I: 'inferred or recalled, not read',
};

const evidence =
  (grade: Grade) =>
  (source: string): Evidence => ({ grade, source });

export const source = evidence('S');
export const mail = evidence('T');
export const inferred = evidence('I');
export const measured = evidence('M');

/** Best first: what a running kernel did outranks what its source says, because we may have read the source wrongly. */
const ORDER: readonly Grade[] = ['M', 'S', 'T', 'I'];

export const strongest = (grades: readonly Grade[]): Grade => ORDER.find(g => grades.includes(g)) ?? 'I';

/** A chain of rules is as well known as its least well known link. */
export const weakest = (grades: readonly Grade[]): Grade =>
  [...ORDER].reverse().find(g => grades.includes(g)) ?? 'I';
