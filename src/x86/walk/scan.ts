/**
 * What the scan for roots must know of x86: trees of four and five levels, PAE, 32-bit paging and EPT, and how to tell
 * nested paging from ordinary paging.
 */

import { encode, fieldMask, fieldReader } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import { hex, split, type Word } from '../../bits/word.ts';
import { type Judgement, percent, share } from '../../walk/judgement.ts';
import type { Regime } from '../../walk/regime.ts';
import type { Pattern, ScannedRoot, Species } from '../../walk/scan.ts';
import { mmioMasks } from '../descriptors/software.ts';
import { stage1Page, stage1Settings, stage1Table } from '../descriptors/stage1.ts';
import { stage2Page, stage2Settings, stage2Table } from '../descriptors/stage2.ts';
import { cr4Layout, eferLayout } from '../registers/control.ts';
import { eptpLayout, eptpSettings } from '../registers/roots.ts';
import { typeCode } from '../values/attributes.ts';
import type { Machine } from './roots.ts';
import { nptTables, stage1Tables, stage2Tables } from './tables.ts';

const PAGE = stage1Page(settle(stage1Settings));
const TABLE: Format = stage1Table(settle(stage1Settings, { level: 2 }));
const LARGE = stage1Page(settle(stage1Settings, { level: 2 }));
const EPT_PAGE = stage2Page(settle(stage2Settings));
const EPT_TABLE = stage2Table(settle(stage2Settings, { level: 2 }));
const EPT_LARGE = stage2Page(settle(stage2Settings, { level: 2 }));

const low = (word: Word): number => split(word)[0];
const PRESENT = low(fieldMask(PAGE, 'p'));
/** G in a pointer to a table: ignored by the processor, and no system sets it. */
const GLOBAL: readonly [number, number] = [low(fieldMask(PAGE, 'g')), 0];
const UPDATED = low(fieldMask(PAGE, 'a', 'd'));
/** A pointer and a large page; those of a user, which every nested access is. */
const SAMPLES = [encode(TABLE, {}), encode(LARGE, {})].map(low);
const USER_SAMPLES = [encode(TABLE, { us: 1, rw: 1 }), encode(LARGE, { us: 1, rw: 1 })].map(low);
const EVERY_RIGHT = { r: 1, w: 1, x: 1 } as const;
/** Write-back, as every system maps memory. */
const WB = typeCode('WB');
/** Accessed and dirty flags, where EPT has them; else these bits are ignored. */
const EPT_UPDATED = low(fieldMask(stage2Page(settle(stage2Settings, { ad: 1 })), 'a', 'd'));
const EPT_SAMPLES = [
  encode(EPT_TABLE, EVERY_RIGHT),
  encode(EPT_PAGE, { ...EVERY_RIGHT, memType: WB }),
  encode(EPT_LARGE, { ...EVERY_RIGHT, memType: WB }),
].map(low);

/** Above it, address bits count as reserved where nothing says how wide the processor's addresses are. */
const USUAL_WIDTH = 46;

/** Four words are soon found that could be PDPTEs: what sets their reserved bits is none, though a walk would follow it. */
const strict = (regime: Regime): Regime => ({
  ...regime,
  classify: (reading, level) =>
    (reading.facts as { reservedFault?: boolean }).reservedFault
      ? { kind: 'fault', inherits: 0 }
      : regime.classify(reading, level),
});

/** Above `maxphyaddr`, address bits are reserved, which is what tells entries from other words. */
export function species({ maxphyaddr = USUAL_WIDTH }: Machine = {}): readonly Species[] {
  const common = {
    present: PRESENT,
    leafOnly: GLOBAL,
    leafSome: 0,
    tableFrames: 1,
    samples: SAMPLES,
    updated: UPDATED,
  };
  const tables = (mode: '32' | 'pae' | '5l') => ({
    ...stage1Tables({ settings: { mode, maxphyaddr, nxe: mode === '32' ? 0 : 1 }, base: 0n }),
    payload: [0xffff_ffff, 0x7fff_ffff] as const, // bit 63 alone is nothing: KVM's empty entry, also in nested paging
  });
  return [
    { ...common, id: 'x86.long', regime: tables('5l'), tops: [3, 4] },
    { ...common, id: 'x86.pae', regime: strict(tables('pae')), tops: [], small: { level: 2, entries: 4 } },
    { ...common, id: 'x86.32bit', regime: tables('32'), tops: [1] },
    {
      ...common,
      id: 'x86.npt',
      regime: nptTables({ settings: { mode: '5l', maxphyaddr, nxe: 1 }, base: 0n }),
      tops: [3, 4],
      samples: USER_SAMPLES,
      meant: split(mmioMasks('npt', USUAL_WIDTH).mmioValue), // KVM's MMIO entries
    },
    {
      ...common,
      id: 'x86.ept',
      regime: stage2Tables({ settings: { maxphyaddr }, walkLength: 5, base: 0n }),
      tops: [3, 4],
      present: low(fieldMask(EPT_TABLE, 'r', 'w', 'x')),
      updated: EPT_UPDATED,
      samples: EPT_SAMPLES,
      leafOnly: [0, 0], // bits 7:3 of a pointer are reserved: the rules refuse a leaf there
    },
  ];
}

const of =
  (format: Format, key: string) =>
  ({ lo, hi }: Pattern): number =>
    fieldReader(format, key)(lo, hi);
