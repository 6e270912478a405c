/** What goes into pipes and comes out of them: one record is one line there, and what one verb answers the next one reads. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { describe, expect, test } from 'vitest';
import { sizeNumber } from '../../src/report/records.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonLines, memattr } from './harness.ts';

const real = (path: string): string => fileURLToPath(new URL(`../../fixtures/real/${path}`, import.meta.url));
const { path: folder, write } = temporaryFolder();
/** Folders that a pipe could have left behind. */
const left = (): string[] => readdirSync(tmpdir()).filter(name => name.startsWith('memattr-'));
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');
const ARM = real('arm64/max-vhe-fwb');
const GUEST = [`${ARM}/sparse.elf.zst`, '-r', `${ARM}/registers.json`, '--cpu', '0', '--root', 'el1.ttbr1'];

describe('one record, one line', () => {
  const words = Array.from(
    { length: 300 },
    (_, n) => `0x${(0x0040000009010747n + BigInt(n) * 0x81n).toString(16)}`,
  );

  test('decode --brief into a pipe has a line for each word, below one of titles', async () => {
    const { out } = await memattr(['decode', '--as', 'stage2', '--set', 'fwb=1', '--brief'], {
      stdin: words.join('\n'),
    });
    expect(lines(out).filter(line => line.startsWith('0x'))).toHaveLength(words.length);
    expect(lines(out).findIndex(line => line.startsWith('assumed'))).toBe(words.length + 1);
  });

  test('a range of two stages into a pipe is one line; COLUMNS and a terminal wrap it', async () => {
    const piped = await memattr(['walk', ...GUEST]);
    const ranges = lines(piped.out).filter(line => line.startsWith('  0x'));
    expect(ranges).toHaveLength(12);
    for (const line of ranges) expect(line).toMatch(/ (stage [12]|both stages): .* with /);
    for (const world of [{ env: { COLUMNS: '80' } }, { columns: 80, env: { NO_COLOR: '1' } }]) {
      const { out } = await memattr(['walk', ...GUEST], world);
      for (const line of lines(out).filter(text => !text.includes('registers from')))
        expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });
});

describe('columns', () => {
  test('CSV and Markdown of one stage have no columns of two, nor of what no row says', async () => {
    const one = [
      'walk',
      `${ARM}/sparse.elf.zst`,
      '-r',
      `${ARM}/registers.json`,
      '--cpu',
      '0',
      '--root',
      'stage2',
    ];
    const { out } = await memattr([...one, '-o', 'csv', '--limit', '20']);
    expect(out.split('\r\n')[0]).toBe(
      'root,regime,input,output,size,sizeBytes,pageSize,pageBytes,level,perm,type,raw,at',
    );
    const markdown = await memattr([...one, '-o', 'markdown', '--limit', '20']);
    expect(markdown.out.split('\n')[0]).not.toMatch(/middle|effective|s1Type|findings/);
  });

  test('a text table has no empty column, and the findings have a title', async () => {
    const kvm = real('x86/bochs-ept-256m');
    const { out } = await memattr([
      'walk',
      `${kvm}/sparse.elf.zst`,
      '-r',
      `${kvm}/regs.json`,
      '--root',
      'guest',
      '--limit',
      '3',
    ]);
    expect(out).toMatch(/effective +decided by +findings\n/);
    expect((await memattr(['walk', ...GUEST])).out).not.toMatch(/findings/);
  });
});

test('what is shown of a longer list is counted in words that fit', async () => {
  const rmap = ['rmap', ...GUEST.slice(0, 3), '0x41e91000'];
  expect((await memattr([...rmap, '--limit', '0'])).out).toMatch(/ {2}none is shown\n$/);
  expect((await memattr([...rmap, '--limit', '1'])).out).toMatch(/ {2}the first line is shown\n$/);
  expect((await memattr(['walk', ...GUEST, '--limit', '1'])).out).toMatch(/; the first is shown\n$/);
});

describe('a dump through a pipe', () => {
  const image = readFileSync(`${ARM}/sparse.elf.zst`);
  const registers = readFileSync(`${ARM}/registers.json`, 'utf8');
  const tail = ['-r', `${ARM}/registers.json`, '--cpu', '0', '--root', 'el1.ttbr1'];
  const halves = [image.subarray(0, 1000), image.subarray(1000)];

  test.each(['-', '/dev/stdin'])(
    '%s is the dump for every verb, compressed as a file is, and it is said',
    async stdin => {
      for (const [verb, ...more] of [
        ['walk'],
        ['translate', '0xffff000010001000'],
        ['rmap', '0x41e91000'],
        ['lint'],
      ]) {
        const piped = await memattr([verb ?? '', stdin, ...more, ...tail], { stdin: halves });
        const file = await memattr([verb ?? '', `${ARM}/sparse.elf.zst`, ...more, ...tail]);
        expect({ ...piped, err: '' }).toEqual({ ...file, err: '' });
        expect(piped.err).toContain(`memattr ${verb}: note: stdin: 209.5 KiB taken into a temporary file\n`);
      }
    },
  );

  test('a named pipe is read to its end', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    spawn('sh', ['-c', `cat '${ARM}/sparse.elf.zst' > '${fifo}'`]);
    const { out } = await memattr(['walk', fifo, ...tail]);
    expect(out).toBe((await memattr(['walk', `${ARM}/sparse.elf.zst`, ...tail])).out);
  });

  test('either side of diff', async () => {
    const first = await memattr(['diff', '-', `${ARM}/sparse.elf.zst`, ...tail], { stdin: halves });
    expect(first).toMatchObject({ status: 0, out: expect.stringContaining('no difference') });
    const second = await memattr(['diff', `${ARM}/sparse.elf.zst`, '-', ...tail], { stdin: halves });
    expect(second.out).toBe(first.out);
  });

  test('more than --spool takes, and nothing at all, are refused, and nothing is left behind', async () => {
    const before = left();
    expect(await memattr(['walk', '-', ...tail, '--spool', '100K'], { stdin: halves })).toEqual({
      status: 3,
      out: '',
      err: 'memattr walk: stdin: more than 100 KiB come through the pipe: --spool SIZE takes more, or write it to a file first\n',
    });
    expect(await memattr(['walk', '-', ...tail])).toMatchObject({
      status: 3,
      err: 'memattr walk: stdin: nothing came through the pipe\n',
    });
    await memattr(['walk', '-', ...tail], { stdin: halves });
    expect(left()).toEqual(before);
  });

  test('registers and maps come through pipes, too', async () => {
    const [dump, , , ...rest] = GUEST;
    const { status, out } = await memattr(['walk', dump ?? '', '-r', '-', ...rest], { stdin: registers });
    expect(status).toBe(0);
    expect(out.replace('from stdin', `from ${ARM}/registers.json`)).toBe(
      (await memattr(['walk', ...GUEST])).out,
    );
  });

  test.each([
    [['walk', '-', '-r', '-'], '--registers', 'the dump'],
    [['walk', 'x', '--map', '-', '-r', '-'], '--registers', '--map'],
    [['diff', '-', '-'], 'the first side', 'the second side'],
    [['decode', '-', '-r', '-'], 'the words', '--registers'],
  ])('stdin cannot be two things: %j', async (args, one, other) => {
    const { status, err } = await memattr(args, { stdin: registers });
    expect(status).toBe(2);
    expect(err).toContain(
      `stdin is asked for twice, as ${one} and as ${other}: one of them must be a file\n`,
    );
  });
});

