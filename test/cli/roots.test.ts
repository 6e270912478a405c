import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.ts';
import { jsonLines, memattr } from './harness.ts';

interface Root {
  readonly rank: number;
  readonly confidence: number;
  readonly kind: string;
  readonly address: string;
  readonly memory: string;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly evidence: readonly string[];
  readonly options: readonly string[];
}
const roots = async (...args: string[]): Promise<Root[]> =>
  jsonLines<Root>((await memattr(['roots', ...args, '--json'])).out);

const KASLR = fixture('real/x86/qemu-4level-kaslr-pti-512m/sparse.elf');
const VHE = fixture('real/arm64/max-vhe-fwb/sparse.elf');
const NESTED = fixture('real/x86/qemu-npt-inside-l2-288m/sparse.elf');

test('from the notes, VMCOREINFO and the memory of a dump, without any option', async () => {
  const [first, ...more] = await roots(KASLR);
  expect(first).toMatchObject({
    rank: 1,
    kind: 'x86.4level',
    address: '0x2769000',
    sources: ['registers', 'structure'],
    names: ['paging'],
    options: [],
  });
  expect(first?.confidence).toBeGreaterThanOrEqual(0.99);
  // the other half of the same process, with the whole kernel: VMCOREINFO's symbol is where it should be
  const kernel = more.find(({ address }) => address === '0x2768000');
  expect(kernel?.evidence.join('\n')).toContain('maps init_top_pgt (0xffffffff9e410000) to 0xa210000');
  expect(kernel?.options).toEqual(['--cr3', '0x2768000']);
  // the symbol's own page is not in the cut dump: said, and no more than that
  expect(more.find(({ address }) => address === '0xa210000')).toMatchObject({
    sources: ['vmcoreinfo'],
    confidence: 0.4,
  });
});

test('arm64 cores carry no system registers: VMCOREINFO and the memory say it all', async () => {
  const all = await roots(VHE);
  expect(all[0]).toMatchObject({
    kind: 'arm64.stage1',
    address: '0x41858000',
    sources: ['structure', 'vmcoreinfo'],
    options: ['--ttbr1', '0x41858000', '--tcr', '0x5b5100090'],
  });
  expect(all.map(({ kind, address, memory }) => `${kind} ${address} ${memory}`)).toEqual(
    expect.arrayContaining([
      'arm64.stage2 0x43730000 physical',
      'arm64.stage2 0x435f8000 physical',
      'arm64.stage2 0x42ff1000 physical',
      'arm64.stage1 0x40080000 arm64.stage2 at 0x43730000',
      'arm64.stage1 0x40081000 arm64.stage2 at 0x43730000',
    ]),
  );
});

test('a note that holds a guest’s CR3 is told from the host’s, which the registers hold', async () => {
  const registers = fixture('real/x86/qemu-npt-inside-l2-288m/regs.json');
  const all = await roots(NESTED, '--registers', registers);
  const guest = all.find(({ memory }) => memory === 'npt');
  expect(guest).toMatchObject({ address: '0x10000', names: ['guest'], sources: ['registers', 'structure'] });
  const stray = all.find(({ address, memory }) => address === '0x10000' && memory === 'physical');
  expect(stray?.evidence[0]).toBe('the dump’s notes: CR3=0x10000');
  expect(stray?.confidence).toBeLessThan(0.5);
});

test('--scan off asks registers and notes only; --scan looks for what the machine is not', async () => {
  const known = await roots(KASLR, '--scan', 'off');
  expect(known.map(({ sources }) => sources)).toEqual([['registers'], ['vmcoreinfo']]);
  const other = await memattr(['roots', KASLR, '--scan', 'arm64', '--json']);
  for (const { kind, sources } of jsonLines<Root>(other.out))
    if (sources.includes('structure')) expect(kind).toMatch(/^arm64/);
});

test('the table says what, where, why, and how to walk it; --limit and --above', async () => {
  const { out, status } = await memattr(['roots', KASLR, '--limit', '2']);
  expect(status).toBe(0);
  expect(out).toMatch(/^ {2}1 +99 % certain +x86\.4level {2}0x2769000 {2}paging\n/);
  expect(out).toContain('walk it with --cr3 0x2768000');
  expect(out).toMatch(/roots; registers from the dump’s notes; 1136 KiB searched; the 2 surest are shown/);
  expect(await roots(KASLR, '--above', '95')).not.toContainEqual(
    expect.objectContaining({ confidence: 0.4 }),
  );
  expect((await memattr(['roots', KASLR, '--above', 'much'])).status).toBe(2);
});

test('a bound on pages is said, and the answer is partial', async () => {
  const { status, err } = await memattr(['roots', VHE, '--pages', '100']);
  expect(err).toContain('only the first 100 of 1587 pages were searched');
  expect(status).toBe(3);
});

test('CSV and Markdown', async () => {
  const { out } = await memattr(['roots', KASLR, '--scan', 'off', '-o', 'csv']);
  expect(out.split('\r\n')[0]).toBe(
    'rank,confidence,kind,address,memory,names,sources,tables,leaves,missing,evidence,assumed,options',
  );
  expect(out.split('\r\n')[1]).toMatch(/^1,0\.97,x86\.4level,0x2769000,physical,paging,registers,/);
  const markdown = await memattr(['roots', KASLR, '--scan', 'off', '-o', 'markdown']);
  expect(markdown.out.split('\n')).toHaveLength(5);
});

test('what roots prints is what walk takes', async () => {
  const [, second] = await roots(KASLR);
  const walked = await memattr(['walk', KASLR, ...(second?.options ?? []), '--limit', '1', '--json']);
  expect(jsonLines(walked.out)[0]).toMatchObject({ regime: 'x86.4level' });
});
