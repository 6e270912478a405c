/**
 * Memory type range registers [SDM, "Memory Type Range Registers (MTRRs)"], and AMD's extensions of them [APM, "Memory-
 * Type Range Registers", "Extended Fixed-Range MTRR Type-Field Encodings", "System Configuration Register (SYSCFG)"].
 */
import { decode, type Finding, fieldsOf, patch } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { register } from '../../bits/register.ts';
import { integer, type Settings, toggle } from '../../bits/settings.ts';
import { addr, bits, flag, mbz, type Row, res0, reserved, type ValueTable } from '../../bits/spec.ts';
import { hex, type Word } from '../../bits/word.ts';
import { apm, sdm } from '../../refs.ts';
import { aboveAddress } from '../values/address.ts';
import { MEMORY_TYPE, type MemoryType, memoryType } from '../values/attributes.ts';
import { pat } from './attributes.ts';
import { GP, refused } from './refused.ts';

const MTRRS = sdm('section "Memory Type Range Registers (MTRRs)"');

/** The eight bits of a type: 2, 3 and everything above 6 is reserved. */
const TYPE: ValueTable = Array.from(
  { length: 256 },
  (_, code) => MEMORY_TYPE[code] ?? reserved('Reserved memory type'),
);
const type = { type: bits(7, 0, 'Type', { values: TYPE }) };

const physical = { maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52) } as const;
export type PhysicalSettings = Settings<typeof physical>;

const above = (s: PhysicalSettings) => aboveAddress({ maxphyaddr: s.maxphyaddr, cBit: 0, sBit: 0 }, 63);
const top = (s: PhysicalSettings): number => Math.min(s.maxphyaddr, 52) - 1;

// --------------------------------------------------------------------------------------- IA32_MTRRCAP, DEF_TYPE

/** IA32_MTRRCAP is read-only: a bit that is set and not known here is a newer processor's and no mistake. */
const unknownCapability = (hi: number, lo = hi) =>
  mbz(hi, lo, { id: 'reserved-set', text: 'reserved' }, { severity: 'note' });

export const mtrrCapLayout = format(
  'x86.IA32_MTRRCAP',
  { title: 'IA32_MTRRCAP', ref: sdm('Figure "IA32_MTRRCAP Register"') },
  () => ({
    res16: unknownCapability(63, 16),
    ...{
      seamrr: flag(15, 'SEAMRR', { note: 'there is a range for SEAM (TDX)' }),
      smrrLock: flag(14, 'SMRR_LOCK', { note: 'SMM ranges may be locked' }),
      smrr2: flag(13, 'SMRR2', { note: 'there is a second SMM range' }),
    },
    ...{
      prmrr: flag(12, 'PRMRR', { note: 'there are processor-reserved ranges' }),
      smrr: flag(11, 'SMRR', { note: 'there are SMM ranges' }),
      wc: flag(10, 'WC', { note: 'ranges may be write-combining' }),
      res9: unknownCapability(9),
      fix: flag(8, 'FIX', { note: 'there are fixed ranges' }),
    },
    vcnt: bits(7, 0, 'VCNT', { note: 'how many variable ranges' }),
  }),
);

export type MtrrCapFacts = {
  /** How many variable ranges there are; never assume 8. */
  readonly variableRanges: number;
};
export const mtrrCap = register(mtrrCapLayout, {
  id: 'x86.IA32_MTRRCAP',
  title: 'IA32_MTRRCAP: how many MTRRs there are (MSR FEH)',
  ref: sdm('Figure "IA32_MTRRCAP Register"'),
  aliases: ['mtrrcap', 'msrfe'],
  facts: ({ vcnt }): MtrrCapFacts => ({ variableRanges: vcnt }),
});

export const mtrrDefTypeLayout = format(
  'x86.IA32_MTRR_DEF_TYPE',
  { title: 'IA32_MTRR_DEF_TYPE', ref: sdm('Figure "IA32_MTRR_DEF_TYPE MSR"') },
  () => ({
    ...{
      res12: mbz(63, 12, GP),
      e: flag(11, 'E', { note: 'MTRRs are on; off, all memory is UC' }),
      fe: flag(10, 'FE', { note: 'fixed ranges are on' }),
      res8: mbz(9, 8, GP),
    },
    ...type,
  }),
);

