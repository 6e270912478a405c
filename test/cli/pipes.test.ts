/** What goes into pipes and comes out of them: one record is one line there, and what one verb answers the next one reads. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { memattr } from './harness.ts';

const real = (path: string): string => fileURLToPath(new URL(`../../fixtures/real/${path}`, import.meta.url));
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
