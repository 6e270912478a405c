/**
 * Second-stage walks that hypervisors print when something is wrong with them.
 *
 *     get_mmio_spte: detect reserved bits on spte, addr 0x268fe10, dump hierarchy:        KVM 4.2 to 5.11
 *     ------ spte 0x1000007abb7007 level 4.
 *     ------ spte = 0x8000007abb7007 level = 4, rsvd bits = 0xf800000000000               5.12 and later
 *     EPT: Misconfiguration.                                                              3.x, with `EPT: GPA: 0x…`
 *     ept_misconfig_inspect_spte: spte 0x1000007abb7007 level 4
 *     #VE 109fff8, spte[4] = 0x8010000136b61807, spte[3] = 0x8010000136b60807             6.10 and later
 *
 *     (XEN) d1v0 EPT violation 0x19c (--x/rw-) gpa 0x0000007ed373a1 mfn 0x33ed37 type 0   Xen
 *     (XEN) d1v0 Walking EPT tables for GFN 7ed37:
 *     (XEN) d1v0  epte 9c0000047eba3107
 *     (XEN) d1v0  --- GLA 0x7ed373a1
 *
 * [Linux arch/x86/kvm/mmu/mmu.c: get_mmio_spte; arch/x86/kvm/vmx/vmx.c of each era; Xen arch/x86/hvm/vmx/vmx.c,
 * arch/x86/mm/p2m-ept.c: ept_walk_table]
 */

import { pfnAddress, pfnOf } from '../../bits/pages.ts';
import { bitAt } from '../../bits/word.ts';
import { looksEpt } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Entry, Fault, RegimeGuess } from '../model.ts';
import { type At, big, known, recogniser, type Sink } from '../recogniser.ts';

interface Step {
  readonly line: Line;
  readonly level: number;
  readonly word: bigint;
}
interface State {
  group: number;
  /** The guest physical address that is walked. */
  input?: bigint;
  /** EPT for certain. */
  ept: boolean;
  walk: Step[];
  /** Reserved bits of this processor, as KVM prints them beside an entry. */
  reserved?: { readonly line: Line; readonly bits: bigint };
  fault?: { readonly line: Line; readonly exit: NonNullable<Fault['exit']>; readonly code?: bigint };
  linear?: bigint;
  /** Xen: the level of the next `epte`. */
  next: number;
}
const MOST = 8;

/** The run of reserved bits that ends at bit 51 begins where the physical address ends [SDM, MAXPHYADDR]. */
function widthOf(reserved: bigint): bigint | undefined {
  let bit = 51;
  while (bit >= 32 && bitAt(reserved, bit)) bit--;
  return bit === 51 || bit < 32 ? undefined : BigInt(bit + 1);
}

function say(state: State, out: Sink): void {
  const { walk, input, fault, linear, reserved, group } = state;
  state.walk = [];
  delete state.input;
  delete state.fault;
  delete state.linear;
  delete state.reserved;
  state.next = 4;
  const [top] = walk;
  // the entries that lead to the last tell which tables they are
  const upper = walk.slice(0, -1).map(({ word }) => looksEpt(word, false));
  const ept = state.ept || upper.filter(is => is === true).length > upper.filter(is => is === false).length;
  state.ept = false;
  if (fault && (ept || fault.exit !== 'ept-misconfiguration'))
    out.put(
      fault.line,
      known<Fault>({
        ...{ is: 'fault', arch: 'x86', exit: fault.exit, errorCode: fault.code },
        ...{ address: input, linear },
      }),
      group,
    );
  if (!top) return;
  if (!ept)
    out.assume('the hierarchy is of NPT or shadow paging, as its tables are marked accessed', top.line);
  const width = reserved && widthOf(reserved.bits);
  if (reserved && width !== undefined)
    out.put(reserved.line, { is: 'fact', name: 'MAXPHYADDR', value: width }, group);
  for (const { line, level, word } of walk)
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: 64,
        level: { name: `${level}`, number: level },
        input,
        regime: ept ? { family: 'x86.ept' } : ({ family: 'x86.npt' } satisfies RegimeGuess),
      }),
      group,
    );
}

function begin({ state, out }: At<State>, input?: bigint): void {
  say(state, out);
  state.group = out.group();
  if (input !== undefined) state.input = input;
}

function step(level: number, word: bigint, { line, state, out }: At<State>): void {
  const above = state.walk.at(-1);
  if (above && (level >= above.level || state.walk.length >= MOST)) say(state, out);
  if (state.group === 0) state.group = out.group();
  state.walk.push({ line, level, word });
}

const HEX = '(?:0x)?([0-9a-f]{1,16})';
/** Xen names the place of its source, or the domain and its VCPU. */
const XEN = '(?:[\\w./-]{1,60}:\\d{1,5}:? ?)?(?:d\\d{1,5}v\\d{1,5} )?';

