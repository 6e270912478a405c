/**
 * How large a leaf is written (4K granule): get_vma_page_shift(), user_mem_abort(), transparent_hugepage_adjust().
 * Steps in the kernel's order; each says what it did.
 */
import { type Evidence, source } from '../evidence.ts';

export const SIZES = ['4K', '64K', '2M', '32M', '1G'] as const;
export type Size = (typeof SIZES)[number];

export interface BlockSizeInput {
  /** The policy's name, for the steps. */
  readonly era: string;
  /** Its kernel maps raw page frames as blocks. */
  readonly rawBlocks: boolean;
  readonly vmaKind: 'pfnmap' | 'hugetlb' | 'anon';
  /** Only for hugetlb. */
  readonly hugetlbSize?: Size;
  /** VM_PFNMAP: user address and physical address agree modulo the block. */
  readonly coaligned1G?: boolean;
  readonly vmaCovers1G?: boolean;
  readonly coaligned2M?: boolean;
  readonly vmaCovers2M?: boolean;
  readonly slotFits1G: boolean;
  readonly slotFits2M: boolean;
  readonly logging: boolean;
  /** The host maps at least 2M there. */
  readonly hostMaps2M: boolean;
  readonly s2NonCacheable: boolean;
}

export interface BlockSize {
  readonly size: Size;
  readonly steps: readonly string[];
  readonly evidence: readonly Evidence[];
}

export function blockSize(i: BlockSizeInput): BlockSize {
  const steps: string[] = [];
  let size: Size = '4K';
  let forbidden = false;
  const say = (text: string) => steps.push(text);
  if (i.logging) {
    forbidden = true;
    say('dirty logging: pages only');
  } else if (i.vmaKind === 'pfnmap' && !i.rawBlocks) {
    forbidden = true;
    say(`${i.era} maps raw page frames as pages only`);
  } else if (i.vmaKind === 'hugetlb') {
    size = i.hugetlbSize ?? '2M';
    say(`hugetlb: starts with ${size}`);
  } else if (i.vmaKind === 'pfnmap') {
    if (i.coaligned1G && i.vmaCovers1G) size = '1G';
    else if (i.coaligned2M && i.vmaCovers2M) size = '2M';
    say(`raw page frames: ${size} is the largest block on which addresses agree and which the VMA covers`);
  }
  if (size === '1G' && !i.slotFits1G) {
    size = '2M';
    say('1G does not fit the slot: 2M');
  }
  if (size === '32M') {
    size = '2M';
    say('32M (contiguous) becomes 2M');
  }
  if (size === '2M' && !i.slotFits2M) {
    size = '4K';
    forbidden = true;
    say('2M does not fit the slot: pages, and no promotion');
  }
  if (size === '64K') {
    size = '4K';
    forbidden = true;
    say('64K (contiguous) becomes pages, and no promotion');
  }
  // 5.10 forbids promotion of device page frames in user_mem_abort(); later kernels of non-cacheable leaves.
  if (size === '4K' && !forbidden && !i.s2NonCacheable && i.slotFits2M && i.hostMaps2M) {
    size = '2M';
    say('the host maps 2M there and the slot fits: promoted');
  }
  return {
    size,
    steps,
    evidence: [
      source('arch/arm64/kvm/mmu.c get_vma_page_shift(), user_mem_abort(), transparent_hugepage_adjust()'),
    ],
  };
}
