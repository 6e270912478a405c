import { describe, expect, test } from 'vitest';
import { ExprError, parse, Vocabulary } from '../../src/kvm/expr.ts';

const vocabulary = new Vocabulary({
  a: { means: 'a' },
  b: { means: 'b' },
  c: { means: 'c' },
  pfn: { values: ['ram', 'no-page'], means: 'page' },
  both: { is: 'a & b', means: 'a and b' },
});
const holds = (text: string, env: Record<string, boolean | string>) => vocabulary.compile(text).holds(env);

describe('conditions', () => {
  const cases: [string, (a: boolean, b: boolean, c: boolean) => boolean][] = [
    ['a & b | c', (a, b, c) => (a && b) || c],
    ['a & (b | c)', (a, b, c) => a && (b || c)],
    ['!a | !b & c', (a, b, c) => !a || (!b && c)],
    ['a -> b -> c', (a, b, c) => !a || !b || c],
    ['not a and b or c', (a, b, c) => (!a && b) || c],
    ['both=>c', (a, b, c) => !(a && b) || c],
    ['a && !!b || false', (a, b) => a && b],
  ];
  test.each(cases)('%s has the usual meaning for every input', (text, meaning) => {
    for (const a of [false, true])
      for (const b of [false, true])
        for (const c of [false, true])
          expect(holds(text, { a, b, c }), `${a} ${b} ${c}`).toBe(meaning(a, b, c));
  });

  test('names may contain a minus, and an arrow after a name is still an arrow', () => {
    expect(holds('pfn = no-page->a', { pfn: 'no-page', a: false })).toBe(false);
    expect(holds('pfn != no-page', { pfn: 'ram' })).toBe(true);
  });

  test('a condition knows which given facts it depends on', () => {
    const condition = vocabulary.compile('both | pfn = ram');
    expect(condition.names).toEqual(['both', 'pfn']);
    expect(condition.reads).toEqual(['a', 'b', 'pfn']);
  });

  test.each([
    ['a &', "something is missing at the end in the condition 'a &'"],
    ['(a', "a ')' is missing in the condition '(a'"],
    ['a b', "'b' is one word too many in the condition 'a b'"],
    ['a & d', "unknown name 'd' (known: a, b, c, pfn, both) in the condition 'a & d'"],
    ['pfn', "'pfn' is not a yes/no; compare it with one of ram, no-page in the condition 'pfn'"],
    ['pfn = page', "'pfn' is never 'page' (only ram, no-page) in the condition 'pfn = page'"],
    ['a = ram', "'a' is a yes/no; write a or !a in the condition 'a = ram'"],
    ['a ? b', "cannot read '? b' in the condition 'a ? b'"],
  ])('%s is refused with the reason', (text, message) => {
    expect(() => vocabulary.compile(text)).toThrow(ExprError);
    expect(() => vocabulary.compile(text)).toThrow(message);
  });

  test('parsing keeps the structure', () => {
    expect(parse('a | b & c')).toEqual({
      op: '|',
      left: { op: 'name', name: 'a' },
      right: { op: '&', left: { op: 'name', name: 'b' }, right: { op: 'name', name: 'c' } },
    });
  });
});