const accessedBit = of(TABLE, 'a');
const userBit = of(TABLE, 'us');
const eptType = of(EPT_PAGE, 'memType');
const eptAccessed = of(stage2Table(settle(stage2Settings, { level: 2, ad: 1 })), 'a');
const eptRights = ['r', 'w', 'x'].map(key => of(EPT_TABLE, key));
/** KVM marks every entry of its own that maps something [Linux, SPTE_MMU_PRESENT_MASK]. */
const kvmPresent = of(EPT_TABLE, 'sw11');

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
  const writeBack = share(root, 'leaf', pattern => eptType(pattern) === WB);
  const dirtyBits = share(root, 'table', pattern => eptAccessed(pattern) === 1);
  const full = share(root, 'table', pattern => eptRights.every(right => right(pattern) === 1));
  const eptp = encode(eptpLayout(settle(eptpSettings)), {
    root: BigInt(address),
    walk: level,
    memType: WB,
    ad: dirtyBits > 0 ? 1 : 0,
  });
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

const fiveLevels = ({ level }: ScannedRoot): boolean => level === 4;
const LA57 = encode(cr4Layout, { pae: 1, la57: 1 });

function npt(root: ScannedRoot): Judgement {
  const kvm = share(root, 'table', pattern => kvmPresent(pattern) === 1);
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

/**
 * Page-table isolation: two roots side by side for one process, the kernel's first, and bit 12 of CR3 selects. They share
 * the user's half; of the kernel's half the second one has what entries and exits need [Linux 4.15,
 * arch/x86/include/asm/pgtable.h, kernel_to_user_pgdp()].
 */
export function joined(roots: readonly ScannedRoot[]): readonly ScannedRoot[] {
  const long = new Map(
    roots.filter(({ species: { id } }) => id === 'x86.long').map(root => [root.address, root] as const),
  );
  return roots.map(root => {
    if (long.get(root.address) !== root) return root;
    const other = long.get(isUsers(root) ? root.address - USER_VIEW : root.address + USER_VIEW);
    if (!other || other.level !== root.level) return root;
    const [kernel, user] = isUsers(root) ? [other, root] : [root, other];
    const same = lowerHalf(kernel).join() === lowerHalf(user).join();
    if (!same || kernelEntries(kernel) <= kernelEntries(user)) return root;
    return { ...root, pair: { role: root === user ? 'user' : 'kernel', other: other.address } };
  });
}

/** PTI_PGTABLE_SWITCH_BIT. */
const USER_VIEW = 1 << 12;
const isUsers = ({ address }: ScannedRoot): boolean => Math.floor(address / USER_VIEW) % 2 === 1;
const lowerHalf = ({ used, entries }: ScannedRoot): number[] => used.filter(index => index < entries / 2);
const kernelEntries = ({ used, entries }: ScannedRoot): number =>
  used.filter(index => index >= entries / 2).length;

const pairText = ({ role, other }: NonNullable<ScannedRoot['pair']>): string =>
  role === 'user'
    ? `page-table isolation: what a process may use in user mode; the kernel's own root is at ${hex(other)}`
    : `page-table isolation: the kernel's own root; what the process may use in user mode is at ${hex(other)}`;

function long(root: ScannedRoot): Judgement {
  const { address } = root;
  const user = share(root, 'table', pattern => userBit(pattern) === 1);
  const accessed = share(root, 'table', wasUsed);
  const upper = kernelEntries(root);
  const registers = fiveLevels(root) ? ([['CR4', LA57]] as const) : [];
  return {
    kind: fiveLevels(root) ? 'x86.5level' : 'x86.4level',
    registers: new Map([['CR3', BigInt(address)], ...registers]),
    options: ['--cr3', hex(address), ...registers.flatMap(([, value]) => ['--cr4', hex(value)])],
    evidence: [
      upper > 0 ? `${upper} entries in the kernel half` : 'nothing in the kernel half',
      `${percent(accessed)} of the pointers have been used (A)`,
      ...(root.pair ? [pairText(root.pair)] : []),
    ],
    assumed: upper === 0 && user === 1 ? ['ordinary paging: nested paging looks the same'] : [],
    weight: (upper > 0 ? 0.5 : 0) + accessed / 2,
  };
}

const wasUsed = (pattern: Pattern): boolean => accessedBit(pattern) === 1;

const PAE = encode(cr4Layout, { pae: 1 });
const PSE = encode(cr4Layout, { pse: 1 });
const NXE = encode(eferLayout({ vendor: 'intel' }), { nxe: 1 });

function pae(root: ScannedRoot): Judgement {
  const { address } = root;
  return {
    kind: 'x86.pae',
    registers: new Map([
      ['CR3', BigInt(address)],
      ['CR4', PAE],
      ['EFER', NXE],
    ]),
    options: ['--cr3', hex(address), '--cr4', hex(PAE), '--efer', hex(NXE)],
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
      ['CR4', PSE],
      ['EFER', 0n],
    ]),
    options: ['--cr3', hex(address), '--cr4', hex(PSE), '--efer', '0'],
    evidence: [`${kernel} entries above 3 GiB`],
    assumed: ['CR4.PSE = 1'],
    weight: kernel > 0 && accessed > 0.5 ? 0.5 : -0.5,
  };
}