export type MtrrFacts = {
  /** WRMSR accepts the value. */
  readonly valid: boolean;
  readonly memory?: MemoryType | 'reserved';
};
export const mtrrDefType = register(mtrrDefTypeLayout, {
  id: 'x86.IA32_MTRR_DEF_TYPE',
  title: 'IA32_MTRR_DEF_TYPE: MTRRs on, default type (MSR 2FFH)',
  ref: sdm('Figure "IA32_MTRR_DEF_TYPE MSR"'),
  aliases: ['mtrr_def_type', 'mtrrdeftype', 'msr2ff'],
  findings({ e }) {
    const off: Finding = {
      id: 'mtrrs-disabled',
      severity: 'note',
      bits: '11',
      message: 'E = 0: all memory is UC, whatever the other MTRRs say',
      ref: MTRRS,
    };
    return e ? [] : [off];
  },
  facts: ({ type }, _s, _word, findings): MtrrFacts => ({
    valid: !refused(findings),
    memory: memoryType(type) ?? 'reserved',
  }),
});

// -------------------------------------------------------------------------------------------------- fixed ranges

export interface FixedMtrr {
  readonly msr: number;
  /** The size of a range and the first address, as IA32_MTRR_FIX… is named: `64K_00000`. */
  readonly name: string;
  /** The first address, and the bytes of each of the eight ranges. */
  readonly base: number;
  readonly size: number;
}
const at = (address: number): string => address.toString(16).toUpperCase().padStart(5, '0');
const fixedMtrr = (msr: number, base: number, size: number): FixedMtrr => ({
  msr,
  name: `${size >> 10}K_${at(base)}`,
  base,
  size,
});
const FIRST = fixedMtrr(0x250, 0x00000, 0x10000);
/** The fixed-range MTRRs in the order of their addresses. */
export const FIXED_MTRRS: readonly FixedMtrr[] = [
  FIRST,
  fixedMtrr(0x258, 0x80000, 0x4000),
  fixedMtrr(0x259, 0xa0000, 0x4000),
  ...Array.from({ length: 8 }, (_, i) => fixedMtrr(0x268 + i, 0xc0000 + 0x8000 * i, 0x1000)),
];

export const fixedMtrrSettings = {
  msr: integer(0x250, 0x26f, 'MSR number: 250H, 258H, 259H, 268H to 26FH', 0x250),
  modEn: toggle('AMD with SYSCFG.MtrrFixDramModEn: RdMem and WrMem in bits 4:3 of each byte', 0),
} as const;
type FixedSettings = Settings<typeof fixedMtrrSettings>;

const EXTENDED = apm('section "Extended Fixed-Range MTRR Type-Field Encodings"');
/** One byte: plain, or with RdMem and WrMem. */
const fixedByte = (i: number, at: string, s: FixedSettings): Readonly<Record<string, Row>> => {
  const lo = 8 * i;
  if (!s.modEn) return { [`type${i}`]: bits(lo + 7, lo, `Type${i}`, { values: TYPE, note: at }) };
  return {
    [`res${i}`]: mbz(lo + 7, lo + 5, GP),
    [`rdMem${i}`]: flag(lo + 4, `RdMem${i}`, { note: '1: reads go to memory, 0: to I/O', ref: EXTENDED }),
    [`wrMem${i}`]: flag(lo + 3, `WrMem${i}`, { note: '1: writes go to memory, 0: to I/O', ref: EXTENDED }),
    [`type${i}`]: bits(lo + 2, lo, `Type${i}`, { values: MEMORY_TYPE, note: at }),
  };
};
/** `type0` to `type7`, with AMD's `rdMem0`, `wrMem0`… */
export const fixedLayout = perSettings((s: FixedSettings) => {
  const { name, base, size } = FIXED_MTRRS.find(({ msr }) => msr === s.msr) ?? FIRST;
  const rows = Array.from({ length: 8 }, (_, i) =>
    Object.entries(fixedByte(i, `${at(base + i * size)}H`, s)),
  ).flat();
  const title = `IA32_MTRR_FIX${name}`;
  return format(
    `x86.${title}`,
    { title, ref: sdm('Table "Address Mapping for Fixed-Range MTRRs"') },
    Object.fromEntries(rows),
  );
});

