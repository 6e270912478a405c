/** Regimes that a set of registers gives: where walks can begin, and what had to be assumed. */
import type { Finding } from '../bits/codec.ts';
import { hex } from '../bits/word.ts';
import { keyText } from '../memtype/compile.ts';
import type { EffectiveRules } from './effective.ts';
import type { Regime } from './regime.ts';

/** Register values by the names of `registers.ts`. */
export type RegisterValues = ReadonlyMap<string, bigint>;

export interface Candidate {
  /** What to call it on the command line: `stage2`, `el1.ttbr0`, `paging`, `ept`… */
  readonly name: string;
  readonly regime: Regime;
  /** Do the registers say that the processor uses it now? */
  readonly active: boolean;
  /** The registers it was made from, `VTTBR_EL2=0x…`. */
  readonly from: readonly string[];
  /** What was not known, in the words of somebody who must judge the answer. */
  readonly assumed: readonly string[];
  /** One of these: the register that would name memory types is not given, so they stay indices. */
  readonly unnamed?: string;
  readonly findings: readonly Finding[];
  /** How its leaves, with those of the stage behind, become an effective type; absent where registers are missing. */
  readonly rules?: EffectiveRules;
  /** The candidate that its output, and its tables, go through: a stage 2, EPT or NPT. */
  readonly through?: string;
}

/** Equal for candidates under which every entry reads alike, wherever their tables are. */
export const readingKey = ({ regime, rules }: Candidate): string =>
  keyText([regime.id, regime.settings, rules?.controls]);

/** Registers that are there but give no walk, with the reason. */
export interface Refused {
  readonly name: string;
  readonly reason: string;
}

export interface Candidates {
  readonly found: readonly Candidate[];
  readonly refused: readonly Refused[];
}

/** `NAME=0x…` for those of the names that are given. */
export const evidence = (registers: RegisterValues, names: readonly string[]): readonly string[] =>
  names.flatMap(name => {
    const value = registers.get(name);
    return value === undefined ? [] : [`${name}=${hex(value)}`];
  });
