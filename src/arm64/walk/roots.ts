/**
 * The arm64 regimes that a set of registers gives: stage 2, and stage 1 of EL1, EL2 and EL3, with everything that
 * changes how their descriptors are read.
 */
import { decode, encode, type Finding } from '../../bits/codec.ts';
import type { Decoded } from '../../bits/infer.ts';
import { settle } from '../../bits/settings.ts';
import type { Word } from '../../bits/word.ts';
import {
  type Candidate,
  type Candidates,
  evidence,
  type Refused,
  type RegisterValues,
} from '../../walk/candidate.ts';
import { type Regime as Exception, type Stage1Settings, stage1Settings } from '../descriptors/stage1.ts';
import { stage2Settings } from '../descriptors/stage2.ts';
import { hcrFormat, sctlrEl1Format } from '../registers/control.ts';
import {
  FEATURE_SETS,
  type Features,
  featureSetName,
  featuresOf,
  ID_REGISTERS,
  idRegisters,
} from '../registers/features.ts';
import type { RootTable } from '../registers/roots.ts';
import { stage1Effective, stage2Effective } from './effective.ts';
import { stage1Setup, stage2Setup } from './setup.ts';
import { stage1Tables, stage2Tables } from './tables.ts';

/** What the registers do not hold. */
export interface Machine {
  /** The features that ID registers would state, where those are not given. */
  readonly features?: Features;
}

/** Everything that the registers say beside the tables themselves. */
interface Cpu {
  readonly registers: RegisterValues;
  readonly features: Features;
  readonly assumed: readonly string[];
  /** HCR_EL2: which regimes are in use and how. */
  readonly hcr: Decoded<typeof hcrFormat.fields>;
}

/** Every regime whose base register is there, active ones first. */
export function candidates(
  registers: RegisterValues,
  { features = FEATURE_SETS.full }: Machine = {},
): Candidates {
  const ids = idRegisters(registers);
  const missing = (['mmfr0', 'mmfr1', 'mmfr2'] as const).filter(key => ids[key] === undefined);
  const cpu: Cpu = {
    registers,
    features: featuresOf(ids, features),
    assumed: [
      ...(registers.has('HCR_EL2') ? [] : ['HCR_EL2 is not given: E2H=0, FWB=0, no stage 2']),
      ...(missing.length === 0
        ? []
        : [
            `${missing.map(key => ID_REGISTERS[key]).join(', ')} not given: ${featureSetName(features)} is assumed`,
          ]),
    ],
    hcr: decode(hcrFormat, registers.get('HCR_EL2') ?? 0n),
  };
  const found: Candidate[] = [];
  const refused: Refused[] = [];
  const take = (made: Candidate | Refused | undefined): void => {
    if (made === undefined) return;
    if ('regime' in made) found.push(made);
    else refused.push(made);
  };
  const second = stage2Candidate(cpu);
  take(second);
  const invalid = second && !('regime' in second) && registers.has('VTCR_EL2') ? second.reason : undefined;
  const blocked = stage2Active(cpu) ? invalid : undefined;
  const host = cpu.hcr.e2h === 1;
  take(stage1Candidate(cpu, 'EL1&0', 0, blocked));
  take(stage1Candidate(cpu, 'EL1&0', 1, blocked));
  take(stage1Candidate(cpu, host ? 'EL2&0' : 'EL2', 0));
  if (host) take(stage1Candidate(cpu, 'EL2&0', 1));
  take(stage1Candidate(cpu, 'EL3', 0));
  found.sort((a, b) => Number(b.active) - Number(a.active));
  return { found, refused };
}

/** A host at EL2 with TGE = 1: EL1&0, stage 2 and their controls are out of use [Arm ARM, HCR_EL2.TGE]. */
const hostMode = ({ hcr }: Cpu): boolean => hcr.e2h === 1 && hcr.tge === 1;
const stage2Active = (cpu: Cpu): boolean => !hostMode(cpu) && (cpu.hcr.vm === 1 || cpu.hcr.dc === 1);

