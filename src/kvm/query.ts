/**
 * What questions about a whole space of inputs share: go through it once, sort every input into a class, and say each class
 * as the smallest conditions on the input.
 */
import { conditions, cover, type Dimension, DONT_CARE } from './cubes.ts';
import type { Grade } from './evidence.ts';
import type { Facts } from './expr.ts';

/** Any of these lists, all conditions of a list together. */
export type When = readonly (readonly string[])[];

export interface QueryOptions {
  /** Let the host's own fault come first. */
  readonly hostFault?: boolean;
  /** Dimensions that stay at their first value unless the question reads them; what a question leaves out by itself. */
  readonly fixed?: readonly string[];
}

/** How many inputs these dimensions have. */
export const sizeOf = (dimensions: readonly Dimension[]): number =>
  dimensions.reduce((n, d) => n * d.values.length, 1);

/** The value index of every dimension for one input. */
export function coordinates(dimensions: readonly Dimension[], index: number): number[] {
  const out: number[] = [];
  let rest = index;
  for (const { values } of dimensions) {
    out.push(rest % values.length);
    rest = Math.floor(rest / values.length);
  }
  return out;
}

/** The inputs of a class in words. */
const whenOf = (dimensions: readonly Dimension[], classes: Uint16Array, wanted: number): When =>
  cover(dimensions, classes, wanted).map(cube => conditions(dimensions, cube).map(c => c.text));

// ---- Where two policies disagree ---------------------------------------------------------------------------------

export interface Disagreement<Example = object> {
  /** `data: DEVICE -> NORMAL; exec: injected abort -> NORMAL`; data are loads and stores. */
  readonly change: string;
  /** What is needed beside the conditions of the whole difference. */
  readonly when: When;
  /** Inputs of the space on which they differ so. */
  readonly inputs: number;
  readonly example: Example;
}

export interface Diff<Example = object> {
  readonly from: string;
  readonly to: string;
  /** They disagree exactly when all conditions of one of these lists hold. */
  readonly when: When;
  readonly disagreements: readonly Disagreement<Example>[];
  /** Differences that are not about a mapping: slot flags, capability numbers. */
  readonly interface?: readonly string[];
  /** Inputs on which at least one of them accepts the slot; where both refuse it for the same reason nothing is compared. */
  readonly compared: number;
  readonly differing: number;
  readonly grade: Grade;
}

const SAME = 0;
const DIFFERS = 1;

/** `change`: the difference of one input in words, `same`, or `neither` where there is nothing to compare. */
export function disagreements<Example>(
  dimensions: readonly Dimension[],
  change: (index: number) => string,
  example: (index: number) => Example,
): Pick<Diff<Example>, 'when' | 'disagreements' | 'compared' | 'differing'> {
  const labels = new Uint16Array(sizeOf(dimensions));
  const found = new Map<string, { readonly label: number; readonly first: number; inputs: number }>();
  let compared = 0;
  for (let index = 0; index < labels.length; index++) {
    const text = change(index);
    if (text === 'neither') {
      labels[index] = DONT_CARE;
      continue;
    }
    compared++;
    if (text === 'same') continue;
    let seen = found.get(text);
    if (seen === undefined) {
      seen = { label: found.size + 1, first: index, inputs: 0 };
      found.set(text, seen);
    }
    seen.inputs++;
    labels[index] = seen.label;
  }
  const whole = labels.map(label => (label === DONT_CARE || label === SAME ? label : DIFFERS));
  // Beside the conditions of the whole, a change must only be told apart from the other changes.
  const among = labels.map(label => (label === SAME ? DONT_CARE : label));
  const changes = [...found].map(
    ([text, { label, first, inputs }]): Disagreement<Example> => ({
      change: text,
      when: found.size === 1 ? [[]] : whenOf(dimensions, among, label),
      inputs,
      example: example(first),
    }),
  );
  changes.sort((a, b) => b.inputs - a.inputs);
  return {
    when: found.size === 0 ? [] : whenOf(dimensions, whole, DIFFERS),
    disagreements: changes,
    compared,
    differing: changes.reduce((n, d) => n + d.inputs, 0),
  };
}

// ---- Does a policy have a property? ------------------------------------------------------------------------------

export interface Property {
  readonly id: string;
  /** The sentence; accepted on the command line as well. */
  readonly says: string;
  readonly expr: string;
}

export interface Counterexamples<Example = object> {
  readonly policy: string;
  readonly property: Property;
  readonly holds: boolean;
  readonly tried: number;
  readonly failing: number;
  /** It fails exactly when all conditions of one of these lists hold. */
  readonly when: When;
  readonly example?: Example;
  readonly grade: Grade;
}

/** `holds`: whether one input has the property; undefined for an input that cannot exist. */
export function counterexamples<Example>(
  dimensions: readonly Dimension[],
  holds: (index: number) => boolean | undefined,
  example: (index: number) => Example,
): Pick<Counterexamples<Example>, 'holds' | 'tried' | 'failing' | 'when' | 'example'> {
  const classes = new Uint16Array(sizeOf(dimensions));
  let tried = 0;
  let failing = 0;
  let first: number | undefined;
  for (let index = 0; index < classes.length; index++) {
    const held = holds(index);
    if (held === undefined) {
      classes[index] = DONT_CARE;
      continue;
    }
    tried++;
    if (held) continue;
    failing++;
    first ??= index;
    classes[index] = DIFFERS;
  }
  return {
    holds: failing === 0,
    tried,
    failing,
    when: failing === 0 ? [] : whenOf(dimensions, classes, DIFFERS),
    ...(first === undefined ? {} : { example: example(first) }),
  };
}

/** What a property may ask for, for people. */
export interface PropertyFacts {
  readonly properties: readonly Property[];
  readonly outcomes: Facts;
  readonly inputs: Facts;
}

// ---- Which inputs reach a type? ----------------------------------------------------------------------------------

export interface Reach<Example = object> {
  readonly inputs: number;
  readonly when: When;
  readonly example?: Example;
}

export interface Inverse<Example = object> {
  readonly policy: string;
  /** The effective type. */
  readonly want: string;
  /** The type that the guest's own tables say; without it, the wanted type. */
  readonly guest: string;
  /** Every type of the guest ends there. */
  readonly guaranteed: Reach<Example>;
  /** It is reached with that type, and another one would end elsewhere. */
  readonly guestDecides: Reach<Example>;
  readonly tried: number;
  readonly grade: Grade;
}

/** How one input ends; `impossible` where it cannot exist. */
export type Ending = 'guaranteed' | 'guestDecides' | 'elsewhere' | 'impossible';

export function reaches<Example>(
  dimensions: readonly Dimension[],
  ending: (index: number) => Ending,
  example?: (index: number) => Example,
): Pick<Inverse<Example>, 'guaranteed' | 'guestDecides' | 'tried'> {
  const LABEL = { elsewhere: 0, guaranteed: 1, guestDecides: 2, impossible: DONT_CARE } as const;
  const classes = new Uint16Array(sizeOf(dimensions)).map((_, index) => LABEL[ending(index)]);
  const reach = (label: number): Reach<Example> => {
    const first = classes.indexOf(label);
    if (first < 0) return { inputs: 0, when: [] };
    return {
      inputs: classes.reduce((n, c) => n + Number(c === label), 0),
      when: whenOf(dimensions, classes, label),
      ...(example === undefined ? {} : { example: example(first) }),
    };
  };
  return {
    guaranteed: reach(LABEL.guaranteed),
    guestDecides: reach(LABEL.guestDecides),
    tried: classes.reduce((n, c) => n + Number(c !== DONT_CARE), 0),
  };
}
