/**
 * The effective type that a guest on arm64 gets: its own stage-1 type combined with what KVM wrote. The rules are those of
 * src/arm64/memtype; this file only asks them with the few values that KVM writes.
 */

import { combineStages } from '../../arm64/memtype/combine.ts';
import type { Effective } from '../../arm64/memtype/meaning.ts';
import { s1DecodeMemAttrs } from '../../arm64/memtype/stage1.ts';
import { s2DecodeMemAttrs } from '../../arm64/memtype/stage2.ts';
import { type Memory, policyOf } from '../../arm64/values/attributes.ts';
import { type Answer, answer } from '../../memtype/rule.ts';
import { unknownName } from '../errors.ts';
import { type GuestView, guestView as viewOf } from '../guest.ts';
import type { S2Type } from './model.ts';
import { MEMATTR } from './prot.ts';

/** Stage-1 types as the guest chooses them, by the MAIR byte that Linux and firmware use for them. */
const MAIR = {
  'Normal-WB': 0xff,
  'Normal-WT': 0xbb,
  'Normal-NC': 0x44,
  'Device-GRE': 0x0c,
  'Device-nGRE': 0x08,
  'Device-nGnRE': 0x04,
  'Device-nGnRnE': 0x00,
} as const;
export type GuestType = keyof typeof MAIR;
export const GUEST_TYPES = Object.keys(MAIR) as readonly GuestType[];

const FEATURES = { xs: 0, mte2: 0 } as const;
/** SH of every leaf that KVM writes, and of every mapping of memory that Linux makes. */
const INNER_SHAREABLE = 0b11;

/** The rules' own answer for one of KVM's leaves, with its reasons. */
export function explain(fwb: boolean, s2: S2Type, s1: GuestType): Answer<Effective> {
  const stage1 = s1DecodeMemAttrs(MAIR[s1], INNER_SHAREABLE, FEATURES);
  const memAttr = fwb ? MEMATTR[s2].fwb : MEMATTR[s2].plain;
  const stage2 = s2DecodeMemAttrs(memAttr, INNER_SHAREABLE, 0, { fwb: fwb ? 1 : 0, mtePerm: 0 });
  const both = combineStages(stage1.value, stage2.value);
  return answer(both.value, ...stage1.why, ...stage2.why, ...both.why);
}

/** Every combination that KVM can make: 2 x 4 x 7. */
const known = new Map<string, GuestType>();

/** The effective type by the name that people use. */
export function effective(fwb: boolean, s2: S2Type, s1: GuestType): GuestType {
  const key = `${fwb} ${s2} ${s1}`;
  let type = known.get(key);
  if (type === undefined) {
    const { value } = explain(fwb, s2, s1);
    if (value.is !== 'ok') throw new Error(`KVM writes no ${value.why}`);
    type = typeOf(value.memory);
    known.set(key, type);
  }
  return type;
}

/** Allocation hints are no type. */
function sameType(a: Memory, b: Memory): boolean {
  if (a.type === 'device') return b.type === 'device' && a.device === b.device;
  return (
    b.type === 'normal' && policyOf(a.outer) === policyOf(b.outer) && policyOf(a.inner) === policyOf(b.inner)
  );
}

/** The guest type that asks for this memory. */
function typeOf(memory: Memory): GuestType {
  const type = GUEST_TYPES.find(guest => {
    const { value } = s1DecodeMemAttrs(MAIR[guest], INNER_SHAREABLE, FEATURES);
    return value.is === 'ok' && sameType(value.memory, memory);
  });
  if (type === undefined) throw new Error(`no guest type is ${JSON.stringify(memory)}`);
  return type;
}

export const guestView = (fwb: boolean, s2: S2Type): GuestView<GuestType, GuestType> =>
  viewOf(GUEST_TYPES, guest => effective(fwb, s2, guest));

/** `normal-wb`, `Normal-NC`, `nGnRE`, `device-ngnrne`. */
export function parseGuestType(text: string): GuestType {
  const plain = text.toLowerCase();
  const found = GUEST_TYPES.find(
    t => t.toLowerCase() === plain || t.toLowerCase().replace(/^(normal|device)-/, '') === plain,
  );
  if (found) return found;
  throw unknownName('guest type', text, [...GUEST_TYPES]);
}
