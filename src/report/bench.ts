/** What `bench` measured: rows of a table, and JSON. */
import { counted } from '../bits/counted.ts';
import type { Answer } from './answer.ts';
import { SCHEMA } from './records.ts';
import { sizeText } from './size.ts';
import { plain, type Style } from './style.ts';
import { type Column, table, wrap } from './table.ts';

/** Nanoseconds of processor time. */
export interface BenchTime {
  readonly median: number;
  readonly least: number;
  readonly rounds: number;
}

interface Timed {
  readonly entries: number;
  readonly bytes: number;
  readonly timing: BenchTime;
}

export interface BenchRow extends Timed {
  readonly group: string;
  readonly title: string;
  /** Reading and nothing else, in turn with the work. */
  readonly read: Timed;
  /** The same in plain TypeScript. */
  readonly plain?: Timed;
}

export interface BenchMachine {
  readonly version: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** What the kernels are here. */
  readonly kernels: 'wasm' | 'typescript';
  readonly rounds: number;
  /** Entries of synthetic data, or the dump and what it is. */
  readonly entries?: number;
  readonly dump?: string;
  readonly format?: string;
}

export interface BenchCold {
  readonly what: string;
  readonly first: number;
  readonly again: number;
}

const perSecond = (amount: number, { timing: { median } }: Timed): number => (1e9 * amount) / median;
const bytesPerSecond = (timed: Timed): number => perSecond(timed.bytes, timed);
const entriesPerSecond = (timed: Timed): number => perSecond(timed.entries, timed);
const shareOf = (row: BenchRow): number => bytesPerSecond(row) / bytesPerSecond(row.read);
const timesFaster = (row: BenchRow): number | undefined =>
  row.plain && entriesPerSecond(row) / entriesPerSecond(row.plain);

/** Something else ran on this machine. */
const isBusy = ({ timing: { median, least } }: Timed): boolean => median > 1.1 * least;
export const busyRows = (rows: readonly BenchRow[]): number =>
  rows.filter(row => isBusy(row) || isBusy(row.read)).length;

// --------------------------------------------------------------------------------------------------------- JSON

const machineRecord = (machine: BenchMachine) => ({ schema: SCHEMA.bench, is: 'machine', ...machine });

const coldRecord = ({ what, first, again }: BenchCold) => ({
  schema: SCHEMA.bench,
  is: 'cold',
  what,
  nanoseconds: { first, again },
});

const timeRecord = (timed: Timed) => ({
  entries: timed.entries,
  bytes: timed.bytes,
  rounds: timed.timing.rounds,
  nanoseconds: { median: timed.timing.median, least: timed.timing.least },
  entriesPerSecond: entriesPerSecond(timed),
  bytesPerSecond: bytesPerSecond(timed),
});

const benchRecord = (row: BenchRow) => ({
  schema: SCHEMA.bench,
  is: 'result',
  work: row.group,
  on: row.title,
  ...timeRecord(row),
  readLimit: bytesPerSecond(row.read),
  readLimitShare: shareOf(row),
  busy: busyRows([row]) > 0,
  ...(row.plain ? { typescript: timeRecord(row.plain), timesFaster: timesFaster(row) } : {}),
});

// -------------------------------------------------------------------------------------------------------- table

/** Three digits, and a unit: `2.36 G`, `69.1 M`. */
export function rateText(rate: number): string {
  const [weight, unit] = (
    [
      [1e9, ' G'],
      [1e6, ' M'],
      [1e3, ' k'],
    ] as const
  ).find(([w]) => rate >= w) ?? [1, ''];
  return `${three(rate / weight)}${unit}`;
}
const three = (value: number): string => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
export const timeText = (nanoseconds: number): string =>
  nanoseconds >= 1e9
    ? `${three(nanoseconds / 1e9)} s`
    : nanoseconds >= 1e6
      ? `${three(nanoseconds / 1e6)} ms`
      : `${three(nanoseconds / 1e3)} us`;

/** Shares of the read limit from here on are what a memory-bound loop can hope for. */
const NEAR_LIMIT = 0.6;

