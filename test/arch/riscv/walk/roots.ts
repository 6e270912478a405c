/** The translation that a set of registers gives. */
import { encode } from '../../../../src/bits/codec.ts';
import { type Candidates, evidence, type RegisterValues } from '../../../../src/walk/candidate.ts';
import { menvcfgFormat, sstatusFormat } from '../registers/control.ts';
import { type PmaRegion, stage1Effective } from './effective.ts';
import { type Processor, stage1Setup } from './setup.ts';
import { stage1Tables } from './tables.ts';

/** What the registers do not hold: the processor, and the attributes of the platform’s memory. */
export interface Machine extends Processor {
  readonly pma?: readonly PmaRegion[];
}

/** For registers that are not given: nothing that they could allow is denied. */
const GENEROUS = {
  MENVCFG: encode(menvcfgFormat, { pbmte: 1, adue: 1 }),
  SSTATUS: encode(sstatusFormat, { sum: 1 }),
} as const;

export function candidates(registers: RegisterValues, { pma, ...processor }: Machine = {}): Candidates {
  const satp = registers.get('SATP');
  if (satp === undefined) return { found: [], refused: [] };
  const setup = stage1Setup({
    satp,
    menvcfg: registers.get('MENVCFG') ?? GENEROUS.MENVCFG,
    sstatus: registers.get('SSTATUS') ?? GENEROUS.SSTATUS,
    processor,
  });
  if (!setup.valid) return { found: [], refused: [{ name: 'satp', reason: setup.explain }] };
  const { regime, root, settings } = setup;
  const { sum, mxr, findings } = regime;
  return {
    found: [
      {
        name: 'satp',
        regime: stage1Tables({ settings, base: root.root, moment: { sum, mxr } }),
        ...(pma ? { rules: stage1Effective(pma) } : {}),
        active: true,
        from: evidence(registers, ['SATP', 'MENVCFG', 'SSTATUS']),
        assumed: [
          ...(registers.has('MENVCFG')
            ? []
            : ['menvcfg is not given: PBMT is there, and hardware sets A and D']),
          ...(registers.has('SSTATUS') ? [] : ['sstatus is not given: SUM = 1, MXR = 0']),
          ...(pma ? [] : ['the attributes of physical memory are not given: types are those of the pages']),
        ],
        findings,
      },
    ],
    refused: [],
  };
}

/** One stage: a guest's registers are the machine's. */
export const nested = (second: RegisterValues, guest: RegisterValues): RegisterValues =>
  new Map([...second, ...guest]);
