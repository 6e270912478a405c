/** Every rule on machines made for it: what it must say, and what it must not. */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/arch/walks.ts';
import { parseDeclared } from '../../src/image/memory-map.ts';
import { DeclaredMap } from '../../src/lint/declared.ts';
import type { LintOptions } from '../../src/lint/engine.ts';
import { Expectation } from '../../src/lint/expectation.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { citation } from '../../src/refs.ts';
import { A, DATA, ept, guest, K, kernel, M2, pc, S2, TEXT, type World, X } from './worlds.ts';

const tried = new Set<string>();

/** What one rule says, as `severity: message` with the number of ranges. */
function says(
  rule: string,
  world: World,
  options: Partial<LintOptions> & { machine?: Machine } = {},
): readonly string[] {
  tried.add(rule);
  return world
    .lint({ only: rule, ...options })
    .reports.map(({ severity, message, ranges }) => `${severity}: ${message} x${ranges}`);
}

const map = (text: string) => ({ map: new DeclaredMap(parseDeclared(text).ranges) });
const expecting = (text: string) => ({ expectation: new Expectation(text) });
const RAM = 0x4000_0000n;

/** A kernel whose lower and upper tables hold these entries, in order from index 0. */
const withLower = (...words: bigint[]): ReturnType<typeof kernel> => {
  const world = kernel();
  for (const [i, word] of words.entries()) world.set(world.lower, i, word);
  return world;
};
const withUpper = (...words: bigint[]): ReturnType<typeof kernel> => {
  const world = kernel();
  for (const [i, word] of words.entries()) world.set(world.upper, i, word);
  return world;
};
const withPt = (...words: bigint[]): ReturnType<typeof pc> => {
  const world = pc();
  for (const [i, word] of words.entries()) world.set(world.pt, i, word);
  return world;
};
const withEpt = (...words: bigint[]): ReturnType<typeof ept> => {
  const world = ept();
  for (const [i, word] of words.entries()) world.set(world.pt, i, word);
  return world;
};

