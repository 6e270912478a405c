/**
 * What the hardware says of a fault: the error code of #PF [SDM, Figure "Page-Fault Error Code"; APM, "Page-Fault
 * Exception"], the exit qualification of an EPT violation [SDM, Table "Exit Qualification for EPT Violations"], and EXITINFO1
 * of #NPF [APM, "Nested versus Guest Page Faults, Fault Ordering"].
 */
import type { Fact } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { flag, res0 } from '../../bits/spec.ts';
import { apm, sdm } from '../../refs.ts';

const says = (...facts: readonly (string | false | 0 | undefined)[]): Fact =>
  facts.filter(fact => typeof fact === 'string');

// -------------------------------------------------------------------------------------------------- page faults

/** The low bits that #PF and #NPF share. */
const pageFault = {
  id: flag(4, 'I/D', { values: ['no instruction fetch', 'instruction fetch'] }),
  rsvd: flag(3, 'RSVD', { values: ['', 'a reserved bit is set in an entry'] }),
  us: flag(2, 'U/S', { values: ['supervisor access', 'user access'] }),
  wr: flag(1, 'W/R', { values: ['read', 'write'] }),
  p: flag(0, 'P', { values: ['an entry is not present', 'the access is not permitted'] }),
};

export const pageFaultFormat = format(
  'x86.PF_ERROR_CODE',
  { title: 'page-fault error code', ref: sdm('Figure "Page-Fault Error Code"'), width: 32 },
  () => ({
    rmp: flag(31, 'RMP', { note: 'AMD SEV-SNP: the reverse map table denies it' }),
    res16: res0(30, 16),
    sgx: flag(15, 'SGX', { note: 'an access control of SGX denies it, no table does' }),
    res8: res0(14, 8),
    hlat: flag(7, 'HLAT', { note: 'during a walk with HLAT paging' }),
    ss: flag(6, 'SS', { note: 'a shadow-stack access' }),
    pk: flag(5, 'PK', { note: 'a protection key denies it' }),
    ...pageFault,
  }),
);

const accessOf = (d: { readonly wr: number; readonly id: number }): 'fetch' | 'write' | 'read' =>
  d.id ? 'fetch' : d.wr ? 'write' : 'read';

export const pageFaultCode = register(pageFaultFormat, {
  aliases: ['pf', 'pf-error-code', 'error_code'],
  facts: d => {
    return {
      access: accessOf(d),
      by: d.us ? 'user' : 'supervisor',
      because: says(
        !d.p && 'an entry is not present',
        d.rsvd && 'a reserved bit is set',
        d.pk && 'protection key',
        d.ss && 'shadow-stack access',
        d.sgx && 'SGX access control',
        d.rmp && 'reverse map table',
        d.p && !(d.rsvd || d.pk || d.sgx || d.rmp) && 'rights',
      ),
    };
  },
});

// ----------------------------------------------------------------------------------------------- EPT violations

export const eptViolationFormat = format(
  'x86.EPT_VIOLATION',
  {
    title: 'exit qualification of an EPT violation',
    ref: sdm('Table "Exit Qualification for EPT Violations"'),
  },
  () => ({
    res17: res0(63, 17),
    async: flag(16, 'asynchronous', { note: 'not because of an instruction: trace output and the like' }),
    verify: flag(15, 'guest-paging verification'),
    sss: flag(14, 'supervisor shadow stack', { note: 'bit 60 of the entry that maps the page' }),
    ss: flag(13, 'shadow-stack access'),
    nmi: flag(12, 'NMI unblocking due to IRET'),
    xd: flag(11, 'execute-disable', { note: 'advanced information: the guest’s own rights' }),
    rw: flag(10, 'read/write', { note: 'advanced information: the guest’s own rights' }),
    user: flag(9, 'user-mode linear address', { note: 'advanced information' }),
    translated: flag(8, 'access to the translation', {
      values: ['access to a paging-structure entry', 'access to the address itself'],
      note: 'where the linear address is valid',
    }),
    gla: flag(7, 'guest linear address valid'),
    xu: flag(6, 'executable, user mode', { note: 'with mode-based execute control' }),
    x: flag(5, 'executable'),
    w: flag(4, 'writable'),
    r: flag(3, 'readable'),
    fetch: flag(2, 'instruction fetch'),
    write: flag(1, 'data write'),
    read: flag(0, 'data read'),
  }),
);

export const eptViolation = register(eptViolationFormat, {
  aliases: ['ept-violation', 'exit-qualification'],
  facts: d => {
    const rights = `${d.r ? 'r' : '-'}${d.w ? 'w' : '-'}${d.x ? 'x' : '-'}`;
    return {
      access: says(d.read && 'read', d.write && 'write', d.fetch && 'fetch'),
      entries: rights === '---' ? 'not present' : rights,
      onWalk: d.gla === 1 && d.translated === 0,
      linearAddressValid: d.gla === 1,
    };
  },
});

// ------------------------------------------------------------------------------------------- nested page faults

export const nestedFaultFormat = format(
  'x86.NPF_EXITINFO1',
  {
    title: 'EXITINFO1 of a nested page fault',
    ref: apm('section "Nested versus Guest Page Faults, Fault Ordering"'),
  },
  () => ({
    res38: res0(63, 38),
    sss: flag(37, 'SSS', { note: 'a supervisor shadow-stack page' }),
    vmpl: flag(36, 'VMPL', { note: 'a VMPL permission check of SEV-SNP' }),
    sizem: flag(35, 'SIZEM', { note: 'page sizes of SEV-SNP do not match' }),
    enc: flag(34, 'ENC', { note: 'the guest’s effective C-bit' }),
    walk: flag(33, 'guest page table', { note: 'while the guest’s own tables were translated' }),
    final: flag(32, 'final address', { note: 'while the final guest physical address was translated' }),
    rmp: flag(31, 'RMP', { note: 'SEV-SNP: the reverse map table denies it' }),
    res7: res0(30, 7),
    ss: flag(6, 'SS', { note: 'a shadow-stack access' }),
    res5: res0(5),
    ...pageFault,
  }),
);

export const nestedFault = register(nestedFaultFormat, {
  aliases: ['npf', 'npf-exitinfo1'],
  facts: d => {
    return {
      access: accessOf(d),
      onWalk: d.walk === 1,
      because: says(
        !d.p && 'an entry is not present',
        d.rsvd && 'a reserved bit is set',
        d.rmp && 'reverse map table',
        d.p && !(d.rsvd || d.rmp) && 'rights',
      ),
    };
  },
});
