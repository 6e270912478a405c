import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatesOf } from '../../src/arch/walks.ts';
import { stage2Tables } from '../../src/arm64/walk/tables.ts';
import { KIND } from '../../src/walk/regime.ts';
import { Through } from '../../src/walk/through.ts';
import { translate } from '../../src/walk/translate.ts';
import { walk } from '../../src/walk/walker.ts';
import { Memory } from '../support/memory.ts';

const LEAF = 0x4c0n | (0xfn << 2n); // AF, S2AP RW, MemAttr 0b1111
const PAGE = LEAF | 3n;
const BLOCK = LEAF | 1n;
const regime = stage2Tables({ settings: { granule: '4K' }, startLevel: 1, indexBits: 9, base: 0x1000n });

const memory = (): Memory => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n); // level 1 -> level 2 at 0x2000
  memory.write(0x2000, 0x3003n); // level 2 -> level 3 at 0x3000
  memory.write(0x2008, 0x4020_0000n | BLOCK); // 2 MiB block
  memory.write(0x2010, 0x9_0003n); // a table that is not held
  memory.write(0x3008, 0x7000n | PAGE);
  return memory;
};

test('a page: every step with its place, the offset kept', () => {
  const found = translate(regime, memory(), 0x1234n);
  expect(found).toMatchObject({ outcome: 'mapped', output: 0x7234n, pageSize: 4096 });
  expect(found.steps.map(({ name, index, at }) => [name, index, at])).toEqual([
    [1, 0, 0x1000],
    [2, 0, 0x2000],
    [3, 1, 0x3008],
  ]);
});

test('a block ends the walk a level earlier', () => {
  expect(translate(regime, memory(), 0x31_2345n)).toMatchObject({
    outcome: 'mapped',
    output: 0x4031_2345n,
    pageSize: 2 ** 21,
  });
});

test.each([
  [0x0n, 'invalid', 'level 3 entry is invalid'],
  [0x40_0000n, 'missing', 'the level 3 table at 0x90000 is not in the image'],
  [1n << 45n, 'outside', '0x200000000000 is outside the input range of arm64.stage2'],
] as const)('%s is %s', (address, outcome, reason) => {
  expect(translate(regime, memory(), address)).toMatchObject({ outcome, reason });
});

test('every leaf that a walk lists translates to itself, and the frames between do not', () => {
  const entry = fc.tuple(fc.nat(511), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), entries => {
      const image = memory();
      for (const [index, frame] of entries) image.write(0x3000 + 8 * index, (BigInt(frame) << 12n) | PAGE);
      const { leaves } = walk(regime, image);
      const mapped = new Map<number, number>();
      for (let i = 0; i < leaves.length; i++)
        for (let k = 0; k < (leaves.frames[i] as number); k++)
          if (leaves.kind[i] === KIND.leaf)
            mapped.set((leaves.input[i] as number) + k, (leaves.output[i] as number) + k);
      for (let frame = 0; frame < 600; frame++) {
        const found = translate(regime, image, BigInt(frame) << 12n);
        expect(found.outcome === 'mapped' ? Number(found.output >> 12n) : undefined).toBe(mapped.get(frame));
      }
    }),
    { numRuns: 20 },
  );
});

test('memory through a stage: guest frames are the frames behind them', () => {
  const image = memory();
  image.write(0x7000, 0xabcn);
  const guest = new Through(regime, image);
  expect(guest.page(1)?.[0]).toBe(0xabc);
  expect(guest.page(2)).toBeUndefined();
  expect(guest.ranges).toEqual([
    { frame: 1, end: 2 },
    { frame: 512, end: 1024 },
  ]);
});

describe('between the halves of a canonical root', () => {
  const paging = (cr4: bigint) => {
    const registers = new Map([
      ['CR0', 0x8005_0033n],
      ['CR3', 0x1000n],
      ['CR4', cr4],
      ['EFER', 0xd01n],
    ]);
    const [found] = candidatesOf(registers, 'x86').found;
    if (!found) throw new Error('no paging');
    return found.regime;
  };
  test.each([
    [0x20n, 0x8000_0000_0000n, /^0x800000000000 is not canonical: bits 63:47 are not all the same: #GP\(0\)/],
    [0x20n, 0xffff_7fff_ffff_ffffn, /is not canonical: bits 63:47/],
    [0x1020n, 0x100_0000_0000_0000n, /is not canonical: bits 63:56/],
  ])('CR4 %i, %i', (cr4, address, reason) => {
    const found = translate(paging(cr4), new Memory(), address);
    expect(found).toMatchObject({ outcome: 'outside', reason: expect.stringMatching(reason) });
  });
  test('both ends of the halves are no such addresses', () => {
    for (const address of [0n, 0x7fff_ffff_ffffn, 0xffff_8000_0000_0000n, 0xffff_ffff_ffff_ffffn])
      expect(translate(paging(0x20n), new Memory(), address).outcome).toBe('missing');
  });
});
