/**
 * Timing that can be believed on a shared machine: the time of the processor, not of the wall; sides that are compared run
 * in turn, in another order every round; the median and the minimum of all rounds.
 */

/** One way to do a piece of work. */
export interface Side {
  readonly name: string;
  /** Do it once; answers nanoseconds of processor time. */
  run(): number | Promise<number>;
}

export interface Timing {
  readonly name: string;
  /** Nanoseconds of one run. */
  readonly median: number;
  readonly least: number;
  readonly rounds: number;
}

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

export interface Rounds {
  readonly rounds: number;
  /** Runs before the first round that counts: code is compiled, pages are touched. */
  readonly warmups: number;
}

/** Run all sides in turn. A median far above the minimum says that the machine was busy. */
export async function measure(
  sides: readonly Side[],
  { rounds, warmups }: Rounds,
): Promise<readonly Timing[]> {
  const times = sides.map((): number[] => []);
  for (let round = -warmups; round < rounds; round++)
    for (let turn = 0; turn < sides.length; turn++) {
      const index = (turn + round + warmups) % sides.length;
      const time = await (sides[index] as Side).run();
      if (round >= 0) (times[index] as number[]).push(time);
    }
  return sides.map(({ name }, i) => {
    const sorted = (times[i] as number[]).sort((a, b) => a - b);
    return { name, median: sorted[sorted.length >> 1] ?? 0, least: sorted[0] ?? 0, rounds };
  });
}