const benchColumns = (style: Style): readonly Column<BenchRow>[] => [
  { title: 'work', text: row => row.group, paint: () => style.bold },
  { title: 'on', text: row => row.title, wrap: true },
  { title: 'time', align: 'right', text: row => timeText(row.timing.median) },
  { title: 'entries/s', align: 'right', text: row => rateText(entriesPerSecond(row)) },
  { title: 'GB/s', align: 'right', text: row => three(bytesPerSecond(row) / 1e9) },
  {
    title: 'of limit',
    align: 'right',
    text: row =>
      shareOf(row) >= 0.0995
        ? `${(100 * shareOf(row)).toFixed(0)} %`
        : `${(100 * shareOf(row)).toFixed(1)} %`,
    paint: row => (shareOf(row) >= NEAR_LIMIT ? style.green : text => text),
  },
  {
    title: 'TypeScript',
    align: 'right',
    text: row => (row.plain ? rateText(entriesPerSecond(row.plain)) : ''),
    paint: () => style.dim,
  },
  { title: 'faster', align: 'right', text: row => fasterText(timesFaster(row)) },
  { title: 'note', text: row => (busyRows([row]) > 0 ? 'busy' : ''), paint: () => style.yellow },
];

const fasterText = (times: number | undefined): string =>
  times === undefined ? '' : `${times >= 10 ? times.toFixed(0) : times.toFixed(1)} x`;

/** The machine, and what was run on it. */
const machineLines = (machine: BenchMachine, style: Style, width: number): readonly string[] => {
  const { cpu, cores, node, version, kernels, rounds, entries, dump, format } = machine;
  const about = [
    entries === undefined ? `${dump}, ${format}` : `${countText(entries)} entries (${sizeText(8 * entries)})`,
    `medians of ${counted(rounds, 'round')}, processor time`,
    kernels === 'wasm'
      ? 'WebAssembly held against plain TypeScript first: same bytes'
      : 'no WebAssembly with SIMD here: plain TypeScript, on less data',
  ];
  return [
    `${style.bold(cpu)}, ${counted(cores, 'core')}, Node ${node}, memattr ${version}`,
    ...wrap(`${about.join('; ')}`, width).map(style.dim),
  ];
};

/** `4 Mi`, `100000`. */
export const countText = (count: number): string => {
  const [weight, unit] = (
    [
      [2 ** 30, ' Gi'],
      [2 ** 20, ' Mi'],
      [2 ** 10, ' Ki'],
    ] as const
  ).find(([w]) => count >= w && count % w === 0) ?? [1, ''];
  return `${count / weight}${unit}`;
};

/** First calls. */
const coldLines = (cold: readonly BenchCold[], style: Style, width: number): readonly string[] =>
  cold.length === 0
    ? []
    : wrap(
        `cold: ${cold.map(({ what, first, again }) => `${what} in ${timeText(first)}, then in ${timeText(again)}`).join('; ')}`,
        width,
      ).map(style.dim);

/** What the columns mean that do not say it themselves. */
const legendLines = (style: Style, width: number): readonly string[] =>
  wrap(
    'of limit: bytes per second against summing words in memory, in turn with the work; TypeScript: entries/s of the same without kernels, faster: how many times',
    width,
  ).map(style.dim);

// ------------------------------------------------------------------------------------------------------ answers

/** Titles and cells, without colours. */
const COLUMNS = benchColumns(plain);

/** What is known before anything was measured. */
export const machineAnswer = (machine: BenchMachine): Answer<BenchRow> => ({
  records: [machineRecord(machine)],
  columns: COLUMNS,
  lines: ({ style, width }) => machineLines(machine, style, width),
});

/** First calls; people read of them at the end. */
export const coldAnswer = (cold: readonly BenchCold[]): Answer<BenchRow> => ({
  records: cold.map(coldRecord),
  columns: COLUMNS,
  lines: () => [],
});

/** One row as it comes; people get the table at the end. */
export const rowAnswer = (row: BenchRow): Answer<BenchRow> => ({
  records: [benchRecord(row)],
  rows: [row],
  columns: COLUMNS,
  lines: () => [],
});

/** The table of everything that was measured, for people. */
export const benchAnswer = (rows: readonly BenchRow[], cold: readonly BenchCold[]): Answer<BenchRow> => ({
  records: [],
  columns: COLUMNS,
  lines: ({ style, width }) => [
    ...table(benchColumns(style), rows, { width, head: style.dim }),
    '',
    ...legendLines(style, width),
    ...coldLines(cold, style, width),
  ],
});
