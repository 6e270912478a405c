/** Reasons of aborts beside the rights of entries [Arm ARM, ESR_ELx, ISS encodings; D8 "Access permissions", "Memory type"]. */
import { decode, readRow } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import type { Claim } from '../../faults/claim.ts';
import { type Case, type Reason, type ReasonRule, reasonsOf } from '../../faults/reason.ts';
import { fieldsOf } from '../../faults/rights.ts';
import type { LeafView } from '../../walk/regime.ts';
import type { Step } from '../../walk/translate.ts';
import { hcrFormat } from '../registers/control.ts';
import { FAULT_STATUS } from '../registers/fault.ts';
import { spsrFormat } from '../registers/state.ts';
import { type Memory, policyOf, type Stage2Wish } from '../values/attributes.ts';
import { valueName } from '../values/codes.ts';
import { REASONS } from './reason-kinds.ts';

/** Both kinds of abort have these bits in the same places. */
const syndromeOf = ({ claim }: Case): Readonly<Record<string, number>> | undefined => claim.bits;

/** A bit of a Permission fault that names its reason; other faults leave it to mean nothing. */
const named = (fault: Case, key: string): boolean =>
  fault.claim.cause === 'permission' && syndromeOf(fault)?.[key] === 1;

const leafOf = ({ walk }: Case): Step | undefined => (walk.outcome === 'mapped' ? walk.leaf : undefined);

function viewOf({ walk }: Case): LeafView | undefined {
  if (walk.outcome !== 'mapped') return undefined;
  return walk.regime.describe(walk.leaf.reading, walk.level, walk.inherited);
}

const EXTERNAL = 0x10;
const ALIGNMENT = 0x21;
const UNSUPPORTED = 0x35;
const CONFLICT = 0x30;
const TAG_CHECK = 0x11;
const UPDATE = 0x31;

const at = (step: Step): string => `the level ${step.name} entry`;

function overlay(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || !named(fault, 'overlay')) return undefined;
  const { poIndex } = fieldsOf(leaf);
  const register =
    fault.claim.stage === 2 ? 'S2POR_EL1' : fault.claim.by === 'unprivileged' ? 'POR_EL0' : 'POR_ELx';
  const which = poIndex === undefined ? '' : `, by POIndex = ${poIndex} of ${at(leaf)}`;
  return {
    ...REASONS.overlay,
    says: `Overlay = 1: ${register} takes the right away${which}; the entry itself gives it`,
    certain: true,
  };
}

function dirtyState(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || !named(fault, 'dirtyBit')) return undefined;
  return {
    ...REASONS['dirty-state'],
    says: `DirtyBit = 1: ${at(leaf)} permits the write but is clean, and hardware does not make it dirty (HD = 0)`,
    certain: true,
  };
}

function tagAccess(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || !named(fault, 'tagAccess')) return undefined;
  return {
    ...REASONS['no-tag-access'],
    says: `TagAccess = 1: MemAttr of ${at(leaf)} is NoTagAccess, so tags of the page cannot be accessed; its data can`,
    certain: true,
  };
}

function assuredOnly(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || !named(fault, 'assuredOnly')) return undefined;
  return {
    ...REASONS['assured-only'],
    says: `AssuredOnly = 1: ${at(leaf)} may be reached through protected tables only, and this walk was none`,
    certain: true,
  };
}

/** Which table a walk of stage 1 begins with. ISS[21] is TopLevel where no instruction syndrome is. */
function topLevel(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  const d = syndromeOf(fault);
  if (!leaf || !named(fault, 'sse') || d?.isv === 1 || fault.claim.stage !== 2) return undefined;
  const { piIndex } = fieldsOf(leaf);
  const which = piIndex === undefined ? '' : `, by PIIndex = ${piIndex} in S2PIR_EL2`;
  return {
    ...REASONS['top-level'],
    says: `TopLevel = 1: VTCR_EL2.TL0 or TL1 asks for a first table of stage 1 that is marked for its half, and ${at(leaf)} marks it otherwise${which}`,
    certain: true,
  };
}

/** The stage's own type, where it is one. */
function typeOf(fault: Case): { readonly device: boolean; readonly writeBack: boolean } | undefined {
  const meaning = viewOf(fault)?.meaning;
  if (meaning === undefined) return undefined;
  if (fault.walk.regime.stage === 2) {
    const wish = meaning as Stage2Wish;
    return {
      device: wish.is === 'device',
      writeBack:
        wish.is === 'force-wb' || wish.is === 'stage1' || (wish.is === 'normal' && wish.inner === 'WB'),
    };
  }
  const memory = meaning as Memory;
  if (memory.type === 'device') return { device: true, writeBack: false };
  return { device: false, writeBack: [memory.outer, memory.inner].some(half => policyOf(half) === 'WB') };
}

