/**
 * The registers that say how memory is translated and typed, by the one name that the project gives each, and every other
 * name that manuals and tools give it.
 *
 * Names of arm64 registers are those of the Arm ARM. x86 registers drop the `IA32_` of the SDM, as the APM does, but for
 * those that only Intel has [SDM volume 4; APM volume 2, appendix A]. A guest's registers beside its host's are named
 * `GUEST…`, as the walk of a guest behind EPT or nested paging wants them.
 */

export interface RegisterName {
  readonly name: string;
  /** In upper case; underscores, blanks and dots in a spelling count for nothing. */
  readonly aliases: readonly string[];
  /** Number of the model-specific register. */
  readonly msr?: number;
}

const row = (name: string, aliases = '', msr?: number): RegisterName => ({
  name,
  aliases: aliases.split(' ').filter(text => text !== ''),
  ...(msr === undefined ? {} : { msr }),
});

/** `NAME_EL1` with its alias from EL2 with E2H: `NAME_EL12` is EL1's register, which is what a dump of EL2 means by it. */
const levels = (name: string, els: readonly number[], aliases = ''): readonly RegisterName[] =>
  els.map(el => row(`${name}_EL${el}`, el === 1 ? aliases : ''));

const ARM64: readonly RegisterName[] = [
  ...levels('TTBR0', [1, 2, 3], 'TTBR0_EL12'),
  ...levels('TTBR1', [1, 2], 'TTBR1_EL12'),
  ...levels('TCR', [1, 2, 3], 'TCR_EL12'),
  ...levels('TCR2', [1, 2], 'TCR2_EL12'),
  ...levels('MAIR', [1, 2, 3], 'MAIR_EL12'),
  ...levels('MAIR2', [1, 2, 3], 'MAIR2_EL12'),
  ...levels('SCTLR', [1, 2, 3], 'SCTLR SCTLR_EL12'),
  ...levels('PIR', [1, 2, 3], 'PIR_EL12'),
  ...levels('PIRE0', [1, 2], 'PIRE0_EL12'),
  ...levels('POR', [0, 1, 2, 3]),
  ...['VTTBR_EL2', 'VTCR_EL2', 'VSTTBR_EL2', 'VSTCR_EL2', 'HCR_EL2', 'HCRX_EL2'].map(name => row(name)),
  ...['S2PIR_EL2', 'S2POR_EL1', 'SCR_EL3', 'GPCCR_EL3', 'GPTBR_EL3', 'MFAR_EL3'].map(name => row(name)),
  ...levels('ESR', [1, 2, 3], 'ESR_EL12'),
  ...levels('FAR', [1, 2, 3], 'FAR_EL12'),
  ...['HPFAR_EL2', 'PAR_EL1', 'CTR_EL0', 'DCZID_EL0', 'MIDR_EL1'].map(name => row(name)),
  ...[0, 1, 2, 3, 4].map(n => row(`ID_AA64MMFR${n}_EL1`)),
  ...[0, 1, 2].map(n => row(`ID_AA64PFR${n}_EL1`)),
  ...[0, 1, 2].map(n => row(`ID_AA64ISAR${n}_EL1`)),
];

const FIXED = [
  ...[[0x250, '64K_00000'] as const, [0x258, '16K_80000'] as const, [0x259, '16K_A0000'] as const],
  ...Array.from(
    { length: 8 },
    (_, i) => [0x268 + i, `4K_${(0xc0000 + i * 0x8000).toString(16).toUpperCase()}`] as const,
  ),
];
/** Ranges that MTRRCAP can count; processors have 8 to 10. */
const VARIABLE = Array.from({ length: 16 }, (_, n) => n);

const X86: readonly RegisterName[] = [
  ...['CR0', 'CR2', 'CR3', 'CR4'].map(name => row(name)),
  row('EFER', 'IA32_EFER', 0xc000_0080),
  row('PAT', 'IA32_PAT IA32_CR_PAT', 0x277),
  row('EPTP', 'EPT_POINTER EPTPOINTER'),
  row('NCR3', 'N_CR3 NESTED_CR3'),
  row('IA32_VMX_EPT_VPID_CAP', 'EPT_VPID_CAP', 0x48c),
  row('GUESTCR0', 'GUEST_CR0'),
  row('GUESTCR3', 'GUEST_CR3'),
  row('GUESTCR4', 'GUEST_CR4'),
  row('GUESTEFER', 'GUEST_EFER GUEST_IA32_EFER'),
  row('GUESTPAT', 'GUEST_PAT GUEST_IA32_PAT'),
  row('GPAT', 'G_PAT'),
  row('HARDWARECR0', ''),
  row('MTRRCAP', 'IA32_MTRRCAP MTRR_CAP', 0xfe),
  row('MTRR_DEF_TYPE', 'IA32_MTRR_DEF_TYPE MTRRDEFTYPE', 0x2ff),
  ...FIXED.map(([msr, range]) => row(`MTRR_FIX${range}`, `IA32_MTRR_FIX${range} MTRRFIX${range}`, msr)),
  ...VARIABLE.flatMap(n => [
    row(`MTRR_PHYSBASE${n}`, `IA32_MTRR_PHYSBASE${n} MTRRPHYSBASE${n}`, 0x200 + 2 * n),
    row(`MTRR_PHYSMASK${n}`, `IA32_MTRR_PHYSMASK${n} MTRRPHYSMASK${n}`, 0x201 + 2 * n),
  ]),
  row('SMRR_PHYSBASE', 'IA32_SMRR_PHYSBASE', 0x1f2),
  row('SMRR_PHYSMASK', 'IA32_SMRR_PHYSMASK', 0x1f3),
  row('SYSCFG', 'MSR_SYSCFG', 0xc001_0010),
  row('TOP_MEM', 'TOPMEM MSR_TOP_MEM', 0xc001_001a),
  row('TOP_MEM2', 'TOPMEM2 TOM2 MSR_TOP_MEM2', 0xc001_001d),
  ...[0, 1].flatMap(n => [
    row(`IORRBASE${n}`, `IORR_BASE${n}`, 0xc001_0016 + 2 * n),
    row(`IORRMASK${n}`, `IORR_MASK${n}`, 0xc001_0017 + 2 * n),
  ]),
  row('PKRU'),
  row('IA32_PKRS', 'PKRS', 0x6e1),
];

