/**
 * Memory types that Bochs worked out while a real kernel ran: plain accesses, page-walk reads, and accesses of a nested
 * guest. Bochs is right where there is no second stage; under EPT it ignores the EPT memory type and IPAT.
 */
import { expect, describe as group, test } from 'vitest';
import { decode } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import { readStage1, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../../src/x86/descriptors/stage2.ts';
import { cr3, cr4 } from '../../../src/x86/families.ts';
import {
  effectiveEpt,
  effectiveType,
  eptStructures,
  type Mtrrs,
  mtrrs,
  mtrrType,
  patEntry,
  patOfTable,
} from '../../../src/x86/memtype/index.ts';
import { fixtureJson, fixtureLines, fixtureText } from '../../support/fixtures.ts';

interface Machine {
  readonly cpus: readonly { readonly CR3: string; readonly CR4: string }[];
  readonly msr: Readonly<Record<string, string>>;
}
const maxphyaddr = 40;

function machine(folder: string): {
  readonly pat: bigint;
  readonly set: Mtrrs;
  readonly cpu: Machine['cpus'][number];
} {
  const { msr, cpus } = fixtureJson<Machine>(`real/x86/${folder}/regs.json`);
  const value = (number: number): bigint => BigInt(msr[`0x${number.toString(16)}`] ?? 0);
  const count = Number(value(0xfe) & 0xffn);
  const set = mtrrs({
    ...{ vendor: 'intel', maxphyaddr },
    defType: value(0x2ff),
    fixed: [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map(value),
    variable: Array.from({ length: count }, (_, n) => [value(0x200 + 2 * n), value(0x201 + 2 * n)] as const),
  });
  const [cpu = { CR3: '', CR4: '' }] = cpus;
  return { pat: value(0x277), set, cpu };
}

const levelOf = (pageSize: string): number =>
  ({ '0x1000': 1, '0x200000': 2, '0x40000000': 3 })[pageSize] ?? 0;
const patIndexOf = (entry: string, pageSize: string): number =>
  readStage1(BigInt(entry), settle(stage1Settings, { maxphyaddr, level: levelOf(pageSize) })).facts
    .patIndex ?? -1;
const name = (effective: ReturnType<typeof effectiveType>['value']): string =>
  effective.is === 'type' ? effective.type : effective.is;

interface Access {
  readonly va: string;
  readonly pa: string;
  readonly entry: string;
  readonly pageSize: string;
  readonly emulatorType: string;
}

group.each([
  ['bochs-types-224m', 1949],
  ['bochs-types-mtrr-240m', 1917],
] as const)('%s', (folder, count) => {
  const { pat, set, cpu } = machine(folder);

  test('every recorded access has the type that PAT and MTRRs give it', () => {
    const types = new Map<string, number>();
    let accesses = 0;
    for (const v of fixtureLines<Access>(`real/x86/${folder}/types.jsonl`)) {
      const { value: answer } = effectiveType({
        vendor: 'intel',
        pat: patEntry(pat, patIndexOf(v.entry, v.pageSize)),
        mtrr: mtrrType(set, BigInt(v.pa)),
      });
      expect(name(answer), `${v.va} -> ${v.pa} ${v.entry}`).toBe(v.emulatorType);
      types.set(name(answer), (types.get(name(answer)) ?? 0) + 1);
      accesses++;
    }
    expect(accesses).toBe(count);
    expect([...types.keys()].sort()).toEqual(
      folder.includes('mtrr') ? ['UC', 'WB', 'WC', 'WT'] : ['UC', 'WB', 'WC'],
    );
  });

  test('so has every read that the page walks made', () => {
    const { pcide } = decode(cr4.layout('register', {}) ?? never(), BigInt(cpu.CR4)) as { pcide: 0 | 1 };
    const settings = settle(cr3.settings, { maxphyaddr, pcide });
    const root = cr3.read(BigInt(cpu.CR3), settings).facts;
    let above = { pcd: 0, pwt: 0 };
    let reads = 0;
    for (const [, at = '', type, hi, lo, what] of fixtureText(`real/x86/${folder}/trace_mem.txt`).matchAll(
      /^\[CPU0 RD\]: PHY 0x(\w+) \(len=8, (\w+)\): 0x(\w+) 0x(\w+)\t; (PML4E|PDPTE|PDE|PTE)$/gm,
    )) {
      const top = what === 'PML4E';
      const from = top
        ? patOfTable(pat, {
            from: 'CR3',
            pcide,
            pcd: (root.patIndex ?? 0) >> 1,
            pwt: (root.patIndex ?? 0) & 1,
          })
        : patOfTable(pat, { from: 'entry', ...above });
      const access = effectiveType({
        vendor: 'intel',
        pat: from,
        mtrr: mtrrType(set, BigInt(`0x${at}`)),
      });
      expect(name(access.value), `${what} at ${at}`).toBe(type);
      const word = BigInt(`0x${hi}${lo}`);
      above = { pcd: Number((word >> 4n) & 1n), pwt: Number((word >> 3n) & 1n) };
      reads++;
    }
    expect(reads).toBeGreaterThan(1000);
  });
});

interface NestedAccess {
  readonly gva: string;
  readonly hpa: string;
  readonly gEntry?: string;
  readonly gPageSize?: string;
  readonly nEntry?: string;
  readonly nPageSize?: string;
  readonly emulatorType: string;
}

group('bochs-ept-256m', () => {
  const guestPat = 0x0407050600070106n; // regs.json: the guest's IA32_PAT

  test('with IPAT the type is the EPT entry’s; Bochs ignores IPAT and says what the guest’s PAT says', () => {
    const seen = new Map<string, number>();
    let accesses = 0;
    for (const v of fixtureLines<NestedAccess>('real/x86/bochs-ept-256m/nested.jsonl')) {
      if (!v.gEntry || !v.gPageSize || !v.nEntry || !v.nPageSize) continue;
      accesses++;
      const nested = readStage2(
        BigInt(v.nEntry),
        settle(stage2Settings, { maxphyaddr, level: levelOf(v.nPageSize) }),
      );
      const { memType, ipat } = decode(nested.format, nested.raw) as { memType: number; ipat: number };
      const pat = patEntry(guestPat, patIndexOf(v.gEntry, v.gPageSize));
      const ours = name(effectiveEpt({ memType, ipat, pat }).value);
      const key = `${nested.facts.memory}${ipat ? '+IPAT' : ''} ${ours === v.emulatorType ? 'same' : 'differs'}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (ipat) expect(ours).toBe(nested.facts.memory);
      if (ours === v.emulatorType) continue;
      // each disagreement is one of the two things that Bochs does not look at
      const withoutEpt = name(
        effectiveType({ vendor: 'intel', pat, mtrr: mtrrType(machine('bochs-ept-256m').set, BigInt(v.hpa)) })
          .value,
      );
      expect(v.emulatorType, `${v.gva} ${v.gEntry} ${v.nEntry}`).toBe(withoutEpt);
    }
    expect(accesses).toBe(511);
    expect(Object.fromEntries(seen)).toMatchInlineSnapshot(`
      {
        "UC same": 42,
        "WB+IPAT differs": 68,
        "WB+IPAT same": 401,
      }
    `);
  });

  test('reads of the EPT tables themselves are WB: EPTP says so', () => {
    let reads = 0;
    for (const [, type] of fixtureText('real/x86/bochs-ept-256m/trace_mem.txt').matchAll(
      /^\[CPU0 RD\]: PHY 0x\w+ \(len=8, (\w+)\): .*; EPT P/gm,
    )) {
      expect(type).toBe(name(eptStructures(Number(0x79f605en & 7n)).value));
      reads++;
    }
    expect(reads).toBeGreaterThan(100);
  });
});

const never = (): never => {
  throw new Error('this cannot be');
};