export type FixedMtrrFacts = {
  readonly valid: boolean;
  readonly ranges: readonly { readonly start: number; readonly size: number; readonly type: string }[];
};
/** The eight types of a fixed-range MTRR. */
export const fixedTypes = (word: Word, modEn: 0 | 1): readonly (MemoryType | undefined)[] =>
  fieldsOf(fixedLayout({ msr: FIRST.msr, modEn }), word, 'type').map(memoryType);

/** One byte as AMD reads it: whether reads and writes go to memory, and what stands beside these bits. */
export function extendedByte(byte: number) {
  const layout = fixedLayout({ msr: FIRST.msr, modEn: 1 });
  const { rdMem0, wrMem0 } = decode(layout, BigInt(byte)) as Readonly<Record<string, number>>;
  const code = Number(patch(layout, BigInt(byte), { rdMem0: 0, wrMem0: 0 }));
  return { rdMem: rdMem0 === 1, wrMem: wrMem0 === 1, code };
}

/** The eight bytes of a fixed-range MTRR, whatever AMD's RdMem and WrMem make of them. */
export const fixedBytes = (msr: number, word: Word): readonly number[] =>
  fieldsOf(fixedLayout({ msr, modEn: 0 }), word, 'type');

export const mtrrFixed = register(fixedLayout, {
  id: 'x86.IA32_MTRR_FIX',
  title: 'IA32_MTRR_FIX…: types of the first MByte (MSRs 250H, 258H, 259H, 268H to 26FH)',
  ref: sdm('Table "Address Mapping for Fixed-Range MTRRs"'),
  aliases: ['mtrr_fix', ...FIXED_MTRRS.map(({ msr }) => `msr${msr.toString(16)}`)],
  settings: fixedMtrrSettings,
  findings(_d, s) {
    const unknown: Finding = {
      id: 'no-such-msr',
      severity: 'error',
      bits: '',
      message: `MSR ${s.msr.toString(16).toUpperCase()}H is no fixed-range MTRR: read as 250H`,
      ref: MTRRS,
    };
    return FIXED_MTRRS.some(({ msr }) => msr === s.msr) ? [] : [unknown];
  },
  facts(_d, s, word, findings): FixedMtrrFacts {
    const { base, size } = FIXED_MTRRS.find(({ msr }) => msr === s.msr) ?? FIRST;
    const ranges = fixedTypes(word, s.modEn).map((type, i) => ({
      start: base + i * size,
      size,
      type: type ?? ('reserved' as const),
    }));
    return { valid: !refused(findings), ranges };
  },
  layouts: [{}, { modEn: 1 }, ...FIXED_MTRRS.slice(1).map(({ msr }) => ({ msr }))],
});

// ----------------------------------------------------------------------------------------------- variable ranges

const VARIABLE = sdm('Figure "IA32_MTRR_PHYSBASEn and IA32_MTRR_PHYSMASKn Variable-Range Register Pair"');
const SMRRS = sdm('Figure "IA32_SMRR_PHYSBASE and IA32_SMRR_PHYSMASK SMRR Pair"');

/** IA32_MTRR_PHYSBASEn. */
export const physBaseLayout = perSettings((s: PhysicalSettings) =>
  format(
    'x86.IA32_MTRR_PHYSBASE',
    { title: 'IA32_MTRR_PHYSBASEn', ref: VARIABLE },
    { ...above(s), base: addr('PhysBase', [top(s), 12]), res8: mbz(11, 8, GP), ...type },
  ),
);
/** IA32_MTRR_PHYSMASKn. */
export const physMaskLayout = perSettings((s: PhysicalSettings) =>
  format(
    'x86.IA32_MTRR_PHYSMASK',
    { title: 'IA32_MTRR_PHYSMASKn', ref: VARIABLE },
    {
      ...above(s),
      mask: addr('PhysMask', [top(s), 12]),
      v: flag(11, 'V', { note: 'the pair counts' }),
      res0: mbz(10, 0, GP),
    },
  ),
);

