/** Measuring: who runs when, when it ends, and that nothing is timed whose results differ. */
import { describe, expect, test, vi } from 'vitest';
import { expectSame } from '../../src/bench/compare.ts';
import { isBusy, measure, repeated, type Side } from '../../src/bench/measure.ts';
import { hexDump } from '../../src/bench/shapes.ts';
import { MEMORY, suite } from '../../src/bench/suite.ts';
import { Workbench } from '../../src/bench/workloads.ts';
import { hexWords } from '../../src/kernels/hex-words.ts';
import { typescriptKernels } from '../../src/kernels/kernels.ts';

/** Sides that say when they ran, and take the times given. */
function sides(
  log: string[],
  times: Readonly<Record<string, readonly number[]>>,
  slow: readonly string[] = [],
) {
  return Object.entries(times).map(([name, list]): Side => {
    let run = 0;
    return {
      name,
      run: () => {
        log.push(name);
        return list[run++ % list.length] as number;
      },
      ...(slow.includes(name) ? { rounds: 2 } : {}),
    };
  });
}

describe('measure', () => {
  test('sides run in turn, in another order each round; the first runs do not count', async () => {
    const log: string[] = [];
    const [a, b] = await measure(sides(log, { a: [100, 3, 1, 2], b: [7] }), { rounds: 3, warmups: 1 });
    expect(log.join('')).toBe('abbaabba');
    expect(a).toEqual({ name: 'a', median: 2, least: 1, rounds: 3 });
    expect(b).toEqual({ name: 'b', median: 7, least: 7, rounds: 3 });
  });

  test('a slow side takes part in some rounds, spread over all', async () => {
    const log: string[] = [];
    const [, slow] = await measure(sides(log, { a: [1], s: [1] }, ['s']), { rounds: 6, warmups: 2 });
    expect(slow?.rounds).toBe(2);
    expect(log.join('')).toBe('asaasaasaaa'); // once to warm up, then in the first and the fourth round
  });

  test('ends when it is told to, with what there is', async () => {
    let left = 5;
    const timings = await measure(sides([], { a: [4], b: [4] }), {
      rounds: 9,
      warmups: 1,
      before: () => left-- === 0,
    });
    expect(timings.map(({ rounds }) => rounds)).toEqual([2, 1]);
    const none = await measure(sides([], { a: [4] }), { rounds: 9, warmups: 1, before: () => true });
    expect(none).toEqual([{ name: 'a', median: 0, least: 0, rounds: 0 }]);
  });

  test('short work is repeated, and the time is that of one run', async () => {
    let runs = 0;
    const clock = vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: 50 * runs, system: 0 }));
    const time = await repeated('a', () => {
      runs++;
    }).run();
    clock.mockRestore();
    expect(runs).toBe(1 + 2 + 4 + 8 + 16 + 32); // 20 times 50 us are a millisecond
    expect(time).toBe(50_000);
  });

  test('a median far above the least time says that the machine was busy', () => {
    expect(isBusy({ name: '', median: 112, least: 100, rounds: 3 })).toBe(true);
    expect(isBusy({ name: '', median: 108, least: 100, rounds: 3 })).toBe(false);
  });
});

test('results that differ are not timed', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(() => expectSame('flat', [bytes], [Uint8Array.of(1, 2, 3)])).not.toThrow();
  expect(() => expectSame('flat', [bytes], [Uint8Array.of(1, 9, 3)])).toThrow(
    'flat: WebAssembly and TypeScript differ at byte 1 of column 0: 2 is not 9',
  );
  expect(() => expectSame('flat', [bytes], [Uint8Array.of(1, 2)])).toThrow('differ at byte 2');
  expect(() => expectSame('flat', [bytes], [])).toThrow('differ at byte 0');
});

test('data fits in the memory that is said to hold it', () => {
  const sizes = [2 ** 12, 2 ** 14] as const;
  for (const { group, make } of suite()) {
    const [less, more] = sizes.map(entries => {
      const bench = new Workbench(typescriptKernels());
      make(bench, entries).run();
      return bench.heap.mark();
    }) as [number, number];
    expect((more - less) / (sizes[1] - sizes[0]), group).toBeLessThanOrEqual(MEMORY[group].kernels);
  }
});

test('the text of a dump says the words that it was made from', () => {
  const words = Uint32Array.of(0x90abcdef, 0x12345678, 1, 0, 0xffffffff, 0x80000000, 0x10, 0xa0000000);
  const text = hexDump(words);
  expect(new TextDecoder().decode(text)).toBe(
    '0000000000000000: 0x1234567890abcdef 0x0000000000000001\n' +
      '0000000000000010: 0x80000000ffffffff 0xa000000000000010\n',
  );
  expect([...hexWords(text).words]).toEqual([...new BigUint64Array(words.buffer)]);
});
