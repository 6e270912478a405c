/**
 * arm64 translation tables as the shared walker sees them: stage 2 and stage 1 regimes built from the descriptor
 * layouts and readings. The shared level index is `3 - level`.
 */

import { decode, type Finding, fieldReader } from '../../bits/codec.ts';
import type { Reading } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import { split } from '../../bits/word.ts';
import { ALL_FRAMES, framesOfShift } from '../../image/frames.ts';
import { asl } from '../../refs.ts';
import { entryForm, holdsConstant, NO_FORM } from '../../walk/entry-form.ts';
import { type EntryKind, type LeafView, type Level, type Regime, softwareNote } from '../../walk/regime.ts';
import type { EntryConfig } from '../descriptors/common.ts';
import { stage1Perm, stage1Rights, stage2Perm, stage2Rights } from '../descriptors/perm.ts';
import { softwareBits } from '../descriptors/software.ts';
import {
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Leaf,
  stage1Settings,
  stage1Table,
} from '../descriptors/stage1.ts';
import {
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Leaf,
  stage2Settings,
  stage2Table,
} from '../descriptors/stage2.ts';
import { plainWords, stage2PlainWords } from '../memtype/plain-words.ts';
import { alone } from '../memtype/stage2.ts';
import { attributeByte } from '../registers/attributes.ts';
import { blockSupported, GRANULE_BITS, leafShift, upperRange } from '../values/address.ts';
import { decodeAttr, decodeMemAttr, type Memory, type Stage2Wish } from '../values/attributes.ts';
import type { Stage2Permissions } from '../values/permissions.ts';
import { type Tagging, untagged } from '../values/pointer.ts';

/** Where a stage 2 walk begins and how far it reaches; `stage2Setup` in `setup.ts` computes it from VTCR and VTTBR. */
export interface Stage2Tables {
  /** Everything a descriptor's reading depends on, but the level. */
  readonly settings: Partial<Omit<Stage2Settings, 'level'>>;
  /** First lookup level, -1..3. */
  readonly startLevel: number;
  /** IA bits that the first lookup resolves, concatenation included. */
  readonly indexBits: number;
  /** Base address of the first table, bytes. */
  readonly base: bigint;
  /** Why there is no table at that address. */
  readonly fault?: Finding;
  /** What else counts when stage 1 reads its tables; default: nothing. */
  readonly walker?: WalkerControls;
}

/** HCR_EL2.PTW: stage 1 does not read its tables from Device memory. VTCR_EL2.{TL0, TL1}: what its first tables need. */
interface WalkerControls {
  readonly ptw: Bit;
  readonly tl0: Bit;
  readonly tl1: Bit;
}
const NO_CONTROLS: WalkerControls = { ptw: 0, tl0: 0, tl1: 0 };

/** The shared level index of a manual's level, and back: the same subtraction. */
const shared = (level: number): number => 3 - level;

export function stage2Tables({
  settings,
  startLevel,
  indexBits,
  base,
  fault,
  walker = NO_CONTROLS,
}: Stage2Tables): Regime {
  const common = settle(stage2Settings, settings);
  const at = levelsFrom(startLevel).map((level): Stage2Settings => ({ ...common, level }));
  return {
    id: 'arm64.stage2',
    arch: 'arm64',
    stage: 2,
    title: `arm64 stage 2, ${common.granule}B granule, levels ${startLevel}..3, FWB=${common.fwb}`,
    input: 'ipa',
    output: 'pa',
    entryBytes: 8,
    payload: [0xffff_ffff, 0xffff_ffff],
    outputBits: common.oaBits,
    levels: at.map(s => levelOf(s, s.oaBits, stage2Table, stage2Leaf)),
    walker: {
      refused: (leaf, reading, top) =>
        refused(leaf, reading as Stage2Reading, { ...walker, ha: common.ha }, top),
      ref: asl('AArch64.S2CheckPermissions'),
    },
    roots: [
      {
        address: Number(base),
        level: shared(startLevel),
        entries: 2 ** indexBits,
        inputFrame: 0,
        ...(fault ? { fault } : {}),
      },
    ],
    settings: common,
    read: (word, level) => readStage2(word, at[level] as Stage2Settings),
    classify: reading => ({ kind: kindOf(reading), inherits: 0 }), // stage 2 has no hierarchical attributes
    describe: reading => describeStage2(reading as Stage2Reading, common),
    alone: ({ meaning }) => (meaning === undefined ? undefined : alone(meaning as Stage2Wish)),
    perm: stage2Perm,
    plainWords: ({ meaning }) => stage2PlainWords(meaning as Stage2Wish | undefined),
    describePayload: reading => softwareNote((reading as Stage2Reading).facts.software),
  };
}

