/** Differences of two lists of ranges, against a comparison page by page. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatesOf } from '../../src/arch/walks.ts';
import { type Difference, differences, type Side } from '../../src/walk/diff.ts';
import { ignoring, sidesOf, withoutCommon } from '../../src/walk/diff-map.ts';
import { mapOf } from '../../src/walk/map.ts';
import { spacesOf } from '../../src/walk/space.ts';
import { openFixture } from '../support/fixtures.ts';

const side = (input: number, frames: number, output: number, says: Record<string, string> = {}): Side => ({
  input,
  frames,
  output,
  says,
});

describe('one difference of each kind', () => {
  const cases: [string, Side[], Side[], Partial<Difference>[]][] = [
    ['nothing', [side(1, 4, 100)], [side(1, 2, 100), side(3, 2, 102)], []],
    ['appeared', [], [side(1, 4, 100)], [{ change: 'appeared', input: 1, frames: 4 }]],
    [
      'vanished in the middle',
      [side(0, 10, 0)],
      [side(0, 3, 0), side(5, 5, 5)],
      [{ change: 'vanished', input: 3, frames: 2 }],
    ],
    ['moved', [side(1, 4, 100)], [side(1, 4, 200)], [{ change: 'moved', input: 1, frames: 4 }]],
    [
      'moved in two pieces that do not go on',
      [side(0, 4, 100)],
      [side(0, 2, 200), side(2, 2, 300)],
      [
        { change: 'moved', input: 0, frames: 2 },
        { change: 'moved', input: 2, frames: 2 },
      ],
    ],
    [
      'changed, coalesced over unequal ranges',
      [side(0, 4, 0, { w: '1' })],
      [side(0, 1, 0, { w: '0' }), side(1, 3, 1, { w: '0' })],
      [{ change: 'changed', input: 0, frames: 4, values: { w: ['1', '0'] } }],
    ],
    [
      'moved and changed',
      [side(0, 1, 0, { w: '1' })],
      [side(0, 1, 9, { w: '0' })],
      [{ change: 'moved', values: { w: ['1', '0'] } }],
    ],
    [
      'what one side does not say',
      [side(0, 1, 0, { w: '1' })],
      [{ input: 0, frames: 1, says: { x: '0' } }],
      [],
    ],
  ];
  test.each(cases)('%s', (_name, a, b, wanted) => {
    expect([...differences(a, b)]).toMatchObject(wanted);
    expect([...differences(a, b)]).toHaveLength(wanted.length);
  });
});

test('--ignore: accessed flags, outputs, the stage does not matter', () => {
  const a = [side(0, 2, 0, { a: '0', 's1.af': '0', perm: 'r--' })];
  const b = [side(0, 2, 7, { a: '1', 's1.af': '1', perm: 'r--' })];
  const of = (...names: string[]): string[] =>
    [...differences(a, b, { ignore: ignoring(names) })].flatMap(({ change, values }) => [
      change,
      ...Object.keys(values),
    ]);
  expect(of()).toEqual(['moved', 'a', 's1.af']);
  expect(of('accessed')).toEqual(['moved']);
  expect(of('output')).toEqual(['changed', 'a', 's1.af']);
  expect(of('accessed', 'output')).toEqual([]);
});

test('ignored values do not cut what appeared', () => {
  const b = [side(0, 1, 0, { a: '0' }), side(1, 1, 1, { a: '1' })];
  expect([...differences([], b)]).toHaveLength(2);
  expect([...differences([], b, { ignore: ignoring(['accessed']) })]).toMatchObject([{ frames: 2 }]);
});

/** Ranges in order with gaps, outputs that jump, and two values. */
const sides = fc
  .array(
    fc.record({
      gap: fc.nat(3),
      frames: fc.integer({ min: 1, max: 5 }),
      output: fc.nat(30),
      w: fc.boolean(),
      a: fc.boolean(),
    }),
    {
      maxLength: 12,
    },
  )
  .map(rows => {
    let at = 0;
    return rows.map(({ gap, frames, output, w, a }) => {
      const made = side(at + gap, frames, output, { w: `${w}`, a: `${a}` });
      at += gap + frames;
      return made;
    });
  });

test('says of every page what a comparison of that page says', () => {
  const pages = (list: readonly Side[]) => {
    const map = new Map<number, { output: number; says: Readonly<Record<string, string>> }>();
    for (const { input, frames, output, says } of list)
      for (let i = 0; i < frames; i++) map.set(input + i, { output: (output as number) + i, says });
    return map;
  };
  fc.assert(
    fc.property(sides, sides, fc.boolean(), (a, b, ignoreA) => {
      const ignore = ignoring(ignoreA ? ['a'] : []);
      const found = [...differences(a, b, { ignore })];
      const [one, other] = [pages(a), pages(b)];
      for (let page = 0; page < 120; page++) {
        const before = one.get(page);
        const after = other.get(page);
        const here = found.filter(({ input, frames }) => input <= page && page < input + frames);
        const changed = ['w', 'a'].filter(
          name => !ignore(name) && before && after && before.says[name] !== after.says[name],
        );
        const wanted =
          !before && !after
            ? undefined
            : !before
              ? 'appeared'
              : !after
                ? 'vanished'
                : before.output !== after.output
                  ? 'moved'
                  : changed.length > 0
                    ? 'changed'
                    : undefined;
        expect(here.map(({ change }) => change)).toEqual(wanted === undefined ? [] : [wanted]);
        if (!here[0]) continue;
        const offset = page - here[0].input;
        if (before) expect((here[0].before?.output ?? 0) + offset).toBe(before.output);
        if (after) expect((here[0].after?.output ?? 0) + offset).toBe(after.output);
        if (before && after) expect(Object.keys(here[0].values).sort()).toEqual([...changed].sort());
      }
      // coalesced: no two neighbours could be one
      for (let i = 1; i < found.length; i++) {
        const [x, y] = [found[i - 1] as Difference, found[i] as Difference];
        expect(x.input + x.frames).toBeLessThanOrEqual(y.input);
      }
    }),
    { numRuns: 300 },
  );
});

test('leaving out what is equal word for word changes nothing', async () => {
  const image = await openFixture('real/x86/qemu-32bit-192m/sparse.elf');
  const maps = [0x1cf6000n, 0x1d12000n, 0x1017000n].map(cr3 => {
    const registers = new Map([
      ['CR3', cr3],
      ['CR0', 0x80050033n],
      ['CR4', 0x350ed0n],
      ['EFER', 0n],
    ]);
    const [space] = spacesOf(candidatesOf(registers, 'x86').found, image.space);
    if (!space) throw new Error('no paging');
    return mapOf(space, image.space);
  });
  for (const a of maps)
    for (const b of maps) {
      const [left, right] = withoutCommon(a, b);
      if (a === b) expect([left.first.leaves.length, right.first.leaves.length]).toEqual([0, 0]);
      const whole = [...differences(sidesOf(a), sidesOf(b))];
      expect([...differences(sidesOf(left), sidesOf(right))]).toEqual(whole);
      expect(whole.length > 0).toBe(a !== b);
    }
  image.close();
});
