/**
 * arm64 Linux oops: `show_pte()` prints the entries of the walk, `mem_abort_decode()` the syndrome.
 *
 *     Unable to handle kernel paging request at virtual address ffff00000bca30d8
 *       ESR = 0x0000000096000005
 *     swapper pgtable: 4k pages, 48-bit VAs, pgdp=000000000148c000
 *     [ffff00000bca30d8] pgd=000000023f98a003, p4d=000000023f98a003, pud=000000023f98b003, pmd=0000000000000000
 *
 * A level that the configuration does not have is folded: its name repeats the entry above, or has a word of its own that is
 * no part of the walk.
 */

import { couldBeTable } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Entry, Fault, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';
import { classOf } from './abort-report.ts';
import { RELEASE_LINE, REPORT_LINE } from './report-lines.ts';

type Name = 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
/** The lookup level of each name where no level is folded. */
const NOMINAL: Readonly<Record<Name, number>> = { pgd: -1, p4d: 0, pud: 1, pmd: 2, pte: 3 };

interface Step {
  readonly name: Name;
  readonly word: bigint;
  readonly line: Line;
}
interface Oops {
  group: number;
  address?: bigint;
  /** Where the address, or else the syndrome, was said. */
  line?: Line;
  esr?: bigint;
  said: boolean;
  outside?: true;
  /** The address has eight digits: of arm64 it is where something else of the report is. */
  short?: boolean;
  granule?: '4K' | '16K' | '64K';
  startLevel?: number;
  width: 32 | 64;
  walk: Step[];
  /** Steps that were put on already. */
  put: number;
  started: number;
}
interface State {
  /** One report per CPU or task that prints: they interleave. */
  readonly open: Map<string, Oops>;
}
/** Reports open at once; more would be a hostile log. */
const MOST_OPEN = 64;
/** A continuation belongs to a walk that began at most this many lines before. */
const NEAR = 40;

