import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, LineSplitter, LONGEST, linesOf } from '../../src/text/lines.ts';

const esc = '\u001b';
const bell = '\u0007';

describe('what is taken off a line', () => {
  test.each([
    ['[   12.345678] PGD 0 P4D 0 ', 'PGD 0 P4D 0'],
    ['<4>[   12.345678] PGD 0', 'PGD 0'],
    ['<1>PGD 0', 'PGD 0'],
    ['6,339,5140900,-;PGD 0', 'PGD 0'],
    ['Mar  3 12:00:00 host kernel: [   12.345678] PGD 0', 'PGD 0'],
    ['2026-03-03T12:00:00.123456+01:00 host kernel: PGD 0', 'PGD 0'],
    ['2026-03-03T12:00:00+0000 host kernel[1]: PGD 0', 'PGD 0'],
    ['[2026-03-03 12:00:00.123] [   12.345678] PGD 0', 'PGD 0'],
    ['[Tue Mar  3 12:00:00 2026] PGD 0', 'PGD 0'],
    ['> > [   12.345678] PGD 0', 'PGD 0'],
    ['(XEN) [   12.331193] 0TH[0x014] = 0x4352cf7f', '0TH[0x014] = 0x4352cf7f'],
    ['(d1) (XEN) x', 'x'],
    ['VERBOSE:   Xlat regime:     EL3', 'Xlat regime:     EL3'],
    [`${esc}[31mPGD${esc}[0m 0`, 'PGD 0'],
    [`${esc}]0;title${bell}PGD 0`, 'PGD 0'],
    ['PGD 0 \t\u0000', 'PGD 0'],
    ['\ufeffPGD\u00a00', 'PGD 0'],
    // What stands in brackets at the start of an oops line is no time.
    ['[ffff800000010000] pgd=0', '[ffff800000010000] pgd=0'],
    ['[0000000000000010] pgd=0', '[0000000000000010] pgd=0'],
    ['  [LV1] VA:0x0', '  [LV1] VA:0x0'],
    ['[0x40000000 - 0x80000000] |', '[0x40000000 - 0x80000000] |'],
  ])('%j', (raw, text) => expect(clean(raw, 1).text).toBe(text));

  test('the CPU or task that printed it is kept', () => {
    expect(clean('[   12.345678][  T118] PGD 0', 1)).toMatchObject({ text: 'PGD 0', tag: 'T118' });
    expect(clean('[   12.345678][    C2] PGD 0', 1)).toMatchObject({ text: 'PGD 0', tag: 'C2' });
  });

  test.each([
    ['(qemu) xp /4gx 0x1000', '(qemu)', 'xp /4gx 0x1000'],
    ['(gdb) 0x1000:\t0x0', '(gdb)', '0x1000:\t0x0'],
    ['crash> rd 0', 'crash>', 'rd 0'],
    ['crash_arm64_v9.0.1> vtop 0', 'crash_arm64_v9.0.1>', 'vtop 0'],
    ['<bochs:14> info tab', '<bochs:14>', 'info tab'],
    ['0: kd> !pte 0', '0: kd>', '!pte 0'],
    ['lkd> !pte 0', 'lkd>', '!pte 0'],
    ['HyperDbg> !pte 0', 'HyperDbg>', '!pte 0'],
    ['=> md.q 40000000', '=>', 'md.q 40000000'],
    ['root@host:~# rdmsr 0x277', 'root@host:~#', 'rdmsr 0x277'],
    ['(qemu) (qemu) info tlb', '(qemu)', 'info tlb'],
  ])('the prompt of %j is kept apart', (raw, prompt, text) =>
    expect(clean(raw, 1)).toMatchObject({ prompt, text }),
  );

  test('a command as the monitor echoes it, key by key', () => {
    let raw = '(qemu) ';
    const command = 'info tlb';
    for (let i = 1; i <= command.length; i++) {
      // back to the start, the command so far, erase what was behind it
      raw += [`${esc}[D`.repeat(i - 1), command.slice(0, i), `${esc}[K`].join('');
    }
    expect(clean(raw, 1)).toMatchObject({ text: command, prompt: '(qemu)' });
    expect(clean('info tlx\bb', 1).text).toBe('info tlb');
  });
});

describe('lines of a stream', () => {
  test('CRLF, lone CR, CR CR LF, no end of line', () => {
    expect([...linesOf('a\r\nb\nc\rd\r\r\n\ne')].map(({ number, text }) => `${number}${text}`)).toEqual([
      '1a',
      '2b',
      '3c',
      '3d',
      '5e',
    ]);
  });

  test('the chunks do not matter', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b ', '\r', '\n', '\r\n', '0x12', '[ 1.0] '), { maxLength: 60 }),
        fc.array(fc.nat(8), { maxLength: 40 }),
        (parts, cuts) => {
          const text = parts.join('');
          const splitter = new LineSplitter();
          const got = [];
          let at = 0;
          for (const cut of cuts) {
            got.push(...splitter.push(text.slice(at, at + cut)));
            at += cut;
          }
          got.push(...splitter.push(text.slice(at)), ...splitter.end());
          const nonEmpty = (lines: { text: string; number: number }[]) =>
            lines.filter(line => line.text !== '').map(({ text, number }) => [number, text]);
          expect(nonEmpty(got)).toEqual(nonEmpty([...linesOf(text)]));
        },
      ),
    ));

  test('a line without end comes in bounded pieces, cut between words', () => {
    const splitter = new LineSplitter();
    const pieces = [];
    const words = '0x0000000007c02023, '.repeat(100);
    for (let i = 0; i < 100; i++) pieces.push(...splitter.push(words));
    pieces.push(...splitter.end());
    expect(pieces.length).toBeGreaterThan(10);
    for (const { text, raw, number } of pieces) {
      expect(text.length).toBeLessThanOrEqual(LONGEST);
      expect(raw.length).toBeLessThan(300);
      expect(number).toBe(1);
      expect(text).toMatch(/^(?:\s?0x0000000007c02023,)+$/);
    }
    expect(pieces.map(({ piece }) => piece)).toEqual(['first', ...pieces.slice(1).map(() => 'more')]);
    expect(pieces.reduce((sum, { text }) => sum + (text.match(/0x/g)?.length ?? 0), 0)).toBe(10_000);
  });
});
