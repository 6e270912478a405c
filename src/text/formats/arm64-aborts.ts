/**
 * Aborts of arm64 as firmware, hypervisors, emulators and other kernels report them.
 *
 *     "Synchronous Abort" handler, esr 0x96000010, far 0x2a480000                  U-Boot
 *     PS:a00003c9 PC:0000ca0b42049fc4 ESR:86000006                                 KVM at EL2
 *     ...with ESR 0x25/0x96000004                                                  QEMU -d int
 *     esr_el3        = 0x0000000096000046                                          TF-A
 *      esr 0x92000045  ttbr0 0x200001018f000   ttbr1 0x00000000   cidr 0x0         OP-TEE
 */
import { pfnOf } from '../../bits/pages.ts';
import { big, recogniser } from '../recogniser.ts';
import { isTranslationRegister, registerName } from '../register-names.ts';
import {
  AbortReport,
  begins,
  classOf,
  type ExceptionLevel,
  type Said,
  says,
  syndromeOf,
} from './abort-report.ts';
import { REPORT_LINE } from './report-lines.ts';

interface State {
  readonly report: AbortReport;
}

const hexIf = (digits: string | undefined): bigint | undefined =>
  digits === undefined ? undefined : big(digits);
/** HPFAR_EL2 holds bits 12 and up of an address at stage 2 from bit 4 on [Arm ARM, HPFAR_EL2]. */
export const hpfarOf = (ipa: bigint): bigint => pfnOf(ipa) << 4n;

const LEVEL: Readonly<Record<string, ExceptionLevel>> = { 1: 1, 2: 2, 3: 3 };

export const ubootAbort = recogniser<State>({
  id: 'uboot.abort',
  title: 'U-Boot exception',
  wraps: true,
  arch: 'arm64',
  state: () => ({ report: new AbortReport(2) }),
  rows: [
    {
      // [U-Boot, arch/arm/lib/interrupts_64.c, do_sync() and its like]
      like: /^(?:Bad mode in )?"(?:Synchronous Abort|Irq|Fiq|Error)" handler(?:, esr (0x[0-9a-f]{8,16}))?(?:, far (0x[0-9a-f]{1,16}))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.report.begin(line, out);
        out.assume('U-Boot does not say its exception level: EL2', line);
        state.report.take(line, { esr: hexIf(m[1]), far: hexIf(m[2]) }, out);
      },
    },
    says(
      /^\* (ESR|FAR|HPFAR)_EL([123])\s{1,12}= {1,12}(?:0x)?([0-9a-f]{8,16})$/,
      1,
      ([, name, el, value]) => ({
        el: LEVEL[el ?? ''],
        [(name ?? '').toLowerCase()]: big(value),
      }),
    ),
    says(
      /^\* (TTBR[01]|TCR|MAIR|SCTLR)_EL([123])\s{1,12}= {1,12}(?:0x)?([0-9a-f]{1,16})$/,
      1,
      ([, name, el, value]) => ({
        registers: { [`${name}_EL${el}`]: big(value) },
      }),
    ),
    { like: /^\* (?:Reason:|Relocate offset|Reloc Off|[A-Zx]\w{0,11}) {0,12}(?:=|Exception)/, proof: 0.6 },
    { like: /^(?:elr|ELR): {1,8}[0-9a-f]{8,16}(?: lr : [0-9a-f]{16})?(?: \(reloc\))?$/, proof: 0.8 },
    { like: /^LR: {1,8}[0-9a-f]{8,16}$/, proof: 0.4 },
    { like: /^x\d{1,2} {0,2}: ?[0-9a-f]{16}(?: x\d{1,2} {0,2}: ?[0-9a-f]{16})?$/, proof: 0.4 },
    {
      like: /^(?:Code: [0-9a-f ()]{8,80}|Resetting CPU \.\.\.|### ERROR ### Please RESET the board ###|resetting \.\.\.)$/,
      proof: 0.4,
    },
  ],
  end: ({ report }, out) => report.close(out),
});