function stage2Candidate(cpu: Cpu): Candidate | Refused | undefined {
  const { registers, features } = cpu;
  const vttbr = registers.get('VTTBR_EL2');
  const vtcr = registers.get('VTCR_EL2');
  if (vttbr === undefined) return undefined;
  // KVM writes 0 while no VM is loaded, and HCR_EL2 says whether one is
  if (vttbr === 0n && registers.has('HCR_EL2') && !stage2Active(cpu))
    return { name: 'stage2', reason: 'VTTBR_EL2 is 0, and HCR_EL2.VM = 0: stage 2 is off' };
  if (vtcr === undefined) return { name: 'stage2', reason: 'VTTBR_EL2 is given but VTCR_EL2 is not' };
  const setup = stage2Setup({
    vtcr,
    vttbr,
    hcr: registers.get('HCR_EL2'),
    s2pir: registers.get('S2PIR_EL2'),
    s2por: registers.get('S2POR_EL1'),
    scr: registers.get('SCR_EL3'),
    features,
  });
  if (!setup.valid) return { name: 'stage2', reason: `VTCR_EL2 is invalid: ${setup.explain}` };
  const { root, settings, regime: plan } = setup;
  const { startLevel, indexBits } = plan;
  const regime = stage2Tables({
    settings,
    startLevel,
    indexBits,
    base: root.base,
    ...beyond(root),
    walker: { ptw: cpu.hcr.ptw && !cpu.hcr.tge ? 1 : 0, tl0: plan.tl0, tl1: plan.tl1 },
  });
  return {
    name: 'stage2',
    regime,
    active: stage2Active(cpu),
    from: evidence(registers, ['VTTBR_EL2', 'VTCR_EL2', 'HCR_EL2']),
    assumed: cpu.assumed,
    findings: root.findings,
  };
}

/** Which registers carry a regime's controls, and how the candidate is called. */
const EXCEPTION: Record<
  Exception,
  { readonly el: 1 | 2 | 3; readonly name: string; readonly ranges: boolean }
> = {
  'EL1&0': { el: 1, name: 'el1', ranges: true },
  'EL2&0': { el: 2, name: 'el2', ranges: true },
  EL2: { el: 2, name: 'el2', ranges: false },
  EL3: { el: 3, name: 'el3', ranges: false },
};

