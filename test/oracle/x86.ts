/**
 * A slow model of the access checks of x86: linear addresses (canonical, LAM), 32-bit, PAE, 4-level and 5-level paging
 * [SDM volume 3, "Paging"; "Determination of Access Rights"], EPT [SDM volume 3, "VMX Support for Address Translation"],
 * nested paging [APM volume 2, "Nested Paging"]. Bit numbers are typed here from the manuals and owe nothing to the
 * project's rows. Not modelled: HLAT, SGX, RMP, SPP, verify guest paging, paging-write, #VE.
 */
import {
  bit,
  bits,
  type Cause,
  type Fault,
  type Memory,
  type Missing,
  merged,
  num,
  type Outcome,
  one,
  type Registers,
  type Update,
} from './outcome.ts';

export interface X86Access {
  readonly kind: 'read' | 'write' | 'fetch' | 'shadow-read' | 'shadow-write';
  /** CPL = 3, or a shadow-stack access in user mode. */
  readonly user: boolean;
  readonly address: bigint;
  /** EFLAGS.AC, for explicit supervisor accesses. */
  readonly ac?: boolean;
  /** An access to a system table (GDT, TSS…): supervisor whatever the CPL, and AC does not help. */
  readonly implicit?: boolean;
}

/** What no register says. */
export interface X86Facts {
  readonly maxphyaddr: number;
  readonly amd?: boolean;
  readonly page1g?: boolean;
  /** EPT: mode-based execute control; page sizes and execute-only by IA32_VMX_EPT_VPID_CAP. */
  readonly mbec?: boolean;
  /** Nested paging: guest mode execute trap, supervisor shadow stacks, read-only guest page tables. */
  readonly gmet?: boolean;
  readonly sss?: boolean;
  readonly readOnlyGuestTables?: boolean;
}

export type SecondStage = 'none' | 'ept' | 'npt';

const reg = (registers: Registers, name: string): bigint => registers.get(name) ?? 0n;
const isWrite = ({ kind }: X86Access): boolean => kind === 'write' || kind === 'shadow-write';
const isFetch = ({ kind }: X86Access): boolean => kind === 'fetch';
const isShadow = ({ kind }: X86Access): boolean => kind === 'shadow-read' || kind === 'shadow-write';
const supervisor = ({ user, implicit }: X86Access): boolean => !user || implicit === true;

type Mode = '32-bit' | 'PAE' | '4-level' | '5-level';
const TOP: Readonly<Record<Mode, number>> = { '32-bit': 2, PAE: 3, '4-level': 4, '5-level': 5 };

const modeOf = (cr4: bigint, efer: bigint): Mode =>
  bit(efer, 10) ? (bit(cr4, 12) ? '5-level' : '4-level') : bit(cr4, 5) ? 'PAE' : '32-bit';

// --- linear addresses

/** The address that is translated, or undefined where it is not canonical [SDM, "Linear-Address Masking"]. */
export function linear(
  address: bigint,
  kind: X86Access['kind'],
  mode: Mode,
  cr3: bigint,
  cr4: bigint,
): bigint | undefined {
  if (mode === '32-bit' || mode === 'PAE') return bits(address, 31, 0);
  const top = mode === '5-level' ? 56 : 47;
  const upper = bit(address, 63);
  let lam: 48 | 57 | undefined;
  if (kind !== 'fetch') {
    if (upper) lam = bit(cr4, 28) ? (mode === '5-level' ? 57 : 48) : undefined;
    else if (bit(cr3, 61)) lam = 57;
    else if (bit(cr3, 62)) lam = 48;
  }
  let masked = address;
  if (lam !== undefined) {
    // bits 62 down to the width are the metadata; they become copies of the bit below, which bit 63 must equal
    if (bit(address, lam - 1) !== upper) return undefined;
    masked = BigInt.asUintN(64, BigInt.asIntN(lam, address));
  }
  const rest = bits(masked, 63, top);
  return rest === 0n || rest === (1n << BigInt(64 - top)) - 1n ? masked : undefined;
}

// --- one tree of ordinary format: guest tables, host tables, nested tables