export const kvmPanic = recogniser<State>({
  id: 'kvm.hyp-panic',
  title: 'KVM panic at EL2 (arm64)',
  wraps: true,
  arch: 'arm64',
  state: () => ({ report: new AbortReport(2) }),
  rows: [
    begins(/^(?:Kernel panic - not syncing: )?HYP panic:$/, 1),
    says(/^PS:[0-9a-f]{8,16} PC:[0-9a-f]{16} ESR:([0-9a-f]{8,16})$/, 1, m => ({ esr: big(m[1]) })),
    says(/^FAR:([0-9a-f]{16}) HPFAR:([0-9a-f]{16}) PAR:([0-9a-f]{16})$/, 1, m => ({
      far: big(m[1]),
      hpfar: big(m[2]),
      registers: { PAR_EL1: big(m[3]) },
    })),
    { like: /^VCPU:[0-9a-f]{16}$/, proof: 0.9 },
    { like: /^(?:nVHE hyp|Protected nVHE hyp) (?:panic|BUG) at: |^Hyp Offset: 0x/, proof: 0.9 },
    { like: /^(?:---\[ (?:end )?)?(?:Protected )?nVHE call trace/, proof: 0.9 },
    { like: REPORT_LINE, proof: 0.3 },
  ],
  end: ({ report }, out) => report.close(out),
});

const ABORTS = [0x20n, 0x21n, 0x24n, 0x25n];

export const qemuInterrupts = recogniser<State>({
  id: 'qemu.int',
  title: 'QEMU -d int (arm64)',
  wraps: true,
  arch: 'arm64',
  state: () => ({ report: new AbortReport(1) }),
  rows: [
    begins(/^Taking exception \d{1,3} \[[^\]]{1,40}\](?: on CPU \d{1,4})?$/, 1),
    {
      like: /^\.\.\.from EL\d to EL([123])$/,
      proof: 1,
      read: (m, { line, state, out }) => state.report.begin(line, out, LEVEL[m[1] ?? '']),
    },
    {
      // a log holds every exception: of system calls, interrupts and traps nobody asks
      like: /^\.\.\.with ESR (?:0x[0-9a-f]{1,2}\/)?0x([0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const esr = big(m[1]);
        if (ABORTS.includes(classOf(esr))) state.report.take(line, { esr }, out);
      },
    },
    says(/^\.\.\.with FAR 0x([0-9a-f]{1,16})$/, 1, m => ({ far: big(m[1]) })),
    says(/^\.\.\.with HPFAR 0x([0-9a-f]{1,16})$/, 1, m => ({ hpfar: big(m[1]) })),
    {
      like: /^\.\.\.(?:with (?:ELR|SPSR|MFAR|DFSR|IFSR|DFAR|IFAR|handling)|to EL\d PC|to (?:AArch\d\d|PC)|as )/,
      proof: 0.9,
    },
    { like: /^Exception return from AArch\d\d EL\d to /, proof: 0.9 },
  ],
  end: ({ report }, out) => report.close(out),
});

interface CrashState extends State {
  /** Lines of registers stand below the heading. */
  inside: boolean;
}

export const tfaCrash = recogniser<CrashState>({
  id: 'tfa.crash',
  title: 'TF-A crash report',
  arch: 'arm64',
  state: () => ({ report: new AbortReport(3), inside: false }),
  rows: [
    {
      like: /^(?:PANIC in EL(\d)\.|Unhandled Exception (?:in|from) EL(\d)\.?|Unhandled External Abort received on 0x[0-9a-f]{1,16} (?:at|from) (?:S-)?EL(\d)!?|BACKTRACE: START: .{1,40})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.report.begin(line, out, LEVEL[m[1] ?? m[2] ?? m[3] ?? ''] ?? 3);
        state.inside = true;
      },
    },
    {
      like: /^([a-z][a-z0-9_]{1,24})\s{0,16}=\s{0,16}0x([0-9a-f]{16})$/,
      proof: 0.85,
      read: (m, { line, state, out }) => {
        const name = registerName(m[1] ?? '');
        const value = big(m[2]);
        if (!state.inside && !/_el3$/.test(m[1] ?? '')) return false;
        state.inside = true;
        if (name === 'ESR_EL3') state.report.take(line, { esr: value, el: 3 }, out);
        else if (name === 'FAR_EL3') state.report.take(line, { far: value, el: 3 }, out);
        else if (isTranslationRegister(name)) state.report.take(line, { registers: { [name]: value } }, out);
        return true;
      },
    },
    says(/^exception reason=\d{1,3} syndrome=0x([0-9a-f]{1,16})$/, 0.9, m => ({ esr: big(m[1]), el: 3 })),
    { like: /^[A-Za-z]\w{1,24}\s{0,16}(?:=\s{0,16})?0x[0-9a-f]{1,16}$/, proof: 0.3 },
  ],
  end: ({ report }, out) => report.close(out),
});

