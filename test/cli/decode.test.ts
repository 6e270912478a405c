import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStage2, stage2Settings } from '../../src/arm64/index.ts';
import { settle } from '../../src/bits/settings.ts';
import { hexWord } from '../../src/bits/word.ts';
import { jsonLines, memattr } from './harness.ts';

/** A stage 2 page of a UART: Device-nGnRE, read/write, never executable. */
const UART = '0x00400000090107c7';

interface Decoded {
  readonly schema: string;
  readonly format: string;
  readonly layout: string;
  readonly raw: string;
  readonly kind: string;
  readonly fields: Record<string, string | number>;
  readonly findings: readonly { readonly id: string; readonly severity: string }[];
  readonly settings: Record<string, string | number>;
  readonly assumed: readonly string[];
  readonly rank?: number;
}

describe('one word under a format', () => {
  test('fields by the manual’s names with bits, value and meaning; what they add up to; findings; what was assumed', async () => {
    const { status, out, err } = await memattr(['decode', UART, '--as', 'stage2']);
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(
      /^0x00400000090107c7 {2}arm64 stage 2 Page descriptor, level 3, 4KB granule {2}\[Arm ARM, Table D8-53\]/,
    );
    expect(out).toMatch(/54:53 {2}XN\[1:0\] +0b10 +execute never/);
    expect(out).toMatch(/47:12 {2}Output address +0x9010000/);
    expect(out).toMatch(/5:2 {2}MemAttr\[3:0\] +0b0001 +Device-nGnRE/);
    expect(out).toMatch(/output address {2}0x9010000\.\.0x9010fff \(4 KiB\)/);
    expect(out).toMatch(/permissions +rw-/);
    expect(out).toContain('no findings');
    expect(out).toMatch(/assumed granule 4K, level 3, .*fwb 0/);
  });

  test('JSON keeps the names that scripts rely on', async () => {
    const { out } = await memattr(['decode', UART, '--as', 'stage2', '--json']);
    const [record] = jsonLines<Decoded>(out);
    expect(record).toMatchObject({
      schema: 'memattr.decode/1',
      format: 'arm64.stage2',
      layout: 'arm64.stage2.page',
      raw: UART,
      kind: 'page',
      findings: [],
    });
    expect(record?.fields).toMatchObject({ 'MemAttr[3:0]': 1, 'Output address': '0x9010000', AF: 1 });
    expect(record?.assumed).toContain('fwb');
  });

  test('a setting that was given is not assumed, and changes the reading', async () => {
    const { out } = await memattr(['decode', UART, '--as', 's2', '--set', 'fwb=1', '--json']);
    const [record] = jsonLines<Decoded>(out);
    expect(record?.settings.fwb).toBe(1);
    expect(record?.assumed).not.toContain('fwb');
    const { memory } = readStage2(BigInt(UART), settle(stage2Settings, { fwb: 1 })).facts;
    expect(memory).not.toBe('Device-nGnRE');
    expect(out).toContain(JSON.stringify(memory));
  });

  test('findings make the status 1; notes do not', async () => {
    expect((await memattr(['decode', '0x00440000090107c7', '--as', 'stage2'])).status).toBe(1);
    expect((await memattr(['decode', UART, '--as', 'stage2'])).status).toBe(0);
  });

  test('a block is read at a level that has blocks, and the answer says so', async () => {
    const { status, out } = await memattr(['decode', '0x00400000402007fd', '--as', 'stage2']);
    expect(out).toContain('Block descriptor, level 2');
    expect(out).toContain('level 2 where the default does not fit');
    expect(status).toBe(0);
  });

  test('words in any order are of one level, which is said with the reason', async () => {
    const readings = async (words: readonly string[]) => {
      const { out } = await memattr(['decode', ...words, '--as', 'stage2', '--json']);
      return new Map(jsonLines<Decoded>(out).map(({ raw, kind, settings }) => [raw, [kind, settings.level]]));
    };
    expect(await readings(['0x1', '0x3'])).toEqual(await readings(['0x3', '0x1']));
    const { out } = await memattr(['decode', '--as', 'stage2', '--brief', '0x3', '0x1']);
    expect(out.replace(/\s+/g, ' ')).toContain('level 2 for all: at level 3 1 of 2 words would be nothing');
  });

  test('many words without a format are read alike in any order', async () => {
    const words = Array.from({ length: 200 }, (_, i) =>
      hexWord(i % 3 === 0 ? BigInt(i) * 0x1000n + 0x67n : 0x40_0000_4000_07c3n + BigInt(i) * 0x1000n),
    );
    const readings = async (list: readonly string[]) => {
      const { out } = await memattr(['decode', '--json'], { stdin: list.join('\n') });
      return new Map(jsonLines<Decoded>(out).map(({ raw, format, kind }) => [raw, [format, kind]]));
    };
    const found = await readings(words);
    expect(found.size).toBe(200);
    expect(await readings([...words].reverse())).toEqual(found);
    expect(await readings([...words.slice(100), ...words.slice(0, 100)])).toEqual(found);
  });

  test('a level that was given stays', async () => {
    const { status, out } = await memattr([
      'decode',
      '0x00400000402007fd',
      '--as',
      'stage2',
      '--set',
      'level=3',
    ]);
    expect(out).toContain('reserved at level 3');
    expect(status).toBe(1);
  });

  test('no feature is assumed to make a reserved encoding look right', async () => {
    const { status, out } = await memattr(['decode', '0x0000000009010753', '--as', 'stage2']);
    expect(out).toContain('(reserved-encoding)');
    expect(status).toBe(1);
  });

  test('a kind that the word is not is an error', async () => {
    const { status, out } = await memattr(['decode', UART, '--as', 'stage2.block']);
    expect(status).toBe(1);
    expect(out).toContain('asked for as block');
  });

  test('the same word as Markdown and CSV', async () => {
    const markdown = await memattr(['decode', UART, '--as', 'stage2', '-o', 'markdown']);
    expect(markdown.out).toContain('| 5:2 | MemAttr[3:0] | 0b0001 | Device-nGnRE |');
    const csv = await memattr(['decode', UART, '--as', 'stage2', '--output', 'csv']);
    expect(csv.out.split('\r\n')[0]).toBe('raw,format,layout,kind,field,bits,value,meaning');
    expect(csv.out).toContain(
      `${UART},arm64.stage2,arm64.stage2.page,page,MemAttr[3:0],5:2,0b0001,Device-nGnRE`,
    );
  });

  test('every word is answered, and the record says what the library says', async () => {
    const settings = settle(stage2Settings);
    await fc.assert(
      fc.asyncProperty(fc.bigInt(0n, (1n << 64n) - 1n), async word => {
        const { out } = await memattr([
          'decode',
          hexWord(word),
          '--as',
          'stage2',
          '--json',
          '--set',
          'level=3',
        ]);
        const [record] = jsonLines<Decoded>(out);
        const reading = readStage2(word, settings);
        expect(record?.raw).toBe(hexWord(word));
        expect(record?.kind).toBe(reading.kind);
        expect(record?.findings.map(({ id }) => id)).toEqual(reading.findings.map(({ id }) => id));
      }),
      { numRuns: 200 },
    );
  });
});

