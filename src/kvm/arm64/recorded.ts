/** A recorded memslot of an arm64 VM in the audit's words. */
import { parsePfn, parsePgprot, parseSlotFlags } from '../inputs.ts';
import { address, flagsOf, type Json, object } from '../recorded.ts';
import type { Arm64AuditSlot } from './audit.ts';

/**
 * `{slot, gpa, size?, cpu: {fwb, dic}, vma: {flags, pgprot, pfn} | null, slotFlags?, create?, fault?}`.
 * A record without `vma` is kept and skipped by name.
 */
export function slotOf(record: Json): Arm64AuditSlot {
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

/** Is the CPU of this record one of ours? */
export const owns = (record: Json): boolean => 'fwb' in object(record.cpu);
