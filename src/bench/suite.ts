/** What is measured: every kernel, on good data and bad, and how much memory that takes. */
import { ORDERS, type Order, SHAPES, type Shape } from './shapes.ts';
import { FLAT, type Workbench, type Workload } from './workloads.ts';

export const GROUPS = ['read', 'flat', 'histogram', 'walk', 'nested', 'lookups', 'text'] as const;
export type Group = (typeof GROUPS)[number];

/** One row: make its data in a workbench's memory. */
export interface Item {
  readonly group: Group;
  make(bench: Workbench, entries: number): Workload;
}

/** Look-ups and words of text cost what several entries cost: there are a quarter as many of them. */
const FEWER = 4;
const quarter = (entries: number): number => Math.ceil(entries / FEWER);

type Format = (typeof FLAT)[number];
const read: Item = { group: 'read', make: (bench, entries) => bench.read(entries) };
const text: Item = { group: 'text', make: (bench, entries) => bench.text(quarter(entries)) };
const flat = (format: Format, shape: Shape): Item => ({
  group: 'flat',
  make: (bench, entries) => bench.flat('flat', format, shape, entries),
});
const histogram = (shape: Shape): Item => ({
  group: 'histogram',
  make: (bench, entries) => bench.flat('histogram', FLAT[0], shape, entries),
});
const walk = (shape: Shape, order: Order): Item => ({
  group: 'walk',
  make: (bench, entries) => bench.walk(shape, order, entries),
});
const nested = (shape: Shape): Item => ({
  group: 'nested',
  make: (bench, entries) => bench.nested(shape, entries),
});
const lookups = (shape: Shape): Item => ({
  group: 'lookups',
  make: (bench, entries) => bench.lookups(shape, entries, quarter(entries)),
});

/** Every work, on good data and on bad: what fits into a minute of somebody's attention. */
export const BRIEF: readonly Item[] = [
  read,
  ...FLAT.map(format => flat(format, 'mixed')),
  histogram('runs'),
  histogram('worst'),
  walk('runs', 'in order'),
  walk('mixed', 'in order'),
  walk('worst', 'shuffled'),
  nested('runs'),
  nested('worst'),
  lookups('runs'),
  lookups('worst'),
  text,
];

export interface Choice {
  readonly groups?: readonly Group[];
  readonly shapes?: readonly Shape[];
  /** Of walks; look-ups always go to shuffled tables, the rest has no tables or has them in order. */
  readonly orders?: readonly Order[];
}

/** Everything that there is of a choice. */
export const suite = ({ groups = GROUPS, shapes = SHAPES, orders = ORDERS }: Choice = {}): readonly Item[] =>
  [
    read,
    ...FLAT.flatMap(format => shapes.map(shape => flat(format, shape))),
    ...shapes.map(histogram),
    ...shapes.flatMap(shape => orders.map(order => walk(shape, order))),
    ...shapes.map(nested),
    ...shapes.map(lookups),
    text,
  ].filter(({ group }) => groups.includes(group));

/**
 * How much of the data the counterpart in TypeScript is given: as much as takes a fraction of a second. Results are compared
 * on that much, and its speed is taken there.
 */
export const COMPARED: Readonly<Record<Group, number>> = {
  read: 2 ** 20,
  flat: 2 ** 21,
  histogram: 2 ** 21,
  walk: 2 ** 20,
  nested: 2 ** 15,
  lookups: 2 ** 16,
  text: 2 ** 16,
};

/**
 * Bytes an entry takes, upper bounds: in the kernels' memory (data and room for the worst result), and in all with the
 * copies made on the way. A test makes every row in two sizes and compares.
 */
export const MEMORY: Readonly<Record<Group, { readonly kernels: number; readonly all: number }>> = {
  read: { kernels: 8, all: 16 },
  flat: { kernels: 9, all: 17 },
  histogram: { kernels: 9, all: 17 },
  walk: { kernels: 55, all: 71 },
  nested: { kernels: 17, all: 66 },
  lookups: { kernels: 15, all: 33 },
  text: { kernels: 12, all: 26 },
};

/** Groups whose data is a tree, and how large one can be: its tables are pointed to by two full levels. */
export const TREES: ReadonlySet<Group> = new Set(['walk', 'nested', 'lookups']);
export const MOST_TREE_ENTRIES = 2 ** 27;