interface Step {
  readonly level: number;
  readonly at: bigint;
  readonly word: bigint;
}
interface Walked {
  readonly is: 'leaf';
  readonly steps: readonly Step[];
  readonly output: bigint;
}
interface Stopped {
  readonly is: 'stopped';
  readonly level: number;
  readonly cause: 'not-present' | 'reserved-bit';
  readonly reason: string;
}

interface Tree {
  readonly mode: Mode;
  readonly cr3: bigint;
  readonly pse: boolean;
  readonly nxe: boolean;
}

/** Where the entry of an input address lies in its table. */
function entryOf(tree: Tree, level: number, table: bigint, input: bigint): bigint {
  if (tree.mode === '32-bit') return table + bits(input, level === 2 ? 31 : 21, level === 2 ? 22 : 12) * 4n;
  if (tree.mode === 'PAE' && level === 3) return table + bits(input, 31, 30) * 8n;
  const low = 12 + 9 * (level - 1);
  return table + bits(input, low + 8, low) * 8n;
}

function rootOf({ mode, cr3 }: Tree, maxphyaddr: number): bigint {
  if (mode === '32-bit') return bits(cr3, 31, 12) << 12n;
  if (mode === 'PAE') return bits(cr3, 31, 5) << 5n;
  return bits(cr3, maxphyaddr - 1, 12) << 12n;
}

/** Bits that must be zero in a present entry, or undefined where none is set [SDM, formats of paging-structure entries]. */
function reservedIn(
  tree: Tree,
  level: number,
  word: bigint,
  leaf: boolean,
  facts: X86Facts,
): string | undefined {
  const m = facts.maxphyaddr;
  const any = (high: number, low: number): boolean => high >= low && bits(word, high, low) !== 0n;
  if (tree.mode === '32-bit') {
    if (level !== 2 || !leaf) return undefined;
    // PSE-36: [20:13] are address bits 39 to 32, as far as the processor has them
    return any(21, Math.max(32, Math.min(m, 40)) - 19) ? 'reserved bits of a 4 MByte page' : undefined;
  }
  if (tree.mode === 'PAE' && level === 3) {
    return any(2, 1) || any(8, 5) || any(63, m) ? 'reserved bits of a PDPTE' : undefined;
  }
  if (any(tree.mode === 'PAE' ? 62 : 51, m)) return 'address beyond MAXPHYADDR';
  if (bit(word, 63) && !tree.nxe) return 'XD without EFER.NXE';
  if (level >= 4 && bit(word, 7)) return 'bit 7 above level 3';
  if (level >= 4 && facts.amd && bit(word, 8)) return 'bit 8 of a PML4E';
  if (level === 3 && bit(word, 7) && facts.page1g === false) return '1 GByte page';
  if (level === 3 && leaf && any(29, 13)) return 'reserved bits of a 1 GByte page';
  if (level === 2 && leaf && any(20, 13)) return 'reserved bits of a 2 MByte page';
  return undefined;
}

function isLeaf(tree: Tree, level: number, word: bigint): boolean {
  if (level === 1) return true;
  if (level === 2) return bit(word, 7) && (tree.mode !== '32-bit' || tree.pse);
  return level === 3 && tree.mode !== 'PAE' && bit(word, 7);
}

function leafOutput(tree: Tree, level: number, word: bigint, input: bigint, facts: X86Facts): bigint {
  if (tree.mode === '32-bit') {
    if (level === 1) return (bits(word, 31, 12) << 12n) | bits(input, 11, 0);
    return (bits(word, 20, 13) << 32n) | (bits(word, 31, 22) << 22n) | bits(input, 21, 0);
  }
  const low = 12 + 9 * (level - 1);
  return (bits(word, facts.maxphyaddr - 1, low) << BigInt(low)) | bits(input, low - 1, 0);
}

/** Where a table really lies, or why it cannot be read: what a second stage has to say of the walker's reads. */
type Locate = (address: bigint) => bigint | Fault | Missing;

