/** Judges for the arm64 vector families: their formats are described in `fixtures/vectors/arm64/README.md`. */
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
  const res0 = bitNumbers(reading.findings.filter(({ id }) => id === 'res0-set').map(({ bits }) => bits));
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

export const arm64Families: readonly VectorFamily[] = [
  {
    name: 's2-desc',
    judge: ({ cfg, desc, out }: DescriptorVector) => {
      const s = settingsOf(cfg);
      return differences(out, stage2Answer(readStage2(BigInt(desc), s), s));
    },
  },
];
