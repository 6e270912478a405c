/** The translation that satp, menvcfg and sstatus imply [section "Supervisor Address Translation and Protection (satp) Register"]. */
import { decode, type Finding } from '../../../../src/bits/codec.ts';
import type { Bit } from '../../../../src/bits/spec.ts';
import type { Word } from '../../../../src/bits/word.ts';
import type { Refusal } from '../../../../src/walk/setup.ts';
import type { Moment } from '../descriptors/perm.ts';
import { menvcfg, menvcfgFormat, sstatus, sstatusFormat } from '../registers/control.ts';
import { modeOf, satp, satpFormat } from '../registers/roots.ts';
import { INDEX_BITS, inputBits, LEVELS, leafShift, type Mode } from '../values/address.ts';

/** The geometry of a valid regime. */
export interface Start {
  readonly mode: Mode;
  readonly inputBits: number;
  readonly levels: readonly { readonly level: number; readonly shift: number; readonly indexBits: number }[];
}

/** What the registers say of entries and accesses. */
export interface Stage1Controls extends Moment {
  readonly pbmt: Bit;
  readonly adue: Bit;
  readonly findings: readonly Finding[];
}
export type Stage1Reason = 'bare' | 'other-mode';
export type Stage1Regime = Stage1Controls & (({ readonly valid: true } & Start) | Refusal<Stage1Reason>);

export interface Stage1ControlRegisters {
  readonly satp: Word;
  readonly menvcfg: Word;
  readonly sstatus: Word;
}

/** Findings of a register, with its name in front. */
const named = (name: string, findings: readonly Finding[]): readonly Finding[] =>
  findings.map(finding => ({ ...finding, message: `${name}: ${finding.message}` }));

export function stage1Regime(registers: Stage1ControlRegisters): Stage1Regime {
  const { pbmte, adue } = decode(menvcfgFormat, registers.menvcfg);
  const { sum, mxr } = decode(sstatusFormat, registers.sstatus);
  const read = satp.read(registers.satp, {});
  const controls = {
    ...{ pbmt: pbmte, adue, sum, mxr },
    findings: [
      ...named('satp', read.findings),
      ...named('menvcfg', menvcfg.read(registers.menvcfg, {}).findings),
      ...named('sstatus', sstatus.read(registers.sstatus, {}).findings),
    ],
  };
  const mode = modeOf(decode(satpFormat, registers.satp).mode);
  if (mode === undefined) {
    const bare = read.facts.mode === 'Bare';
    const explain = bare
      ? 'satp.MODE is Bare: addresses are physical'
      : `satp.MODE is ${read.facts.mode}, which is neither Sv39 nor Sv48`;
    return { ...controls, valid: false, reason: bare ? 'bare' : 'other-mode', explain };
  }
  const levels = Array.from({ length: LEVELS[mode] }, (_, level) => ({
    ...{ level, shift: leafShift(level), indexBits: INDEX_BITS },
  }));
  return { ...controls, valid: true, mode, inputBits: inputBits(mode), levels };
}
