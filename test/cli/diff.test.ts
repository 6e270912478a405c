import { describe, expect, test } from 'vitest';
import { fixture, fixtureText } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonLines, memattr } from './harness.ts';

const { write: file } = temporaryFolder();

interface Difference {
  readonly change: string;
  readonly roots: readonly string[];
  readonly va?: string;
  readonly ipa?: string;
  readonly size: string;
  readonly before?: Readonly<Record<string, string>>;
  readonly after?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly explained?: string;
}
const diff = async (...args: string[]): Promise<{ status: number; err: string; lines: Difference[] }> => {
  const { status, out, err } = await memattr(['diff', ...args, '--json']);
  return { status, err, lines: jsonLines<Difference>(out) };
};

const dump = (name: string): string[] =>
  name.includes('linux-6.18')
    ? [fixture(`real/${name}.elf`), '--registers', fixture(`real/${name}.registers.json`)]
    : [
        fixture(`real/${name}/sparse.elf`),
        '--registers',
        fixture(`real/${name}/${name.startsWith('x86') ? 'regs' : 'registers'}.json`),
      ];

describe('a dump beside what the emulator listed at the same stop', () => {
  const same: [string, string, ...string[]][] = [
    ['x86/qemu-4level-160m', 'info_tlb.txt'],
    ['x86/qemu-4level-160m', 'info_mem.txt'],
    ['x86/qemu-4level-160m', 'gva2gpa.txt'],
    ['x86/qemu-4level-160m', 'crash_vtop.txt'],
    ['x86/qemu-4level-160m', 'addrxlat-cpu0.txt'],
    ['x86/qemu-4level-120m-full', 'info_tlb.txt'],
    ['x86/qemu-4level-120m-full', 'info_mem.txt'],
    ['x86/qemu-4level-kaslr-pti-512m', 'info_tlb.txt'],
    ['x86/qemu-4level-kaslr-pti-512m', 'info_mem.txt'],
    ['x86/qemu-32bit-192m', 'info_tlb.txt'],
    ['x86/qemu-32bit-192m', 'info_mem.txt'],
    ['x86/qemu-32bit-192m', 'gva2gpa.txt'],
    ['x86/qemu-npt-256m', 'info_tlb.txt', '--root', 'paging'],
    ['x86/qemu-npt-256m', 'info_mem.txt', '--root', 'paging'],
    ['x86/bochs-types-224m', 'page.txt'],
    ['x86/bochs-ept-256m', 'page.txt', '--root', 'paging'],
    ['arm64-linux-6.18/nofwb-nvhe', '.console.txt'],
  ];
  test.each(same)('%s, %s: no difference', async (name, text, ...options) => {
    const path = fixture(text.startsWith('.') ? `real/${name}${text}` : `real/${name}/${text}`);
    const [image = '', ...registers] = dump(name);
    const { status, lines } = await diff(image, path, ...registers, ...options);
    expect(lines).toEqual([]);
    expect(status).toBe(0);
  });

  test.each(['bochs-types-224m', 'bochs-types-mtrr-240m', 'bochs-ept-256m'])(
    'x86/%s, info tab: only what Bochs leaves out',
    async name => {
      const [image = '', ...registers] = dump(`x86/${name}`);
      const tab = fixture(`real/x86/${name}/info_tab.txt`);
      const { status, lines } = await diff(image, tab, ...registers, '--root', 'paging');
      expect(lines.length).toBeGreaterThan(100);
      expect(new Set(lines.map(({ change, explained }) => `${change}: ${explained}`))).toEqual(
        new Set(['vanished: Bochs lists nothing between 0xffff800000000000 and 0xfffffdffffffffff']),
      );
      expect(status).toBe(0);
    },
  );

  test('fwb-dic-vhe: stage2_page_tables and kernel_page_tables agree; a tagged index without tags is explained', async () => {
    const name = 'arm64-linux-6.18/fwb-dic-vhe';
    const [image = '', ...registers] = dump(name);
    const { status, lines } = await diff(image, fixture(`real/${name}.console.txt`), ...registers);
    expect(lines.map(({ roots, values }) => [roots, values])).toEqual(
      Array.from({ length: 2 }, () => [['el2.ttbr1', 'arm64.ptdump'], { type: ['Normal', 'Normal-Tagged'] }]),
    );
    for (const { explained } of lines) expect(explained).toContain('MAIR gives it no tags');
    expect(status).toBe(0);
  });

  test('fwb-dic-vhe-64k-ipa52: the text is older than the dump by a page that the host has taken back', async () => {
    const name = 'arm64-linux-6.18/fwb-dic-vhe-64k-ipa52';
    const [image = '', ...registers] = dump(name);
    const { status, lines } = await diff(image, fixture(`real/${name}.console.txt`), ...registers);
    const plain = lines.filter(({ explained }) => explained === undefined);
    expect(plain).toMatchObject([{ change: 'appeared', ipa: '0xa0000000', size: '0x10000' }]);
    expect(status).toBe(1);
  });

  test('inside a nested guest QEMU lists other tables: every difference says so, and counts', async () => {
    const [image = '', ...registers] = dump('x86/qemu-npt-inside-l2-288m');
    const mem = fixture('real/x86/qemu-npt-inside-l2-288m/info_mem.txt');
    const { status, lines } = await diff(image, mem, ...registers, '--root', 'paging');
    expect(lines.length).toBeGreaterThan(0);
    for (const { explained } of lines)
      expect(explained).toBe(
        'QEMU lists the tables of CR3, 0x10000 by the dump’s notes, not those at 0x2720000',
      );
    expect(status).toBe(1);
  });
});

