/** The tables that real kernels wrote, held against the policy of their era and of others. */
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../src/kvm/architectures.ts';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { arm64 } from '../../src/kvm/arm64/index.ts';
import type { AuditReport } from '../../src/kvm/audit.ts';
import { auditLeaf } from '../../src/kvm/recorded.ts';
import { fixtureLines } from '../support/fixtures.ts';

type Json = Record<string, unknown>;

const audit = (machine: string, era: string): AuditReport => {
  const records = [...fixtureLines<Json>(`${machine}.outcomes.jsonl`)];
  const leaves = [...fixtureLines<Json>(`${machine}.leaves.jsonl`)]
    .filter(leaf => ['s2', 'ept', 'npt'].includes(String(leaf.regime)))
    .map(auditLeaf)
    .filter(leaf => leaf !== undefined);
  const kvm = ARCHITECTURES.find(({ owns }) => records.every(owns));
  if (kvm === undefined) throw new Error(`${machine}: no architecture owns it`);
  const slots = records.map(record => kvm.slotOf(record));
  return kvm.audit(kvm.eras.named(era), slots, leaves);
};

const FWB = 'real/arm64-linux-6.18/fwb-dic-vhe';
const FWB64K = 'real/arm64-linux-6.18/fwb-dic-vhe-64k-ipa52';
const NOFWB = 'real/arm64-linux-6.18/nofwb-nvhe';
const INTEL = 'real/x86-linux-6.18/intel-default-384m';
const AMD = 'real/x86-linux-6.18/amd-default-384m';

describe('the era that wrote them', () => {
  test.each([FWB, FWB64K, NOFWB])('%s follows 6.17', machine => {
    const report = audit(machine, '6.18.2');
    expect(report.findings).toEqual([]);
    expect(report.slots).toBe(18);
    expect(report.leaves).toBeGreaterThan(8);
    // Nothing is lost: what could not be judged is counted and named.
    expect(report.skipped.map(s => s.slot)).toEqual(['anon THP', 'anon 4K ro', 'anon 4K dirtylog']);
    expect(report.outside).toBeGreaterThan(0);
  });
  test.each([INTEL, AMD])('%s follows 6.16', machine => {
    const report = audit(machine, '6.18.2');
    expect(report.findings).toEqual([]);
    expect(report.leaves).toBeGreaterThan(90);
    expect(report.skipped).toEqual([{ slot: 'no slot', why: 'no page was recorded' }]);
  });
});

describe('Linux 6.1, which is era 5.14: every leaf of nine virtual machines', () => {
  interface Slot {
    readonly vm: number;
    readonly slot: string;
    readonly ipa: string;
    readonly size: string;
    readonly flags: number;
    readonly pfnmap: number;
  }
  const judge = (machine: string, fwb: boolean, vm: number, era: string) => {
    const slots = [...fixtureLines<Slot>(`real/arm64/${machine}/slots.jsonl`)]
      .filter(s => s.vm === vm)
      .map(s =>
        arm64.slotOf({
          slot: s.slot,
          gpa: s.ipa,
          size: s.size,
          cpu: { fwb, dic: false },
          slotFlags: s.flags,
          vma: s.pfnmap
            ? {
                flags: 'pf io sh mw',
                pgprot: s.slot === 'bar2_wc' ? 'wc' : 'pgprot_noncached',
                pfn: 'no-page',
              }
            : { flags: 'mw', pgprot: 'wb', pfn: 'ram' },
        }),
      );
    const leaves = [...fixtureLines<Json>(`real/arm64/${machine}/leaves.jsonl`)]
      .filter(leaf => leaf.regime === 's2' && leaf.vm === vm)
      .map(auditLeaf)
      .filter(leaf => leaf !== undefined);
    return { leaves, report: arm64.audit(ARM64_ERAS.named(era), slots, leaves) };
  };

  for (const [machine, fwb] of [
    ['max-vhe-fwb', true],
    ['max-nvhe-fwb', true],
    ['a57-nvhe-nofwb', false],
  ] as const)
    test.each([0, 1, 2])(`${machine}, VM %i`, vm => {
      const { leaves, report } = judge(machine, fwb, vm, '6.1');
      expect(report).toMatchObject({
        era: '5.14',
        findings: [],
        skipped: [],
        assumed: [],
        outside: 0,
      });
      expect(report.leaves).toBe(leaves.length);
      expect(leaves.length).toBeGreaterThan(75);
      // Device has one number in both encodings of MemAttr; with the other encoding no other leaf would be right.
      const { report: wrong } = judge(machine, !fwb, vm, '6.1');
      const normal = leaves.filter(leaf => ((leaf.raw >> 2n) & 15n) !== 1n);
      expect(wrong.findings.filter(f => f.kind === 'type').length).toBe(normal.length);
    });
});