/** The walk alone: presence and reserved bits, from the top down; rights are looked at afterwards. */
function walk(
  tree: Tree,
  input: bigint,
  memory: Memory,
  facts: X86Facts,
  locate: Locate,
): Walked | Stopped | Fault | Missing {
  const steps: Step[] = [];
  let table = rootOf(tree, facts.maxphyaddr);
  for (let level = TOP[tree.mode]; ; level--) {
    const at = entryOf(tree, level, table, input);
    const place = locate(at);
    if (typeof place !== 'bigint') return place;
    const word = memory(place, tree.mode === '32-bit' ? 4 : 8);
    if (word === undefined) return { is: 'missing', at: place };
    if (!bit(word, 0)) return { is: 'stopped', level, cause: 'not-present', reason: 'P = 0' };
    const leaf = isLeaf(tree, level, word);
    const reserved = reservedIn(tree, level, word, leaf, facts);
    if (reserved !== undefined) return { is: 'stopped', level, cause: 'reserved-bit', reason: reserved };
    steps.push({ level, at, word });
    if (leaf) return { is: 'leaf', steps, output: leafOutput(tree, level, word, input, facts) };
    table = tree.mode === '32-bit' ? bits(word, 31, 12) << 12n : bits(word, facts.maxphyaddr - 1, 12) << 12n;
  }
}

/** A PDPTE of PAE paging has no rights, no accessed flag. */
const withRights = (tree: Tree, steps: readonly Step[]): readonly Step[] =>
  tree.mode === 'PAE' ? steps.filter(({ level }) => level < 3) : steps;

const andOf = (steps: readonly Step[], at: number): boolean => steps.every(({ word }) => bit(word, at));
const lowestOf = (steps: readonly Step[], denies: (word: bigint) => boolean): number =>
  steps.find(({ word }) => denies(word))?.level ?? 0;

// --- ordinary paging: rights

interface Denied {
  readonly level: number;
  readonly reason: string;
  readonly pk?: boolean;
}

/** SDM, "Determination of Access Rights"; "Protection Keys"; "Shadow-Stack". */
function rightsOf(
  registers: Registers,
  names: Names,
  tree: Tree,
  steps: readonly Step[],
  access: X86Access,
): Denied | undefined {
  const cr0 = reg(registers, names.cr0);
  const cr4 = reg(registers, names.cr4);
  const counted = withRights(tree, steps);
  const leaf = steps.at(-1) as Step;
  const userPage = andOf(counted, 2);
  const uAt = lowestOf(counted, word => !bit(word, 2));
  const wp = bit(cr0, 16);
  const smep = bit(cr4, 20);
  const smap = bit(cr4, 21);
  if (isFetch(access)) {
    if (!supervisor(access) && !userPage) return { level: uAt, reason: 'U/S = 0' };
    if (supervisor(access) && userPage && smep) return { level: leaf.level, reason: 'SMEP' };
    const xd = tree.nxe && counted.some(({ word }) => bit(word, 63));
    return xd ? { level: lowestOf(counted, word => bit(word, 63)), reason: 'XD' } : undefined;
  }
  if (isShadow(access)) {
    if (supervisor(access) === userPage)
      return userPage
        ? { level: leaf.level, reason: 'shadow stack: a user page' }
        : { level: uAt, reason: 'U/S = 0' };
    const above = counted.slice(0, -1);
    if (!andOf(above, 1))
      return {
        level: lowestOf(above, word => !bit(word, 1)),
        reason: 'shadow stack: R/W = 0 above the leaf',
      };
    if (bit(leaf.word, 1) || !bit(leaf.word, 6))
      return { level: leaf.level, reason: 'not a shadow-stack page' };
    return keyOf(registers, tree, leaf, userPage, access, cr4, wp);
  }
  if (!supervisor(access)) {
    if (!userPage) return { level: uAt, reason: 'U/S = 0' };
  } else if (userPage && smap && (access.implicit || !access.ac)) {
    return { level: leaf.level, reason: 'SMAP' };
  }
  if (isWrite(access) && (!supervisor(access) || wp) && !andOf(counted, 1))
    return { level: lowestOf(counted, word => !bit(word, 1)), reason: 'R/W = 0' };
  return keyOf(registers, tree, leaf, userPage, access, cr4, wp);
}

