/**
 * The translation that control registers imply: paging mode, levels, index widths, root, the settings under which its
 * entries are read, and why a combination cannot be [SDM, "Paging Modes and Control Bits", "EPT Translation Mechanism";
 * APM, "Nested Paging"].
 */
import { decode, type Finding } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import type { Ref } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { apm, sdm } from '../../refs.ts';
import { type NptSettings, nptSettings } from '../descriptors/npt.ts';
import { type Stage1Settings, stage1Settings } from '../descriptors/stage1.ts';
import { type Stage2Settings, stage2Settings } from '../descriptors/stage2.ts';
import { cr0, cr0Layout, cr4, cr4Layout, efer, eferLayout } from '../registers/control.ts';
import { cr3, cr3Settings, type EptpSettings, eptp, eptpSettings } from '../registers/roots.ts';
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

interface Common {
  /** Bits of the input address that are translated. */
  readonly inputBits: number;
  readonly entryBytes: 4 | 8;
  readonly levels: readonly RegimeLevel[];
  /** Address of the root table in bytes. */
  readonly root: bigint;
  /** Why the processor would not take these register values, and what is odd about them. */
  readonly findings: readonly Finding[];
}

/** Ordinary paging. `settings(level)` is how an entry of that level is read. */
export interface OrdinaryRegime extends Common {
  readonly kind: 'ordinary';
  readonly mode: Mode;
  /** The PAT entry for accesses to the root table; undefined in PAE paging, where CR3 has no PCD and PWT. */
  readonly rootPatIndex?: number;
  readonly pcid?: number;
  readonly settings: (level: number) => Stage1Settings;
}
/** CR0.PG = 0: linear addresses are physical. */
export interface NoPaging {
  readonly kind: 'off';
  readonly findings: readonly Finding[];
}
export interface EptRegime extends Common {
  readonly kind: 'ept';
  readonly settings: (level: number) => Stage2Settings;
}
export interface NptRegime extends Common {
  readonly kind: 'npt';
  readonly mode: Mode;
  readonly settings: (level: number) => NptSettings;
}

const levelsOf = (mode: Mode): readonly RegimeLevel[] =>
  INDEX_BITS[mode].map((indexBits, i) => ({ level: i + 1, shift: leafShift(mode, i + 1), indexBits }));
const perLevel = <S>(make: (level: number) => S, levels: number): ((level: number) => S) => {
  const made = Array.from({ length: levels }, (_, i) => make(i + 1)); // one object per level: layouts are kept by object
  return level => made[level - 1] ?? make(level);
};
const common = (mode: Mode) => ({
  entryBytes: mode === '32' ? (4 as const) : (8 as const),
  levels: levelsOf(mode),
  inputBits: leafShift(mode, topLevel(mode)) + (INDEX_BITS[mode].at(-1) ?? 0),
});

export interface ControlRegisters {
  readonly cr0: Word;
  readonly cr3: Word;
  readonly cr4: Word;
  readonly efer: Word;
}
/** What the registers do not say: the processor. */
export type Processor = Partial<
  Pick<Stage1Settings, 'maxphyaddr' | 'pse36' | 'gbpages' | 'vendor' | 'cBit' | 'sBit' | 'pat'>
>;

const errors = (ref: Ref) => {
  const findings: Finding[] = [];
  const say = (id: string, message: string, severity: Finding['severity'] = 'error') =>
    findings.push({ id, severity, bits: '', message, ref });
  return { findings, say };
};
/** Findings of a register, with its name in front. */
const from = (name: string, findings: readonly Finding[]): readonly Finding[] =>
  findings.map(finding => ({ ...finding, message: `${name}: ${finding.message}` }));

interface ModeBits {
  readonly paging: boolean;
  readonly mode: Mode;
  readonly pcide: 0 | 1;
  readonly nxe: 0 | 1;
  readonly pse: 0 | 1;
  readonly cet: 0 | 1;
  readonly findings: readonly Finding[];
}

