/**
 * A policy is a list of rows, in the order of the kernel function that it describes; this file runs it.
 *
 *   set(name, is)      a local variable of the function gets a value
 *   prot(bit, when)    a bit is added to the protection that will be written
 *   stop(id, when, …)  the function ends here with this outcome
 *
 * The trace holds every row that was reached, with the facts it saw, so that an answer can be checked row by row.
 */
import { type Evidence, type Grade, strongest, weakest } from './evidence.ts';
import type { Condition, Env, Value, Vocabulary } from './expr.ts';

interface Common {
  /** One sentence for someone who does not read kernel code. */
  readonly says: string;
  /** Overrides the evidence of the era for this row. */
  readonly evidence?: readonly Evidence[];
}

export interface SetRow extends Common {
  readonly kind: 'set';
  readonly name: string;
  readonly is: string;
}
export interface ProtRow<P extends string> extends Common {
  readonly kind: 'prot';
  readonly adds: P;
  readonly when: string;
}
export interface StopRow<O> extends Common {
  readonly kind: 'stop';
  readonly id: string;
  readonly when: string;
  readonly then: O;
}
export type Row<O, P extends string = never> = SetRow | ProtRow<P> | StopRow<O>;

/** One reached row: what it asked, what it saw, what followed. */
export interface TraceStep {
  readonly id: string;
  readonly condition: string;
  /** The facts that the condition names, with their values here. */
  readonly saw: Readonly<Record<string, Value>>;
  /** For set: the value; for prot and stop: whether the condition held. */
  readonly held: boolean;
  /** What the row does when it holds: `s2 = DEVICE`, `error EFAULT`, … */
  readonly effect: string;
  readonly says: string;
  readonly evidence: readonly Evidence[];
}

export interface Run<O, P extends string> {
  /** The outcome of the row that ended it, or undefined when the function ran to its end. */
  readonly outcome: O | undefined;
  /** Id of that row. */
  readonly decidedBy: string | undefined;
  readonly prot: ReadonlySet<P>;
  readonly trace: readonly TraceStep[];
  /** How well the rows that took effect are known. */
  readonly grade: Grade;
}

type Compiled<O, P extends string> = {
  readonly row: Row<O, P>;
  readonly condition: Condition;
  readonly evidence: readonly Evidence[];
};

/** A compiled list of rows. Compiling checks every word of every condition. */
export class Program<O extends object, P extends string = never> {
  readonly rows: readonly Row<O, P>[];
  /** Given facts that can change the result; locals that come from outside are listed as `inputs`. */
  readonly reads: readonly string[];
  readonly #compiled: readonly Compiled<O, P>[];
  readonly #vocabulary: Vocabulary;
  readonly #grade: Grade;

  constructor(
    vocabulary: Vocabulary,
    rows: readonly Row<O, P>[],
    evidence: readonly Evidence[],
    inputs: readonly string[] = [],
  ) {
    this.rows = rows;
    this.#vocabulary = vocabulary;
    const locals = new Set(inputs);
    const reads = new Set<string>();
    this.#compiled = rows.map(row => {
      const condition = vocabulary.compile(row.kind === 'set' ? row.is : row.when, locals);
      for (const name of condition.reads) reads.add(name);
      if (row.kind === 'set') locals.add(row.name);
      return { row, condition, evidence: row.evidence ?? evidence };
    });
    this.reads = [...reads];
    this.#grade = strongest(evidence.map(e => e.grade));
  }

  /** The outcome with its trace. */
  run(given: Env, describe: (outcome: O) => string): Run<O, P> {
    const env: Record<string, Value> = { ...given };
    const prot = new Set<P>();
    const trace: TraceStep[] = [];
    const grades: Grade[] = [];
    for (const { row, condition, evidence } of this.#compiled) {
      const held = condition.holds(env);
      trace.push({
        id: row.kind === 'stop' ? row.id : row.kind === 'set' ? row.name : `prot ${row.adds}`,
        condition: condition.text,
        saw: Object.fromEntries(
          condition.names.map(name => [
            name,
            name in env ? (env[name] as Value) : this.#vocabulary.value(name, env),
          ]),
        ),
        held,
        effect:
          row.kind === 'stop'
            ? describe(row.then)
            : row.kind === 'set'
              ? `${row.name} = ${held}`
              : `prot |= ${row.adds}`,
        says: row.says,
        evidence,
      });
      if (row.kind === 'set') env[row.name] = held;
      if (!held) continue;
      grades.push(strongest(evidence.map(e => e.grade)));
      if (row.kind === 'prot') prot.add(row.adds);
      if (row.kind === 'stop')
        return { outcome: row.then, decidedBy: row.id, prot, trace, grade: weakest(grades) };
    }
    return {
      outcome: undefined,
      decidedBy: undefined,
      prot,
      trace,
      // Where no row took effect, the answer is as well known as the list is.
      grade: grades.length > 0 ? weakest(grades) : this.#grade,
    };
  }

  /** The outcome alone, for queries that ask a hundred thousand times. The environment is used up: locals are written to it. */
  quick(env: Record<string, Value>): {
    outcome: O | undefined;
    decidedBy: string | undefined;
    prot: ReadonlySet<P>;
  } {
    const prot = new Set<P>();
    for (const { row, condition } of this.#compiled) {
      const held = condition.holds(env);
      if (row.kind === 'set') env[row.name] = held;
      else if (held) {
        if (row.kind === 'stop') return { outcome: row.then, decidedBy: row.id, prot };
        prot.add(row.adds);
      }
    }
    return { outcome: undefined, decidedBy: undefined, prot };
  }
}

const optional = (evidence: readonly Evidence[]) => (evidence.length > 0 ? { evidence } : {});

/** A shared row with evidence of its own, where its era's evidence does not reach so far. */
export const backedBy = <T extends { readonly kind: 'stop' | 'set' | 'prot' }>(
  row: T,
  ...evidence: readonly Evidence[]
): T => ({ ...row, evidence });

/** A local variable of the kernel function. */
export const set = (name: string, is: string, says: string, ...evidence: Evidence[]): SetRow => ({
  kind: 'set',
  name,
  is,
  says,
  ...optional(evidence),
});
/** A bit of the protection. */
export const prot = <P extends string>(
  adds: P,
  when: string,
  says: string,
  ...evidence: Evidence[]
): ProtRow<P> => ({
  kind: 'prot',
  adds,
  when,
  says,
  ...optional(evidence),
});
/** An end of the function. */
export const stop = <O>(
  id: string,
  when: string,
  then: O,
  says: string,
  ...evidence: Evidence[]
): StopRow<O> => ({
  kind: 'stop',
  id,
  when,
  then,
  says,
  ...optional(evidence),
});
