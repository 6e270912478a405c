/**
 * What software writes into the bits that the architecture leaves to it: KVM and pKVM in invalid stage 2 entries
 * [Linux 6.12 and 7.1, arch/arm64/include/asm/kvm_pgtable.h, arch/arm64/kvm/hyp/include/nvhe/mem_protect.h].
 */
import type { Word } from '../../bits/word.ts';

const OWNER = ['host', 'hyp', 'ffa'] as const;
const OWNER_7_1 = ['host', 'hyp', 'guest'] as const;

/** Readings of a nonzero invalid entry by kernel version; undefined for zero, and where no convention fits. */
export function kvmAnnotations(word: Word): Readonly<Record<string, string>> | undefined {
  if (word === 0n) return undefined;
  const readings: Record<string, string> = {};
  const old = linux612(word);
  if (old) readings['Linux 6.12 KVM'] = old;
  const current = linux71(word);
  if (current) readings['Linux 7.1 KVM'] = current;
  return Object.keys(readings).length > 0 ? readings : undefined;
}

/** Up to 6.12: 0x400 is the break-before-make lock; otherwise an owner id in [9:2]. */
function linux612(word: Word): string | undefined {
  if (word === 0x400n) return 'locked: break-before-make in progress';
  if ((word & ~0x3fcn) !== 0n) return undefined;
  const owner = OWNER[Number(word >> 2n)];
  return owner && `owned by ${owner}`;
}

/** 7.1: a type in [63:60]; donations name the owner in [3:1]. */
function linux71(word: Word): string | undefined {
  switch (word >> 60n) {
    case 1n:
      return word === 1n << 60n ? 'locked: break-before-make in progress' : undefined;
    case 2n: {
      const owner = OWNER_7_1[Number((word >> 1n) & 7n)];
      if (owner !== 'guest') return owner && `donated to ${owner}`;
      return `donated to guest: VM handle 0x${((word >> 4n) & 0xffffn).toString(16)}, guest frame 0x${((word >> 20n) & 0xff_ffff_ffffn).toString(16)}`;
    }
    case 3n:
      return 'poisoned guest page';
    default:
      return undefined;
  }
}