export const REGISTER_NAMES: readonly RegisterName[] = [...ARM64, ...X86];

/** Every spelling of every register, as manuals and tools write it. */
export const REGISTER_SPELLINGS: readonly string[] = REGISTER_NAMES.flatMap(({ name, aliases }) => [
  name,
  ...aliases,
]);

/** Spellings differ in underscores, dots and blanks. */
const key = (text: string): string => text.replace(/[\s_.]/g, '');

const BY_SPELLING: ReadonlyMap<string, string> = new Map(
  REGISTER_NAMES.flatMap(({ name, aliases }) => [name, ...aliases].map(text => [key(text), name] as const)),
);
const BY_MSR: ReadonlyMap<number, string> = new Map(
  REGISTER_NAMES.flatMap(({ name, msr }) => (msr === undefined ? [] : [[msr, name] as const])),
);

/** Short names of registers that say nothing of translation: those of EL1, as gdb stubs print them. */
const OTHER_BY_SPELLING: ReadonlyMap<string, string> = new Map([['VBAR', 'VBAR_EL1']]);

/** `0x277`, `MSR 0x277`, `msr[277]`, `MSR_277h`, `msrc0000080`. */
const MSR = /^(?:MSR\s*[_[(]?\s*(?:0X)?([0-9A-F]{1,8})H?[\])]?|0X([0-9A-F]{1,8}))$/;

/** The one name of a register, however it is spelled; as it is where nobody knows it. MSRs without a name are `MSR_0X3A`. */
export function registerName(text: string): string {
  const upper = text.trim().toUpperCase();
  const plainName = upper.replace(/_RESERVED$/, ''); // what gdb stubs call ID registers of the future
  const known = BY_SPELLING.get(key(plainName)) ?? OTHER_BY_SPELLING.get(plainName);
  if (known !== undefined) return known;
  const [, named, plain] = MSR.exec(upper) ?? [];
  const digits = named ?? plain;
  if (digits === undefined) return plainName;
  return BY_MSR.get(Number.parseInt(digits, 16)) ?? `MSR_0X${digits.replace(/^0+(?=.)/, '')}`;
}

/**
 * Registers of other matters, which dumps of a processor's state hold beside those above: general registers, flags,
 * segments, vectors, debug, timers, and whatever else has the exception level in its name.
 */
const OTHER =
  /^(?:[XWVQDSHBPZ]\d{1,2}|SP|PC|LR|FP|CPSR|PSTATE|FPSR|FPCR|FFR|VG|SVCR|.*_EL[0-3]{1,2}|(?:ID|MVFR|CNT|PM|DBG|ICC|ICH|ICV|MPAM|AMAIR|TPIDR)\w*|SPSR\w*|L2\w+|RES_\w+|GUEST\w+|CSSELR|CLIDR|CCSIDR|CPACR|AIDR|REVIDR|ACTLR|VBAR|RVBAR|MDSCR|OSLSR|[RE]?[A-D]X|[RE]?[SD]I|[RE]?[SBI]P|R\d{1,2}[DWB]?|[RE]?FLAGS|[RE]?FL|[C-GS]S(?:_BASE)?|K?_?[GF]S_BASE|[GIL]DTR?|TR|CR8|XCR0|DR[0-7]|[XYZ]MM\d{1,2}|ST\d|MXCSR|F[CST]W|FPR\d|FOP|FCTRL|FSTAT|FTAG|FISEG|FIOFF|FOSEG|FOOFF|ORIG_[RE]AX|MSR_0X[0-9A-F]+|CPL|II|A20|SMM|HLT)$/;

/** Is it a register that says how memory is translated or typed? */
export const isTranslationRegister = (name: string): boolean => BY_SPELLING.has(key(name));

/** Is it some other register of a processor? */
export const isOtherRegister = (name: string): boolean => OTHER.test(name);
