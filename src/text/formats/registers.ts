/**
 * Registers beside or instead of entries: QEMU and gdb `info registers`, Bochs `creg`, `rdmsr`, NAME=value lines, JSON,
 * `/proc/cpuinfo`. Read line by line here; names as `registers.ts` gives them.
 */
import type { Line } from '../lines.ts';
import { big, type Reader, type Recogniser, recogniser, type Sink } from '../recogniser.ts';
import { REGISTER_SPELLINGS } from '../register-names.ts';
import { parseRegisters, registerName } from '../registers.ts';

/** Registers that paging depends on: worth reading in any form. */
const SYSTEM =
  '(?:(?:SCR|V?TTBR[01]?|V?TCR2?|MAIR2?|AMAIR2?|HCRX?|SCTLR2?|ESR|H?P?FAR|VBAR|PIR|PIRE0|POR|S2PIR|S2POR)_EL[0-3]|V?TTBR_EL2|HPFAR_EL2|PAR_EL1|CTR_EL0|ID_AA64\\w{3,8}_EL1|(?:IA32_)?(?:PAT|EFER|MTRR\\w{0,20})|CR[0234]|EPTP|N_?CR3|XCR0)';
/** With a sign of equality behind it every name that the project has is a register; without one, PKRU is a line of an oops. */
const NAMED = `(?:${REGISTER_SPELLINGS.join('|')})`;

interface State {
  group?: number;
  fresh: boolean;
}
const groupOf = (state: State, out: Sink): number => {
  state.group ??= out.group();
  return state.group;
};
const put = (name: string, value: bigint, line: Line, out: Sink, group: number): void =>
  out.put(line, { is: 'register', name: registerName(name), value }, group);

