/**
 * Registers that hold the root of a tree: CR3 (and nCR3) in each paging mode [SDM, Tables "Use of CR3 with …"], and EPTP
 * [SDM, Table "Format of Extended-Page-Table Pointer"].
 */
import { decode, type Finding } from '../../bits/codec.ts';
import { type Format, format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { register } from '../../bits/register.ts';
import { choice, integer, type Settings, settle, toggle } from '../../bits/settings.ts';
import { addr, type Bit, bits, choose, flag, ignored, mbz, type ValueTable } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { sdm } from '../../refs.ts';
import { aboveAddress, addressBits, highBit, MODES } from '../values/address.ts';
import { type MemoryType, memoryType } from '../values/attributes.ts';
import { GP, refused } from './refused.ts';

// ---------------------------------------------------------------------------------------------------------- CR3

export const cr3Settings = {
  mode: choice(MODES, 'Paging mode: 32-bit, PAE, 4-level, 5-level', '4l'),
  maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52),
  pcide: toggle('CR4.PCIDE: [11:0] are the PCID, and there is no PWT and PCD', 0),
  lam: toggle('Linear-address masking is supported: LAM_U48 and LAM_U57', 1),
  operand: toggle('The word is the source operand of MOV CR3: with PCIDE bit 63 asks not to flush', 0),
  cBit: highBit('Encryption bit (AMD SEV, SME): CPUID 8000_001Fh EBX[5:0]'),
  sBit: highBit('Shared bit of a TDX guest: 47 or 51'),
} as const;
export type Cr3Settings = Settings<typeof cr3Settings>;

/** [63:61] of 4-level and 5-level paging */
const upper = {
  noFlush: { noFlush: flag(63, 'no flush', { note: 'source operand of MOV CR3 only: not stored' }) },
  res63: { res63: mbz(63, 63, GP) },
  lam: {
    lamU48: flag(62, 'LAM_U48', { note: 'masking of user pointers above bit 47' }),
    lamU57: flag(61, 'LAM_U57', { note: 'masking of user pointers above bit 56' }),
  },
  noLam: { res62: mbz(62, 61, GP) },
};
/** [11:0] */
const lower = {
  pcid: { pcid: bits(11, 0, 'PCID', { note: 'process-context identifier' }) },
  caching: {
    ign5: ignored(11, 5),
    pcd: flag(4, 'PCD', { note: 'PAT index of the root table, high bit' }),
    pwt: flag(3, 'PWT', { note: 'PAT index of the root table, low bit' }),
    ign0: ignored(2, 0),
  },
};

const cr3Rows = (s: Cr3Settings) => ({
  ...choose(s.pcide && s.operand, upper.noFlush, upper.res63),
  ...choose(s.lam, upper.lam, upper.noLam),
  ...aboveAddress(s, 60),
  root: addr('Address', [addressBits(s) - 1, 12]),
  ...choose(s.pcide, lower.pcid, lower.caching),
});

const cr332 = format(
  'x86.CR3',
  { title: 'CR3 with 32-bit paging', ref: sdm('Table "Use of CR3 with 32-Bit Paging"') },
  () => ({
    ign32: ignored(63, 32),
    root: addr('Address', [31, 12]),
    ...lower.caching,
  }),
);
const cr3Pae = format(
  'x86.CR3',
  { title: 'CR3 with PAE paging', ref: sdm('Table "Use of CR3 with PAE Paging"') },
  () => ({
    ign32: ignored(63, 32),
    root: addr('Address', [31, 5]),
    ign0: ignored(4, 0),
  }),
);
const cr3Ia32e = perSettings((s: Cr3Settings) =>
  format(
    'x86.CR3',
    {
      title: `CR3 with 4-level or 5-level paging, CR4.PCIDE = ${s.pcide}`,
      ref: sdm('Table "Use of CR3 with 4-Level Paging and 5-Level Paging"'),
    },
    cr3Rows(s),
  ),
);

/** Linear-address masking of user pointers, in the modes that have it. */
export const lamOf = (word: Word): { readonly lamU48: Bit; readonly lamU57: Bit } => {
  const { lamU48, lamU57 } = decode(cr3Ia32e(settle(cr3Settings)), word);
  return { lamU48: lamU48 ?? 0, lamU57: lamU57 ?? 0 };
};

