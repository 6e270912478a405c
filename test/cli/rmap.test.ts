import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.ts';
import { jsonLines, memattr } from './harness.ts';

const dump = (folder: string, registers: string): string[] => [
  'rmap',
  fixture(`real/${folder}/sparse.elf`),
  '--registers',
  fixture(`real/${folder}/${registers}`),
];
const LINUX = dump('x86/qemu-4level-160m', 'regs.json');
const GUEST = dump('arm64/max-vhe-fwb', 'registers.json');

test('aliases folded, a page by itself, and one that nothing leads to', async () => {
  const { status, out } = await memattr([...LINUX, '0x4856123', '0x9779000', '0xdead000'], {
    env: { COLUMNS: '160' },
  });
  expect(out).toContain('PA 0x4856123  65537 addresses\n');
  expect(out).toMatch(
    /paging +65536 from 0xffffff7f0000b123 to 0xffffff7fffffb123, 64 KiB apart +4K +sr-- +WB/,
  );
  expect(out).toMatch(/PA 0x9779000 {2}2 addresses\n.*\n +paging +0x401000 +4K +ur-x +WB\n/);
  expect(out).toContain('PA 0xdead000  no address of paging leads here\n');
  expect(status).toBe(1);
  expect((await memattr([...LINUX, '0x9779000'])).status).toBe(0);
});

test('from PA to IPA to VA: each stage has its own line, and both stages are in the record', async () => {
  const roots = ['--root', 'cpu0.stage2,cpu0.el1.ttbr0'];
  const { out } = await memattr([...GUEST, ...roots, '0x9010040', '--json']);
  const lines = jsonLines<{ root: string; va?: string; ipa: string; pa: string; s2?: { type: string } }>(out);
  expect(lines.filter(({ root }) => root === 'cpu0.stage2').map(({ ipa }) => ipa)).toEqual([
    '0xa010040',
    '0xb020040',
  ]);
  const nested = lines.filter(({ root }) => root === 'cpu0.el1.ttbr0');
  expect(nested[0]).toMatchObject({
    va: '0x405000040',
    ipa: '0xa010040',
    pa: '0x9010040',
    count: 1,
    type: 'Device-nGnRnE, OSH',
    decidedBy: 'stage 1',
    s1: { type: 'Device-nGnRnE', level: 3 },
    s2: { pageSize: '0x1000', raw: '0x00400000090107c7' },
  });
});

test('CSV and Markdown hold the same cells; --limit and --all', async () => {
  const csv = await memattr([...LINUX, '0x4856123', '-o', 'csv']);
  const [head = '', , folded = ''] = csv.out.split('\r\n');
  expect(head).toBe(
    'pa,root,regime,input,count,last,stride,strideBytes,pageSize,pageBytes,perm,type,decidedBy,s1Type',
  );
  expect(folded).toMatch(
    /^0x4856123,paging,x86.4level,0xffffff7f0000b123,65536,0xffffff7fffffb123,0x10000,65536,0x1000,4096,sr--,WB,/,
  );
  const markdown = await memattr([...LINUX, '0x4856123', '-o', 'markdown']);
  expect(markdown.out.split('\n')).toHaveLength(5);
  expect(markdown.out).toContain('| 65536 | 0xffffff7fffffb123 |');
  const all = await memattr([...LINUX, '0x4856123', '--all', '--limit', '20', '--json']);
  expect(jsonLines(all.out)).toHaveLength(20);
  for (const line of jsonLines(all.out)) expect(line.count).toBe(1);
});

test('without addresses: what is missing', async () => {
  const { status, err } = await memattr(LINUX);
  expect(status).toBe(2);
  expect(err).toContain('something is missing: memattr rmap <dump> <addresses..>');
});
