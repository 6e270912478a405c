/** Page faults, EPT violations and misconfigurations, and nested page faults of x86. */
import { decode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import { type AccessKind, type Cause, type Claim, type WhoText, worded } from '../../faults/claim.ts';
import {
  eptViolation,
  eptViolationFormat,
  nestedFault,
  nestedFaultFormat,
  pageFaultCode,
  pageFaultFormat,
} from '../registers/fault.ts';

const accessOf = (d: { readonly wr: number; readonly id: number }): AccessKind =>
  d.id ? 'fetch' : d.wr ? 'write' : 'read';

const who: WhoText = (by, plain) => `${plain}${by === 'privileged' ? ' by the supervisor' : ' in user mode'}`;

const listed = (parts: readonly (string | false)[]): string =>
  parts.filter(part => part !== false).join(', ');

/** #PF: error code and CR2 [SDM, "Page-Fault Exceptions"]. */
export function pageFaultClaim(code: bigint, cr2?: bigint): Claim {
  const { findings } = pageFaultCode.read(code, {});
  const d = decode(pageFaultFormat, code);
  const outside = d.pk || d.sgx || d.rmp;
  // a reserved bit is met in a present entry; without P the processor says that nothing is there, and RSVD is an erratum
  const cause: Cause = outside ? 'outside' : !d.p ? 'not-present' : d.rsvd ? 'reserved-bit' : 'permission';
  return worded(
    {
      source: `error code ${hex(code)}${cr2 === undefined ? '' : `, CR2 = ${hex(cr2)}`}`,
      architecture: 'x86',
      stage: 1,
      family: 'x86.pte',
      ...(cr2 === undefined ? {} : { input: cr2 }),
      cause,
      ...(d.rsvd && !d.p ? { orCause: 'reserved-bit' as const } : {}),
      access: accessOf(d),
      by: d.us ? 'unprivileged' : 'privileged',
      onWalk: false,
      says: listed([
        cause === 'not-present' && 'an entry is not present',
        cause === 'reserved-bit' && 'a reserved bit is set in an entry',
        d.pk === 1 && 'a protection key denies it: PKRU or IA32_PKRS, and no table',
        d.sgx === 1 && 'an access control of SGX denies it, and no table',
        d.rmp === 1 && 'the reverse map table of SEV-SNP denies it, and no page table',
        cause === 'permission' && 'the entries do not permit it',
        d.ss === 1 && 'a shadow-stack access',
        d.hlat === 1 && 'in a walk with HLAT paging',
      ]),
      remarks:
        d.rsvd && !d.p
          ? [
              'RSVD without P: to be ignored [Intel specification updates, "Not-Present Page Faults May Set the RSVD Flag in the Error Code"]; emulators report reserved bits so (QEMU)',
            ]
          : [],
      bits: d,
      shadowStack: d.ss === 1,
      findings,
    },
    who,
  );
}

/** An EPT violation: exit qualification, guest physical and guest linear address [SDM, "EPT Violations"]. */
export function eptViolationClaim(qualification: bigint, gpa?: bigint, gla?: bigint): Claim {
  const { findings } = eptViolation.read(qualification, {});
  const d = decode(eptViolationFormat, qualification);
  const entries = { r: d.r === 1, w: d.w === 1, x: d.x === 1 };
  const present = d.r || d.w || d.x || d.xu;
  const onWalk = d.gla === 1 && d.translated === 0;
  const advanced = d.gla === 1 && d.translated === 1 && (d.user || d.rw || d.xd);
  // the rights are those that all entries have together: none does not say that an entry is not present
  const orCause = present || d.verify ? {} : { orCause: 'permission' as const };
  // mode-based execute control: a fetch is refused though one of X and XU is there, so it asked for the other
  const asked = d.fetch && d.x !== d.xu ? (d.x ? 'unprivileged' : 'privileged') : undefined;
  const by = advanced ? (d.user ? 'unprivileged' : 'privileged') : present ? asked : undefined;
  return worded(
    {
      source: listed([
        `exit qualification ${hex(qualification)}`,
        gpa !== undefined && `guest physical address ${hex(gpa)}`,
        gla !== undefined && `guest linear address ${hex(gla)}`,
      ]),
      architecture: 'x86',
      stage: 2,
      family: 'x86.ept',
      ...(gpa === undefined ? {} : { input: gpa }),
      ...(gla === undefined || !d.gla ? {} : { va: gla }),
      cause: d.verify ? 'outside' : present ? 'permission' : 'not-present',
      ...orCause,
      access: d.fetch ? 'fetch' : d.write ? 'write' : 'read',
      ...(by === undefined ? {} : { by }),
      onWalk,
      says: listed([
        d.verify === 1 && 'guest-paging verification',
        present
          ? `EPT violation: the entries permit ${d.r ? 'r' : '-'}${d.w ? 'w' : '-'}${d.x ? 'x' : '-'}${d.xu ? ', execution in user mode' : ''}`
          : 'EPT violation: an entry is not present, or no right is in all of them',
        d.ss === 1 && 'a shadow-stack access',
      ]),
      entries,
      bits: d,
      shadowStack: d.ss === 1,
      remarks: [
        ...(d.nmi ? ['NMIs were unblocked by IRET before the exit'] : []),
        ...(d.async ? ['not because of an instruction (trace output and the like)'] : []),
        ...(gla !== undefined && !d.gla ? ['the guest linear address is not valid'] : []),
      ],
      findings,
    },
    who,
  );
}

/** An EPT misconfiguration has no qualification: all that is known is the guest physical address. */
export const eptMisconfigurationClaim = (gpa: bigint): Claim =>
  worded(
    {
      source: `guest physical address ${hex(gpa)}`,
      architecture: 'x86',
      stage: 2,
      family: 'x86.ept',
      input: gpa,
      cause: 'misconfiguration',
      access: 'read',
      onWalk: false,
      says: 'EPT misconfiguration',
      remarks: [],
      findings: [],
    },
    who,
  );

/** #NPF: EXITINFO1, and the guest physical address in EXITINFO2 [APM, "Nested versus Guest Page Faults"]. */
export function nestedFaultClaim(info1: bigint, gpa?: bigint): Claim {
  const { findings } = nestedFault.read(info1, {});
  const d = decode(nestedFaultFormat, info1);
  const cause: Cause =
    d.rmp || d.sizem || d.vmpl ? 'outside' : d.rsvd ? 'reserved-bit' : d.p ? 'permission' : 'not-present';
  return worded(
    {
      source: `EXITINFO1 = ${hex(info1)}${gpa === undefined ? '' : `, EXITINFO2 = ${hex(gpa)}`}`,
      architecture: 'x86',
      stage: 2,
      family: 'x86.npt',
      ...(gpa === undefined ? {} : { input: gpa }),
      cause,
      access: accessOf(d),
      onWalk: d.walk === 1,
      says: listed([
        'nested page fault',
        cause === 'not-present' && 'an entry is not present',
        d.rsvd === 1 && 'a reserved bit is set in an entry',
        cause === 'outside' && 'SEV-SNP denies it, and no page table',
        cause === 'permission' && 'the entries do not permit it',
        d.ss === 1 && 'a shadow-stack access',
      ]),
      bits: d,
      shadowStack: d.ss === 1,
      remarks: [
        ...(d.rsvd && !d.p ? ['RSV without P: emulators report it so (QEMU); processors set P too'] : []),
        ...(d.enc ? ['ENC = 1: the guest’s C-bit was set, which denies nothing by itself'] : []),
      ],
      findings,
    },
    who,
  );
}

/** A page-fault error code in one line, by the names of its bits. */
export function errorCodeText(code: bigint): string {
  const d = decode(pageFaultFormat, code);
  return [
    d.p ? 'protection' : 'not present',
    d.id ? 'instruction fetch' : d.wr ? 'write' : 'read',
    d.us ? 'user mode' : 'supervisor mode',
    ...(d.rsvd ? ['reserved bit set'] : []),
    ...(d.pk ? ['protection key'] : []),
    ...(d.ss ? ['shadow stack'] : []),
    ...(d.sgx ? ['SGX'] : []),
  ].join(', ');
}