/** Protection keys: of user pages by PKRU, of supervisor pages by IA32_PKRS. */
function keyOf(
  registers: Registers,
  tree: Tree,
  leaf: Step,
  userPage: boolean,
  access: X86Access,
  cr4: bigint,
  wp: boolean,
): Denied | undefined {
  if (tree.mode !== '4-level' && tree.mode !== '5-level') return undefined;
  if (!bit(cr4, userPage ? 22 : 24)) return undefined;
  const key = num(leaf.word, 62, 59);
  const rights = reg(registers, userPage ? 'PKRU' : 'IA32_PKRS');
  const name = userPage ? 'PKRU' : 'PKRS';
  if (bit(rights, 2 * key)) return { level: leaf.level, reason: `${name}: access disabled`, pk: true };
  const writeDisabled =
    bit(rights, 2 * key + 1) && isWrite(access) && ((userPage && !supervisor(access)) || wp);
  return writeDisabled ? { level: leaf.level, reason: `${name}: write disabled`, pk: true } : undefined;
}

/** Names of the registers of one context. */
interface Names {
  readonly cr0: string;
  readonly cr3: string;
  readonly cr4: string;
  readonly efer: string;
}
const HOST: Names = { cr0: 'CR0', cr3: 'CR3', cr4: 'CR4', efer: 'EFER' };
const GUEST: Names = { cr0: 'GUESTCR0', cr3: 'GUESTCR3', cr4: 'GUESTCR4', efer: 'GUESTEFER' };

function pageFault(
  registers: Registers,
  names: Names,
  access: X86Access,
  level: number,
  cause: Cause,
  reason: string,
  pk = false,
): Fault {
  const cr4 = reg(registers, names.cr4);
  const nx = bit(reg(registers, names.efer), 11) && (bit(cr4, 5) || bit(reg(registers, names.efer), 10));
  const code =
    (cause === 'not-present' ? 0n : one(0)) |
    (isWrite(access) ? one(1) : 0n) |
    (supervisor(access) ? 0n : one(2)) |
    (cause === 'reserved-bit' ? one(3) : 0n) |
    (isFetch(access) && (nx || bit(cr4, 20)) ? one(4) : 0n) |
    (pk ? one(5) : 0n) |
    (isShadow(access) ? one(6) : 0n);
  return { is: 'fault', stage: 1, level, cause, reason, of: 'access', syndrome: code };
}

const CANONICAL = (reason: string): Fault => ({
  is: 'fault',
  stage: 1,
  level: 0,
  cause: 'canonical',
  reason,
  of: 'access',
  syndrome: 0n,
});

/** What the program, or the walker, does to a guest-physical address. */
interface SecondAccess {
  readonly read: boolean;
  readonly write: boolean;
  readonly fetch: boolean;
  readonly of: 'access' | 'walker';
  /** The linear address is a user-mode one: U/S of the guest's translation, not the CPL. */
  readonly userLinear: boolean;
  readonly cpl3: boolean;
  readonly shadow: boolean;
  readonly supervisorShadow: boolean;
}

type Second = (address: bigint, access: SecondAccess) => bigint | Fault | Missing;

const WALKER_READ: SecondAccess = {
  read: true,
  write: false,
  fetch: false,
  of: 'walker',
  userLinear: false,
  cpl3: false,
  shadow: false,
  supervisorShadow: false,
};

