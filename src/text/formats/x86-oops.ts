/**
 * x86 Linux reports of page faults, from 2.4 on: the address, the error code, and the entries of the walk from the top to
 * the first that is not present or maps a page [arch/x86/mm/fault.c: show_fault_oops, dump_pagetable, pgtable_bad].
 *
 *     BUG: unable to handle page fault for address: ffffc9000002d000      5.2 and later
 *     #PF: error_code(0x000b) - reserved bit violation
 *     PGD 3400067 P4D 3400067 PUD 35a7067 PMD 35a8067 PTE 800000fffffee163
 *     CR2: ffffc9000002d000 CR3: 0000000006202000 CR4: 0000000000750ef0
 *
 *     BUG: unable to handle kernel paging request at ffff9d6c14e52038     before: the code stands behind `Oops:`
 *     #PF error: [PROT] [WRITE]                                           5.0 and 5.1
 *     Oops: 0003 [#1] SMP PTI
 *
 * With four levels P4D repeats PGD; `BAD` ends a walk whose next table could not be read. 32-bit kernels print
 * `*pdpt = … *pde = … *pte = …`. `segfault at` lines have the address and the error code, and no walk.
 */
import type { Line } from '../lines.ts';
import type { Entry, Fault, Level, RegimeGuess } from '../model.ts';
import { type At, big, known, recogniser, type Sink } from '../recogniser.ts';
import { REPORT_LINE } from './report-lines.ts';

interface Step {
  readonly name: string;
  readonly word: bigint;
  readonly line: Line;
}
interface Oops {
  readonly group: number;
  address?: bigint;
  /** Where the fault was told. */
  line?: Line;
  errorCode?: bigint;
  /** The first lines are those that Linux of every architecture has: a fault only where something of x86 follows. */
  tentative?: true;
  /** A kernel of 5.2 or later wrote it: folded levels are printed. */
  recent?: true;
  said: boolean;
  walk: Step[];
  /** Steps that were put already. */
  put: number;
  started: number;
}
interface State {
  readonly open: Map<string, Oops>;
  /** `printing eip:` ended its line: the number is on the next. */
  eip?: number;
}
const MOST_OPEN = 64;
const NEAR = 40;
const LOWER: Readonly<Record<string, number>> = { PTE: 1, PMD: 2, PUD: 3, P4D: 4, PGD: 5 };

function openOops(state: State, line: Line, out: Sink): Oops {
  const key = line.tag ?? '';
  const before = state.open.get(key);
  if (before) close(before, out);
  if (state.open.size >= MOST_OPEN) closeAll(state, out);
  const oops: Oops = { group: out.group(), said: false, walk: [], put: 0, started: line.number };
  state.open.set(key, oops);
  return oops;
}
const current = (state: State, line: Line, out: Sink): Oops =>
  state.open.get(line.tag ?? '') ?? openOops(state, line, out);

/** A report with an address of its own. */
function report(address: bigint | undefined, { line, state, out }: At<State>): Oops {
  const oops = openOops(state, line, out);
  oops.line = line;
  if (address !== undefined) oops.address = address;
  return oops;
}

/** The fault, once: when address and code are known, or when no more of it can come. */
function sayFault(oops: Oops, out: Sink): void {
  const { address, errorCode, line } = oops;
  if (oops.said || line === undefined || oops.tentative) return;
  oops.said = true;
  out.put(line, known<Fault>({ is: 'fault', arch: 'x86', address, errorCode }), oops.group);
}

function sayCode(oops: Oops, code: bigint, line: Line, out: Sink): void {
  oops.errorCode ??= code;
  oops.line ??= line;
  delete oops.tentative;
  if (oops.address !== undefined) sayFault(oops, out);
}

function close(oops: Oops, out: Sink): void {
  sayWalk(oops, out);
  sayFault(oops, out);
}
function closeAll(state: State, out: Sink): void {
  for (const oops of state.open.values()) close(oops, out);
  state.open.clear();
}

const STEP = /^(P4D|PUD|PMD|PTE) ([0-9a-f]{1,16})(?: |$)/;

/** The steps in a text; undefined where something else stands among them. */
function steps(text: string, line: Line): Step[] | undefined {
  const found: Step[] = [];
  let rest = text.trimStart();
  while (rest !== '' && rest !== 'BAD') {
    const m = STEP.exec(rest);
    if (!m) return undefined;
    found.push({ name: m[1] as string, word: big(m[2]), line });
    rest = rest.slice(m[0].length).trimStart();
  }
  return found;
}

/** Kernels with a folded level print it, since 4.12: what has no P4D there is older, or has five levels. */
function modeOf({ walk: [pgd, second], recent }: Oops, la57: boolean | undefined): RegimeGuess['mode'] {
  if (second !== undefined) return second.name !== 'P4D' || second.word === pgd?.word ? '4l' : '5l';
  return (la57 ?? recent) ? '5l' : '4l';
}