const QEMU_PAIR = /\b([A-Z][A-Z0-9_]{1,11}) ?=([0-9a-f]{8,16})(?!`?[0-9a-zA-Z_])/g;
const QEMU_FIRST =
  /^ ?(?:[ER][A-D]X|[ER]SI|R8 |R12|[ER]IP|PC|X0[02468]|X1[0-9]|X2[0-9]|[ER]FL|CR0|DR[06]|EFER|PSTATE) ?=[0-9a-f]{8}/;

export const qemuRegisters = recogniser<State>({
  id: 'qemu.info-registers',
  title: 'QEMU info registers',
  state: () => ({ fresh: false }),
  rows: [
    {
      like: QEMU_FIRST,
      proof: 0.9,
      read: (_, { line, state, out }) => {
        const group = groupOf(state, out);
        for (const [, name = '', digits = ''] of line.text.matchAll(QEMU_PAIR))
          put(name, big(digits), line, out, group);
      },
    },
    {
      like: /^CPU#(\d{1,5})$/,
      proof: 1,
      read: (_, { state, out }) => {
        state.group = out.group();
      },
    },
    {
      // X registers with other pairs first on the line (aarch64 wraps three to a line).
      like: /^ ?X\d\d=[0-9a-f]{16}(?:\s{1,4}[A-Z]{1,2}\d{0,2}=[0-9a-f]{16}){0,3}$/,
      proof: 0.9,
      read: (_, { line, state, out }) => {
        const group = groupOf(state, out);
        for (const [, name = '', digits = ''] of line.text.matchAll(QEMU_PAIR))
          put(name, big(digits), line, out, group);
      },
    },
    { like: /^(?:[CDEFGS]S |LDT|TR |[GI]DT) ?= {0,6}[0-9a-f]{4,16} [0-9a-f]{8}/, proof: 0.9 },
    { like: /^(?:FCW=|FPR\d=|[XYZ]MM\d\d=|MXCSR=|Q\d\d=|FPCR=|P\d\d=|Z\d\d=)/, proof: 0.9 },
    { like: /^info registers(?: -a)?$/, proof: 0.4 },
  ],
});

const GDB_NAMES =
  '(?:[re][abcd]x|[re][sd]i|[re][bs]p|r\\d{1,2}|[re]ip|eflags|[c-gs]s|[fg]s_base|k_gs_base|cr[02348]|efer|mxcsr|x\\d{1,2}|sp|pc|cpsr|fp[sc]r|lr)';

export const gdbRegisters = recogniser<State>({
  id: 'gdb.info-registers',
  title: 'gdb info registers',
  state: () => ({ fresh: false }),
  rows: [
    {
      like: new RegExp(
        `^(${GDB_NAMES}|${SYSTEM}|SCTLR|VBAR) {1,20}(0x[0-9a-f]{1,16})(?: {1,20}\\S.{0,200})?$`,
      ),
      proof: 0.8,
      read: (m, { line, state, out }) => put(m[1] ?? '', big(m[2]), line, out, groupOf(state, out)),
    },
    {
      // Names of other targets: only with gdb's third column.
      like: /^([A-Za-z]\w{1,31}) {1,14}(0x[0-9a-f]{1,16}) {1,20}(?:-?\d{1,20}|0x[0-9a-f]{1,16}|\[ .{0,120}\]|<.{1,120}>)$/,
      proof: 0.7,
      read: (m, { line, state, out }) => put(m[1] ?? '', big(m[2]), line, out, groupOf(state, out)),
    },
    { like: /^(?:[xyz]mm|[vqdshb]|st|ymm)\d{1,2}h? {1,14}[{-]/, proof: 0.7 },
    {
      like: /^\[Switching to thread \d/,
      proof: 0.7,
      read: (_, { state, out }) => {
        state.group = out.group();
      },
    },
    { like: /^\$\d{1,6} = \[ /, proof: 0.5 },
    { like: /^info (?:registers|threads)/, proof: 0.4 },
  ],
});

/** `TTBR0_EL1=0x…`, `MAIR_EL1: 0x…`, `CR3 = …` of registers with well-known names. */
export const pairRegisters = recogniser<State>({
  id: 'registers.pairs',
  title: 'register values, NAME=value',
  wordsBeside: true,
  state: () => ({ fresh: false }),
  rows: [
    {
      like: new RegExp(
        `^\\s{0,16}(${NAMED}) {0,8}= {0,8}(?:0x)?([0-9a-fA-F_]{1,19})[,;]?(?:\\s{1,16}(?:--|[(#;/[]).{0,160})?$`,
        'i',
      ),
      proof: 0.75,
      read: (m, { line, state, out }) => put(m[1] ?? '', big(m[2]), line, out, groupOf(state, out)),
    },
    {
      like: new RegExp(
        `^\\s{0,16}"?(${SYSTEM})"?(?: {0,8}[=:] {0,8}|\\s{1,8})"?(?:0x)?([0-9a-fA-F_]{1,19})"?[,;]?(?:\\s{1,16}(?:--|[(#;/[]).{0,160})?$`,
        'i',
      ),
      proof: 0.75,
      read: (m, { line, state, out }) => put(m[1] ?? '', big(m[2]), line, out, groupOf(state, out)),
    },
    {
      like: new RegExp(
        `^\\s{0,16}(?:${SYSTEM} ?[=:] ?(?:0x)?[0-9a-f]{1,16}[\\s,;]{1,32}){1,12}${SYSTEM} ?[=:] ?(?:0x)?[0-9a-f]{1,16}[\\s,;]*$`,
        'i',
      ),
      proof: 0.75,
      read: (_, { line, state, out }) => {
        const pair = new RegExp(`(${SYSTEM}) ?[=:] ?(?:0x)?([0-9a-f]{1,16})(?!\\x60?[0-9a-zA-Z_])`, 'gi');
        for (const [, name = '', digits = ''] of line.text.matchAll(pair))
          put(name, big(digits), line, out, groupOf(state, out));
      },
    },
  ],
});

interface DebugState extends State {
  /** Numbers without `0x`, until it shows in which base they are. */
  held: { readonly name: string; readonly digits: string; readonly line: Line; readonly group: number }[];
}
const MOST_HELD = 1024;
const DEBUG_NAME = SYSTEM.toLowerCase();

/** `{:?}` is decimal, `{:#x?}` has `0x`, and `{:x?}` shows itself by its letters. */
function sayHeld({ held }: DebugState, out: Sink): void {
  const [first] = held;
  if (!first) return;
  const hex = held.some(({ digits }) => /[a-f]|^0./.test(digits) || digits.length > 20);
  out.assume(`numbers of a Rust debug print are ${hex ? 'hexadecimal' : 'decimal'}`, first.line);
  for (const { name, digits, line, group } of held)
    put(name, hex ? big(digits) : BigInt(digits), line, out, group);
  held.length = 0;
}

