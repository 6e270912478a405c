/** Judges for the arm64 vector families: their formats are described in `fixtures/vectors/arm64/README.md`. */

import {
  effectiveAp,
  effectiveApTable,
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Settings,
} from '../../../src/arm64/descriptors/stage1.ts';
import {
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Settings,
} from '../../../src/arm64/descriptors/stage2.ts';
import { combineStages } from '../../../src/arm64/memtype/combine.ts';
import { NO_HYPERVISOR } from '../../../src/arm64/memtype/control.ts';
import { effective } from '../../../src/arm64/memtype/effective.ts';
import type { Effective } from '../../../src/arm64/memtype/meaning.ts';
import { parAttr } from '../../../src/arm64/memtype/par.ts';
import { s1DecodeMemAttrs } from '../../../src/arm64/memtype/stage1.ts';
import { s2DecodeMemAttrs } from '../../../src/arm64/memtype/stage2.ts';
import { tcrEl1Format, tcrEl2Format } from '../../../src/arm64/registers/control.ts';
import { FEATURE_SETS, type FeatureSet } from '../../../src/arm64/registers/features.ts';
import { type AttributeFeatures, decodeAttr } from '../../../src/arm64/values/attributes.ts';
import { RGN } from '../../../src/arm64/values/codes.ts';
import { type Stage1Regime, stage1Regime, stage2Regime } from '../../../src/arm64/walk/regime.ts';
import { check, decode } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import type { Bit } from '../../../src/bits/spec.ts';
import { bitNumbers, type Context, differences, type VectorFamily } from './family.ts';

type Cfg = Record<string, string | number>;
interface DescriptorVector {
  readonly cfg: Cfg;
  readonly desc: string;
  readonly out: Record<string, unknown>;
}

/** The vectors' short names for the memory attributes of a stage 2 entry. */
function stage2Mem(memory: string): string {
  if (memory.startsWith('reserved')) return 'reserved';
  const nta = memory.includes('NoTagAccess') ? '+nta' : '';
  if (memory.startsWith('Device-')) return `dev-${memory.slice(7).split(' ')[0]}`;
  const [, outer, inner] = /^Normal o(\w\w) i(\w\w)/.exec(memory) ?? [];
  if (outer) return `o${outer}-i${inner}${nta}`;
  return `${memory.startsWith('stage 1') ? 'fwb-s1' : memory.startsWith('Normal WB') ? 'fwb-wb' : 'fwb-nc'}${nta}`;
}

const settingsOf = (cfg: Cfg): Stage2Settings => {
  const { s2pir = '0x0', s2por = '0x0', ...rest } = cfg;
  return settle(stage2Settings, {
    ...(rest as Partial<Stage2Settings>),
    s2pir: BigInt(s2pir),
    s2por: BigInt(s2por),
  });
};

function stage2Answer(reading: Stage2Reading, s: Stage2Settings): Record<string, unknown> {
  const { kind, facts } = reading;
  if (kind === 'invalid') return { kind, reason: facts.reason };
  const d = decode(reading.format, reading.raw) as Record<string, number | undefined>;
  const res0 = bitsOf(reading, 'res0-set');
  if (kind === 'table')
    return { kind, next: facts.next, addrSizeFault: facts.addressSizeFault, af: d.af, res0 };
  const group = facts.contiguousBytes;
  return {
    kind,
    oa: facts.oa,
    size: facts.size,
    addrSizeFault: facts.addressSizeFault,
    memAttr: d.memAttr,
    mem: stage2Mem(facts.memory ?? ''),
    sh: d.sh ?? null,
    af: d.af,
    fnxs: d.fnXS,
    s2ap: d.s2ap,
    dbm: d.dbm,
    dirtyState: d.piIndex === undefined ? facts.dirtyState : undefined,
    xn: d.xn,
    piIndex: d.piIndex,
    dirty: d.dirty,
    poIndex: d.poIndex,
    perm: facts.granted ?? facts.permissions,
    contiguous: group === undefined ? 0 : 1,
    contigRange: group,
    nT: d.nT,
    ns: d.ns,
    amec: d.ns ? undefined : d.amec,
    pbha: d.poIndex === undefined ? (d.pbha ?? 0) & s.hwu : undefined,
    assuredOnly: d.assuredOnly,
    sw: Number((reading.raw >> 55n) & 15n),
    res0,
  };
}

