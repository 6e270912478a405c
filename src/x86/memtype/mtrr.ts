/**
 * What the MTRRs say of a physical address, and of a range [SDM, "MTRR Precedences"; APM, "Memory-Type Range Registers",
 * "Top of Memory"].
 */

import { decode } from '../../bits/codec.ts';
import { pfnAddress, pfnOf } from '../../bits/pages.ts';
import type { Word } from '../../bits/word.ts';
import { type Answer, answer, citing, type Operands, type Reason } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import {
  extendedByte,
  FIXED_MTRRS,
  fixedBytes,
  mtrrCapLayout,
  mtrrDefTypeLayout,
  physBaseLayout,
  physMaskLayout,
  syscfgLayout,
  topMemLayout,
} from '../registers/mtrr.ts';
import { type MemoryType, memoryType } from '../values/attributes.ts';

/** The registers of one processor. */
export interface MtrrRegisters {
  readonly vendor: 'intel' | 'amd';
  readonly maxphyaddr: number;
  /** IA32_MTRR_DEF_TYPE. */
  readonly defType: Word;
  /** MSRs 250H, 258H, 259H, 268H to 26FH, in this order; absent or null: all zero; undefined: not known. */
  readonly fixed?: readonly (Word | undefined)[] | null;
  /** PHYSBASEn and PHYSMASKn, as many as IA32_MTRRCAP.VCNT says. */
  readonly variable: readonly (readonly [base: Word, mask: Word])[];
  /** Intel: IA32_SMRR_PHYSBASE and PHYSMASK, and whether the processor is in system management mode. */
  readonly smrr?: { readonly base: Word; readonly mask: Word; readonly inSmm: boolean };
  /** AMD: SYSCFG and TOP_MEM2. */
  readonly syscfg?: Word;
  readonly topMem2?: Word;
}

/** The MTRR type of an address. */
export type MtrrType =
  | { readonly is: 'type'; readonly type: MemoryType }
  /** Overlapping ranges whose types have no order: the types, sorted by name. */
  | { readonly is: 'undefined'; readonly conflict: readonly MemoryType[] }
  /** A register holds a type that WRMSR refuses. */
  | { readonly is: 'illegal'; readonly code: number };

export type MtrrSource = 'disabled' | 'smrr' | 'fixed' | 'variable' | 'tom2' | 'default';
export interface MtrrLookup extends Answer<MtrrType> {
  readonly source: MtrrSource;
  /** AMD's extended fixed-range bytes: do reads and writes go to DRAM (else to MMIO)? */
  readonly rdMem?: boolean;
  readonly wrMem?: boolean;
  /** What had to be assumed for it, where a register that decides is not known. */
  readonly assumed?: string;
}

const PRECEDENCES = sdm('section "MTRR Precedences"');
const PAGE = 12n;
const MIB = 2n ** 20n;
const FOUR_GIB = 2n ** 32n;

/** A register set prepared for many lookups. */
export interface Mtrrs {
  readonly registers: MtrrRegisters;
  readonly enabled: boolean;
  readonly fixedEnabled: boolean;
  /** One byte per fixed range with its addresses, or none. */
  readonly fixed: readonly FixedRange[];
  readonly variable: readonly VariableRange[];
  readonly smrr?: VariableRange;
  /** AMD: [4 GBytes, TOP_MEM2) is WB where no variable range says otherwise. */
  readonly forcedWb?: bigint;
}
interface FixedRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly byte: number;
  /** Its register, where that is not known: the byte is then taken as 0. */
  readonly unknown?: string;
}
interface VariableRange {
  readonly n: number;
  readonly base: bigint;
  readonly mask: bigint;
  readonly code: number;
}

function range(n: number, base: Word, mask: Word, maxphyaddr: number): VariableRange[] {
  const { v, mask: bits } = decode(physMaskLayout({ maxphyaddr }), mask);
  const pair = decode(physBaseLayout({ maxphyaddr }), base);
  return v ? [{ n, base: pair.base & bits, mask: bits, code: pair.type }] : [];
}

