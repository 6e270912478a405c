/** Control registers that decide how memory is translated and cached: CR0, CR4, IA32_EFER. */
import type { Finding } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { register } from '../../bits/register.ts';
import { choice, type Settings } from '../../bits/settings.ts';
import { choose, flag, mbz, res0 } from '../../bits/spec.ts';
import { apm, sdm } from '../../refs.ts';
import { GP, refused } from './refused.ts';

const CONTROL = sdm('section "Control Registers"');

// ---------------------------------------------------------------------------------------------------------- CR0

export const cr0Layout = format('x86.CR0', { title: 'CR0', ref: CONTROL }, () => ({
  res32: mbz(63, 32, GP),
  ...{
    pg: flag(31, 'PG', { note: 'paging' }),
    cd: flag(30, 'CD', { note: 'caching is off (no fill)' }),
    nw: flag(29, 'NW', { note: 'not write-through: with CD, no coherency' }),
  },
  res19: res0(28, 19, { name: 'Reserved[28:19]' }),
  am: flag(18, 'AM', { note: 'alignment checks, where EFLAGS.AC asks for them' }),
  res17: res0(17, 17, { name: 'Reserved[17]' }),
  wp: flag(16, 'WP', { note: 'supervisor writes obey R/W' }),
  res6: res0(15, 6, { name: 'Reserved[15:6]' }),
  ...{
    ne: flag(5, 'NE', { note: 'x87 errors raise #MF' }),
    et: flag(4, 'ET', { note: 'x87 is there: always 1' }),
    ts: flag(3, 'TS', { note: 'task switched: x87 and SSE raise #NM' }),
    em: flag(2, 'EM', { note: 'x87 instructions raise #NM' }),
    mp: flag(1, 'MP', { note: 'WAIT obeys TS' }),
  },
  pe: flag(0, 'PE', { note: 'protected mode' }),
}));

/**
 * CD and NW together [SDM, Table "Cache Operating Modes"]. `no-fill`: hits are served, misses do not allocate, memory
 * is really uncached only after WBINVD. `no-fill-incoherent`: the state after reset.
 */
export type CacheMode = 'normal' | 'no-fill' | 'no-fill-incoherent' | 'illegal';
export const cacheMode = (cd: number, nw: number): CacheMode =>
  cd ? (nw ? 'no-fill-incoherent' : 'no-fill') : nw ? 'illegal' : 'normal';

export type Cr0Facts = {
  /** MOV CR0 accepts the value. */
  readonly valid: boolean;
  readonly paging: boolean;
  readonly cache: CacheMode;
};

export const cr0 = register(cr0Layout, {
  id: 'x86.CR0',
  title: 'CR0: paging, write protection, caching',
  ref: CONTROL,
  aliases: ['cr0'],
  findings(d) {
    const findings: Finding[] = [];
    const say = (id: string, bits: string, message: string) =>
      findings.push({ id, severity: 'error', bits, message: `${message}: #GP(0)`, ref: CONTROL });
    if (d.nw && !d.cd) say('nw-without-cd', '30:29', 'NW = 1 with CD = 0');
    if (d.pg && !d.pe) say('paging-without-protection', '31,0', 'PG = 1 with PE = 0');
    return findings;
  },
  facts: (d, _s, _word, findings): Cr0Facts => ({
    valid: !refused(findings),
    paging: d.pg === 1,
    cache: cacheMode(d.cd, d.nw),
  }),
});

// ---------------------------------------------------------------------------------------------------------- CR4