/** Ordinary paging, whatever stands below it. */
function paging(
  registers: Registers,
  names: Names,
  memory: Memory,
  access: X86Access,
  facts: X86Facts,
  second: Second,
  updates: Update[],
): Outcome {
  const cr0 = reg(registers, names.cr0);
  const cr4 = reg(registers, names.cr4);
  const efer = reg(registers, names.efer);
  const cr3 = reg(registers, names.cr3);
  const own = (userLinear: boolean): SecondAccess => ({
    read: access.kind === 'read' || access.kind === 'shadow-read',
    write: isWrite(access),
    fetch: isFetch(access),
    of: 'access',
    userLinear,
    cpl3: !supervisor(access),
    shadow: isShadow(access),
    supervisorShadow: isShadow(access) && supervisor(access),
  });
  const finish = (address: bigint, userLinear: boolean): Outcome => {
    const pa = second(address, own(userLinear));
    return typeof pa === 'bigint' ? { is: 'allowed', pa, updates: merged(updates) } : pa;
  };
  if (!bit(cr0, 31)) return finish(bits(access.address, 31, 0), true);
  const tree: Tree = { mode: modeOf(cr4, efer), cr3, pse: bit(cr4, 4), nxe: bit(efer, 11) };
  const input = linear(access.address, access.kind, tree.mode, cr3, cr4);
  if (input === undefined) return CANONICAL('not canonical');
  const walked = walk(tree, input, memory, facts, address => second(address, WALKER_READ));
  if (walked.is === 'stopped')
    return pageFault(registers, names, access, walked.level, walked.cause, walked.reason);
  if (walked.is !== 'leaf') return walked;
  const denied = rightsOf(registers, names, tree, walked.steps, access);
  if (denied)
    return pageFault(registers, names, access, denied.level, 'permission', denied.reason, denied.pk);
  const counted = withRights(tree, walked.steps);
  for (const { level, at, word } of counted) {
    const leaf = level === (walked.steps.at(-1) as Step).level;
    const to = word | one(5) | (leaf && isWrite(access) ? one(6) : 0n);
    if (to === word) continue;
    const place = second(at, { ...WALKER_READ, write: true });
    if (typeof place !== 'bigint') return place;
    updates.push({ stage: 1, at, from: word, to });
  }
  return finish(walked.output, andOf(counted, 2));
}

// --- EPT

const EPT_TYPES = [0, 1, 4, 5, 6];

/** Why a present EPT entry is no entry [SDM, "EPT Misconfigurations"]. */
function misconfiguration(
  word: bigint,
  level: number,
  leaf: boolean,
  facts: X86Facts,
  cap: bigint | undefined,
): string | undefined {
  const executeOnly = cap === undefined || bit(cap, 0);
  const [r, w, x, xu] = [bit(word, 0), bit(word, 1), bit(word, 2), facts.mbec === true && bit(word, 10)];
  if (!r && w) return 'W without R';
  if (!r && (x || xu) && !executeOnly) return 'execute-only';
  if (facts.maxphyaddr < 52 && bits(word, 51, facts.maxphyaddr) !== 0n) return 'address beyond MAXPHYADDR';
  if (leaf) {
    if (level > 1 && bits(word, level === 2 ? 20 : 29, 12) !== 0n) return 'reserved bits of a large page';
    if (!EPT_TYPES.includes(num(word, 5, 3))) return 'memory type';
    return undefined;
  }
  if (bits(word, 6, 3) !== 0n) return 'reserved bits 6:3';
  return bit(word, 7) ? 'bit 7' : undefined;
}