export type PhysBaseFacts = MtrrFacts & { readonly base: bigint };
export type PhysMaskFacts = {
  readonly valid: boolean;
  readonly enabled: boolean;
  readonly mask: bigint;
  /** Bytes of the range; absent where the mask has holes: then it selects several ranges. */
  readonly size?: bigint;
};

/** The bytes that a contiguous mask selects; undefined for a mask with holes. */
export function maskSize(mask: bigint, maxphyaddr: number): bigint | undefined {
  const size = (1n << BigInt(Math.min(maxphyaddr, 52))) - mask;
  return (size & (size - 1n)) === 0n ? size : undefined;
}

interface Mask {
  readonly mask: bigint;
  readonly v: number;
}
function physMaskFacts({ mask, v }: Mask, maxphyaddr: number, findings: readonly Finding[]): PhysMaskFacts {
  const size = maskSize(mask, maxphyaddr);
  return {
    valid: !refused(findings),
    enabled: v === 1,
    mask,
    ...(size === undefined ? {} : { size }),
  };
}
const physBaseFacts = (
  { base, type }: { readonly base: bigint; readonly type: number },
  _s: unknown,
  _word: Word,
  findings: readonly Finding[],
): PhysBaseFacts => ({ valid: !refused(findings), memory: memoryType(type) ?? 'reserved', base });

/** What is wrong with a mask. One without holes that ends too low comes from a processor with a smaller MAXPHYADDR. */
function maskFindings({ mask, v }: Mask, maxphyaddr: number): Finding[] {
  const bits = mask.toString(2).length;
  const short = mask > 0n && bits < maxphyaddr && maskSize(mask, bits) !== undefined;
  const holes: Finding = {
    id: 'discontiguous-mask',
    severity: 'warning',
    bits: '51:12',
    message: short
      ? `mask ${hex(mask)} ends at bit ${bits - 1}: is MAXPHYADDR ${bits}? With ${maxphyaddr} the pair selects several ranges`
      : `mask ${hex(mask)} has holes: the pair selects several ranges`,
    ref: MTRRS,
  };
  return v && maskSize(mask, maxphyaddr) === undefined ? [holes] : [];
}

export const mtrrPhysBase = register(physBaseLayout, {
  id: 'x86.IA32_MTRR_PHYSBASE',
  title: 'IA32_MTRR_PHYSBASEn: base and type of a variable range (MSRs 200H, 202H…)',
  ref: VARIABLE,
  aliases: ['mtrr_physbase', 'physbase'],
  settings: physical,
  facts: physBaseFacts,
  layouts: [{}, { maxphyaddr: 46 }],
});

export const mtrrPhysMask = register(physMaskLayout, {
  id: 'x86.IA32_MTRR_PHYSMASK',
  title: 'IA32_MTRR_PHYSMASKn: mask of a variable range (MSRs 201H, 203H…)',
  ref: VARIABLE,
  aliases: ['mtrr_physmask', 'physmask'],
  settings: physical,
  facts: (d, s, _word, findings) => physMaskFacts(d, s.maxphyaddr, findings),
  findings: (d, s) => maskFindings(d, s.maxphyaddr),
  layouts: [{}, { maxphyaddr: 46 }],
});

// --------------------------------------------------------------------------------------------------------- SMRR

export const smrrBaseLayout = format(
  'x86.IA32_SMRR_PHYSBASE',
  { title: 'IA32_SMRR_PHYSBASE', ref: SMRRS },
  () => ({ res32: mbz(63, 32, GP), base: addr('PhysBase', [31, 12]), res8: mbz(11, 8, GP), ...type }),
);
export const smrrMaskLayout = format(
  'x86.IA32_SMRR_PHYSMASK',
  { title: 'IA32_SMRR_PHYSMASK', ref: SMRRS },
  () => ({
    res32: mbz(63, 32, GP),
    mask: addr('PhysMask', [31, 12]),
    v: flag(11, 'V', { note: 'the pair counts' }),
    lock: flag(10, 'Lock', { note: 'with SMRR_LOCK: neither of the pair can be written' }),
    res0: mbz(9, 0, GP),
  }),
);

