/**
 * Xen's walks.
 *
 *     Pagetable walk from ffff82d080400000:                              x86
 *      L4[0x105] = 00000000bf2a1063 ffffffffffffffff                     entry, guest frame or all ones
 *      L2[0x002] = 80000000bf0001e3 ffffffffffffffff (PSE)
 *
 *     Walking Hypervisor VA 0x40 on CPU0 via TTBR 0x0000000046948000      Arm, Xen's own tables
 *     dom1 IPA 0x0000000038000000                                         Arm, a guest's second stage
 *     0TH[0x000] = 0x46940f7f
 */
import { pfnAddress, pfnOf } from '../../bits/pages.ts';
import type { Line } from '../lines.ts';
import type { Entry } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';
import { AbortReport, syndromeOf } from './abort-report.ts';
import { hpfarOf } from './arm64-aborts.ts';

interface X86State {
  group: number;
  input?: bigint;
  walk: { line: Line; level: number; word: bigint; digits: number }[];
}

/** The mode shows in the top level; known when the walk is over. */
function sayX86(state: X86State, out: Sink): void {
  const top = Math.max(0, ...state.walk.map(({ level }) => level));
  const wide = state.walk.some(({ digits }) => digits > 8);
  const mode = top >= 4 ? '4l' : top === 3 ? 'pae' : wide ? 'pae' : '32';
  for (const { line, level, word } of state.walk)
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: mode === '32' ? 32 : 64,
        level: { name: `L${level}`, number: level },
        input: state.input,
        regime: { family: 'x86.pte', mode },
      }),
      state.group,
    );
  state.walk = [];
}

export const xenX86 = recogniser<X86State>({
  id: 'xen.x86-walk',
  title: 'Xen page-table walk (x86)',
  wraps: true,
  arch: 'x86',
  state: () => ({ group: 0, walk: [] }),
  rows: [
    {
      like: /^ {0,4}L([1-4])\[0x([0-9a-f]{1,3})\] = ([0-9a-f]{8,16}) ([0-9a-f]{8,16})(?: \(PSE\))?$/,
      proof: 1,
      read: (m, { line, state }) => {
        if (state.walk.length < 8)
          state.walk.push({ line, level: Number(m[1]), word: big(m[3]), digits: m[3]?.length ?? 16 });
      },
    },
    {
      like: /^Pagetable walk from (?:0x)?([0-9a-f]{8,16}):$/,
      proof: 1,
      read: (m, { state, out }) => {
        sayX86(state, out);
        state.group = out.group();
        state.input = big(m[1]);
      },
    },
  ],
  end: sayX86,
});

interface ArmState {
  readonly report: AbortReport;
  group: number;
  input?: bigint;
  /** Undefined until a heading says whose tables these are. */
  second?: boolean;
  /** The last abort of a guest: a walk of its address is of this abort. */
  guest?: { readonly ipa: bigint; readonly group: number };
}
const LEVEL: Readonly<Record<string, number>> = { '0TH': 0, '1ST': 1, '2ND': 2, '3RD': 3 };

/** The group of a walk, and who wrote these tables. */
function walks(state: ArmState, group: number, input: bigint, line: Line, out: Sink): void {
  state.group = group;
  state.input = input;
  out.put(line, { is: 'fact', name: 'owner', value: 'xen' }, group);
}

export const xenArm = recogniser<ArmState>({
  id: 'xen.arm-walk',
  title: 'Xen page-table walk (Arm)',
  wraps: true,
  arch: 'arm64',
  state: () => ({ group: 0, report: new AbortReport(2) }),
  rows: [
    {
      like: /^(0TH|1ST|2ND|3RD)\[0x([0-9a-f]{1,3})\] = 0x([0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (state.second === undefined)
          out.assume('a walk without heading is of the hypervisor: stage 1 of EL2', line);
        out.put(
          line,
          known<Entry>({
            is: 'entry',
            word: big(m[3]),
            width: 64,
            level: { name: m[1] ?? '', number: LEVEL[m[1] ?? ''] ?? 0 },
            input: state.input,
            regime: state.second
              ? { family: 'arm64.stage2', granule: '4K' }
              : { family: 'arm64.stage1', granule: '4K', regime: 'EL2' },
          }),
          state.group,
        );
      },
    },
    {
      // `traps.c:1986:d0v1 HSR=… pc=… gva=… gpa=…`
      like: /^(?:\S{1,40}:\d{1,6}:)?(?:d\d{1,5}v\d{1,4}:? )?HSR=(0x[0-9a-f]{1,16}) pc=0x[0-9a-f]{1,16} gva=(0x[0-9a-f]{1,16}) gpa=(0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const ipa = big(m[3]);
        state.report.begin(line, out);
        state.report.take(line, { esr: big(m[1]), far: big(m[2]), hpfar: hpfarOf(ipa) }, out);
        state.guest = { ipa, group: state.report.walked?.group ?? 0 };
      },
    },
    {
      like: /^(?:\S{1,40}:\d{1,6}:)?(?:d\d{1,5}v\d{1,4}:? )?(?:Hypervisor Trap\.|Unsupported D?FSC:) HSR=(0x[0-9a-f]{1,16}) (?:EC|DFSC)=/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.report.begin(line, out);
        state.report.take(line, { esr: big(m[1]) }, out);
      },
    },
    {
      // Xen's own abort, by class and the rest of the syndrome
      like: /^(Data|Instruction) Abort Trap\. Syndrome=(0x[0-9a-f]{1,8})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const ec = m[1] === 'Data' ? 0x25n : 0x21n;
        state.report.begin(line, out);
        state.report.take(line, { esr: syndromeOf(ec, 1n, big(m[2])) }, out);
      },
    },
    {
      like: /^Walking Hypervisor VA (0x[0-9a-f]{1,16}) on CPU\d{1,4} via TTBR (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const { report } = state;
        if (report.hasSyndrome) report.take(line, { far: big(m[1]) }, out);
        else report.begin(line, out);
        report.take(line, { registers: { TTBR0_EL2: big(m[2]) } }, out);
        walks(state, report.walked?.group ?? 0, big(m[1]), line, out);
        state.second = false;
      },
    },
    {
      like: /^dom\d{1,5} IPA (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const ipa = big(m[1]);
        const own = state.guest && pfnOf(state.guest.ipa) === pfnOf(ipa) ? state.guest.group : undefined;
        walks(state, own ?? out.group(), ipa, line, out);
        state.second = true;
      },
    },
    {
      like: /^P2M @ (?:0x)?[0-9a-f]{1,16} mfn:(0x[0-9a-f]{1,12})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        // without the line of the address above it: a guest's tables all the same
        if (state.second !== true) {
          state.group = out.group();
          delete state.input;
          out.put(line, { is: 'fact', name: 'owner', value: 'xen' }, state.group);
          state.second = true;
        }
        out.put(line, { is: 'fact', name: 'root', value: pfnAddress(big(m[1])) }, state.group);
      },
    },
    {
      like: /^Using concatenated root table (\d{1,3})$/,
      proof: 0.9,
      read: (m, { line, out }) =>
        out.assume(`the root is concatenated; this walk begins in table ${m[1]}`, line),
    },
    { like: /^(?:CPU\d{1,4}: )?Unexpected Trap: /, proof: 0.9 },
  ],
  end: ({ report }, out) => report.close(out),
});
