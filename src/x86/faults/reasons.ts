/** Reasons of x86 faults beside the rights of entries [SDM, "Determination of Access Rights"; APM, "Nested Paging"]. */
import { decode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import { hex } from '../../bits/word.ts';
import type { Claim } from '../../faults/claim.ts';
import type { Case, Reason, ReasonRule } from '../../faults/reason.ts';
import { fieldsOf } from '../../faults/rights.ts';
import type { Step } from '../../walk/translate.ts';
import { cr0Layout, cr4Layout, eferLayout, eferSettings } from '../registers/control.ts';
import { deniedByKey } from '../registers/permissions.ts';
import { rflagsLayout } from '../registers/state.ts';
import { REASONS } from './reason-kinds.ts';

/** RFLAGS, as the tools call it. */
const FLAGS_NAMES = ['RFLAGS', 'EFLAGS', 'RFL', 'EFL'];

/** What keeps the supervisor from pages of the user. */
function supervisorMode({ claim, user, controls }: Case): Reason | undefined {
  if (claim.cause !== 'permission' || claim.stage !== 1 || claim.by !== 'privileged' || !user)
    return undefined;
  const word = controls('CR4');
  const cr4 = word === undefined ? undefined : decode(cr4Layout, word);
  const fetch = claim.access === 'fetch';
  const on = fetch ? cr4?.smep : cr4?.smap;
  // an explicit access with AC = 1 is allowed; one that the processor makes by itself is not
  const flags = FLAGS_NAMES.map(controls).find(value => value !== undefined);
  const ac = flags === undefined ? undefined : decode(rflagsLayout, flags).ac;
  if (on === 0 || (!fetch && ac === 1)) return undefined;
  const name = fetch ? 'CR4.SMEP' : 'CR4.SMAP';
  const text = fetch
    ? 'the supervisor must not execute pages of the user'
    : 'the supervisor must not access pages of the user unless EFLAGS.AC is set';
  return {
    ...(fetch ? REASONS.smep : REASONS.smap),
    says: `${name}${on === undefined ? '' : ' = 1'}: ${text}${!fetch && ac === 0 ? ', and it is not' : ''}`,
    certain: on === 1 && (fetch || ac === 0),
  };
}

/**
 * A protection key: of user pages by PKRU with CR4.PKE, of supervisor pages by IA32_PKRS with CR4.PKS. AD denies every data access, WD
 * writes, of the supervisor only with CR0.WP; fetches are not asked [SDM, "Protection Keys"]. An error code says itself whether it was one.
 */
function protectionKey({ claim, walk, controls, user }: Case): Reason | undefined {
  if (claim.stage !== 1 || walk.outcome !== 'mapped' || claim.bits?.pk === 0 || claim.access === 'fetch')
    return undefined;
  const { pk: key } = fieldsOf(walk.leaf);
  if (key === undefined || (!claim.bits?.pk && claim.cause !== 'permission')) return undefined;
  const [register, enable] = user ? (['PKRU', 'pke'] as const) : (['IA32_PKRS', 'pks'] as const);
  const [word, cr4, cr0] = [controls(register), controls('CR4'), controls('CR0')];
  const on = cr4 === undefined ? undefined : decode(cr4Layout, cr4)[enable] === 1;
  const entry = `protection key ${key} of the level ${walk.leaf.name} entry`;
  const reason = (says: string, certain: boolean): Reason => ({
    ...REASONS['protection-key'],
    says,
    certain,
  });
  // without CR0 it is taken to protect
  const protects = claim.by === 'unprivileged' || cr0 === undefined || decode(cr0Layout, cr0).wp === 1;
  const { access, write } =
    word === undefined ? { access: false, write: false } : deniedByKey(word, Number(key));
  const denies = access || (write && claim.access === 'write' && protects);
  if (claim.bits?.pk) {
    const { says, certain } = ofKey(register, word, entry, denies);
    return reason(says, certain);
  }
  if (on === false) return undefined;
  if (word === undefined)
    return on || key !== 0 ? reason(`${register}, which is not given, may deny ${entry}`, false) : undefined;
  if (!denies) return undefined;
  const says = `${register} = ${hex(word)} denies ${access ? 'data accesses' : 'writes'}: ${entry}`;
  return reason(on ? says : `${says}, where CR4.${enable.toUpperCase()} is 1`, on === true);
}

/** What PKRU or IA32_PKRS holds against an error code that says that a key denied the access. */
function ofKey(
  register: string,
  word: bigint | undefined,
  entry: string,
  denies: boolean,
): Pick<Reason, 'says' | 'certain'> {
  if (word === undefined) return { says: `PK = 1: ${register} denies ${entry}`, certain: true };
  return denies
    ? { says: `PK = 1: ${register} denies ${entry} (${register} = ${hex(word)})`, certain: true }
    : {
        says: `PK = 1, and ${register} = ${hex(word)} permits the access by ${entry}: the register is of another moment or thread, or the entry was changed`,
        certain: false,
      };
}

/** RSVD, with P or, as emulators report it, without. */
const isReserved = ({ cause, orCause }: Claim): boolean =>
  cause === 'reserved-bit' || orCause === 'reserved-bit';

const topBit = (value: unknown): number => BigInt((value as bigint | undefined) ?? 0).toString(2).length - 1;
/** What is taken where nobody says how wide addresses are. */
const WIDEST = 52;
/** No processor with PAE or 64-bit paging has fewer address bits. */
const FEWEST = 36;

/** Address bits that are reserved where the processor has fewer than was taken for granted; the widest entry first. */
function narrower({ claim, walk }: Case): readonly Reason[] {
  if (!isReserved(claim) && claim.cause !== 'misconfiguration') return [];
  const { maxphyaddr } = walk.regime.settings as { readonly maxphyaddr?: number };
  if (maxphyaddr !== undefined && maxphyaddr < WIDEST) return []; // it was given: what is above it was found already
  const tops = walk.steps.map(step => {
    const { oa, next } = fieldsOf(step);
    return { step, top: topBit(oa ?? next) };
  });
  return tops
    .filter(({ top }, i) => top >= FEWEST && tops.slice(0, i).every(before => before.top < top))
    .sort((a, b) => b.top - a.top)
    .map(({ step, top }) => ({
      ...REASONS.maxphyaddr,
      says: `MAXPHYADDR: bit ${top} of the level ${step.name} entry is reserved where it is ${top} or less`,
      certain: false,
    }));
}

/** Bits that are reserved unless a feature is on. */
function features({ claim, walk, controls }: Case): readonly Reason[] {
  if (!isReserved(claim) || claim.stage !== 1) return [];
  const reasons: Reason[] = [];
  const word = controls('EFER');
  const nxe = word === undefined ? undefined : decode(eferLayout(settle(eferSettings)), word).nxe;
  const never = walk.steps.find(step => fieldsOf(step).xd === 1);
  if (never && nxe !== 1)
    reasons.push({
      ...REASONS.nxe,
      says: `EFER.NXE = 0: bit 63 of the level ${never.name} entry is then reserved`,
      certain: nxe === 0,
    });
  const giant = walk.steps.find(({ name, kind }: Step) => kind === 'leaf' && name === 3);
  if (giant)
    reasons.push({
      ...REASONS.page1g,
      says: 'a processor without 1-GByte pages: PS of a level 3 entry is then reserved',
      certain: false,
    });
  return reasons;
}

/** What the error code calls reserved where the entry is not present. */
function spurious({ claim }: Case): Reason | undefined {
  return claim.bits?.rmp
    ? {
        ...REASONS.rmp,
        says: 'RMP = 1: the reverse map table of SEV-SNP denies it, whatever the page tables say',
        certain: true,
      }
    : undefined;
}

/** A supervisor shadow-stack access through EPT. */
function supervisorShadowStack({ claim, walk }: Case): Reason | undefined {
  if (!claim.bits?.ss || claim.stage !== 2 || walk.outcome !== 'mapped') return undefined;
  const { sss } = fieldsOf(walk.leaf);
  if (sss === 1) return undefined;
  return {
    ...REASONS.sss,
    says: `a supervisor shadow-stack access needs SSS (bit 60) in the leaf where EPTP[7] = 1${sss === 0 ? `, and the level ${walk.leaf.name} entry has it clear` : ''}`,
    certain: sss === 0,
  };
}

/** A guest's supervisor that executes a page of users, as nested entries have it: EXITINFO1 does not say whose fetch it was. */
function guestExecuteTrap({ claim, walk }: Case): Reason | undefined {
  if (claim.family !== 'x86.npt' || claim.cause !== 'permission' || claim.access !== 'fetch')
    return undefined;
  if (walk.outcome !== 'mapped' || claim.onWalk) return undefined;
  const { gmet } = walk.regime.settings as { readonly gmet?: number };
  if (gmet === 0) return undefined;
  const on = gmet === 1;
  return {
    ...REASONS.gmet,
    says: `GMET${on ? ' = 1' : ' (VMCB 90h[3])'}: U/S = 1 in every entry, so the supervisor of the guest must not execute the page`,
    certain: on,
  };
}

const one =
  (rule: ReasonRule) =>
  (at: Case): readonly Reason[] => {
    const reason = rule(at);
    return reason ? [reason] : [];
  };

const ALL = [
  one(protectionKey),
  one(spurious),
  one(supervisorShadowStack),
  one(guestExecuteTrap),
  one(supervisorMode),
  narrower,
  features,
];

/** Every reason that there can be, the certain ones first. */
export const reasons = (at: Case): readonly Reason[] =>
  ALL.flatMap(rule => rule(at)).sort((a, b) => Number(b.certain) - Number(a.certain));

/** Every exception for an address is about entries. */
export const withoutEntries = (): readonly string[] => [];