const bitsOf = ({ findings }: Stage2Reading | Stage1Reading, id: string): number[] =>
  bitNumbers(findings.filter(finding => finding.id === id).map(({ bits }) => bits));

const stage1SettingsOf = (cfg: Stage1Cfg): Stage1Settings => {
  const { pir = '0x0', pire0 = '0x0', inherit, ...rest } = cfg;
  return settle(stage1Settings, {
    ...(rest as Partial<Stage1Settings>),
    pir: BigInt(pir),
    pire0: BigInt(pire0),
    apTable: inherit.ap,
    x1Table: inherit.x1,
    x0Table: inherit.x0,
  });
};
type Stage1Cfg = Record<string, string | number> & {
  readonly inherit: { readonly ap: number; readonly x1: 0 | 1; readonly x0: 0 | 1 };
};

function stage1Answer(reading: Stage1Reading, s: Stage1Settings): Record<string, unknown> {
  const { kind, facts } = reading;
  const d = decode(reading.format, reading.raw) as Record<string, number>;
  if (kind === 'invalid') return { kind, reason: facts.reason, protected: d.protected };
  const res0 = bitsOf(reading, 'res0-set');
  if (kind === 'table')
    return {
      kind,
      next: facts.next,
      addrSizeFault: facts.addressSizeFault,
      nsTable: d.nsTable,
      apTable: (d.apTable ?? d.apTable1) === undefined ? undefined : effectiveApTable(d, s),
      uxnTable: d.uxnTable,
      pxnTable: d.pxnTable,
      xnTable: d.xnTable,
      af: d.af,
      protected: d.protected,
      res0,
    };
  const group = facts.contiguousBytes;
  const res1 = bitsOf(reading, 'res1-clear');
  return {
    kind,
    oa: facts.oa,
    size: facts.size,
    addrSizeFault: facts.addressSizeFault,
    attrIndx: d.attrIndx,
    ns: d.ns,
    nse: d.nse,
    pas: facts.pas,
    sh: d.sh ?? null,
    af: d.af,
    nG: d.nG,
    gp: d.gp,
    nT: d.nT,
    protected: d.protected,
    contiguous: group === undefined ? 0 : 1,
    contigRange: group,
    dbm: d.dbm,
    dirtyState: d.piIndex === undefined ? facts.dirtyState : undefined,
    piIndex: d.piIndex,
    nDirty: d.nDirty,
    uxn: d.uxn,
    pxn: d.pxn,
    xn: d.xn,
    ap: (d.ap ?? d.ap2) === undefined ? undefined : effectiveAp(d, s),
    priv: (facts.granted ?? facts.permissions)?.priv,
    unpriv: (facts.granted ?? facts.permissions)?.unpriv,
    poIndex: d.poIndex,
    amec: d.ns ? undefined : d.amec,
    pbha: s.hpd && !s.poe ? (d.pbha ?? 0) & s.hwu : undefined,
    sw: Number((reading.raw >> 55n) & 15n),
    res0,
    res1: res1.length > 0 ? res1 : undefined,
  };
}

const SH_NAMES = ['NSH', 'reserved', 'OSH', 'ISH'];

interface VtcrVector {
  readonly feat: FeatureSet;
  readonly vtcr: string;
  readonly out: Record<string, unknown>;
}
function vtcrAnswer({ feat, vtcr }: VtcrVector): Record<string, unknown> {
  const regime = stage2Regime({ vtcr: BigInt(vtcr), features: FEATURE_SETS[feat] });
  const { t0sz, sl0, walk, vmid16, ha, hd, hwu, granule, ds, sl2, iaBits, oaBits } = regime;
  return {
    t0sz,
    sl0,
    irgn0: RGN[walk.irgn],
    orgn0: RGN[walk.orgn],
    sh0: SH_NAMES[walk.sh],
    vmid16,
    ha,
    hd,
    hwu,
    granule,
    ds,
    sl2,
    res0Fields: regime.res0Fields?.length ? regime.res0Fields : undefined,
    iaBits,
    oaBits,
    startLevel: regime.startLevel,
    valid: regime.valid,
    ...(regime.valid
      ? {
          indexBits: regime.indexBits,
          concat: regime.concat,
          tableBytes: regime.tableBytes,
          baddr52: regime.baddr52,
          baseAlign: regime.baseAlign,
        }
      : { reason: regime.reason, t0szMin: regime.t0szMin, t0szMax: regime.t0szMax }),
  };
}