describe('rights', () => {
  test('wx-kernel', () => {
    expect(says('wx-kernel', withUpper(RAM | DATA, (RAM + K) | TEXT))).toEqual([]);
    expect(says('wx-kernel', withUpper(RAM | (DATA & ~A.pxn), 0n, RAM | (DATA & ~A.pxn)))).toEqual([
      'error: writable and executable at EL1 x2',
    ]);
    // EL1 never executes what EL0 may write, whatever PXN says
    expect(says('wx-kernel', withLower(RAM | (DATA & ~A.pxn) | A.el0))).toEqual([]);
    expect(says('wx-kernel', withPt(RAM | X.p | X.w))).toEqual([
      'error: writable and executable at supervisor x1',
    ]);
    expect(says('wx-kernel', withPt(RAM | X.p | X.w | X.xd))).toEqual([]);
  });

  test('wx-kernel: tables above take rights away', () => {
    const world = kernel();
    world.set(world.upper2, 0, world.upper | A.table | (1n << 59n)); // PXNTable
    world.set(world.upper, 0, RAM | (DATA & ~A.pxn));
    expect(says('wx-kernel', world)).toEqual([]);
  });

  test('wx-kernel: without NX nothing can be forbidden', () => {
    const world = withPt(RAM | X.p | X.w);
    world.registers.set('EFER', 0x501n);
    expect(says('wx-kernel', world)).toEqual([
      'note: writable and executable at supervisor, as everything in this mode x1',
    ]);
  });

  test('wx-user', () => {
    expect(says('wx-user', withLower(RAM | (DATA & ~A.uxn) | A.el0))).toEqual([
      'warning: writable and executable at EL0 x1',
    ]);
    expect(says('wx-user', withLower(RAM | DATA | A.el0, RAM | (TEXT & ~A.uxn) | A.el0))).toEqual([]);
    expect(says('wx-user', withPt(RAM | X.p | X.w | X.u))).toEqual([
      'warning: writable and executable at user x1',
    ]);
  });

  test('wx-guest', () => {
    const world = guest();
    world.set(world.s2, 8, RAM | (S2.rw & ~S2.xn));
    expect(says('wx-guest', world)).toEqual(['note: the guest may write and execute it x1']);
    expect(says('wx-guest', guest())).toEqual([]);
    expect(says('wx-guest', withEpt(RAM | 7n | (6n << 3n), RAM | 3n | (6n << 3n)))).toEqual([
      'note: the guest may write and execute it x1',
    ]);
  });

  test('user-executes-kernel, user-accesses-kernel', () => {
    const text = withUpper(RAM | (TEXT & ~A.uxn)); // EL0 may not read it, but may execute it
    expect(says('user-executes-kernel', text)).toEqual([
      'error: in the upper half, and executable at EL0 x1',
    ]);
    expect(says('user-accesses-kernel', text)).toEqual([]);
    const data = withUpper(RAM | DATA | A.el0, RAM | DATA | A.el0 | A.ro);
    expect(says('user-accesses-kernel', data)).toEqual([
      'error: in the upper half, and writable at EL0 x1',
      'error: in the upper half, and readable at EL0 x1',
    ]);
    expect(says('user-executes-kernel', data)).toEqual([]);
    const lower = withLower(RAM | (TEXT & ~A.uxn) | A.el0);
    expect([...says('user-executes-kernel', lower), ...says('user-accesses-kernel', lower)]).toEqual([]);
    const high = pc();
    high.set(high.high, 0, RAM | X.p | X.u);
    expect(says('user-executes-kernel', high)).toEqual([
      'error: in the upper half, and executable at user x1',
    ]);
    expect(says('user-accesses-kernel', high)).toEqual(['error: in the upper half, and readable at user x1']);
  });

  test('kernel-executes-user', () => {
    expect(says('kernel-executes-user', withLower(RAM | (TEXT & ~A.uxn) | A.el0))).toEqual([
      'warning: EL0 may read it, and EL1 may execute it x1',
    ]);
    expect(says('kernel-executes-user', withLower(RAM | (TEXT & ~A.uxn) | A.el0 | A.pxn))).toEqual([]);
  });

  test('beyond-expectation', () => {
    const world = guest();
    world.set(world.s2, 8, RAM | (S2.rw & ~S2.xn));
    const inside = '0x40000000+12K=rw-';
    expect(says('beyond-expectation', world, expecting(`${inside},0x40008000-0x40008fff=rwx`))).toEqual([]);
    expect(says('beyond-expectation', world, expecting(`${inside},0x40008000+4K=r--`))).toEqual([
      'error: r-- was asked, and write, execute is permitted too x1',
    ]);
    expect(says('beyond-expectation', world, expecting(`${inside},*=---`))).toEqual([
      'error: --- was asked, and read, write, execute is permitted too x1',
    ]);
    expect(says('beyond-expectation', world)).toEqual([]); // nothing was asked
    // an expectation for a part of a range is judged for that part
    expect(says('beyond-expectation', world, expecting('0x40001000+4K=r--'))).toEqual([
      'error: r-- was asked, and write is permitted too x1',
    ]);
  });
});

describe('table-writable', () => {
  test('a kernel that maps its own tables: a note; for user mode: an error', () => {
    const world = kernel();
    world.set(world.upper, 0, world.lower | DATA);
    expect(says('table-writable', world)).toEqual([
      'note: translation tables of el1.ttbr0: writable at EL1 in el1.ttbr1 x1',
    ]);
    world.set(world.lower, 0, world.lower | DATA | A.el0);
    expect(says('table-writable', world)).toEqual([
      'error: translation tables of el1.ttbr0: writable at EL0 in el1.ttbr0 x1',
      'note: translation tables of el1.ttbr0: writable at EL1 in el1.ttbr1 x1',
    ]);
    expect(says('table-writable', withUpper(kernel().lower | DATA | A.ro))).toEqual([]);
  });

  test('a guest and tables that are not its own', () => {
    const own = guest();
    expect(says('table-writable', own)).toEqual([]); // stage 2 maps the guest’s own tables: its memory
    own.set(own.s2, 9, own.s2 | S2.rw); // stage 2 gives the guest a page of stage 2
    expect(says('table-writable', own)).toEqual([
      'error: translation tables of stage2: a guest may write them (stage2) x1',
    ]);
    const reader = guest();
    reader.set(reader.s2, 9, reader.s2 | (S2.rw & ~(2n << 6n)));
    expect(says('table-writable', reader)).toEqual([]);
  });
});