export type Cr3Facts = {
  /** MOV CR3 accepts the value. */
  readonly valid: boolean;
  /** Address of the root table in bytes. */
  readonly root: bigint;
  readonly pcid?: number;
  /** The PAT entry for accesses to the root table: 2*PCD + PWT, 0 with PCIDE; PAE paging has none here. */
  readonly patIndex?: number;
};

export const cr3 = register(
  (s: Cr3Settings): Format => (s.mode === '32' ? cr332 : s.mode === 'pae' ? cr3Pae : cr3Ia32e(s)),
  {
    id: 'x86.CR3',
    title: 'CR3: root of the paging structures',
    ref: sdm('section "Process-Context Identifiers" and Tables "Use of CR3 with …"'),
    aliases: ['cr3', 'ncr3', 'hlatp'],
    settings: cr3Settings,
    facts(_d, s, word, findings): Cr3Facts {
      if (s.mode === 'pae') return { valid: true, root: decode(cr3Pae, word).root };
      const d: { root: bigint; pcd?: number; pwt?: number; pcid?: number } =
        s.mode === '32' ? decode(cr332, word) : decode(cr3Ia32e(s), word);
      return {
        valid: !refused(findings),
        root: d.root,
        ...(d.pcid === undefined ? {} : { pcid: d.pcid }),
        patIndex: 2 * (d.pcd ?? 0) + (d.pwt ?? 0),
      };
    },
    layouts: [
      {},
      { mode: '32' },
      { mode: 'pae' },
      { pcide: 1 },
      { pcide: 1, operand: 1 },
      { lam: 0, maxphyaddr: 46 },
    ],
  },
);

// --------------------------------------------------------------------------------------------------------- EPTP

export const eptpSettings = {
  maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52),
  uc: toggle('Paging structures can be UC: IA32_VMX_EPT_VPID_CAP[8]', 1),
  wb: toggle('Paging structures can be WB: IA32_VMX_EPT_VPID_CAP[14]', 1),
  pwl4: toggle('4-level walks: IA32_VMX_EPT_VPID_CAP[6]', 1),
  pwl5: toggle('5-level walks: IA32_VMX_EPT_VPID_CAP[7]', 1),
  ad: toggle('Accessed and dirty flags: IA32_VMX_EPT_VPID_CAP[21]', 1),
  sss: toggle('Supervisor shadow-stack control: IA32_VMX_EPT_VPID_CAP[23]', 0),
} as const;
export type EptpSettings = Settings<typeof eptpSettings>;

const WALK: ValueTable = Array.from({ length: 8 }, (_, i) => `${i + 1} levels`);
const TYPE: ValueTable = Array.from({ length: 8 }, (_, i) => memoryType(i) ?? `code ${i}`);
const VMENTRY = { id: 'reserved-set', text: 'reserved (must be 0): VM entry fails' };

export const eptpLayout = perSettings((s: EptpSettings) =>
  format(
    'x86.EPTP',
    { title: 'extended-page-table pointer', ref: EPTP_REF },
    {
      ...aboveAddress({ maxphyaddr: s.maxphyaddr, cBit: 0, sBit: 0 }, 63),
      root: addr('Address', [Math.min(s.maxphyaddr, 52) - 1, 12]),
      res8: mbz(11, 8, VMENTRY),
      ...choose(
        s.sss,
        { sss: flag(7, 'SSS', { note: 'supervisor shadow-stack control' }) },
        { res7: mbz(7, 7, VMENTRY) },
      ),
      ad: flag(6, 'AD', { note: 'accessed and dirty flags' }),
      walk: bits(5, 3, 'Walk length', { values: WALK }),
      memType: bits(2, 0, 'Memory type', { values: TYPE }),
    },
  ),
);
const EPTP_REF = sdm('Table "Format of Extended-Page-Table Pointer"');

