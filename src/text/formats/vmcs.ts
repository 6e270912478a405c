/**
 * Control structures of virtual machines as hypervisors dump them: the VMCS by KVM and Xen, the VMCB by both.
 *
 *     *** Guest State ***                                                    KVM arch/x86/kvm/vmx/vmx.c: dump_vmcs
 *     CR0: actual=0x0000000080050033, shadow=0x0000000080050033, gh_mask=fffffffffffffff7
 *     CR3 = 0x0000000001234000
 *     *** Host State ***
 *     CR0=0000000080050033 CR3=0000000105dfe004 CR4=00000000003626e0
 *     EPT pointer = 0x0000000105dff05e
 *
 *     nested_cr3:         0000000112345000                                   KVM arch/x86/kvm/svm/svm.c: dump_vmcb
 *     cr4:            00000000003506f0 cr3:          0000000001234000
 *
 *     CR3 = 0x0000000001234000 CR4 = 0x00000000003506f0                      Xen arch/x86/hvm/svm/svmdebug.c
 *     H_CR3 = 0x0000000112345000 CleanBits = 0
 *
 * A guest's registers are named GUESTCR0 and so on, as walks want them; the host's keep their names.
 */
import type { Fault } from '../model.ts';
import { type At, big, known, recogniser, type Sink } from '../recogniser.ts';
import { registerName } from '../register-names.ts';

type Section = 'guest' | 'host' | 'control';
interface State {
  group: number;
  section?: Section;
  /** Whose list of MSRs this is. */
  msrs?: 'guest' | 'host';
  /** A VMCB: names of the lines below are its own. */
  vmcb?: 'kvm' | 'xen';
  /** EXITCODE and EXITINFO1. */
  exit: { code?: bigint; info1?: bigint };
  /** The bit of the VMCB that turns nested paging on. */
  nested?: boolean;
}

/** Basic exit reasons and exit codes [SDM, "VMX Basic Exit Reasons"; APM, "SVM Intercept Codes"]. */
const EPT_VIOLATION = 48n;
const VMEXIT_NPF = 0x400n;

const GUEST: Readonly<Record<string, string>> = {
  CR0: 'GUESTCR0',
  CR3: 'GUESTCR3',
  CR4: 'GUESTCR4',
  EFER: 'GUESTEFER',
  PAT: 'GUESTPAT',
};

function put(name: string, digits: string | undefined, { line, state, out }: At<State>): void {
  if (digits !== undefined)
    out.put(line, { is: 'register', name: registerName(name), value: big(digits) }, state.group);
}
function putGuest(name: string, digits: string | undefined, at: At<State>): void {
  const guest = GUEST[name.toUpperCase()];
  if (guest !== undefined) put(guest, digits, at);
}

function begin(state: State, out: Sink): void {
  state.group = out.group();
  delete state.section;
  delete state.msrs;
  delete state.vmcb;
  delete state.nested;
  state.exit = {};
}

/** `NAME = value` pairs of a line of Xen, KVM's save area has a colon. */
const PAIR = /\b([A-Za-z_][A-Za-z_0-9]{0,15}) ?[:=] {0,16}(?:0x)?([0-9a-f]{1,16})(?![0-9a-fx])/gi;

/** A nested page fault, when its three numbers are there. */
function exitOf(name: string, value: bigint, at: At<State>): boolean {
  const { state, line, out } = at;
  switch (name) {
    case 'exit_code':
    case 'exitcode':
      state.exit = { code: value };
      return true;
    case 'exit_info1':
    case 'exitinfo1':
      state.exit.info1 = value;
      return true;
    case 'exit_info2':
    case 'exitinfo2':
      if (state.exit.code === VMEXIT_NPF && state.exit.info1 !== undefined)
        out.put(
          line,
          {
            is: 'fault',
            arch: 'x86',
            exit: 'nested-page-fault',
            errorCode: state.exit.info1,
            address: value,
          },
          state.group,
        );
      return true;
    default:
      return false;
  }
}

