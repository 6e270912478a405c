/**
 * Memory attributes as the architecture's pseudocode carries them (MemoryAttributes), the MAIR byte that encodes them, and
 * the names people use. Vocabulary only: who decides what stands in the rules beside this file.
 */
import type { Bit } from '../../bits/spec.ts';

/** Device types, strongest first: each allows everything to its left less. */
export const DEVICE_TYPES = ['nGnRnE', 'nGnRE', 'nGRE', 'GRE'] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** Non-cacheable, Write-Through, Write-Back: weakest cacheability first, so that the smaller index wins a combination. */
export const CACHE_POLICIES = ['NC', 'WT', 'WB'] as const;
export type CachePolicy = (typeof CACHE_POLICIES)[number];

/**
 * One half (inner or outer) of a Normal type: `NC`, or the policy with its hints: `r` Read-Allocate, `w` Write-Allocate,
 * `t` Transient, as in `WBrw`, `WTrt`, `WB`.
 */
export type Cacheability = 'NC' | `${'WT' | 'WB'}${'' | 'r' | 'w' | 'rw' | 'rt' | 'wt' | 'rwt'}`;

export const policyOf = (half: Cacheability): CachePolicy => half.slice(0, 2) as CachePolicy;
/** The hints of a half: `rw`, `rt`, or nothing. */
export const hintsOf = (half: Cacheability): string => half.slice(2);
/** A policy with hints. Hints mean nothing for Non-cacheable. */
export const half = (policy: CachePolicy, hints: string): Cacheability =>
  (policy === 'NC' ? 'NC' : policy + hints) as Cacheability;

export type DeviceMemory = {
  readonly type: 'device';
  readonly device: DeviceType;
  /** XS: may slow a DSB nXS down. null without FEAT_XS. */
  readonly xs: Bit | null;
  readonly tagged: 0;
};
export type NormalMemory = {
  readonly type: 'normal';
  readonly outer: Cacheability;
  readonly inner: Cacheability;
  readonly xs: Bit | null;
  /** Allocation Tags are stored for this memory. null: CONSTRAINED UNPREDICTABLE. */
  readonly tagged: Bit | null;
};
export type Memory = DeviceMemory | NormalMemory;

/** What the meaning of an attribute byte depends on. */
export interface AttributeFeatures {
  /** FEAT_XS: encodings with XS = 0. */
  readonly xs: Bit;
  /** FEAT_MTE2: 0xF0 is Tagged Normal memory. */
  readonly mte2: Bit;
}

/** Cacheable inside and outside Write-Back: the only case in which XS is 0 by itself [Arm ARM, section D8.7.4]. */
export const isWriteBack = (memory: Memory): memory is NormalMemory =>
  memory.type === 'normal' && policyOf(memory.outer) === 'WB' && policyOf(memory.inner) === 'WB';
export const isNonCacheable = (memory: Memory): boolean =>
  memory.type === 'normal' && memory.outer === 'NC' && memory.inner === 'NC';

/** One nibble of a Normal encoding; 0b0000 is none [Arm ARM, MAIR_EL1; ASL DecodeLDFAttr, DecodeSDFAttr]. */
function nibble(code: number): Cacheability {
  if (code === 0b0100) return 'NC';
  const hints = `${code & 0b10 ? 'r' : ''}${code & 0b01 ? 'w' : ''}`;
  const policy = code & 0b0100 ? 'WB' : 'WT';
  return half(policy, code & 0b1000 ? hints : `${hints}t`);
}

/**
 * One MAIR_ELx.Attr byte [Arm ARM, MAIR_EL1; ASL S1DecodeMemAttrs]. Undefined where the byte is UNPREDICTABLE: the
 * pseudocode lets it behave as any other byte.
 */
export function decodeAttr(byte: number, { xs, mte2 }: AttributeFeatures): Memory | undefined {
  const known = (value: Bit): Bit | null => (xs ? value : null);
  const outer = byte >> 4;
  const inner = byte & 0xf;
  if (outer === 0) {
    const device = DEVICE_TYPES[(inner >> 2) & 3] ?? 'nGnRnE';
    if (inner & 0b10 || (inner & 0b01 && !xs)) return undefined;
    return { type: 'device', device, xs: known(inner & 0b01 ? 0 : 1), tagged: 0 };
  }
  if (inner === 0) {
    // The low nibble is no cacheability here: these three bytes are encodings of their own.
    if (byte === 0x40 && xs) return { type: 'normal', outer: 'NC', inner: 'NC', xs: 0, tagged: 0 };
    if (byte === 0xa0 && xs) return { type: 'normal', outer: 'WTr', inner: 'WTr', xs: 0, tagged: 0 };
    if (byte === 0xf0 && mte2)
      return { type: 'normal', outer: 'WBrw', inner: 'WBrw', xs: known(0), tagged: 1 };
    return undefined;
  }
  const memory: NormalMemory = {
    type: 'normal',
    outer: nibble(outer),
    inner: nibble(inner),
    xs: known(1),
    tagged: 0,
  };
  return isWriteBack(memory) ? { ...memory, xs: known(0) } : memory;
}

const HINT_NAMES: Readonly<Record<string, string>> = {
  '': ' no-allocate',
  r: ' RA',
  w: ' WA',
  rw: ' RWA',
  rt: ' RA Transient',
  wt: ' WA Transient',
  rwt: ' RWA Transient',
};
const halfName = (of: Cacheability): string => `${policyOf(of)}${of === 'NC' ? '' : HINT_NAMES[hintsOf(of)]}`;

/** The name people use: `Normal WB RWA`, `Normal oNC iWB RWA`, `Normal NC`, `Device-nGnRE`; `XS=0` where that is special, `Tagged?` where it is uncertain. */
export function memoryName(memory: Memory): string {
  if (memory.type === 'device') return `Device-${memory.device}${memory.xs === 0 ? ' XS=0' : ''}`;
  const { outer, inner } = memory;
  const cache = outer === inner ? halfName(outer) : `o${halfName(outer)} i${halfName(inner)}`;
  const xs = memory.xs === 0 && !isWriteBack(memory) ? ' XS=0' : '';
  return `Normal ${cache}${memory.tagged ? ' Tagged' : memory.tagged === null ? ' Tagged?' : ''}${xs}`;
}
