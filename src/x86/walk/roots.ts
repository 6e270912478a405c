/**
 * The x86 translations that a set of registers gives: ordinary paging of CR3, EPT, NPT, and a guest's own paging under
 * either.
 */
import { decode, encode } from '../../bits/codec.ts';
import { once } from '../../bits/once.ts';
import type { Word } from '../../bits/word.ts';
import {
  type Candidate,
  type Candidates,
  evidence,
  type Refused,
  type RegisterValues,
} from '../../walk/candidate.ts';
import { assumedFixed, type Mtrrs, mtrrsOf } from '../memtype/mtrr.ts';
import { cr0Layout, cr4Layout, eferLayout } from '../registers/control.ts';
import { eptVpidCapLayout } from '../registers/features.ts';
import { physMaskLayout } from '../registers/mtrr.ts';
import { lamOf } from '../registers/roots.ts';
import { nptEffective, stage1Effective, stage2Effective } from './effective.ts';
import { nptSetup, type Processor, stage1Setup, stage2Setup } from './setup.ts';
import { nptTables, type Stage1Tables, stage1Tables, stage2Tables } from './tables.ts';

/** What 4-level paging needs, for registers that are not given [SDM, "Paging Modes and Control Bits"]. */
const fourLevel = once(() => ({
  cr0: encode(cr0Layout, { pg: 1, wp: 1, ne: 1, et: 1, pe: 1 }),
  cr4: encode(cr4Layout, { pae: 1 }),
  efer: encode(eferLayout({ vendor: 'intel' }), { nxe: 1, lma: 1, lme: 1 }),
}));

/** EFER.NXE alone: outside IA-32e mode, and bit 63 of PAE entries is execute-disable. */
const nxe = (): Word => encode(eferLayout({ vendor: 'intel' }), { nxe: 1 });

/** What the registers do not hold: the processor, and the VM-execution controls of EPT. */
export interface Machine extends Processor {
  /** Mode-based execute control for EPT. */
  readonly mbec?: 0 | 1;
  /** Nested paging, of the VMCB: guest mode execute trap, supervisor shadow stacks, read-only guest page tables. */
  readonly gmet?: 0 | 1;
  readonly sss?: 0 | 1;
  readonly rogpt?: 0 | 1;
  /** The dump says that the processor runs 32-bit code only: without EFER it is not in IA-32e mode. */
  readonly ia32?: boolean;
  /** Physical-address bits of the cache, on hosts where KVM works around L1TF. */
  readonly l1tfBits?: number;
}

/** Everything that the registers say beside the tables themselves. */
interface Cpu {
  readonly registers: RegisterValues;
  readonly machine: Machine;
  readonly processor: Processor;
  readonly vendor: 'intel' | 'amd';
  readonly maxphyaddr: number;
  readonly mtrrs: Mtrrs | undefined;
  /** CR0, CR4 and EFER, or what 4-level paging needs. */
  readonly modes: { readonly cr0: bigint; readonly cr4: bigint; readonly efer: bigint };
  /** What had to be assumed: of the width of addresses, of memory types, of the mode. */
  readonly assumed: Readonly<Record<'width' | 'types' | 'mode', readonly string[]>>;
  /** Of `assumed.types`: that the PAT is not given. */
  readonly unnamed?: string;
}

/** Every translation whose root is there. The registers of a guest are named `GUESTCR3`, `GUESTCR4`, `GUESTEFER`, `GUESTPAT`. */
export function candidates(registers: RegisterValues, machine: Machine = {}): Candidates {
  const cpu = cpuOf(registers, machine);
  const found: Candidate[] = [];
  const refused: Refused[] = [];
  const take = (made: Candidate | Refused | undefined): void => {
    if (made === undefined) return;
    if ('regime' in made) found.push(made);
    else refused.push(made);
  };
  take(stage2Candidate(cpu));
  take(nptCandidate(cpu));
  const [second] = found;
  take(stage1Candidate(cpu));
  take(second && guestCandidate(cpu, second.name));
  return { found, refused };
}