export const vmcs = recogniser<State>({
  id: 'x86.vmcs',
  title: 'VMCS or VMCB dump (KVM, Xen)',
  wraps: true,
  arch: 'x86',
  state: () => ({ group: 0, exit: {} }),
  rows: [
    {
      like: /^\*\*\* (Guest|Host|Control) State \*\*\*$/,
      proof: 1,
      read: (m, { state, out }) => {
        const section = (m[1] ?? '').toLowerCase() as Section;
        if (section === 'guest' || state.group === 0) begin(state, out);
        state.section = section;
      },
    },
    {
      like: /^CR([04]): actual=(?:0x)?([0-9a-f]{8,16}), shadow=(?:0x)?[0-9a-f]{8,16}, (?:gh_)?mask=(?:0x)?[0-9a-f]{8,16}$/,
      proof: 1,
      read: (m, at) => {
        if (at.state.section !== 'guest' && m[1] === '0') begin(at.state, at.out);
        at.state.section = 'guest';
        putGuest(`CR${m[1]}`, m[2], at);
      },
    },
    {
      // Xen before 4.6: CR3 with its targets
      like: /^CR3: actual=(?:0x)?([0-9a-f]{8,16}), target_count=\d{1,3}$/,
      proof: 1,
      read: (m, at) => putGuest('CR3', m[1], at),
    },
    {
      like: /^CR3 ?[:=] (?:0x)?([0-9a-f]{8,16})$/,
      proof: 0.8,
      read: (m, at) => {
        if (at.state.section !== 'guest') return false;
        putGuest('CR3', m[1], at);
        return true;
      },
    },
    {
      like: /^PDPT[RE]([02]) = (?:0x)?([0-9a-f]{8,16}) {1,2}PDPT[RE]([13]) = (?:0x)?([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, out }) => {
        const group = out.group(); // a walk of the guest's own
        for (const [index, digits] of [
          [m[1], m[2]],
          [m[3], m[4]],
        ])
          out.put(
            line,
            {
              is: 'entry',
              word: big(digits),
              width: 64,
              level: { name: `PDPTE${index}`, number: 3 },
              input: BigInt(index ?? 0) * 2n ** 30n,
              regime: { family: 'x86.pte', mode: 'pae' },
            },
            group,
          );
      },
    },
    {
      like: /^EFER(?:\(VMCS\))? ?= {0,8}0x([0-9a-f]{8,16})(?: \((?:autoload|effective|VMCS)\))?(?: {1,2}PAT = 0x([0-9a-f]{8,16}))?$/,
      proof: 0.9,
      read: (m, at) => {
        const { section } = at.state;
        if (section !== 'guest' && section !== 'host') return false;
        for (const [name, digits] of [
          ['EFER', m[1]],
          ['PAT', m[2]],
        ] as const)
          if (section === 'guest') putGuest(name, digits, at);
          else put(name, digits, at);
        return true;
      },
    },
    {
      like: /^PAT ?= {0,8}0x([0-9a-f]{8,16})$/,
      proof: 0.9,
      read: (m, at) => {
        const { section } = at.state;
        if (section !== 'guest' && section !== 'host') return false;
        if (section === 'guest') putGuest('PAT', m[1], at);
        else put('PAT', m[1], at);
        return true;
      },
    },
    {
      like: /^CR0=([0-9a-f]{8,16}) CR3=([0-9a-f]{8,16}) CR4=([0-9a-f]{8,16})$/,
      proof: 0.8,
      read: (m, at) => {
        if (at.state.section !== 'host') return false;
        for (const [i, name] of ['CR0', 'CR3', 'CR4'].entries()) put(name, m[i + 1], at);
        return true;
      },
    },
    {
      like: /^EPT pointer = (?:0x)?([0-9a-f]{8,16})(?: {1,2}EPTP index = 0x[0-9a-f]{1,4})?$/,
      proof: 1,
      read: (m, at) => put('EPTP', m[1], at),
    },
    {
      like: /^MSR (guest|host) (?:autoload|autostore):$/,
      proof: 0.9,
      read: (m, { state }) => {
        state.msrs = m[1] as 'guest' | 'host';
      },
    },
    {
      like: /^ {0,4}\d{1,3}: msr=0x([0-9a-f]{8}) value=0x([0-9a-f]{1,16})$/,
      proof: 0.9,
      read: (m, at) => {
        const { msrs } = at.state;
        if (msrs === undefined) return false;
        const name = registerName(`0x${m[1]}`);
        if (msrs === 'guest') putGuest(name, m[2], at);
        else put(name, m[2], at);
        return true;
      },
    },
    {
      like: /^\s{0,12}(?:Exit: )?reason=[0-9a-f]{4}([0-9a-f]{4}) qualification=([0-9a-f]{8,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        if (big(m[1]) !== EPT_VIOLATION) return;
        out.put(line, { is: 'fault', arch: 'x86', exit: 'ept-violation', errorCode: big(m[2]) }, state.group);
      },
    },
    {
      // #VE information: reason, all ones, qualification, linear and physical address [SDM, "Virtualization Exceptions"]
      like: /^ve_info: 0x([0-9a-f]{8}) 0x[0-9a-f]{8} 0x([0-9a-f]{16}) 0x([0-9a-f]{16}) 0x([0-9a-f]{16}) 0x[0-9a-f]{4}$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (big(m[1]) !== EPT_VIOLATION) return;
        out.put(
          line,
          known<Fault>({
            is: 'fault',
            arch: 'x86',
            exit: 'ept-violation',
            errorCode: big(m[2]),
            linear: big(m[3]),
            address: big(m[4]),
          }),
          state.group,
        );
      },
    },
    {
      like: /^VMCB Control Area:$|^Size of VMCB = \d|^Dumping guest's current state at /,
      proof: 1,
      read: (m, { state, out }) => {
        const by = m[0].startsWith('VMCB') ? 'kvm' : 'xen';
        if (by === 'xen' && state.vmcb === 'xen' && m[0].startsWith('Size')) return;
        begin(state, out);
        state.vmcb = by;
      },
    },
    { like: /^VMCB State Save Area:$/, proof: 1 },
    {
      like: /^(?:nested_ctl|np_enable|NP): {0,16}([0-9a-f]{1,16})$/,
      proof: 0.8,
      read: (m, { state }) => {
        if (state.vmcb === undefined) return false;
        state.nested = (big(m[1]) & 1n) !== 0n;
        return true;
      },
    },
    {
      like: /^nested_cr3: {1,16}([0-9a-f]{16})$/,
      proof: 1,
      read: (m, at) => {
        if (at.state.vmcb === undefined) begin(at.state, at.out);
        at.state.vmcb = 'kvm';
        if (at.state.nested !== false) put('NCR3', m[1], at);
      },
    },
    {
      // what remains of a VMCB: names and numbers, two or more a line
      like: /^[A-Za-z_][A-Za-z_0-9 ]{0,24} {0,2}[:=] {0,16}(?:0x)?[0-9a-f]/,
      proof: 0.55,
      below: true,
      read: (_, at) => {
        const { state, line } = at;
        if (state.vmcb === undefined) return false;
        for (const [, name = '', digits = ''] of line.text.matchAll(PAIR)) {
          const lower = name.toLowerCase();
          if (exitOf(lower, big(digits), at)) continue;
          if (lower === 'np' || lower === 'np_enable') state.nested = big(digits) !== 0n;
          else if (lower === 'h_cr3') {
            if (state.nested !== false) put('NCR3', digits, at);
          } else putGuest(lower === 'gpat' ? 'PAT' : name, digits, at);
        }
        return true;
      },
    },
    { like: /^VMC[SB] (?:0x)?[0-9a-f]{1,16}, last attempted VM/, proof: 1 },
    {
      // the rest of a VMCS says nothing of memory
      like: /^\s{0,4}(?:R(?:SP|IP|FLAGS) ?= ?|Sysenter |[C-GS]S: {1,4}(?:sel=|[0-9a-f]{4} )|\s{0,8}sel {1,2}attr|[GIL]DTR: |TR: |DebugCtl|PerfGlobCtl|BndCfgS|Interruptibility|InterruptStatus|CS=[0-9a-f]{4} |FSBase=|GDTBase=|PinBased=|CPUBased=|SecondaryExec=|EntryControls=|ExitControls=|ExceptionBitmap=|VMEntry: |VMExit: |IDTVectoring: |TSC (?:Offset|Multiplier)|SVI\|RVI|TPR Threshold|virt-APIC|APIC-access|PostedIntrVec|PLE Gap=|Virtual processor ID|CR3 target\d|S_CET = |SSP(?: TABLE)? = |INTR SSP TABLE|VE info address|SM(?:Base|RR)|VMCS Link|Preemption|[a-z]{2}: {1,4}s: [0-9a-f]{4} a: )/,
      proof: 0.6,
      read: (_, { state }) => state.group !== 0,
    },
    {
      like: /^\*{3,20} VMCS Areas \*{3,20}$|^>>> Domain \d{1,5} <<<$|^\tVCPU \d{1,4}$|^\*{20,60}$/,
      proof: 0.6,
    },
  ],
});
