/** Under which settings an entry stands that somebody pasted: by its text and by the registers beside it. */
import { decode } from '../../../../src/bits/codec.ts';
import { settle } from '../../../../src/bits/settings.ts';
import type { Context, Given } from '../../../../src/text/context.ts';
import type { Entry, RegimeGuess } from '../../../../src/text/model.ts';
import type { Candidate } from '../../../../src/walk/candidate.ts';
import { stage1Settings } from '../descriptors/stage1.ts';
import { menvcfgFormat } from '../registers/control.ts';
import { modeOf, satpFormat } from '../registers/roots.ts';
import { MODES, topLevel } from '../values/address.ts';

/** Everything but the level. */
export function revealed(_entry: Pick<Entry, 'regime'>, { registers }: Context): Given {
  const satp = registers.get('SATP');
  const mode = satp === undefined ? undefined : modeOf(decode(satpFormat, satp).mode);
  const menvcfg = registers.get('MENVCFG');
  const control = menvcfg === undefined ? undefined : decode(menvcfgFormat, menvcfg);
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(control === undefined ? {} : { pbmt: control.pbmte, adue: control.adue }),
  };
}

/** As Linux calls the tables; PGD is the first, whatever the mode. */
export function levelNamed(name: string, _guess: RegimeGuess, given: Given): number | undefined {
  const mode = MODES.find(mode => mode === given.mode) ?? settle(stage1Settings).mode;
  const levels: Readonly<Record<string, number>> = { PGD: topLevel(mode), PUD: 2, PMD: 1, PTE: 0 };
  return levels[name.toUpperCase()];
}

/** The family of the entries in a candidate's tables. */
export const guess = (_candidate: Candidate): RegimeGuess => ({ family: 'riscv.pte' });