describe('aliases', () => {
  test('alias-cacheability, in one space', () => {
    expect(says('alias-cacheability', withUpper(RAM | DATA, RAM | DATA | A.nc))).toEqual([
      'error: Normal NC and Normal WB in el1.ttbr1 x1',
    ]);
    expect(says('alias-cacheability', withUpper(RAM | DATA, (RAM + K) | DATA | A.nc))).toEqual([]);
    expect(says('alias-cacheability', withUpper(RAM | DATA, RAM | DATA | A.ro))).toEqual([]);
  });

  test('alias-cacheability, across spaces', () => {
    const world = kernel();
    world.set(world.upper, 0, RAM | DATA).set(world.upper, 1, (RAM + K) | DATA);
    world.set(world.lower, 5, RAM | DATA | A.device);
    world.set(world.lower, 6, (RAM + K) | DATA | A.device);
    expect(says('alias-cacheability', world)).toEqual([
      'error: Device-nGnRE in el1.ttbr0; Normal WB in el1.ttbr1 x1', // two pages, one range
    ]);
    const { reports } = world.lint({ only: 'alias-cacheability' });
    const [example] = reports[0]?.examples ?? [];
    expect(example?.place).toMatchObject({ is: 'pages', frame: Number(RAM / K), frames: 2 });
    expect(example?.ways.map(({ input, lo }) => [input, lo])).toEqual([
      [5, Number(RAM | A.device | 0x703n)],
      [2 ** 52 - 2 ** 27, Number(RAM | 0x703n)],
    ]);
  });

  test('a large page and a small one', () => {
    const world = kernel();
    world.set(world.upper2, 1, RAM | (DATA & ~2n)); // 2 MiB block
    world.set(world.lower, 0, (RAM + 7n * K) | DATA | A.nc);
    expect(says('alias-cacheability', world)).toEqual([
      'error: Normal NC in el1.ttbr0; Normal WB in el1.ttbr1 x1',
    ]);
  });

  test('a guest’s type after both stages against itself', () => {
    const forced = guest();
    forced.set(forced.s2, 8, (RAM + 8n * K) | S2.rw);
    forced.set(forced.lower, 0, (RAM + 8n * K) | DATA);
    forced.set(forced.lower, 1, (RAM + 8n * K) | DATA | A.nc);
    expect(says('alias-cacheability', forced)).toEqual([]); // stage 2 forces Write-Back on both
    const free = guest();
    free.set(free.s2, 8, (RAM + 8n * K) | S2.guestDecides);
    free.set(free.lower, 0, (RAM + 8n * K) | DATA);
    free.set(free.lower, 1, (RAM + 8n * K) | DATA | A.nc);
    expect(says('alias-cacheability', free)).toEqual(['error: Normal NC and Normal WB in el1.ttbr0 x1']);
  });

  /** EPT whose first pages are these, beside the tables of its host, whose first pages are those. */
  function hosted(guestPages: readonly bigint[], hostPages: readonly bigint[]): World {
    const world = withEpt(...guestPages);
    const host = pc();
    for (const [name, value] of host.registers) world.registers.set(name, value);
    for (const { frame } of host.memory.ranges)
      world.memory.touch(0x80_0000 + frame * 4096).set(host.memory.page(frame) as Uint32Array);
    // the host’s tables, moved away from those of EPT
    const moved = 0x80_0000n;
    for (const table of [host.root, host.root + K, host.root + 2n * K])
      world.set(moved + table, 0, (moved + table + K) | 7n);
    world.registers.set('CR3', moved + host.root);
    for (const [i, page] of hostPages.entries()) world.set(moved + host.root + 3n * K, i, page);
    world.set(moved + host.root, 256, 0n);
    return world;
  }
  const WB_IPAT = RAM | 7n | (6n << 3n) | (1n << 6n);

  test('a host alias and a second stage that decides alone', () => {
    const uncached = X.p | X.pcd | X.pwt;
    const world = hosted([WB_IPAT, (RAM + K) | 7n | (6n << 3n)], [RAM | uncached, (RAM + K) | uncached]);
    expect(says('alias-cacheability', world)).toEqual([
      'error: WB in the guest of ept; UC in the host x1', // the second page is the guest’s to decide
    ]);
    expect(world.lint().spaces.flatMap(({ limits }) => limits)).toEqual([
      'the guest decides the memory type of 1 page, and its own tables are not known: they were not compared',
    ]);
  });

  // [EPT memory type with IPAT, PWT and PCD of the host]: PAT entries WB, WC, UC-, UC; MTRRs say WB
  test.each([
    ['UC', 0n, 'WB', 0n, true],
    ['WC', 1n, 'WB', 0n, true],
    ['WT', 4n, 'WB', 0n, false],
    ['WP', 5n, 'WB', 0n, false],
    ['WB', 6n, 'WB', 0n, false],
    ['UC', 0n, 'WC', X.pwt, false],
    ['WC', 1n, 'UC', X.pwt | X.pcd, false],
    ['WT', 4n, 'WC', X.pwt, true],
    ['WP', 5n, 'UC', X.pwt | X.pcd, true],
    ['WB', 6n, 'WC', X.pwt, true],
  ] as const)(
    'EPT %s with IPAT (%s) beside %s in the host (%s): differ in cacheability: %s',
    (type, code, hostType, bits, differs) => {
      const world = hosted([RAM | 7n | (code << 3n) | (1n << 6n)], [RAM | X.p | bits]);
      expect(says('alias-cacheability', world)).toEqual(
        differs ? [`error: ${type} in the guest of ept; ${hostType} in the host x1`] : [],
      );
    },
  );

  test('alias-type', () => {
    expect(says('alias-type', withUpper(RAM | DATA | A.nc, RAM | DATA | A.device))).toEqual([
      'warning: Device-nGnRE and Normal NC in el1.ttbr1 x1',
    ]);
    // Attr3: Device-nGnRnE
    expect(says('alias-type', withUpper(RAM | DATA | (3n << 2n), RAM | DATA | A.device))).toEqual([
      'note: Device-nGnRE and Device-nGnRnE in el1.ttbr1 x1',
    ]);
    expect(says('alias-type', withUpper(RAM | DATA, RAM | DATA | A.nc))).toEqual([]); // worse than that
    expect(says('alias-type', withPt(RAM | X.p | X.pcd, RAM | X.p | X.pwt))).toEqual([
      'warning: UC and WC in paging x1',
    ]);
    // UC- becomes UC under a WB MTRR: the same
    expect(says('alias-type', withPt(RAM | X.p | X.pcd, RAM | X.p | X.pcd | X.pwt))).toEqual([]);
  });

  test('alias-shareability', () => {
    const nsh = DATA & ~A.ish;
    expect(says('alias-shareability', withUpper(RAM | DATA, RAM | nsh))).toEqual([
      'warning: Normal WB ISH and Normal WB NSH in el1.ttbr1 x1',
    ]);
    // Device and Non-cacheable are Outer Shareable whatever SH says
    expect(says('alias-shareability', withUpper(RAM | DATA | A.nc, RAM | nsh | A.nc))).toEqual([]);
  });
});