export const opteeAbort = recogniser<State>({
  id: 'optee.abort',
  title: 'OP-TEE abort',
  wraps: true,
  arch: 'arm64',
  state: () => ({ report: new AbortReport(1) }),
  rows: [
    {
      like: /^(?:TEE-CORE: )?(?:[Cc]ore|[Uu]ser TA|[Uu]ser mode|[Uu]ser) (?:data|prefetch|undef|unknown)-abort at address (0x[0-9a-f]{1,16})(?: \[[^\]]{1,40}\])?(?: \(.{1,40}\))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.report.begin(line, out);
        state.report.take(line, { far: big(m[1]) }, out);
      },
    },
    says(
      /^\s{0,4}esr (0x[0-9a-f]{8,16})\s{1,4}ttbr0 (0x[0-9a-f]{1,16})\s{1,6}ttbr1 (0x[0-9a-f]{1,16})\s{1,6}cidr 0x[0-9a-f]{1,8}/,
      1,
      m => ({
        esr: big(m[1]),
        registers: { TTBR0_EL1: big(m[2]), TTBR1_EL1: big(m[3]) },
      }),
    ),
    // without TRACE_INFO [OP-TEE, core/arch/arm/kernel/abort.c, abort_print_error()]
    {
      like: /^(?:data|prefetch|undef)-abort at (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.report.begin(line, out);
        state.report.take(line, { far: big(m[1]) }, out);
      },
    },
    says(
      /^ESR (0x[0-9a-f]{8,16}) PC 0x[0-9a-f]{1,16} TTBR0 (0x[0-9a-f]{1,16}) CONTEXIDR 0x[0-9a-f]{1,8}$/i,
      1,
      m => ({
        esr: big(m[1]),
        registers: { TTBR0_EL1: big(m[2]) },
      }),
    ),
    { like: /^CPUID 0x[0-9a-f]{1,16} CPSR 0x[0-9a-f]{1,8} \(read from SPSR\)$/i, proof: 0.9 },
    {
      like: /^\s{0,4}(?:cpu #\d{1,4}\s{1,16}cpsr 0x|x\d{1,2} {1,2}[0-9a-f]{16} (?:x\d|elr|sp_el0)|x30 {1,2}[0-9a-f]{16})/,
      proof: 0.8,
    },
    {
      like: /^(?:TEE load address @ |Call stack:|Status of TA |\[abort\] abort in |abort_handler:\d{1,5} )/,
      proof: 0.6,
    },
  ],
  end: ({ report }, out) => report.close(out),
});

