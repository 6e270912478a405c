import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagram } from '../../src/bits/diagram.ts';
import { format } from '../../src/bits/format.ts';
import { addr, bits, fixed, flag, ignored, res0, res1, scattered, software } from '../../src/bits/spec.ts';
import { randomFormat } from './random-format.ts';

const ref = { manual: 'test', where: 'here' };
const page = format(
  'test.page',
  { title: 'test page', ref },
  {
    xn: flag(63, 'XN'),
    res59: res0(62, 59),
    one: res1(58),
    sw: software(57, 55),
    dirty: software(54, 54, 'Linux DIRTY'),
    pi: scattered('PIIndex[3:0]', [
      [53, 52],
      [7, 7],
      [4, 4],
    ]),
    mbz: res0(51, 50, { name: 'PS' }),
    oa: addr('Output address', [9, 8], [49, 12]),
    ign: ignored(11, 10),
    sh: bits(6, 5, 'SH[1:0]'),
    ign2: ignored(3, 2),
    valid: fixed(1, 0, 1, 'descriptor type'),
  },
);

test('a drawing, as the manual draws it: names, constants, zeros and ones', () => {
  expect(`\n${diagram(page)}`).toMatchInlineSnapshot(`
    "
      63   62:59   58   57:55       54           53:52       51:50           49:12           11:10
    ┌────┬───────┬────┬───────┬─────────────┬──────────────┬───────┬───────────────────────┬───────┐
    │ XN │   0   │ 1  │  sw   │ Linux DIRTY │ PIIndex[3:2] │  PS   │ Output address[49:12] │  ign  │
    └────┴───────┴────┴───────┴─────────────┴──────────────┴───────┴───────────────────────┴───────┘
               9:8                7        6:5       4        3:2   1:0
    ┌───────────────────────┬────────────┬─────┬────────────┬─────┬─────┐
    │ Output address[51:50] │ PIIndex[1] │ SH  │ PIIndex[0] │ ign │ 01  │
    └───────────────────────┴────────────┴─────┴────────────┴─────┴─────┘"
  `);
});
test('narrow terminals get more lines', () => {
  expect(`\n${diagram(page, 60)}`).toMatchInlineSnapshot(`
    "
      63   62:59   58   57:55       54           53:52
    ┌────┬───────┬────┬───────┬─────────────┬──────────────┐
    │ XN │   0   │ 1  │  sw   │ Linux DIRTY │ PIIndex[3:2] │
    └────┴───────┴────┴───────┴─────────────┴──────────────┘
      51:50           49:12           11:10
    ┌───────┬───────────────────────┬───────┐
    │  PS   │ Output address[49:12] │  ign  │
    └───────┴───────────────────────┴───────┘
               9:8                7        6:5       4
    ┌───────────────────────┬────────────┬─────┬────────────┐
    │ Output address[51:50] │ PIIndex[1] │ SH  │ PIIndex[0] │
    └───────────────────────┴────────────┴─────┴────────────┘
      3:2   1:0
    ┌─────┬─────┐
    │ ign │ 01  │
    └─────┴─────┘"
  `);
});

test('every piece is drawn once, from the top bit down, in boxes that are as wide as their text', () => {
  fc.assert(
    fc.property(randomFormat, fc.integer({ min: 40, max: 200 }), ({ format }, width) => {
      const lines = diagram(format, width).split('\n');
      expect(lines.length % 4).toBe(0);
      const drawn = lines.filter((_, index) => index % 4 === 0).flatMap(line => line.trim().split(/\s+/));
      const wanted = format.rows
        .flatMap(row => row.pieces)
        .sort(([a], [b]) => b - a)
        .map(([hi, lo]) => (hi === lo ? `${hi}` : `${hi}:${lo}`));
      expect(drawn).toEqual(wanted);
      for (let at = 0; at < lines.length; at += 4) {
        const [top = '', names = '', bottom = ''] = lines.slice(at + 1, at + 4);
        expect([names.length, bottom.length]).toEqual([top.length, top.length]);
        expect([...names].flatMap((c, i) => (c === '│' ? [i] : []))).toEqual(
          [...top].flatMap((c, i) => ('┌┬┐'.includes(c) ? [i] : [])),
        );
        const boxes = names.split('│').length - 2;
        expect(names.length <= width || boxes === 1).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
