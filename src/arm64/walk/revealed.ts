/** Under which settings an arm64 entry stands that somebody pasted: by its text and by the registers beside it. */
import { decode } from '../../bits/codec.ts';
import type { Context, Given } from '../../text/context.ts';
import type { Entry, RegimeGuess } from '../../text/model.ts';
import type { Candidate } from '../../walk/candidate.ts';
import { OWNERS } from '../descriptors/software.ts';
import { hcrFormat, sctlrEl1Format, vtcrFormat } from '../registers/control.ts';
import { FEATURE_SETS, featuresOf, hasLpa, ID_REGISTERS, idRegisters } from '../registers/features.ts';
import { upperRange } from '../values/address.ts';
import { stage1Setup, stage2Setup } from './setup.ts';

type Values = Context['registers'];

/** The ID register that decides a setting: defaults where the text has none, not somebody's full-featured CPU. */
const DECIDED_BY: Readonly<Record<string, string>> = {
  lpa: ID_REGISTERS.mmfr0,
  xnx: ID_REGISTERS.mmfr1,
  bbml: ID_REGISTERS.mmfr2,
  xs: ID_REGISTERS.isar1,
  bti: ID_REGISTERS.pfr1,
  mte2: ID_REGISTERS.pfr1,
  mtePerm: ID_REGISTERS.pfr2,
};

const featuresIn = (registers: Values) => featuresOf(idRegisters(registers), FEATURE_SETS.full);

/** Settings of a valid setup but those that features decide, whatever the translation control says. */
const taken = (settings: object): Given =>
  Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => value !== undefined && DECIDED_BY[key] === undefined),
  );

/** Settings that features decide, each where its ID register is there. */
function byFeatures(stage: 1 | 2, registers: Values): Given {
  const features = featuresIn(registers);
  const { xnx, bbml, xs, bti, mte2, mtePerm } = features;
  const both = { lpa: hasLpa(features), bbml, xs };
  return Object.fromEntries(
    Object.entries(stage === 1 ? { ...both, bti, mte2 } : { ...both, xnx, mtePerm }).filter(([key]) =>
      registers.has(DECIDED_BY[key] ?? ''),
    ),
  );
}

/** 52-bit addresses move descriptor bits: LPA2 for small granules, FEAT_LPA for 64K. */
const wide = ({ granule }: RegimeGuess, facts: Context['facts']): Given =>
  facts.get('va bits') === 52n && granule !== undefined ? (granule === '64K' ? { lpa: 1 } : { ds: 1 }) : {};

function stage2(guess: RegimeGuess, { registers, facts }: Context): Given {
  const vtcr = registers.get('VTCR_EL2');
  const hcr = registers.get('HCR_EL2');
  const forced: Given = hcr === undefined ? {} : { fwb: decode(hcrFormat, hcr).fwb };
  const said: Given = {
    ...(guess.granule === undefined ? {} : { granule: guess.granule }),
    ...wide(guess, facts),
  };
  const beside: Given = { ...byFeatures(2, registers), ...forced, ...said };
  if (vtcr === undefined) return beside;
  const features = featuresIn(registers);
  const setup = stage2Setup({
    vtcr,
    vttbr: registers.get('VTTBR_EL2') ?? 0n,
    hcr,
    s2pir: registers.get('S2PIR_EL2'),
    s2por: registers.get('S2POR_EL1'),
    scr: registers.get('SCR_EL3'),
    features,
  });
  if (!setup.valid) return beside;
  const { fwb: _, ...rest } = setup.settings;
  return { ...taken(rest), ...beside };
}

const EL = { 'EL1&0': 1, EL2: 2, 'EL2&0': 2, EL3: 3 } as const;

/** The one regime that a text names, or that has registers in it; undefined where several have, or none. */
function regimeIn({ registers, facts }: Context): keyof typeof EL | undefined {
  const named = facts.get('regime');
  if (typeof named === 'string' && named in EL) return named as keyof typeof EL;
  const levels = ([1, 2, 3] as const).filter(
    el => registers.has(`TCR_EL${el}`) || registers.has(`MAIR_EL${el}`),
  );
  if (levels.length !== 1) return undefined;
  if (levels[0] === 3) return 'EL3';
  if (levels[0] === 1) return 'EL1&0';
  return decode(hcrFormat, registers.get('HCR_EL2') ?? 0n).e2h ? 'EL2&0' : 'EL2';
}

