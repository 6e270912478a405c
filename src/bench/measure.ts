/**
 * Timing that can be believed on a shared machine: the time of the processor, not of the wall; sides that are compared run
 * in turn, in another order every round; the median and the minimum of all rounds.
 */

/** One way to do a piece of work. */
export interface Side {
  readonly name: string;
  /** Do it once; answers nanoseconds of processor time. */
  run(): number | Promise<number>;
  /** Take part in so many rounds only, spread over all of them: for what is slow. */
  readonly rounds?: number;
}

export interface Timing {
  readonly name: string;
  /** Nanoseconds of one run. */
  readonly median: number;
  readonly least: number;
  /** How many there were; 0 where the end came first. */
  readonly rounds: number;
}

/** A median far above the minimum: something else ran on this machine. */
export const isBusy = ({ median, least }: Timing): boolean => median > 1.1 * least;

/** Processor time of this process so far, in nanoseconds; the wall's where there is no such clock. */
export const processorTime = (): number => {
  const node = (globalThis as { process?: { cpuUsage?(): { user: number; system: number } } }).process;
  const used = node?.cpuUsage?.();
  return used ? (used.user + used.system) * 1000 : performance.now() * 1e6;
};

/** The work of this process as a side. */
export const ours = (name: string, work: () => void): Side => ({
  name,
  run: () => {
    const start = processorTime();
    work();
    return processorTime() - start;
  },
});

/** The clock counts microseconds: shorter work is repeated until it took so long. */
const SHORTEST = 1e6;
const MOST_REPEATS = 2 ** 16;

/** As `ours`, for work of any length. What is repeated finds its data in the caches: compare it only with its like. */
export function repeated(name: string, work: () => void): Side {
  let repeats = 1;
  return {
    name,
    run: () => {
      for (; ; repeats *= 2) {
        const start = processorTime();
        for (let i = 0; i < repeats; i++) work();
        const time = processorTime() - start;
        if (time >= SHORTEST || repeats >= MOST_REPEATS) return time / repeats;
      }
    },
  };
}

export interface Rounds {
  readonly rounds: number;
  /** Runs before the first round that counts: code is compiled, pages are touched. */
  readonly warmups: number;
  /** Called before every run; true ends the measurement with what there is. */
  readonly before?: () => boolean | Promise<boolean>;
}

/** Run all sides in turn. */
export async function measure(
  sides: readonly Side[],
  { rounds, warmups, before }: Rounds,
): Promise<readonly Timing[]> {
  const times = sides.map((): number[] => []);
  for (const [round, index] of turns(sides, rounds, warmups)) {
    if (await before?.()) break;
    const time = await (sides[index] as Side).run();
    if (round >= 0) (times[index] as number[]).push(time);
  }
  return sides.map(({ name }, i) => {
    const sorted = (times[i] as number[]).sort((a, b) => a - b);
    return { name, median: sorted[sorted.length >> 1] ?? 0, least: sorted[0] ?? 0, rounds: sorted.length };
  });
}

/** Which side runs when. Rounds below 0 warm up, once is enough for what is slow. */
function* turns(sides: readonly Side[], rounds: number, warmups: number): Generator<[number, number]> {
  for (let round = -warmups; round < rounds; round++)
    for (let turn = 0; turn < sides.length; turn++) {
      const index = (turn + round + warmups) % sides.length;
      const wanted = Math.min((sides[index] as Side).rounds ?? rounds, rounds);
      const evenly = (round * wanted) % rounds < wanted;
      if (round < 0 ? round === -1 || wanted === rounds : evenly) yield [round, index];
    }
}
