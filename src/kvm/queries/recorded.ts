/** Reading recorded outcomes (one JSON object per memslot) and leaves into the audit's words. */

import type { VmaFlag } from '../arm64/model.ts';
import type { PatType } from '../effective.ts';
import { KvmInputError } from '../errors.ts';
import { parsePfn, parsePgprot, parseSlotFlags, parseVmaFlags } from '../inputs.ts';
import type { Vendor } from '../x86/model.ts';
import type { X86VmaFlag } from '../x86/predict.ts';
import type { Arm64AuditSlot, AuditLeaf, X86AuditPage, X86AuditSlot } from './audit.ts';

type Json = Readonly<Record<string, unknown>>;

function address(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    if (typeof value === 'string' && value !== '') return BigInt(value);
  } catch {
    // said below
  }
  throw new KvmInputError(
    `an address or size must be hex text, not ${JSON.stringify(value)}; valid: "0x80000000"`,
    ['"0x80000000"'],
  );
}
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/** Flags as a list or as text: `["VM_PFNMAP", …]`, `"pf io sh mw"`. */
function flagsOf(value: unknown): VmaFlag[] {
  const text = Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '';
  return [...parseVmaFlags(text).flags];
}

/**
 * `{slot, gpa, size?, cpu: {fwb, dic}, vma: {flags, pgprot, pfn} | null, slotFlags?, create?, fault?}`.
 * A record without `vma` is kept and skipped by name.
 */
export function arm64Slot(record: Json): Arm64AuditSlot {
  const cpu = object(record.cpu);
  const vma = record.vma === null || record.vma === undefined ? undefined : object(record.vma);
  const at = address(record.gpa);
  const size = address(record.size);
  const fault = record.fault as Readonly<Record<string, number>> | undefined;
  return {
    name: String(record.slot ?? 'slot'),
    at,
    ...(size === undefined ? {} : { size }),
    cpu: {
      fwb: Boolean(cpu.fwb),
      dic: Boolean(cpu.dic),
      ...(cpu.idc === undefined ? {} : { idc: Boolean(cpu.idc) }),
    },
    pkvmHost: /protected|pkvm/i.test(String(cpu.mode ?? '')),
    vma:
      vma === undefined
        ? undefined
        : { flags: flagsOf(vma.flags), pgprot: parsePgprot(String(vma.pgprot ?? 'MT_NORMAL')) },
    pfn: vma === undefined ? undefined : parsePfn(String(vma.pfn ?? 'ram')),
    ...(record.slotFlags === undefined ? {} : { slotFlags: parseSlotFlags(String(record.slotFlags)) }),
    ...(typeof record.create === 'number' ? { create: record.create } : {}),
    ...(fault === undefined ? {} : { fault }),
  };
}

const X86_FLAGS: readonly X86VmaFlag[] = ['VM_PFNMAP', 'VM_MIXEDMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'];

/** The page classes of the records, as what kvm_is_mmio_pfn() asks for. */
const CLASS: Readonly<Record<string, { pfnValid: boolean; zeroPage: boolean; pageReserved: boolean }>> = {
  page: { pfnValid: true, zeroPage: false, pageReserved: false },
  'page-reserved': { pfnValid: true, zeroPage: false, pageReserved: true },
  'zero-page': { pfnValid: true, zeroPage: true, pageReserved: true },
  'no-page-e820-ram': { pfnValid: false, zeroPage: false, pageReserved: false },
  'no-page-not-ram': { pfnValid: false, zeroPage: false, pageReserved: false },
};

const TOUCHED: Readonly<Record<string, 'load' | 'store' | 'exec'>> = {
  '0x0': 'load',
  '0x1000': 'store',
  '0x2000': 'exec',
};

