/** The engine: what it reads, how often, what it counts, and what it says it could not do. */
import { describe, expect, test } from 'vitest';
import { families } from '../../src/arch/families.ts';
import { candidatesOfAll } from '../../src/arch/walks.ts';
import { settle } from '../../src/bits/settings.ts';
import { CLAIMED } from '../../src/lint/findings.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { visit } from '../../src/lint/visit.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { spacesOf } from '../../src/walk/space.ts';
import { anySettings, random32 } from '../support/any-settings.ts';
import { fixtureText, openFixture } from '../support/fixtures.ts';
import { SEED } from '../support/seed.ts';
import { A, DATA, K, kernel, pc, TEXT, World, X } from './worlds.ts';

const RAM = 0x4000_0000n;
const NOTHING = { run() {}, pointer() {}, table() {}, loop() {}, group() {}, missing() {} };

describe('every distinct table once', () => {
  test('on real dumps the same leaves as a walk, where no table is shared', async () => {
    for (const [dump, registers] of [
      ['real/arm64/max-nvhe-fwb/sparse.elf', 'real/arm64/max-nvhe-fwb/registers.json'],
      ['real/x86-linux-6.18/intel-default-384m.elf', 'real/x86-linux-6.18/intel-default-384m.registers.json'],
    ] as const) {
      const image = await openFixture(dump);
      const { cpus } = parseRegisters(fixtureText(registers));
      const { found } = candidatesOfAll(cpus, dump.includes('arm64') ? 'arm64' : 'x86');
      for (const { candidate, memory } of spacesOf(found, image.space)) {
        const { counts, leaves } = walkExactly(candidate.regime, memory);
        let frames = 0;
        const own = visit(
          candidate.regime,
          memory,
          {
            ...NOTHING,
            run: ({ pattern, frames: length }) => {
              if (pattern.kind === 'leaf') frames += length;
            },
          },
          { maxTables: 2 ** 20 },
        );
        let walked = 0;
        for (let i = 0; i < leaves.length; i++)
          if (leaves.kind[i] === 3) walked += leaves.frames[i] as number;
        if (own.tables === counts.tables || own.tables + 1 === counts.tables) {
          expect([candidate.name, own.leaves, frames]).toEqual([candidate.name, counts.leaves, walked]);
        } else {
          // Linux’s espfix area: one page table under thousands of entries
          expect(own.tables).toBeLessThan(counts.tables);
          expect(own.leaves).toBeLessThan(counts.leaves);
        }
      }
      image.close();
    }
  });

  test('a table under 512 entries is judged once, and once more where other rights come down', () => {
    const world = pc();
    const pd = world.pd;
    for (let i = 0; i < 512; i++) world.set(pd, i, world.pt | X.p | X.w | X.u);
    world.set(world.pt, 0, RAM | X.p | X.w);
    const [report] = world.lint({ only: 'wx-kernel' }).reports;
    expect(report).toMatchObject({ ranges: 1, entries: 1, bytes: 0x1000n });
    for (let i = 0; i < 256; i++) world.set(pd, i, world.pt | X.p | X.u); // read-only above
    expect(world.lint({ only: 'wx-kernel' }).reports).toMatchObject([{ ranges: 1, entries: 1 }]);
    expect(world.lint().spaces[0]).toMatchObject({ tables: 8, leaves: 2, missing: 0, complete: true });
  });

  test('tables that contain themselves end', () => {
    const world = pc();
    for (let i = 0; i < 512; i++) world.set(world.root, i, world.root | X.p | X.w | X.u);
    const { spaces, reports } = world.lint();
    expect(spaces[0]?.tables).toBeLessThan(10);
    expect(reports.map(({ rule }) => rule.id)).toContain('recursive-table');
  });

  test('a limit on tables is said', () => {
    const world = kernel();
    const { spaces } = world.lint({ maxTables: 2 });
    expect(spaces[0]).toMatchObject({ complete: false, limits: ['stopped after 2 distinct tables'] });
  });

  test('tables that are not in the image are counted, and the rest is judged', () => {
    const world = kernel();
    world.set(world.upper2, 3, 0x7777_0000n | A.table);
    world.set(world.upper, 0, RAM | (DATA & ~A.pxn));
    const { spaces, reports } = world.lint({ only: 'wx-kernel' });
    expect(spaces.find(({ missing }) => missing > 0)).toMatchObject({
      missing: 1,
      firstMissing: 0x7777_0000,
      complete: false,
    });
    expect(reports).toHaveLength(1);
  });
});

