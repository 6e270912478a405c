/** Roots of real dumps: every known one is found by structure alone, and stands above what is noise. */
import { describe, expect, test } from 'vitest';
import { candidatesOf, candidatesOfAll } from '../../src/arch/walks.ts';
import { hex } from '../../src/bits/word.ts';
import type { AddressSpace } from '../../src/image/address-space.ts';
import { findRoots } from '../../src/roots/find.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import type { FoundRoot } from '../../src/walk/found-root.ts';
import { walk } from '../../src/walk/walker.ts';
import { fixtureJson, fixtureText, openFixture } from '../support/fixtures.ts';

interface Known {
  readonly kind: string;
  readonly address: string;
  /** `physical`, or the address of the second stage whose input it is. */
  readonly memory: string;
}

const name = ({ kind, address, memory }: Known): string => `${kind} ${address} ${memory}`;
/** Names of memories with the second stage's address only: `arm64.stage2 at 0x43730000`, `cpu0.stage2`. */
const found = ({ kind, address, memory }: FoundRoot): string =>
  name({ kind, address: hex(address), memory: memory.replace(/^.* at /, '') });

/** What the registers of the capture give, as kinds and addresses. */
function knownByRegisters(registers: string, architecture: 'arm64' | 'x86'): Known[] {
  const { found } = candidatesOfAll(parseRegisters(fixtureText(`real/${registers}`)).cpus, architecture);
  const addressOf = (name: string | undefined): string =>
    hex(found.find(candidate => candidate.name === name)?.regime.roots[0]?.address ?? 0);
  const all = found.map(({ regime, through }) => ({
    kind: regime.id,
    address: hex(regime.roots[0]?.address ?? 0),
    memory: through === undefined ? 'physical' : addressOf(through),
  }));
  return [...new Map(all.map(known => [name(known), known])).values()];
}

const DUMPS = [
  ['x86/qemu-4level-160m', 'x86'],
  ['x86/qemu-4level-120m-full', 'x86'],
  ['x86/qemu-4level-kaslr-pti-512m', 'x86'],
  ['x86/qemu-32bit-192m', 'x86'],
  ['x86/qemu-npt-256m', 'x86'],
  ['x86/qemu-npt-inside-l2-288m', 'x86'],
  ['x86/bochs-ept-256m', 'x86'],
  ['x86/bochs-types-224m', 'x86'],
  ['x86/bochs-types-mtrr-240m', 'x86'],
  ['arm64/max-vhe-fwb', 'arm64'],
  ['arm64/max-nvhe-fwb', 'arm64'],
  ['arm64/a57-nvhe-nofwb', 'arm64'],
  ['x86-linux-6.18/intel-default-384m', 'x86'],
  ['x86-linux-6.18/amd-default-384m', 'x86'],
  ['arm64-linux-6.18/fwb-dic-vhe', 'arm64'],
  ['arm64-linux-6.18/fwb-dic-vhe-64k-ipa52', 'arm64'],
  ['arm64-linux-6.18/nofwb-nvhe', 'arm64'],
] as const;

const files = (dump: string): { readonly image: string; readonly registers: string } =>
  dump.includes('linux-6.18')
    ? { image: `${dump}.elf`, registers: `${dump}.registers.json` }
    : {
        image: `${dump}/sparse.elf`,
        registers: `${dump}/${dump.startsWith('x86') ? 'regs' : 'registers'}.json`,
      };

/** Cut dumps lack the tables of some roots: EL2's own of nofwb-nvhe, trampolines of other processes. */
const holds = (image: { space: AddressSpace }, address: string): boolean =>
  image.space.page(Number(BigInt(address) >> 12n)) !== undefined;

/** Roots of other processes, as the capture lists them. */
function listed(dump: string): Known[] {
  if (!dump.startsWith('x86/')) return [];
  const { roots = {}, modes = {} } = fixtureJson<{
    roots?: Record<string, string>;
    modes?: Record<string, string>;
  }>(`real/${dump}/regs.json`);
  return Object.entries(roots).map(([key, address]) => ({
    kind: modes[key] === '32' ? 'x86.32bit' : 'x86.4level',
    address: hex(BigInt(address)),
    memory: 'physical',
  }));
}

describe('structure alone, without registers', () => {
  test.each(DUMPS)('%s', async (dump, architecture) => {
    const { image: path, registers } = files(dump);
    const image = await openFixture(`real/${path}`);
    const known = new Set(
      [...knownByRegisters(registers, architecture), ...listed(dump)]
        .filter(({ address, memory }) => memory !== 'physical' || holds(image, address))
        .map(name),
    );
    expect(known.size).toBeGreaterThan(0);
    const { found: roots, stopped } = findRoots(
      {
        space: image.space,
        notes: { cpus: [], ...(image.notes.machine ? { machine: image.notes.machine } : {}) },
      },
      [],
      { kinds: [architecture] },
    );
    expect(stopped).toEqual([]);
    const names = roots.map(found);
    expect([...known].filter(one => !names.includes(one))).toEqual([]); // every one is found…
    const others = names.map((one, rank) => ({ one, rank })).filter(({ one }) => !known.has(one));
    const last = Math.max(...[...known].map(one => names.indexOf(one)));
    expect(others.filter(({ rank }) => rank < last)).toEqual([]); // …and no noise stands above the last of them
    const lowest = Math.min(...roots.slice(0, last + 1).map(({ confidence }) => confidence));
    expect(lowest).toBeGreaterThan(0.4);
    expect(Math.max(0, ...roots.slice(last + 1).map(({ confidence }) => confidence))).toBeLessThan(lowest);
    image.close();
  });
});