interface TcrVector {
  readonly reg: 'TCR_EL1' | 'TCR_EL2';
  readonly e2h?: number;
  readonly feat: FeatureSet;
  readonly value: string;
  readonly out: Record<string, unknown>;
}
const rangeAnswer = (regime: Stage1Regime): Record<string, unknown> => ({
  tsz: regime.tsz,
  granule: regime.granule,
  ds: regime.ds,
  iaBits: regime.iaBits,
  oaBits: regime.oaBits,
  valid: regime.valid,
  ...(regime.valid
    ? { startLevel: regime.startLevel, indexBits: regime.indexBits, tableBytes: regime.tableBytes }
    : { reason: regime.reason, tszMin: regime.tszMin, tszMax: regime.tszMax }),
  irgn: RGN[regime.walk.irgn],
  orgn: RGN[regime.walk.orgn],
  sh: SH_NAMES[regime.walk.sh],
  tbi: regime.tbi,
  tbid: regime.tbid,
  hpd: regime.hpd,
  hwu: regime.hwu,
});
function tcrAnswer({ reg, e2h, feat, value }: TcrVector): Record<string, unknown> {
  const tcr = BigInt(value);
  const features = FEATURE_SETS[feat];
  const range = (range: 0 | 1): Stage1Regime =>
    stage1Regime({
      regime: reg === 'TCR_EL1' ? 'EL1&0' : e2h === 0 ? 'EL2' : 'EL2&0',
      tcr,
      range,
      features,
    });
  const r0 = range(0);
  const { ha, hd } = r0;
  if (reg === 'TCR_EL1' || e2h !== 0) {
    const d = decode(tcrEl1Format, tcr);
    const r1 = range(1);
    return {
      r0: { ...rangeAnswer(r0), epd: r0.epd },
      r1: { ...rangeAnswer(r1), epd: r1.epd },
      ips: d.ips,
      a1: d.a1,
      as16: d.as,
      ha,
      hd,
      dsRaw: d.ds,
    };
  }
  const d = decode(tcrEl2Format, tcr);
  const clear = check(tcrEl2Format, tcr).filter(({ id }) => id === 'res1-clear');
  const res1 = bitNumbers(clear.map(({ bits }) => bits));
  return { r0: { ...rangeAnswer(r0), res1 }, ps: d.ps, ha, hd, dsRaw: d.ds };
}

type Profile = 'base' | 'xs-mte' | 'xs-mte-perm';
/** FEAT_XS and FEAT_MTE2 of a vector profile. */
const attributeFeatures = (profile: Profile): AttributeFeatures =>
  profile === 'base' ? { xs: 0, mte2: 0 } : { xs: 1, mte2: 1 };

interface MairVector {
  readonly mair: string;
  readonly out: Readonly<Record<string, unknown>>;
}
const mairAnswer = ({ mair, out }: MairVector): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(out).map(profile => {
      const memory = decodeAttr(Number(mair), attributeFeatures(profile as Profile));
      return [profile, memory ? { ...memory, status: 'ok' } : { status: 'unpredictable' }];
    }),
  );

/** An effective type in the vectors' words. `par` where the vector gives it. */
function effectiveAnswer(
  effective: Effective,
  profile: Profile,
  extra: { readonly doubts: boolean; readonly par: boolean },
): Record<string, unknown> {
  if (effective.is !== 'ok') return { status: effective.is, why: effective.why };
  const { memory, sh, doubts, noTagAccess, res0Set } = effective;
  const { type, xs, tagged } = memory;
  return {
    status: 'ok',
    type,
    ...(memory.type === 'device' ? { device: memory.device } : { outer: memory.outer, inner: memory.inner }),
    sh,
    tagged,
    xs,
    ...(extra.doubts && doubts.length > 0 ? { shWhy: doubts } : {}),
    ...(profile === 'xs-mte-perm' ? { noTagAccess } : {}),
    ...(res0Set ? { res0MemAttr3: 1 } : {}),
    ...(extra.par ? { par: parAttr(memory, noTagAccess) } : {}),
  };
}