export const secondStage = recogniser<State>({
  id: 'x86.second-stage',
  title: 'EPT or NPT walk of KVM or Xen',
  arch: 'x86',
  state: () => ({ group: 0, ept: false, walk: [], next: 4 }),
  rows: [
    {
      like: new RegExp(
        `^(?:\\w{1,60}: )?(?:detect reserved bits on spte|reserved bits set on MMU-present spte), addr ${HEX}, (?:dump )?hierarchy:$`,
      ),
      proof: 1,
      read: (m, at) => {
        begin(at, big(m[1]));
        at.state.fault = { line: at.line, exit: 'ept-misconfiguration' };
      },
    },
    {
      like: new RegExp(`^-{2,8} spte ${HEX} level (\\d)\\.?$`),
      proof: 1,
      read: (m, at) => step(Number(m[2]), big(m[1]), at),
    },
    {
      like: new RegExp(`^-{2,8} spte = ${HEX} level = (\\d), rsvd bits = ${HEX}$`),
      proof: 1,
      read: (m, at) => {
        step(Number(m[2]), big(m[1]), at);
        // large pages have reserved bits of their own beside
        if (m[2] === '1' || at.state.reserved === undefined)
          at.state.reserved = { line: at.line, bits: big(m[3]) };
      },
    },
    {
      like: /^(?:ept|EPT): Misconfiguration\.?$/,
      proof: 1,
      read: (_, at) => {
        begin(at);
        at.state.ept = true;
        at.state.fault = { line: at.line, exit: 'ept-misconfiguration' };
      },
    },
    {
      like: /^(?:ept|EPT): Handling EPT violation failed!?$/,
      proof: 1,
      read: (_, at) => {
        begin(at);
        at.state.ept = true;
        at.state.fault = { line: at.line, exit: 'ept-violation' };
      },
    },
    {
      like: new RegExp(`^(?:ept|EPT): GPA: ${HEX}(?:, GVA: ${HEX})?$`),
      proof: 1,
      read: (m, { state }) => {
        state.input = big(m[1]);
        if (m[2] !== undefined) state.linear = big(m[2]);
      },
    },
    {
      like: new RegExp(`^(?:ept|EPT): Exit qualification is ${HEX}$`),
      proof: 1,
      read: (m, { line, state }) => {
        state.fault = { line, exit: 'ept-violation', code: big(m[1]) };
      },
    },
    {
      like: new RegExp(`^ept_misconfig_inspect_spte: spte ${HEX} level (\\d)$`),
      proof: 1,
      read: (m, at) => {
        at.state.ept = true;
        step(Number(m[2]), big(m[1]), at);
      },
    },
    {
      like: new RegExp(`^ept_misconfig_inspect_spte: rsvd_bits = ${HEX}$`),
      proof: 1,
      read: (m, { line, state }) => {
        state.reserved ??= { line, bits: big(m[1]) };
      },
    },
    { like: /^ept_misconfig_inspect_spte: ept_mem_type=/, proof: 1 },
    {
      like: /^(?:#VE|VM-Enter|VM-Exit|[\w -]{1,30}) ([0-9a-f]{1,13})((?:, spte\[\d\] = 0x[0-9a-f]{1,16}){1,5})$/,
      proof: 1,
      read: (m, at) => {
        begin(at, big(m[1]));
        at.state.ept = true;
        for (const [, level, word] of (m[2] ?? '').matchAll(/spte\[(\d)\] = (0x[0-9a-f]+)/g))
          step(Number(level), big(word), at);
        say(at.state, at.out);
      },
    },
    {
      // the access and what the entries permit are in the qualification
      like: new RegExp(
        `^${XEN}EPT violation ${HEX} \\([-rwxe]{3}/[-rwxe]{3}\\),? gpa ${HEX},? mfn (?:0x)?[0-9a-f]{1,16},? type -?\\d{1,3}\\.?$`,
      ),
      proof: 1,
      read: (m, at) => {
        begin(at, big(m[2]));
        at.state.ept = true;
        at.state.fault = { line: at.line, exit: 'ept-violation', code: big(m[1]) };
      },
    },
    {
      like: new RegExp(`^${XEN}(?:SVM violation|EPT misconfig\\w*) gpa ${HEX}\\b`),
      proof: 0.9,
      read: (m, at) => {
        begin(at, big(m[1]));
        const nested = m[0].includes('SVM');
        at.state.ept = !nested;
        at.state.fault = {
          ...{ line: at.line, exit: nested ? 'nested-page-fault' : 'ept-misconfiguration' },
        };
      },
    },
    {
      like: new RegExp(`^${XEN}Walking EPT tables for (?:GFN|domain \\d{1,5} gfn) ([0-9a-f]{1,13}):?$`),
      proof: 1,
      read: (m, at) => {
        const { state, out } = at;
        const gfn = big(m[1]);
        // the violation above has the whole address
        if (state.input === undefined || pfnOf(state.input) !== gfn || state.walk.length > 0)
          begin(at, pfnAddress(gfn));
        state.ept = true;
        state.next = 4;
        if (state.group === 0) state.group = out.group();
      },
    },
    {
      like: new RegExp(`^${XEN} {0,2}epte ([0-9a-f]{1,16})$`),
      proof: 1,
      read: (m, at) => {
        const { state } = at;
        if (!state.ept || state.next < 1) return false;
        step(state.next, big(m[1]), at);
        state.next--;
        return true;
      },
    },
    {
      like: new RegExp(`^${XEN} {0,2}--- GLA ${HEX}$`),
      proof: 1,
      read: (m, { state, out }) => {
        if (state.group === 0) return false;
        state.linear = big(m[1]);
        say(state, out);
        return true;
      },
    },
    { like: new RegExp(`^${XEN} {0,2}gfn exceeds max_mapped_pfn `), proof: 0.9 },
  ],
  end: say,
});