describe('a text with mistakes put in', () => {
  const [image = '', ...registers] = dump('x86/qemu-4level-160m');
  const tlb = (): string[] => fixtureText('real/x86/qemu-4level-160m/info_tlb.txt').split('\n');
  const changed = (edit: (lines: string[]) => void): string => {
    const lines = tlb();
    edit(lines);
    return file('tlb.txt', lines.join('\n'));
  };
  const at = (lines: readonly string[], va: string): number => lines.findIndex(line => line.startsWith(va));

  test('a line that is gone, one that leads elsewhere, one with another flag', async () => {
    const path = changed(lines => {
      const moved = at(lines, '0000000000402000');
      lines[moved] = (lines[moved] as string).replace('000000000977a000', '0000000001234000');
      const flag = at(lines, '0000000000404000');
      lines[flag] = (lines[flag] as string).replace(/-\r?$/, 'W');
      lines.splice(at(lines, '0000000000401000'), 1);
    });
    const { status, lines } = await diff(image, path, ...registers);
    expect(lines).toMatchObject([
      { change: 'vanished', va: '0x401000', size: '0x1000' },
      { change: 'moved', va: '0x402000', before: { pa: '0x977a000' }, after: { pa: '0x1234000' } },
      { change: 'changed', va: '0x404000', values: { write: ['false', 'true'] } },
    ]);
    expect(status).toBe(1);
  });

  test('accessed flags count unless they are ignored', async () => {
    const path = changed(lines => {
      for (const [i, line] of lines.entries())
        if (/^00000000004/.test(line)) lines[i] = line.replace('-A-', '---');
    });
    const counted = await diff(image, path, ...registers);
    expect(counted.lines.length).toBeGreaterThan(0);
    expect(new Set(counted.lines.flatMap(({ values }) => Object.keys(values)))).toEqual(
      new Set(['accessed']),
    );
    const ignored = await diff(image, path, ...registers, '--ignore', 'accessed,dirty');
    expect(ignored).toMatchObject({ status: 0, lines: [] });
  });

  test('from stdin, and as a table with what was compared', async () => {
    const { out, status } = await memattr(['diff', image, '-', ...registers], {
      stdin: fixtureText('real/x86/qemu-4level-160m/info_mem.txt'),
    });
    expect(out).toMatch(
      /^no difference\ncompared: paging with qemu\.info-mem, \d+ mappings, all addresses\n$/,
    );
    expect(status).toBe(0);
  });
});

// ------------------------------------------------------------------------------------------------------ dumps