export type EptpError = 'memtype' | 'walk-length' | 'ad' | 'reserved';
export type EptpFacts = {
  /** VM entry accepts the value. */
  readonly valid: boolean;
  /** Why not, sorted. */
  readonly errors: readonly EptpError[];
  /** Address of the root table in bytes. */
  readonly root: bigint;
  readonly levels: number;
  /** The type of accesses to the paging structures. */
  readonly memory: MemoryType | 'reserved';
};

/** What the ids of the findings begin with that only several fields together give. */
const EPTP = 'eptp-';

/** The rules of a VM entry [SDM, "VM-Execution Control Fields", EPTP]. */
function eptpFindings(word: Word, s: EptpSettings): Finding[] {
  const { memType, walk, ad } = decode(eptpLayout(s), word);
  const findings: Finding[] = [];
  const say = (id: string, bits: string, message: string) =>
    findings.push({ id, severity: 'error', bits, message: `${message}: VM entry fails`, ref: EPTP_REF });
  const type = memoryType(memType);
  if (!((type === 'UC' && s.uc) || (type === 'WB' && s.wb)))
    say('eptp-memtype', '2:0', `memory type ${type ?? memType} of paging structures is not supported`);
  if (!((walk === 3 && s.pwl4) || (walk === 4 && s.pwl5)))
    say('eptp-walk-length', '5:3', `a walk of ${walk + 1} levels is not supported`);
  if (ad && !s.ad) say('eptp-ad', '6', 'accessed and dirty flags are not supported');
  return findings;
}

export const eptp = register(eptpLayout, {
  id: 'x86.EPTP',
  title: 'EPTP: extended-page-table pointer',
  ref: EPTP_REF,
  aliases: ['eptp'],
  settings: eptpSettings,
  findings: (_d, s, word) => eptpFindings(word, s),
  facts(d, _s, _word, findings): EptpFacts {
    const named = findings.flatMap(({ id }) => (id.startsWith(EPTP) ? [id.slice(EPTP.length)] : []));
    const reserved = refused(findings.filter(({ id }) => !id.startsWith(EPTP)));
    const errors = [...named, ...(reserved ? ['reserved'] : [])].sort() as EptpError[];
    return {
      valid: errors.length === 0,
      errors,
      root: d.root,
      levels: d.walk + 1,
      memory: memoryType(d.memType) ?? 'reserved',
    };
  },
  layouts: [{}, { sss: 1 }, { maxphyaddr: 46 }],
});

// -------------------------------------------------------------------------------------------------- where walks begin

/** Where a walk begins, taken out of its register. */
export interface RootTable {
  /** Address of the first table, bytes. */
  readonly base: bigint;
  /** PCID, with CR4.PCIDE. */
  readonly id?: number;
  /** The PAT entry for accesses to the first table; absent in PAE paging, where CR3 has no PCD and PWT, and under EPT. */
  readonly patIndex?: number;
  readonly findings: readonly Finding[];
}

/** Findings of a register, with its name in front. */
export const named = (name: string, findings: readonly Finding[]): readonly Finding[] =>
  findings.map(finding => ({ ...finding, message: `${name}: ${finding.message}` }));

function root(name: string, word: Word, form: Partial<Cr3Settings>): RootTable {
  const { facts, findings } = cr3.read(word, settle(cr3Settings, form));
  const { root: base, pcid, patIndex } = facts;
  return {
    base,
    ...(pcid === undefined ? {} : { id: pcid }),
    ...(patIndex === undefined ? {} : { patIndex }),
    findings: named(name, findings),
  };
}

/** The first table of ordinary paging. */
export const stage1Root = (word: Word, form: Partial<Cr3Settings>): RootTable => root('CR3', word, form);

/** The first table of nested paging. nCR3 has no PCID and no bits of linear-address masking. */
export const nptRoot = (word: Word, form: Partial<Omit<Cr3Settings, 'pcide' | 'lam'>>): RootTable =>
  root('nCR3', word, { ...form, lam: 0 });

/** The first table of EPT. */
export function stage2Root(word: Word, capabilities: Partial<EptpSettings> = {}): RootTable {
  const { facts, findings } = eptp.read(word, settle(eptpSettings, capabilities));
  return { base: facts.root, findings: named('EPTP', findings) };
}
