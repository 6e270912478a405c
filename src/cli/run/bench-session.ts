/** One run of `bench` as its reader sees it: the machine, rows as they come, what is to be said of them in the end. */
import { cpus } from 'node:os';
import type { Rounds } from '../../bench/measure.ts';
import type { Output } from '../../report/answer.ts';
import {
  type BenchCold,
  type BenchMachine,
  type BenchRow,
  benchColumns,
  benchRecord,
  busyRows,
  coldLines,
  coldRecord,
  legendLines,
  machineLines,
  machineRecord,
} from '../../report/bench.ts';
import { json } from '../../report/json.ts';
import { csvLine, markdownLine, markdownRule, table } from '../../report/table.ts';
import { type Globals, outputOf } from '../command.ts';
import { interrupt } from '../interrupt.ts';
import { type Io, look } from '../io.ts';
import type { Progress } from '../progress.ts';
import { version } from '../version.ts';

export interface SessionOptions {
  readonly rounds: number;
  /** Rows that will come. */
  readonly expected: number;
  /** Where the work itself does not say how far it is. */
  readonly bar?: Progress;
}

const WARMUPS = 1;

export class Session {
  readonly rounds: Rounds;
  readonly #io: Io;
  readonly #output: Output;
  readonly #look: ReturnType<typeof look>;
  readonly #options: SessionOptions;
  readonly #interrupt = interrupt();
  readonly #rows: BenchRow[] = [];
  #cold: readonly BenchCold[] = [];
  #runs = 0;

  constructor(args: Globals, io: Io, options: SessionOptions) {
    this.#io = io;
    this.#output = outputOf(args);
    this.#look = look(io, args);
    this.#options = options;
    this.rounds = { rounds: options.rounds, warmups: WARMUPS, before: () => this.#before() };
  }

  /** Did somebody press Ctrl-C? */
  get ended(): boolean {
    return this.#interrupt.wanted;
  }

  begin(data: Pick<BenchMachine, 'entries' | 'dump' | 'format' | 'kernels'>): void {
    const all = cpus();
    const machine: BenchMachine = {
      version,
      cpu: all[0]?.model.trim() || process.arch,
      cores: all.length,
      node: process.version,
      rounds: this.#options.rounds,
      ...data,
    };
    if (this.#output === 'json') this.#line(json(machineRecord(machine)));
    const { style, width } = this.#look;
    if (this.#output === 'table') this.#lines([...machineLines(machine, style, width), '']);
  }

  cold(cold: readonly BenchCold[]): void {
    this.#cold = [...this.#cold, ...cold];
    if (this.#output === 'json') for (const one of cold) this.#line(json(coldRecord(one)));
  }

  row(row: BenchRow | undefined): void {
    this.#runs = 0;
    if (row === undefined) return;
    this.#rows.push(row);
    if (this.#output === 'json') this.#line(json(benchRecord(row)));
  }

  /** Print what there is, and say what is to be known about it. */
  end(): void {
    this.#options.bar?.end();
    this.#interrupt.end();
    this.#print();
    const busy = busyRows(this.#rows);
    if (busy > 0)
      this.#say(
        `the machine was busy: in ${busy} of ${this.#rows.length} rows the median lies more than 10 % above the least time; repeat it when nothing else runs`,
      );
    if (this.ended) this.#say(`ended early: ${this.#rows.length} of ${this.#options.expected} rows`);
  }

  #print(): void {
    const { width, style } = this.#look;
    const columns = benchColumns(style);
    const cells = this.#rows.map(row => columns.map(({ text }) => text(row)));
    const titles = columns.map(({ title }) => title);
    switch (this.#output) {
      case 'json':
        break;
      case 'csv':
        for (const line of [titles, ...cells]) this.#io.out.write(`${csvLine(line)}\r\n`);
        break;
      case 'markdown':
        this.#line(`${markdownLine(titles)}\n${markdownRule(columns)}`);
        for (const line of cells) this.#line(markdownLine(line));
        break;
      case 'table':
        this.#lines([
          ...table(columns, this.#rows, { width, head: style.dim }),
          '',
          ...legendLines(style, width),
          ...coldLines(this.#cold, style, width),
        ]);
    }
  }

  /** Between two runs: let a Ctrl-C come in, show how far we are. */
  async #before(): Promise<boolean> {
    const { bar, expected, rounds } = this.#options;
    const part = Math.min(0.99, this.#runs++ / (2 * (rounds + WARMUPS)));
    bar?.at(this.#rows.length + part, expected);
    await new Promise(resolve => setImmediate(resolve));
    return this.ended;
  }

  #line(text: string): void {
    this.#io.out.write(`${text}\n`);
  }
  #lines(texts: readonly string[]): void {
    for (const text of texts) this.#line(text);
  }

  #say(text: string): void {
    this.#io.err.write(`memattr bench: ${text}\n`);
  }
}