describe('reports', () => {
  test('ranges that touch are one, with the first entry; others are counted', () => {
    const world = kernel();
    const bad = DATA & ~A.pxn;
    for (const i of [0, 1, 2, 8, 16, 24, 32]) world.set(world.upper, i, (RAM + BigInt(i) * K) | bad);
    const [report] = world.lint({ only: 'wx-kernel', examples: 2 }).reports;
    expect(report).toMatchObject({ ranges: 5, entries: 7, bytes: 0x7000n, spaces: ['el1.ttbr1'] });
    expect(report?.examples.map(({ place }) => place.is === 'range' && place.frames)).toEqual([3, 1]);
    expect(report?.examples[0]?.place).toMatchObject({
      input: 2 ** 52 - 2 ** 27,
      output: Number(RAM / K),
      perm: 'rwx/---',
      at: Number(world.upper),
    });
  });

  test('worst first, then in the order of the rules', () => {
    const world = kernel();
    world.set(world.upper, 0, RAM | (DATA & ~A.af)).set(world.upper, 1, RAM | (TEXT & ~A.uxn));
    world.set(world.lower, 1, (RAM + K) | (DATA & ~A.uxn) | A.el0).set(world.lower, 9, RAM | DATA | A.nc);
    const { reports } = world.lint();
    const severities = reports.map(({ severity }) => severity);
    expect(severities).toEqual(
      [...severities].sort((a, b) => 'error warning note'.indexOf(a) - 'error warning note'.indexOf(b)),
    );
    const errors = reports
      .filter(({ severity }) => severity === 'error')
      .map(({ rule }) => lintRules.indexOf(rule));
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(errors.length).toBeGreaterThan(1);
  });

  test('a page found at an entry in the middle of a run shows that entry', () => {
    const world = kernel();
    for (let i = 0; i < 32; i++) world.set(world.upper, i, (RAM + BigInt(i) * K) | DATA);
    world.set(world.lower, 0, (RAM + 20n * K) | DATA | A.nc);
    const [report] = world.lint({ only: 'alias-cacheability' }).reports;
    const way = report?.examples[0]?.ways.find(({ space }) => space.candidate.name === 'el1.ttbr1');
    expect(way).toMatchObject({ at: Number(world.upper) + 160, lo: Number((RAM + 20n * K) | 0x703n) });
  });
});

describe('memory full of anything', () => {
  const ROOTS: readonly (readonly [string, string, bigint][])[] = [
    [
      ['TTBR0_EL1', 'TCR_EL1', 0x2_b519_3519n],
      ['MAIR_EL1', 'SCTLR_EL1', 0x1005n],
    ],
    [['VTTBR_EL2', 'VTCR_EL2', 0x8002_3559n]],
    [['CR3', 'CR4', 0x6f0n]],
    [['EPTP', 'CR4', 0x6f0n]],
    [['NCR3', 'CR4', 0x6f0n]],
  ];
  test('ends where patterns are too many to be those of tables', () => {
    const random = random32(SEED + 3);
    const world = new World();
    for (let page = 0; page < 200; page++)
      for (let i = 0; i < 512; i++)
        world.set(
          BigInt(page) * K,
          i,
          (BigInt(random()) << 48n) | (BigInt(random() % 200) << 12n) | BigInt(random() % 4096) | 1n,
        );
    world.registers.set('CR3', K).set('CR4', 0x6f0n);
    expect(world.lint().spaces[0]?.limits.join()).toMatch(/these do not look like tables/);
  });

  for (const roots of ROOTS)
    test(roots.map(([name]) => name).join(' '), () => {
      const random = random32(roots.length + (roots[0]?.[0].length ?? 0));
      for (let seed = 0; seed < 1; seed++) {
        const world = new World();
        // entries that mostly lead to other pages of the same memory, so that tables share and contain each other
        for (let page = 0; page < 40; page++)
          for (let i = 0; i < 512; i++) {
            if (random() % 4 === 0) continue;
            const word = (BigInt(random()) << 32n) | BigInt(random());
            const near = (word & 0xfff0_0000_0000_0fffn) | (BigInt(random() % 48) << 12n);
            world.set(BigInt(page) * K, i, random() % 3 ? near : word);
          }
        for (const [base, control, value] of roots)
          world.registers.set(base, base.includes('MAIR') ? 0x44_04ffn : K).set(control, value);
        if (roots[0]?.[0] === 'VTTBR_EL2') world.registers.set('HCR_EL2', 1n);
        if (roots[0]?.[0] === 'EPTP') world.registers.set('EPTP', K | 0x1en);
        const { reports, spaces } = world.lint({ maxTables: 60 });
        expect(reports.length).toBeGreaterThan(0);
        for (const { ranges, bytes, examples, message } of reports) {
          expect(ranges).toBeGreaterThan(0);
          expect(bytes).toBeGreaterThanOrEqual(0n);
          expect(examples.length).toBe(Math.min(3, ranges));
          expect(message).not.toMatch(/undefined|NaN/);
        }
        expect(spaces.every(({ tables }) => tables <= 60)).toBe(true);
      }
    });
});

test('every finding that a descriptor’s reading can have belongs to a rule', () => {
  const random = random32(SEED + 7);
  const word = (): bigint => (BigInt(random()) << 32n) | BigInt(random());
  const seen = new Set<string>();
  for (const family of families.filter(({ role }) => role === 'descriptor')) {
    if (family.id === 'x86.sppt') continue; // no walk reads it
    for (let i = 0; i < 600; i++) {
      const settings = settle(family.settings, anySettings(family.settings, random));
      // random bits, and entries with few bits wrong
      const any = i % 2 ? word() & word() : word();
      for (const { id } of family.read(any, settings as never).findings) seen.add(id);
    }
  }
  expect(seen.size).toBeGreaterThan(15);
  expect([...seen].filter(id => !(id in CLAIMED))).toEqual([]);
  const rules = new Set(lintRules.map(({ id }) => id));
  expect(Object.values(CLAIMED).filter(id => !rules.has(id))).toEqual([]);
});
