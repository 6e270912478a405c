/** Random x86 machines, their tables, one access to each. */
import { bits, type Outcome, one } from './outcome.ts';
import { Grown, type Luck, type Table } from './random.ts';
import { type SecondStage, secondStageAccess, type X86Access, type X86Facts, x86Access } from './x86.ts';

export interface X86Case {
  readonly registers: Map<string, bigint>;
  readonly memory: Grown;
  readonly access: X86Access;
  readonly facts: X86Facts;
  readonly below: SecondStage;
  /** The access is to a guest-physical address: no tables of a guest. */
  readonly bare: boolean;
  /** Which tables are walked, by the names that the project gives. */
  readonly root: string;
}

type Mode = '32-bit' | 'PAE' | '4-level' | '5-level';
const TOP: Readonly<Record<Mode, number>> = { '32-bit': 2, PAE: 3, '4-level': 4, '5-level': 5 };

interface Tree {
  readonly mode: Mode;
  readonly pse: boolean;
  readonly nxe: boolean;
  /** Bits of what its entries may point at. */
  readonly width: number;
  readonly shadow: boolean;
  readonly user: boolean;
}

const lowOf = (mode: Mode, level: number): number =>
  mode === '32-bit' ? (level === 2 ? 22 : 12) : 12 + 9 * (level - 1);

