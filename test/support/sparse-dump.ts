/** A dump with far more memory than the disk holds: an ELF core that is a sparse file, with tables scattered all over it. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { elfCore } from './elf.ts';
import { random } from './trees.ts';

const GIB = 2 ** 30;
const FIRST = 4096;

/** Physical memory: where it begins, and bytes. */
export interface Bank {
  readonly base: number;
  readonly bytes: number;
}

/** 6 GiB at the bottom, and 2 GiB beyond 2^40: file offsets and addresses go over 4 GiB at different places. */
export const BANKS: readonly Bank[] = [
  { base: 0, bytes: 6 * GIB },
  { base: 2 ** 40 + 5 * GIB, bytes: 2 * GIB },
];
const bankBytes = BANKS.reduce((sum, { bytes }) => sum + bytes, 0);
const FRAMES = bankBytes / 4096;

/** The frame of a page by its number in the file. */
function frameOf(page: number): number {
  let left = page;
  for (const { base, bytes } of BANKS) {
    if (left < bytes / 4096) return base / 4096 + left;
    left -= bytes / 4096;
  }
  throw new RangeError(`page ${page}`);
}

/** How an architecture writes its entries. */
export interface Words {
  readonly table: (address: number) => bigint;
  readonly page: (address: number, choice: number) => bigint;
}

export interface SparseDump {
  /** Physical address of the root: 512 entries, four levels. */
  readonly root: number;
  /** Physical addresses of all leaf tables, in the order of what they translate. */
  readonly tables: readonly number[];
}

/**
 * Write one with `tables` leaf tables. The first pages are mapped in long runs that cross 4 GiB, in input and output; then come
 * short runs and holes.
 */
export function sparseDump(
  path: string,
  tables: number,
  { table, page }: Words,
  machine: number,
): SparseDump {
  const next = random(7);
  const fd = openSync(path, 'w');
  let offset = FIRST;
  const segments = BANKS.map(({ base, bytes }) => {
    const segment = { paddr: BigInt(base), offset: BigInt(offset), filesz: BigInt(bytes) };
    offset += bytes;
    return segment;
  });
  const header = elfCore({ segments, machine });
  writeSync(fd, header, 0, header.length, 0);
  ftruncateSync(fd, offset);
  const upper = Math.ceil(tables / 512);
  // every table somewhere in its own slice of the file; the slices shuffled
  const count = tables + upper + 2;
  const slice = Math.floor(FRAMES / count);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = next(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const pages = order.map(i => i * slice + next(slice));
  const address = (index: number): number => frameOf(pages[index] as number) * 4096;
  const write = (index: number, words: BigUint64Array): void => {
    writeSync(fd, new Uint8Array(words.buffer), 0, 4096, FIRST + (pages[index] as number) * 4096);
  };
  const leaves = Array.from({ length: tables }, (_, i) => 2 + upper + i);
  write(
    0,
    BigUint64Array.from({ length: 512 }, (_, i) => (i === 0 ? table(address(1)) : 0n)),
  );
  write(
    1,
    BigUint64Array.from({ length: 512 }, (_, i) => (i < upper ? table(address(2 + i)) : 0n)),
  );
  for (let i = 0; i < upper; i++)
    write(
      2 + i,
      BigUint64Array.from({ length: 512 }, (_, k) => {
        const leaf = leaves[512 * i + k];
        return leaf === undefined ? 0n : table(address(leaf));
      }),
    );
  leaves.forEach((leaf, i) => {
    let output = 3 * GIB + i * 512 * 4096; // runs over 4 GiB after 512 tables
    let choice = 0;
    write(
      leaf,
      BigUint64Array.from({ length: 512 }, () => {
        if (i % 4 === 3) {
          if (next(30) === 0) output = next(2 ** 28) * 4096;
          if (next(60) === 0) choice = next(4);
          if (next(40) === 0) return 0n;
        }
        output += 4096;
        return page(output, choice);
      }),
    );
  });
  closeSync(fd);
  return { root: address(0), tables: leaves.map(address) };
}

export const ARM64: Words = {
  table: address => BigInt(address) | 3n,
  page: (address, choice) =>
    BigInt(address) | ([0x7ffn, 0x4c7n, 0x77fn, 0x7ffn | (1n << 54n)][choice] as bigint),
};
export const X86: Words = {
  table: address => BigInt(address) | 0x67n,
  page: (address, choice) => BigInt(address) | ([0x67n, 0x63n, 0x7fn, 0x67n | (1n << 63n)][choice] as bigint),
};