/** A stage 2 of one level 2 table (start level 2, 4K) and two level 3 tables, at 0x10000. */
function tree(edit: (level3: BigUint64Array) => void = () => {}): Uint8Array {
  const words = new BigUint64Array(3 * 512);
  words[0] = 0x11003n;
  words[1] = 0x12003n;
  const level3 = words.subarray(512, 1024);
  for (let i = 0; i < 8; i++) level3[i] = BigInt(0x4000_0000 + i * 4096) | 0x7ffn;
  words[1024] = 0x5000_07ffn;
  edit(level3);
  return new Uint8Array(words.buffer);
}
const STAGE2 = ['--base', '0x10000', '--vttbr', '0x10000', '--vtcr', '0x80043522', '--hcr', '1'];

describe('two dumps', () => {
  const two = (edit: (level3: BigUint64Array) => void, ...options: string[]) =>
    diff(file('a.bin', tree()), file('b.bin', tree(edit)), ...STAGE2, ...options);

  test('the same', async () => {
    expect(await two(() => {})).toEqual({ status: 0, err: '', lines: [] });
  });

  test('moved, changed, appeared, vanished, each coalesced', async () => {
    const { status, lines } = await two(level3 => {
      level3[0] = 0n;
      level3[1] = 0n;
      for (const i of [2, 3]) level3[i] = BigInt(0x6000_0000 + i * 4096) | 0x7ffn;
      for (const i of [4, 5]) level3[i] = (level3[i] as bigint) & ~0x80n; // S2AP: read-only
      for (const i of [9, 10]) level3[i] = BigInt(0x7000_0000 + i * 4096) | 0x7ffn;
    });
    expect(status).toBe(1);
    expect(lines).toMatchObject([
      { change: 'vanished', ipa: '0x0', size: '0x2000', before: { pa: '0x40000000', perm: 'rwx' } },
      {
        change: 'moved',
        ipa: '0x2000',
        size: '0x2000',
        before: { pa: '0x40002000' },
        after: { pa: '0x60002000' },
      },
      {
        change: 'changed',
        ipa: '0x4000',
        size: '0x2000',
        values: { perm: ['rwx', 'r-x'], s2ap: [3, 1] },
      },
      { change: 'appeared', ipa: '0x9000', size: '0x2000', after: { pa: '0x70009000' } },
    ]);
    expect(lines.map(({ roots }) => roots)).toEqual(Array.from({ length: 4 }, () => ['stage2', 'stage2']));
  });

  test('--ignore', async () => {
    const edit = (level3: BigUint64Array): void => {
      level3[6] = (level3[6] as bigint) & ~0x400n; // AF
    };
    expect((await two(edit)).lines).toMatchObject([{ change: 'changed', values: { af: [1, 0] } }]);
    expect(await two(edit, '--ignore', 'accessed')).toMatchObject({ status: 0, lines: [] });
    expect((await memattr(['diff', file('a.bin', tree()), ...STAGE2, '--ignore', '%'])).status).toBe(2);
  });

  test('table, CSV, Markdown', async () => {
    const [a, b] = [
      file('a.bin', tree()),
      file(
        'b.bin',
        tree(level3 => level3.fill(0n, 7, 8)),
      ),
    ];
    const text = await memattr(['diff', a, b, ...STAGE2]);
    expect(text.out).toMatch(
      /stage2 \| stage2\n +change +ipa +size +what\n +vanished +0x7000\.\.0x7fff +4 KiB +0x40007000 +rwx/,
    );
    expect(text.out).toContain('1 difference in 4 KiB: 1 vanished');
    const csv = await memattr(['diff', a, b, ...STAGE2, '-o', 'csv']);
    expect(csv.out.split('\r\n').slice(0, 2)).toEqual([
      'change,first,second,input,size,sizeBytes,before,what',
      expect.stringMatching(/^vanished,stage2,stage2,0x7000,0x1000,4096,0x40007000,rwx /),
    ]);
    const markdown = await memattr(['diff', a, b, ...STAGE2, '-o', 'markdown']);
    expect(markdown.out.split('\n')).toHaveLength(4);
  });

  test('a table that one dump lacks makes what it maps unknown, not gone', async () => {
    const a = file('a.bin', tree());
    const b = file('b.bin', tree().subarray(0, 2 * 4096));
    const { status, err, lines } = await diff(a, b, ...STAGE2);
    expect(lines).toMatchObject([
      { change: 'vanished', explained: 'unknown: the second lacks the table at 0x12000' },
    ]);
    expect(err).toContain('a table is not in the image');
    expect(status).toBe(3);
  });
});

