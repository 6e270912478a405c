/** The facts that arm64 policies may ask for, by the kernel's own names. */
import { type Env, Vocabulary } from '../expr.ts';
import {
  type Access,
  type Arm64Cpu,
  CHANGES,
  PFN_CLASSES,
  type PfnClass,
  PGPROTS,
  type SlotFlag,
  type Vma,
} from './model.ts';

const flag = (means: string) => ({ means });

/** Words of the host mapping, the slot, the VM, the CPU and the fault. */
export const FACTS = {
  // The VMA.
  VM_PFNMAP: flag('the VMA maps raw page frames; the kernel never looks for a struct page'),
  VM_MIXEDMAP: flag('the VMA may mix struct pages and raw page frames'),
  VM_IO: flag('memory-mapped I/O or alike'),
  VM_SHARED: flag('MAP_SHARED'),
  VM_MAYWRITE: flag('may be made writable with mprotect'),
  VM_ALLOW_ANY_UNCACHED: flag('the driver allows any uncached type to the guest (6.9+)'),
  VM_MTE_ALLOWED: flag('tags may be enabled for this mapping'),
  pgprot: { values: PGPROTS, means: 'memory type in vm_page_prot' },
  is_cow_mapping: { is: 'VM_MAYWRITE & !VM_SHARED', means: 'a store makes a private copy' },
  kvm_vma_is_cacheable: {
    is: 'pgprot != MT_NORMAL_NC & pgprot != MT_DEVICE_nGnRnE & pgprot != MT_DEVICE_nGnRE',
    means: 'the host maps it cacheable (tagged and unknown types count)',
  },
  // The page.
  pfn: { values: PFN_CLASSES, means: 'what the kernel knows of the page frame' },
  pfn_is_map_memory: { is: 'pfn = ram', means: 'in memblock and in the linear map' },
  pfn_valid: { is: 'pfn != no-page', means: 'there is a struct page' },
  pte_special: flag('the host entry is special: no normal struct page behind it for get_user_pages()'),
  // The CPU.
  FWB: flag('ARM64_HAS_STAGE2_FWB on every CPU'),
  DIC: flag('CTR_EL0.DIC on every CPU: no I-cache invalidation needed'),
  kvm_supports_cacheable_pfnmap: { is: 'FWB & DIC', means: 'no cache maintenance is ever owed' },
  // The slot and the VM.
  KVM_MEM_LOG_DIRTY_PAGES: flag('dirty logging'),
  KVM_MEM_READONLY: flag('read-only slot'),
  KVM_MEM_GUEST_MEMFD: flag('slot backed by guest_memfd'),
  KVM_MEM_ENABLE_CACHEABLE_PFNMAP: flag('flag of cp-v4 to cp-v6'),
  unknown_flag: flag('a slot flag that this kernel does not know'),
  change: { values: CHANGES, means: 'what KVM_SET_USER_MEMORY_REGION does' },
  slot_end: { values: ['below', 'at', 'above'], means: 'end of the slot against the VM’s IPA limit' },
  logging_active: { is: 'KVM_MEM_LOG_DIRTY_PAGES', means: 'dirty logging is on for the slot' },
  kvm_has_mte: flag('KVM_CAP_ARM_MTE enabled for the VM'),
  // The fault.
  access: { values: ['read', 'write', 'exec'], means: 'what the guest did' },
  write_fault: { is: 'access = write', means: 'the guest stored' },
  exec_fault: { is: 'access = exec', means: 'the guest fetched an instruction' },
  fault_is_perm: flag('permission fault on a leaf that is there, at the same size'),
  writable: flag('the host let KVM have the page for writing'),
} as const;

export const VOCABULARY = new Vocabulary(FACTS);

const CACHEABLE = VOCABULARY.compile('kvm_vma_is_cacheable');
/** Does the host map it cacheable? */
export const isCacheable = ({ pgprot }: Pick<Vma, 'pgprot'>): boolean => CACHEABLE.holds({ pgprot });

export interface SlotFacts {
  readonly flags: readonly SlotFlag[];
  readonly known: readonly SlotFlag[];
  readonly change: string;
  readonly slotEnd: string;
  readonly vmMte: boolean;
}

/** Facts of a VMA and its CPU as an environment. */
export function vmaEnv(vma: Vma, cpu: Arm64Cpu): Record<string, boolean | string> {
  const env: Record<string, boolean | string> = { pgprot: vma.pgprot, FWB: cpu.fwb, DIC: cpu.dic };
  for (const name of vma.flags) env[name] = true;
  return env;
}

export function slotEnv(slot: SlotFacts): Record<string, boolean | string> {
  const env: Record<string, boolean | string> = {
    change: slot.change,
    slot_end: slot.slotEnd,
    kvm_has_mte: slot.vmMte,
    unknown_flag: slot.flags.some(name => !slot.known.includes(name)),
  };
  for (const name of slot.flags) env[name] = true;
  return env;
}

export interface FaultFacts {
  readonly access: Access;
  readonly pfn: PfnClass;
  readonly permFault: boolean;
  readonly hostWritable: boolean;
  readonly pteSpecial: boolean;
}

export const faultEnv = (fault: FaultFacts): Env => ({
  access: fault.access,
  pfn: fault.pfn,
  fault_is_perm: fault.permFault,
  writable: fault.hostWritable,
  pte_special: fault.pteSpecial,
});