const STEP = /^,? ?\*?(p4d|pud|pmd|pte)=([0-9a-f]{1,16})(?!`?[0-9a-zA-Z_])/;
/** arm64 kernels print entries in full: what is shorter beside one in full was cut off. */
const FULL = 16;

/** Levels of a walk in this configuration: 4K pages and 48-bit addresses have four. */
export const startLevel = (granuleKiB: number, vaBits: number): number => {
  const pageShift = 10 + Math.log2(granuleKiB);
  return 4 - Math.ceil((vaBits - pageShift) / (pageShift - 3));
};

function openOops(state: State, line: Line, out: Sink): Oops {
  const key = line.tag ?? '';
  const before = state.open.get(key);
  if (before) close(before, out);
  if (state.open.size >= MOST_OPEN) closeAll(state, out);
  const oops: Oops = {
    ...{ group: out.group(), said: false, width: 64, walk: [], put: 0, started: line.number },
  };
  state.open.set(key, oops);
  return oops;
}
const current = (state: State, line: Line, out: Sink): Oops =>
  state.open.get(line.tag ?? '') ?? openOops(state, line, out);

/** The report that an address belongs to: the one that is open, unless it has another already. */
function reportOf(address: bigint, state: State, line: Line, out: Sink): Oops {
  let oops = current(state, line, out);
  if (oops.walk.length > 0 || (oops.address !== undefined && oops.address !== address))
    oops = openOops(state, line, out);
  sayAddress(oops, address, line, out);
  return oops;
}

function sayAddress(oops: Oops, address: bigint, line: Line, out: Sink): void {
  oops.started = line.number;
  if (oops.address !== undefined) return;
  oops.address = address;
  oops.line = line;
  if (oops.esr !== undefined) sayFault(oops, out);
}

function saySyndrome(oops: Oops, esr: bigint, line: Line, out: Sink): void {
  if (oops.esr !== undefined) return;
  oops.esr = esr;
  oops.line ??= line;
  out.put(line, { is: 'register', name: 'ESR_EL1', value: esr }, oops.group);
  if (oops.address !== undefined) sayFault(oops, out);
}

/** The fault, once: when its address and its syndrome are known, or when no more of it can come. */
function sayFault(oops: Oops, out: Sink): void {
  const { address, esr, line, outside, walk, granule } = oops;
  if (oops.said || line === undefined || oops.width === 32) return;
  if (oops.short && esr === undefined && walk.length === 0 && granule === undefined) return;
  oops.said = true;
  out.put(line, known<Fault>({ is: 'fault', arch: 'arm64', address, esr, outside }), oops.group);
  if (address !== undefined) out.put(line, { is: 'register', name: 'FAR_EL1', value: address }, oops.group);
}

function close(oops: Oops, out: Sink): void {
  if (oops.put < oops.walk.length) sayWalk(oops, out);
  sayFault(oops, out);
}
function closeAll(state: State, out: Sink): void {
  for (const oops of state.open.values()) close(oops, out);
  state.open.clear();
}

/** The entries of a walk in a text; `rest` is what of it is none, `torn` where its last entry was cut off. */
function steps(text: string, line: Line, full: boolean): { more: Step[]; rest: string; torn: boolean } {
  const more: Step[] = [];
  let rest = text;
  for (;;) {
    const m = STEP.exec(rest);
    if (!m) return { more, rest: rest.replace(/^[\s,]*(?:\(bad\))?[\s,]*$/, ''), torn: false };
    rest = rest.slice(m[0].length);
    if (full && (m[2]?.length ?? 0) < FULL) return { more, rest, torn: true };
    more.push({ name: m[1] as Name, word: big(m[2]), line });
  }
}

function tellRest(rest: string, torn: boolean, line: Line, out: Sink): void {
  if (torn) out.trouble('an entry of an oops was cut off: it and what follows are left out', line);
  else if (rest !== '') out.trouble('text after the entries of an oops line was not understood', line);
}

/** What each name of a walk is. */
interface Place {
  readonly number?: number;
  readonly folded?: true;
  readonly unused?: true;
}

/**
 * Names above the first level repeat its entry where the kernel was built without these levels. A kernel that was built
 * with them and folds them when it starts reads for each the slot of another index, where anything may stand
 * [Linux 6.9, arch/arm64/include/asm/pgtable.h, pgd_to_folded_p4d() and p4d_to_folded_pud()].
 */
function placesOf(walk: readonly Step[], start: number | undefined): readonly Place[] {
  const [first] = walk;
  const different = walk.find(({ word }) => word !== first?.word);
  // an entry that is no table leads nowhere: what follows it comes from elsewhere
  const unrelated = first !== undefined && different !== undefined && !couldBeTable(first.word);
  const top = start ?? (different && NOMINAL[different.name] - (unrelated ? 0 : 1));
  if (top === undefined) return walk.map(({ name }) => (name === 'pgd' ? {} : { folded: true }));
  const at = walk.findIndex(({ name }) => NOMINAL[name] === top);
  const odd = at > 0 && walk.slice(0, at).some(({ word }) => word !== walk[at]?.word);
  return walk.map(({ name }, i): Place => {
    if (odd) return i < at ? { folded: true, unused: true } : { number: NOMINAL[name] };
    if (name === 'pgd') return { number: top };
    return NOMINAL[name] <= top ? { number: top, folded: true } : { number: NOMINAL[name] };
  });
}

/** Puts the entries on that were not yet. */
function sayWalk(oops: Oops, out: Sink): void {
  const places = placesOf(oops.walk, oops.startLevel);
  for (; oops.put < oops.walk.length; oops.put++) {
    const { name, word, line } = oops.walk[oops.put] as Step;
    const { number, folded, unused } = places[oops.put] as Place;
    const level: Level = known({ name: name.toUpperCase(), number });
    const regime: RegimeGuess | undefined =
      oops.width === 64 ? known<RegimeGuess>({ family: 'arm64.stage1', granule: oops.granule }) : undefined;
    out.put(
      line,
      known<Entry>({
        ...{ is: 'entry', word, width: oops.width, level, regime, input: oops.address, folded, unused },
      }),
      oops.group,
    );
  }
}

/** Are the levels settled by what is there of the walk? */
const isSettled = ({ walk, startLevel = 3 }: Oops): boolean =>
  walk.some(({ name }) => NOMINAL[name] >= startLevel) ||
  (walk.length > 1 &&
    walk.some(({ word }) => word !== walk[0]?.word && NOMINAL[walk.at(-1)?.name ?? 'pgd'] >= 2));

/** An ESR has its exception class above all else; a 32-bit Arm kernel prints FSRs, which are small. */
const isSyndrome = (esr: bigint): boolean => classOf(esr) !== 0n;

const FORGE = String.raw`\[(?:#|https?:\/\/\S{1,120}\/)\d{1,6}\]`;

export const arm64Oops = recogniser<State>({
  id: 'arm64.oops',
  title: 'arm64 Linux oops: the walk of the faulting address',
  wraps: true,
  arch: 'arm64',
  owner: 'linux',
  state: () => ({ open: new Map() }),
  rows: [
    {
      like: /^\[([0-9a-f]{8,16})\] \*?pgd=([0-9a-f]{1,16})(?!`?[0-9a-zA-Z_])(.*)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const [, address = '', pgd = '', after = ''] = m;
        const full = address.length === FULL || pgd.length === FULL;
        const { more, rest, torn } = steps(after, line, full);
        if (full && pgd.length < FULL) return line.last || after !== '' ? false : 'torn';
        if (torn && rest === '' && !line.last) return 'torn';
        const oops = reportOf(big(address), state, line, out);
        oops.walk.push({ name: 'pgd', word: big(pgd), line }, ...more);
        tellRest(rest, torn, line, out);
        if (!full) {
          oops.width = pgd.length <= 8 ? 32 : 64;
          out.trouble(
            '8-digit addresses: a 32-bit Arm kernel, whose short descriptors are not decoded',
            line,
          );
        }
        if (isSettled(oops)) sayWalk(oops, out);
        return true;
      },
    },
    {
      like: STEP,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const oops = state.open.get(line.tag ?? '') ?? [...state.open.values()].at(-1);
        const last = oops?.walk.at(-1);
        if (!oops || !last || line.number - oops.started > NEAR) return false;
        if (NOMINAL[m[1] as Name] <= NOMINAL[last.name]) return false;
        const { more, rest, torn } = steps(line.text, line, oops.width === 64);
        if (torn && rest === '' && !line.last) return 'torn';
        oops.walk.push(...more);
        tellRest(rest, torn, line, out);
        sayWalk(oops, out);
        return true;
      },
    },
    {
      like: /^\[([0-9a-f]{8,16})\] (address between user and kernel address ranges|user address but active_mm is swapper)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const oops = reportOf(big(m[1]), state, line, out);
        if (m[2]?.startsWith('address between')) oops.outside = true;
      },
    },
    {
      like: /^(swapper|user) pgtable: (\d{1,3})k pages, (\d{2})-bit VAs(,(?: pgdp? ?= ?)?$)?(?:, pgdp? ?= ?(0x)?([0-9a-f]{8,16})$)?/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (m[4] !== undefined && !line.last) return 'torn';
        let oops = current(state, line, out);
        if (oops.walk.length > 0) oops = openOops(state, line, out);
        const kib = Number(m[2]);
        const granule = ({ 4: '4K', 16: '16K', 64: '64K' } as const)[kib];
        if (granule === undefined) return false;
        oops.granule = granule;
        oops.startLevel = startLevel(kib, Number(m[3]));
        out.put(line, { is: 'fact', name: 'granule', value: granule }, oops.group);
        out.put(line, { is: 'fact', name: 'va bits', value: BigInt(m[3] ?? 0) }, oops.group);
        if (m[6] === undefined) return true;
        const doubtful = 'some kernels print a hashed pointer here';
        out.put(line, { is: 'fact', name: 'root', value: big(m[6]), doubtful }, oops.group);
        return true;
      },
    },
    {
      // up to 4.15, and of a 32-bit Arm kernel
      like: /^pgd = ([0-9a-f]{8,16}|\(ptrval\)|\(____ptrval____\))$/,
      proof: 0.8,
      read: (m, { line, state, out }) => {
        if (m[1]?.startsWith('(')) return;
        const { group } = current(state, line, out);
        out.put(line, { is: 'fact', name: 'root', value: big(m[1]), doubtful: 'a virtual address' }, group);
      },
    },
    {
      like: /^Unable to handle kernel .{0,120} (?:at|address) (?:virtual address )?([0-9a-f]{8,16})(?: when (?:read|write|execute))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const digits = m[1] ?? '';
        if (/^ffff/.test(digits) && digits.length > 8 && digits.length < FULL && !line.last) return 'torn';
        const oops = openOops(state, line, out);
        oops.short = digits.length === 8;
        sayAddress(oops, big(digits), line, out);
        return true;
      },
    },
    {
      // `Unhandled fault at 0x…`, `Unhandled fault: alignment fault (0x96000061) at 0x…`
      like: /^(?:Unhandled fault|Synchronous External Abort)(?:: .{1,80} \((0x[0-9a-f]{1,16})\))? at (0x[0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (m[1] !== undefined && !isSyndrome(big(m[1]))) return false;
        const oops = openOops(state, line, out);
        sayAddress(oops, big(m[2]), line, out);
        if (m[1] !== undefined) saySyndrome(oops, big(m[1]), line, out);
        return true;
      },
    },
    {
      // a process that is killed: its own address, or none in newer kernels
      like: /^\S.{0,40}\[\d{1,8}\]: unhandled .{1,80}? \(\d{1,2}\) at (0x[0-9a-f]{1,16}), (?:esr|ESR) (0x[0-9a-f]{8,16})(?:, .{0,120})?(?: in .{1,120})?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (!isSyndrome(big(m[2]))) return false;
        const oops = openOops(state, line, out);
        sayAddress(oops, big(m[1]), line, out);
        saySyndrome(oops, big(m[2]), line, out);
        return true;
      },
    },
    {
      like: /^(?:\S.{0,40}\[\d{1,8}\]: unhandled exception: .{1,60}, ESR |Unhandled 64-bit \w{1,12} \w{1,12} exception on CPU\d{1,5}, ESR |Bad mode in .{1,40} handler detected(?: on CPU\d{1,5})?, code |SError Interrupt on CPU\d{1,5}, code |ESR: )(0x[0-9a-f]{8,16})(?:, .{1,160}| -- .{1,80})?$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        if (!isSyndrome(big(m[1]))) return false;
        const open = current(state, line, out);
        const stands = /^ESR: /.test(line.text) || (open.esr === undefined && open.walk.length === 0);
        saySyndrome(stands ? open : openOops(state, line, out), big(m[1]), line, out);
        return true;
      },
    },
    {
      // with `ESR: 0x… -- DABT`, where the kernel's stack is at its end
      like: /^FAR: (0x[0-9a-f]{8,16})$/,
      proof: 0.8,
      read: (m, { line, state, out }) => {
        sayAddress(current(state, line, out), big(m[1]), line, out);
      },
    },
    {
      like: /^\s*ESR = (0x[0-9a-f]{1,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => saySyndrome(current(state, line, out), big(m[1]), line, out),
    },
    { like: /^\s*FSC = 0x[0-9a-f]{2}: /, proof: 0.9 },
    { like: /^(?:Mem|Data) abort info:/, proof: 0.9 },
    {
      like: /^\s*(?:EC = 0x|Exception class = |SET = \d, FnV|EA = \d, S1PTW|ISV = \d, ISS|CM = \d, WnR|Access size = |SSE = \d, SRT|SF = \d, AR|GCS = \d|TnD = )/,
      proof: 0.6,
    },
    {
      // Kernels up to 4.14 print no "Mem abort info": the syndrome stands here only. Forges make links of `[#1]`.
      like: new RegExp(`^Internal error: ?(?:.{0,100}: )?([0-9a-f]{8,16}) ${FORGE}`),
      proof: 0.7,
      read: (m, { line, state, out }) => {
        if (!isSyndrome(big(m[1]))) return;
        saySyndrome(current(state, line, out), big(m[1]), line, out);
      },
    },
    { like: new RegExp(`^Internal error: .{0,100}${FORGE}`), proof: 0.4 },
    {
      like: RELEASE_LINE,
      proof: 0.3,
      read: (m, { line, state, out }) => {
        const open = state.open.get(line.tag ?? '');
        if (open) out.put(line, { is: 'fact', name: 'release', value: m[1] ?? '' }, open.group);
      },
    },
    { like: REPORT_LINE, proof: 0.3 },
  ],
  end: closeAll,
});