/** A walk of the first stage that finds its table in Device memory. */
function walkFromDevice(fault: Case): Reason | undefined {
  const { claim, controls } = fault;
  const leaf = leafOf(fault);
  if (!leaf || !claim.onWalk || claim.cause !== 'permission' || !typeOf(fault)?.device) return undefined;
  const word = controls('HCR_EL2');
  const ptw = word === undefined ? undefined : decode(hcrFormat, word).ptw;
  if (ptw === 0) return undefined;
  return {
    ...REASONS['ptw-device'],
    says: `HCR_EL2.PTW${ptw === undefined ? '' : ' = 1'}: a walk of stage 1 must not read its tables from Device memory, and ${at(leaf)} makes them that`,
    certain: ptw === 1,
  };
}

/** Privileged code that acts for user mode reports the level that it runs at. */
function unprivilegedAccess({ claim, walk, user }: Case): Reason | undefined {
  if (claim.cause !== 'permission' || claim.stage !== 1 || claim.by !== 'privileged' || user)
    return undefined;
  if (claim.access === 'fetch' || claim.shadowStack || walk.outcome !== 'mapped') return undefined;
  return {
    ...REASONS['unprivileged-access'],
    says: 'a load or store with user rights (LDTR, STTR: how a kernel reaches user memory) reports the level that it runs at, and the page is for the privileged level only',
    certain: false,
  };
}

/** What the processor's state was when the access was made: what the exception saved. */
function stateOf({ claim, controls }: Case): { readonly name: string; readonly pan: number } | undefined {
  const names = [claim.regime === 'EL2' ? 'SPSR_EL2' : 'SPSR_EL1', 'PSTATE', 'CPSR'];
  const name = names.find(one => controls(one) !== undefined);
  return name === undefined ? undefined : { name, pan: decode(spsrFormat, controls(name) ?? 0n).pan };
}

function pan(fault: Case): Reason | undefined {
  const { claim, user } = fault;
  if (claim.cause !== 'permission' || claim.stage !== 1 || claim.by !== 'privileged') return undefined;
  if (claim.access === 'fetch' || claim.shadowStack || !user) return undefined;
  const state = stateOf(fault);
  if (state?.pan === 0) return undefined;
  const name = state ? `${state.name}.PAN = 1` : 'PSTATE.PAN';
  return {
    ...REASONS.pan,
    says: `${name}: the page is accessible at EL0, and PAN denies privileged data accesses to such pages`,
    certain: state !== undefined,
  };
}

/** Cache maintenance from EL0 that needs the right to write. */
function maintenance(fault: Case): Reason | undefined {
  if (fault.claim.cause !== 'permission' || !syndromeOf(fault)?.cm) return undefined;
  return {
    ...REASONS['cache-maintenance'],
    says: 'CM = 1: DC CIVAC and IC IVAU of EL0 need the right to write where SCTLR_ELx.CMOW = 1',
    certain: false,
  };
}

/** What an index into MAIR means without MAIR. */
const unknownType = (fault: Case): string => {
  const leaf = leafOf(fault);
  const { attrIndx } = leaf ? fieldsOf(leaf) : {};
  return attrIndx === undefined
    ? 'the memory type is not known'
    : `AttrIndx ${attrIndx} is to be looked up in MAIR_ELx (Linux has Device-nGnRnE at 3 since 5.12)`;
};

const UNALIGNED =
  'to Device memory unaligned accesses fault, and DC ZVA does whatever its address; to Normal memory only with SCTLR_ELx.A = 1, or by an instruction that always needs alignment';
const REFUSED =
  'a device without power or clock, an address where nothing is, memory of another Security state, an error that memory reported';
const TWO_ENTRIES =
  'the TLB holds two entries for the address: a block replaced by a table, or a table by a block, without break-before-make';

/** The memory system refused the access: translation is done by then. */
function external(fault: Case): Reason | undefined {
  const { walk } = fault;
  if (walk.outcome !== 'mapped' || syndromeOf(fault)?.dfsc !== EXTERNAL) return undefined;
  return {
    ...REASONS['external-abort'],
    says: `whatever is at ${hex(walk.output)} refused the access: ${REFUSED}`,
    certain: false,
  };
}

/** What the memory system said, of the access or of a step of the walk, by the manual's name of the status. */
function ofMemory(status = 0): readonly string[] {
  const name = valueName(FAULT_STATUS, status);
  if (/^Granule Protection/.test(name))
    return [
      `the granule protection table gives the ${/walk/.test(name) ? 'page of a translation table' : 'page'} to another physical address space: memory that was delegated to a realm or to Secure state, or taken back`,
    ];
  if (/External abort on a walk/.test(name))
    return [`what is at the address of a translation table refused the walk’s read: ${REFUSED}`];
  if (/parity or ECC/.test(name))
    return ['the memory, or a cache, found an error in what it holds: the error records (RAS) say where'];
  return [];
}