describe('memory types', () => {
  test('device-executable', () => {
    expect(says('device-executable', withUpper(RAM | (DATA & ~A.pxn) | A.device))).toEqual([
      'error: Device-nGnRE, and executable at EL1 x1',
    ]);
    expect(says('device-executable', withUpper(RAM | DATA | A.device))).toEqual([]);
    const world = guest();
    world.set(world.s2, 8, (RAM + 8n * K) | (S2.device & ~S2.xn));
    expect(says('device-executable', world)).toEqual([
      'warning: Device by stage 2, which lets EL1 and EL0 execute it x1',
    ]);
    world.set(world.lower, 0, (RAM + 8n * K) | DATA); // stage 1 forbids, so the guest cannot
    expect(says('device-executable', world)).toHaveLength(1);
    world.set(world.lower, 0, (RAM + 8n * K) | (DATA & ~A.pxn));
    expect(says('device-executable', world)).toEqual([
      'error: Device-nGnRE, and executable at EL1 x1',
      'warning: Device by stage 2, which lets EL1 and EL0 execute it x1',
    ]);
    expect(says('device-executable', withPt(RAM | X.p | X.w), map('0x40000000-0x40000fff mmio'))).toEqual([
      'warning: device registers (mmio), and executable at supervisor x1',
    ]);
  });

  test('normal-device, uncached-ram', () => {
    const text = '40000000-40000fff : System RAM\n50000000-50000fff : uart\n60000000-60000fff : Reserved\n';
    const world = withUpper(
      RAM | DATA,
      RAM | DATA | A.nc,
      0x5000_0000n | DATA,
      0x5000_0000n | DATA | A.nc,
      0x5000_0000n | DATA | A.device,
      0x6000_0000n | DATA | A.nc,
    );
    expect(says('normal-device', world, map(text))).toEqual([
      'error: Normal WB on device registers (uart) x1',
      'note: Normal NC on device registers (uart) x1',
    ]);
    expect(says('uncached-ram', world, map(text))).toEqual(['warning: Normal NC on System RAM x1']);
    expect(says('uncached-ram', world)).toEqual([]);
    expect(says('normal-device', withPt(0x5000_0000n | X.p), map(text))).toEqual([
      'error: WB on device registers (uart) x1',
    ]);
  });

  test('normal-device: a block that is partly declared is judged in parts', () => {
    const world = kernel();
    world.set(world.upper2, 1, 0x5000_0000n | (DATA & ~2n));
    const report = world.lint({
      only: 'normal-device',
      ...map('0x50001000-0x50001fff mmio\n0x50003000-0x50004fff mmio\n'),
    }).reports[0];
    expect(report?.examples.map(({ place }) => place.is === 'range' && [place.output, place.frames])).toEqual(
      [
        [0x50001, 1],
        [0x50003, 2],
      ],
    );
    expect(report?.bytes).toBe(0x3000n);
  });

  test('mtrr-split', () => {
    const world = pc();
    world.set(world.pd, 1, RAM | X.p | X.ps).set(world.pd, 2, (RAM + M2) | X.p | X.ps);
    expect(says('mtrr-split', world, { machine: { maxphyaddr: 40 } })).toEqual([]);
    world.registers.set('MTRR_PHYSBASE0', RAM).set('MTRR_PHYSMASK0', 0xff_ffff_0800n); // 64 KiB of UC
    expect(says('mtrr-split', world, { machine: { maxphyaddr: 40 } })).toEqual([
      'warning: a large page over several MTRR types x1',
    ]);
    const [report] = world.lint({ only: 'mtrr-split', machine: { maxphyaddr: 40 } }).reports;
    expect(report?.bytes).toBe(M2);
    // a map that cuts the page in two: each part belongs to the page that is split, not to one of its neighbours
    const cut = world.lint({
      only: 'mtrr-split',
      machine: { maxphyaddr: 40 },
      ...map('0x40000000-0x400fffff ram\n0x40180000-0x401fffff mmio\n'),
    });
    expect(cut.reports.reduce((sum, { bytes }) => sum + bytes, 0n)).toBe(M2);
    const ends = cut.reports.flatMap(({ examples }) =>
      examples.map(({ place }) => (place.is === 'range' ? (place.output ?? 0) + place.frames : 0)),
    );
    expect(Math.max(...ends)).toBe(Number((RAM + M2) / K));
  });
});