/** @param blocked why stage 2, which it goes through, gives nothing */
function stage1Candidate(
  cpu: Cpu,
  exception: Exception,
  range: 0 | 1,
  blocked?: string,
): Candidate | Refused | undefined {
  const { registers, features } = cpu;
  const { el, name: base, ranges } = EXCEPTION[exception];
  const name = ranges ? `${base}.ttbr${range}` : base;
  const named = (register: string): string => `${register}_EL${el}`;
  const ttbr = registers.get(named(`TTBR${range}`));
  const tcr = registers.get(named('TCR'));
  if (ttbr === undefined) return undefined;
  if (tcr === undefined)
    return { name, reason: `${named(`TTBR${range}`)} is given but ${named('TCR')} is not` };
  const sctlr = registers.get(named('SCTLR'));
  const mair = registers.get(named('MAIR'));
  if (sctlr !== undefined && !decode(sctlrEl1Format, sctlr).m)
    return { name, reason: `${named('SCTLR')}.M = 0: stage 1 is off` };
  const setup = stage1Setup({
    regime: exception,
    tcr,
    tcr2: registers.get(named('TCR2')),
    ttbr,
    range,
    sctlr,
    hcr: registers.get('HCR_EL2'),
    mair,
    mair2: registers.get(named('MAIR2')),
    pir: registers.get(named('PIR')),
    pire0: registers.get(`PIRE0_EL${el}`),
    por: registers.get(`POR_EL${el}`),
    pore0: registers.get('POR_EL0'),
    scr: registers.get('SCR_EL3'),
    features,
  });
  if (!setup.valid) return { name, reason: `${named('TCR')} is invalid: ${setup.explain}` };
  const { root, settings, regime: plan } = setup;
  if (plan.epd)
    return { name, reason: `${named('TCR')}.EPD${range} = 1: walks with TTBR${range} are disabled` };
  // a root beyond the output size faults before stage 2 is asked
  if (blocked !== undefined && !beyond(root).fault)
    return { name, reason: `its tables go through stage 2: ${blocked}` };
  const { startLevel, indexBits, iaBits } = plan;
  const nested = el === 1 && stage2Active(cpu);
  const regime = stage1Tables({
    settings,
    startLevel,
    indexBits,
    base: root.base,
    ...beyond(root),
    iaBits,
    upper: range === 1,
    output: nested ? 'ipa' : 'pa',
    tagging: { tbi: plan.tbi, tbid: plan.tbid, mtx: plan.mtx },
  });
  const rules =
    mair === undefined ? undefined : effectiveRules(cpu, named, mair, plan.walk.sh, setup.settings);
  const unnamed = mair === undefined ? `${named('MAIR')} is not given: memory types stay indices` : undefined;
  return {
    name,
    regime,
    ...(rules ? { rules } : {}),
    active: el === 1 ? !hostMode(cpu) : true,
    from: evidence(registers, [`TTBR${range}`, 'TCR', 'TCR2', 'MAIR', 'SCTLR'].map(named)),
    assumed: [
      ...cpu.assumed,
      ...(sctlr === undefined ? [`${named('SCTLR')} is not given: stage 1 is on, WXN = 0`] : []),
      ...(unnamed === undefined ? [] : [unnamed]),
    ],
    ...(unnamed === undefined ? {} : { unnamed }),
    findings: root.findings,
    ...(nested ? { through: 'stage2' } : {}),
  };
}

/** A root beyond the output size: level 0 Address size fault, before anything is read. */
function beyond({ findings }: RootTable): { readonly fault?: Finding } {
  const fault = findings.find(({ id }) => id === 'address-size');
  return fault ? { fault } : {};
}

/** How leaves of this regime, with those of stage 2 for EL1&0, become an effective type. */
function effectiveRules(
  { registers, features }: Cpu,
  named: (register: string) => string,
  mair: bigint,
  sh1: number,
  settings: Partial<Omit<Stage1Settings, 'level'>>,
) {
  const vttbr = registers.get('VTTBR_EL2');
  const vtcr = registers.get('VTCR_EL2');
  const hcr = registers.get('HCR_EL2');
  const second =
    vttbr !== undefined && vtcr !== undefined ? stage2Setup({ vtcr, vttbr, hcr, features }) : undefined;
  const first = {
    sctlr: registers.get(named('SCTLR')) ?? cachesOn(),
    mair,
    mair2: registers.get(named('MAIR2')) ?? 0n,
    sh1,
    stage1: perLevel(level => settle(stage1Settings, { ...settings, level })),
  };
  if (settings.regime !== 'EL1&0') return stage1Effective(first);
  return stage2Effective({
    ...first,
    hcr: hcr ?? 0n,
    sh2: second?.valid ? second.regime.sh0 : 0,
    ...(second?.valid
      ? { stage2: perLevel(level => settle(stage2Settings, { ...second.settings, level })) }
      : {}),
  });
}

/** SCTLR_ELx where it is not given: stage 1 on, caches on, as `assumed` says. */
const cachesOn = (): Word => encode(sctlrEl1Format, { m: 1, c: 1, i: 1 });

/** One settings object per shared level index: layouts are kept by object. */
function perLevel<S>(make: (level: number) => S): (level: number) => S {
  const made = [3, 2, 1, 0, -1].map(make);
  return level => made[level] as S;
}

/** EL1's registers keep their names under a stage 2: its own say that it is on. */
export const nested = (second: RegisterValues, guest: RegisterValues): RegisterValues =>
  new Map([...guest, ...second]);