export const otherAborts = recogniser<State>({
  id: 'arm64.abort',
  title:
    'arm64 exception of another kernel or firmware (EDK2, coreboot, Hafnium, Jailhouse, FreeBSD, XNU, NuttX, Solo5)',
  wraps: true,
  arch: 'arm64',
  state: () => ({ report: new AbortReport(1) }),
  rows: [
    // EDK2 prints in capitals [ArmPkg, DefaultExceptionHandlerLib/AArch64/DefaultExceptionHandler.c]
    {
      like: /^(?:Synchronous|IRQ|FIQ|SError) Exception at 0x[0-9A-F]{8,16}$/,
      proof: 0.9,
      read: (_, { line, state, out }) => {
        out.assume('EDK2 does not say its exception level: EL2', line);
        state.report.begin(line, out, 2);
      },
    },
    {
      like: /^\s{0,4}ESR 0x([0-9A-Fa-f]{8,16})\s{1,16}FAR 0x([0-9A-Fa-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        out.assume('EDK2 does not say its exception level: EL2', line);
        state.report.take(line, { esr: big(m[1]), far: big(m[2]), el: 2 }, out);
      },
    },
    { like: /^\s{0,4}(?:ESR : EC 0x[0-9A-F]{2} {1,4}IL 0x|SP 0x[0-9A-F]{16} {1,4}ELR 0x)/, proof: 0.9 },
    {
      like: /^ {0,4}(?:X\d{1,2} 0x[0-9A-F]{16} {2,4}(?:X\d|FP )|V\d{1,2} 0x[0-9A-F]{16} [0-9A-F]{16} {2,4}V\d)/,
      proof: 0.8,
    },
    {
      like: /^(?:PC 0x[0-9A-F]{12}(?: \(0x[0-9A-F]{12}\+0x[0-9A-F]{8}\) \[ ?\d{1,3}\] \S{1,80})?|\[ ?\d{1,3}\] \/\S{1,200}\.dll|Recursive exception occurred while dumping the CPU state)$/,
      proof: 0.6,
    },
    { like: /^[> ]{0,2}[0-9A-F]{13}:(?: [0-9A-F]{16}){4}$/, proof: 0.6 },
    {
      like: /^(?:(?:Data|Instruction) abort: [A-Za-z ,]{0,100}|Stack dump:|P[CS] alignment fault)$/,
      proof: 0.4,
    },
    // Hafnium [src/arch/aarch64/hypervisor/handler.c; src/vcpu.c], which printed HPFAR_EL2 << 8, the page at stage 2
    says(
      /^(?:Data|Instruction) abort: pc=0x[0-9a-f]{1,16}, esr=0x([0-9a-f]{1,16}), ec=0x[0-9a-f]{1,2}(?:, far=(?:0x([0-9a-f]{1,16})|invalid)(?:, hpfar=0x([0-9a-f]{1,16}))?)?$/,
      1,
      m => ({
        esr: big(m[1]),
        far: hexIf(m[2]),
        hpfar: m[3] === undefined ? undefined : hpfarOf(big(m[3])),
        el: 2,
      }),
    ),
    says(
      /^Stage-2 page fault: pc=0x[0-9a-f]{1,16}, vmid=(?:0x)?[0-9a-f]{1,5}, vcpu=\d{1,5}, vaddr=0x([0-9a-f]{1,16}), ipaddr=0x([0-9a-f]{1,16}), mode=/,
      1,
      m => ({
        far: big(m[1]),
        hpfar: hpfarOf(big(m[2])),
        el: 2,
      }),
    ),
    { like: /^Injecting (?:Data|Instruction) Abort exception into VM ?(?:0x)?[0-9a-f]{1,5}\.$/, proof: 0.8 },
    // Jailhouse: class, length and the rest of the syndrome apart; the address is the guest's physical one
    // [hypervisor/arch/arm64/traps.c, dump_regs() and handle_iabt(); mmio.c]
    says(/^Unhandled data (?:read|write) at 0x([0-9a-f]{1,16})\(\d\)$/, 1, m => ({
      hpfar: hpfarOf(big(m[1])),
      el: 2,
    })),
    says(/^FATAL: instruction abort at 0x([0-9a-f]{1,16})$/, 1, m => ({ hpfar: hpfarOf(big(m[1])), el: 2 })),
    begins(/^FATAL: Unhandled HYP exception: synchronous abort from EL2$/, 1, () => 2),
    says(
      /^\s{0,2}sp: [0-9a-f]{16} {1,4}(?:elr: [0-9a-f]{16} {1,4})?esr: ([0-9a-f]{2}) ([01]) ([0-9a-f]{7})$/,
      1,
      m => ({
        esr: syndromeOf(big(m[1]), big(m[2]), big(m[3])),
        el: 2,
      }),
    ),
    {
      like: /^FATAL: (?:unhandled (?:trap|exception)|forbidden access)|^Cell state before exception:$|^\s{0,2}pc: [0-9a-f]{16} {1,4}lr: [0-9a-f]{16} spsr: [0-9a-f]{8} /,
      proof: 0.7,
    },
    {
      like: /^ {0,2}x\d{1,2}: [0-9a-f]{16}(?: {1,4}x\d{1,2}: [0-9a-f]{16}){0,2}$|^Parking CPU \d{1,4} \(Cell: "|^Hypervisor stack before exception \(/,
      proof: 0.4,
    },
    // XNU [osfmk/arm64/sleh.c, panic_with_thread_kernel_state()]; as JSON it is one line
    says(
      /^(?:"panicString" {0,4}: {0,4}")?panic\(cpu \d{1,3} caller 0x[0-9a-f]{1,16}\): .*?pc: {1,2}0x[0-9a-f]{1,16},? {1,12}cpsr: 0x[0-9a-f]{1,16},? {1,12}esr: 0x([0-9a-f]{8,16}),? {1,12}far: 0x([0-9a-f]{1,16})(?!`?[0-9a-zA-Z_])/,
      1,
      m => ({ esr: big(m[1]), far: big(m[2]) }),
    ),
    begins(
      /^(?:"panicString" {0,4}: {0,4}")?panic\(cpu \d{1,3} caller 0x[0-9a-f]{1,16}\): "?(?:Kernel (?:data|instruction fetch) abort|Unexpected fault in kernel)/,
      1,
    ),
    says(
      /^\s{0,8}(?:pc: {1,2}0x[0-9a-f]{1,16},? {1,12})?(?:cpsr: 0x[0-9a-f]{1,16},? {1,12})?esr: 0x([0-9a-f]{8,16}),? {1,12}far: 0x([0-9a-f]{1,16})$/,
      1,
      m => ({
        esr: big(m[1]),
        far: big(m[2]),
      }),
    ),
    {
      like: /^\s{0,8}x\d{1,2}: {1,2}0x[0-9a-f]{16} {1,2}(?:x\d{1,2}|fp): {1,2}0x[0-9a-f]{16} {1,2}(?:x\d|lr)/,
      proof: 0.5,
    },
    // FreeBSD [sys/arm64/arm64/trap.c, print_registers()]; newer ones name the symbol behind an address
    begins(/^Fatal (?:data|instruction) abort:?$/, 0.9),
    says(/^\s{0,4}far: {1,16}(?:0x)?([0-9a-f]{1,16})(?: \(.{1,80}\))?$/, 0.8, m => ({ far: big(m[1]) })),
    says(/^\s{0,4}esr: {1,16}(?:0x)?([0-9a-f]{8,16})$/, 0.8, m => ({ esr: big(m[1]) })),
    {
      like: /^\s{0,4}(?:spsr|elr|lr|sp|x\d{1,2}): {1,16}(?:0x)?[0-9a-f]{1,16}(?: \(.{1,80}\))?$/,
      proof: 0.4,
    },
    {
      like: /^panic: (?:vm_fault failed: |data abort in critical section|Unhandled (?:System Error|exception))/,
      proof: 0.5,
    },
    // coreboot [src/arch/arm64/armv8/exception.c, print_regs()], which reads the registers of EL3
    begins(/^exception _(?:sync|irq|fiq|serror)_(?:sp_el[0-3]|elx_(?:64|32))$/, 1, () => 3),
    says(/^ELR = 0x[0-9a-f]{16} {1,12}ESR = 0x([0-9a-f]{8,16})$/, 1, m => ({ esr: big(m[1]), el: 3 })),
    says(/^FAR = 0x([0-9a-f]{16}) {1,12}SPSR = 0x[0-9a-f]{8,16}$/, 1, m => ({ far: big(m[1]), el: 3 })),
    { like: /^X\d\d = 0x[0-9a-f]{16} {1,12}(?:X\d\d|SP) = 0x[0-9a-f]{16}$|^Dumping stack:$/, proof: 0.6 },
    // Solo5 [bindings/cpu_aarch64.c]
    begins(/^(?:Solo5: )?Trap: EL1 (?:Synchronous|System) \w{1,12} caught$/, 1, () => 1),
    says(/^(?:Solo5: )?Data Abort Address: 0x([0-9a-f]{16})$/, 0.9, m => ({ far: big(m[1]) })),
    says(/^\s{0,8}ESR {1,8}: 0x([0-9a-f]{16})$/, 0.9, m => ({ esr: big(m[1]) })),
    {
      like: /^(?:Solo5: (?:Dump registers:|ABORT: )|\s{0,8}(?:(?:PC|LR|PSTATE) {1,8}|x\d\d ~ x\d\d): 0x)/,
      proof: 0.4,
    },
    // NuttX, and others that do not know their level
    says(
      /^(?:\w{1,40}: )?ESR_ELn: {1,8}(0x[0-9a-f]{1,16})(?:\s{1,16}FAR_ELn: {1,8}(0x[0-9a-f]{1,16}))?(?:\s{1,16}ELR_ELn: {1,8}0x[0-9a-f]{1,16})?$/,
      0.9,
      m => ({
        esr: big(m[1]),
        far: hexIf(m[2]),
      }),
    ),
    says(/^(?:\w{1,40}: )?FAR_ELn: {1,8}(0x[0-9a-f]{1,16})$/, 0.9, m => ({ far: big(m[1]) })),
    { like: /^(?:\w{1,40}: )?(?:ELR_ELn: |CurrentEL: |print_ec_cause: )/, proof: 0.6 },
  ],
  end: ({ report }, out) => report.close(out),
});

/** `ESR 0x96000047`, `esr_el1(0x96000047)`, `FAR_EL1 => 0x8`: a name, what separates it, a number. */
const PAIR =
  /\b(esr|far|hpfar)(?:_el([123nx]))?(?![\w.])[\s:=|>(-]{0,24}(?:is {1,4})?\(?(?:0x([0-9a-f]{1,16})|([0-9a-f]{8,16}))(?!`?[0-9a-z_])/gi;
/** Characters of a line that are looked through. */
const LOOKED = 400;
/** The beginning of a long line, up to a blank: what is cut is no number. */
const lookedAt = (text: string): string =>
  text.length <= LOOKED ? text : text.slice(0, Math.max(0, text.lastIndexOf(' ', LOOKED)));

/** What a line says in pairs; nothing where it has no syndrome of an abort, and its names are words like others. */
function pairsIn(text: string): Said | undefined {
  const said: { esr?: bigint; far?: bigint; hpfar?: bigint; el?: ExceptionLevel } = {};
  for (const [, name = '', el, prefixed, bare] of lookedAt(text).matchAll(PAIR)) {
    said[name.toLowerCase() as 'esr'] ??= big(prefixed ?? bare);
    const level = LEVEL[el ?? ''];
    if (level !== undefined) said.el ??= level;
  }
  return said.esr === undefined || ABORTS.includes(classOf(said.esr)) ? said : undefined;
}

export const looseAbort = recogniser<State>({
  id: 'arm64.syndrome',
  title: 'arm64 syndrome and address, in words of nobody known',
  arch: 'arm64',
  // such words stand in reports of all kinds: they count where no tool is known
  score: (_, byRows) => byRows,
  state: () => ({ report: new AbortReport(1) }),
  rows: [
    {
      like: /^.{0,160}?\besr(?:_el[123nx])?(?![\w.])[\s:=|>(-]{0,24}(?:is {1,4})?\(?(?:0x[0-9a-f]|[0-9a-f]{8})/i,
      proof: 0.45,
      read: (_, { line, state, out }) => {
        const said = pairsIn(line.text);
        if (said?.esr === undefined) return false;
        if (said.el === undefined) out.assume('the exception level of ESR is not said: EL1', line);
        state.report.take(line, said, out);
        return true;
      },
    },
    {
      like: /^\W{0,4}(?:hp)?far(?:_el[123nx])?(?![\w.])[\s:=|>(-]{1,24}(?:is {1,4})?\(?0x[0-9a-f]/i,
      proof: 0.45,
      read: (_, { line, state, out }) => {
        const said = pairsIn(line.text);
        if (said === undefined) return false;
        state.report.take(line, said, out);
        return true;
      },
    },
  ],
  end: ({ report }, out) => report.close(out),
});
