/** What a memory type of a leaf means to somebody who has never met it, in one line. */
import { CACHED, POLICY } from '../../memtype/plain-words.ts';
import {
  type CachePolicy,
  type DeviceType,
  type Memory,
  policyOf,
  type Stage2Wish,
} from '../values/attributes.ts';

const DEVICE: Readonly<Record<DeviceType, string>> = {
  nGnRnE: 'device registers: every access, in order, acknowledged by the device',
  nGnRE: 'device registers: every access, in order',
  nGRE: 'device memory: accesses may be reordered, not merged',
  GRE: 'device memory: accesses may be merged and reordered',
};

const normal = (outer: CachePolicy, inner: CachePolicy): string =>
  outer === inner ? POLICY[outer] : `outer caches ${outer}, inner caches ${inner}`;

/** Of a stage 1 type; empty where there is none. */
export function plainWords(memory: Memory | undefined): string {
  if (memory === undefined) return '';
  return memory.type === 'device'
    ? DEVICE[memory.device]
    : normal(policyOf(memory.outer), policyOf(memory.inner));
}

/** Of what stage 2 makes of a stage 1 type; empty where MemAttr is reserved. */
export function stage2PlainWords(wish: Stage2Wish | undefined): string {
  switch (wish?.is) {
    case undefined:
      return '';
    case 'force-wb':
      return `${CACHED}, whatever the guest asks for`;
    case 'stage1':
      return 'as the guest asks: cached, uncached or device';
    case 'force-nc':
      return 'uncached memory, or the guest’s device type';
    case 'device':
      return DEVICE[wish.device];
    case 'normal':
      return normal(wish.outer, wish.inner);
  }
}
