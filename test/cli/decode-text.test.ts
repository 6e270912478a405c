/** `decode` on pasted text: says what it is, reads the entries under what the text reveals, names what it assumed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { examples } from '../text/examples.ts';
import { sample } from '../text/samples.ts';
import { jsonLines, memattr } from './harness.ts';

interface Source {
  readonly from: string;
  readonly line: number;
  readonly group?: number;
  readonly level?: string;
  readonly at?: string;
  readonly input?: string;
  readonly folded?: true;
}
interface Line {
  readonly schema: string;
  readonly is?: string;
  readonly format?: string;
  readonly kind?: string;
  readonly raw?: string;
  readonly facts?: Record<string, unknown>;
  readonly settings?: Record<string, unknown>;
  readonly assumed?: readonly unknown[];
  readonly source?: Source;
  readonly parts?: readonly { readonly id: string }[];
  readonly suspicion?: string;
  readonly value?: string;
  readonly name?: string;
}

const read = async (stdin: string, ...args: string[]) => memattr(['decode', ...args], { stdin });
const json = async (stdin: string, ...args: string[]) =>
  jsonLines<Line>((await read(stdin, '--json', ...args)).out);
const entries = (lines: readonly Line[]): Line[] => lines.filter(({ source }) => source !== undefined);

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const schema = (name: string) =>
  ajv.compile(
    JSON.parse(readFileSync(new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8')),
  );
const validators = {
  'memattr.text/1': schema('text'),
  'memattr.decode/1': schema('decode'),
  'memattr.walk/2': schema('walk'),
};

describe('every example of every format', () => {
  test.each(examples)('$id: $name', async ({ id, text, says }) => {
    const lines = await json(text);
    // Words and nothing else are read as words have always been.
    if (lines.at(-1)?.is !== 'recognised') {
      expect(id).toBe('words');
      return;
    }
    expect(lines.at(-1)?.parts?.[0]?.id).toBe(id);
    expect(lines).toHaveLength(says.length + 1);
    for (const line of lines) {
      const validate = validators[line.schema as keyof typeof validators];
      expect(validate(line) ? [] : validate.errors, JSON.stringify(line)).toEqual([]);
    }
    const table = await read(text);
    expect(table.status).toBeLessThanOrEqual(1);
    expect(table.out.length).toBeGreaterThan(20);
    expect((await read(text, '--as', id)).status).toBeLessThanOrEqual(1);
  });
});

describe('an oops', () => {
  const text = sample('arm64/oops-a57.txt');

  test('table: what it is, the fault in words, each level, the last entry in full, what was assumed', async () => {
    const { status, out, err } = await read(text);
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(/^arm64 Linux oops: the walk of the faulting address \(82 lines\)\n/);
    expect(out).toMatch(
      /arm64 fault at 0xffffc180323ab000: Permission fault, level 2 \(ESR 0x9600004e\), line 12/,
    );
    expect(out).toMatch(
      /granule 4K, va bits 48, root 0x41858000 \(some kernels print a hashed pointer here\)/,
    );
    expect(out).toMatch(/PGD 0 +0x1000000057fff003 +table +next table 0x57fff000/);
    expect(out).toMatch(/P4D folded +0x1000000057fff003 +repeats the entry above/);
    expect(out).toMatch(/PMD 2 +0x00c0000040400f81 +block +0x40400000 2 MiB/);
    expect(out).toMatch(/47:21 {2}Output address +0x40400000/);
    expect(out).toMatch(/assumed: arm64.stage1: .*mair unknown/);
  });

  test('JSON: level and granule come from the text, the rest is assumed', async () => {
    const found = entries(await json(text));
    expect(found.map(({ source, settings }) => `${source?.level} ${settings?.level}`)).toEqual([
      'PGD 0',
      'P4D 0',
      'PUD 1',
      'PMD 2',
      'PGD 0',
      'P4D 0',
      'PUD 1',
      'PMD 2',
    ]);
    expect(found[3]).toMatchObject({
      format: 'arm64.stage1',
      kind: 'block',
      facts: { oa: '0x40400000', size: '0x200000' },
      source: { from: 'arm64.oops', line: 12, input: '0xffffc180323ab000' },
    });
    expect(found[3]?.assumed).toContain('mair');
    expect(found[3]?.assumed).not.toContain('granule');
    expect(found[3]?.assumed).not.toContain('level');
  });

  test('--set fills what the text does not say', async () => {
    const found = entries(await json(text, '--set', 'mair=0x40044ffff'));
    expect(JSON.stringify(found[3]?.facts)).toContain('Normal WB');
    expect(found[3]?.assumed).not.toContain('mair');
  });

  test('x86: the reserved bit is found, and changes the status', async () => {
    const { status, out } = await read(
      'BUG: unable to handle page fault for address: ffffc9000002d000\n#PF: error_code(0x000b) - reserved bit violation\n' +
        'PGD 3400067 P4D 3400067 PUD 35a7067 PMD 35a8067 PTE 800000fffffee163\naddress sizes\t: 39 bits physical, 48 bits virtual\n',
    );
    expect(status).toBe(1);
    expect(out).toContain('protection, write, supervisor mode, reserved bit set (error code 0xb)');
    expect(out).toMatch(/PTE 1 +0x800000fffffee163 .*(?:reserved|address)/s);
  });

  test('x86: CR4 beside the walk decides between four and five levels', async () => {
    const line = 'BUG: unable to handle page fault for address: ff11000000000000\nPGD 0 \n';
    const cr = (cr4: string) =>
      `CR2: ff11000000000000 CR3: 0000000006202000 CR4: ${cr4}\nEFER=0000000000000d01\n`;
    const level = async (text: string) => entries(await json(text))[0]?.settings?.level;
    expect(await level(line + cr('0000000000751ef0'))).toBe(5);
    expect(await level(line + cr('0000000000750ef0'))).toBe(4);
  });
});

describe('registers alone', () => {
  test('control registers without a fault are shown, whatever their number', async () => {
    for (const line of ['CR3=0x1842000', 'CR0=80050033 CR2=00007f1234 CR3=0000000001842000 CR4=000006f0']) {
      const { status, out } = await memattr(['decode'], { stdin: `${line}\n` });
      expect(status).toBe(0);
      expect(out).toMatch(/CR3 +0x1842000 +valid yes, root 0x1842000/);
    }
  });
  test('general registers only: that is said', async () => {
    const { out } = await memattr(['decode'], { stdin: sample('arm64/info-registers.txt') });
    expect(out).toMatch(/^\d+ registers, none of which says anything about translation$/m);
  });
});

describe('registers beside words', () => {
  test('gdb: tables that VTTBR_EL2 and TTBR0_EL2 point to are read as what they are, at their level', async () => {
    const found = entries(await json(sample('arm64/gdb-a57.txt')));
    const at = (address: string) => found.find(({ source }) => source?.at === address);
    // two concatenated tables at level 1, FWB from HCR_EL2
    expect(at('0x42f78000')).toMatchObject({
      format: 'arm64.stage2',
      kind: 'table',
      settings: { level: 1, fwb: 0, granule: '4K' },
    });
    expect(at('0x42f78000')?.assumed).not.toContain('fwb');
    // the hypervisor's own tables at EL2
    expect(at('0x42cb0000')).toMatchObject({
      format: 'arm64.stage1',
      kind: 'table',
      settings: { level: 0, regime: 'EL2' },
    });
    // instructions at a virtual address are no entries
    expect(at('0x40000000')).toBeUndefined();
  });

  test('QEMU: with info registers in front, the page of CR3 is a PML4, and pages below are followed', async () => {
    const alone = entries(await json(sample('qemu-npt/xp.txt')));
    expect(alone.find(({ raw }) => raw === '0x0000000007278067')?.settings?.level).toBe(1);
    const text = sample('qemu-npt/info_registers.txt') + sample('qemu-npt/xp.txt');
    const below = '(qemu) xp /2gx 0x7278000\n0000000007278000: 0x00000000070fd067 0x0000000000000000\n';
    const found = entries(await json(text + below));
    const table = found.find(({ raw }) => raw === '0x0000000007278067');
    expect(table).toMatchObject({
      format: 'x86.pte',
      kind: 'table',
      settings: { level: 4, mode: '4l', nxe: 1 },
    });
    expect(found.find(({ raw }) => raw === '0x00000000070fd067')).toMatchObject({ settings: { level: 3 } });
  });

  test('MAXPHYADDR of cpuinfo bounds the address of a word', async () => {
    const words = '(qemu) xp /1gx 0x1000\n0000000000001000: 0x0008000000001067\n';
    const findings = async (text: string) => {
      const [first] = entries(await json(text, '--as', 'x86.pte'));
      return first?.settings?.maxphyaddr;
    };
    expect(await findings(`address sizes\t: 40 bits physical, 48 bits virtual\n${words}`)).toBe(40);
    expect(await findings(words)).toBe(52);
  });
});

describe('registers that options give beside the text', () => {
  const page = '(qemu) xp /1gx 0x1000\n0000000000001000: 0x0000000000002067\n';
  const root = ['--cr0', '0x80000001', '--cr3', '0x1000', '--cr4', '0x20', '--efer', '0x500'];

  test('say where its tables lie, and what decided how entries are read', async () => {
    const [entry] = await json(page, ...root);
    expect(entry).toMatchObject({
      format: 'x86.pte',
      settings: { level: 4, mode: '4l' },
      from: expect.arrayContaining([
        { name: 'CR4', source: '--cr4', settings: expect.arrayContaining(['mode']) },
      ]),
    });
    const { out } = await read(page, ...root);
    expect(out).toMatch(/^from CR4 \(--cr4\): mode 4l/m);
    expect(out).not.toContain('from CR3');
  });

  test('--set stands above them', async () => {
    const [entry] = await json(page, '--as', 'pte', '--cr4', '0x20', '--set', 'pse=1,cet=1');
    expect(entry).toMatchObject({ settings: { pse: 1, cet: 1 } });
    expect(entry).not.toHaveProperty('from');
  });

  test('without them nothing is said of where settings came from', async () => {
    expect((await json(page))[0]).not.toHaveProperty('from');
    expect((await read(page)).out).not.toMatch(/^from /m);
  });

  test('what a register file says and the text contradicts is said', async () => {
    const file = fileURLToPath(new URL('../../fixtures/text/qemu-npt/regs.json', import.meta.url));
    const { err } = await read(`CR4=00000020\n${page}`, '--registers', file);
    expect(err).toMatch(/^memattr decode: CR4: 0x[0-9a-f]+ \(.*regs\.json\) is taken, not 0x20 \(line 1\)$/m);
  });
});

describe('listings', () => {
  test('KVM stage 2: ranges by heading, holes said', async () => {
    const { out, status } = await read(sample('arm64-linux-6.18/fwb-dic-vhe.console.txt'));
    expect(status).toBe(0);
    expect(out).toMatch(/Guest IPA\n +ipa +size +level +perm +says/);
    expect(out).toMatch(/0x00000000\.\.0x3fffffff +1 GiB +1 +nothing mapped/);
    expect(out).toMatch(/0x40000000\.\.0x40000fff +4 KiB +3 +rwx/);
    expect(out).toMatch(/\/proc\/iomem/);
    expect(out).toContain('Device-nGnRE, ISH');
  });

  test('a listing longer than a batch is answered as it comes', async () => {
    const row = (i: number) =>
      `${(i * 4096).toString(16).padStart(16, '0')}: ${(i * 4096).toString(16).padStart(16, '0')} ---DA---W\n`;
    const rows = Array.from({ length: 40_020 }, (_, i) => row(i)).join('');
    const { out, err, status } = await read(rows);
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(out.match(/ 4 KiB {2}rwx/g)).toHaveLength(40_020);
    expect(out).toContain('QEMU info tlb (x86) (40020 lines)');
  });

  test('CSV: entries as rows, or ranges; what is neither is counted', async () => {
    const oops = await read(sample('arm64/oops-a57.txt'), '--output', 'csv');
    expect(oops.out.split('\r\n')[0]).toBe('line,level,at,input,raw,format,kind,says,findings');
    expect(oops.out.split('\r\n')).toHaveLength(10);
    expect(oops.err).toContain('14 items are no rows of this table');
    const tlb = await read('0000000000200000: 0000000000200000 --P-----W\n', '--output', 'csv');
    expect(tlb.out).toBe(
      'line,space,start,end,output,level,words\r\n1,va,0x200000,0x400000,0x200000,,--P-----W\r\n',
    );
  });
});

describe('what it is not', () => {
  test('entries that make no sense under the format that was named: the suspicion is a sentence', async () => {
    const rows = Array.from(
      { length: 8 },
      (_, i) => `0x4000${i}000:\t0x00600000400${i}0f5b\t0x006000004010${i}f5b`,
    ).join('\n');
    const { out, err } = await read(`${rows}\n`, '--as', 'x86.ept');
    expect(out).toMatch(
      /16 of 16 entries are wrong as x86\.ept; arm64\.stage[12] explains them better: is this another table\?/,
    );
    expect(err).toContain('is this another table?');
  });

  test('text that nobody knows: one sentence with the line', async () => {
    const { status, err, out } = await read('lorem ipsum\ndolor\n');
    expect(status).toBe(3);
    expect(out).toBe('');
    expect(err).toBe(
      "memattr decode: stdin, line 1: 'lorem ipsum' is no number and no line of a text that memattr reads\n",
    );
  });

  test('a format that was forced reads nothing else', async () => {
    const { status, err } = await read(sample('qemu-npt/xp.txt'), '--as', 'gdb.x');
    expect(status).toBe(3);
    expect(err).toContain('no line of a text');
    const console = sample('arm64-linux-6.18/fwb-dic-vhe.console.txt');
    expect((await json(console, '--as', 'linux.iomem')).filter(({ is }) => is === 'range')).toEqual([]);
  });

  test('a name that is no format: what it may have meant', async () => {
    const { status, err } = await read('x\n', '--as', 'qemu.info-tbl');
    expect(status).toBe(2);
    expect(err).toMatch(/no format 'qemu.info-tbl'; as text, did you mean 'qemu.info-tlb'/);
    expect((await read('x\n', '--as', 'nonsense')).err).toContain("no format 'nonsense'");
  });

  test('a walk at the end of a long log is found', async () => {
    const noise = '[    1.000000] usb 1-1: new high-speed USB device\n'.repeat(8_000);
    const lines = await json(`${noise}[    9.0] PGD 4800067 P4D 4800067 PUD 0 \n`);
    expect(entries(lines)).toHaveLength(3);
    expect(lines.at(-1)).toMatchObject({ unknown: 8_000 });
  });

  test('UTF-16 from PowerShell, NULs of a serial line', async () => {
    const text = 'PGD 4800067 P4D 4800067 PUD 0 \r\n';
    const utf16 = new Uint8Array([0xff, 0xfe, ...[...text].flatMap(c => [c.charCodeAt(0), 0])]);
    for (const stdin of [utf16, `\u0000\u0000${text}\u0000`]) {
      const { out } = await memattr(['decode', '--json'], { stdin });
      expect(entries(jsonLines<Line>(out))).toHaveLength(3);
    }
  });

  test('torn rows are said on stderr, with the line', async () => {
    const { err, out } = await read(
      '0000000006c00000-0000000006e00000 0000000000200000 -r-\n0000000006e00000-0000000006f00000 0000000000200000 -r-\n',
    );
    expect(out).toMatch(/0x6c00000/);
    expect(err).toBe('memattr decode: line 2: a row does not span the length it prints: left out\n');
  });
});

describe('a page that firmware prints, with its root', () => {
  const text = `TLB addr    = 0x00000000bfff0000
=> md.q bfff0000 2
bfff0000: 00000000bfff1003 0000000000000000    ................
=> md.q bfff1000 4
bfff1000: 0060000000000401 0040000040000711    ......'.....@.@.
bfff1010: 0040000080000711 00000000bfff2003    .......@. ......
`;

  test('is arm64, its tables have their levels, and the answer ends with what they map', async () => {
    const { status, out } = await read(text);
    expect(status).toBe(0);
    expect(out).toContain('entries read as arm64.stage1');
    expect(out).toMatch(/1 +0xbfff1008 +0x0040000040000711 +block +0x40000000 1 GiB/);
    expect(out).toMatch(/0x40000000\.\.0xbfffffff +0x40000000 +2 GiB +1G/);
    expect(out).toContain('1 table was not pasted: 0xbfff2000');
    expect(out.replace(/\s+/g, ' ')).toContain(
      'tables: level 0 at 0xbfff0000 (a root), level 1 at 0xbfff1000 (0xbfff0000 points to it)',
    );
    expect(out).toContain('other readings that fit, --as chooses: arm64.stage2');
  });

  test('JSON: the ranges as walk prints them, and how the pages were read', async () => {
    const lines = await json(text);
    for (const line of lines) {
      const validate = validators[line.schema as keyof typeof validators];
      expect(validate(line) ? [] : validate.errors, JSON.stringify(line)).toEqual([]);
    }
    expect(lines.filter(({ schema }) => schema === 'memattr.walk/2')).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({
      is: 'recognised',
      read: [
        {
          format: 'arm64.stage1',
          tables: [
            { at: '0xbfff0000', level: 0, why: 'root' },
            { at: '0xbfff1000', level: 1, why: 'pointer', from: '0xbfff0000' },
          ],
        },
      ],
    });
  });
});

test('pages that have nothing to do with each other are counted, not listed', async () => {
  const pages = Array.from(
    { length: 9 },
    (_, i) => `0000000007c0${i}000: 0x800000010123${i}067 0x800000010777${i}067`,
  );
  const { out } = await read(pages.join('\n'));
  expect(out).toContain('tables: 9 of level 1, by all words of each');
  expect(out).toContain('other readings that fit, --as chooses: ');
});

describe('bare words beside registers', () => {
  const lines = ['VTCR_EL2=0x1800e3558', 'HCR_EL2=0x400c807f223f', '0x00400000602004c7'];

  test.each([
    ['first', [2, 0, 1]],
    ['between', [0, 2, 1]],
    ['last', [0, 1, 2]],
  ])('%s: read under them, with what came from where', async (_, order) => {
    const text = order.map(i => lines[i]).join('\n');
    for (const args of [[], ['--as', 'stage2']]) {
      const { out } = await read(text, ...args);
      expect(out).toMatch(
        /0x00400000602004c7 +page +0x60200000 4 KiB, Device-nGnRE combined with stage 1, Inner/,
      );
      expect(out).toMatch(/from VTCR_EL2 \(line \d\): granule 4K, ds 1/);
      expect(out).toMatch(/from HCR_EL2 \(line \d\): fwb 1/);
      expect(out).not.toContain('not understood');
    }
  });

  test.each([
    ['stage2: 0x00400000602004c7'],
    ['s2 pte = 0x00400000602004c7'],
    ['stage-2 entry 00400000602004c7'],
    ['pte 0x00400000602004c7'],
  ])('a word with what it is in front: %s', async word => {
    const { out } = await read(`${lines[0]}\n${word}\n${lines[1]}\n`);
    expect(out).toContain('entries read as arm64.stage2');
    expect(out).toMatch(/0x00400000602004c7 +page +0x60200000 4 KiB/);
    expect(out).not.toContain('not understood');
  });

  test('registers of one exception level say whose entries they are', async () => {
    const entry = '0x0040000040000711';
    const at = async (el: number) =>
      (await json(`TCR_EL${el}=0x80803520\nMAIR_EL${el}=0x440c0400ff\n${entry}\n`)).find(
        ({ format }) => format,
      );
    expect(await at(1)).toMatchObject({ settings: { regime: 'EL1&0' }, facts: { memory: 'Normal NC' } });
    expect(await at(2)).toMatchObject({ settings: { regime: 'EL2' }, facts: { memory: 'Normal NC' } });
    expect(await at(3)).toMatchObject({ settings: { regime: 'EL3' }, facts: { memory: 'Normal NC' } });
  });
});

describe('registers of a fault', () => {
  test('the fault status stands first: it is never what is cut off', async () => {
    const { out } = await read('ESR_EL1: 0x96000047      FAR_EL1: 0x8\n');
    expect(out).toMatch(/ESR_EL1 +0x96000047 +fault Translation fault, level 3, access write/);
  });
});

describe('a session with U-Boot', () => {
  const bdinfo = [
    'DRAM bank   = 0x0000000000000000',
    '-> start    = 0x0000000040000000',
    '-> size     = 0x0000000080000000',
  ];
  const rest = [
    ' memory[0]\t[0x40000000-0xbfffffff], 0x80000000 bytes, flags: none',
    'TLB addr    = 0x00000000bfff0000',
  ];
  const page = [
    'bfff0000: 00000000bfff1003 00000000bfff2003  ..................',
    'bfff0010: 0000000000000000 00000000bfff3003  ..................',
  ];
  test.each([
    ['with prompts', ['=> bdinfo', ...bdinfo, ...rest, '=> md.q bfff0000 4', ...page]],
    ['without', [...bdinfo, ...rest, ...page]],
  ])('the page of a table below bdinfo, %s', async (_, text) => {
    const lines = await json(`${text.join('\n')}\n`);
    expect(entries(lines)).toMatchObject([
      { format: 'arm64.stage1', kind: 'table' },
      { format: 'arm64.stage1', kind: 'table' },
      { format: 'arm64.stage1', kind: 'invalid' },
      { format: 'arm64.stage1', kind: 'table' },
    ]);
    expect(lines.at(-1)).toMatchObject({ is: 'recognised', unknown: 0 });
  });
});
