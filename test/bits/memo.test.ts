import { expect, test, vi } from 'vitest';
import { perSettings } from '../../src/bits/memo.ts';

interface Abc {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What `make` makes, remembered, and how often it was asked. */
function counted<S extends object, T>(make: (settings: S) => T) {
  const spy = vi.fn(make);
  return { of: perSettings(spy), made: () => spy.mock.calls.length };
}

test('one thing is made per configuration, and shared between settings that agree in what was read', () => {
  const { of, made } = counted(({ a, b }: Abc) => ({ sum: a + b }));
  const one = { a: 1, b: 2, c: 3 };
  expect(of(one)).toEqual({ sum: 3 });
  expect(of(one)).toBe(of({ c: 4, b: 2, a: 1 })); // nobody read c, nor in which order settings stand
  expect(of({ a: 12, b: 0, c: 0 })).not.toBe(of({ a: 1, b: 20, c: 0 }));
  expect(made()).toBe(3);
});

test('what one value makes readable is part of the key under that value, and under no other', () => {
  const eager = counted(({ a, b, c }: Abc) => ({ says: a ? `b ${b}` : `c ${c}` }));
  const lazy = counted((s: Abc) => ({ says: s.a ? `b ${s.b}` : `c ${s.c}` }));
  const all = [0, 1].flatMap(a => [0, 1].flatMap(b => [0, 1].map(c => ({ a, b, c }))));
  for (const s of all) expect(lazy.of(s)).toEqual(eager.of(s));
  for (const s of all) expect(lazy.of({ ...s })).toEqual(eager.of(s));
  expect([eager.made(), lazy.made()]).toEqual([8, 4]);
});

test('values of different types are different, however they print', () => {
  const { of } = counted((s: { readonly x: unknown }) => ({ type: typeof s.x }));
  expect([1, '1', 1n, true, undefined].map(x => of({ x }).type)).toEqual([
    'number',
    'string',
    'bigint',
    'boolean',
    'undefined',
  ]);
});

test('nothing is read of some settings: there is one answer', () => {
  const { of, made } = counted((_s: Abc) => ({}));
  expect(of({ a: 1, b: 1, c: 1 })).toBe(of({ a: 2, b: 2, c: 2 }));
  expect(made()).toBe(1);
});

test.each<[string, (s: Readonly<Record<string, number>>) => unknown]>([
  ['copied', s => ({ ...s })],
  ['listed', s => Object.entries(s)],
  ['picked from', ({ a: _, ...rest }) => rest],
  ['asked for its names', s => Object.keys(s)],
  ['asked for one name', s => ('b' in s ? 'has b' : 'has none')],
  ['described', s => Object.getOwnPropertyDescriptor(s, 'b')?.value],
])('settings that are %s are read', (_how, make) => {
  const of = perSettings((s: Readonly<Record<string, number>>) => ({ is: make(s) }));
  const all = [{ a: 1, b: 2 }, { a: 1, b: 3 }, { a: 2, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, { b: 2 }];
  for (const s of all) expect(of(Object.freeze(s))).toEqual({ is: make(s) });
});

test('what is made of something remembered depends on all that this depends on', () => {
  const inner = counted(({ b }: Abc) => ({ b }));
  const outer = counted((s: Abc) => ({ a: s.a, of: inner.of(s), twice: inner.of(s) }));
  expect(outer.of({ a: 1, b: 1, c: 1 }).of).toBe(outer.of({ a: 2, b: 1, c: 1 }).twice);
  expect(outer.of({ a: 1, b: 2, c: 1 })).toEqual({ a: 1, of: { b: 2 }, twice: { b: 2 } });
  expect(outer.of({ a: 2, b: 2, c: 1 })).toEqual({ a: 2, of: { b: 2 }, twice: { b: 2 } });
  expect(outer.of({ a: 2, b: 2, c: 2 })).toBe(outer.of({ a: 2, b: 2, c: 3 }));
  expect([inner.made(), outer.made()]).toEqual([2, 4]);
});

test('what it is made of may be the same thing of other settings', () => {
  const of: (s: Abc) => { readonly depth: number; readonly c: number } = perSettings((s: Abc) =>
    s.a === 0 ? { depth: 0, c: s.c } : { depth: 1 + of({ ...s, a: s.a - 1 }).depth, c: s.c },
  );
  for (const c of [7, 8]) for (const a of [3, 1, 4]) expect(of({ a, b: 0, c })).toEqual({ depth: a, c });
});

test('a mistake is remembered by nobody', () => {
  const { of, made } = counted(({ a }: Abc) => {
    if (a > 1) throw new Error(`${a} is too much`);
    return { a };
  });
  for (let turn = 0; turn < 2; turn++) expect(() => of({ a: 2, b: 0, c: 0 })).toThrow('2 is too much');
  expect(of({ a: 1, b: 0, c: 0 })).toEqual({ a: 1 });
  expect(made()).toBe(3);
});

test('settings that are kept and read later would not be noticed: that is refused', () => {
  const of = perSettings((s: Abc) => ({ later: () => s.b, now: s.a }));
  const { later, now } = of({ a: 1, b: 2, c: 3 });
  expect(now).toBe(1);
  expect(later).toThrow(TypeError);
});

test('what depends on something else than settings is at least never given for other settings', () => {
  let looksAtC = false;
  const of = perSettings((s: Abc) => ({ says: looksAtC ? `c ${s.c}` : `a ${s.a}` }));
  expect(of({ a: 1, b: 0, c: 2 }).says).toBe('a 1');
  looksAtC = true;
  expect(of({ a: 2, b: 0, c: 1 }).says).toBe('c 1');
  expect(of({ a: 1, b: 0, c: 2 }).says).toBe('c 2');
});