/** Read the registers once. */
export function mtrrs(registers: MtrrRegisters): Mtrrs {
  const { vendor, maxphyaddr, defType, fixed, variable, smrr, syscfg = 0n, topMem2 = 0n } = registers;
  const [smm] = smrr ? range(0, smrr.base, smrr.mask, 32) : [];
  const { e, fe } = decode(mtrrDefTypeLayout, defType);
  const { tom2En, tom2ForceWb } = decode(syscfgLayout, syscfg);
  // Tom2ForceMemTypeWB alone does not say whether it needs MtrrTom2En: like Linux, both are asked for
  const forced = vendor === 'amd' && tom2En && tom2ForceWb;
  return {
    registers,
    enabled: e === 1,
    fixedEnabled: fe === 1,
    fixed: FIXED_MTRRS.flatMap(({ msr, name, base, size }, register) =>
      fixedBytes(msr, fixed?.[register] ?? 0n).map((byte, i) => ({
        start: BigInt(base + i * size),
        end: BigInt(base + (i + 1) * size),
        byte,
        ...(fixed && fixed[register] === undefined ? { unknown: `MTRR_FIX${name}` } : {}),
      })),
    ),
    variable: variable.flatMap(([base, mask], n) => range(n, base, mask, maxphyaddr)),
    ...(smm ? { smrr: smm } : {}),
    ...(forced ? { forcedWb: decode(topMemLayout, topMem2).top } : {}),
  };
}

/** The MTRRs among the registers; undefined where MTRR_DEF_TYPE is not among them. */
export function mtrrsOf(
  registers: ReadonlyMap<string, Word>,
  vendor: 'intel' | 'amd',
  maxphyaddr: number,
): Mtrrs | undefined {
  const defType = registers.get('MTRR_DEF_TYPE');
  if (defType === undefined) return undefined;
  const cap = registers.get('MTRRCAP');
  const count = cap === undefined ? USUAL_RANGES : decode(mtrrCapLayout, cap).vcnt;
  const value = (name: string): bigint => registers.get(name) ?? 0n;
  const smrrMask = registers.get('SMRR_PHYSMASK');
  return mtrrs({
    vendor,
    maxphyaddr,
    defType,
    fixed: FIXED_MTRRS.map(({ name }) => registers.get(`MTRR_FIX${name}`)),
    variable: Array.from(
      { length: count },
      (_, n) => [value(`MTRR_PHYSBASE${n}`), value(`MTRR_PHYSMASK${n}`)] as const,
    ),
    ...(smrrMask === undefined
      ? {}
      : { smrr: { base: value('SMRR_PHYSBASE'), mask: smrrMask, inSmm: false } }),
    syscfg: value('SYSCFG'),
    topMem2: value('TOP_MEM2'),
  });
}
/** Variable ranges that are asked for where MTRRCAP is not given; what is not there reads as 0 and counts for nothing. */
const USUAL_RANGES = 16;

const typeOf = (code: number): MtrrType => {
  const type = memoryType(code);
  return type === undefined ? { is: 'illegal', code } : { is: 'type', type };
};
const nameOf = (type: MtrrType): string =>
  type.is === 'type'
    ? type.type
    : type.is === 'undefined'
      ? `undefined: ${type.conflict.join(' and ')}`
      : 'illegal';

const found = (
  source: MtrrSource,
  type: MtrrType,
  operands: Operands,
  more: {
    readonly note?: string;
    readonly rdMem?: boolean;
    readonly wrMem?: boolean;
    readonly assumed?: string;
    readonly ref?: Reason['ref'];
  } = {},
): MtrrLookup => {
  const { note, ref = PRECEDENCES, ...dram } = more;
  const cited = citing(`x86.mtrr.${source}`, ref);
  return { ...answer(type, cited(operands, nameOf(type), { note })), source, ...dram };
};