/** @param la57 CR4.LA57, where the report says it */
function sayWalk(oops: Oops, out: Sink, la57?: boolean): void {
  const { walk, put } = oops;
  if (walk.length === put) return;
  oops.put = walk.length;
  delete oops.tentative;
  const mode = modeOf(oops, la57);
  for (const { name, word, line } of walk.slice(put)) {
    const folded = name === 'P4D' && mode === '4l';
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: 64,
        level: { name, number: name === 'PGD' && mode === '4l' ? 4 : (LOWER[name] as number) },
        input: oops.address,
        regime: known<RegimeGuess>({ family: 'x86.pte', mode }),
        folded: folded ? (true as const) : undefined,
      }),
      oops.group,
    );
  }
}

const sayBad = (line: Line, out: Sink): void =>
  out.trouble('the kernel could not read a table of the walk (BAD)', line);

const NARROW = /\*(pdpt|pmd|pde|pte) = ([0-9a-f]{8,16})(?!`?[0-9a-zA-Z_])/g;
const NARROW_LEVEL: Readonly<Record<string, number>> = { pdpt: 3, pmd: 2, pde: 2, pte: 1 };

/** `*pdpt = … *pde = … *pte = …` of a 32-bit kernel. */
function narrow(text: string, { line, state, out }: At<State>): void {
  const oops = current(state, line, out);
  delete oops.tentative;
  const pae = oops.walk.length > 0 || /\*pdpt|\*(?:pde|pte) = [0-9a-f]{16}/.test(text);
  for (const [, name = '', digits = ''] of text.matchAll(NARROW)) {
    const word = big(digits);
    if (pae) oops.walk.push({ name, word, line });
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: pae ? 64 : 32,
        level: known<Level>({ name, number: NARROW_LEVEL[name] }),
        input: oops.address,
        regime: { family: 'x86.pte', mode: pae ? 'pae' : '32' },
      }),
      oops.group,
    );
  }
  oops.put = oops.walk.length;
}

/** Bits of the error code by the words of 5.0 and 5.1, and none where the words say a normal read by the kernel. */
const CODE_BIT: Readonly<Record<string, bigint>> = {
  PROT: 1n,
  WRITE: 2n,
  USER: 4n,
  RSVD: 8n,
  INSTR: 16n,
  PK: 32n,
};

const HEX = '(?:0x)?([0-9a-f]{1,16})(?!`?\\w)';
const REGISTERS = ['CR0', 'CR2', 'CR3', 'CR4'] as const;
/** CR4.LA57 [SDM vol. 3A, "Control Registers"]. */
const LA57 = 0x1000n;

