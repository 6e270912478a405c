/** One run of `bench` as its reader sees it: the machine, rows as they come, what is to be said of them in the end. */
import { cpus } from 'node:os';
import type { Rounds } from '../../bench/measure.ts';
import {
  type BenchCold,
  type BenchMachine,
  type BenchRow,
  benchAnswer,
  busyRows,
  coldAnswer,
  machineAnswer,
  rowAnswer,
} from '../../report/bench.ts';
import type { Globals } from '../command.ts';
import { interrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { printer } from '../print.ts';
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
  readonly #print: ReturnType<typeof printer>;
  readonly #options: SessionOptions;
  readonly #interrupt = interrupt();
  readonly #rows: BenchRow[] = [];
  #cold: readonly BenchCold[] = [];
  #runs = 0;

  constructor(args: Globals, io: Io, options: SessionOptions) {
    this.#io = io;
    this.#print = printer(args, io);
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
    this.#print(machineAnswer(machine));
  }

  cold(cold: readonly BenchCold[]): void {
    this.#cold = [...this.#cold, ...cold];
    this.#print(coldAnswer(cold));
  }

  row(row: BenchRow | undefined): void {
    this.#runs = 0;
    if (row === undefined) return;
    this.#rows.push(row);
    this.#print(rowAnswer(row));
  }

  /** Print what there is, and say what is to be known about it. */
  end(): void {
    this.#options.bar?.end();
    this.#interrupt.end();
    this.#print(benchAnswer(this.#rows, this.#cold));
    const busy = busyRows(this.#rows);
    if (busy > 0)
      this.#say(
        `the machine was busy: in ${busy} of ${this.#rows.length} rows the median lies more than 10 % above the least time; repeat it when nothing else runs`,
      );
    if (this.ended) this.#say(`ended early: ${this.#rows.length} of ${this.#options.expected} rows`);
  }

  /** Between two runs: let a Ctrl-C come in, show how far we are. */
  async #before(): Promise<boolean> {
    const { bar, expected, rounds } = this.#options;
    const part = Math.min(0.99, this.#runs++ / (2 * (rounds + WARMUPS)));
    bar?.at(this.#rows.length + part, expected);
    await new Promise(resolve => setImmediate(resolve));
    return this.ended;
  }

  #say(text: string): void {
    this.#io.err.write(`memattr bench: ${text}\n`);
  }
}