/** The MTRR type of one physical address. */
export function mtrrType(set: Mtrrs, address: bigint): MtrrLookup {
  const { registers, smrr } = set;
  if (smrr && address < FOUR_GIB && (address & smrr.mask) === smrr.base) return smrrType(set, smrr);
  if (!set.enabled)
    return found(
      'disabled',
      typeOf(0),
      { E: 0 },
      { note: 'with E = 0 all memory is UC, whatever else is programmed' },
    );
  if (set.fixedEnabled && address < MIB) return fixedType(set, address);
  const hits = set.variable.filter(({ base, mask }) => (address & mask) === base);
  if (hits.length > 0) return variableType(hits);
  if (set.forcedWb !== undefined && address >= FOUR_GIB && address < set.forcedWb)
    return found(
      'tom2',
      { is: 'type', type: 'WB' },
      { 'SYSCFG.Tom2ForceMemTypeWB': 1, 'SYSCFG.MtrrTom2En': 1, TOP_MEM2: `0x${set.forcedWb.toString(16)}` },
      { ref: apm('section "Top of Memory"'), note: 'takes the place of the default type only' },
    );
  const code = decode(mtrrDefTypeLayout, registers.defType).type;
  return found('default', typeOf(code), { Type: memoryType(code) ?? code });
}

function smrrType({ registers }: Mtrrs, smrr: VariableRange): MtrrLookup {
  const inSmm = registers.smrr?.inSmm ?? false;
  const ref = sdm('section "System-Management Range Register Interface"');
  return inSmm
    ? found('smrr', typeOf(smrr.code), { SMM: 1 }, { ref })
    : found(
        'smrr',
        typeOf(0),
        { SMM: 0 },
        { ref, note: 'outside SMM reads return a fixed value and writes are ignored' },
      );
}

function fixedType({ registers, fixed }: Mtrrs, address: bigint): MtrrLookup {
  const part = fixed.find(({ start, end }) => address >= start && address < end);
  const byte = part?.byte ?? 0;
  const operands = {
    range: `0x${part?.start.toString(16)}`,
    byte: `0x${byte.toString(16).padStart(2, '0')}`,
  };
  if (part?.unknown !== undefined) {
    const assumed = `${part.unknown} is not given: taken as 0, UC`;
    return found('fixed', typeOf(0), operands, { note: assumed, assumed });
  }
  if (registers.vendor !== 'amd') return found('fixed', typeOf(byte), operands);
  const { fixDramModEn, fixDramEn } = decode(syscfgLayout, registers.syscfg ?? 0n);
  const { rdMem, wrMem, code } = extendedByte(byte);
  if (!(fixDramModEn || rdMem || wrMem)) return found('fixed', typeOf(byte), operands);
  return found('fixed', typeOf(code), operands, {
    rdMem,
    wrMem,
    ref: apm('section "Extended Fixed-Range MTRR Type-Field Encodings"'),
    ...(fixDramEn ? {} : { note: 'SYSCFG.MtrrFixDramEn = 0: RdMem and WrMem have no effect' }),
  });
}

/** What different types make of one address together [SDM, "MTRR Precedences"]; undefined where the manual leaves it undefined. */
export function overlapping(types: readonly MemoryType[]): MemoryType | undefined {
  const [only, ...more] = new Set(types);
  if (more.length === 0) return only;
  if (types.includes('UC')) return 'UC';
  return types.every(type => type === 'WB' || type === 'WT') ? 'WT' : undefined;
}

/** Several ranges at one address: one type, or UC, or WT with WB; any other mixture is undefined. */
function variableType(hits: readonly VariableRange[]): MtrrLookup {
  const operands: Operands = Object.fromEntries(
    hits.map(({ n, code }) => [`MTRR ${n}`, memoryType(code) ?? `code ${code}`]),
  );
  const bad = hits.find(({ code }) => memoryType(code) === undefined);
  if (bad) return found('variable', { is: 'illegal', code: bad.code }, operands);
  const types = [...new Set(hits.map(({ code }) => memoryType(code) as MemoryType))].sort();
  const type = overlapping(types);
  if (type === undefined)
    return found('variable', { is: 'undefined', conflict: types }, operands, {
      note: 'the manual leaves this overlap undefined',
    });
  const note = type === 'UC' ? 'UC wins' : 'WT wins over WB';
  return found('variable', { is: 'type', type }, operands, types.length === 1 ? {} : { note });
}

