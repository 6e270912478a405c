/**
 * The x86 translations that a set of registers gives: ordinary paging of CR3, EPT, NPT, and a guest's own paging under
 * either.
 */
import {
  type Candidate,
  type Candidates,
  evidence,
  type Refused,
  type RegisterValues,
} from '../../walk/candidate.ts';
import type { Mtrrs } from '../memtype/mtrr.ts';
import { eptEffective, mtrrsOf, nptEffective, ordinaryEffective } from './effective.ts';
import { eptRegime, nptRegime, ordinaryRegime, type Processor } from './regime.ts';
import { nptTables, stage1Tables, stage2Tables } from './tables.ts';

/** Bits that 4-level paging needs, for registers that are not given [SDM, "Paging Modes and Control Bits"]. */
const FOUR_LEVEL = { cr0: 0x8001_0031n, cr4: 0x20n, efer: 0xd00n } as const;

/** EFER.NXE alone: outside IA-32e mode, and bit 63 of PAE entries is execute-disable. */
const NXE = 0x800n;

/** What the registers do not hold: the processor, and the VM-execution controls of EPT. */
export interface Machine extends Processor {
  /** Mode-based execute control for EPT. */
  readonly mbec?: 0 | 1;
  /** The dump says that the processor runs 32-bit code only: without EFER it is not in IA-32e mode. */
  readonly ia32?: boolean;
  /** Physical-address bits of the cache, on hosts where KVM works around L1TF. */
  readonly l1tfBits?: number;
}

/** Every translation whose root is there. The registers of a guest are named `GUESTCR3`, `GUESTCR4`, `GUESTEFER`, `GUESTPAT`. */
export function x86Candidates(registers: RegisterValues, machine: Machine = {}): Candidates {
  const found: Candidate[] = [];
  const refused: Refused[] = [];
  const { mbec, l1tfBits, ia32 = false, ...given } = machine;
  const width = physicalWidth(registers, given.maxphyaddr);
  const vendor = given.vendor ?? (registers.has('NCR3') || registers.has('SYSCFG') ? 'amd' : 'intel');
  const processor: Processor = { ...given, vendor, maxphyaddr: width.bits };
  const pat = registers.get('PAT');
  const host: Processor = pat === undefined ? processor : { ...processor, pat };
  const assumed = [
    ...width.assumed,
    ...(pat === undefined ? ['IA32_PAT is not given: memory types stay indices'] : []),
  ];

  const set = mtrrsOf(registers, vendor, width.bits);
  if (set === undefined) assumed.push('MTRR_DEF_TYPE is not given: memory types are those of the PAT alone');

  const eptp = registers.get('EPTP');
  if (eptp !== undefined && eptp !== 0n) {
    const capabilities = registers.get('IA32_VMX_EPT_VPID_CAP') ?? registers.get('MSR_0X48C');
    const bit = (position: bigint): 0 | 1 =>
      capabilities === undefined || (capabilities >> position) & 1n ? 1 : 0;
    const plan = eptRegime(
      eptp,
      { maxphyaddr: width.bits, ...(capabilities === undefined ? {} : { sss: bit(23n) }) },
      {
        execOnly: bit(0n),
        p2m: bit(16n),
        p1g: bit(17n),
        ...(mbec === undefined ? {} : { mbec }),
        ...(l1tfBits === undefined ? {} : { l1tfBits }),
      },
    );
    found.push({
      name: 'ept',
      regime: stage2Tables({ settings: plan.settings(1), walkLength: plan.levels.length, base: plan.root }),
      active: true,
      from: evidence(registers, ['EPTP', 'IA32_VMX_EPT_VPID_CAP']),
      assumed: [
        ...width.assumed,
        ...(capabilities === undefined
          ? ['IA32_VMX_EPT_VPID_CAP is not given: execute-only and 1G pages are possible']
          : []),
        ...(mbec === undefined ? ['mode-based execute control is off'] : []),
      ],
      findings: plan.findings,
    });
  }

  const ncr3 = registers.get('NCR3');
  const cr4 = registers.get('CR4') ?? FOUR_LEVEL.cr4;
  // IA-32e mode needs CR4.PAE; a core that QEMU marks as 32-bit has no processor in it
  const legacy = ia32 || (cr4 & FOUR_LEVEL.cr4) === 0n;
  const modes = {
    cr0: registers.get('CR0') ?? FOUR_LEVEL.cr0,
    cr4,
    efer: registers.get('EFER') ?? (legacy ? NXE : FOUR_LEVEL.efer),
  };
  const missing = ['CR0', 'CR4', 'EFER'].filter(name => !registers.has(name));
  const assumedMode = legacy ? '32-bit or PAE paging with NXE' : '4-level paging with NXE';
  const modeAssumed = missing.length > 0 ? [`${missing.join(', ')} not given: ${assumedMode}`] : [];
  if (ncr3 !== undefined && ncr3 !== 0n) {
    const { vendor: _vendor, sBit: _sBit, ...nested } = host;
    const plan = nptRegime({ ...modes, ncr3 }, nested);
    found.push({
      name: 'npt',
      regime: nptTables({ settings: plan.settings(1), base: plan.root }),
      active: true,
      from: evidence(registers, ['NCR3', 'CR0', 'CR4', 'EFER', 'PAT']),
      assumed: [...assumed, ...modeAssumed],
      findings: plan.findings,
    });
  }

  const cr3 = registers.get('CR3');
  if (cr3 !== undefined) {
    const plan = ordinaryRegime({ ...modes, cr3 }, host);
    if (plan.kind === 'off') refused.push({ name: 'paging', reason: 'CR0.PG = 0: paging is off' });
    else
      found.push({
        name: 'paging',
        regime: stage1Tables({ settings: plan.settings(1), base: plan.root }),
        ...(set && pat !== undefined ? { rules: ordinaryEffective(set, pat, modes.cr0, vendor) } : {}),
        active: true,
        from: evidence(registers, ['CR3', 'CR0', 'CR4', 'EFER', 'PAT']),
        assumed: [...assumed, ...modeAssumed],
        findings: plan.findings,
      });
  }

  const guest = guestCandidate(registers, processor, found, set);
  if (guest) found.push(guest);
  return { found, refused };
}

