/** VMCOREINFO: the lines that a kernel leaves for those who read its dumps. */

export interface Vmcoreinfo {
  /** `OSRELEASE`, `6.1.0-50-amd64`. */
  readonly release?: string;
  /** `PAGESIZE`, in bytes. */
  readonly pageSize?: number;
  /** `KERNELOFFSET`: by how much the kernel's image lies from where it was linked. */
  readonly kernelOffset?: bigint;
  /** `SYMBOL(name)`: virtual addresses. `swapper_pg_dir` (arm64), `init_top_pgt` or `swapper_pg_dir` (x86) is the kernel's root table. */
  readonly symbols: Readonly<Record<string, bigint>>;
  /** `NUMBER(name)`: `phys_base`, `tcr_el1_t1sz`, `kimage_voffset`… Lower case, as the spelling moved between kernels. */
  readonly numbers: Readonly<Record<string, bigint>>;
  /** Lines of other kinds (`OFFSET(…)`, `SIZE(…)`, `LENGTH(…)`, `CONFIG_…`), by what stands before the `=`. */
  readonly others: Readonly<Record<string, string>>;
}

const LINE = /^([A-Z_][A-Z0-9_]*)(?:\(([^)]*)\))?=(.*)$/i;
const DECIMAL = /^-?\d{1,20}$/;
const HEX = /^(?:0x)?[0-9a-f]{1,16}$/i;

/** Symbols and offsets are hex without 0x. */
const fromHex = (text: string): bigint | undefined =>
  HEX.test(text) ? BigInt(`0x${text.replace(/^0x/i, '')}`) : undefined;
/** Numbers are decimal, or hex with 0x. */
const fromNumber = (text: string): bigint | undefined =>
  DECIMAL.test(text) ? BigInt(text) : /^0x/i.test(text) ? fromHex(text) : undefined;

/** Read VMCOREINFO line by line; lines that are none are passed over, and values that are no numbers stay text in `others`. */
export function parseVmcoreinfo(text: string): Vmcoreinfo {
  const symbols: Record<string, bigint> = Object.create(null);
  const numbers: Record<string, bigint> = Object.create(null);
  const others: Record<string, string> = Object.create(null);
  for (const line of text.split('\n')) {
    const [, kind, name, value] = LINE.exec(line.trimEnd()) ?? [];
    if (kind === undefined || value === undefined) continue;
    const symbol = kind === 'SYMBOL' && name !== undefined ? fromHex(value) : undefined;
    const number = kind === 'NUMBER' && name !== undefined ? fromNumber(value) : undefined;
    if (symbol !== undefined) symbols[name as string] = symbol;
    else if (number !== undefined) numbers[(name as string).toLowerCase()] = number;
    else others[name === undefined ? kind : `${kind}(${name})`] = value;
  }
  const kernelOffset = others.KERNELOFFSET === undefined ? undefined : fromHex(others.KERNELOFFSET);
  const pageSize = Number(others.PAGESIZE);
  return {
    ...(others.OSRELEASE === undefined ? {} : { release: others.OSRELEASE }),
    ...(Number.isSafeInteger(pageSize) && pageSize > 0 ? { pageSize } : {}),
    ...(kernelOffset === undefined ? {} : { kernelOffset }),
    symbols,
    numbers,
    others,
  };
}