/** A run of addresses with one answer. */
export interface MtrrSegment {
  readonly start: bigint;
  readonly end: bigint;
  readonly type: MtrrType;
}
export interface MtrrRange {
  /** Every page of the range has the same type. */
  readonly uniform: boolean;
  readonly segments: readonly MtrrSegment[];
  /** More segments than asked for: the list ends early, at `end` of the last one. */
  readonly truncated: boolean;
}

/** Equal for equal answers. */
export const mtrrLabel = (type: MtrrType): string =>
  type.is === 'type'
    ? type.type
    : type.is === 'undefined'
      ? `undefined:${type.conflict.join('+')}`
      : 'illegal';

/** The largest power of two that both an address and a length allow. */
function blockBits(start: bigint, end: bigint): bigint {
  let bits = PAGE;
  while ((start >> bits) % 2n === 0n && start + (2n << bits) <= end) bits++;
  return bits;
}

/** Is the answer the same in the whole block? Then no register has an edge inside it. */
function oneAnswer(set: Mtrrs, start: bigint, bits: bigint): boolean {
  const inside = (1n << bits) - 1n;
  const end = start + inside;
  const cuts = (edge: bigint): boolean => edge > start && edge <= end;
  if (set.smrr && start < FOUR_GIB && splits(set.smrr, start, inside)) return false;
  if (cuts(FOUR_GIB) && (set.smrr || set.forcedWb !== undefined)) return false;
  if (!set.enabled) return true;
  if (set.fixedEnabled) {
    if (cuts(MIB)) return false;
    if (start < MIB) return set.fixed.every(part => !cuts(part.start));
  }
  if (set.forcedWb !== undefined && cuts(set.forcedWb)) return false;
  return !set.variable.some(range => splits(range, start, inside));
}

/** Does a range match some addresses of a block and not others? */
const splits = ({ base, mask }: VariableRange, start: bigint, inside: bigint): boolean =>
  (mask & inside) !== 0n && (start & mask & ~inside) === (base & ~inside);

/**
 * The MTRR types of a range of addresses, as runs of one type. Whole power-of-two blocks are answered at once, so that
 * the work grows with the number of edges and not with the size. Masks with holes can make very many runs: `limit` ends
 * the list.
 */
export function mtrrRange(set: Mtrrs, start: bigint, end: bigint, limit = 65536): MtrrRange {
  const segments: { start: bigint; end: bigint; type: MtrrType }[] = [];
  let at = pfnAddress(pfnOf(start));
  let truncated = false;
  while (at < end) {
    let bits = blockBits(at, end);
    while (bits > PAGE && !oneAnswer(set, at, bits)) bits--;
    const next = at + (1n << bits);
    const { value: type } = mtrrType(set, at);
    const last = segments.at(-1);
    if (last && mtrrLabel(last.type) === mtrrLabel(type)) last.end = next;
    else if (segments.length === limit) {
      truncated = true;
      break;
    } else segments.push({ start: at, end: next, type });
    at = next;
  }
  const [first] = segments;
  const last = segments.at(-1);
  if (first) first.start = start; // pages are whole, but the range may begin and end inside one
  if (last && !truncated && last.end > end) last.end = end;
  return { uniform: segments.length === 1 && !truncated, segments, truncated };
}

/** What is assumed of the fixed ranges below 1 MByte; undefined where all that count are known. */
export function assumedFixed({ enabled, fixedEnabled, fixed }: Mtrrs): string | undefined {
  const names = new Set(fixed.flatMap(({ unknown }) => unknown ?? []));
  if (!(enabled && fixedEnabled) || names.size === 0) return undefined;
  const which = names.size === FIXED_MTRRS.length ? 'the fixed MTRRs are' : `${[...names].join(', ')} is`;
  return `${which} not given: memory types below 1 MByte are not certain`;
}
