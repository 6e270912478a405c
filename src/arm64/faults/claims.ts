/** Aborts of arm64: ESR_ELx with FAR_ELx and HPFAR_EL2 [Arm ARM, ESR_EL1, ESR_EL2, FAR_EL1, HPFAR_EL2]. */

import { decode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import { type Cause, type Claim, type WhoText, worded } from '../../faults/claim.ts';
import { inPageAt } from '../../image/frames.ts';
import { esr, esrDataAbort, esrGranuleProtection, FAULT_STATUS, GPCSC, hpfar } from '../registers/fault.ts';
import { valueName } from '../values/codes.ts';

export interface Abort {
  readonly esr: bigint;
  readonly far?: bigint | undefined;
  readonly hpfar?: bigint | undefined;
  /** The exception level that took it. */
  readonly el: 1 | 2 | 3;
  /** Does a stage 2 stand behind lower levels? Then what EL2 takes from them is its own business. */
  readonly stage2: boolean;
}

const LEVELLED: Readonly<Record<number, Cause>> = {
  0: 'address-size',
  1: 'not-present',
  2: 'access-flag',
  3: 'permission',
};
/** Codes for the levels above 0. */
const HIGHER: Readonly<Record<number, readonly [cause: Cause, level: number]>> = {
  41: ['address-size', -1],
  43: ['not-present', -1],
  42: ['not-present', -2],
  44: ['address-size', -2],
};

/** A fault status code as a cause and a level. */
export function causeOf(code: number): { readonly cause: Cause; readonly level?: number } {
  const higher = HIGHER[code];
  if (higher) return { cause: higher[0], level: higher[1] };
  const cause = code < 16 ? LEVELLED[code >> 2] : undefined;
  return cause ? { cause, level: code & 3 } : { cause: 'outside' };
}

const who: WhoText = (by, plain, what) => (by === 'privileged' ? `a privileged ${what}` : `${plain} at EL0`);
/** Where the syndrome says no more than that it came from below EL2. */
const fromBelow = (claim: Claim, plain: boolean): Claim =>
  plain && !claim.onWalk ? { ...claim, text: `${claim.text.replace(/ at EL0$/, '')} at EL1 or EL0` } : claim;

/** @returns undefined for an exception that is no abort. */
export function abortClaim(abort: Abort): Claim | undefined {
  const { esr: word, far, hpfar: page, el } = abort;
  const reading = esr.read(word, {});
  if (reading.kind === 'granule-protection') return granuleClaim(abort);
  if (reading.kind !== 'data-abort' && reading.kind !== 'instruction-abort') return undefined;
  const d = decode(esrDataAbort, word); // both kinds of abort agree in the bits used here
  const lower = d.ec === 0x20 || d.ec === 0x24;
  // S1PTW is there for faults of the second stage only
  const stage = el === 2 && lower && (page !== undefined || abort.stage2 || d.s1ptw === 1) ? 2 : 1;
  const onWalk = stage === 2 && d.s1ptw === 1;
  const { cause, level } = causeOf(d.dfsc);
  const address = d.fnv && d.dfsc === 0b010000 ? undefined : far;
  // HPFAR_EL2 is written for faults of the translation and for those on a walk, not for permissions of the access itself
  const pageValid = page !== undefined && (onWalk || cause !== 'permission');
  const ipa = page === undefined ? undefined : hpfar.read(page, {}).facts.ipa;
  const low = address === undefined || onWalk ? 0n : BigInt(inPageAt(address));
  const input = stage === 1 ? address : pageValid && typeof ipa === 'bigint' ? ipa | low : undefined;
  // with CM = 1 WnR is 1 whatever the instruction does
  const access = reading.kind === 'instruction-abort' ? 'fetch' : d.wnr && !d.cm ? 'write' : 'read';
  // a first stage from below that EL2 handles is EL0's: HCR_EL2.{E2H,TGE} = {1,1}
  const by = lower ? (el === 1 || stage === 1 ? 'unprivileged' : undefined) : 'privileged';
  return fromBelow(
    worded(
      {
        source: [
          `ESR_EL${el} = ${hex(word)}`,
          ...(far === undefined ? [] : [`FAR_EL${el} = ${hex(far)}`]),
          ...(page === undefined ? [] : [`HPFAR_EL2 = ${hex(page)}`]),
        ].join(', '),
        architecture: 'arm64',
        stage,
        family: stage === 2 ? 'arm64.stage2' : 'arm64.stage1',
        ...(input === undefined ? {} : { input }),
        ...(stage === 2 && address !== undefined ? { va: address } : {}),
        cause,
        ...(level === undefined ? {} : { level }),
        access: onWalk ? 'read' : access,
        ...(by ? { by } : {}),
        onWalk,
        ...(reading.kind === 'data-abort' && d.gcs ? { shadowStack: true } : {}),
        bits: d,
        ...(lower || el === 1 ? {} : { regime: `EL${el}` }),
        says: `${stage === 2 ? 'stage 2 ' : ''}${valueName(FAULT_STATUS, d.dfsc)}`,
        remarks: [
          ...(address === undefined && far !== undefined ? ['FnV = 1: FAR is not valid'] : []),
          ...(stage === 2 && page !== undefined && !pageValid
            ? [
                'HPFAR_EL2 is not valid for a permission fault that is not on a walk: the IPA comes from the tables of stage 1',
              ]
            : []),
          ...(d.cm
            ? ['a cache maintenance or address translation instruction: WnR = 1 says nothing of what it does']
            : []),
          ...(stage === 2 && onWalk && page === undefined
            ? ['S1PTW = 1: stage 2 denied a table of stage 1; its IPA is in HPFAR_EL2 (--hpfar)']
            : []),
          ...(reading.kind === 'data-abort' && d.overlay
            ? ['Overlay = 1: a permission overlay denies it']
            : []),
          ...(reading.kind === 'data-abort' && d.dirtyBit
            ? ['DirtyBit = 1: the write needs the dirty state']
            : []),
          ...(reading.kind === 'data-abort' && d.tagAccess
            ? ['TagAccess = 1: stage 2 denies access to tags']
            : []),
          ...(reading.kind === 'data-abort' && stage === 2 && !d.isv && !onWalk
            ? [
                'ISV = 0: no instruction syndrome, so a hypervisor cannot emulate the access without decoding it',
              ]
            : []),
        ],
        findings: reading.findings,
      },
      who,
    ),
    el === 2 && lower && stage === 1,
  );
}

/** A Granule Protection Check exception, which EL3 takes from anybody: no table of stage 1 or 2 decides it. */
function granuleClaim({ esr: word, far, el }: Abort): Claim {
  const reading = esr.read(word, {});
  const d = decode(esrGranuleProtection, word);
  const walk = d.s2ptw ? 2 : d.s1ptw ? 1 : undefined;
  return worded(
    {
      source: [
        `ESR_EL${el} = ${hex(word)}`,
        ...(far === undefined ? [] : [`FAR_EL${el} = ${hex(far)}`]),
      ].join(', '),
      architecture: 'arm64',
      stage: 1,
      family: 'arm64.stage1',
      ...(far === undefined ? {} : { input: far }),
      cause: 'outside',
      access: d.ind ? 'fetch' : d.wnr && !d.cm ? 'write' : 'read',
      onWalk: false,
      bits: { dfsc: d.xfsc, gpcsc: d.gpcsc, s1ptw: d.s1ptw, s2ptw: d.s2ptw },
      says: `Granule Protection Check exception: ${valueName(GPCSC, d.gpcsc)}`,
      remarks: [
        'the granule protection tables (GPTBR_EL3) say which physical address space a granule is in; MFAR_EL3 has the physical address',
        ...(walk === undefined ? [] : [`S${walk}PTW = 1: it was met on a walk of stage ${walk}`]),
      ],
      findings: reading.findings,
    },
    who,
  );
}

/** The fault status of an ESR in one line; `abort` where the exception is none, or its status has no name. */
export function statusText(word: bigint): string {
  if (!['data-abort', 'instruction-abort'].includes(esr.read(word, {}).kind)) return 'abort';
  const name = FAULT_STATUS[decode(esrDataAbort, word).dfsc];
  return typeof name === 'string' ? name : 'abort';
}