describe('single entries', () => {
  test('ept-misconfigured and kvm-mmio', () => {
    const world = withEpt(
      RAM | 2n, // writable, not readable
      RAM | 7n | (2n << 3n), // memory type 2
      0xf8_d000_00c6n, // KVM: write and execute, no read
    );
    expect(says('ept-misconfigured', world, { machine: { maxphyaddr: 40 } })).toEqual([
      'error: writable but not readable x1',
      expect.stringMatching(/^error: .*= 0b010: /),
    ]);
    expect(says('kvm-mmio', world, { machine: { maxphyaddr: 40 } })).toEqual([
      'note: KVM’s cached MMIO: faults on purpose, maps nothing x1',
    ]);
    for (const rule of ['reserved-bits', 'reserved-encoding', 'output-beyond-size'])
      expect(says(rule, world, { machine: { maxphyaddr: 40 } })).toEqual([]);
  });

  test('npt-supervisor, and KVM’s MMIO in NPT', () => {
    const world = pc();
    for (const name of ['CR3']) world.registers.delete(name);
    world.registers.set('NCR3', world.root);
    world.set(world.pt, 0, RAM | X.p | X.w).set(world.pt, 1, 0x8_0000_d000_00c7n);
    expect(says('npt-supervisor', world, { machine: { maxphyaddr: 40 } })).toEqual([
      'error: level 1 page4k: U/S = 0, but every nested access is a user access: #NPF x1',
    ]);
    expect(says('kvm-mmio', world, { machine: { maxphyaddr: 40 } })).toHaveLength(1);
    expect(says('output-beyond-size', world, { machine: { maxphyaddr: 40 } })).toEqual([]);
  });

  test('table-hidden', () => {
    const hidden = (word: bigint, hcr = 0n): readonly string[] => {
      const world = guest();
      world.set(world.s2, 2, word).set(world.lower, 0, RAM | DATA);
      world.registers.set('HCR_EL2', (world.registers.get('HCR_EL2') ?? 0n) | hcr);
      return says('table-hidden', world);
    };
    const page = RAM + 2n * K;
    const says3 = (why: string): string =>
      `warning: level 3 table: the second stage does not let the walker read its page: level 3 entry${why} x1`;
    expect(hidden(page | S2.rw)).toEqual([]);
    expect(hidden(0n)).toEqual([says3(' is invalid')]);
    expect(hidden(page | (S2.rw & ~(3n << 6n)))).toEqual([says3(': not readable')]);
    expect(hidden(page | (S2.rw & ~(1n << 10n)))).toEqual([says3(': AF = 0, and hardware does not set it')]);
    expect(hidden(page | S2.device)).toEqual([]);
    expect(hidden(page | S2.device, 4n)).toEqual([says3(': Device memory, and HCR_EL2.PTW = 1')]);
  });

  test('reserved-bits', () => {
    expect(says('reserved-bits', withUpper(RAM | DATA | (1n << 5n)))).toEqual([
      'warning: level 3 page: bit 5 is RES0 but set x1',
    ]);
    const world = withPt(RAM | X.p | X.xd);
    world.registers.set('EFER', 0x501n);
    expect(says('reserved-bits', world)).toEqual([
      'error: level 1 page4k: bit 63 set but reserved (must be 0) with EFER.NXE = 0 x1',
    ]);
    const table = kernel(); // entries that point to tables are read too
    table.set(table.upper2, 0, table.upper | A.table | (1n << 50n));
    expect(says('reserved-bits', table)).toEqual(['warning: level 2 table: bit 50 is RES0 but set x1']);
  });

  test('reserved-encoding', () => {
    expect(says('reserved-encoding', withUpper(RAM | (DATA & ~A.ish) | (1n << 8n)))).toEqual([
      expect.stringMatching(/^error: level 3 page: SH.* = 0b01: Reserved x1$/),
    ]);
    expect(says('reserved-encoding', withUpper(RAM | (DATA & ~2n)))).toEqual([
      'error: level 3 invalid: descriptor type 0b01 is reserved at level 3: treated as Invalid x1',
    ]);
  });

  test('block-misaligned', () => {
    const world = kernel();
    world.set(world.upper2, 1, (RAM + 0x4_0000n) | (DATA & ~2n));
    expect(says('block-misaligned', world)).toEqual(['warning: level 2 block: bit 18 is RES0 but set x1']);
    expect(says('reserved-bits', world)).toEqual([]);
    const large = pc();
    large.set(large.pd, 1, (RAM + 0x4000n) | X.p | X.ps);
    expect(says('block-misaligned', large)).toEqual([
      expect.stringMatching(/^error: level 2 page2m: bit 14 set but reserved/),
    ]);
  });

  test('output-beyond-size', () => {
    expect(says('output-beyond-size', withUpper((1n << 41n) | DATA, (RAM + K) | DATA))).toEqual([
      'error: level 3 page: output address needs more than 40 bits: Address size fault x1',
    ]);
    expect(says('output-beyond-size', withPt((1n << 41n) | X.p), { machine: { maxphyaddr: 40 } })).toEqual([
      expect.stringMatching(/^error: level 1 page4k: bit 41 set but reserved/),
    ]);
  });

  test('contiguous-group', () => {
    const page = (i: number, more = 0n): bigint => (RAM + BigInt(i) * K) | DATA | A.contiguous | more;
    const whole = Array.from({ length: 16 }, (_, i) => page(i));
    expect(says('contiguous-group', withUpper(...whole))).toEqual([]);
    // hardware and software may mark single entries: AF, and Linux’s own bits
    const touched = whole.map((word, i) => (i === 3 ? (word & ~A.af) | (1n << 55n) : word));
    expect(says('contiguous-group', withUpper(...touched))).toEqual([]);
    const holes = whole.map((word, i) => (i === 5 ? 0n : word));
    expect(says('contiguous-group', withUpper(...holes))).toEqual([]);
    const lacking = whole.map((word, i) => (i === 5 ? word & ~A.contiguous : word));
    expect(says('contiguous-group', withUpper(...lacking))).toEqual([
      'error: 1 of 16 valid entries of a group of 16 lack the Contiguous bit x1',
    ]);
    const elsewhere = whole.map((word, i) => (i === 5 ? word + 0x10_0000n : word));
    expect(says('contiguous-group', withUpper(...elsewhere))).toEqual([
      'error: the entries of a group of 16 do not map one range x1',
    ]);
    const off = whole.map(word => word + K);
    expect(says('contiguous-group', withUpper(...off))).toEqual([
      'error: a group of 16 maps a range that is not aligned to its size x1',
    ]);
    const readOnly = whole.map((word, i) => (i === 5 ? word | A.ro : word));
    expect(says('contiguous-group', withUpper(...readOnly))).toEqual([
      'error: the entries of a group of 16 differ in attributes or permissions x1',
    ]);
  });

  test('access-flag-clear, block-split', () => {
    expect(says('access-flag-clear', withUpper(RAM | (DATA & ~A.af)))).toEqual([
      expect.stringMatching(/^note: level 3 page: AF is 0/),
    ]);
    const world = kernel();
    world.set(world.upper2, 1, RAM | (DATA & ~2n) | (1n << 16n));
    expect(says('block-split', world)).toEqual([expect.stringMatching(/^note: level 2 block: nT is 1/)]);
  });

  test('conditional-access: a clean page under PIE, and an overlay that is not known', () => {
    const page = RAM | DATA | (1n << 7n);
    const world = withUpper(page);
    world.registers.set('PIR_EL1', 0x5555_5555_5555_5555n).set('PIRE0_EL1', 0n).set('TCR2_EL1', 0b10n);
    expect(says('conditional-access', world)).toEqual([
      expect.stringMatching(/^note: level 3 page: nDirty = 1, and hardware does not manage the dirty state/),
    ]);
    const overlaid = withUpper(RAM | DATA);
    overlaid.registers.set('TCR2_EL1', 0b1000n);
    expect(says('conditional-access', overlaid)).toEqual([
      expect.stringMatching(/^note: level 3 page: POIndex = 0: the overlay in field 0 of POR_ELx/),
    ]);
    overlaid.registers.set('POR_EL1', 7n);
    expect(says('conditional-access', overlaid)).toEqual([]);
  });

  test('recursive-table', () => {
    const world = pc();
    expect(says('recursive-table', world)).toEqual([]);
    world.set(world.root, 510, world.root | X.p | X.w | X.xd);
    expect(says('recursive-table', world)).toContain('note: a level 4 entry leads to a table above it x1');
  });

  test('software-entry', () => {
    expect(says('software-entry', withLower(RAM | (1n << 58n), 0n))).toEqual([
      expect.stringMatching(/^note: .*PROT_NONE/),
    ]);
    const none = (0x000f_ffff_ffff_f000n & ~RAM) | 0x100n;
    expect(says('software-entry', withPt(none, none - K))).toEqual([
      'note: Linux 6.12: PROT_NONE page: frame …, stored inverted x1',
    ]);
  });
});

