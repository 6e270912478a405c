/**
 * Register values as tools write them: JSON of name to number, QEMU `info registers`, gdb `info registers`, `rdmsr`
 * pairs, plain `NAME=value` lines. One set per CPU.
 */

/** Register names in upper case (`VTTBR_EL2`, `CR3`, `EPTP`, `NCR3`; MSRs without a name as `MSR_0X277`) to values. */
export type Registers = ReadonlyMap<string, bigint>;

export interface RegisterFile {
  /** How the text was understood. */
  readonly form: 'json' | 'qemu' | 'gdb' | 'pairs';
  /** At least one set; tools that show one CPU give one. */
  readonly cpus: readonly Registers[];
}

/** Text in which no register value was found. */
export class RegisterSyntaxError extends Error {
  override name = 'RegisterSyntaxError';
}

/** MSR numbers that memory types and paging depend on, by the name the project uses [SDM volume 4; APM appendix A]. */
export const MSR_NAMES: ReadonlyMap<number, string> = new Map([
  [0xfe, 'MTRRCAP'],
  [0x1f2, 'SMRR_PHYSBASE'],
  [0x1f3, 'SMRR_PHYSMASK'],
  [0x250, 'MTRR_FIX64K_00000'],
  [0x258, 'MTRR_FIX16K_80000'],
  [0x259, 'MTRR_FIX16K_A0000'],
  ...Array.from(
    { length: 8 },
    (_, i) => [0x268 + i, `MTRR_FIX4K_${(0xc0000 + i * 0x8000).toString(16).toUpperCase()}`] as const,
  ),
  ...Array.from({ length: 16 }, (_, i) => [0x200 + 2 * i, `MTRR_PHYSBASE${i}`] as const),
  ...Array.from({ length: 16 }, (_, i) => [0x201 + 2 * i, `MTRR_PHYSMASK${i}`] as const),
  [0x277, 'PAT'],
  [0x2ff, 'MTRR_DEF_TYPE'],
  [0x48c, 'IA32_VMX_EPT_VPID_CAP'],
  [0xc000_0080, 'EFER'],
  [0xc001_0010, 'SYSCFG'],
  [0xc001_001a, 'TOP_MEM'],
  [0xc001_001d, 'TOP_MEM2'],
]);

/** Other spellings of the same register. `SCTLR` is what QEMU's gdb stub calls SCTLR_EL1. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['SCTLR', 'SCTLR_EL1'],
  ['VBAR', 'VBAR_EL1'],
  ['IA32_PAT', 'PAT'],
  ['IA32_EFER', 'EFER'],
  ['MTRRDEFTYPE', 'MTRR_DEF_TYPE'],
  ['MTRRCAP', 'MTRRCAP'],
  ['N_CR3', 'NCR3'],
  ['NCR3', 'NCR3'],
]);

/** The one name of a register, however it was spelled. */
export function registerName(text: string): string {
  const upper = text.trim().toUpperCase();
  if (/^0X[0-9A-F]+$/.test(upper)) return MSR_NAMES.get(Number(upper)) ?? `MSR_${upper}`;
  const plain = upper.replace(/_RESERVED$/, ''); // gdb stubs name ID registers that had no meaning yet this way
  return ALIASES.get(plain) ?? plain;
}

/**
 * Read register values from text.
 *
 * @throws RegisterSyntaxError where nothing in the text is a register value.
 */
export function parseRegisters(text: string): RegisterFile {
  const file = /^\s*[[{]/.test(text) ? fromJson(text) : fromText(text);
  if (file.cpus.every(cpu => cpu.size === 0))
    throw new RegisterSyntaxError(
      'no register value found: expected JSON of names to numbers, QEMU or gdb `info registers`, or NAME=value lines',
    );
  return file;
}

function fromJson(text: string): RegisterFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new RegisterSyntaxError(`looks like JSON but is not: ${(error as Error).message}`);
  }
  const shared = new Map<string, bigint>();
  const perCpu: Map<string, bigint>[] = [];
  collect(parsed, shared, perCpu);
  return {
    form: 'json',
    cpus: perCpu.length > 0 ? perCpu.map(cpu => new Map([...shared, ...cpu])) : [shared],
  };
}

/** Depth of nesting that makes sense for a register file; deeper objects are somebody else's. */
const DEPTH = 4;

/** Numbers anywhere in the object count under their key; the elements of an array called `cpus` are sets of their own. */
function collect(value: unknown, into: Map<string, bigint>, cpus: Map<string, bigint>[], depth = 0): void {
  if (value === null || typeof value !== 'object' || depth > DEPTH) return;
  for (const [key, child] of Object.entries(value)) {
    if (Array.isArray(child) && key.toLowerCase() === 'cpus')
      for (const element of child) {
        const cpu = new Map<string, bigint>();
        collect(element, cpu, [], depth + 1);
        cpus.push(cpu);
      }
    else if (typeof child === 'object') collect(child, into, cpus, depth + 1);
    else {
      const number = numberOf(child);
      if (number !== undefined && !into.has(registerName(key))) into.set(registerName(key), number);
    }
  }
}

function numberOf(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(value)) return BigInt(value);
  return undefined;
}

/** `name  0xvalue  …`, as gdb prints: the value must have its 0x, or prose would pass. */
const GDB_LINE = /^\s*([A-Za-z]\w*)\s+(0x[0-9a-fA-F]{1,16})(?:\s|$)/;
/** `NAME=value` anywhere in a line: QEMU (`R8 =`, bare hex) and people. */
const PAIR = /\b([A-Za-z]\w*)\s?=\s?(0x[0-9a-fA-F]{1,16}|[0-9a-fA-F]{1,16})\b/g;
const CPU_LINE = /^\s*CPU#\d+/;

function fromText(text: string): RegisterFile {
  const cpus: Map<string, bigint>[] = [new Map()];
  let form: RegisterFile['form'] = 'pairs';
  const esc = String.fromCharCode(27);
  const plain = text.replaceAll(new RegExp(`${esc}\\[[0-9;]*[A-Za-z]`, 'g'), '');
  for (const line of plain.split(/\r?\n/)) {
    if (CPU_LINE.test(line)) {
      form = 'qemu';
      if ((cpus.at(-1)?.size ?? 0) > 0) cpus.push(new Map());
      continue;
    }
    const cpu = cpus.at(-1) as Map<string, bigint>;
    const gdb = GDB_LINE.exec(line);
    if (gdb) {
      if (form === 'pairs') form = 'gdb';
      cpu.set(registerName(gdb[1] ?? ''), BigInt(gdb[2] ?? '0'));
      continue;
    }
    for (const [, name = '', value = '0'] of line.matchAll(PAIR))
      cpu.set(registerName(name), BigInt(value.startsWith('0x') ? value : `0x${value}`));
  }
  return { form, cpus };
}
