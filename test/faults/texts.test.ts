/** `explain-fault` on what people paste: it explains, or says what is missing; it never answers nothing. */
import { describe, expect, test } from 'vitest';
import { jsonLines, memattr, type Ran } from '../cli/harness.ts';

const explained = (text: string, ...args: readonly string[]): Promise<Ran> =>
  memattr(['explain-fault', ...args], { stdin: text });
interface Record_ {
  readonly source: string;
  readonly cause: string;
  readonly finds?: string;
  readonly verdict?: string;
  readonly agrees?: boolean | null;
  readonly address: string | null;
  readonly steps?: readonly { readonly level: number; readonly says: readonly string[] }[];
}
const records = async (text: string, ...args: readonly string[]): Promise<readonly Record_[]> =>
  jsonLines<Record_>((await explained(text, '--json', ...args)).out);

const WALK = `[ffffff8009224d70] *pgd=00000000f7fff003, *pud=00000000f7fff003, *pmd=00000000f7ffe003, *pte=0000000000000000
`;
const BEFORE = `Unable to handle kernel paging request at virtual address ffffff8009224d70
pgd = ffffffc0e4273000
`;

test('the syndrome after the walk', async () =>
  expect(await records(`${BEFORE}${WALK}Internal error: Oops: 96000007 [#1] SMP\n`)).toMatchObject([
    {
      cause: 'not-present',
      finds: 'not-present',
      agrees: true,
      verdict: 'the level 3 entry is 0: nothing is mapped',
    },
  ]));

test('a walk without syndrome: the entries alone are judged', async () => {
  expect(await records(`${BEFORE}${WALK}`)).toMatchObject([
    {
      cause: 'unknown',
      finds: 'not-present',
      agrees: null,
      verdict: 'the level 3 entry is 0: nothing is mapped, so any access faults',
    },
  ]);
  const { status, out } = await explained(`${BEFORE}${WALK}`);
  expect(status).toBe(0);
  expect(out).toContain('not known: the text has no ESR');
  expect(out).not.toContain('which is what the hardware said');
});

test('levels that the kernel folds when it starts: the block is read-only', async () =>
  expect(
    await records(`Unable to handle kernel write to read-only memory at virtual address ffff800081ba4190
Mem abort info:
  ESR = 0x000000009600004e
swapper pgtable: 4k pages, 48-bit VAs, pgdp=0000000045830000
[ffff800081ba4190] pgd=0000000000000000, p4d=10000000467df003, pud=10000000467e0003, pmd=0060000045600781
`),
  ).toMatchObject([
    { finds: 'permission', agrees: true, steps: [{ level: 0 }, { level: 1 }, { level: 2 }] },
  ]));

describe('registers alone are a fault', () => {
  test('of EL2', async () =>
    expect(await records('ESR_EL2: 0x9600000b\nFAR_EL2: 0x8273c52a0\n')).toMatchObject([
      { source: 'ESR_EL2 = 0x9600000b, FAR_EL2 = 0x8273c52a0', cause: 'access-flag' },
    ]));
  test('with the page of stage 2', async () =>
    expect(await records('ESR_EL2=0x92000007\nFAR_EL2=0x1018\nHPFAR_EL2=0x900000\n')).toMatchObject([
      { cause: 'not-present', address: '0x90000018' },
    ]));
});

test('Xen: the address at stage 2 is the gpa', async () =>
  expect(
    await records(
      '(XEN) traps.c:1986:d0v1 HSR=0x93880045 pc=0x00007f97b14e70 gva=0x7f7f817000 gpa=0x0000401315d000\n',
    ),
  ).toMatchObject([{ stage: 2, address: '0x401315d000' }]));

test('an address in neither half: no table translates it', async () =>
  expect(
    await records(
      'Unable to handle kernel paging request at virtual address 000f84e30edbd7e5\n[000f84e30edbd7e5] address between user and kernel address ranges\nInternal error: Oops: 0000000096000004 [#1] SMP\n',
    ),
  ).toMatchObject([
    {
      finds: 'not-present',
      agrees: true,
      verdict: '0xf84e30edbd7e5 lies between the addresses of the tables: none translates it',
    },
  ]));

describe('registers beside the text are used', () => {
  const text = `Unhandled fault: alignment fault (0x96000061) at 0xffffffc011c0a000
[ffffffc011c0a000] *pgd=10000000fbfff003, *pud=10000000fbfff003, *pmd=1000000040a35003, *pte=006800004732470f
`;
  test('--mair', async () => {
    const [device] = await records(text, '--mair', '0x040044ffff');
    const [normal] = await records(text, '--mair', '0x04ff44ffff');
    expect(JSON.stringify(device?.steps?.at(-1))).toContain('Device-nGnRnE');
    expect(JSON.stringify(normal?.steps?.at(-1))).toContain('Normal WB');
  });
});