describe('another era', () => {
  test.each([FWB, FWB64K])(
    '%s is not what 6.9 writes: cacheable raw page frames would be DEVICE',
    machine => {
      const { findings } = audit(machine, '6.9');
      expect(findings.map(f => [f.slot, f.kind, f.expected, f.found])).toEqual([
        ['pfnmap cacheable nonRAM shared', 'type', 'MemAttr 0x1 (DEVICE)', 'MemAttr 0x6'],
        ['pfnmap cacheable nonRAM COW', 'type', 'MemAttr 0x1 (DEVICE)', 'MemAttr 0x6'],
        ['mixedmap+io cacheable nonRAM', 'type', 'MemAttr 0x1 (DEVICE)', 'MemAttr 0x6'],
        ['mixedmap+io cacheable nonRAM COW', 'type', 'MemAttr 0x1 (DEVICE)', 'MemAttr 0x6'],
      ]);
      for (const finding of findings) expect(finding.decidedBy).toBe('prot DEVICE');
    },
  );

  test('without FWB and DIC 6.9 would have accepted what 6.18 refused', () => {
    const { findings } = audit(NOFWB, '6.9');
    expect(findings.map(f => `${f.slot}: ${f.kind}, ${f.expected}, ${f.found}`)).toEqual([
      'pfnmap cacheable nonRAM shared: slot, accepted, -22',
      'pfnmap cacheable nonRAM COW: slot, accepted, -22',
      'pfnmap cacheable RAM: slot, accepted, -22',
      'pfnmap cacheable RAM COW: slot, accepted, -22',
      'mixedmap+io cacheable nonRAM: fault, load resolved, -14',
      'mixedmap+io cacheable nonRAM: fault, store resolved, -14',
      'mixedmap+io cacheable nonRAM COW: fault, load resolved, -14',
    ]);
  });

  test('on Intel 6.11 and before write the same without non-coherent DMA; the release candidates clear IPAT of memory', () => {
    expect(audit(INTEL, '6.15').findings).toEqual([]);
    expect(audit(INTEL, 'pre-6.7').findings).toEqual([]);
    const { findings } = audit(INTEL, '6.11-rc');
    expect(findings.length).toBeGreaterThan(100);
    for (const f of findings)
      expect(f).toMatchObject({
        kind: 'type',
        expected: 'memory type 6 (WB), IPAT 0',
        found: 'memory type 6, IPAT 1',
        decidedBy: 'guest-pat',
      });
  });

  test('AMD programs no memory type in any era', () => {
    for (const era of ['pre-6.7', '6.7', '6.11-rc', '6.11'])
      expect(audit(AMD, era).findings, era).toEqual([]);
  });
});

describe('a table that follows no policy', () => {
  const slot = arm64.slotOf({
    slot: 'bar',
    gpa: '0x10000000',
    size: '0x10000',
    cpu: { fwb: 1, dic: 1 },
    vma: {
      flags: ['VM_PFNMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'],
      pgprot: 'MT_DEVICE_nGnRE',
      pfn: 'no-page',
    },
    create: 0,
    fault: { load: 0 },
  });
  const leaf = (raw: bigint) => [{ at: 0x1000_0000n, pa: 0n, size: 0x1000n, raw }];
  const DEVICE = 0x0040_0000_6020_04c7n;
  const kinds = (raw: bigint | undefined) =>
    arm64
      .audit(ARM64_ERAS.named('6.17'), [slot], raw === undefined ? [] : leaf(raw))
      .findings.map(f => `${f.kind}: ${f.expected}, ${f.found}`);

  test('the right leaf', () => expect(kinds(DEVICE)).toEqual([]));
  test('another type', () =>
    expect(kinds(DEVICE | (5n << 2n))).toEqual(['type: MemAttr 0x1 (DEVICE), MemAttr 0x5']));
  test('executable', () =>
    expect(kinds(DEVICE & ~(1n << 54n))).toEqual(['permission: not executable (XN 2), XN 0']));
  test('read-only', () => expect(kinds(DEVICE & ~(1n << 7n))).toEqual(['permission: S2AP 3, S2AP 1']));
  test('nothing', () =>
    expect(kinds(undefined)).toEqual(['missing-leaf: DEVICE (MemAttr 0x1), nothing is mapped']));
});