export const smrrPhysBase = register(smrrBaseLayout, {
  id: 'x86.IA32_SMRR_PHYSBASE',
  title: 'IA32_SMRR_PHYSBASE: base and type of the SMM range (MSR 1F2H)',
  ref: SMRRS,
  aliases: ['smrr_physbase', 'msr1f2'],
  facts: physBaseFacts,
});

export const smrrPhysMask = register(smrrMaskLayout, {
  id: 'x86.IA32_SMRR_PHYSMASK',
  title: 'IA32_SMRR_PHYSMASK: mask of the SMM range (MSR 1F3H)',
  ref: SMRRS,
  aliases: ['smrr_physmask', 'msr1f3'],
  facts: (d, _s, _word, findings) => physMaskFacts(d, 32, findings),
  findings: d => maskFindings(d, 32),
});

// ---------------------------------------------------------------------------------------------------------- AMD

const SYSTEM = apm('section "System Configuration Register (SYSCFG)"');
const syscfgReserved = (hi: number, lo = hi) =>
  res0(hi, lo, { name: hi === lo ? `Reserved[${hi}]` : `Reserved[${hi}:${lo}]` });

export const syscfgLayout = format('x86.SYSCFG', { title: 'SYSCFG', ref: SYSTEM }, () => ({
  ...{
    res27: syscfgReserved(63, 27),
    hmkee: flag(26, 'HMKEE', { note: 'host multi-key encryption' }),
    vmplEn: flag(25, 'VMPLEn', { note: 'VM permission levels' }),
    snpEn: flag(24, 'SecureNestedPagingEn', { note: 'SEV-SNP' }),
  },
  ...{
    memEncrypt: flag(23, 'MemEncryptionModEn', { note: 'memory encryption' }),
    tom2ForceWb: flag(22, 'Tom2ForceMemTypeWB', {
      note: 'memory from 4 GBytes to TOP_MEM2 is WB by default',
    }),
  },
  ...{
    tom2En: flag(21, 'MtrrTom2En', { note: 'TOP_MEM2 counts' }),
    varDramEn: flag(20, 'MtrrVarDramEn', { note: 'TOP_MEM and the I/O ranges count' }),
  },
  ...{
    fixDramModEn: flag(19, 'MtrrFixDramModEn', { note: 'RdMem and WrMem can be seen and written' }),
    fixDramEn: flag(18, 'MtrrFixDramEn', { note: 'RdMem and WrMem count' }),
  },
  res0: syscfgReserved(17, 0),
}));
export type SyscfgFacts = {
  /** Fixed-range bytes carry RdMem and WrMem; and they take effect. */
  readonly rdWrVisible: boolean;
  readonly rdWrEnabled: boolean;
  /** Memory from 4 GBytes to TOP_MEM2 is DRAM; and WB where no variable MTRR says otherwise. */
  readonly topMem2: boolean;
  readonly topMem2Wb: boolean;
};
export const syscfg = register(syscfgLayout, {
  id: 'x86.SYSCFG',
  title: 'SYSCFG: AMD system configuration (MSR C001_0010H)',
  ref: SYSTEM,
  aliases: ['syscfg', 'msrc0010010'],
  facts: (d): SyscfgFacts => ({
    rdWrVisible: d.fixDramModEn === 1,
    rdWrEnabled: d.fixDramEn === 1,
    topMem2: d.tom2En === 1,
    topMem2Wb: d.tom2En === 1 && d.tom2ForceWb === 1,
  }),
});

