/**
 * Walks and changes as other tools log them: libaddrxlat step by step, KVM's ftrace events.
 *
 *     4016fc: L4@487c000=7278067 L3@7278000=70fd067 L2@70fd010=7279067 L1@7279008=3309025 -> 33096fc
 *     kvm_mmu_set_spte: gfn 3 spte 6000000029d0b77 (rwxu) level 1 at 79f3018
 *     kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0x7ffff0 info1 0x0000000000000181 info2 0x0000000000000000 …
 *     kvm_page_fault: vcpu 0 rip 0x7ffff0 address 0x00000000fee00000 error_code 0x181
 */
import { pfnAddress } from '../../bits/pages.ts';
import { isLarge, looksArm64, looksEpt } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Entry, Fault, RegimeGuess, Translation } from '../model.ts';
import { type At, big, known, recogniser } from '../recogniser.ts';
import { granuleOf } from './granule.ts';

const STEP = /L(\d)@([0-9a-f]{1,16})=([0-9a-f]{1,16})(?!`?[0-9a-zA-Z_])/g;

export const addrxlat = recogniser({
  id: 'addrxlat.walk',
  title: 'libaddrxlat walk',
  wraps: true,
  map: { holes: true, ofAnyAddresses: true },
  state: () => ({}),
  rows: [
    {
      like: /^([0-9a-f]{1,16}):((?: L\d@[0-9a-f]{1,16}=[0-9a-f]{1,16}){1,6})(?: -> (?:([0-9a-f]{1,16})|(\S.{0,120})))?$/,
      proof: 1,
      read: (m, { line, out }) => {
        if (m[3] === undefined && m[4] === undefined && !line.last) return 'torn';
        const steps = [...(m[2] ?? '').matchAll(STEP)].map(([, level, at, word]) => ({
          level: Number(level),
          at: big(at),
          word: big(word),
        }));
        const group = out.group();
        const input = big(m[1]);
        const arm64 = looksArm64(steps.map(({ word }) => word));
        out.assume(`the walk is ${arm64 ? 'arm64' : 'x86'}, as its entries look`, line);
        const granule = arm64
          ? granuleOf(
              steps.map(({ level, at, word }) => ({ level: 4 - level, at, word })),
              input,
            )
          : undefined;
        const top = steps[0]?.level ?? 4;
        const narrow = top === 2 && steps.every(({ at, word }) => word <= 0xffff_ffffn && at <= 0xffff_ffffn);
        const mode: RegimeGuess['mode'] =
          top === 5 ? '5l' : top === 4 ? '4l' : top === 3 ? 'pae' : narrow ? '32' : 'pae';
        for (const [i, { level, at, word }] of steps.entries())
          out.put(
            line,
            known<Entry>({
              is: 'entry',
              word,
              width: !arm64 && narrow ? 32 : 64,
              // libaddrxlat counts from the leaf table, as x86 does.
              level: { name: `L${level}`, number: arm64 ? 4 - level : level },
              at,
              atSpace: 'pa',
              input,
              output: i === steps.length - 1 && m[3] !== undefined ? big(m[3]) : undefined,
              regime: arm64
                ? known<RegimeGuess>({ family: 'arm64.stage1', granule })
                : { family: 'x86.pte', mode },
            }),
            group,
          );
        if (m[3] !== undefined || m[4] !== undefined)
          out.put(
            line,
            known<Translation>({
              is: 'translation',
              input,
              inputSpace: 'va',
              output: m[3] === undefined ? undefined : big(m[3]),
              outputSpace: 'pa',
              reason: m[4],
            }),
            group,
          );
        return true;
      },
    },
  ],
});

interface TarmacState {
  /** By stage: the walk that is being logged. */
  readonly open: Map<string, { group: number; level: number }>;
}

export const tarmac = recogniser<TarmacState>({
  id: 'tarmac.walk',
  title: 'Tarmac trace of table walks (Fast Models)',
  wraps: true,
  arch: 'arm64',
  state: () => ({ open: new Map() }),
  rows: [
    {
      // stage and level, the place of the entry, the entry
      like: /^(?:\d{1,20} (?:[a-z]{2,3} )?(?:[\w.]{1,80} )?)?TTW [DI]TLB LPAE ([12]):(-?\d) ([0-9a-f]{8,16}) ([0-9a-f]{16}) : (?:BLOCK|TABLE|PAGE|INVALID|FAULT|[A-Z]{3,12})(?: .{0,200})?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const [, stage = '', level = ''] = m;
        const open = state.open.get(stage);
        const number = Number(level);
        const group = open !== undefined && number > open.level ? open.group : out.group();
        state.open.set(stage, { group, level: number });
        out.put(
          line,
          {
            ...{ is: 'entry', word: big(m[4]), width: 64, at: big(m[3]), atSpace: 'pa' },
            level: { name: level, number },
            regime: { family: stage === '1' ? 'arm64.stage1' : 'arm64.stage2' },
          },
          group,
        );
      },
    },
    {
      like: /^(?:\d{1,20} (?:[a-z]{2,3} )?(?:[\w.]{1,80} )?)?(?:TTW|TLB) (?:[DI]TLB|FILL|[A-Z]{2,8}) /,
      proof: 0.6,
      read: (_, { line }) => (!line.last && /TTW [DI]TLB LPAE/.test(line.text) ? 'torn' : true),
    },
  ],
});

/** ftrace, trace-cmd and perf: the task, its number, the processor, flags, the time; perf names the system too. */
const FTRACE_LINE = String.raw`^\s{0,16}\S[^\]]{0,39}[- ]\d{1,8}(?:/\d{1,8})?\s{1,8}(?:\([\s\d-]{1,10}\)\s{1,4})?\[\d{3,4}\]\s{1,4}(?:\S{4,6}\s{1,12})?\d{1,10}\.\d{6,9}: {1,12}(?:kvm(?:mmu)?:|exceptions:)?`;
const FTRACE = `(?:${FTRACE_LINE}|^)`;

/** What the last exit of a VCPU said; the event after it has the address. */
interface Exit {
  readonly line: Line;
  readonly exit: NonNullable<Fault['exit']>;
  readonly code?: bigint;
}
interface KvmState {
  /** By the task that runs the VCPU. */
  readonly exits: Map<string, Exit>;
}
const MOST_EXITS = 256;

/** The task and its number in front of an event; events cut from a trace are one task's. */
const taskOf = (text: string): string =>
  /^\s{0,16}(\S[^\]]{0,39}[- ]\d{1,8})(?:\/\d{1,8})?\s{1,8}[[(]/.exec(text)?.[1] ?? '';

function sayExit(task: string, { state, out }: At<KvmState>, address?: bigint): Exit | undefined {
  const before = state.exits.get(task);
  state.exits.delete(task);
  if (!before) return undefined;
  const { line, exit, code } = before;
  // MMIO exits by the thousand: without an address there is nothing to judge
  if (address === undefined && exit === 'ept-misconfiguration') return before;
  out.put(line, known<Fault>({ is: 'fault', arch: 'x86', exit, errorCode: code, address }), out.group());
  return before;
}

/** Bits that an exit qualification of an EPT violation has and no error code: a valid linear address, bits 7 and 8. */
const QUALIFICATION = 0x180n;
/** EXITINFO1 of a nested page fault says in bits 32 and 33 which walk it was [APM, "Nested versus Guest Page Faults"]. */
const NESTED = 0x3_0000_0000n;

const EXITS: Readonly<Record<string, Exit['exit']>> = {
  EPT_VIOLATION: 'ept-violation',
  EPT_MISCONFIG: 'ept-misconfiguration',
  npf: 'nested-page-fault',
};

/** The family of an entry of KVM's, as far as the event and the entry show it. */
function familyOfSpte(word: bigint, level: number, letters: string | undefined): RegimeGuess | undefined {
  if (letters?.length === 3) return { family: 'x86.ept' }; // no letter for the user: EPT has no such bit
  const ept = looksEpt(word, level === 1 || (level <= 3 && isLarge(word)));
  return ept ? { family: 'x86.ept' } : undefined;
}

function spte(
  at: At<KvmState>,
  {
    gfn,
    word,
    level,
    place,
    letters,
  }: {
    readonly gfn: string | undefined;
    readonly word: string | undefined;
    readonly level: string | undefined;
    readonly place?: string | undefined;
    readonly letters?: string | undefined;
  },
): void {
  const value = big(word);
  const regime = familyOfSpte(value, Number(level), letters);
  if (regime) at.out.assume('entries of the trace are of EPT, as they look', at.line);
  else at.out.assume('the trace does not say whether the entries are of EPT, NPT or shadow paging', at.line);
  at.out.put(
    at.line,
    known<Entry>({
      is: 'entry',
      word: value,
      width: 64,
      level: { name: level ?? '', number: Number(level) },
      at: place === undefined ? undefined : big(place),
      atSpace: place === undefined ? undefined : 'pa',
      input: pfnAddress(big(gfn)),
      regime,
    }),
  );
}

export const kvmTrace = recogniser<KvmState>({
  id: 'kvm.ftrace',
  title: 'KVM MMU trace events (x86)',
  wraps: true,
  arch: 'x86',
  state: () => ({ exits: new Map() }),
  rows: [
    {
      like: new RegExp(
        `${FTRACE}kvm_mmu_set_spte: {1,24}gfn (?:0x)?([0-9a-f]{1,13}) spte (?:0x)?([0-9a-f]{1,16}) \\(([-rwxu]{1,5})\\) level (\\d) at (?:0x)?([0-9a-f]{1,13})$`,
      ),
      proof: 1,
      read: (m, at) => spte(at, { gfn: m[1], word: m[2], letters: m[3], level: m[4], place: m[5] }),
    },
    {
      like: new RegExp(
        `${FTRACE}kvm_tdp_mmu_spte_changed: {1,24}as id \\d{1,4} gfn ([0-9a-f]{1,13}) level (\\d) old_spte ([0-9a-f]{1,16}) new_spte ([0-9a-f]{1,16})$`,
      ),
      proof: 1,
      read: (m, at) => spte(at, { gfn: m[1], level: m[2], word: m[4] }),
    },
    {
      like: new RegExp(
        `${FTRACE}(?:mark_mmio_spte: sptep:(?:0x)?[0-9a-f]{1,16} gfn (?:0x)?[0-9a-f]{1,13} access|kvm_mmu_spte_requested: )`,
      ),
      proof: 0.8,
    },
    {
      like: new RegExp(
        `${FTRACE}kvm_exit: {1,24}(?:vcpu \\d{1,5} )?reason (EPT_VIOLATION|EPT_MISCONFIG|npf) rip 0x[0-9a-f]{1,16} info1? (?:0x)?([0-9a-f]{1,16}) (?:info2 )?(?:0x)?([0-9a-f]{1,16})(?: |$)`,
      ),
      proof: 1,
      read: (m, at) => {
        const { line, state } = at;
        const task = taskOf(line.text);
        sayExit(task, at);
        if (state.exits.size >= MOST_EXITS) for (const one of [...state.exits.keys()]) sayExit(one, at);
        const exit = EXITS[m[1] ?? ''] as Exit['exit'];
        const code = big(m[2]);
        state.exits.set(task, exit === 'ept-misconfiguration' ? { line, exit } : { line, exit, code });
        if (exit === 'nested-page-fault') sayExit(task, at, big(m[3]));
      },
    },
    {
      like: new RegExp(
        `${FTRACE}kvm_page_fault: {1,24}(?:vcpu \\d{1,5} )?(?:rip 0x[0-9a-f]{1,16} )?address (?:0x)?([0-9a-f]{1,16}) error_code (?:0x)?([0-9a-f]{1,16})$`,
      ),
      proof: 1,
      read: (m, at) => {
        const { line, out } = at;
        const address = big(m[1]);
        const code = big(m[2]);
        // the exit before it told the same
        if (sayExit(taskOf(line.text), at, address)?.code === code) return;
        const exit: Fault['exit'] =
          (code & NESTED) !== 0n
            ? 'nested-page-fault'
            : (code & QUALIFICATION) !== 0n
              ? 'ept-violation'
              : undefined;
        out.assume(
          `codes of kvm_page_fault are ${exit === 'ept-violation' ? 'exit qualifications' : 'error codes'}, by their bits`,
          line,
        );
        out.put(
          line,
          known<Fault>({ is: 'fault', arch: 'x86', exit, address, errorCode: code }),
          out.group(),
        );
      },
    },
    {
      like: new RegExp(`${FTRACE}handle_mmio_page_fault: {1,24}addr:(?:0x)?([0-9a-f]{1,16}) gfn `),
      proof: 1,
      read: (m, at) => {
        sayExit(taskOf(at.line.text), at, big(m[1]));
      },
    },
    {
      // the kernel's own faults [Linux arch/x86/include/asm/trace/exceptions.h]
      like: new RegExp(
        `${FTRACE}page_fault_(?:user|kernel): {1,24}address=(?:0x)?([0-9a-f]{1,16})\\S{0,80} ip=\\S{1,120} error_code=0x([0-9a-f]{1,8})$`,
      ),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, { is: 'fault', arch: 'x86', address: big(m[1]), errorCode: big(m[2]) }, out.group()),
    },
    {
      like: new RegExp(`${FTRACE_LINE}(?:kvm|mark_mmio|handle_mmio|fast_page|check_mmio)_\\w{1,40}: `),
      proof: 0.6,
      read: (_, { line }) =>
        !line.last && /kvm_(?:mmu_set_spte|tdp_mmu_spte_changed): /.test(line.text) ? 'torn' : true,
    },
  ],
  end(state, out) {
    const at = { line: NO_LINE, state, out };
    for (const task of [...state.exits.keys()]) sayExit(task, at);
  },
});

const NO_LINE: Line = { number: 0, text: '', raw: '' };
