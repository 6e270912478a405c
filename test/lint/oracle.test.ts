/**
 * Counts of lint against the leaves that independent walkers saw in the same dumps, by plain arithmetic on their fields:
 * which entries break a rule is worked out twice, from different programs.
 */
import { describe, expect, test } from 'vitest';
import { jsonLines, memattr } from '../cli/harness.ts';
import { fixture, fixtureJson, fixtureLines } from '../support/fixtures.ts';

interface Report {
  readonly rule: string;
  readonly message: string;
  readonly roots: readonly string[];
  readonly entries: number;
  readonly bytes: string;
}
const lint = async (dump: string, registers: string): Promise<readonly Report[]> =>
  jsonLines<Report>(
    (await memattr(['lint', fixture(dump), '-r', fixture(registers), '--root', 'all', '--json'])).out,
  );

/** Entries by rule and translation; zero counts are left out. */
class Tally {
  readonly counts = new Map<string, number>();
  add(rule: string, root: string, entries: number): void {
    const key = `${rule} ${root}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + entries);
  }
  get sorted(): readonly (readonly [string, number])[] {
    return [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
const tallied = (reports: readonly Report[], rules: readonly string[]): Tally => {
  const tally = new Tally();
  for (const { rule, roots, entries } of reports)
    if (rules.includes(rule)) tally.add(rule, roots[0] ?? '', entries);
  return tally;
};

interface ArmLeaf {
  readonly regime: 's2' | 's1guest' | 's1host' | 's1el2' | 's2host';
  readonly vm?: number;
  readonly ttbr?: 'ttbr0' | 'ttbr1';
  readonly pa?: string;
  readonly size: string;
  readonly pageSize: string;
  readonly ap: number;
  readonly pxn: number;
  readonly uxn: number;
  readonly af: number;
  readonly ns: number;
  readonly gp: number;
  readonly dbm: number;
  readonly s2ap: number;
  readonly xn: number;
  readonly memtype: string;
  readonly tableAttrs?: { readonly pxntable: number; readonly uxntable: number; readonly aptable: number };
}

describe('arm64', () => {
  for (const [name, vhe, bti] of [
    ['a57-nvhe-nofwb', false, false],
    ['max-nvhe-fwb', false, true],
    ['max-vhe-fwb', true, true],
  ] as const)
    test(name, async () => {
      const folder = `real/arm64/${name}`;
      const { cpus } = fixtureJson<{ cpus: Record<string, string>[] }>(`${folder}/registers.json`);
      const want = new Tally();
      /** Host pages by the types that each half maps them with. */
      const host = new Map<string, Map<number, Set<string>>>();
      for (const leaf of fixtureLines<ArmLeaf>(`${folder}/leaves.jsonl`)) {
        const entries = Number(leaf.size) / Number(leaf.pageSize);
        if (leaf.regime === 's2') {
          const executable = leaf.xn !== 2;
          if (leaf.s2ap & 2 && executable) want.add('wx-guest', `cpu${leaf.vm}.stage2`, entries);
          continue;
        }
        if (leaf.regime !== 's1guest' && leaf.regime !== 's1host') continue;
        const guest = leaf.regime === 's1guest';
        const cpu = guest ? (leaf.vm as number) : cpus.length - 1;
        const [base, el] = guest || !vhe ? ([`cpu${cpu}`, 1] as const) : (['cpu0', 2] as const);
        const root = `${base}.el${el}.${leaf.ttbr}`;
        const tcr = BigInt(cpus[cpu]?.[`TCR_EL${el}`] ?? 0);
        const bit = (position: bigint): boolean => ((tcr >> position) & 1n) === 1n;
        const hpd = bit(leaf.ttbr === 'ttbr0' ? 41n : 42n);
        const [ha, hd] = [bit(39n), bit(39n) && bit(40n)];
        const above = hpd ? undefined : leaf.tableAttrs;
        const { pxntable = 0, uxntable = 0, aptable = 0 } = above ?? {};
        const writable = (!(leaf.ap & 2) || (hd && leaf.dbm === 1)) && !(aptable & 2);
        const user = (leaf.ap & 1) === 1 && !(aptable & 1);
        const executes = !leaf.pxn && !pxntable && !(user && writable);
        if (writable && executes) want.add('wx-kernel', root, entries);
        if (writable && user && !leaf.uxn && !uxntable) want.add('wx-user', root, entries);
        if (executes && user && leaf.ttbr === 'ttbr0') want.add('kernel-executes-user', root, entries);
        if (!leaf.af && !ha) want.add('access-flag-clear', root, entries);
        if (leaf.ns) want.add('reserved-bits', root, entries); // Non-secure state: NS is RES0
        if (leaf.gp && !bti) want.add('reserved-bits', root, entries); // GP is RES0 without BTI
        if (!guest && leaf.pa !== undefined) {
          const pages = host.get(root) ?? new Map<number, Set<string>>();
          host.set(root, pages);
          const type = /^Device/.test(leaf.memtype) ? leaf.memtype : /WB/.test(leaf.memtype) ? 'WB' : 'NC';
          for (let page = 0; page < Number(leaf.size) / 4096; page++) {
            const frame = Number(BigInt(leaf.pa) >> 12n) + page;
            pages.set(frame, (pages.get(frame) ?? new Set()).add(type));
          }
        }
      }
      for (const line of fixtureLines<{ space: string }>(`${folder}/invalid-nonzero.jsonl`)) {
        const [, who, rest] = /^(vm\d|host)\.(?:s1\.)?(ttbr\d)$/.exec(line.space) ?? [];
        if (who === undefined) continue;
        const own = vhe ? `cpu0.el2.${rest}` : `cpu${cpus.length - 1}.el1.${rest}`;
        want.add('software-entry', who === 'host' ? own : `cpu${who.slice(2)}.el1.${rest}`, 1);
      }
      const reports = await lint(`${folder}/sparse.elf`, `${folder}/registers.json`);
      const rules = [
        'wx-guest',
        'wx-kernel',
        'wx-user',
        'kernel-executes-user',
        'access-flag-clear',
        'reserved-bits',
        'software-entry',
      ];
      expect(tallied(reports, rules).sorted).toEqual(want.sorted);
      expect(want.counts.size).toBeGreaterThan(15);

      for (const [root, pages] of host)
        for (const [rule, differ] of [
          ['alias-cacheability', (types: Set<string>) => types.has('WB') && types.size > 1],
          ['alias-type', (types: Set<string>) => !types.has('WB') && types.size > 1],
        ] as const) {
          const bytes = [...pages.values()].filter(differ).length * 4096;
          const said = reports
            .filter(report => report.rule === rule && report.message.endsWith(` in ${root}`))
            .filter(({ message }) => !message.includes(';'))
            .reduce((sum, report) => sum + Number(report.bytes), 0);
          expect([root, rule, said]).toEqual([root, rule, bytes]);
        }
    });
});

interface X86Leaf {
  readonly size: string;
  readonly pageSize: string;
  readonly eff?: string;
  readonly notPresent?: true;
  readonly entry: string;
  readonly flags?: readonly string[];
}

describe('x86', () => {
  const tally = (want: Tally, root: string, file: string): void => {
    for (const { size, pageSize, eff, notPresent, entry, flags = [] } of fixtureLines<X86Leaf>(file)) {
      const entries = Number(size) / Number(pageSize ?? '0x1000');
      if (notPresent) want.add('software-entry', root, entries);
      else if (root === 'ept' && !flags.includes('R')) want.add('kvm-mmio', root, entries);
      else if (root === 'npt' && BigInt(entry) & (1n << 51n)) want.add('kvm-mmio', root, entries);
      else if (root === 'ept' || root === 'npt') {
        if (/wx$/.test(eff ?? '')) want.add('wx-guest', root, entries);
      } else if (eff === 'srwx') want.add('wx-kernel', root, entries);
      else if (eff === 'urwx') want.add('wx-user', root, entries);
    }
  };
  for (const name of [
    'bochs-ept-256m',
    'bochs-types-224m',
    'bochs-types-mtrr-240m',
    'qemu-32bit-192m',
    'qemu-4level-160m',
    'qemu-4level-120m-full',
    'qemu-4level-kaslr-pti-512m',
    'qemu-npt-256m',
    'qemu-npt-inside-l2-288m',
  ])
    test(name, async () => {
      const folder = `real/x86/${name}`;
      const want = new Tally();
      tally(want, 'paging', `${folder}/map-cpu0.jsonl`);
      if (name.includes('ept')) tally(want, 'ept', `${folder}/ept.jsonl`);
      if (name.includes('npt')) tally(want, 'npt', `${folder}/npt.jsonl`);
      if (/ept|npt/.test(name)) tally(want, 'guest', `${folder}/l2guest.jsonl`);
      const reports = await lint(`${folder}/sparse.elf`, `${folder}/regs.json`);
      const rules = ['wx-kernel', 'wx-user', 'wx-guest', 'kvm-mmio', 'software-entry'];
      expect(tallied(reports, rules).sorted).toEqual(want.sorted);
    });
});