describe('the registers that a found root is given walk the same leaves', () => {
  test.each(DUMPS)('%s', async (dump, architecture) => {
    const { image: path, registers } = files(dump);
    const image = await openFixture(`real/${path}`);
    const { found: roots } = findRoots({ space: image.space, notes: { cpus: [] } }, [], {
      kinds: [architecture],
      guests: 0,
    });
    const known = candidatesOfAll(parseRegisters(fixtureText(`real/${registers}`)).cpus, architecture).found;
    let compared = 0;
    for (const { regime, through } of known) {
      const address = BigInt(regime.roots[0]?.address ?? 0);
      if (through !== undefined || !holds(image, hex(address))) continue;
      const root = roots.find(one => one.address === address && one.kind === regime.id);
      if (!root) throw new Error(`${regime.id} at ${hex(address)} is not found`);
      const own = walk(regime, image.space).leaves;
      const pairs = new Map<string, bigint>();
      for (let i = 0; i < root.options.length; i += 2)
        pairs.set(OPTION[root.options[i] as string] as string, BigInt(root.options[i + 1] as string));
      // KVM's MMIO entries are mappings to a processor of 52 address bits
      const theirs = candidatesOf(pairs, architecture, { maxphyaddr: 40 }).found[0];
      if (!theirs) throw new Error(`${root.options.join(' ')} gives no walk`);
      const found = walk(theirs.regime, image.space).leaves;
      const places = (leaves: typeof own): string[] =>
        Array.from(
          { length: leaves.length },
          (_, i) => `${leaves.at[i]} ${leaves.output[i]} ${leaves.frames[i]}`,
        ).filter((_, i) => leaves.kind[i] === 3);
      expect(new Set(places(found))).toEqual(new Set(places(own)));
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
    image.close();
  });
});

const OPTION: Readonly<Record<string, string>> = {
  '--cr3': 'CR3',
  '--cr4': 'CR4',
  '--efer': 'EFER',
  '--ncr3': 'NCR3',
  '--eptp': 'EPTP',
  '--vttbr': 'VTTBR_EL2',
  '--vtcr': 'VTCR_EL2',
  '--hcr': 'HCR_EL2',
  '--ttbr0': 'TTBR0_EL1',
  '--ttbr1': 'TTBR1_EL1',
  '--tcr': 'TCR_EL1',
};

describe('a kernel’s half of arm64', () => {
  const dumps = ['a57-nvhe-nofwb', 'max-vhe-fwb', 'max-nvhe-fwb'].map(name => `arm64/${name}`);

  test.each(dumps)('%s: without registers, swapper_pg_dir is walked with TTBR1', async dump => {
    const image = await openFixture(`real/${dump}/sparse.elf`);
    for (const vmcoreinfo of [image.notes.vmcoreinfo, undefined]) {
      const { found: roots } = findRoots(
        { space: image.space, notes: { cpus: [], machine: 'arm64', ...(vmcoreinfo ? { vmcoreinfo } : {}) } },
        [],
        { guests: 0 },
      );
      const kernel = roots.find(({ address }) => address === 0x4185_8000n);
      expect(kernel?.options.slice(0, 2), `VMCOREINFO ${vmcoreinfo !== undefined}`).toEqual([
        '--ttbr1',
        '0x41858000',
      ]);
      expect(kernel?.evidence.join()).not.toContain('a user');
      // and that of a process with TTBR0
      const user = roots.find(
        one => one.kind === 'arm64.stage1' && one.evidence.join().includes("a user's half"),
      );
      expect(user?.options[0]).toBe('--ttbr0');
    }
    image.close();
  });
});

test('two roots of one process, by page-table isolation of x86, name each other', async () => {
  const image = await openFixture('real/x86/qemu-4level-kaslr-pti-512m/sparse.elf');
  const { found: roots } = findRoots({ space: image.space, notes: { cpus: [], machine: 'x86-64' } }, []);
  const says = (address: bigint): string =>
    roots.find(one => one.address === address)?.evidence.find(text => text.includes('isolation')) ?? '';
  expect(says(0x276_8000n)).toMatch(/the kernel's own root; .* at 0x2769000/);
  expect(says(0x276_9000n)).toMatch(/in user mode; the kernel's own root is at 0x2768000/);
  expect(says(0x105_f000n)).toMatch(/kernel's own root is at 0x105e000/);
  expect(says(0x9_c000n)).toBe('');
  image.close();
});