/** The mode that CR0.PG, CR4.PAE, CR4.LA57 and EFER select [SDM, Table "Properties of Different Paging Modes"]. */
function modeOf(registers: Omit<ControlRegisters, 'cr3'>, vendor: 'intel' | 'amd'): ModeBits {
  const c0 = decode(cr0Layout, registers.cr0);
  const c4 = decode(cr4Layout, registers.cr4);
  const layout = eferLayout({ vendor });
  const e = decode(layout, registers.efer);
  const { findings, say } = errors(MODES_REF);
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
      ...from('CR0', cr0.read(registers.cr0, {}).findings),
      ...from('CR4', cr4.read(registers.cr4, {}).findings),
      ...from('EFER', efer.read(registers.efer, { vendor }).findings),
      ...findings,
    ],
  };
}

/** The regime of CR0, CR3, CR4 and EFER. Answers any values; what is wrong with them stands in the findings. */
export function ordinaryRegime(
  registers: ControlRegisters,
  processor: Processor = {},
): OrdinaryRegime | NoPaging {
  const base = settle(stage1Settings, processor);
  const { paging, mode, pcide, nxe, pse, cet, findings } = modeOf(registers, base.vendor);
  if (!paging) return { kind: 'off', findings };
  const { maxphyaddr, cBit, sBit } = base;
  const root = cr3.read(registers.cr3, settle(cr3Settings, { mode, pcide, maxphyaddr, cBit, sBit }));
  const { pcid, patIndex } = root.facts;
  return {
    kind: 'ordinary',
    mode,
    ...common(mode),
    root: root.facts.root,
    ...(patIndex === undefined ? {} : { rootPatIndex: patIndex }),
    ...(pcid === undefined ? {} : { pcid }),
    settings: perLevel(level => ({ ...base, mode, nxe, pse, cet, level }), topLevel(mode)),
    findings: [...findings, ...from('CR3', root.findings)],
  };
}

/** The regime of an EPTP. `entries` are the controls and capabilities that change how entries are read. */
export function eptRegime(
  pointer: Word,
  capabilities: Partial<EptpSettings> = {},
  entries: Partial<Omit<Stage2Settings, 'level' | 'ad' | 'sss' | 'maxphyaddr'>> = {},
): EptRegime {
  const s = settle(eptpSettings, capabilities);
  const { facts, findings } = eptp.read(pointer, s);
  const mode = facts.levels === 5 ? '5l' : '4l'; // other lengths are no EPTP: the findings say so
  const bits = {
    maxphyaddr: s.maxphyaddr,
    ad: (pointer >> 6n) & 1n ? (1 as const) : (0 as const),
    sss: s.sss && (pointer >> 7n) & 1n ? (1 as const) : (0 as const),
  };
  return {
    kind: 'ept',
    ...common(mode),
    root: facts.root,
    settings: perLevel(level => settle(stage2Settings, { ...entries, ...bits, level }), topLevel(mode)),
    findings: from('EPTP', findings),
  };
}

/** The regime of nCR3 under the host's CR0, CR4 and EFER at VMRUN. nCR3 has no PCID. */
export function nptRegime(
  host: Omit<ControlRegisters, 'cr3'> & { readonly ncr3: Word },
  processor: Omit<Processor, 'vendor' | 'sBit'> = {},
): NptRegime {
  const base = settle(nptSettings, processor);
  const { paging, mode, nxe, pse, findings } = modeOf(host, 'amd');
  const { maxphyaddr, cBit } = base;
  const root = cr3.read(host.ncr3, settle(cr3Settings, { mode, maxphyaddr, cBit, lam: 0 }));
  const off: Finding = {
    id: 'npt-without-paging',
    severity: 'error',
    bits: '',
    message: 'nested paging with CR0.PG = 0 in the host: VMEXIT_INVALID',
    ref: apm('section "Nested Paging"'),
  };
  return {
    kind: 'npt',
    mode,
    ...common(mode),
    root: root.facts.root,
    settings: perLevel(level => ({ ...base, mode, nxe, pse, level }), topLevel(mode)),
    findings: [...findings, ...(paging ? [] : [off]), ...from('nCR3', root.findings)],
  };
}