function cpuOf(registers: RegisterValues, machine: Machine): Cpu {
  const { mbec: _mbec, l1tfBits: _l1tfBits, gmet: _g, sss: _s, rogpt: _r, ia32 = false, ...given } = machine;
  const width = physicalWidth(registers, given.maxphyaddr);
  const vendor = given.vendor ?? (registers.has('NCR3') || registers.has('SYSCFG') ? 'amd' : 'intel');
  const mtrrs = mtrrsOf(registers, vendor, width.bits);
  const cr4 = registers.get('CR4') ?? fourLevel().cr4;
  // IA-32e mode needs CR4.PAE; a core that QEMU marks as 32-bit has no processor in it
  const legacy = ia32 || !decode(cr4Layout, cr4).pae;
  const missing = ['CR0', 'CR4', 'EFER'].filter(name => !registers.has(name));
  const mode = legacy ? '32-bit or PAE paging with NXE' : '4-level paging with NXE';
  const unnamed = registers.has('PAT') ? undefined : 'IA32_PAT is not given: memory types stay indices';
  return {
    registers,
    machine,
    processor: { ...given, vendor, maxphyaddr: width.bits },
    vendor,
    maxphyaddr: width.bits,
    mtrrs,
    modes: {
      cr0: registers.get('CR0') ?? fourLevel().cr0,
      cr4,
      efer: registers.get('EFER') ?? (legacy ? nxe() : fourLevel().efer),
    },
    assumed: {
      width: width.assumed,
      types: [
        ...(unnamed === undefined ? [] : [unnamed]),
        ...(mtrrs
          ? [assumedFixed(mtrrs)].flatMap(text => text ?? [])
          : ['MTRR_DEF_TYPE is not given: memory types are those of the PAT alone']),
      ],
      mode: missing.length > 0 ? [`${missing.join(', ')} not given: ${mode}`] : [],
    },
    ...(unnamed === undefined ? {} : { unnamed }),
  };
}

/** The processor, and the types of its PAT where that is given. */
const withPat = (processor: Processor, pat: bigint | undefined): Processor =>
  pat === undefined ? processor : { ...processor, pat };

function stage2Candidate({ registers, machine, maxphyaddr, assumed }: Cpu): Candidate | undefined {
  const { mbec, l1tfBits } = machine;
  const eptp = registers.get('EPTP');
  if (eptp === undefined || eptp === 0n) return undefined;
  const word = registers.get('IA32_VMX_EPT_VPID_CAP') ?? registers.get('MSR_0X48C');
  const capabilities = word === undefined ? undefined : decode(eptVpidCapLayout, word);
  const { execOnly, p2m, p1g } = capabilities ?? { execOnly: 1, p2m: 1, p1g: 1 };
  const setup = stage2Setup({
    eptp,
    capabilities: { maxphyaddr, ...(capabilities ? { sss: capabilities.sss } : {}) },
    entries: {
      execOnly,
      p2m,
      p1g,
      ...(mbec === undefined ? {} : { mbec }),
      ...(l1tfBits === undefined ? {} : { l1tfBits }),
    },
  });
  if (!setup.valid) return undefined;
  const { regime, root, settings } = setup;
  return {
    name: 'ept',
    regime: stage2Tables({ settings, walkLength: regime.levels.length, base: root.base }),
    active: true,
    from: evidence(registers, ['EPTP', 'IA32_VMX_EPT_VPID_CAP']),
    assumed: [
      ...assumed.width,
      ...(capabilities ? [] : ['IA32_VMX_EPT_VPID_CAP is not given: execute-only and 1G pages are possible']),
      ...(mbec === undefined ? ['mode-based execute control is off'] : []),
    ],
    findings: root.findings,
  };
}

function nptCandidate({
  registers,
  machine,
  processor,
  modes,
  assumed,
  unnamed,
}: Cpu): Candidate | undefined {
  const ncr3 = registers.get('NCR3');
  if (ncr3 === undefined) return undefined;
  const { vendor: _vendor, sBit: _sBit, ...nested } = withPat(processor, registers.get('PAT'));
  const { gmet, sss, rogpt } = machine;
  const controls = { ...(gmet === undefined ? {} : { gmet }), ...(sss === undefined ? {} : { sss }) };
  const setup = nptSetup({ ...modes, ncr3, processor: nested, controls });
  if (!setup.valid) return undefined;
  const { regime, root, settings } = setup;
  return {
    name: 'npt',
    regime: nptTables({ settings, base: root.base, ...(rogpt ? { readOnlyTables: true } : {}) }),
    active: true,
    from: evidence(registers, ['NCR3', 'CR0', 'CR4', 'EFER', 'PAT']),
    assumed: [...assumed.width, ...assumed.types, ...assumed.mode, ...nestedControls(machine)],
    ...(unnamed === undefined ? {} : { unnamed }),
    findings: [...regime.findings, ...root.findings],
  };
}

/** What of the VMCB's nested control is not given. */
function nestedControls({ gmet, sss, rogpt }: Machine): readonly string[] {
  const off = [
    ...(gmet === undefined ? ['guest mode execute trap (gmet)'] : []),
    ...(sss === undefined ? ['supervisor shadow stacks (sss)'] : []),
    ...(rogpt === undefined ? ['read-only guest page tables (rogpt)'] : []),
  ];
  return off.length === 0 ? [] : [`of the VMCB: ${off.join(', ')} off`];
}

/** Linear-address masking as CR3 and CR4 select it; nothing where neither does. LAM_U57 has precedence [SDM, CR3]. */
function maskingOf(cr3: bigint, cr4 = 0n): Partial<Pick<Stage1Tables, 'masking'>> {
  const { lamU48, lamU57 } = lamOf(cr3);
  const { lamSup } = decode(cr4Layout, cr4);
  if (!lamU48 && !lamU57 && !lamSup) return {};
  return { masking: { user: lamU57 ? 57 : lamU48 ? 48 : undefined, supervisor: lamSup } };
}