describe('what cannot be explained is said, with status 3', () => {
  test.each([
    ['ESR_EL1 = 0xbf000002\n', /ESR 0xbf000002 is no abort: SError/],
    [
      'Internal error: Oops - BUG: 00000000f2000800 [#1] PREEMPT SMP\n',
      /ESR 0xf2000800 is no abort: BRK instruction/,
    ],
    ['"Synchronous Abort" handler, esr 0x02000000\n', /ESR 0x2000000 is no abort: /],
    [BEFORE, /line 1: a fault at 0xffffff8009224d70 without its ESR and without entries/],
    [
      'BUG: unable to handle page fault for address: ffffc9000002d000\n',
      /without its error code and without entries/,
    ],
    ['Hello\n', /no fault in this text/],
  ])('%s', async (text, said) => {
    for (const form of [[], ['--json']]) {
      const { status, out, err } = await explained(text, ...form);
      expect(status).toBe(3);
      expect(out).toBe('');
      expect(err).toMatch(said);
    }
  });

  test('beside what can be', async () => {
    const { status, out, err } = await explained(
      `ESR_EL1 = 0xbf000002\n${BEFORE}${WALK}Internal error: Oops: 96000007 [#1] SMP\n`,
    );
    expect(status).toBe(0);
    expect(out).toContain('which is what the hardware said');
    expect(err).toMatch(/no abort: SError/);
  });
});

test('behind every prefix the same answer', async () => {
  const text = `${BEFORE}${WALK}Internal error: Oops: 96000007 [#1] SMP\n`;
  const { out } = await explained(text);
  for (const prefix of ['    ', '\t', '| ', '>   ', '>> | ', '[   82.646346] ', 'TTY> '])
    expect((await explained(text.replace(/^(?=.)/gm, prefix))).out).toBe(out);
});

test('Xen’s own abort: the walk stands above, the registers below', async () =>
  expect(
    await records(`(XEN) Walking Hypervisor VA 0x40 on CPU0 via TTBR 0x0000000046948000
(XEN) 0TH[0x000] = 0x46940f7f
(XEN) 1ST[0x000] = 0x4693df7f
(XEN) 2ND[0x000] = 0x0
(XEN) CPU0: Unexpected Trap: Data Abort
(XEN)       ESR_EL2: 0000000096000006
(XEN)     HPFAR_EL2: 0000000000000000
(XEN)       FAR_EL2: 0000000000000040
`),
  ).toMatchObject([
    { source: 'ESR_EL2 = 0x96000006, FAR_EL2 = 0x40, HPFAR_EL2 = 0x0', finds: 'not-present', agrees: true },
  ]));

test('a first table that is smaller than a page has the index that T1SZ leaves', async () => {
  const text = (...args: string[]) =>
    memattr([
      ...['explain-fault', '--esr', '0x96000007', '--far', '0xffffff8009224d70'],
      ...['--entries', '0xf7fff003,0xf7fff003,0xf7ffe003,0', ...args],
    ]);
  expect((await text()).out).toContain('level 0 [0x1ff]');
  // T1SZ = 22, TG1 = 4KB: 42 bits, of which the first lookup resolves three
  expect((await text('--tcr', '0x580160016')).out).toContain('level 0 [0x007]');
});

describe('an oops is of Linux, and of the release that it names', () => {
  const oops = (
    release: string,
  ) => `Unable to handle kernel paging request at virtual address ffff000007c00000
  ESR = 0x0000000096000007
swapper pgtable: 4k pages, 48-bit VAs, pgdp=0000000045830000
[ffff000007c00000] pgd=18000000bfff8003, p4d=18000000bfff8003, pud=18000000bfff7003, pmd=18000000bffbf003, pte=0068000007c00f86
Internal error: Oops: 0000000096000007 [#1] PREEMPT SMP
CPU: 2 PID: 184 Comm: systemd Tainted: G        W       ${release} #1 Debian 5.10.178-3
`;
  test.each([
    ['5.10.0-22-arm64', 'Linux before 6.10'],
    ['6.10.3', 'Linux 6.10 and later'],
    ['6.9.0-rc1', 'Linux before 6.10'],
  ])('%s', async (release, convention) => {
    const decoded = await memattr(['decode', '--json'], { stdin: oops(release) });
    const last = jsonLines<{ facts?: { software?: Record<string, string> } }>(decoded.out).findLast(
      ({ facts }) => facts,
    );
    expect(Object.keys(last?.facts?.software ?? {})).toEqual([convention]);
    const { out } = await explained(oops(release));
    expect(out).toContain(`not valid (${convention}: `);
    expect(out).not.toMatch(/pKVM|looks like/);
  });
  test('without one, what any release means', async () => {
    const { out } = await explained(oops('6.10.3').replace(/CPU: .*\n/, ''));
    expect(out).toContain('Linux 6.10 and later');
    expect(out).toContain('Linux before 6.10');
  });
});

describe('a fault that is not about entries says what is behind it, without any', () => {
  test.each([
    ['0x96000061', /Device memory unaligned accesses fault/],
    ['0x96000210', /refused the access: a device without power or clock/],
    ['0x96000030', /the TLB holds two entries/],
  ])('%s', async (esr, why) => {
    const { out } = await memattr(['explain-fault', '--esr', esr, '--far', '0x1000', '--json']);
    expect(jsonLines(out)).toMatchObject([{ suspects: [expect.stringMatching(why)] }]);
  });
  test('of one that is there are none', async () => {
    const { out } = await memattr(['explain-fault', '--esr', '0x96000007', '--far', '0x1000', '--json']);
    expect(out).not.toContain('suspects');
  });
});
