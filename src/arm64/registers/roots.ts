/**
 * TTBR0_ELx, TTBR1_ELx and VTTBR_EL2: an address that is no plain number. [63:48] is the ASID or VMID, bit 0 is CnP, and
 * with 52-bit addresses A[51:48] stands in [5:2] [Arm ARM, TTBR0_EL1, VTTBR_EL2].
 */
import { decode, type Finding } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { toggle } from '../../bits/settings.ts';
import { addr, bits, choose, flag, ignored, res0 } from '../../bits/spec.ts';
import { hex, type Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';

const base52 = {
  baddr: addr('BADDR', [5, 2], [47, 6]),
  res1: res0(1),
};
const base48 = { baddr: addr('BADDR', [47, 1]) };
const cnp = {
  cnp: flag(0, 'CnP', {
    note: 'shared with other PEs: they have the same tables under this ASID or VMID',
    ref: arm('FEAT_TTCNP'),
  }),
};

const ttbrForm = (form52: 0 | 1) =>
  format(
    'arm64.TTBR_ELx',
    { title: `Translation Table Base Register${form52 ? ', 52-bit form' : ''}`, ref: arm('TTBR0_EL1') },
    () => ({
      asid: bits(63, 48, 'ASID', { note: 'of the address space; TCR.A1 says whose counts' }),
      ...choose(form52, base52, base48),
      ...cnp,
    }),
  );
const vttbrForm = (form52: 0 | 1, vs: 0 | 1) =>
  format(
    'arm64.VTTBR_EL2',
    {
      title: `Virtualization Translation Table Base Register${form52 ? ', 52-bit form' : ''}`,
      ref: arm('VTTBR_EL2'),
    },
    () => ({
      ...choose(
        vs,
        { vmid: bits(63, 48, 'VMID', { note: 'of the virtual machine' }) },
        { ign56: ignored(63, 56), vmid: bits(55, 48, 'VMID', { note: 'of the virtual machine' }) },
      ),
      ...choose(form52, base52, base48),
      ...cnp,
    }),
  );
export const ttbrFormats = { 0: ttbrForm(0), 1: ttbrForm(1) } as const;
export const vttbrFormats = {
  0: { 0: vttbrForm(0, 0), 1: vttbrForm(0, 1) },
  1: { 0: vttbrForm(1, 0), 1: vttbrForm(1, 1) },
} as const;

/** Where a walk begins, taken out of its register. */
export interface RootTable {
  /** Physical or intermediate address of the first table, bytes. */
  readonly base: bigint;
  /** ASID or VMID. */
  readonly id: number;
  /** Common not Private: the tables are shared by the PEs of the Inner Shareable domain. */
  readonly cnp: 0 | 1;
  readonly findings: readonly Finding[];
}

/** What the regime says of its base register. */
export interface BaseForm {
  readonly baddr52: boolean;
  readonly baseAlign: number;
  readonly oaBits: number;
}

/** The base with ASID or VMID, CnP and RES0 bits taken off. Bits below the table's alignment are RES0: cleared, and said. */
function root(baddr: bigint, id: number, cnp: 0 | 1, form: BaseForm, name: string): RootTable {
  const low = baddr & BigInt(form.baseAlign - 1);
  const base = baddr - low;
  const findings: Finding[] = [];
  if (low !== 0n)
    findings.push({
      id: 'base-misaligned',
      severity: 'warning',
      bits: `${Math.log2(form.baseAlign) - 1}:1`,
      message: `${name}: the base is aligned to ${hex(form.baseAlign)}; the lower bits ${hex(low)} are RES0 and are taken as 0`,
      ref: arm(name),
    });
  if (base >> BigInt(form.oaBits) !== 0n)
    findings.push({
      id: 'address-size',
      severity: 'error',
      bits: form.baddr52 ? '47:6,5:2' : '47:1',
      message: `${name}: base ${hex(base)} needs more than ${form.oaBits} bits: level 0 Address size fault`,
      ref: arm('R_VPBBF, Output address size'),
    });
  return { base, id, cnp, findings };
}

/** The first table of a stage 1 range. */
export function stage1Root(word: Word, form: BaseForm): RootTable {
  const d = decode(ttbrFormats[form.baddr52 ? 1 : 0], word);
  return root(d.baddr ?? 0n, d.asid, d.cnp, form, 'TTBR0_EL1');
}

/** The first (concatenated) table of stage 2. `vmid16` is VTCR_EL2.VS. */
export function stage2Root(word: Word, form: BaseForm & { readonly vmid16: boolean }): RootTable {
  const d = decode(vttbrFormats[form.baddr52 ? 1 : 0][form.vmid16 ? 1 : 0], word);
  return root(d.baddr ?? 0n, d.vmid ?? 0, d.cnp, form, 'VTTBR_EL2');
}

const form52 = toggle('52-bit base: PS or IPS means 52 bits, or DS = 1', 0);
const address = ({ baddr, cnp }: { readonly baddr?: bigint; readonly cnp: number }) => ({
  base: baddr ?? 0n,
  commonNotPrivate: cnp === 1,
});
export const ttbr = register(({ form52 }: { readonly form52: 0 | 1 }) => ttbrFormats[form52], {
  aliases: ['TTBR0_EL1', 'TTBR1_EL1', 'TTBR0_EL2', 'TTBR1_EL2', 'TTBR0_EL3', 'ttbr', 'ttbr0', 'ttbr1'],
  settings: { form52 },
  facts: d => ({ ...address(d), asid: d.asid }),
  layouts: [{ form52: 0 }, { form52: 1 }],
});
const vttbrSettings = { form52, vs: toggle('VTCR_EL2.VS: 16-bit VMID', 1) };
export const vttbr = register(
  (s: { readonly form52: 0 | 1; readonly vs: 0 | 1 }) => vttbrFormats[s.form52][s.vs],
  {
    aliases: ['VTTBR_EL2', 'VSTTBR_EL2', 'vttbr'],
    settings: vttbrSettings,
    facts: d => ({ ...address(d), vmid: d.vmid ?? 0 }),
    layouts: [
      { form52: 0, vs: 1 },
      { form52: 1, vs: 1 },
      { form52: 0, vs: 0 },
      { form52: 1, vs: 0 },
    ],
  },
);