const TOP = apm('section "Top of Memory"');
/** TOP_MEM and TOP_MEM2: the first byte that is not DRAM, in units of 8 MBytes. */
export const topMemLayout = format('x86.TOP_MEM', { title: 'TOP_MEM, TOP_MEM2', ref: TOP }, () => ({
  res52: mbz(63, 52, GP),
  top: addr('Address', [51, 23]),
  res0: mbz(22, 0, GP),
}));
export type TopMemFacts = { readonly valid: boolean; readonly top: bigint };
export const topMem = register(topMemLayout, {
  id: 'x86.TOP_MEM',
  title: 'TOP_MEM, TOP_MEM2: end of DRAM below and above 4 GBytes (MSRs C001_001AH, C001_001DH)',
  ref: TOP,
  aliases: ['top_mem', 'top_mem2', 'topmem', 'topmem2', 'msrc001001a', 'msrc001001d'],
  facts: ({ top }, _s, _word, findings): TopMemFacts => ({ valid: !refused(findings), top }),
});

const IORRS = apm('section "IORRs"');
const iorrBaseLayout = perSettings((s: PhysicalSettings) =>
  format(
    'x86.IORRBase',
    { title: 'IORRBasen', ref: IORRS },
    {
      ...above(s),
      base: addr('PhysBase', [top(s), 12]),
      ...{
        res5: mbz(11, 5, GP),
        rdMem: flag(4, 'RdMem', { note: '1: reads go to memory, 0: to I/O' }),
        wrMem: flag(3, 'WrMem', { note: '1: writes go to memory, 0: to I/O' }),
        res0: mbz(2, 0, GP),
      },
    },
  ),
);
const iorrMaskLayout = perSettings((s: PhysicalSettings) =>
  format(
    'x86.IORRMask',
    { title: 'IORRMaskn', ref: IORRS },
    {
      ...above(s),
      mask: addr('PhysMask', [top(s), 12]),
      v: flag(11, 'V', { note: 'the pair counts' }),
      res0: mbz(10, 0, GP),
    },
  ),
);
export type IorrFacts = {
  readonly valid: boolean;
  readonly base: bigint;
  readonly rdMem: boolean;
  readonly wrMem: boolean;
};
export const iorrBase = register(iorrBaseLayout, {
  id: 'x86.IORRBase',
  title: 'IORRBasen: an I/O range among DRAM (MSRs C001_0016H, C001_0018H)',
  ref: IORRS,
  aliases: ['iorr_base', 'msrc0010016', 'msrc0010018'],
  settings: physical,
  facts: ({ base, rdMem, wrMem }, _s, _word, findings): IorrFacts => ({
    valid: !refused(findings),
    base,
    rdMem: rdMem === 1,
    wrMem: wrMem === 1,
  }),
});
export const iorrMask = register(iorrMaskLayout, {
  id: 'x86.IORRMask',
  title: 'IORRMaskn: mask of an I/O range (MSRs C001_0017H, C001_0019H)',
  ref: IORRS,
  aliases: ['iorr_mask', 'msrc0010017', 'msrc0010019'],
  settings: physical,
  facts: (d, s, _word, findings) => physMaskFacts(d, s.maxphyaddr, findings),
  findings: (d, s) => maskFindings(d, s.maxphyaddr),
});

// ----------------------------------------------------------------------------------------------------- validity

/**
 * Does WRMSR accept this value? For the MTRRs and IA32_PAT by MSR number; undefined for other MSRs. `modEn`: AMD's RdMem
 * and WrMem bits are visible (SYSCFG.MtrrFixDramModEn).
 */
export function wrmsrAccepts(
  msr: number,
  value: Word,
  { maxphyaddr, modEn = 0 }: { readonly maxphyaddr: number; readonly modEn?: 0 | 1 },
): boolean | undefined {
  if (msr === 0x277) return pat.read(value, {}).facts.valid;
  if (msr === 0x2ff) return mtrrDefType.read(value, {}).facts.valid;
  if (msr === 0x1f2) return smrrPhysBase.read(value, {}).facts.valid;
  if (msr === 0x1f3) return smrrPhysMask.read(value, {}).facts.valid;
  if (FIXED_MTRRS.some(fixed => fixed.msr === msr)) return mtrrFixed.read(value, { msr, modEn }).facts.valid;
  if (msr < 0x200 || msr > 0x21f) return undefined; // up to 16 pairs; MTRRCAP.VCNT says how many there are
  return (msr & 1 ? mtrrPhysMask : mtrrPhysBase).read(value, { maxphyaddr }).facts.valid;
}
