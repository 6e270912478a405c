/** From a set of inputs to a few conditions that say it. */
import { describe, expect, test } from 'vitest';
import { conditions, contains, cover } from '../../src/kvm/cubes.ts';

describe('cover', () => {
  const dimensions = [
    { name: 'a', values: ['0', '1', '2'], facts: [] },
    { name: 'b', values: ['0', '1'], facts: [] },
    { name: 'c', values: ['0', '1', '2', '3'], facts: [] },
  ];
  test('boxes cover exactly the wanted inputs, whatever they are', () => {
    // A thousand pseudo-random sets over 24 inputs, with some that do not matter.
    for (let seed = 1; seed <= 1000; seed++) {
      let x = seed * 2654435761;
      const classes = new Uint16Array(24).map(() => {
        x = (Math.imul(x ^ (x >>> 15), 2246822519) + 3266489917) >>> 0;
        return [0, 1, 0, 1, 0xffff][x % 5] as number;
      });
      const cubes = cover(dimensions, classes, 1);
      for (const [index, label] of classes.entries()) {
        if (label === 0xffff) continue;
        const at = [index % 3, Math.floor(index / 3) % 2, Math.floor(index / 6)];
        expect(
          cubes.some(cube => contains(cube, at)),
          `${seed} ${index}`,
        ).toBe(label === 1);
      }
    }
  });
  test('a condition that does not matter is not named', () => {
    const classes = new Uint16Array(24).map((_, i) => (i % 3 === 1 ? 1 : 0));
    const cubes = cover(dimensions, classes, 1);
    expect(cubes.map(cube => conditions(dimensions, cube).map(c => c.text))).toEqual([['a: 1']]);
  });
});
