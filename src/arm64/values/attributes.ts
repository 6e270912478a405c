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

/** The same type to whoever uses it: XS of write-back memory says nothing of its own. */
export function sameMemory(a: Memory, b: Memory): boolean {
  const xs = (memory: Memory): boolean => memory.xs === 0 && !isWriteBack(memory);
  if (xs(a) !== xs(b)) return false;
  if (a.type === 'device' || b.type === 'device')
    return a.type === 'device' && b.type === 'device' && a.device === b.device;
  return a.outer === b.outer && a.inner === b.inner && a.tagged === b.tagged;
}

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

// ------------------------------------------------------------------------------------------------------ stage 2

/** Stage 2: what MemAttr asks to be done with stage 1's type. */
export type Stage2Wish =
  /** Device of this type, combined with stage 1. */
  | { readonly is: 'device'; readonly device: DeviceType }
  /** FWB = 0: at most these policies. */
  | { readonly is: 'normal'; readonly outer: CachePolicy; readonly inner: CachePolicy }
  /** FWB = 1: Normal Non-cacheable, but a stage 1 Device type stays. */
  | { readonly is: 'force-nc' }
  /** FWB = 1: Normal Write-Back, even where stage 1 says Device. */
  | { readonly is: 'force-wb' }
  /** FWB = 1: stage 1 decides. */
  | { readonly is: 'stage1' };

/** How MemAttr is encoded. */
export interface MemAttrConfig {
  /** Effective HCR_EL2.FWB. */
  readonly fwb: Bit;
  /** FEAT_MTE_PERM. */
  readonly mtePerm: Bit;
}

const POLICIES: readonly (CachePolicy | undefined)[] = [undefined, 'NC', 'WT', 'WB'];

/** FWB = 0: outer in [3:2], inner in [1:0]; 0b00xx is Device. */
function plain(memAttr: number): Stage2Wish | undefined {
  const device = DEVICE_TYPES[memAttr];
  if (device) return { is: 'device', device };
  const outer = POLICIES[memAttr >> 2];
  const inner = POLICIES[memAttr & 0b11];
  return outer && inner ? { is: 'normal', outer, inner } : undefined;
}

/** FWB = 1: the low three bits, as a wish about stage 1's type [Arm ARM, R_ZNGNK, R_NQDNZ]. */
function forced(low: number): Stage2Wish | undefined {
  const device = DEVICE_TYPES[low];
  if (device) return { is: 'device', device };
  return low === 0b101
    ? { is: 'force-nc' }
    : low === 0b110
      ? { is: 'force-wb' }
      : low === 0b111
        ? { is: 'stage1' }
        : undefined;
}

/** What MemAttr[3:0] says; no wish where the code is reserved. */
export interface MemAttr {
  readonly wish: Stage2Wish | undefined;
  /** Tag accesses to Tagged memory fault (FEAT_MTE_PERM). */
  readonly noTagAccess: Bit;
  /** MemAttr[3] is RES0 (FWB = 1 without FEAT_MTE_PERM) but set; the wish ignores it. */
  readonly res0Set: Bit;
}

/** MemAttr[3:0] [Arm ARM, Tables D8-96, D8-100, D8-101]. */
export function decodeMemAttr(memAttr: number, { fwb, mtePerm }: MemAttrConfig): MemAttr {
  const high = memAttr >= 8;
  if (!fwb) {
    const deniesTags = mtePerm === 1 && memAttr === 0b0100;
    const wish: Stage2Wish | undefined = deniesTags
      ? { is: 'normal', outer: 'WB', inner: 'WB' }
      : plain(memAttr);
    return { wish, noTagAccess: deniesTags ? 1 : 0, res0Set: 0 };
  }
  if (!mtePerm) return { wish: forced(memAttr & 0b111), noTagAccess: 0, res0Set: high ? 1 : 0 };
  if (!high) return { wish: forced(memAttr), noTagAccess: 0, res0Set: 0 };
  const wish = memAttr >= 0b1110 ? forced(memAttr & 0b111) : undefined; // 0b10xx, 0b1100 and 0b1101 are reserved
  return { wish, noTagAccess: 1, res0Set: 0 };
}