/** The walker of stage 1 reads, and with HCR_EL2.PTW not from Device memory. */
function refused(
  { rights, meaning, fields }: LeafView,
  { facts }: Stage2Reading,
  { ptw, tl0, tl1, ha }: WalkerControls & { readonly ha: Bit },
  top: 'lower' | 'upper' | undefined,
): string | undefined {
  if (fields.af === 0 && !ha) return 'AF = 0, and hardware does not set it';
  const wish = meaning as Stage2Wish | undefined;
  if (top && wrongTopLevel(facts.permissions, { tl0, tl1 }, top)) return 'not for a first table: TopLevel';
  if (ptw && wish?.is === 'device') return 'Device memory, and HCR_EL2.PTW = 1';
  return rights.EL1?.r ? undefined : 'not readable';
}

/** VTCR_EL2.TL0, TL1: the first tables of each half stand in pages that are marked for them [Arm ARM, R_XLNQX]. */
function wrongTopLevel(
  { tl0 = 0, tl1 = 0 }: Partial<Stage2Permissions> = {},
  controls: Pick<WalkerControls, 'tl0' | 'tl1'>,
  top: 'lower' | 'upper',
): boolean {
  const [own, other, wanted, others] =
    top === 'upper' ? [tl1, tl0, controls.tl1, controls.tl0] : [tl0, tl1, controls.tl0, controls.tl1];
  return own === 0 && (wanted === 1 || (others === 1 && other === 1));
}

interface PointerTags extends Omit<Tagging, 'upper'> {
  /** TCR_ELx.TBID of the range: TBI is for data accesses only. */
  readonly tbid?: Bit;
}

/** A pointer of the other range keeps its tag: it is no address of these tables. */
const untagging =
  ({ tbi, tbid, mtx }: PointerTags, regime: Stage1Settings['regime'], upper: boolean) =>
  (pointer: bigint, fetch: boolean): bigint => {
    const ranges = regime.endsWith('&0') ? 2 : 1;
    if (ranges === 2 && (upperRange(pointer) === 1) !== upper) return pointer;
    return untagged(pointer, { tbi: fetch && tbid ? 0 : tbi, mtx, upper }, ranges);
  };

/** Where a stage 1 walk begins; `stage1Setup` in `setup.ts` computes it from TCR and TTBR. */
export interface Stage1Tables {
  /** Everything a descriptor's reading depends on, but the level and the tables above. */
  readonly settings: Partial<Omit<Stage1Settings, 'level' | 'apTable' | 'x1Table' | 'x0Table' | 'nsTable'>>;
  readonly startLevel: number;
  readonly indexBits: number;
  readonly base: bigint;
  /** Why there is no table at that address. */
  readonly fault?: Finding;
  /** Bits of the input address; with `upper`, the range that ends at the top of the address space (TTBR1). */
  readonly iaBits: number;
  readonly upper: boolean;
  /** `ipa` where a stage 2 follows. */
  readonly output?: 'pa' | 'ipa';
  /** What of a pointer is ignored; default: nothing. */
  readonly tagging?: PointerTags;
}

export function stage1Tables({
  settings,
  startLevel,
  indexBits,
  base,
  fault,
  iaBits,
  upper,
  output = 'pa',
  tagging,
}: Stage1Tables): Regime {
  const common = settle(stage1Settings, settings);
  const at = levelsFrom(startLevel).map((level): Stage1Settings => ({ ...common, level }));
  // one settings object per level and inherited limits, so that layouts and rules see stable objects
  const below = at.map(s =>
    Array.from({ length: 32 }, (_, limits): Stage1Settings => ({ ...s, ...limitsOf(limits) })),
  );
  return {
    id: 'arm64.stage1',
    arch: 'arm64',
    stage: 1,
    forbidsApart: true,
    ...(tagging && (tagging.tbi || tagging.mtx) ? { untag: untagging(tagging, common.regime, upper) } : {}),
    title: `arm64 stage 1 of ${common.regime}, ${upper ? 'upper (TTBR1)' : 'lower (TTBR0)'} range, ${common.granule}B granule, levels ${startLevel}..3`,
    input: 'va',
    output,
    entryBytes: 8,
    payload: [0xffff_ffff, 0xffff_ffff],
    outputBits: common.oaBits,
    levels: at.map(s => levelOf(s, s.oaBits, stage1Table, stage1Leaf)),
    roots: [
      {
        address: Number(base),
        level: shared(startLevel),
        entries: 2 ** indexBits,
        inputFrame: upper ? ALL_FRAMES - framesOfShift(iaBits) : 0,
        ...(fault ? { fault } : {}),
      },
    ],
    settings: common,
    read: (word, level) => readStage1(word, at[level] as Stage1Settings),
    classify: reading => ({
      kind: kindOf(reading),
      inherits: codeOf((reading as Stage1Reading).facts.limits),
    }),
    perm: stage1Perm,
    plainWords: ({ meaning }) => plainWords(meaning as Memory | undefined),
    describe: (reading, level, inherited) => {
      const s = below[level]?.[inherited] as Stage1Settings;
      return describeStage1(inherited ? readStage1(reading.raw, s) : (reading as Stage1Reading), s);
    },
    describePayload: reading => softwareNote((reading as Stage1Reading).facts.software),
  };
}

