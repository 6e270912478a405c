/** The rule that the hardware applied, by syndrome, entries and registers, as people have them; the TLB only where nothing else is left. */
import { describe, expect, test } from 'vitest';
import { memattr } from '../cli/harness.ts';

interface Answer {
  readonly verdict: string;
  readonly agrees: boolean | null;
  readonly suspects: readonly string[];
  readonly remarks: readonly string[];
  readonly cause: string;
  readonly stage: number;
}

async function explained(line: string): Promise<Answer> {
  const { out } = await memattr(['explain-fault', ...line.split(' '), '--json']);
  return JSON.parse(out.split('\n')[0] ?? '');
}
const STALE = /stale TLB/;
const WALK = '0x41003,0x42003,0x43003';

describe('a reason that the syndrome names, or that registers prove, is the verdict', () => {
  test.each([
    [
      'overlay',
      `--esr 0x409200004f --far 0x1000 --entries ${WALK},0x60000040000743`,
      /^Overlay = 1: POR_EL0/,
    ],
    [
      'overlay, fetch',
      `--esr 0x408200000f --far 0x1000 --entries ${WALK},0x40000743`,
      /^Overlay = 1: POR_EL0/,
    ],
    [
      'dirty state',
      `--el 2 --esr 0x209200004f --far 0x1000 --hpfar 0x10 --as stage2 --set s2pie=1,s2pir=0xcccccccccccccccc --entries ${WALK},0x40000000001757`,
      /DirtyBit = 1|clean|dirty/,
    ],
    [
      'tags',
      `--el 2 --esr 0x2009200004f --far 0x1000 --hpfar 0x10 --as stage2 --set mtePerm=1,fwb=1 --entries ${WALK},0x400000000017ff`,
      /^TagAccess = 1/,
    ],
    [
      'the first table of stage 1 is not marked for its half',
      `--el 2 --esr 0x9220008f --far 0x1000 --hpfar 0x10 --as stage2 --set s2pie=1,s2pir=0xcccccccccccccccc --entries ${WALK},0x400000000017ff`,
      /^TopLevel = 1: VTCR_EL2.TL0 or TL1/,
    ],
    [
      'mode-based execute control, told by X and XU of the qualification',
      '--entries 0x2407,0x3407,0x4407,0x40000035 --as ept --set mbec=1 --ept-qualification 0x1ac --gpa 0x0',
      /level 1 XU = 0: not executable in user mode/,
    ],
    [
      'rights that no entry has in common with the others',
      '--ept-qualification 0x584 --gpa 0x9a849c901 --entries 0x1005007,0x1008003,0x1009007,0xf609c4034 --as ept',
      /level 3 X = 0/,
    ],
    [
      'a guest’s supervisor that executes a page of users',
      '--npf 0x100000015,0x1000 --as npt --set gmet=1 --entries 0x41067,0x42067,0x43067,0x5067',
      /^GMET = 1: U\/S = 1 in every entry/,
    ],
    [
      'a walk from Device memory',
      `--el 2 --esr 0x9200008f --far 0x1000 --hpfar 0x10 --hcr 0x80000005 --as stage2 --entries ${WALK},0x400000000017c7`,
      /^HCR_EL2.PTW = 1/,
    ],
    [
      'memset on a framebuffer',
      '--esr 0x96000061 --far 0xffffffc011c0a000 --mair 0x040044ffff --entries 0x10000000fbfff003,0x1000000040a35003,0x006800004732470f',
      /makes it Device-nGnRnE: unaligned accesses/,
    ],
    [
      'Device memory, also where the entry denies the access',
      '--esr 0x92000061 --far 0xffffffc011c0a000 --mair 0x040044ffff --entries 0x10000000fbfff003,0x1000000040a35003,0x006800004732470f',
      /makes it Device-nGnRnE: unaligned accesses/,
    ],
    [
      'a Guarded Control Stack access to an ordinary page',
      `--esr 0x1009200004f --far 0x1000 --entries ${WALK},0x60000040000743`,
      /no Guarded Control Stack page at EL0/,
    ],
    [
      'a protection key',
      '--pf-code 0x25 --cr2 0x1000 --entries 0x2067,0x3067,0x4067,0x1800000000005067',
      /^PK = 1: PKRU denies protection key 3/,
    ],
    [
      'PAN, by the state that the exception saved',
      `--esr 0x9600000f --far 0x1000 --reg SPSR_EL1=0x60400005 --entries ${WALK},0x00e8000047324f43`,
      /^SPSR_EL1.PAN = 1: the page is accessible at EL0/,
    ],
    [
      'SMAP, by the flags that were pushed',
      '--pf-code 0x1 --cr2 0x1000 --cr4 0x370ef0 --reg EFLAGS=0x10246 --entries 0x2067,0x3067,0x4067,0x5067',
      /^CR4.SMAP = 1: .*, and it is not$/,
    ],
    [
      'a shadow-stack access to an ordinary page',
      '--pf-code 0x47 --cr2 0x7ffd1234a000 --entries 0x10c5b4067,0x10a1ff067,0x10a200067,0x8000000109e2a867',
      /R\/W = 1: no shadow-stack page/,
    ],
    [
      'write and execute under WXN alone',
      '--esr 0x8600000f --far 0x1000 --entries 0x2003,0x3003,0x5f03 --sctlr 0x30d8198d',
      /never executable/,
    ],
  ])('%s', async (_, line, verdict) => {
    const answer = await explained(line);
    expect(answer.verdict).toMatch(verdict);
    expect(answer.agrees).toBe(true);
    expect(answer.suspects.join()).not.toMatch(STALE);
  });
});