function page(offset: string, record: Json, flags: readonly X86VmaFlag[], patEnabled: boolean): X86AuditPage {
  const kind = CLASS[String(record.pfn)];
  if (kind === undefined)
    throw new KvmInputError(
      `unknown page class '${String(record.pfn)}'; valid: ${Object.keys(CLASS).join(', ')}`,
      Object.keys(CLASS),
    );
  const pte = BigInt(String(record.hostPte ?? '0x0'));
  // The record tells what pat_pfn_immune_to_uc_mtrr() said; the exact type matters only to that question.
  const hostMemtype: PatType = record.memtypeUcUcmWc ? 'UC-' : 'WB';
  const cow = flags.includes('VM_MAYWRITE') && !flags.includes('VM_SHARED');
  return {
    offset: BigInt(offset),
    // The recording program loads at +0, stores at +0x1000 (and loads there again), executes at +0x2000.
    ...(TOUCHED[offset] === undefined ? {} : { touchedBy: TOUCHED[offset] }),
    facts: {
      ...kind,
      patEnabled: record.patEnabled !== 0 && patEnabled,
      e820Ram: Boolean(record.e820RawRam),
      hostMemtype,
    },
    host2M: record.hostLevel === 2,
    // Bit 9 of a host entry is Linux's "special"; after a copy-on-write store the entry is an ordinary one.
    pteSpecial: ((pte >> 9n) & 1n) === 1n,
    ...(cow ? { hostWritable: ((pte >> 1n) & 1n) === 1n } : {}),
  };
}

const IGNORE_GUEST_PAT = 1 << 9;

/** The argument of a recorded KVM_ENABLE_CAP: a number, `0x…`, `[arg, …]`, or `{args|arg|value: …}`. */
function argument(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return Number(value) || 0;
  if (Array.isArray(value)) return argument(value[0]);
  const { args, arg, arg0, value: inner, mask } = object(value);
  const found = args ?? arg ?? arg0 ?? inner ?? mask;
  return found === undefined ? 0 : argument(found);
}

/** `{slot, gpa, cpu: {vendor, selfSnoop}, vm, slotFlags, create, fault, vma: {flags}, pages: {offset: {pfn, …}}}`. */
export function x86Slot(record: Json): X86AuditSlot {
  const cpu = object(record.cpu);
  const vm = object(record.vm);
  const given = object(record.vma).flags;
  // A list holds every flag of the VMA, of which few matter.
  const named: readonly string[] = Array.isArray(given) ? given : flagsOf(given);
  const flags = X86_FLAGS.filter(f => named.includes(f));
  const enabled = Object.entries(object(vm.enableCap));
  const disabled = (name: RegExp) =>
    enabled.some(([cap, value]) => name.test(cap) && (argument(value) & IGNORE_GUEST_PAT) !== 0);
  return {
    name: String(record.slot ?? 'slot'),
    at: address(record.gpa),
    flags,
    cpu: { vendor: cpu.vendor as Vendor, selfSnoop: Boolean(cpu.selfSnoop), tdp: true },
    readonlySlot: (Number(record.slotFlags ?? 0) & 2) !== 0,
    ...(typeof record.create === 'number' ? { create: record.create } : {}),
    ...(record.fault === undefined ? {} : { fault: record.fault as Record<string, number> }),
    noncoherentDma: Boolean(vm.noncoherentDma),
    disableQuirk: disabled(/DISABLE_QUIRKS2$/)
      ? 'DISABLE_QUIRKS2'
      : disabled(/DISABLE_QUIRKS$/)
        ? 'DISABLE_QUIRKS'
        : 'none',
    pages: Object.entries(object(record.pages)).map(([offset, p]) =>
      page(offset, object(p), flags, cpu.patEnabled !== 0),
    ),
  };
}

/** A leaf of a walk: `ipa` or `gpa`, `pa`, `size`, `raw`. Lines of other regimes and cached MMIO entries give undefined. */
export function auditLeaf(record: Json): AuditLeaf | undefined {
  const at = address(record.ipa) ?? address(record.gpa);
  const raw = address(record.raw);
  const size = address(record.size);
  if (at === undefined || raw === undefined || size === undefined || record.cachedMmio) return undefined;
  const pageSize = address(record.pageSize);
  return { at, pa: address(record.pa) ?? 0n, size, ...(pageSize === undefined ? {} : { pageSize }), raw };
}

/** Which architecture a recorded slot is from. */
export const recordArch = (record: Json): 'arm64' | 'x86' =>
  'vendor' in object(record.cpu) ? 'x86' : 'arm64';
