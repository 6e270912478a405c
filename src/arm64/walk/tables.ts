/**
 * arm64 translation tables as the shared walker sees them: stage 2 and stage 1 regimes built from the descriptor
 * layouts and readings. The shared level index is `3 - level`.
 */
import { decode } from '../../bits/codec.ts';
import type { Reading } from '../../bits/family.ts';
import { settle } from '../../bits/settings.ts';
import { entryForm, NO_FORM } from '../../walk/entry-form.ts';
import type { Level, Regime } from '../../walk/regime.ts';
import { blockSupported, GRANULE_BITS, leafShift } from '../descriptors/address.ts';
import type { Stage2Permissions } from '../descriptors/permissions.ts';
import {
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Leaf,
  stage2Settings,
  stage2Table,
} from '../descriptors/stage2.ts';

/** Where a stage 2 walk begins and how far it reaches; `stage2Regime` in `regime.ts` computes it from VTCR and VTTBR. */
export interface Stage2Tables {
  /** Everything a descriptor's reading depends on, but the level. */
  readonly settings: Partial<Omit<Stage2Settings, 'level'>>;
  /** First lookup level, -1..3. */
  readonly startLevel: number;
  /** IA bits that the first lookup resolves, concatenation included. */
  readonly indexBits: number;
  /** Base address of the first table, bytes. */
  readonly base: bigint;
}

/** The shared level index of a manual's level, and back: the same subtraction. */
const shared = (level: number): number => 3 - level;

export function stage2Tables({ settings, startLevel, indexBits, base }: Stage2Tables): Regime {
  const common = settle(stage2Settings, settings);
  const at = [3, 2, 1, 0, -1]
    .slice(0, shared(startLevel) + 1)
    .map((level): Stage2Settings => ({ ...common, level }));
  const levels = at.map((s): Level => {
    const { level, granule, oaBits } = s;
    const leafHere = level === 3 || blockSupported(s, level);
    return {
      name: level,
      shift: leafShift(granule, level),
      indexBits: GRANULE_BITS[granule].stride,
      pointsToTable: level === 3 ? () => false : lo => (lo & 3) === 3,
      table: level === 3 ? NO_FORM : entryForm(stage2Table(s), 'next', oaBits),
      leaf: leafHere ? entryForm(stage2Leaf(s), 'oa', oaBits) : NO_FORM,
    };
  });
  return {
    id: 'arm64.stage2',
    title: `arm64 stage 2, ${common.granule}B granule, levels ${startLevel}..3, FWB=${common.fwb}`,
    input: 'ipa',
    output: 'pa',
    entryBytes: 8,
    payload: [0xffff_ffff, 0xffff_ffff],
    levels,
    roots: [{ address: Number(base), level: shared(startLevel), entries: 2 ** indexBits, inputFrame: 0 }],
    read: (word, level) => readStage2(word, at[level] as Stage2Settings),
    classify: reading => ({ kind: kindOf(reading), inherits: 0 }),
    describe: reading => describeStage2(reading as Stage2Reading, common),
    describePayload: reading => softwareNote((reading as Stage2Reading).facts.software),
  };
}

/** A valid descriptor whose address does not fit the output size faults; an invalid one may still carry something. */
function kindOf({ kind, facts, raw }: Reading) {
  if (kind === 'invalid') return raw === 0n ? 'empty' : 'payload';
  if (facts.addressSizeFault) return 'fault';
  return kind === 'table' ? 'table' : 'leaf';
}

/** `rwx`; where EL1 and EL0 differ, `p` is execute at EL1 (privileged) only and `u` at EL0 (unprivileged) only. */
export const stage2Perm = ({ r, w, x1, x0 }: Stage2Permissions): string =>
  `${r ? 'r' : '-'}${w ? 'w' : '-'}${x1 ? (x0 ? 'x' : 'p') : x0 ? 'u' : '-'}`;

function describeStage2(reading: Stage2Reading, s: Stage2Settings) {
  const { format, raw, facts } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const number = (key: string): Record<string, number> =>
    d[key] === undefined ? {} : { [key]: Number(d[key]) };
  return {
    perm: stage2Perm(facts.permissions ?? { r: 0, w: 0, x1: 0, x0: 0 }),
    type: facts.memory ?? '',
    fields: {
      memattr: Number(d.memAttr),
      ...number('s2ap'),
      ...(s.s2pie ? { ...number('piIndex'), ...number('poIndex'), ...number('dirty') } : {}),
      ...number('sh'),
      ...number('af'),
      ...number('dbm'),
      contig: Number(d.contiguous ?? 0),
      ...number('xn'),
      sw: Number((raw >> 55n) & 15n),
    },
  };
}

/** What software's conventions make of an invalid entry, in one line. */
const softwareNote = (readings: Readonly<Record<string, string>> | undefined) =>
  readings
    ? {
        note: Object.entries(readings)
          .map(([who, what]) => `${who}: ${what}`)
          .join('; '),
      }
    : {};