export const cr4Layout = format('x86.CR4', { title: 'CR4', ref: CONTROL }, () => ({
  res33: mbz(63, 33, GP),
  fred: flag(32, 'FRED', { note: 'flexible return and event delivery' }),
  res29: mbz(31, 29, GP),
  ...{
    lamSup: flag(28, 'LAM_SUP', { note: 'linear-address masking for supervisor pointers' }),
    lass: flag(27, 'LASS', { note: 'user and supervisor halves of the address space are separate' }),
    res26: mbz(26, 26, GP),
    uintr: flag(25, 'UINTR', { note: 'user interrupts' }),
  },
  ...{
    pks: flag(24, 'PKS', { note: 'protection keys for supervisor pages' }),
    cet: flag(23, 'CET', { note: 'shadow stacks and indirect branch tracking' }),
    pke: flag(22, 'PKE', { note: 'protection keys for user pages' }),
    smap: flag(21, 'SMAP', { note: 'supervisor data accesses to user pages fault' }),
  },
  ...{
    smep: flag(20, 'SMEP', { note: 'supervisor fetches from user pages fault' }),
    kl: flag(19, 'KL', { note: 'key locker' }),
    osxsave: flag(18, 'OSXSAVE', { note: 'XSAVE and extended states' }),
    pcide: flag(17, 'PCIDE', { note: 'process-context identifiers in CR3' }),
  },
  ...{
    fsgsbase: flag(16, 'FSGSBASE', { note: 'user code may set the FS and GS base' }),
    res15: mbz(15, 15, GP),
    smxe: flag(14, 'SMXE', { note: 'safer mode extensions' }),
    vmxe: flag(13, 'VMXE', { note: 'VMX' }),
  },
  ...{
    la57: flag(12, 'LA57', { note: '5-level paging' }),
    umip: flag(11, 'UMIP', { note: 'user code may not read descriptor tables' }),
    osxmmexcpt: flag(10, 'OSXMMEXCPT', { note: 'SIMD floating-point errors raise #XM' }),
    osfxsr: flag(9, 'OSFXSR', { note: 'SSE' }),
  },
  ...{
    pce: flag(8, 'PCE', { note: 'user code may read performance counters' }),
    pge: flag(7, 'PGE', { note: 'global pages' }),
    mce: flag(6, 'MCE', { note: 'machine checks' }),
    pae: flag(5, 'PAE', { note: '64-bit paging entries' }),
    pse: flag(4, 'PSE', { note: '4-MByte pages in 32-bit paging' }),
  },
  ...{
    de: flag(3, 'DE', { note: 'I/O breakpoints' }),
    tsd: flag(2, 'TSD', { note: 'RDTSC is for the supervisor only' }),
    pvi: flag(1, 'PVI', { note: 'virtual interrupts in protected mode' }),
    vme: flag(0, 'VME', { note: 'virtual interrupts in virtual-8086 mode' }),
  },
}));

export type Cr4Facts = {
  /** MOV CR4 accepts the value, as far as it alone decides. */
  readonly valid: boolean;
};

export const cr4 = register(cr4Layout, {
  id: 'x86.CR4',
  title: 'CR4: paging extensions',
  ref: CONTROL,
  aliases: ['cr4'],
  facts: (_d, _s, _word, findings): Cr4Facts => ({ valid: !refused(findings) }),
});

// --------------------------------------------------------------------------------------------------------- EFER

export const eferSettings = { vendor: choice(['intel', 'amd'], 'Which bits exist', 'intel') } as const;
const vendors = {
  intel: { res12: mbz(63, 12, GP) },
  amd: {
    res22: mbz(63, 22, GP),
    ...{
      aibrse: flag(21, 'AIBRSE', { note: 'automatic IBRS' }),
      uaie: flag(20, 'UAIE', { note: 'upper address bits are ignored' }),
      res19: mbz(19, 19, GP),
      intwb: flag(18, 'INTWB', { note: 'WBINVD can be interrupted' }),
    },
    ...{
      mcommit: flag(17, 'MCOMMIT', { note: 'MCOMMIT instruction' }),
      res16: mbz(16, 16, GP),
      tce: flag(15, 'TCE', { note: 'TLB invalidation may keep upper levels' }),
      ffxsr: flag(14, 'FFXSR', { note: 'FXSAVE skips the XMM registers in 64-bit supervisor code' }),
    },
    ...{
      lmsle: flag(13, 'LMSLE', { note: 'segment limits in 64-bit mode' }),
      svme: flag(12, 'SVME', { note: 'SVM' }),
    },
  },
};

/** IA32_EFER; AMD has more bits of its own. */
export const eferLayout = perSettings((s: Settings<typeof eferSettings>) =>
  format(
    'x86.EFER',
    {
      title: 'IA32_EFER',
      ref:
        s.vendor === 'amd'
          ? apm('section "Extended Feature Enable Register (EFER)"')
          : sdm('Table "IA32_EFER MSR"'),
    },
    {
      ...choose(s.vendor === 'amd', vendors.amd, vendors.intel),
      ...{
        nxe: flag(11, 'NXE', { note: 'bit 63 of entries is execute-disable' }),
        lma: flag(10, 'LMA', { note: 'long mode is active' }),
        res9: mbz(9, 9, GP),
        lme: flag(8, 'LME', { note: 'long mode is enabled' }),
      },
      ...{
        res1: mbz(7, 1, GP, s.vendor === 'amd' ? { severity: 'warning', note: 'AMD: reads as zero' } : {}),
        sce: flag(0, 'SCE', { note: 'SYSCALL' }),
      },
    },
  ),
);

export type EferFacts = {
  /** WRMSR accepts the value, as far as it alone decides. */
  readonly valid: boolean;
};

export const efer = register(eferLayout, {
  id: 'x86.EFER',
  title: 'IA32_EFER: long mode and no-execute (MSR C000_0080H)',
  ref: sdm('Table "IA32_EFER MSR"'),
  aliases: ['efer', 'ia32_efer', 'msrc0000080'],
  settings: eferSettings,
  facts: (_d, _s, _word, findings): EferFacts => ({ valid: !refused(findings) }),
  layouts: [{}, { vendor: 'amd' }],
});
