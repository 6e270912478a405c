/**
 * From registers to everything that a walk needs: the regime, the first table, and the settings under which every
 * descriptor of it is read. What a register that is not given would say is left at its reset-like default (feature off),
 * and features come from the ID registers or a named set.
 */
import { decode } from '../../bits/codec.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import type { Setup } from '../../walk/setup.ts';
import type { Regime, Stage1Settings } from '../descriptors/stage1.ts';
import type { Stage2Settings } from '../descriptors/stage2.ts';
import { hcrFormat, scrFormat, sctlrEl1Format, tcr2El1Format, tcrEl3Format } from '../registers/control.ts';
import { FEATURE_SETS, type Features, hasLpa } from '../registers/features.ts';
import { type RootTable, stage1Root, stage2Root } from '../registers/roots.ts';
import { rangeSh } from '../values/codes.ts';
import { type Stage1Regime, type Stage2Regime, stage1Regime, stage2Regime } from './regime.ts';

export interface Stage2Registers {
  readonly vtcr: Word;
  readonly vttbr: Word;
  /** FWB is the control bit, not the feature: both stages 2 of one CPU can differ in it. */
  readonly hcr?: Word | undefined;
  /** The Secure IPA space: VSTCR_EL2, with VSTTBR_EL2 as `vttbr`. */
  readonly vstcr?: Word | undefined;
  readonly s2pir?: Word | undefined;
  readonly s2por?: Word | undefined;
  /** SCR_EL3: the Security state, where `ss` does not say it. */
  readonly scr?: Word | undefined;
  readonly ss?: Stage2Settings['ss'];
  readonly features?: Features;
}

export function stage2Setup(registers: Stage2Registers): Setup<Stage2Regime, RootTable, Stage2Settings> {
  const { vtcr, vttbr, vstcr, hcr = 0n, features = FEATURE_SETS.full } = registers;
  const regime = stage2Regime({ vtcr, vstcr, features });
  if (!regime.valid) return { valid: false, regime, explain: regime.explain };
  const settings: Partial<Omit<Stage2Settings, 'level'>> = {
    granule: regime.granule,
    ds: regime.ds,
    lpa: hasLpa(features),
    oaBits: regime.oaBits,
    fwb: decode(hcrFormat, hcr).fwb,
    mtePerm: features.mtePerm,
    xnx: features.xnx,
    xs: features.xs,
    bbml: features.bbml,
    s2pie: regime.s2pie,
    s2poe: regime.s2poe,
    s2pir: registers.s2pir ?? 0n,
    s2por: registers.s2por ?? 0n,
    ha: regime.ha,
    hd: regime.hd,
    haft: regime.haft,
    ...(regime.ds ? { sh: rangeSh(regime.sh0) } : {}),
    hwu: regime.hwu,
    assuredOnly: regime.assuredOnly,
    ss: registers.ss ?? (vstcr === undefined ? lowerState(registers.scr) : 'secure'),
  };
  return { valid: true, regime, root: stage2Root(vttbr, regime), settings };
}

/** The Security state below EL3 [Arm ARM, SCR_EL3.NSE]. */
function lowerState(scr: Word | undefined): 'ns' | 'secure' | 'realm' {
  if (scr === undefined) return 'ns';
  const { ns, nse } = decode(scrFormat, scr);
  return ns ? (nse ? 'realm' : 'ns') : 'secure';
}
/** EL3 is Root with FEAT_RME, which SCR_EL3.NSE = 1 proves, and Secure without. */
const stateOfEl3 = (features: Features, scr = 0n): 'root' | 'secure' =>
  features.rme || decode(scrFormat, scr).nse ? 'root' : 'secure';

function overlays({
  regime,
  tcr,
  tcr2 = 0n,
  por,
  pore0,
}: Stage1Registers): Pick<Stage1Settings, 'por' | 'pore0'> {
  const two = decode(tcr2El1Format, tcr2); // these bits stand in the same places in TCR2_EL2
  const own = regime === 'EL3' ? decode(tcrEl3Format, tcr).poe : two.poe;
  return {
    por: own ? (por ?? 'unknown') : 'off',
    pore0: two.e0poe ? (pore0 ?? 'unknown') : 'off',
  };
}

export interface Stage1Registers {
  readonly regime: Regime;
  readonly tcr: Word;
  readonly tcr2?: Word | undefined;
  /** TTBR0 or TTBR1, as `range` says. */
  readonly ttbr: Word;
  readonly range?: 0 | 1;
  /** SCTLR_ELx of the regime: WXN. */
  readonly sctlr?: Word | undefined;
  /** HCR_EL2: {NV, NV1} change EL1&0. */
  readonly hcr?: Word | undefined;
  readonly mair?: Word | undefined;
  readonly mair2?: Word | undefined;
  readonly pir?: Word | undefined;
  readonly pire0?: Word | undefined;
  /** POR_ELx of the regime, and POR_EL0. */
  readonly por?: Word | undefined;
  readonly pore0?: Word | undefined;
  /** SCR_EL3: the Security state, where `ss` does not say it, and SIF. */
  readonly scr?: Word | undefined;
  readonly ss?: Stage1Settings['ss'];
  readonly features?: Features;
}

export function stage1Setup(registers: Stage1Registers): Setup<Stage1Regime, RootTable, Stage1Settings> {
  const { features = FEATURE_SETS.full, hcr = 0n, sctlr = 0n, ttbr, ss } = registers;
  const regime = stage1Regime({ ...registers, features });
  if (!regime.valid) return { valid: false, regime, explain: regime.explain };
  const { nv, nv1 } = decode(hcrFormat, hcr);
  const nested: Bit = registers.regime === 'EL1&0' && nv && nv1 ? 1 : 0;
  const settings: Partial<Omit<Stage1Settings, 'level'>> = {
    regime: registers.regime,
    ss: ss ?? (registers.regime === 'EL3' ? stateOfEl3(features, registers.scr) : lowerState(registers.scr)),
    sif: decode(scrFormat, registers.scr ?? 0n).sif,
    granule: regime.granule,
    ds: regime.ds,
    lpa: hasLpa(features),
    oaBits: regime.oaBits,
    nv1: nested,
    hpd: regime.hpd,
    ...(regime.ds ? { sh: rangeSh(regime.walk.sh) } : {}),
    hwu: regime.hwu,
    pie: regime.pie,
    poe: regime.poe,
    aie: regime.aie,
    pnch: regime.pnch,
    fngy: regime.fngy,
    bti: features.bti,
    bbml: features.bbml,
    ha: regime.ha,
    hd: regime.hd,
    haft: regime.haft,
    wxn: decode(sctlrEl1Format, sctlr).wxn, // bit 19 in every SCTLR_ELx
    pir: registers.pir ?? 0n,
    pire0: registers.pire0 ?? 0n,
    ...overlays(registers),
    mair: registers.mair ?? 'unknown',
    mair2: registers.mair2 ?? 'unknown',
    xs: features.xs,
    mte2: features.mte2,
  };
  return { valid: true, regime, root: stage1Root(ttbr, regime), settings };
}
