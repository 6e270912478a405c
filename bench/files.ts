/** Work on files: entries resolved while they are read, and walks through the image reader, against bare reads. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectSame } from '../src/bench/compare.ts';
import { measure, processorTime, type Rounds, type Side, type Timing } from '../src/bench/measure.ts';
import { leafEntries, leafTree, type Order, type Shape } from '../src/bench/shapes.ts';
import { columnsOf, FLAT, regimeOf } from '../src/bench/workloads.ts';
import type { AddressSpace } from '../src/image/address-space.ts';
import { openImage } from '../src/image/open.ts';
import { resolve, resolveFrom } from '../src/kernels/resolve.ts';
import { walkExactly } from '../src/walk/exact.ts';
import { walkFast } from '../src/walk/fast.ts';
import type { Row } from './row.ts';

/** What is read at once: it stays in the second-level cache until it is resolved. */
const CHUNK = 2 ** 18;

/** Every row in turn: files of twice as many entries, and of as many in trees. Files stand in a folder of their own, and are gone in the end. */
export async function* fileRows(entries: number, rounds: Rounds): AsyncGenerator<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'memattr-bench-'));
  const path = join(folder, 'data');
  try {
    for (const shape of ['runs', 'worst'] as const) yield await fileToCodes(path, shape, 2 * entries, rounds);
    yield await fileWalk(path, 'runs', 'in order', entries, rounds);
    yield await fileWalk(path, 'mixed', 'shuffled', entries, rounds);
    yield await fileWalk(path, 'worst', 'shuffled', entries, rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const side = (name: string, work: () => unknown): Side => ({
  name,
  run: async () => {
    const start = processorTime();
    await work();
    return processorTime() - start;
  },
});

/** Reading and nothing else. */
function bareReads(path: string): Side {
  const piece = new Uint8Array(CHUNK);
  return side('bare reads', () => {
    const fd = openSync(path, 'r');
    while (readSync(fd, piece) > 0);
    closeSync(fd);
  });
}

async function fileToCodes(path: string, shape: Shape, entries: number, rounds: Rounds): Promise<Row> {
  const [{ table, title }] = FLAT;
  const words = leafEntries(shape, entries);
  writeFileSync(path, words);
  const codes = new Uint8Array(entries);
  const ours = side('file to codes', () => {
    const fd = openSync(path, 'r');
    let done = 0;
    resolveFrom(
      target => readSync(fd, target),
      table,
      piece => {
        codes.set(piece, done);
        done += piece.length;
      },
    );
    closeSync(fd);
  });
  await ours.run();
  expectSame('file to codes', [codes], [resolve(words, table).codes]);
  const [mine, bare] = (await measure([ours, bareReads(path)], rounds)) as [Timing, Timing];
  return {
    group: 'file',
    title: `to codes, ${title}, ${shape}`,
    entries,
    bytes: words.byteLength,
    ours: mine,
    against: bare,
  };
}

/** Opened, walked, closed: nothing that was read before is kept, except by the system. */
async function fileWalk(
  path: string,
  shape: Shape,
  order: Order,
  entries: number,
  rounds: Rounds,
): Promise<Row> {
  const tree = leafTree(shape, order, Math.ceil(entries / 512));
  writeFileSync(path, tree.words);
  const regime = regimeOf(tree);
  const options = { maxRanges: tree.entries + 1 };
  const opened = async <A>(walk: (memory: AddressSpace) => A): Promise<A> => {
    const image = await openImage(path, { base: 0n, format: 'raw' });
    const result = walk(image.space);
    image.close();
    return result;
  };
  const fast = () => opened(memory => walkFast(regime, memory, options));
  const exact = () => opened(memory => walkExactly(regime, memory, options));
  const found = await fast();
  if (!found) throw new Error('the fast walker declined a tree of the bench');
  expectSame(`walk of a file, ${shape}`, columnsOf(found), columnsOf(await exact()));
  const [mine, other, bare] = (await measure(
    [side('walk', fast), { ...side('the exact walker', exact), rounds: 3 }, bareReads(path)],
    rounds,
  )) as [Timing, Timing, Timing];
  return {
    group: 'file',
    title: `walked, ${shape}, ${order}`,
    entries: tree.entries,
    bytes: tree.words.byteLength,
    ours: mine,
    against: other,
    note: `${(100 * (bare.median / mine.median)).toFixed(0)} % of bare reads`,
  };
}