/** What tables hand down, packed: APTable in [1:0], then PXNTable or XNTable, UXNTable, NSTable. They add up by OR. */
const codeOf = (limits: Stage1Reading['facts']['limits']): number =>
  limits ? limits.ap | (limits.x1 << 2) | (limits.x0 << 3) | (limits.ns << 4) : 0;
const limitsOf = (code: number) => ({
  apTable: code & 3,
  x1Table: bit(code >> 2),
  x0Table: bit(code >> 3),
  nsTable: bit(code >> 4),
});
const bit = (value: number): Bit => (value & 1 ? 1 : 0);

/** The manual's levels that a walk meets, leaf level first. */
const levelsFrom = (startLevel: number): readonly number[] =>
  [3, 2, 1, 0, -1].slice(0, shared(startLevel) + 1);

function levelOf<S extends EntryConfig>(
  s: S,
  oaBits: number,
  table: (s: S) => Format,
  leaf: (s: S) => Format,
): Level {
  const { level, granule } = s;
  return {
    name: level,
    shift: leafShift(granule, level),
    indexBits: GRANULE_BITS[granule].stride,
    pointsToTable: level === 3 ? () => false : holdsConstant(table(s), 'type'),
    table: level === 3 ? NO_FORM : entryForm(table(s), 'next', oaBits),
    leaf: level === 3 || blockSupported(s, level) ? entryForm(leaf(s), 'oa', oaBits) : NO_FORM,
  };
}

/** A valid descriptor whose address does not fit the output size faults; an invalid one may still carry something. */
function kindOf({ kind, facts, raw }: Reading): EntryKind {
  if (kind === 'invalid') return raw === 0n ? 'empty' : 'payload';
  if (facts.addressSizeFault || kind === 'vmsav9-128') return 'fault';
  return kind === 'table' ? 'table' : 'leaf';
}

/** [54:53], with or without FEAT_XNX: without, XN is bit 54 and bit 53 is RES0. */
const executeNever = (format: Format, raw: bigint, { xnx }: Stage2Settings): number => {
  const read = (key: string): number => fieldReader(format, key)(...split(raw));
  return xnx ? read('xn') : 2 * read('xn') + read('res53');
};

function describeStage2(reading: Stage2Reading, s: Stage2Settings): LeafView {
  const { format, raw, facts } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const number = (key: string): Record<string, number> =>
    d[key] === undefined ? {} : { [key]: Number(d[key]) };
  const rights = stage2Rights(facts.permissions);
  const { wish } = decodeMemAttr(Number(d.memAttr), s);
  return {
    rights,
    perm: stage2Perm(rights),
    type: facts.memory ?? '',
    ...(wish ? { meaning: wish } : {}),
    fields: {
      memattr: Number(d.memAttr),
      ...number('s2ap'),
      ...(s.s2pie ? { ...number('piIndex'), ...number('poIndex'), ...number('dirty') } : {}),
      ...number('sh'),
      ...number('af'),
      ...number('dbm'),
      contig: Number(d.contiguous ?? 0),
      ...(s.s2pie ? {} : { xn: executeNever(format, raw, s) }),
      sw: softwareBits(format, raw),
    },
  };
}

function describeStage1(reading: Stage1Reading, s: Stage1Settings): LeafView {
  const { format, raw, facts } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const number = (key: string, name = key.toLowerCase()): Record<string, number> =>
    d[key] === undefined ? {} : { [name]: Number(d[key]) };
  const attrIndx = Number(d.attrIndx);
  const byte = attributeByte(attrIndx, s);
  const rights = stage1Rights(facts.permissions, s);
  const memory = byte === undefined ? undefined : decodeAttr(byte, s);
  return {
    rights,
    perm: stage1Perm(rights),
    type: facts.memory ?? `AttrIndx ${attrIndx}`,
    ...(memory ? { meaning: memory } : {}),
    fields: {
      attrindx: attrIndx,
      ...(byte === undefined ? {} : { attr: `0x${byte.toString(16).padStart(2, '0')}` }),
      ...number('ns'),
      ...number('ap'),
      ...number('ap2'),
      ...number('sh'),
      af: Number(d.af),
      ...number('nG'),
      ...number('gp'),
      ...number('dbm'),
      contig: Number(d.contiguous ?? 0),
      ...number('pxn'),
      ...number('uxn'),
      ...number('xn'),
      ...number('piIndex', 'piIndex'),
      sw: softwareBits(format, raw),
    },
  };
}