/** A guest's own paging; its tables and its output go through EPT or NPT. */
function guestCandidate(
  registers: RegisterValues,
  processor: Processor,
  found: readonly Candidate[],
  set: Mtrrs | undefined,
): Candidate | undefined {
  const cr3 = registers.get('GUESTCR3');
  const through = found.find(({ name }) => name === 'ept' || name === 'npt')?.name;
  if (cr3 === undefined || through === undefined) return undefined;
  const names = ['GUESTCR0', 'GUESTCR4', 'GUESTEFER'] as const;
  const missing = names.filter(name => !registers.has(name));
  const pat = registers.get('GUESTPAT') ?? registers.get('GPAT');
  const plan = ordinaryRegime(
    {
      cr3,
      cr0: registers.get('GUESTCR0') ?? FOUR_LEVEL.cr0,
      cr4: (registers.get('GUESTCR4') ?? 0n) | FOUR_LEVEL.cr4,
      efer: registers.get('GUESTEFER') ?? FOUR_LEVEL.efer,
    },
    pat === undefined ? processor : { ...processor, pat },
  );
  if (plan.kind === 'off') return undefined;
  const tables = stage1Tables({ settings: plan.settings(1), base: plan.root });
  const guestCr0 = registers.get('GUESTCR0') ?? registers.get('HARDWARECR0') ?? FOUR_LEVEL.cr0;
  const hostPat = registers.get('PAT');
  const hostCr0 = registers.get('CR0') ?? FOUR_LEVEL.cr0;
  const rules =
    pat === undefined
      ? undefined
      : through === 'ept'
        ? eptEffective(pat, guestCr0)
        : set && hostPat !== undefined
          ? nptEffective(set, pat, hostPat, guestCr0, hostCr0)
          : undefined;
  return {
    name: 'guest',
    regime: { ...tables, output: 'gpa' },
    ...(rules ? { rules } : {}),
    active: true,
    from: evidence(registers, ['GUESTCR3', ...names, 'GUESTPAT']),
    assumed: missing.length > 0 ? [`${missing.join(', ')} not given: 4-level paging`] : [],
    findings: plan.findings,
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
  for (const [name, value] of registers) {
    if (!name.startsWith('MTRR_PHYSMASK') || (value & 0x800n) === 0n) continue;
    const bits = value.toString(2).length;
    if (bits >= 32 && bits <= 52) return { bits, assumed: [`MAXPHYADDR ${bits}, from ${name}`] };
  }
  return { bits: 52, assumed: ['MAXPHYADDR is not given: 52, so no address bit is reserved'] };
}
