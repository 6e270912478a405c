/** Judges for the arm64 vector families: their formats are described in `fixtures/vectors/arm64/README.md`. */

import {
  effectiveAp,
  effectiveApTable,
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Settings,
} from '../arm64/descriptors/stage1.ts';
import {
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Settings,
} from '../arm64/descriptors/stage2.ts';
import { decode } from '../bits/codec.ts';
import { settle } from '../bits/settings.ts';
import { bitNumbers, differences, type VectorFamily } from './family.ts';

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
    dirtyState: facts.dirtyState,
    xn: d.xn,
    piIndex: d.piIndex,
    dirty: d.dirty,
    poIndex: d.poIndex,
    perm: facts.permissions,
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
    dirtyState: facts.dirtyState,
    piIndex: d.piIndex,
    nDirty: d.nDirty,
    uxn: d.uxn,
    pxn: d.pxn,
    xn: d.xn,
    ap: (d.ap ?? d.ap2) === undefined ? undefined : effectiveAp(d, s),
    priv: facts.permissions?.priv,
    unpriv: facts.permissions?.unpriv,
    poIndex: d.poIndex,
    amec: d.ns ? undefined : d.amec,
    pbha: s.hpd && !s.poe ? (d.pbha ?? 0) & s.hwu : undefined,
    sw: Number((reading.raw >> 55n) & 15n),
    res0,
    res1: res1.length > 0 ? res1 : undefined,
  };
}

export const arm64Families: readonly VectorFamily[] = [
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