describe('what may be the reason is named, and the TLB is not while something is', () => {
  test.each([
    [
      'a kernel that reads user memory',
      `--esr 0x9600004f --far 0x1000 --entries ${WALK},0x60000040000703`,
      [/LDTR, STTR/],
    ],
    ['PAN', `--esr 0x9600004f --far 0x1000 --entries ${WALK},0x60000040000743`, [/^PSTATE.PAN/]],
    ['cache maintenance', `--esr 0x9200014f --far 0x1000 --entries ${WALK},0x600000400007c3`, [/CMOW = 1/]],
    [
      'alignment without MAIR',
      `--esr 0x96000021 --far 0x1003 --entries ${WALK},0x6000004000070f`,
      [/AttrIndx 3 is to be looked up/],
    ],
    [
      'a supervisor shadow stack behind EPT',
      '--ept-qualification 0x21bb --gpa 0x1000 --gla 0x1000 --entries 0x41007,0x42007,0x43007,0x1037',
      [/needs SSS \(bit 60\)/],
    ],
    [
      'a corrupt entry: the widest address first, and no other',
      '--pf-code 0xd --cr2 0x7f364f200098 --entries 0x12532c067,0x1277e7067,0x110dd1067,0xffffdbdefffffd9f',
      [/^MAXPHYADDR: bit 51 of the level 1 entry/, /^EFER.NXE = 0/],
    ],
    [
      'a walk that could not be read on',
      '--pf-code 0xd --entries 0x8000000111903067,0x10b325067,0xffe7a0414d080067',
      [/^MAXPHYADDR: bit 50 of the level 2 entry/, /^EFER.NXE = 0: bit 63 of the level 4 entry/],
    ],
  ])('%s', async (_, line, suspects) => {
    const answer = await explained(line);
    expect(answer.suspects).toHaveLength(suspects.length);
    for (const [i, suspect] of suspects.entries()) expect(answer.suspects[i]).toMatch(suspect);
    expect(answer.suspects.join()).not.toMatch(STALE);
  });

  test('the TLB, where nothing else is left', async () => {
    const { suspects } = await explained(`--esr 0x9200004f --far 0x1000 --entries ${WALK},0x60000040000743`);
    expect(suspects).toEqual([expect.stringMatching(STALE)]); // and not E0PD, which is a level 0 Translation fault
  });

  test('a protection key that the register at hand permits is a contradiction', async () => {
    const { verdict, suspects } = await explained(
      '--pf-code 0x25 --cr2 0x1000 --reg PKRU=0x0 --entries 0x2067,0x3067,0x4067,0x1800000000005067',
    );
    expect(verdict).not.toMatch(/PKRU/);
    expect(suspects).toEqual([
      expect.stringMatching(/^PK = 1, and PKRU = 0x0 permits the access by protection key 3/),
    ]);
  });

  test('no suspect that the inputs contradict', async () => {
    const { suspects } = await explained(
      '--ept-misconfig --gpa 0x108ba4538 --entries 0x84c236107,0x10515c7107,0xde4657107,0x1028125d77 --set maxphyaddr=46',
    );
    expect(suspects).toEqual([expect.stringMatching(/none of these is misconfigured/)]);
  });
});

