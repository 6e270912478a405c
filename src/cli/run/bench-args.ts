/** Arguments of `bench`: sizes and names, and refusals that say what would fit. */
import { type Group, type Item, MEMORY, MOST_TREE_ENTRIES, TREES } from '../../bench/suite.ts';
import { didYouMean } from '../../bits/suggest.ts';
import { countText } from '../../report/bench.ts';
import { sizeText } from '../../report/size.ts';
import { UsageError } from '../trouble.ts';

const WEIGHTS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};
/** One table. */
const LEAST_ENTRIES = 512;

/** `100k`, `4M`, `4Mi`, `4_000_000`. */
export function entriesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]i?)?$/i.exec(text.replaceAll('_', '')) ?? [];
  const count = Math.round(Number(digits) * (WEIGHTS[unit.toLowerCase()] ?? Number.NaN));
  if (!(count >= LEAST_ENTRIES && Number.isSafeInteger(count)))
    throw new UsageError(
      `--entries takes a number from ${LEAST_ENTRIES} on, such as 100k, 4M or 64Ki, 4Mi (powers of two), not '${text}'`,
    );
  return count;
}

const MOST_ROUNDS = 1000;

export function roundsOf(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : 0;
  if (rounds < 1 || rounds > MOST_ROUNDS)
    throw new UsageError(`--rounds takes a number from 1 to ${MOST_ROUNDS}, not '${text}'`);
  return rounds;
}

/** Names with commas between them, or `all`; undefined where nothing was given. */
export function namesOf<N extends string>(
  option: string,
  text: string | undefined,
  known: readonly N[],
): readonly N[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'all') return known;
  return text.split(',').map(typed => {
    const name = known.find(name => name === typed);
    if (name !== undefined) return name;
    const hint = didYouMean(typed, known);
    throw new UsageError(
      `--${option} takes ${known.join(', ')} or all, not '${typed}'${hint && `; ${hint}`}`,
    );
  });
}

const KERNEL_MEMORY = 2 ** 32;
/** Tables, queues, scratch: whatever the size of the data. */
const FIXED = 2 ** 22;
/** The memory of the row before is given back some time later. */
const ROWS_AT_ONCE = 2;

/** @throws UsageError where a row's data would not fit, saying how much would */
export function refuseTooMuch(
  typed: string,
  entries: number,
  items: readonly Item[],
  free = process.availableMemory(),
): void {
  for (const group of new Set(items.map(({ group }) => group))) {
    const { kernels, all } = MEMORY[group];
    const refuse = (why: string, most: number): never => {
      throw new UsageError(`--entries ${typed}: ${group} ${why}; ${mostText(group, most)}`);
    };
    const needed = ROWS_AT_ONCE * all * entries;
    if (kernels * entries + FIXED > KERNEL_MEMORY)
      refuse(
        `needs ${sizeText(kernels * entries)} of the kernels’ memory, which has ${sizeText(KERNEL_MEMORY)}`,
        (KERNEL_MEMORY - FIXED) / kernels,
      );
    if (TREES.has(group) && entries > MOST_TREE_ENTRIES)
      refuse(`has trees of at most ${countText(MOST_TREE_ENTRIES)} entries`, MOST_TREE_ENTRIES);
    if (needed > free)
      refuse(`takes about ${sizeText(needed)}, ${sizeText(free)} are free`, free / (ROWS_AT_ONCE * all));
  }
}

/** The most that fits, rounded down to something that can be typed. */
function mostText(group: Group, most: number): string {
  const [weight, unit] = most >= 2 ** 20 ? [2 ** 20, 'Mi'] : [2 ** 10, 'Ki'];
  const fits = Math.floor(Math.min(most, TREES.has(group) ? MOST_TREE_ENTRIES : most) / (weight as number));
  return `--entries ${fits}${unit} fits`;
}
