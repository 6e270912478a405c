/**
 * What the scan for roots must know of x86: trees of four and five levels, PAE, 32-bit paging and EPT, and how to tell
 * nested paging from ordinary paging.
 */
import { hex } from '../../bits/word.ts';
import { type Judgement, percent, share } from '../../walk/judgement.ts';
import type { Pattern, ScannedRoot, Species } from '../../walk/scan.ts';
import type { Machine } from './roots.ts';
import { nptTables, stage1Tables, stage2Tables } from './tables.ts';

/** G in a pointer to a table: ignored by the processor, and no system sets it. */
const GLOBAL: readonly [number, number] = [0x100, 0];

/** Above it, address bits count as reserved where nothing says how wide the processor's addresses are. */
const USUAL_WIDTH = 46;

/** Above `maxphyaddr`, address bits are reserved, which is what tells entries from other words. */
export function species({ maxphyaddr = USUAL_WIDTH }: Machine = {}): readonly Species[] {
  const common = { present: 1, leafOnly: GLOBAL, leafSome: 0, tableFrames: 1, samples: [0x1, 0x81] } as const;
  const tables = (mode: '32' | 'pae' | '5l') => ({
    ...stage1Tables({ settings: { mode, maxphyaddr, nxe: mode === '32' ? 0 : 1 }, base: 0n }),
    payload: [0xffff_ffff, 0x7fff_ffff] as const, // bit 63 alone is nothing: KVM's empty entry, also in nested paging
  });
  return [
    { ...common, id: 'x86.long', regime: tables('5l'), tops: [3, 4] },
    { ...common, id: 'x86.pae', regime: tables('pae'), tops: [], small: { level: 2, entries: 4 } },
    { ...common, id: 'x86.32bit', regime: tables('32'), tops: [1] },
    {
      ...common,
      id: 'x86.npt',
      regime: nptTables({ settings: { mode: '5l', maxphyaddr, nxe: 1 }, base: 0n }),
      tops: [3, 4],
      samples: [0x7, 0x87],
      meant: [1, 0x8_0000], // KVM's MMIO entries: present, with bit 51 [Linux, kvm_mmu_reset_all_pte_masks]
    },
    {
      ...common,
      id: 'x86.ept',
      regime: stage2Tables({ settings: { maxphyaddr }, walkLength: 5, base: 0n }),
      tops: [3, 4],
      present: 7,
      samples: [0x7, 0x37, 0xb7],
      leafOnly: [0, 0], // bits 7:3 of a pointer are reserved: the rules refuse a leaf there
    },
  ];
}

const ACCESSED = 0x20;
const USER = 4;
export function judge(root: ScannedRoot): Judgement {
  switch (root.species.id) {
    case 'x86.ept':
      return ept(root);
    case 'x86.npt':
      return npt(root);
    case 'x86.pae':
      return pae(root);
    case 'x86.32bit':
      return paging32(root);
    default:
      return long(root);
  }
}

function ept(root: ScannedRoot): Judgement {
  const { address, level } = root;
  const writeBack = share(root, 'leaf', ({ lo }) => ((lo >>> 3) & 7) === 6);
  const dirtyBits = share(root, 'table', ({ lo }) => (lo & 0x100) !== 0);
  const full = share(root, 'table', ({ lo }) => (lo & 7) === 7);
  const eptp = BigInt(address) | (BigInt(level) << 3n) | 6n | (dirtyBits > 0 ? 0x40n : 0n);
  return {
    kind: 'x86.ept',
    registers: new Map([['EPTP', eptp]]),
    options: ['--eptp', hex(eptp)],
    evidence: [
      `bits 7:3 of every pointer are 0, ${percent(full)} of them permit everything`,
      ...(writeBack > 0 ? [`${percent(writeBack)} of the leaves have memory type 6, write-back`] : []),
      ...(dirtyBits > 0 ? ['accessed flags at bit 8'] : []),
    ],
    assumed: [],
    // ordinary tables that nobody used have no accessed flags either: then the leaves must tell
    weight: writeBack + dirtyBits > 0.1 ? full : -1,
  };
}

/** KVM marks every entry of its own that maps something [Linux, SPTE_MMU_PRESENT_MASK]. */
const KVM_PRESENT = 0x800;

const fiveLevels = ({ level }: ScannedRoot): boolean => level === 4;
const LA57 = 0x1020n;

function npt(root: ScannedRoot): Judgement {
  const kvm = share(root, 'table', ({ lo }) => (lo & KVM_PRESENT) !== 0);
  const upper = root.used.some(index => index >= root.entries / 2);
  const registers = fiveLevels(root) ? ([['CR4', LA57]] as const) : [];
  return {
    kind: 'x86.npt',
    registers: new Map([['NCR3', BigInt(root.address)], ...registers]),
    options: ['--ncr3', hex(root.address), ...registers.flatMap(([, value]) => ['--cr4', hex(value)])],
    evidence: [
      'every entry permits user access, as nested paging demands',
      ...(kvm > 0 ? [`${percent(kvm)} of the pointers have bit 11, KVM’s mark`] : []),
    ],
    assumed: kvm > 0 ? [] : ['nested paging: ordinary tables of a user look the same'],
    weight: upper ? -1 : kvm > 0 ? 1 : -0.5,
  };
}

function long(root: ScannedRoot): Judgement {
  const { address, entries, used } = root;
  const user = share(root, 'table', ({ lo }) => (lo & USER) !== 0);
  const accessed = share(root, 'table', wasUsed);
  const upper = used.filter(index => index >= entries / 2).length;
  const registers = fiveLevels(root) ? ([['CR4', LA57]] as const) : [];
  return {
    kind: fiveLevels(root) ? 'x86.5level' : 'x86.4level',
    registers: new Map([['CR3', BigInt(address)], ...registers]),
    options: ['--cr3', hex(address), ...registers.flatMap(([, value]) => ['--cr4', hex(value)])],
    evidence: [
      upper > 0 ? `${upper} entries in the kernel half` : 'nothing in the kernel half',
      `${percent(accessed)} of the pointers have been used (A)`,
    ],
    assumed: upper === 0 && user === 1 ? ['ordinary paging: nested paging looks the same'] : [],
    weight: (upper > 0 ? 0.5 : 0) + accessed / 2,
  };
}

const wasUsed = ({ lo }: Pattern): boolean => (lo & ACCESSED) !== 0;

function pae(root: ScannedRoot): Judgement {
  const { address } = root;
  return {
    kind: 'x86.pae',
    registers: new Map([
      ['CR3', BigInt(address)],
      ['CR4', 0x20n],
      ['EFER', 0x800n],
    ]),
    options: ['--cr3', hex(address), '--cr4', '0x20', '--efer', '0x800'],
    evidence: ['four entries in a place aligned to 32 bytes'],
    assumed: ['EFER.NXE = 1'],
    weight: share(root, 'leaf', wasUsed) / 2,
  };
}

function paging32(root: ScannedRoot): Judgement {
  const { address, used, entries } = root;
  const kernel = used.filter(index => index >= (entries * 3) / 4).length;
  const accessed = share(root, 'table', wasUsed);
  return {
    kind: 'x86.32bit',
    registers: new Map([
      ['CR3', BigInt(address)],
      ['CR4', 0x10n],
      ['EFER', 0n],
    ]),
    options: ['--cr3', hex(address), '--cr4', '0x10', '--efer', '0'],
    evidence: [`${kernel} entries above 3 GiB`],
    assumed: ['CR4.PSE = 1'],
    weight: kernel > 0 && accessed > 0.5 ? 0.5 : -0.5,
  };
}
