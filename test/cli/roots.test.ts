import { describe, expect, test } from 'vitest';
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
  const { out, status } = await memattr(['roots', KASLR, '--explain', '--limit', '2']);
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

describe('--root takes what roots finds', () => {
  const NO_REGISTERS = fixture('real/arm64/a57-nvhe-nofwb/sparse.elf');
  const first = async (...args: string[]) => jsonLines((await memattr([...args, '--json'])).out)[0];

  test('auto is the surest, by rank the others, and says why on stderr', async () => {
    const [surest, second] = await roots(NO_REGISTERS);
    for (const [rank, root] of [
      ['auto', surest],
      ['1', surest],
      ['2', second],
    ] as const) {
      const own = await first('walk', NO_REGISTERS, ...(root?.options ?? []));
      const taken = await memattr(['walk', NO_REGISTERS, '--root', rank, '--json']);
      expect({ ...jsonLines(taken.out)[0], root: '' }).toEqual({ ...own, root: '' });
      expect(taken.err).toContain(`--root ${rank} is ${root?.kind} at ${root?.address}`);
      expect(taken.err).toContain(`walked with ${root?.options.join(' ')}; assumed: `);
    }
  });

  test.each(['walk', 'lint', 'rmap', 'translate'])('%s without registers names the way on', async verb => {
    const address = verb === 'rmap' || verb === 'translate' ? ['0x41858000'] : [];
    const { err, status } = await memattr([verb, NO_REGISTERS, ...address]);
    expect(status).toBe(2);
    expect(err).toMatch(/--root auto, which takes the surest that memattr roots FILE finds/);
    const taken = await memattr([verb, NO_REGISTERS, ...address, '--root', 'auto', '--json']);
    expect(taken.err).toContain('--root auto is arm64.stage1 at 0x41858000');
  });

  test('a guest’s own tables, behind the second stage that was found with them', async () => {
    const all = await roots(NO_REGISTERS);
    const rank = 1 + all.findIndex(({ memory }) => memory === 'arm64.stage2 at 0x43578000');
    const { out } = await memattr(['walk', NO_REGISTERS, '--root', `${rank}`, '--limit', '3', '--json']);
    expect(jsonLines(out).some(({ s2 }) => s2 !== undefined)).toBe(true);
    const npt = fixture('real/x86/qemu-npt-256m/sparse.elf');
    const nested = await roots(npt);
    const behind =
      1 + nested.findIndex(({ kind, memory }) => kind === 'x86.4level' && memory.startsWith('x86.npt'));
    if (behind > 0) {
      const ran = await memattr(['walk', npt, '--root', `${behind}`, '--limit', '1']);
      expect(ran.out).toContain('tables read through npt');
    }
  });

  test('what the notes say beside the root holds for it', async () => {
    const { out } = await memattr(['walk', KASLR, '--root', '2', '--limit', '1']);
    expect(out).toMatch(/PAT=0x407050600070106/);
    expect(out.replace(/\s+/g, ' ')).toContain('implied by Linux 6.1.0-50-amd64 (VMCOREINFO)');
  });

  test('list, a rank too high, a name that is none', async () => {
    expect((await memattr(['walk', KASLR, '--root', 'list'])).out).toContain('--root paging');
    expect((await memattr(['walk', KASLR, '--root', '99'])).err).toMatch(
      /there are 9 roots; memattr roots FILE/,
    );
    expect((await memattr(['walk', KASLR, '--root', 'nonsense'])).err).toMatch(/auto or a number takes/);
  });
});

test('a table of one line each at 80 columns, and the evidence on request', async () => {
  const { out } = await memattr(['roots', fixture('real/arm64/a57-nvhe-nofwb/sparse.elf')], {
    columns: 80,
    env: { NO_COLOR: '1' },
  });
  const lines = out.split('\n');
  expect(lines.every(line => line.length <= 80)).toBe(true);
  expect(lines[0]?.trim().split(/\s+/)).toEqual([
    '#',
    'sure',
    'kind',
    'address',
    'tables',
    'leaves',
    'options',
  ]);
  expect(lines[1]).toMatch(/^ *1 +99 % +arm64\.stage1 +0x41858000 +214 +99574 +--ttbr1/);
  expect(out).not.toContain('VMCOREINFO');
  const { out: evidence } = await memattr(['roots', KASLR, '--explain', '--limit', '1']);
  expect(evidence).toContain('page-table isolation');
});

describe('a way on where a dump cannot be read as asked', () => {
  const DUMP = fixture('real/arm64/a57-nvhe-nofwb/sparse.elf');
  test('QEMU’s `info registers` of arm64', async () => {
    const { err, status } = await memattr([
      'walk',
      DUMP,
      '-r',
      fixture('real/arm64/a57-nvhe-nofwb/info-registers.txt'),
    ]);
    expect(status).toBe(3);
    expect(err).toMatch(/TTBR0_EL1, TTBR1_EL1, TCR_EL1, MAIR_EL1, SCTLR_EL1 are missing.*memattr roots/);
  });
  test('a type that there is not, names that need a PAT, a folder, addresses the wrong way round', async () => {
    const walk = (...args: string[]) => memattr(['walk', DUMP, '--root', '1', ...args]);
    expect((await walk('--type', 'wb')).err).toMatch(
      /no type here has 'wb' in its name; there are AttrIndx .*MAIR_EL1 is not given/,
    );
    expect((await walk('--type', 'attrindx')).err).not.toContain('no type here');
    expect((await memattr(['walk', DUMP, '-r', fixture('real')])).err).toContain('is a folder, not a file');
    expect((await walk('--from', '5', '--to', '3')).status).toBe(2);
  });
});