interface CombineVector {
  readonly p: Profile;
  readonly mair: string;
  readonly s1sh: number;
  readonly fwb: 0 | 1;
  /** Legend ids by `MemAttr * 4 + SH`. */
  readonly r: readonly number[];
}
interface LegendRow extends Record<string, unknown> {
  readonly id: number;
  readonly par?: string;
}
const legends = new WeakMap<Context, ReadonlyMap<number, LegendRow>>();
function legendOf(context: Context): ReadonlyMap<number, LegendRow> {
  let legend = legends.get(context);
  if (!legend) {
    const rows = context.siblings('s1s2-combine.legend.jsonl') as readonly LegendRow[];
    legend = new Map(rows.map(row => [row.id, row]));
    legends.set(context, legend);
  }
  return legend;
}
function combineDifferences({ p, mair, s1sh, fwb, r }: CombineVector, context: Context): string[] {
  const mtePerm = p === 'xs-mte-perm' ? 1 : 0;
  const s1 = s1DecodeMemAttrs(Number(mair), s1sh, attributeFeatures(p)).value;
  return r.flatMap((id, cell) => {
    const { id: _id, par, ...want } = legendOf(context).get(id) ?? { id, missing: 'no such legend row' };
    const s2 = s2DecodeMemAttrs(cell >> 2, cell & 3, 0, { fwb, mtePerm }).value;
    const got = effectiveAnswer(combineStages(s1, s2).value, p, { doubts: true, par: par !== undefined });
    const expected = par === undefined ? want : { ...want, par: Number(par) };
    return differences(expected, got).map(text => `MemAttr ${cell >> 2} SH ${cell & 3}: ${text}`);
  });
}

interface ResolveVector {
  readonly p: Profile;
  readonly in: {
    readonly access: 'data' | 'ifetch';
    readonly hcr: Readonly<Record<'VM' | 'DC' | 'DCT' | 'CD' | 'ID' | 'FWB', Bit>>;
    readonly sctlr: Readonly<Record<'M' | 'C' | 'I', Bit>>;
    readonly mair: string;
    readonly s1sh: number;
    readonly s2attr: number;
    readonly s2sh: number;
    readonly fnxs: Bit;
  };
  readonly out: Record<string, unknown>;
}
function resolveAnswer({ p, in: q }: ResolveVector): Record<string, unknown> {
  const { VM, DC, DCT, CD, ID, FWB } = q.hcr;
  const answer = effective({
    ...q,
    hcr: { ...NO_HYPERVISOR, vm: VM, dc: DC, dct: DCT, cd: CD, id: ID, fwb: FWB },
    sctlr: { m: q.sctlr.M, c: q.sctlr.C, i: q.sctlr.I },
    mair: Number(q.mair),
    features: attributeFeatures(p),
    mtePerm: p === 'xs-mte-perm' ? 1 : 0,
  }).value;
  return effectiveAnswer(answer, p, { doubts: false, par: false });
}

export const arm64Families: readonly VectorFamily[] = [
  { name: 'mair', judge: (v: MairVector) => differences(v.out, mairAnswer(v)) },
  { name: 's1s2-combine', judge: combineDifferences },
  { name: 'resolve', judge: (v: ResolveVector) => differences(v.out, resolveAnswer(v)) },
  { name: 'vtcr', judge: (v: VtcrVector) => differences(v.out, vtcrAnswer(v)) },
  { name: 'tcr', judge: (v: TcrVector) => differences(v.out, tcrAnswer(v)) },
  {
    name: 's1-desc',
    judge: ({ cfg, desc, out }: DescriptorVector & { cfg: Stage1Cfg }) => {
      const s = stage1SettingsOf(cfg);
      return differences(out, stage1Answer(readStage1(BigInt(desc), s), s));
    },
  },
  {
    name: 's2-desc',
    judge: ({ cfg, desc, out }: DescriptorVector) => {
      const s = settingsOf(cfg);
      return differences(out, stage2Answer(readStage2(BigInt(desc), s), s));
    },
  },
];