describe('two translations of one dump', () => {
  const [image = '', ...registers] = dump('x86/qemu-4level-160m');

  test('by registers: two processes share the kernel and differ below it', async () => {
    const { status, lines } = await diff(
      image,
      ...registers,
      '--root-a',
      'CR3=0x6200000',
      '--root-b',
      'CR3=0x487c000',
    );
    expect(status).toBe(1);
    expect(lines.length).toBeGreaterThan(0);
    for (const { va } of lines) expect(BigInt(va as string)).toBeLessThan(1n << 47n);
  });

  test('by name, each of one virtual machine', async () => {
    const [vms = '', ...registers] = dump('arm64/max-vhe-fwb');
    const same = await diff(vms, ...registers, '--root-a', 'cpu0.stage2', '--root-b', 'cpu0.stage2');
    expect(same).toMatchObject({ status: 0, lines: [] });
    const other = await diff(vms, ...registers, '--root-a', 'cpu0.stage2', '--root-b', 'cpu2.stage2');
    expect(new Set(other.lines.map(({ roots }) => roots.join(' ')))).toEqual(
      new Set(['cpu0.stage2 cpu2.stage2']),
    );
    expect(other.status).toBe(1);
  });

  test('the same tables, read by two CPUs with different PATs', async () => {
    const cpu = { CR0: '0x80050033', CR3: '0x6200000', CR4: '0x750ef0', EFER: '0xd01' };
    const cpus = ['0x7040600070406', '0x7040600070401'].map(PAT => ({ ...cpu, PAT }));
    const both = ['--registers', file('pats.json', JSON.stringify({ cpus }))];
    const { status, lines } = await diff(
      image,
      ...both,
      '--root-a',
      'cpu0.paging',
      '--root-b',
      'cpu1.paging',
    );
    expect(status).toBe(1);
    expect(lines.length).toBeGreaterThan(0);
    for (const { change, values } of lines)
      expect({ change, values }).toEqual({ change: 'changed', values: { type: ['WB', 'WC'] } });
  });

  test('through both stages: where the IPA leads, and what each stage says', async () => {
    const [vms = '', ...registers] = dump('arm64/max-vhe-fwb');
    const { lines } = await diff(
      vms,
      ...registers,
      '--root-a',
      'cpu0.el1.ttbr1',
      '--root-b',
      'cpu2.el1.ttbr1',
    );
    expect(lines.some(({ before }) => before?.['s2.type'] !== undefined && before.pa !== undefined)).toBe(
      true,
    );
  });

  test('what is wrong with the question', async () => {
    for (const [args, says] of [
      [[image, ...registers], 'one dump with --root-a and --root-b'],
      [[image, ...registers, '--root-a', 'pagin', '--root-b', 'paging'], "no translation 'pagin'"],
      [[image, ...registers, '--root-a', 'EPTP=0', '--root-b', 'paging'], 'EPTP gives no translation'],
      [[file('x.txt', 'hello\nworld\n'), image, ...registers], 'the dump comes first'],
      [
        [
          fixture('real/arm64/max-vhe-fwb/sparse.elf'),
          '--registers',
          fixture('real/arm64/max-vhe-fwb/registers.json'),
          '--root-a',
          'cpu0.stage2',
          '--root-b',
          'cpu0.el2.ttbr0',
        ],
        'nothing to compare',
      ],
    ] as const) {
      const { status, err } = await memattr(['diff', ...args]);
      expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(says) });
    }
    const nothing = await memattr(['diff', image, file('x.txt', 'hello\nworld\n'), ...registers]);
    expect(nothing).toMatchObject({ status: 3, err: expect.stringContaining('no map of addresses in it') });
  });
});