test.each([
  ...[0x10, 0x11, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f],
  ...[0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x30, 0x31, 0x35],
])('a status that no entry decides has something behind it, alone: 0x%s', async status => {
  const { suspects } = await explained(`--esr 0x${(0x96000000 + status).toString(16)} --far 0x1000`);
  expect(suspects).not.toEqual([]);
  expect(suspects.join()).not.toMatch(STALE);
});

describe('whose access it was', () => {
  test('EC 0x24 at EL2 is EL1 or EL0', async () => {
    const { out } = await memattr('explain-fault --esr 0x93880045 --far 0x7f7f817000 --el 2'.split(' '));
    expect(out).toContain('a write at EL1 or EL0 to 0x7f7f817000');
  });
  test('S1PTW = 1 is a fault of stage 2, and asks for HPFAR_EL2', async () => {
    const answer = await explained('--esr 0x92000087 --far 0x7f7f817000 --el 2');
    expect(answer.stage).toBe(2);
    expect(answer.remarks.join()).toMatch(/HPFAR_EL2/);
  });
  test('an abort from the same level at EL2 is of its own regime', async () => {
    const { out } = await memattr(
      'explain-fault --el 2 --esr 0x8600000f --far 0x1000 --entries 0x2003,0x3003,0x0000000000005743'.split(
        ' ',
      ),
    );
    expect(out).toContain('arm64 stage 1 of EL2,');
    expect(out).toContain('they permit a privileged instruction fetch');
  });
});

describe('what the hardware said', () => {
  test('RSVD without P is not present, with the erratum', async () => {
    const answer = await explained(
      '--pf-code 0xc --cr2 0x7f62d5b48e68 --entries 0x80000002e92bf067,0x1c99c5067,0x195015067,0x7fffffffb78b680',
    );
    expect(answer).toMatchObject({ cause: 'not-present', agrees: true });
    expect(answer.remarks.join()).toMatch(/May Set the RSVD Flag/);
  });
  test('ENC of a nested page fault denies nothing', async () => {
    const answer = await explained('--npf 0x500000004,0x1000 --entries 0x41067,0x42067,0x43067,0x0');
    expect(answer).toMatchObject({ cause: 'not-present', agrees: true });
  });
});

test.each([
  [
    'PAN = 0',
    `--esr 0x9600000f --far 0x1000 --reg SPSR_EL1=0x60000005 --entries ${WALK},0x00e8000047324f43`,
    /PAN/,
  ],
  [
    'AC = 1',
    '--pf-code 0x1 --cr2 0x1000 --cr4 0x370ef0 --reg EFLAGS=0x50246 --entries 0x2067,0x3067,0x4067,0x5067',
    /SMAP/,
  ],
])('what the saved state excludes is no suspect: %s', async (_, line, never) => {
  const { verdict, suspects } = await explained(line);
  expect(verdict).not.toMatch(never);
  expect(suspects.join()).not.toMatch(never);
});

test.each([
  [
    '0x7803002a',
    /^Granule Protection Check exception: Granule protection fault, level 0$/,
    /^(?!.*walk of stage)/,
  ],
  [
    '0x780340ea',
    /^Granule Protection Check exception: Granule protection fault, level 1$/,
    /S1PTW = 1: it was met on a walk of stage 1/,
  ],
  [
    '0x7821002a',
    /^Granule Protection Check exception: GPT walk fault, level 0$/,
    /S2PTW = 1: it was met on a walk of stage 2/,
  ],
])('a Granule Protection Check exception alone: %s', async (esr, says, remark) => {
  const { out } = await memattr(['explain-fault', '--el', '3', '--esr', esr, '--far', '0x1000', '--json']);
  const answer = JSON.parse(out.split('\n')[0] ?? '');
  expect(answer.says ?? answer.hardware ?? JSON.stringify(answer)).toMatch(
    new RegExp(says.source.replace(/^\^|\$$/g, '')),
  );
  expect(answer.remarks.join(' ')).toMatch(remark);
  expect(answer.remarks.join(' ')).toMatch(/MFAR_EL3/);
});

test.each([
  ['by TCR', '--esr 0x9600004d --tcr 0x5b5503510', 1],
  ['by the level that was reported', '--esr 0x9600004d', 1],
  ['by TCR, whatever was reported', '--esr 0x9600004e --tcr 0x5b5503519', 2],
])('a block stands at the level where a walk ends with so many entries: %s', async (_, options, level) => {
  const { out } = await memattr([
    ...`explain-fault ${options} --far 0x25f987ab90 --entries 0x40001003,0x00400af7300004c1`.split(' '),
  ]);
  expect(out).toMatch(new RegExp(`not permitted: level ${level} AP`));
});
