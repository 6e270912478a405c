import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { families } from '../../src/arch/families.ts';
import { verbs as lazy, loadAll } from '../../src/cli/verbs.ts';
import { EDITIONS } from '../../src/refs.ts';
import { jsonLines, memattr } from './harness.ts';

const verbs = await loadAll(lazy);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test('--version is the package’s', async () => {
  const { status, out, err } = await memattr(['--version']);
  expect({ status, first: out.split('\n')[0], err }).toEqual({ status: 0, first: version, err: '' });
  for (const edition of Object.values(EDITIONS)) expect(out).toContain(edition);
});

test('help lists every verb; no verb at all is a mistake that shows the help', async () => {
  const { status, out } = await memattr(['--help']);
  expect(status).toBe(0);
  expect(out).toMatch(/^Example:\n {2}memattr decode/);
  for (const { name } of verbs) expect(out).toContain(`memattr ${name}`);
  const bare = await memattr([]);
  expect(bare.status).toBe(2);
  expect(bare.out).toBe('');
  expect(bare.err).toBe(out);
});

/** Verbs of a group under both words. */
const leaves = verbs.flatMap(
  verb => verb.verbs?.map(sub => ({ ...sub, name: `${verb.name} ${sub.name}` })) ?? [verb],
);

test('help of a group lists its verbs; a word that is none of them is a mistake', async () => {
  const { status, out } = await memattr(['kvm', '--help']);
  expect(status).toBe(0);
  for (const verb of verbs)
    for (const sub of verb.verbs ?? []) expect(out).toContain(`memattr ${verb.name} ${sub.name}`);
  expect(await memattr(['help', 'kvm'])).toEqual({ status, out, err: '' });
  expect(await memattr(['kvm'])).toEqual({ status: 2, out: '', err: out });
  const { status: wrong, err } = await memattr(['kvm', 'predcit']);
  expect(wrong).toBe(2);
  expect(err).toBe("memattr kvm: no question 'predcit'; did you mean 'predict'?\n");
});

describe('help of every verb', () => {
  for (const verb of leaves)
    test(verb.name, async () => {
      const { status, out } = await memattr([...verb.name.split(' '), '--help']);
      expect(status).toBe(0);
      expect(out.split('\n')[0]).toBe('Examples:');
      expect(out.split('\n')[1]).toContain(`memattr ${verb.name}`);
      for (const option of Object.keys(verb.options)) expect(out).toContain(`--${option}`);
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
      expect(out).not.toMatch(/\[(string|boolean|array)\]|^ {0,3}\[choices/m);
      const gaps = out.slice(out.indexOf('Options:')).trimEnd().split('\n\n').slice(1);
      for (const group of gaps) expect(group).toMatch(/^Options for (arm64|x86) only:\n {2,6}-/);
      expect(await memattr(['help', ...verb.name.split(' ')])).toEqual({ status, out, err: '' });
      const among = [...verb.name.split(' '), '--json', '-h'];
      expect(await memattr(among), 'with other options, too').toEqual({ status, out, err: '' });
    });
});

describe('the examples in the help work', () => {
  for (const { name, examples } of leaves)
    for (const [line] of examples) {
      if (line.includes('|') || /\bvmcore\b|\b[\w-]+\.(elf|core|bin|lime|jsonl?|zst|gz|txt)\b/.test(line))
        continue; // needs somebody's file
      test(line, async () => {
        const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
        const less = name === 'bench' ? ['--entries', '4Ki', '--rounds', '1'] : []; // it takes seconds otherwise
        const { status, err } = await memattr([...args.slice(1), ...less]);
        expect(err.includes('is a setting') || err.includes('no format'), err).toBe(false);
        expect(status, `${name}: ${err}`).toBeLessThan(2);
      });
    }
});

describe('mistyped', () => {
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [['decod', '0x1'], "memattr: no verb 'decod'; did you mean 'decode'?"],
    [['0x1234'], "memattr: no verb '0x1234'; to decode a word: memattr decode 0x1234"],
    [['--jsno'], "memattr: unknown option '--jsno'; a verb comes first"],
    [
      ['explain-fault', '--pf-code', '3', '--cr2', '0x1000', '--entries', '7,7,7,7,7,7'],
      'memattr explain-fault: --entries takes one entry for each level, 5 at most, not 6',
    ],
    [['decode', '--ass', 's2', '0x1'], "memattr decode: unknown option '--ass'; did you mean '--as'?"],
    [['formats', 'a', 'b'], "memattr formats: 'b' is one word too many: memattr formats [name]"],
    [
      ['decode', '0x1', '-o', 'jsn'],
      "memattr decode: --output takes table, json, csv, markdown, not 'jsn'; did you mean 'json'?",
    ],
    [['decode', '0x1', '--as'], 'memattr decode: --as needs a value'],
    [['formats', 'stage22'], "memattr formats: no format 'stage22'; did you mean 'stage2'"],
  ];
  for (const [args, says] of cases)
    test(args.join(' '), async () => {
      const { status, out, err } = await memattr(args);
      expect(err).toContain(says);
      expect(err.trimEnd()).not.toContain('\n');
      expect({ status, out }).toEqual({ status: 2, out: '' });
    });
});