/** Debug prints of virtual machine monitors in Rust: `kvm_sregs { … cr3: 36864, … }`, in one line or many. */
export const rustRegisters = recogniser<DebugState>({
  id: 'rust.debug-registers',
  title: 'registers as Rust prints them for debugging',
  state: () => ({ fresh: false, held: [] }),
  rows: [
    {
      like: new RegExp(`^\\s{0,32}(${DEBUG_NAME}): ([0-9a-f]{1,20}),$`),
      proof: 0.8,
      read: (m, { line, state, out }) => {
        if (state.held.length >= MOST_HELD) sayHeld(state, out);
        state.held.push({ name: m[1] ?? '', digits: m[2] ?? '', line, group: groupOf(state, out) });
      },
    },
    {
      like: /^(?:\w{1,40}(?:::\w{1,40}){0,4}(?:: | = ))?kvm_sregs2? \{ .{1,8000}$/,
      proof: 1,
      read: (_, { line, state, out }) => {
        state.group = out.group();
        for (const [, name = '', prefix, digits = ''] of line.text.matchAll(
          new RegExp(`\\b(${DEBUG_NAME}): (0x)?([0-9a-f]{1,20})(?=[, ])`, 'g'),
        ))
          if (prefix) put(name, big(digits), line, out, state.group);
          else state.held.push({ name, digits, line, group: state.group });
        sayHeld(state, out);
      },
    },
    {
      like: /^\s{0,16}(?:\w{1,40}(?:: | = ))?kvm_s?regs2? \{$/,
      proof: 0.8,
      read: (_, { state, out }) => {
        sayHeld(state, out);
        state.group = out.group();
      },
    },
    { like: /^\s{0,32}(?:\w{1,40}: )?(?:\w{1,40} \{|\[|\d{1,20},?|\},?|\],?)$/, proof: 0.3 },
    { like: /^\s{1,32}\w{1,40}: \d{1,20},$/, proof: 0.3 },
  ],
  end: sayHeld,
});

export const bochsRegisters = recogniser<State>({
  id: 'bochs.registers',
  title: 'Bochs creg, r, info cpu',
  arch: 'x86',
  state: () => ({ fresh: false }),
  rows: [
    {
      like: /^(CR0|CR3|CR4|EFER|XCR0)=0x([0-9a-f]{8,16})(?:: .{1,300})?$/,
      proof: 0.9,
      read: (m, { line, state, out }) => put(m[1] ?? '', big(m[2]), line, out, groupOf(state, out)),
    },
    {
      like: /^(CR2)=page fault laddr=0x([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => put('CR2', big(m[2]), line, out, groupOf(state, out)),
    },
    {
      like: /^(r[a-z0-9]{1,2} ?): ([0-9a-f]{8})_([0-9a-f]{8})$/,
      proof: 1,
      read: (m, { line, state, out }) =>
        put((m[1] ?? '').trim(), big(`${m[2]}${m[3]}`), line, out, groupOf(state, out)),
    },
    {
      like: /^CPL=\d$/,
      proof: 0.8,
      read: (_, { state, out }) => {
        state.group = out.group();
      },
    },
    { like: /^(?:MM|VMM|XMM|YMM|K)(?:\[?\d{1,2}\]?): ?[0-9a-f_]{8,300}$/, proof: 0.9 },
    { like: /^(?:[c-gs]s|ldtr|tr|[gi]dtr):(?:0x|base=)/, proof: 0.8 },
    {
      like: /^(?:eflags: 0x|CR8: 0x|MXCSR: 0x|status {1,4}word: |control word: |tag word: |operand: |f[ic][ps]: |fd[ps]: )/,
      proof: 0.8,
    },
    { like: /^(?:=>)? {0,2}FP\d ST\d|^The CPU doesn't support AMX state/, proof: 0.9 },
    { like: /^\t(?:Code|Data) segment, base=0x|^ {4}P(?:CD|WT)=page-level /, proof: 0.9 },
    { like: /^(?:creg|sreg|r|info cpu)$/, proof: 0.4 },
  ],
});

interface RdmsrState {
  expects?: string;
  cpu: number;
}

export const rdmsr = recogniser<RdmsrState>({
  id: 'x86.rdmsr',
  title: 'rdmsr',
  arch: 'x86',
  state: () => ({ cpu: 0 }),
  rows: [
    {
      like: /^MSR (0x[0-9a-f]{1,8}) ?[=:] ?(0x[0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) => put(m[1] ?? '', big(m[2]), line, out, 0),
    },
    {
      // WinDbg
      like: /^(msr\[[0-9a-f]{1,8}\]) = ([0-9a-f]{1,8}`[0-9a-f]{8}|[0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) => put(m[1] ?? '', big(m[2]), line, out, 0),
    },
    {
      like: /^(?:sudo )?rdmsr (?:-[-\w]{1,16} ){0,4}(?:(0x[0-9a-f]{1,8})|(\d{1,10}))$/i,
      proof: 0.9,
      read: (m, { line, state }) => {
        state.expects = m[1] ?? `0x${Number(m[2]).toString(16)}`;
        state.cpu = line.number;
      },
    },
    {
      like: /^(?:0x)?([0-9a-f]{1,16})$/i,
      proof: 0.5,
      read: (m, { line, state, out }) => {
        // `rdmsr -a` prints one line for each CPU.
        if (state.expects === undefined || line.number > state.cpu + 1) return false;
        state.cpu = line.number;
        put(state.expects, big(m[1]), line, out, out.group());
        return true;
      },
    },
    { like: /^rdmsr: CPU \d{1,5} cannot read MSR /, proof: 0.9 },
  ],
  // The bare values prove nothing by themselves.
  score: (lines, byRows) =>
    lines.some(({ text }) => /^(?:sudo )?rdmsr |^MSR 0x|^msr\[/i.test(text)) ? byRows : 0,
});

export const cpuinfo = recogniser({
  id: 'linux.cpuinfo',
  title: '/proc/cpuinfo (x86)',
  state: () => ({ said: false, vendor: false }),
  rows: [
    {
      like: /^address sizes\s{0,8}:\s{1,40}(\d{2}) bits physical, (\d{2}) bits virtual$/i, // lscpu capitalises it
      proof: 1,
      read: (m, { line, state, out }) => {
        if (state.said) return;
        state.said = true;
        out.put(line, { is: 'fact', name: 'MAXPHYADDR', value: BigInt(m[1] ?? 0) });
        out.put(line, { is: 'fact', name: 'linear address bits', value: BigInt(m[2] ?? 0) });
      },
    },
    {
      like: /^vendor[_ ]id\s{0,8}:\s{1,40}(\w{1,16})$/i,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        if (!state.vendor) out.put(line, { is: 'fact', name: 'vendor', value: m[1] ?? '' });
        state.vendor = true;
      },
    },
    {
      like: /^(?:processor|cpu family|model|model name|stepping|microcode|cpu MHz|cache size|physical id|siblings|core id|cpu cores|apicid|initial apicid|fpu|fpu_exception|cpuid level|wp|flags|vmx flags|bugs|bogomips|TLB size|clflush size|cache_alignment|power management|fdiv_bug|f00f_bug|coma_bug)\s{0,8}:/,
      proof: 0.6,
    },
  ],
});

/** A JSON file of registers is read as a whole: bounded, and only where the text is one. */
const JSON_LIMIT = 1 << 20;

class JsonReader implements Reader {
  #text = '';
  #first: Line | undefined;
  #full = false;
  readonly #out: Sink;

  constructor(out: Sink) {
    this.#out = out;
  }

  line(line: Line, trusted: boolean): boolean {
    if (!trusted) return false;
    this.#first ??= line;
    if (this.#text.length + line.text.length > JSON_LIMIT) this.#full = true;
    else this.#text += `${line.text}\n`;
    return true;
  }

  end(): void {
    const line = this.#first;
    if (!line) return;
    if (this.#full)
      this.#out.trouble('more than 1 MiB of JSON: too much for a register file, not read', line);
    else
      try {
        for (const cpu of parseRegisters(this.#text).cpus) {
          const group = this.#out.group();
          for (const [name, value] of cpu) this.#out.put(line, { is: 'register', name, value }, group);
        }
      } catch (error) {
        this.#out.trouble(error instanceof Error ? error.message : String(error), line);
      }
  }
}

export const jsonRegisters: Recogniser = {
  id: 'registers.json',
  title: 'register values as JSON',
  score: lines => {
    const texts = lines.map(({ text }) => text).filter(text => text !== '');
    if (!/^\s*[[{]/.test(texts[0] ?? '')) return 0;
    // One object, not a file of one object per line.
    if (texts.length > 1 && /^\{.{2,}\}$/.test(texts[0] ?? '') && /^\{.{2,}\}$/.test(texts[1] ?? ''))
      return 0;
    return new RegExp(`"(?:${SYSTEM}|SCTLR)"\\s*:\\s*(?:"0x[0-9a-f]{1,16}"|\\d)`, 'i').test(
      texts.join('\n').slice(0, 65_536),
    )
      ? 0.97
      : 0;
  },
  reader: out => new JsonReader(out),
};