function ept(
  registers: Registers,
  memory: Memory,
  facts: X86Facts,
  updates: Update[],
  hasLinear: boolean,
): Second {
  const eptp = reg(registers, 'EPTP');
  const cap = registers.get('IA32_VMX_EPT_VPID_CAP');
  const ad = bit(eptp, 6);
  const enforceSss = bit(eptp, 7);
  const top = num(eptp, 5, 3) + 1;
  return (gpa, asked) => {
    // with accessed and dirty flags, reads of a guest's tables count as writes
    const access = ad && asked.of === 'walker' ? { ...asked, write: true } : asked;
    const steps: Step[] = [];
    let [allR, allW, allX, allXu] = [true, true, true, true];
    const failed = (level: number, cause: Cause, reason: string): Fault => {
      const misconfigured = cause === 'misconfiguration';
      const flags: readonly (readonly [boolean, number])[] = [
        [access.read, 0],
        [access.write, 1],
        [access.fetch, 2],
        [allR, 3],
        [allW, 4],
        [allX, 5],
        [allXu && facts.mbec === true, 6],
        [hasLinear, 7],
        [hasLinear && access.of === 'access', 8],
        [access.shadow && access.of === 'access', 13],
        [
          enforceSss &&
            access.of === 'access' &&
            steps.length > 0 &&
            bit((steps.at(-1) as Step).word, 60) &&
            cause === 'permission',
          14,
        ],
      ];
      const syndrome = misconfigured ? 0n : flags.reduce((sum, [on, at]) => (on ? sum | one(at) : sum), 0n);
      return {
        is: 'fault',
        stage: 2,
        level,
        cause,
        reason: `EPT: ${reason}`,
        of: access.of,
        syndrome,
        input: gpa,
      };
    };
    let table = bits(eptp, facts.maxphyaddr - 1, 12) << 12n;
    for (let level = top; ; level--) {
      const low = 12 + 9 * (level - 1);
      const at = table + bits(gpa, low + 8, low) * 8n;
      const word = memory(at, 8);
      if (word === undefined) return { is: 'missing', at };
      const [r, w, x, xu] = [bit(word, 0), bit(word, 1), bit(word, 2), facts.mbec === true && bit(word, 10)];
      [allR, allW, allX, allXu] = [allR && r, allW && w, allX && x, allXu && xu];
      if (!r && !w && !x && !xu) return failed(level, 'not-present', 'not present');
      const sizes =
        level === 1 ||
        (level === 2 && (cap === undefined || bit(cap, 16))) ||
        (level === 3 && (cap === undefined || bit(cap, 17)));
      const leaf = level === 1 || (bit(word, 7) && sizes);
      const wrong = misconfiguration(word, level, leaf, facts, cap);
      if (wrong !== undefined) return failed(level, 'misconfiguration', wrong);
      steps.push({ level, at, word });
      if (!leaf) {
        table = bits(word, facts.maxphyaddr - 1, 12) << 12n;
        continue;
      }
      if (access.supervisorShadow && enforceSss) {
        if (!allR)
          return failed(
            lowestOf(steps, w => !bit(w, 0)),
            'permission',
            'R = 0',
          );
        const above = steps.slice(0, -1);
        if (!andOf(above, 1))
          return failed(
            lowestOf(above, w => !bit(w, 1)),
            'permission',
            'shadow stack: W = 0 above the leaf',
          );
        if (!bit(word, 60)) return failed(level, 'permission', 'shadow stack: SSS = 0');
      } else {
        if (access.read && !allR)
          return failed(
            lowestOf(steps, w => !bit(w, 0)),
            'permission',
            access.of === 'walker' ? 'walker: R = 0' : 'R = 0',
          );
        if (access.write && !allW)
          return failed(
            lowestOf(steps, w => !bit(w, 1)),
            'permission',
            access.of === 'walker' ? 'walker: W = 0' : 'W = 0',
          );
        // mode-based execute control asks whether the linear address is a user-mode one, not the CPL
        const executes = facts.mbec && access.userLinear ? 10 : 2;
        if (access.fetch && !andOf(steps, executes))
          return failed(
            lowestOf(steps, w => !bit(w, executes)),
            'permission',
            executes === 10 ? 'XU = 0' : 'X = 0',
          );
      }
      if (ad)
        for (const step of steps) {
          const to = step.word | one(8) | (step.level === level && access.write ? one(9) : 0n);
          if (to !== step.word) updates.push({ stage: 2, at: step.at, from: step.word, to });
        }
      return (bits(word, facts.maxphyaddr - 1, low) << BigInt(low)) | bits(gpa, low - 1, 0);
    }
  };
}

// --- nested paging