describe('colour', () => {
  const decode = ['decode', '0x00400000090107c7', '--as', 'stage2'];
  const coloured = async (args: readonly string[], columns?: number, env = {}) =>
    (await memattr([...decode, ...args], { ...(columns ? { columns } : {}), env })).out.includes('\u001b[');
  test('on a terminal, not in a pipe', async () => {
    expect(await coloured([], 80)).toBe(true);
    expect(await coloured([])).toBe(false);
  });
  test('NO_COLOR and dumb terminals are respected', async () => {
    expect(await coloured([], 80, { NO_COLOR: '1' })).toBe(false);
    expect(await coloured([], 80, { TERM: 'dumb' })).toBe(false);
  });
  test('--color and --no-color decide', async () => {
    expect(await coloured(['--color'], undefined, { NO_COLOR: '1' })).toBe(true);
    expect(await coloured(['--color=always'])).toBe(true);
    expect(await coloured(['--no-color'], 80)).toBe(false);
    expect(await coloured(['--color=never'], 80)).toBe(false);
  });
  test('colours never change the layout', async () => {
    const with_ = (await memattr([...decode, '--color'])).out;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is
    expect(with_.replace(/\u001b\[\d+m/g, '')).toBe((await memattr(decode)).out);
  });
});

describe('tables fit the terminal', () => {
  for (const columns of [80, 100, 132])
    test(`${columns} columns`, async () => {
      for (const args of [['decode', '0x00400000090107c7'], ['formats'], ['formats', 'stage2']]) {
        const { out } = await memattr([...args, '--no-color'], { columns });
        const wide = out.split('\n').filter(line => line.length > columns);
        expect(wide, args.join(' ')).toEqual([]);
      }
    });
});

describe('formats', () => {
  test('lists every family', async () => {
    const { out } = await memattr(['formats']);
    for (const { id } of families) expect(out).toContain(id);
    expect(jsonLines((await memattr(['formats', '--json'])).out)).toHaveLength(families.length);
  });

  describe('draws every family, with every setting and its default', () => {
    for (const family of families)
      test(family.id, async () => {
        const { status, out } = await memattr(['formats', family.id]);
        expect(status).toBe(0);
        expect(out).toContain('┌');
        for (const key of Object.keys(family.settings)) expect(out).toContain(key);
        for (const kind of new Set(family.variants().map(variant => variant.kind)))
          expect((await memattr(['formats', `${family.id}.${kind}`])).status, kind).toBe(0);
      });
  });

  test('--set and --variants choose the layouts', async () => {
    const block = await memattr(['formats', 'stage2.block', '--set', 'level=1,granule=64K,lpa=1', '--json']);
    expect(
      jsonLines<{ layouts: { title: string }[] }>(block.out)[0]?.layouts.map(({ title }) => title),
    ).toEqual(['stage 2 Block descriptor, level 1, 64KB granule, 52-bit (LPA)']);
    const all = await memattr(['formats', 'stage2', '--variants', '--json']);
    expect(jsonLines<{ layouts: unknown[] }>(all.out)[0]?.layouts.length).toBe(
      families.find(({ id }) => id === 'arm64.stage2')?.variants().length,
    );
  });

  for (const output of ['csv', 'markdown'])
    test(output, async () => {
      const list = await memattr(['formats', '-o', output]);
      expect(list.out.trimEnd().split('\n').length).toBe(families.length + (output === 'csv' ? 1 : 2));
      const one = await memattr(['formats', 'stage2.page', '-o', output]);
      expect(one.out).toContain('MemAttr[3:0]');
    });
});