describe('whole spaces', () => {
  test('wrong-regime', () => {
    const world = guest(false);
    // written for FWB = 1 (MemAttr 6), read with FWB = 0
    expect(says('wrong-regime', world)).toEqual([
      'warning: most leaves look like entries written for HCR_EL2.FWB = 1 x1',
    ]);
    expect(says('wrong-regime', guest(true))).toEqual([]);
  });

  test('register', () => {
    const world = pc();
    world.registers.set('CR3', world.root | (1n << 45n));
    expect(says('register', world, { machine: { maxphyaddr: 40 } })).toEqual([
      expect.stringMatching(/^error: CR3: /),
    ]);
    expect(says('register', pc())).toEqual([]);
  });
});

describe('the registry', () => {
  test('every rule is tried above', () => {
    expect([...tried].sort()).toEqual(lintRules.map(({ id }) => id).sort());
  });
  for (const { id, title, explain, refs } of lintRules)
    test(id, () => {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(title).toMatch(/^\w.*[^.]$/);
      expect(title.length).toBeLessThan(80);
      expect(explain.length).toBeGreaterThan(150);
      expect(explain).toMatch(/\.$/);
      expect(
        Object.values(refs)
          .flat()
          .map(citation)
          .filter(text => text.length > 5),
      ).not.toEqual([]);
    });
});