/** What is behind a fault whose reason need not be in entries, where none are known. */
export function withoutEntries({ bits }: Claim): readonly string[] {
  switch (bits?.dfsc) {
    case ALIGNMENT:
      return [`${UNALIGNED}; with the MMU off all data is Device memory`];
    case EXTERNAL:
      return [`what is at the physical address refused the access: ${REFUSED}`];
    case CONFLICT:
      return [TWO_ENTRIES];
    case TAG_CHECK:
      return [
        'the tag in the pointer is not that of the memory: a pointer into memory that was freed or past its end, or tags that nobody set',
      ];
    case UPDATE:
      return [
        'hardware was to set the Access flag or the dirty state, and the memory that holds the entry does not support the atomic update: it is not Write-Back',
      ];
    case UNSUPPORTED:
      return [
        'exclusives and atomics are supported on Write-Back memory, and elsewhere only if the memory system has them',
      ];
    default:
      return ofMemory(bits?.dfsc);
  }
}

function alignment(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || syndromeOf(fault)?.dfsc !== ALIGNMENT) return undefined;
  const type = typeOf(fault);
  if (type?.device)
    return {
      ...REASONS['device-alignment'],
      says: `${at(leaf)} makes it ${viewOf(fault)?.type}: unaligned accesses to Device memory fault, and DC ZVA does whatever its address`,
      certain: true,
    };
  return {
    ...REASONS.alignment,
    says:
      type === undefined
        ? `${unknownType(fault)}: ${UNALIGNED}`
        : 'the memory is Normal: SCTLR_ELx.A = 1, or an instruction that always needs alignment (exclusives, acquire and release)',
    certain: false,
  };
}

function exclusive(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || syndromeOf(fault)?.dfsc !== UNSUPPORTED) return undefined;
  const type = typeOf(fault);
  if (type?.writeBack) return undefined;
  return {
    ...REASONS['exclusive-not-write-back'],
    says:
      type === undefined
        ? `${unknownType(fault)}: exclusives and atomics are supported on Write-Back memory, and elsewhere only if the memory system has them`
        : `${at(leaf)} makes it ${viewOf(fault)?.type}: exclusives and atomics are supported on Write-Back memory, and elsewhere only if the memory system has them`,
    certain: type !== undefined,
  };
}

function conflict(fault: Case): Reason | undefined {
  const leaf = leafOf(fault);
  if (!leaf || syndromeOf(fault)?.dfsc !== CONFLICT) return undefined;
  const row = leaf.reading.format.rows.find(({ key }) => key === 'contiguous' || key === 'cont');
  const contiguous = row !== undefined && BigInt(readRow(row, leaf.word)) === 1n;
  return {
    ...REASONS['tlb-conflict'],
    says: `${TWO_ENTRIES}${contiguous ? `; ${at(leaf)} is Contiguous, and all entries of its group must be alike` : ''}`,
    certain: false,
  };
}

/** The bits of the largest address on the way, and which entry has it. */
function largest({ walk }: Case): { readonly step: Step; readonly bits: number } | undefined {
  const all = walk.steps.flatMap(step => {
    const address = step.reading.facts.next ?? step.reading.facts.oa;
    return typeof address === 'bigint'
      ? [{ step, bits: address === 0n ? 0 : address.toString(2).length }]
      : [];
  });
  return all.sort((a, b) => b.bits - a.bits)[0];
}

function addressSize(fault: Case): Reason | undefined {
  if (fault.claim.cause !== 'address-size') return undefined;
  const most = largest(fault);
  if (!most) return undefined;
  const named = fault.claim.stage === 2 ? 'VTCR_EL2.PS' : 'TCR_ELx.IPS';
  return {
    ...REASONS['address-size'],
    says: `the address in ${at(most.step)} needs ${most.bits} bits: it faults where ${named}, or the processor’s PA size, has fewer`,
    certain: true,
  };
}

const RULES: readonly ReasonRule[] = [
  addressSize,
  overlay,
  dirtyState,
  tagAccess,
  assuredOnly,
  topLevel,
  walkFromDevice,
  external,
  alignment,
  exclusive,
  conflict,
  pan,
  unprivilegedAccess,
  maintenance,
];

/** Every reason that there can be, the certain ones first. */
export const reasons = (fault: Case): readonly Reason[] => reasonsOf(RULES, fault);
