/** A recorded memslot of an x86 VM in the audit's words. */
import { decode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import { LINUX_LEAF, linuxLeafBits } from '../../x86/descriptors/software.ts';
import { stage1Page, stage1Settings } from '../../x86/descriptors/stage1.ts';
import { KvmInputError } from '../errors.ts';
import { slotFlagBit } from '../inputs.ts';
import { address, flagsOf, type Json, object } from '../recorded.ts';
import type { X86AuditPage, X86AuditSlot } from './audit.ts';
import { IGNORE_GUEST_PAT_BIT } from './cap.ts';
import type { PatType } from './effective.ts';
import { type Vendor, VMA_FLAGS, type X86VmaFlag } from './model.ts';

/** An entry of the host's own tables. */
const HOST_ENTRY = stage1Page(settle(stage1Settings, {}));

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
  const { rw } = decode(HOST_ENTRY, pte);
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
    // After a copy-on-write store the entry is an ordinary one.
    pteSpecial: linuxLeafBits(pte).includes(LINUX_LEAF[9]),
    ...(cow ? { hostWritable: rw === 1 } : {}),
  };
}

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
export function slotOf(record: Json): X86AuditSlot {
  const cpu = object(record.cpu);
  const vm = object(record.vm);
  const given = object(record.vma).flags;
  // A list holds every flag of the VMA, of which few matter.
  const named: readonly string[] = Array.isArray(given) ? given : flagsOf(given);
  const flags = VMA_FLAGS.filter(f => named.includes(f));
  const enabled = Object.entries(object(vm.enableCap));
  const disabled = (name: RegExp) =>
    enabled.some(([recorded, value]) => {
      const [cap = '', ...quirks] = recorded.trim().split(/[\s:,|]+/);
      if (!name.test(cap)) return false;
      if (quirks.length === 0) return (argument(value) & IGNORE_GUEST_PAT_BIT) !== 0;
      // the quirk stands beside the capability, and the value is what the ioctl returned: 0 for done
      return argument(value) === 0 && quirks.some(quirk => /(?:^|_)IGNORE_GUEST_PAT$/.test(quirk));
    });
  return {
    name: String(record.slot ?? 'slot'),
    at: address(record.gpa),
    flags,
    cpu: { vendor: cpu.vendor as Vendor, selfSnoop: Boolean(cpu.selfSnoop), tdp: true },
    readonlySlot: (Number(record.slotFlags ?? 0) & slotFlagBit('KVM_MEM_READONLY')) !== 0,
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

/** Is the CPU of this record one of ours? */
export const owns = (record: Json): boolean => 'vendor' in object(record.cpu);
