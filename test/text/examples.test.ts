import { describe, expect, test } from 'vitest';
import { detect } from '../../src/text/detect.ts';
import { recognisers } from '../../src/text/formats/index.ts';
import { linesOf } from '../../src/text/lines.ts';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';
import { examples } from './examples.ts';

describe('every example says exactly this', () => {
  test.each(examples)('$id: $name', ({ id, text, says }) => {
    const { items, parts, unknown } = readText(text);
    expect(items.map(brief)).toEqual(says);
    expect(parts[0]?.id).toBe(id);
    expect(unknown).toBe(0);
  });
});

describe('forced with --as it says the same', () => {
  test.each(examples)('$id: $name', ({ id, text, says }) => {
    expect(readText(text, { as: id }).items.map(brief)).toEqual(says);
  });
});

test('every recogniser has an example', () => {
  const ids = new Set(examples.map(({ id }) => id));
  expect(recognisers.map(({ id }) => id).filter(id => !ids.has(id))).toEqual([]);
});

/** What every format puts, over its examples. */
const putBy = (from: string) =>
  examples.flatMap(({ text }) => readText(text).items.filter(item => item.from === from));

test.each(recognisers)('$id: what lists ranges says that it is a map', ({ id, map }) => {
  const ranges = putBy(id).filter(({ is }) => is === 'range');
  expect(ranges.length > 0 && map === undefined).toBe(false);
});

test.each(recognisers)('$id: entries are of no other architecture than the format', ({ id, arch }) => {
  const families = putBy(id).flatMap(item =>
    'regime' in item && item.regime !== undefined ? [item.regime.family] : [],
  );
  const others = families.filter(family => arch !== undefined && !family.startsWith(`${arch}.`));
  expect(others).toEqual([]);
});

describe('every example against every recogniser: its own scores highest', () => {
  test.each(examples)('$id: $name', ({ id, text }) => {
    const ranking = detect([...linesOf(text)]);
    expect(ranking[0]?.recogniser.id).toBe(id);
    expect(ranking[0]?.score).toBeGreaterThan(ranking[1]?.score ?? 0);
    expect(ranking[0]?.score).toBeLessThanOrEqual(1);
  });
});