describe('what is no file and no pipe is refused in a sentence', () => {
  const dump = `${ARM}/sparse.elf.zst`;
  test.each([
    [['walk', dump, '-r', folder], `${folder}: is a folder, not a file: name a file in it`],
    [['walk', dump, '--map', folder], `${folder}: is a folder, not a file: name a file in it`],
    [['explain-fault', '--text', folder], `${folder}: is a folder, not a file: name a file in it`],
    [['walk', '/dev/null'], '/dev/null: is a device, not a file or a pipe: copy into a file what it holds'],
    [
      ['walk', dump, '-r', '/dev/null'],
      '/dev/null: is a device, not a file or a pipe: copy into a file what it holds',
    ],
    [['walk', dump, '-r', 'nosuch.json'], 'nosuch.json: there is no such file'],
    [['translate', 'nosuch.elf', '0'], 'nosuch.elf: there is no such file'],
    [
      ['walk', dump, '-r', `${dump}/x`],
      `${dump}/x: there is no such file: a part of the path is no directory`,
    ],
  ])('%j', async (args, says) => {
    expect(await memattr(args)).toMatchObject({ status: 3, err: `memattr ${args[0]}: ${says}\n` });
  });

  test('a socket, and registers that are compressed', async () => {
    const path = join(folder, 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    expect((await memattr(['walk', path])).err).toBe(
      `memattr walk: ${path}: is a socket, not a file or a pipe\n`,
    );
    server.close();
    const packed = write('regs.json.xz', Buffer.from('fd377a585a000000', 'hex'));
    expect((await memattr(['walk', dump, '-r', packed])).err).toBe(
      `memattr walk: ${packed}: is compressed with xz: unpack it first, or name <(xz -dc ${packed})\n`,
    );
  });
});

describe('a file among the words', () => {
  const words = '0x00400000090107c7\n0x0040000009010747\n';
  test('is read as standard input is, plain and compressed, and it is said', async () => {
    const piped = await memattr(['decode', '--as', 'stage2'], { stdin: words });
    for (const file of [write('words.txt', words), write('words.gz', gzipSync(words))]) {
      const { out, err, status } = await memattr(['decode', file, '--as', 'stage2']);
      expect({ out, status }).toEqual({ out: piped.out, status: piped.status });
      expect(err).toBe(`memattr decode: note: '${file}' is a file: what stands in it is read\n`);
    }
  });

  test('a text that people paste is found in it', async () => {
    const text = 'pgd=18000000479da003, p4d=18000000479db003\n';
    const file = write('oops.txt', text);
    expect((await memattr(['decode', file])).out).toBe((await memattr(['decode'], { stdin: text })).out);
  });

  test('its mistakes are called by its name; a number is a number; both together are refused', async () => {
    const odd = write('odd.txt', '0x1 0xzz\n');
    expect((await memattr(['decode', odd, '--as', 'stage2'])).err).toContain(
      `${odd}, line 1: '0x1 0xzz' is no number`,
    );
    const { status, err } = await memattr(['decode', odd, '0x3']);
    expect(status).toBe(2);
    expect(err).toContain(`'${odd}' is a file and '0x3' is none: give files or words, not both`);
    expect((await memattr(['decode', 'nosuch.txt'])).err).toContain("'nosuch.txt' is not a number");
  });

  test('explain-fault takes the text of a fault where it takes a dump', async () => {
    const oops = real('x86/qemu-oops-192m/console.txt.zst');
    const text = new TextDecoder().decode(decompress(readFileSync(oops)));
    const named = await memattr(['explain-fault'], { stdin: text });
    const plain = await memattr(['explain-fault', oops]);
    expect(plain.out).toBe(named.out);
    expect(plain.out).not.toBe('');
    expect(plain.err).toContain(`note: ${oops} is a text: the fault that it reports is explained\n`);
  });
});

describe('records of one verb are read by the next', () => {
  const json = async (...args: string[]): Promise<string> => (await memattr([...args, '--json'])).out;
  interface Decoded {
    readonly format: string;
    readonly raw: string;
    readonly facts: { readonly memory?: string };
    readonly settings: { readonly fwb?: number; readonly level?: number };
    readonly assumed: readonly string[];
  }

  test('walk: each stage of each range, under the settings of its registers', async () => {
    const { out, status } = await memattr(['decode', '--json'], { stdin: await json('walk', ...GUEST) });
    const decoded = jsonLines<Decoded>(out);
    expect(status).toBe(0);
    expect(decoded).toHaveLength(24);
    expect(decoded[1]).toMatchObject({
      format: 'arm64.stage2',
      raw: '0x0000000041e917db',
      facts: { memory: 'Normal WB forced' },
      settings: { fwb: 1, level: 3 },
      assumed: [],
    });
  });

  test('translate: every step; decode and encode: the same words again', async () => {
    const [dump, ...rest] = GUEST;
    const steps = await json('translate', dump ?? '', '0xffff000010001000', ...rest);
    const decoded = await memattr(['decode', '--json'], { stdin: steps });
    expect(jsonLines<Decoded>(decoded.out).map(({ settings }) => settings.level)).toEqual([
      0, 1, 2, 3, 1, 2, 3,
    ]);
    const facts = (text: string) => jsonLines<Decoded>(text).map(({ raw, facts }) => ({ raw, facts }));
    expect(facts((await memattr(['decode', '--json'], { stdin: decoded.out })).out)).toEqual(
      facts(decoded.out),
    );
    const made = await json('encode', 'stage2', 'oa=0x9010000', 'memAttr=1');
    expect((await memattr(['decode', '--brief'], { stdin: made })).out).toContain('0x0000000009010007');
  });

  test('--as and --set go before what the records say; what holds no entry is counted', async () => {
    const one = JSON.stringify({
      schema: 'memattr.walk/2',
      format: 'arm64.stage2',
      raw: '0x41e917db',
      level: 3,
      settings: { fwb: 1 },
    });
    const other = JSON.stringify({ schema: 'memattr.summary/2', root: 'x' });
    const { out, err } = await memattr(['decode', '--json', '--set', 'fwb=0'], {
      stdin: `${one}\n${other}\n${other}\n`,
    });
    expect(jsonLines<Decoded>(out)[0]?.settings.fwb).toBe(0);
    expect(err).toBe('memattr decode: note: records without an entry: 2 x memattr.summary/2\n');
    expect(await memattr(['decode'], { stdin: other })).toEqual({
      status: 3,
      out: '',
      err: 'memattr decode: stdin: no record in it holds an entry (1 x memattr.summary/2)\n',
    });
    expect((await memattr(['decode'], { stdin: `${one}\n{"cut": ` })).err).toContain(
      'stdin, line 2: \'{"cut": \' is no record',
    );
  });
});

describe('numbers in records', () => {
  test('sizes are numbers beside their hex, in every record that has one', async () => {
    const [range] = jsonLines((await memattr(['walk', ...GUEST, '--json', '--limit', '1'])).out);
    expect(range).toMatchObject({
      size: '0x1000',
      sizeBytes: 4096,
      pageBytes: 4096,
      s2: { pageBytes: 4096 },
    });
    const [total] = jsonLines((await memattr(['walk', ...GUEST, '--json', '--summary'])).out);
    expect(total?.sizeBytes).toBe(Number(total?.bytes));
    expect([sizeNumber(2 ** 53 - 1), sizeNumber(1n << 60n)]).toEqual([
      9007199254740991,
      '1152921504606846976',
    ]);
  });

  test('fields of diff are numbers as in walk', async () => {
    const linux = real('x86/qemu-32bit-192m');
    const { out } = await memattr([
      ...['diff', `${linux}/sparse.elf.zst`, '-r', `${linux}/regs.json`, '--json'],
      ...['--root-a', 'paging', '--root-b', 'CR3=0x2e37000', '--limit', '50'],
    ]);
    const places = jsonLines<{ before?: object; after?: object }>(out).flatMap(({ before, after }) => [
      before,
      after,
    ]);
    const levels = places.flatMap(place => (place && 'level' in place ? [place.level] : []));
    expect(levels.length).toBeGreaterThan(0);
    for (const level of levels) expect(level).toBeTypeOf('number');
  });
});

test('a type that no range of any translation has is no plain answer', async () => {
  const { status, err } = await memattr(['walk', ...GUEST, '--type', 'foo']);
  expect(status).toBe(1);
  expect(err).toMatch(/no type here has 'foo' in its name; there are /);
  expect((await memattr(['walk', ...GUEST, '--type', 'device'])).status).toBe(0);
});

describe('what roots prints, -r takes', () => {
  const dump = fileURLToPath(
    new URL('../../fixtures/real/x86-linux-6.18/amd-default-384m.elf.gz', import.meta.url),
  );
  const { write } = temporaryFolder();
  const plain = (): string => write('dump.elf.gz', readFileSync(dump)); // without the registers beside it

  test('the registers of the surest root that structure gave, and which that is', async () => {
    const path = plain();
    const { out: roots } = await memattr(['roots', path, '--json']);
    const { out, err, status } = await memattr(['walk', path, '-r', '-', '--summary', '--json'], {
      stdin: roots,
    });
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ root: 'npt', from: ['NCR3=0xff6000'] });
    expect(err).toMatch(/stdin: root \d of \d, x86\.npt, is taken; --root N walks another/);
  });

  test('registers in gzip; cut gzip is said to be that', async () => {
    const path = plain();
    const json = new TextEncoder().encode('{"NCR3":"0xff6000"}');
    const packed = gzipSync(json);
    const own = await memattr([
      'walk',
      path,
      '-r',
      write('r.json', json),
      '--summary',
      '--json',
      '--root',
      'npt',
    ]);
    const other = await memattr([
      'walk',
      path,
      '-r',
      write('r.json.gz', packed),
      '--summary',
      '--json',
      '--root',
      'npt',
    ]);
    expect(other.out).toBe(own.out);
    const cut = await memattr(['walk', path, '-r', write('cut.gz', packed.subarray(0, 20)), '--summary']);
    expect(cut).toMatchObject({
      status: 3,
      out: '',
      err: expect.stringMatching(/cut\.gz: the gzip data is damaged or cut/),
    });
  });
});