function stage1(guess: RegimeGuess, input: bigint | undefined, context: Context): Given {
  const { registers, facts } = context;
  const found = guess.regime ?? regimeIn(context);
  const regime = found ?? 'EL1&0';
  const el = EL[regime];
  const said: Given = {
    ...(found === undefined ? {} : { regime }),
    ...(guess.granule === undefined ? {} : { granule: guess.granule }),
    ...wide(guess, facts),
  };
  const value = (name: string): bigint | undefined => registers.get(`${name}_EL${el}`);
  const tcr = value('TCR');
  const mair = value('MAIR');
  // what is given counts, each register by itself
  const sctlr = value('SCTLR');
  const features = byFeatures(1, registers);
  const otherwise: Given = {
    ...features,
    ...(mair === undefined ? {} : { mair }),
    ...(sctlr === undefined ? {} : { wxn: decode(sctlrEl1Format, sctlr).wxn }), // bit 19 in every SCTLR_ELx
    ...said,
  };
  if (tcr === undefined) return otherwise;
  const range = regime.endsWith('&0') && input !== undefined ? upperRange(input) : 0;
  const setup = stage1Setup({
    regime,
    tcr,
    tcr2: value('TCR2'),
    ttbr: value(`TTBR${range}`) ?? 0n,
    range,
    sctlr,
    hcr: registers.get('HCR_EL2'),
    mair,
    mair2: value('MAIR2'),
    pir: value('PIR'),
    pire0: registers.get(`PIRE0_EL${el}`),
    por: registers.get(`POR_EL${el}`),
    pore0: registers.get('POR_EL0'),
    scr: registers.get('SCR_EL3'),
    features: featuresIn(registers),
  });
  return setup.valid ? { ...taken(setup.settings), ...features, ...said } : otherwise;
}

/** What the layout or the meaning of one register hangs on: features, and other registers. */
function register({ registers }: Context): Given {
  const given: Record<string, bigint | 0 | 1> = {};
  for (const [key, name] of Object.entries(ID_REGISTERS)) {
    const value = registers.get(name);
    if (value !== undefined) given[key] = value;
  }
  const hcr = registers.get('HCR_EL2');
  if (hcr !== undefined) given.e2h = decode(hcrFormat, hcr).e2h;
  const vtcr = registers.get('VTCR_EL2');
  if (vtcr !== undefined) Object.assign(given, { vtcr, vs: decode(vtcrFormat, vtcr).vs });
  const features = featuresIn(registers);
  if (registers.has(ID_REGISTERS.isar1)) given.xs = features.xs;
  if (registers.has(ID_REGISTERS.pfr0)) given.rme = features.rme;
  if (registers.has(ID_REGISTERS.pfr1)) given.mte2 = features.mte2;
  return given;
}

/** Who wrote the tables, where the text says it: U-Boot and its like are firmware. */
function ownerIn({ facts }: Context): Given {
  const owner = facts.get('owner');
  if (typeof owner !== 'string') return {};
  return { owner: OWNERS.find(known => known === owner) ?? 'firmware' };
}

/** Everything but the level. */
export function revealed({ regime: guess, input }: Pick<Entry, 'regime' | 'input'>, context: Context): Given {
  if (guess === undefined) return {};
  switch (guess.family) {
    case 'arm64.stage2':
      return { ...stage2(guess, context), ...ownerIn(context) };
    case 'arm64.stage1':
      return { ...stage1(guess, input, context), ...ownerIn(context) };
    default:
      return register(context);
  }
}

/** The names that Linux gives to levels say nothing: how many levels are folded depends on its configuration. */
export const levelNamed = (): undefined => undefined;

/** The exception level stands in the candidate's name. */
export function guess({ name, regime }: Candidate): RegimeGuess {
  if (regime.stage === 2) return { family: 'arm64.stage2' };
  const exception = name.startsWith('el2.')
    ? 'EL2&0'
    : name === 'el2'
      ? 'EL2'
      : name === 'el3'
        ? 'EL3'
        : 'EL1&0';
  return { family: 'arm64.stage1', regime: exception };
}
