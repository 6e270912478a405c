/**
 * An ordinary VM on a host in protected mode (kvm-arm.mode=protected): user_mem_abort() decides as ever, then EL2 maps the
 * page, and only takes what the host owns as memory.
 */

import { measured } from '../evidence.ts';
import { Program, stop } from '../policy.ts';
import { VOCABULARY } from './facts.ts';
import type { Failure, S2Type } from './model.ts';

/** `cacheable_leaf` is the local that says what user_mem_abort() asked EL2 to map. */
export const PKVM_MAP = new Program<Failure>(
  VOCABULARY,
  [
    stop<Failure>(
      'pkvm-not-kernel-memory',
      '!pfn_is_map_memory & cacheable_leaf',
      { r: 'error', errno: 'EPERM' },
      'EL2 shares only memory that the host owns with a guest: a cacheable mapping of anything else is refused.',
    ),
    stop<Failure>(
      'pkvm-no-device-mappings',
      '!cacheable_leaf',
      { r: 'error', errno: 'EINVAL' },
      'EL2 maps no Device or Normal-NC leaf for a guest.',
    ),
  ],
  [measured('Linux 6.18.2 on arm64, kvm-arm.mode=protected, an ordinary VM')],
  ['cacheable_leaf'],
);

export const isCacheableLeaf = (t: S2Type): boolean => t === 'NORMAL' || t === 'AS_S1';