describe('words from wherever they come', () => {
  const raws = (out: string): string[] => jsonLines<Decoded>(out).map(({ raw }) => raw);
  const decode = ['decode', '--as', 'stage2', '--json'];

  test('several on the command line, pasted with commas', async () => {
    const { out } = await memattr([...decode, '0x3,0x1', '0x2']);
    expect(raws(out)).toEqual(['0x0000000000000003', '0x0000000000000001', '0x0000000000000002']);
  });

  test('stdin: blanks, commas, CRLF, comments, no newline at the end', async () => {
    const stdin = '00400000090107c7, 0x3\r\n# two of\t0x4 \n0x5;0x6 # 0x7\n\n0x8';
    const { out } = await memattr(decode, { stdin });
    expect(raws(out).map(BigInt)).toEqual([0x00400000090107c7n, 3n, 5n, 6n, 8n]);
  });

  test('chunks that cut words apart change nothing', async () => {
    const text = new TextEncoder().encode('0x00400000090107c7 0x3\n0x5\n');
    const chunks = [...text].map(byte => Uint8Array.of(byte));
    const { out } = await memattr(decode, { stdin: chunks });
    expect(raws(out).map(BigInt)).toEqual([0x00400000090107c7n, 3n, 5n]);
  });

  test('- stands for stdin among other words', async () => {
    const { out } = await memattr([...decode, '0x1', '-', '0x3'], { stdin: '0x2' });
    expect(raws(out).map(Number)).toEqual([1, 2, 3]);
  });

  test('what was read before the trouble is answered; the status says that the input was damaged', async () => {
    const { status, out, err } = await memattr(decode, { stdin: '0x3\n0x5\nhello\n0x7\n' });
    expect(raws(out)).toHaveLength(2);
    expect(status).toBe(3);
    expect(err).toMatch(/^memattr decode: stdin, line 3: 'hello' is not a number[^\n]*\n$/);
  });

  test('binary input is refused in one sentence', async () => {
    const { status, err } = await memattr(decode, { stdin: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0) });
    expect(status).toBe(3);
    expect(err).toBe('memattr decode: stdin, line 1: binary data, not text\n');
  });

  test('compressed input: with what to unpack it; input that is quoted does not steer the terminal', async () => {
    const zstd = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x0a, 0x61);
    for (const args of [['decode'], decode]) {
      const { status, err } = await memattr(args, { stdin: zstd });
      expect(status).toBe(3);
      expect(err).toBe(
        'memattr decode: stdin is compressed with zstd: unpack it first, zstd -dc FILE | memattr …\n',
      );
    }
    const { err } = await memattr(['decode', '\x1b[2J\x07']);
    expect(err).toMatch(/^memattr decode: '\ufffd\[2J\ufffd' is not a number/);
  });

  test('a word without end is refused before it fills the memory', async () => {
    let served = 0;
    function* endless(): Generator<Uint8Array> {
      for (; served < 1000; served++) yield new Uint8Array(65536).fill(0x61);
    }
    const { status, err } = await memattr(decode, { stdin: endless() });
    expect(status).toBe(3);
    expect(err).toContain('a word of more than 4096 characters');
    expect(served).toBeLessThan(3);
  });

  test('nothing at all is a usage mistake', async () => {
    const { status, err } = await memattr(['decode', '--as', 'stage2'], { stdin: '\n' });
    expect(status).toBe(2);
    expect(err).toContain('no words');
  });
});