export const x86Oops = recogniser<State>({
  id: 'x86.oops',
  owner: 'linux',
  title: 'x86 Linux oops: the walk of the faulting address',
  wraps: true,
  arch: 'x86',
  state: () => ({ open: new Map() }),
  rows: [
    {
      like: /^PGD ([0-9a-f]{1,16})((?: (?:P4D|PUD|PMD|PTE) [0-9a-f]{1,16}){0,4}(?: BAD)?)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        let oops = current(state, line, out);
        if (oops.walk.length > 0) oops = openOops(state, line, out);
        oops.started = line.number;
        delete oops.tentative;
        oops.walk.push({ name: 'PGD', word: big(m[1]), line }, ...(steps(m[2] ?? '', line) ?? []));
        // alone, what follows says which level it is
        if (oops.walk.length > 1) sayWalk(oops, out);
        if (line.text.endsWith('BAD')) sayBad(line, out);
      },
    },
    {
      like: STEP,
      proof: 0.8,
      read: (_, { line, state, out }) => {
        const oops = state.open.get(line.tag ?? '') ?? [...state.open.values()].at(-1);
        if (!oops || oops.walk.length === 0 || line.number - oops.started > NEAR) return false;
        const more = steps(line.text, line);
        if (!more) return false;
        oops.walk.push(...more);
        sayWalk(oops, out);
        if (line.text.endsWith('BAD')) sayBad(line, out);
        return true;
      },
    },
    {
      like: /^BAD$/,
      proof: 0.6,
      read: (_, { line, state, out }) => {
        if (![...state.open.values()].some(({ started }) => line.number - started <= NEAR)) return false;
        sayBad(line, out);
        return true;
      },
    },
    {
      like: /^(?: ?printing ei?p: [0-9a-f]{8} )?(?=\*(?:pdpt|pmd|pde|pte) = [0-9a-f]{8,16}(?: |$))/,
      proof: 1,
      read: (m, at) => narrow(m.input.slice(m[0].length), at),
    },
    {
      like: /^ ?printing [er]ip: ?([0-9a-f]{8,16})?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        delete current(state, line, out).tentative;
        if (m[1] === undefined) state.eip = line.number;
      },
    },
    {
      like: /^[0-9a-f]{8,16}$/,
      proof: 0.5,
      read: (_, { line, state }) => {
        const expected = state.eip !== undefined && line.number <= state.eip + 2;
        delete state.eip;
        return expected;
      },
    },
    {
      like: new RegExp(
        `^BUG: (?:unable to handle|kernel NULL pointer|KASAN: )[^:]{0,80}?(?:address: ?| at )(?:virtual address )?\\s{0,16}(?:${HEX}|\\(null\\)|\\(_{0,4}ptrval_{0,4}\\))`,
      ),
      proof: 1,
      read: (m, at) => {
        const hashed = m[0].includes('ptrval');
        report(hashed ? undefined : big(m[1]), at);
      },
    },
    {
      // Linux of many architectures began so once; arm64 and Arm have other lines behind it.
      like: new RegExp(
        `^Unable to handle kernel (?:paging request|NULL pointer dereference) at (?:virtual address )?${HEX}(?: (RIP:|printing [er]ip:))?$`,
      ),
      proof: 0.5,
      read: (m, at) => {
        const oops = report(big(m[1]), at);
        if (m[2] === undefined) oops.tentative = true;
        if (m[2]?.startsWith('printing')) at.state.eip = at.line.number;
      },
    },
    {
      like: /^#PF: error_code\((0x[0-9a-f]{1,8})\)/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const oops = current(state, line, out);
        oops.recent = true;
        sayCode(oops, big(m[1]), line, out);
      },
    },
    { like: /^#PF: (?:supervisor|user) /, proof: 0.9 },
    {
      like: /^#PF error: (?:\[normal kernel read fault\]|((?:\[[A-Z]{2,8}\] ?){1,8}))$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const words = [...(m[1] ?? '').matchAll(/[A-Z]+/g)].map(([word]) => word);
        const strange = words.filter(word => CODE_BIT[word] === undefined);
        if (strange.length > 0) {
          out.trouble(`words of the error code are not known: ${strange.join(', ')}`, line);
          return; // the number behind `Oops:` says it
        }
        const code = words.reduce((sum, word) => sum | (CODE_BIT[word] as bigint), 0n);
        sayCode(current(state, line, out), code, line, out);
      },
    },
    {
      like: /^(?:Oops: )?(?:Oops|Bad pagetable): (?:([a-z ]{1,20}) )?([0-9a-f]{4,8})(?: \[#?\d{1,6}\]| ?$)/i,
      proof: 0.6,
      read: (m, { line, state, out }) => {
        const oops = state.open.get(line.tag ?? '');
        // an oops for another reason has the code of that
        if (!oops || line.number - oops.started > NEAR) return;
        sayWalk(oops, out);
        sayCode(oops, big(m[2]), line, out);
      },
    },
    {
      like: new RegExp(`^.{1,40}: Corrupted page table at address ${HEX}$`),
      proof: 1,
      read: (m, at) => {
        report(big(m[1]), at);
      },
    },
    {
      // 32-bit kernels name eip and esp, old 64-bit ones rip and rsp
      like: new RegExp(
        `^.{1,40}\\[\\d{1,10}\\]:? segfault at ${HEX} [er]?ip:? (?:0x)?[0-9a-f]{1,16} [er]?sp:? (?:0x)?[0-9a-f]{1,16} error:? ([0-9a-f]{1,8})(?: |$)`,
      ),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, { is: 'fault', arch: 'x86', address: big(m[1]), errorCode: big(m[2]) }, out.group()),
    },
    {
      like: /^CR2: ([0-9a-f]{8,16})(?: CR3: ([0-9a-f]{8,16}) CR4: ([0-9a-f]{8,16}))?$/,
      proof: 0.7,
      read: (m, { line, state, out }) => {
        const oops = current(state, line, out);
        if (m[3] !== undefined) sayWalk(oops, out, (big(m[3]) & LA57) !== 0n);
        for (const [i, digits] of [m[1], m[2], m[3]].entries())
          if (digits !== undefined)
            out.put(
              line,
              { is: 'register', name: REGISTERS[i + 1] as string, value: big(digits) },
              oops.group,
            );
      },
    },
    {
      like: /^(?:CS|DS): .{0,60}\bCR0: ([0-9a-f]{8,16})$/,
      proof: 0.7,
      read: (m, { line, state, out }) =>
        out.put(line, { is: 'register', name: 'CR0', value: big(m[1]) }, current(state, line, out).group),
    },
    {
      like: /^CR0: ([0-9a-f]{8,16}) CR2: ([0-9a-f]{8,16}) CR3: ([0-9a-f]{8,16}) CR4: ([0-9a-f]{8,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const { group } = current(state, line, out);
        for (const [i, name] of REGISTERS.entries())
          out.put(line, { is: 'register', name, value: big(m[i + 1]) }, group);
      },
    },
    {
      // what stands in every report, and says nothing of memory
      like: /^(?:[ER]?IP: |[ER]?IP {1,4}: ?|Code: |Call Trace:|kernel tried to (?:execute|access)|unable to execute userspace code|note: .{1,40} exited with)/,
      proof: 0.55,
      read: (_, { line, state }) => state.open.has(line.tag ?? ''),
    },
    { like: REPORT_LINE, proof: 0.3 },
  ],
  end: closeAll,
});
