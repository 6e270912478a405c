/**
 * From a set of inputs to the conditions that describe it: each input is widened, dimension by dimension, as far as every
 * input inside still belongs (or cannot exist), until a few boxes cover the set. The boxes are prime: none can grow.
 */

/** One question about the input. */
export interface Dimension {
  readonly name: string;
  readonly values: readonly string[];
  /** Facts of the vocabulary that it sets; it matters to a policy that reads one of them. */
  readonly facts: readonly string[];
}

/** Inputs that cannot exist may lie inside any box. */
export const DONT_CARE = 0xffff;

/** Allowed value indexes per dimension. */
export type Cube = readonly (readonly number[])[];

function strides(dimensions: readonly Dimension[]): number[] {
  const out: number[] = [];
  let n = 1;
  for (const d of dimensions) {
    out.push(n);
    n *= d.values.length;
  }
  return out;
}

function everyPoint(cube: Cube, stride: readonly number[], test: (index: number) => boolean): boolean {
  const walk = (dimension: number, base: number): boolean => {
    if (dimension === cube.length) return test(base);
    for (const value of cube[dimension] as readonly number[])
      if (!walk(dimension + 1, base + value * (stride[dimension] as number))) return false;
    return true;
  };
  return walk(0, 0);
}

function widen(
  seed: readonly number[],
  order: readonly number[],
  dimensions: readonly Dimension[],
  stride: readonly number[],
  belongs: (index: number) => boolean,
): number[][] {
  const cube = seed.map(value => [value]);
  for (const d of order) {
    const own = cube[d] as number[];
    const others = (dimensions[d] as Dimension).values.map((_, i) => i).filter(i => !own.includes(i));
    // All other values at once where that works, else one by one.
    const slab = (values: number[]) => cube.map((allowed, i) => (i === d ? values : allowed));
    if (everyPoint(slab(others), stride, belongs)) own.push(...others);
    else for (const value of others) if (everyPoint(slab([value]), stride, belongs)) own.push(value);
    own.sort((a, b) => a - b);
  }
  return cube;
}

/** A small set of prime boxes that cover every input of this class. */
export function cover(dimensions: readonly Dimension[], classes: Uint16Array, wanted: number): Cube[] {
  const stride = strides(dimensions);
  const covered = new Uint8Array(classes.length);
  const belongs = (index: number) => classes[index] === wanted || classes[index] === DONT_CARE;
  const forward = dimensions.map((_, i) => i);
  const orders = [forward, [...forward].reverse()];
  const cubes: Cube[] = [];
  for (let index = 0; index < classes.length; index++) {
    if (classes[index] !== wanted || covered[index]) continue;
    const seed: number[] = [];
    let rest = index;
    for (const { values } of dimensions) {
      seed.push(rest % values.length);
      rest = Math.floor(rest / values.length);
    }
    let best: number[][] | undefined;
    let gain = -1;
    for (const order of orders) {
      const cube = widen(seed, order, dimensions, stride, belongs);
      let fresh = 0;
      everyPoint(cube, stride, i => {
        if (classes[i] === wanted && !covered[i]) fresh++;
        return true;
      });
      if (fresh > gain) {
        gain = fresh;
        best = cube;
      }
    }
    if (best === undefined) continue;
    best = trim(best, dimensions, stride, classes, wanted);
    everyPoint(best, stride, i => {
      covered[i] = 1;
      return true;
    });
    cubes.push(best);
  }
  return dropRedundant(cubes, stride, classes, wanted);
}

/** A condition names only values that really occur; a dimension that does not matter stays whole. */
const trim = (
  cube: number[][],
  dimensions: readonly Dimension[],
  stride: readonly number[],
  classes: Uint16Array,
  wanted: number,
): number[][] =>
  cube.map((values, d) => {
    if (values.length === (dimensions[d] as Dimension).values.length) return values;
    return values.filter(
      value =>
        !everyPoint(
          cube.map((allowed, i) => (i === d ? [value] : allowed)),
          stride,
          i => classes[i] !== wanted,
        ),
    );
  });

/** A box whose every input lies in the others says nothing. */
function dropRedundant(
  cubes: readonly Cube[],
  stride: readonly number[],
  classes: Uint16Array,
  wanted: number,
): Cube[] {
  const hits = new Uint16Array(classes.length);
  const count = (cube: Cube, by: number) =>
    everyPoint(cube, stride, i => {
      if (classes[i] === wanted) hits[i] = (hits[i] as number) + by;
      return true;
    });
  for (const cube of cubes) count(cube, 1);
  const kept = [...cubes];
  for (let i = kept.length - 1; i >= 0; i--) {
    const cube = kept[i] as Cube;
    if (!everyPoint(cube, stride, at => classes[at] !== wanted || (hits[at] as number) > 1)) continue;
    count(cube, -1);
    kept.splice(i, 1);
  }
  return kept;
}

/** `mapping VM_PFNMAP`, `CPU any but FWB+DIC`; nothing for a dimension that does not matter. */
export function conditions(
  dimensions: readonly Dimension[],
  cube: Cube,
): { dimension: string; text: string; values: string[] }[] {
  const out: { dimension: string; text: string; values: string[] }[] = [];
  for (const [i, dimension] of [...dimensions.entries()].reverse()) {
    const allowed = cube[i] as readonly number[];
    if (allowed.length === dimension.values.length) continue;
    const values = allowed.map(v => dimension.values[v] as string);
    const missing = dimension.values.filter((_, v) => !allowed.includes(v));
    const text =
      values.length === 1
        ? `${dimension.name}: ${values[0]}`
        : missing.length === 1
          ? `${dimension.name}: any but ${missing[0]}`
          : `${dimension.name}: ${values.join(' or ')}`;
    out.push({ dimension: dimension.name, text, values });
  }
  return out;
}

/** Whether an input lies in a box. */
export const contains = (cube: Cube, coordinates: readonly number[]): boolean =>
  cube.every((allowed, i) => allowed.includes(coordinates[i] as number));
