/**
 * The translation that control registers imply: paging mode, levels, index widths, the bits that change how entries are
 * read, and why a combination cannot be [SDM, "Paging Modes and Control Bits", "EPT Translation Mechanism"; APM, "Nested
 * Paging"].
 */
import { decode, type Finding } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { apm, sdm } from '../../refs.ts';
import type { Refusal } from '../../walk/setup.ts';
import { cr0, cr0Layout, cr4, cr4Layout, efer, eferLayout } from '../registers/control.ts';
import { type EptpSettings, eptpLayout, eptpSettings, named } from '../registers/roots.ts';
import { INDEX_BITS, leafShift, type Mode, topLevel } from '../values/address.ts';

const MODES_REF = sdm('section "Paging Modes and Control Bits"');

/** One level of tables, the leaf level first. */
export interface RegimeLevel {
  /** The manual's number: 1 page table … 5 PML5. */
  readonly level: number;
  /** log2 of the bytes that one entry spans. */
  readonly shift: number;
  readonly indexBits: number;
}

/** The geometry of a valid regime. */
export interface Start {
  /** Bits of the input address that are translated. */
  readonly inputBits: number;
  readonly entryBytes: 4 | 8;
  readonly levels: readonly RegimeLevel[];
}

const start = (mode: Mode): Start => ({
  entryBytes: mode === '32' ? 4 : 8,
  levels: INDEX_BITS[mode].map((indexBits, i) => ({
    level: i + 1,
    shift: leafShift(mode, i + 1),
    indexBits,
  })),
  inputBits: leafShift(mode, topLevel(mode)) + (INDEX_BITS[mode].at(-1) ?? 0),
});

// ------------------------------------------------------------------------------------- ordinary and nested paging

/** What CR4 and EFER say of entries and of CR3. */
export interface Stage1Controls {
  readonly mode: Mode;
  readonly pcide: Bit;
  readonly nxe: Bit;
  readonly pse: Bit;
  readonly cet: Bit;
  /** Why the processor would not take these register values, and what is odd about them. */
  readonly findings: readonly Finding[];
}
/** `paging-off`: linear addresses are physical. */
export type Stage1Reason = 'paging-off';
export type Stage1Regime = Stage1Controls & (({ readonly valid: true } & Start) | Refusal<Stage1Reason>);
export type NptRegime = Stage1Controls & { readonly valid: true } & Start;

export interface Stage1ControlRegisters {
  readonly cr0: Word;
  readonly cr4: Word;
  readonly efer: Word;
  readonly vendor?: 'intel' | 'amd';
}

/** The mode that CR0.PG, CR4.PAE, CR4.LA57 and EFER select [SDM, Table "Properties of Different Paging Modes"]. */
function controlsOf(registers: Stage1ControlRegisters): Stage1Controls & { readonly paging: boolean } {
  const { vendor = 'intel' } = registers;
  const c0 = decode(cr0Layout, registers.cr0);
  const c4 = decode(cr4Layout, registers.cr4);
  const e = decode(eferLayout({ vendor }), registers.efer);
  const findings: Finding[] = [];
  const say = (id: string, message: string, severity: Finding['severity'] = 'error') =>
    findings.push({ id, severity, bits: '', message, ref: MODES_REF });
  const long = c0.pg === 1 && e.lme === 1;
  if (long && !c4.pae) say('long-mode-without-pae', 'EFER.LME = 1 and CR0.PG = 1 with CR4.PAE = 0: #GP(0)');
  if (e.lma !== (long ? 1 : 0))
    say(
      'lma-mismatch',
      `EFER.LMA = ${e.lma}, but CR0.PG = ${c0.pg} and EFER.LME = ${e.lme}: not values of one moment`,
    );
  if (c4.pcide && !long) say('pcide-outside-long-mode', 'CR4.PCIDE = 1 outside IA-32e mode: #GP(0)');
  if (c4.la57 && c0.pg && !long)
    say('la57-outside-long-mode', 'CR4.LA57 = 1 has no effect outside IA-32e mode', 'note');
  if (c4.cet && !c0.wp) say('cet-without-wp', 'CR4.CET = 1 with CR0.WP = 0: #GP(0)');
  return {
    paging: c0.pg === 1,
    mode: long ? (c4.la57 ? '5l' : '4l') : c4.pae ? 'pae' : '32',
    pcide: c4.pcide,
    nxe: e.nxe,
    pse: c4.pse,
    cet: c4.cet,
    findings: [
      ...named('CR0', cr0.read(registers.cr0, {}).findings),
      ...named('CR4', cr4.read(registers.cr4, {}).findings),
      ...named('EFER', efer.read(registers.efer, { vendor }).findings),
      ...findings,
    ],
  };
}

/** The regime of CR0, CR4 and EFER. Answers any values; what is wrong with them stands in the findings. */
export function stage1Regime(registers: Stage1ControlRegisters): Stage1Regime {
  const { paging, ...controls } = controlsOf(registers);
  return paging
    ? { ...controls, ...start(controls.mode), valid: true }
    : { ...controls, valid: false, reason: 'paging-off', explain: 'CR0.PG = 0: paging is off' };
}

/** The regime of nested paging: the host's CR0, CR4 and EFER at VMRUN. */
export function nptRegime(host: Omit<Stage1ControlRegisters, 'vendor'>): NptRegime {
  const { paging, findings, ...controls } = controlsOf({ ...host, vendor: 'amd' });
  const off: Finding = {
    id: 'npt-without-paging',
    severity: 'error',
    bits: '',
    message: 'nested paging with CR0.PG = 0 in the host: VMEXIT_INVALID',
    ref: apm('section "Nested Paging"'),
  };
  return {
    ...controls,
    ...start(controls.mode),
    findings: paging ? findings : [...findings, off],
    valid: true,
  };
}

// ------------------------------------------------------------------------------------------------------------ EPT

/** What EPTP says of the entries below it. */
export interface Stage2Controls {
  /** Accessed and dirty flags; the supervisor shadow-stack control, where the processor has it. */
  readonly ad: Bit;
  readonly sss: Bit;
}
export type Stage2Regime = Stage2Controls & { readonly valid: true } & Start;

export interface Stage2ControlRegisters {
  readonly eptp: Word;
  /** What IA32_VMX_EPT_VPID_CAP and CPUID say of EPTP. */
  readonly capabilities?: Partial<EptpSettings>;
}

/** The regime of an EPTP. A walk of other lengths than 4 and 5 is no EPTP, as the findings of its root say. */
export function stage2Regime({ eptp, capabilities }: Stage2ControlRegisters): Stage2Regime {
  const { ad, sss = 0, walk } = decode(eptpLayout(settle(eptpSettings, capabilities)), eptp);
  return { ad, sss, ...start(walk === 4 ? '5l' : '4l'), valid: true };
}