describe('what walk prints, effective takes', () => {
  interface Range {
    readonly type?: string;
    readonly s1?: { readonly attr?: string; readonly type: string };
  }
  const X86 = real('x86/bochs-ept-256m');

  test.each([
    ['arm64', [...GUEST]],
    ['x86', [`${X86}/sparse.elf.zst`, '-r', `${X86}/regs.json`, '--root', 'guest']],
  ] as const)('%s: each combination once, with the types that walk says', async (architecture, walk) => {
    const { out } = await memattr(['walk', ...walk, '--json']);
    const asked = await memattr(['effective', architecture, '--json'], { stdin: out });
    const ranges = jsonLines<Range>(out).filter(({ type, s1 }) => type !== undefined && s1 !== undefined);
    const answers = jsonLines<{ type: string }>(asked.out).map(({ type }) => type);
    expect(new Set(answers)).toEqual(new Set(ranges.map(({ type }) => type)));
    expect(answers.length).toBeLessThan(ranges.length);
    expect(asked.status).toBe(0);
  });

  test('what asks no type is said, with its line', async () => {
    const second = await memattr([
      'walk',
      ...GUEST.slice(0, 5),
      '--root',
      'stage2',
      '--limit',
      '2',
      '--json',
    ]);
    const { err, status } = await memattr(['effective', 'arm64'], { stdin: second.out });
    expect(err).toBe(
      'memattr effective: stdin, line 1: it is a leaf of a second stage alone: walk the translation that goes through both\n',
    );
    expect(status).toBe(3);
    const other = await memattr(['effective', 'x86'], { stdin: second.out });
    expect(other.err).toContain('stdin, line 1: it is no leaf of x86, but of arm64.stage2');
    const text = await memattr(['effective', 'x86'], { stdin: 'hello\n' });
    expect(text.err).toContain('what does the PAT say?');
  });
});
