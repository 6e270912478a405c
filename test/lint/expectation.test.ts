/** Ranges of an expectation, in bytes as people write them and in frames as they are asked. */
import { describe, expect, test } from 'vitest';
import { Expectation } from '../../src/lint/expectation.ts';

describe('the frames of a range', () => {
  test.each([
    ['0x40000000-0x40000000', 0x40000, 0x40001], // one byte
    ['0x40000fff-0x40001000', 0x40000, 0x40002], // two bytes, one in each page
    ['0x40000000-0x40000fff', 0x40000, 0x40001],
    ['0x40000000..0x40001000', 0x40000, 0x40002],
    ['0x40000000+1', 0x40000, 0x40001],
    ['0x40000000+4K', 0x40000, 0x40001],
    ['0x40000800+4K', 0x40000, 0x40002],
    ['4096-8191', 1, 2],
    ['0+2M', 0, 512],
    ['0+1G', 0, 0x40000],
  ])('%s', (range, first, end) => {
    const expectation = new Expectation(`${range}=r-x,*=---`);
    expect(expectation.at(first)).toEqual({
      until: end,
      expected: { perm: 'r-x', r: true, w: false, x: true },
    });
    expect(expectation.at(end - 1).until).toBe(end);
    expect(expectation.at(end)).toMatchObject({ until: Number.POSITIVE_INFINITY, expected: { perm: '---' } });
    if (first > 0)
      expect(expectation.at(first - 1)).toMatchObject({ until: first, expected: { perm: '---' } });
  });
});

test('what is no range is refused', () => {
  for (const [text, says] of [
    ['0x2000-0x1fff=rwx', /ends before it begins/],
    ['0x2000+0=rwx', /ends before it begins/],
    ['0x1000-0x2000=rwx,0x2000-0x2fff=r--', /two expectations for the page at 0x2000/],
    ['0x1000=rwx', /is no range/],
    ['0x1000-0x1fff=x', /does not end in rights/],
    ['# nothing', /there is no expectation/],
  ] as const)
    expect(() => new Expectation(text), text).toThrow(says);
});