function npt(registers: Registers, memory: Memory, facts: X86Facts, updates: Update[]): Second {
  const tree: Tree = {
    mode: modeOf(reg(registers, 'CR4'), reg(registers, 'EFER')),
    cr3: reg(registers, 'NCR3'),
    pse: bit(reg(registers, 'CR4'), 4),
    nxe: bit(reg(registers, 'EFER'), 11),
  };
  return (gpa, asked) => {
    // the tables of a guest are read as if written, unless read-only guest page tables are on
    const access =
      asked.of === 'walker' && facts.readOnlyGuestTables !== true ? { ...asked, write: true } : asked;
    const failed = (level: number, cause: Cause, reason: string): Fault => ({
      is: 'fault',
      stage: 2,
      level,
      cause,
      reason: `NPT: ${reason}`,
      of: access.of,
      input: gpa,
      syndrome:
        (cause === 'not-present' ? 0n : one(0)) |
        (access.write ? one(1) : 0n) |
        one(2) |
        (cause === 'reserved-bit' ? one(3) : 0n) |
        (access.fetch ? one(4) : 0n) |
        (access.shadow ? one(6) : 0n) |
        one(access.of === 'access' ? 32 : 33),
    });
    if (tree.mode === '32-bit' || tree.mode === 'PAE') {
      if (gpa >> 32n !== 0n) return failed(0, 'not-present', 'guest-physical address beyond 32 bits');
    } else if (gpa >> (tree.mode === '5-level' ? 57n : 48n) !== 0n)
      return failed(0, 'not-present', 'guest-physical address beyond the tables');
    const walked = walk(tree, gpa, memory, { ...facts, amd: true }, address => address);
    if (walked.is === 'stopped') return failed(walked.level, walked.cause, walked.reason);
    if (walked.is !== 'leaf') return walked;
    const counted = withRights(tree, walked.steps);
    const leaf = walked.steps.at(-1) as Step;
    const userPage = andOf(counted, 2);
    const uAt = lowestOf(counted, word => !bit(word, 2));
    const xd = tree.nxe && counted.some(({ word }) => bit(word, 63));
    // a supervisor shadow-stack page: U/S = 0 and NX = 1 in the leaf, U/S = 1 above
    const sssPage =
      facts.sss === true && !bit(leaf.word, 2) && bit(leaf.word, 63) && andOf(counted.slice(0, -1), 2);
    const guestSupervisorFetch = access.fetch && !access.cpl3;
    if (facts.gmet === true && guestSupervisorFetch) {
      // such a fetch is made as a supervisor with SMEP
      if (userPage) return failed(leaf.level, 'permission', 'GMET');
    } else if (!userPage && !(sssPage && (access.supervisorShadow || access.read) && !access.fetch)) {
      return failed(uAt, 'permission', access.of === 'walker' ? 'walker: U/S = 0' : 'U/S = 0');
    }
    if (access.write && !andOf(counted, 1))
      return failed(
        lowestOf(counted, word => !bit(word, 1)),
        'permission',
        access.of === 'walker' ? 'walker: R/W = 0' : 'R/W = 0',
      );
    if (access.fetch && xd)
      return failed(
        lowestOf(counted, word => bit(word, 63)),
        'permission',
        'NX',
      );
    for (const { level, at, word } of counted) {
      const to = word | one(5) | (level === leaf.level && access.write ? one(6) : 0n);
      if (to !== word) updates.push({ stage: 2, at, from: word, to });
    }
    return walked.output;
  };
}

/** One access of a program, from its linear address to the physical address or the fault. */
export function x86Access(
  registers: Registers,
  memory: Memory,
  access: X86Access,
  facts: X86Facts,
  below: SecondStage = 'none',
): Outcome {
  const updates: Update[] = [];
  if (below === 'none') return paging(registers, HOST, memory, access, facts, address => address, updates);
  const second =
    below === 'ept' ? ept(registers, memory, facts, updates, true) : npt(registers, memory, facts, updates);
  // a guest's tables lie in guest-physical memory: the model reads them where the second stage says
  return paging(registers, GUEST, memory, access, facts, second, updates);
}

/** One access to a guest-physical address, without tables of a guest. */
export function secondStageAccess(
  registers: Registers,
  memory: Memory,
  access: X86Access,
  facts: X86Facts,
  below: 'ept' | 'npt',
): Outcome {
  const updates: Update[] = [];
  const second =
    below === 'ept' ? ept(registers, memory, facts, updates, false) : npt(registers, memory, facts, updates);
  const pa = second(access.address, {
    read: access.kind === 'read' || access.kind === 'shadow-read',
    write: isWrite(access),
    fetch: isFetch(access),
    of: 'access',
    userLinear: access.user,
    cpl3: access.user,
    shadow: isShadow(access),
    supervisorShadow: isShadow(access) && supervisor(access),
  });
  return typeof pa === 'bigint' ? { is: 'allowed', pa, updates: merged(updates) } : pa;
}