export function x86Case(luck: Luck): X86Case {
  const facts: X86Facts = {
    maxphyaddr: luck.pick([36, 39, 40, 46, 52]),
    amd: false,
    mbec: luck.once(2),
    gmet: luck.once(3),
    sss: false,
    readOnlyGuestTables: luck.once(4),
    page1g: true,
  };
  const below = luck.pick(['none', 'none', 'ept', 'ept', 'npt'] as const);
  const bare = below !== 'none' && luck.once(3);
  const amd = below === 'npt';
  const registers = new Map<string, bigint>();
  // a guest in PAE mode has its PDPTEs in registers: not here
  const mode = luck.pick(
    below === 'none'
      ? (['32-bit', 'PAE', '4-level', '4-level', '5-level'] as const)
      : (['4-level', '4-level', '5-level', '32-bit'] as const),
  );
  const shadow = luck.once(4) && mode !== '32-bit' && mode !== 'PAE';
  const user = luck.once(2);
  const tree: Tree = {
    mode,
    pse: !luck.once(6),
    nxe: mode !== '32-bit' && !luck.once(5),
    width: below === 'none' ? (mode === '32-bit' ? 32 : facts.maxphyaddr) : 32,
    shadow,
    user,
  };
  const wp = shadow || luck.once(2);
  const cr0 = 0x8000_0031n | (wp ? one(16) : 0n);
  let cr4 =
    (mode === '32-bit' ? 0n : one(5)) | (mode === '5-level' ? one(12) : 0n) | (tree.pse ? one(4) : 0n);
  cr4 |= luck.flag(20) | luck.flag(21, 3) | (shadow ? one(23) : 0n);
  if (mode === '4-level' || mode === '5-level') cr4 |= luck.flag(22, 3) | luck.flag(24, 3) | luck.flag(28, 4);
  const long = mode === '4-level' || mode === '5-level';
  const efer = (long ? 0x500n : 0n) | (tree.nxe ? one(11) : 0n);
  const prefix = below === 'none' ? '' : 'GUEST';
  const nestedFive = below === 'npt' && luck.once(4);
  const nestedNxe = !luck.once(5);

  const decide = (table: Table, index: bigint): bigint => {
    if (table.tree === 'ept') return eptEntry(table, index);
    if (table.tree === 'nested')
      return pageEntry(
        {
          mode: nestedFive ? '5-level' : '4-level',
          pse: true,
          nxe: nestedNxe,
          width: facts.maxphyaddr,
          shadow: false,
          user: !luck.once(14),
        },
        table,
        index,
        true,
      );
    return pageEntry(tree, table, index, false);
  };
  const pageEntry = (
    t: Tree,
    { tree: name, level, input }: Table,
    index: bigint,
    identity: boolean,
  ): bigint => {
    const narrow = t.mode === '32-bit';
    const low = lowOf(t.mode, level);
    const here = input + (index << BigInt(low));
    if (luck.once(40)) return luck.bits(narrow ? 32 : 64) & ~1n;
    const pdpte = t.mode === 'PAE' && level === 3;
    const canLeaf = level === 1 || (level === 2 && (!narrow || t.pse)) || (level === 3 && !narrow && !pdpte);
    const leaf = level === 1 || (canLeaf && luck.once(4));
    let word = 1n;
    if (pdpte) word |= luck.once(30) ? one(luck.pick([1, 2, 5, 8, 63])) : 0n;
    else {
      const notUser = identity
        ? luck.once(60) || (leaf && facts.gmet === true && luck.once(3))
        : t.user
          ? luck.once(14)
          : !luck.once(4);
      word |= notUser ? 0n : 4n;
      word |= luck.once(identity ? 20 : leaf && t.shadow ? 2 : 8) ? 0n : 2n;
      word |= luck.flag(5) | (leaf ? luck.flag(6) : 0n);
      if (!narrow && luck.once(t.nxe ? 5 : 40)) word |= one(63);
    }
    if (!leaf) {
      if (level <= 3 && !pdpte && !narrow && luck.once(300)) word |= one(6);
      if (narrow && !t.pse) word |= luck.flag(7);
      if (level >= 4) word |= luck.once(40) ? one(7) : 0n;
      if (level >= 4 && luck.once(40)) word |= one(8);
      word |= memory.table(name, level - 1, 4096n, here, narrow ? 4 : 8);
    } else {
      if (level > 1) word |= one(7);
      if (level === 1) word |= luck.flag(7, 10);
      if (level > 1) word |= luck.flag(12, 10);
      const width = identity ? 0 : t.width;
      const address = identity ? here : (luck.bits(Math.min(width, 48)) >> BigInt(low)) << BigInt(low);
      if (narrow) {
        word |= level === 1 ? address : address | (below === 'none' ? luck.bits(4) << 13n : 0n);
        if (level === 2 && luck.once(20)) word |= one(21);
      } else {
        word |= address;
        if (level > 1 && luck.once(20)) word |= one(13 + luck.below(low - 13));
        if (t.mode !== 'PAE') word |= luck.bits(4) << 59n;
      }
    }
    if (!narrow && luck.once(60)) {
      const from = facts.maxphyaddr;
      const to = t.mode === 'PAE' ? 62 : 51;
      if (to >= from) word |= one(from + luck.below(to - from + 1));
    }
    return word;
  };
  const eptEntry = ({ level, input }: Table, index: bigint): bigint => {
    const low = 12 + 9 * (level - 1);
    const here = input + (index << BigInt(low));
    if (luck.once(40)) return luck.bits(64) & ~0x407n;
    const leaf = level === 1 || (level <= 3 && luck.once(4));
    let word = 7n | (luck.once(4) ? 0n : one(10));
    if (luck.once(8)) word &= ~luck.pick([1n, 2n, 4n, 3n, 7n]);
    word |= luck.flag(8) | luck.flag(9);
    if (!leaf) {
      if (luck.once(60)) word |= one(3 + luck.below(5));
      return word | memory.table('ept', level - 1, 4096n, here);
    }
    if (level > 1) word |= one(7);
    word |= (luck.once(30) ? BigInt(luck.pick([2, 3, 7])) : 6n) << 3n;
    word |= luck.flag(6) | luck.flag(60);
    if (level > 1 && luck.once(30)) word |= one(12 + luck.below(low - 12));
    if (luck.once(60) && facts.maxphyaddr < 52)
      word |= one(facts.maxphyaddr + luck.below(52 - facts.maxphyaddr));
    return word | here;
  };
  const memory = new Grown(decide);
  registers.set(`${prefix}CR0`, cr0);
  registers.set(`${prefix}CR4`, cr4);
  registers.set(`${prefix}EFER`, efer);
  const treeName = below === 'none' ? 'host' : 'guest';
  let cr3 = memory.table(treeName, TOP[mode], mode === 'PAE' ? 32n : 4096n, 0n, mode === '32-bit' ? 4 : 8);
  if (long) cr3 |= luck.flag(61, 4) | luck.flag(62, 4);
  registers.set(`${prefix}CR3`, cr3);
  registers.set('PAT', 0x0407_0506_0007_0106n);
  if (below !== 'none') registers.set('GUESTPAT', 0x0407_0506_0007_0106n);
  registers.set('PKRU', luck.bits(32) & luck.bits(32));
  registers.set('IA32_PKRS', luck.bits(32) & luck.bits(32));
  if (below === 'ept') {
    const five = luck.once(4);
    registers.set(
      'EPTP',
      memory.table('ept', five ? 5 : 4) | (five ? 0x26n : 0x1en) | luck.flag(6) | luck.flag(7, 3),
    );
    registers.set('IA32_VMX_EPT_VPID_CAP', 0xf01_0673_4140n | (luck.once(4) ? 0n : 1n));
  }
  if (below === 'npt') {
    registers.set('CR0', 0x8005_0033n);
    registers.set('CR4', 0x6f0n | (nestedFive ? one(12) : 0n));
    registers.set('EFER', 0x1501n | (nestedNxe ? one(11) : 0n));
    registers.set('NCR3', memory.table('nested', nestedFive ? 5 : 4));
    registers.set('GPAT', 0x0407_0506_0007_0106n);
  }
  const bitsOf = bare ? 40 : mode === '32-bit' || mode === 'PAE' ? 32 : mode === '5-level' ? 56 : 47;
  let address = luck.bits(bitsOf);
  if (!bare && long) {
    if (luck.once(3)) address = BigInt.asUintN(64, address - (1n << BigInt(bitsOf)));
    if (luck.once(6)) address = (address & ~(0x7fffn << 48n)) | (luck.bits(15) << 48n);
    if (luck.once(10)) address = (address & ~(0x3fn << 57n)) | (luck.bits(6) << 57n);
  }
  const access: X86Access = {
    kind: luck.pick(
      shadow
        ? (['read', 'write', 'fetch', 'shadow-read', 'shadow-write'] as const)
        : (['read', 'write', 'fetch'] as const),
    ),
    user: luck.once(6) ? !user : user,
    address: bits(address, 63, 0),
    ac: luck.once(3),
    implicit: luck.once(20),
  };
  const root = bare ? below : below === 'none' ? 'paging' : 'guest';
  return {
    registers,
    memory,
    access:
      access.kind === 'fetch' || access.kind.startsWith('shadow') ? { ...access, implicit: false } : access,
    facts: { ...facts, amd },
    below,
    bare,
    root,
  };
}

export const answerOf = ({ registers, memory, access, facts, below, bare }: X86Case): Outcome =>
  bare && below !== 'none'
    ? secondStageAccess(registers, memory.read, access, facts, below)
    : x86Access(registers, memory.read, access, facts, below);