describe('without a format', () => {
  test('every reading that fits, the likely one first, each once', async () => {
    const { out } = await memattr(['decode', UART, '--json']);
    const records = jsonLines<Decoded>(out);
    expect(records.map(({ rank }) => rank)).toEqual(records.map((_, n) => n + 1));
    const names = records.map(({ format, kind }) => `${format}.${kind}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('arm64.stage2.page');
    expect(names).toContain('arm64.stage1.page');
    for (const record of records)
      expect(record.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('the table shows the likely one in full and the others in a line each', async () => {
    const { out } = await memattr(['decode', UART]);
    expect(out).toContain('the likeliest of these readings, --as chooses another');
    expect(out).toMatch(/ {4}arm64\.stage2\.page/);
  });

  test('many words are read as one format, which is said', async () => {
    const stdin = Array.from({ length: 3000 }, (_, i) =>
      hexWord(0x004000004000077fn + BigInt(i) * 4096n),
    ).join('\n');
    const { out, err, status } = await memattr(['decode', '--json'], { stdin });
    const formats = new Set(jsonLines<Decoded>(out).map(({ format }) => format));
    expect(formats.size).toBe(1);
    expect(jsonLines(out)).toHaveLength(3000);
    expect(err).toMatch(/many words, read as arm64\.stage\d/);
    expect(status).toBe(0);
  });

  test('more than a few words take one line each', async () => {
    const words = Array.from({ length: 20 }, (_, i) => hexWord(0x004000004000077fn + BigInt(i) * 4096n));
    const { out } = await memattr(['decode', ...words, '--as', 'stage2']);
    expect(out.split('\n').filter(line => line.startsWith('0x'))).toHaveLength(20);
  });
});

describe('mistakes', () => {
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['decode', 'xyz', '--as', 's2'], /'xyz' is not a number/],
    [['decode', '0x1ffffffffffffffffff'], /more than 64 bits/],
    [['decode', '0x1', '--as', 'stge2'], /no format 'stge2'; did you mean 'stage2'/],
    [['decode', '0x1', '--as', 'stage2', '--set', 'fbw=1'], /no setting 'fbw'; did you mean 'fwb'/],
    [['decode', '0x1', '--as', 'stage2', '--set', 'fwb'], /--set takes key=value, not 'fwb'/],
    [['decode', '0x1', '--as', 'stage2', '--set', 'fwb=7'], /setting fwb: '7' is not 0 or 1/],
    [['decode', '0x1', '--set', 'nonsense=1'], /no format has a setting 'nonsense'/],
  ];
  for (const [args, says] of cases)
    test(args.join(' '), async () => {
      const { status, out, err } = await memattr(args);
      expect(status).toBe(2);
      expect(out).toBe('');
      expect(err).toMatch(says);
      expect(err.trimEnd()).not.toContain('\n');
    });
});

test.each([
  ['IA32_MTRR_PHYSBASE0', '0x6', /IA32_MTRR_PHYSBASEn/],
  ['MTRR_PHYSMASK3', '0x800', /IA32_MTRR_PHYSMASKn/],
  ['0x277', '0x0407050600070106', /IA32_PAT/],
  ['MSR 0x277', '0x0407050600070106', /IA32_PAT/],
  ['MSR_0x277', '0x0407050600070106', /IA32_PAT/],
  ['MAIR_EL12', '0xff', /Memory Attribute Indirection Register/],
])('reg %s: the spellings that register files have', async (name, value, title) => {
  const { status, out } = await memattr(['reg', name, value]);
  expect(out).toMatch(title);
  expect(status).toBe(0);
});