function stage1Candidate(cpu: Cpu): Candidate | Refused | undefined {
  const { registers, processor, vendor, mtrrs, modes, assumed, unnamed } = cpu;
  const cr3 = registers.get('CR3');
  if (cr3 === undefined) return undefined;
  const pat = registers.get('PAT');
  const setup = stage1Setup({ ...modes, cr3, processor: withPat(processor, pat) });
  if (!setup.valid) return { name: 'paging', reason: setup.explain };
  const { regime, root, settings } = setup;
  return {
    name: 'paging',
    regime: stage1Tables({
      settings,
      base: root.base,
      ...maskingOf(cr3, registers.get('CR4')),
      wp: decode(cr0Layout, modes.cr0).wp,
    }),
    ...(mtrrs && pat !== undefined ? { rules: stage1Effective({ vendor, pat, cr0: modes.cr0, mtrrs }) } : {}),
    active: true,
    from: evidence(registers, ['CR3', 'CR0', 'CR4', 'EFER', 'PAT']),
    assumed: [...assumed.width, ...assumed.types, ...assumed.mode],
    ...(unnamed === undefined ? {} : { unnamed }),
    findings: [...regime.findings, ...root.findings],
  };
}

/** A guest's own paging; its tables and its output go through EPT or NPT. */
function guestCandidate({ registers, processor, mtrrs }: Cpu, through: string): Candidate | undefined {
  const cr3 = registers.get('GUESTCR3');
  if (cr3 === undefined) return undefined;
  const names = ['GUESTCR0', 'GUESTCR4', 'GUESTEFER'] as const;
  const missing = names.filter(name => !registers.has(name));
  const pat = registers.get('GUESTPAT') ?? registers.get('GPAT');
  const cr4 = registers.get('GUESTCR4') ?? fourLevel().cr4;
  const guestCr0 = registers.get('GUESTCR0') ?? fourLevel().cr0;
  const setup = stage1Setup({
    cr3,
    cr0: guestCr0,
    cr4,
    efer: registers.get('GUESTEFER') ?? (decode(cr4Layout, cr4).pae ? fourLevel().efer : nxe()),
    processor: withPat(processor, pat),
  });
  if (!setup.valid) return undefined;
  const { regime, root, settings } = setup;
  const cr0 = registers.get('GUESTCR0') ?? registers.get('HARDWARECR0') ?? fourLevel().cr0;
  const hostPat = registers.get('PAT');
  const hostCr0 = registers.get('CR0') ?? fourLevel().cr0;
  const rules =
    pat === undefined
      ? undefined
      : through === 'ept'
        ? stage2Effective({ pat, cr0 })
        : mtrrs && hostPat !== undefined
          ? nptEffective({ pat, cr0, hostPat, hostCr0, mtrrs })
          : undefined;
  return {
    name: 'guest',
    regime: {
      ...stage1Tables({
        settings,
        base: root.base,
        ...maskingOf(cr3, registers.get('GUESTCR4')),
        wp: decode(cr0Layout, guestCr0).wp,
      }),
      output: 'gpa',
    },
    ...(rules ? { rules } : {}),
    active: true,
    from: evidence(registers, ['GUESTCR3', ...names, 'GUESTPAT']),
    assumed: missing.length > 0 ? [`${missing.join(', ')} not given: 4-level paging`] : [],
    findings: [...regime.findings, ...root.findings],
    through,
  };
}

/**
 * MAXPHYADDR: as given, or as wide as the mask of a valid variable MTRR, which firmware fills up to it. Without either
 * 52, and entries with high reserved bits (KVM's MMIO entries among them) cannot be told from mappings.
 */
function physicalWidth(
  registers: RegisterValues,
  given: number | undefined,
): { readonly bits: number; readonly assumed: readonly string[] } {
  if (given !== undefined) return { bits: given, assumed: [] };
  const layout = physMaskLayout({ maxphyaddr: 52 });
  for (const [name, value] of registers) {
    if (!name.startsWith('MTRR_PHYSMASK') || !decode(layout, value).v) continue;
    const bits = value.toString(2).length;
    if (bits >= 32 && bits <= 52) return { bits, assumed: [`MAXPHYADDR ${bits}, from ${name}`] };
  }
  return { bits: 52, assumed: ['MAXPHYADDR is not given: 52, so no address bit is reserved'] };
}

/** A guest's control registers are named `GUESTCR3`… beside EPTP or nCR3. */
export const nested = (second: RegisterValues, guest: RegisterValues): RegisterValues =>
  new Map([...second, ...[...guest].map(([name, value]) => [`GUEST${name}`, value] as const)]);
