/**
 * Stage 2 descriptors of VMSAv8-64, drawn as in the manual: Table [Arm ARM, Table D8-51], Block and Page [Table D8-53],
 * Invalid [Table D8-55]. Read the row groups from bit 63 down beside the drawing.
 */
import { check, decode, type Finding } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { type Format, format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { choice, integer, known, register, type Settings, settle, toggle } from '../../bits/settings.ts';
import {
  bits,
  choose,
  fixed,
  flag,
  ignored,
  res0,
  reserved,
  scattered,
  software,
  softwareWide,
  type ValueTable,
} from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { permissionOf } from '../registers/permissions.ts';
import {
  addressSizeFinding,
  blockAddress,
  blockSupported,
  contiguousEntries,
  GRANULES,
  hasShareability,
  pageAddress,
  tableAddress,
} from '../values/address.ts';
import { decodeMemAttr } from '../values/attributes.ts';
import { RANGE_SH, rangeShareability, SH, valueName } from '../values/codes.ts';
import {
  type DirtyState,
  directStage2,
  dirtyState,
  overlaid,
  type Stage2Permissions,
  stage2Nibble,
} from '../values/permissions.ts';
import {
  accessFindings,
  cleanFinding,
  contiguousFinding,
  descriptorKind,
  entryForm,
  groupBytes,
  type InvalidReason,
  invalidTypeFindings,
  leafBytes,
} from './common.ts';
import { names } from './names.ts';
import {
  kvmAnnotations,
  ownerSetting,
  pkvmPageState,
  rmmState,
  type SoftwareReading,
  writtenBy,
  xenPage,
} from './software.ts';
import { refused128, vmsa128 } from './vmsa128.ts';

// ------------------------------------------------------------------------------------------------ value tables

/** MemAttr[3:0] with HCR_EL2.FWB = 0: [3:2] is outer, [1:0] inner; 0b00xx is Device [Arm ARM, Table D8-96]. */
export const MEMATTR: ValueTable = [
  'Device-nGnRnE',
  'Device-nGnRE',
  'Device-nGRE',
  'Device-GRE',
  reserved('Reserved (FEAT_MTE_PERM is not in use)', arm('Table D8-96')),
  'Normal oNC iNC',
  'Normal oNC iWT',
  'Normal oNC iWB',
  reserved('Reserved', arm('Table D8-96')),
  'Normal oWT iNC',
  'Normal oWT iWT',
  'Normal oWT iWB',
  reserved('Reserved', arm('Table D8-96')),
  'Normal oWB iNC',
  'Normal oWB iWT',
  'Normal oWB iWB',
];

/** The same with FEAT_MTE_PERM: 0b0100 becomes Normal Write-Back that denies tag access. */
export const MEMATTR_MTE_PERM: ValueTable = MEMATTR.map((value, code) =>
  code === 4 ? 'Normal oWB iWB NoTagAccess' : value,
);

const FWB_LOW: ValueTable = [
  'Device-nGnRnE combined with stage 1',
  'Device-nGnRE combined with stage 1',
  'Device-nGRE combined with stage 1',
  'Device-GRE combined with stage 1',
  reserved('Reserved', arm('Table D8-100')),
  'Normal NC, or the stage 1 Device type',
  'Normal WB forced',
  'stage 1 attributes',
];

/** MemAttr[3:0] with HCR_EL2.FWB = 1: bit 3 is RES0 and the low three bits decide [Arm ARM, R_ZNGNK, Table D8-100]. */
export const MEMATTR_FWB: ValueTable = [...FWB_LOW, ...FWB_LOW];

/** MemAttr[3:0] with HCR_EL2.FWB = 1 and FEAT_MTE_PERM [Arm ARM, R_NQDNZ, Table D8-101]. */
export const MEMATTR_FWB_MTE_PERM: ValueTable = [
  ...FWB_LOW,
  ...Array.from({ length: 6 }, () => reserved('Reserved', arm('Table D8-101'))),
  'Normal WB forced, NoTagAccess if Tagged',
  'stage 1 attributes, NoTagAccess if Tagged',
];

export const S2AP: ValueTable = ['no data access', 'read-only', 'write-only', 'read/write'];
export const XNX: ValueTable = [
  'execute at EL1 and EL0',
  'execute at EL0 only',
  'execute never',
  'execute at EL1 only',
];
// ---------------------------------------------------------------------------------------------------- settings

export const stage2Settings = {
  granule: choice(GRANULES, 'Translation granule: VTCR_EL2.TG0', '4K'),
  level: integer(-1, 3, 'Lookup level of the table that holds the entry', 3),
  ds: toggle('Effective VTCR_EL2.DS: 52-bit addresses for 4KB and 16KB (FEAT_LPA2)', 0),
  lpa: toggle('FEAT_LPA: 64KB descriptors carry A[51:48] in [15:12]', 0),
  oaBits: integer(32, 56, 'Effective output address size: VTCR_EL2.PS', 48),
  fwb: toggle('HCR_EL2.FWB', 0),
  mtePerm: toggle('FEAT_MTE_PERM', 0),
  xnx: toggle('FEAT_XNX', 1),
  xs: toggle('FEAT_XS: bit 11 is FnXS', 1),
  bbml: toggle('FEAT_BBML1: bit 16 of blocks is nT', 1),
  s2pie: toggle('Effective VTCR_EL2.S2PIE: indirect permissions', 0),
  s2poe: toggle('Effective VTCR_EL2.S2POE: permission overlays (needs S2PIE)', 0),
  s2pir: register('S2PIR_EL2'),
  s2por: register('S2POR_EL1'),
  ha: toggle('VTCR_EL2.HA: hardware sets the Access flag', 0),
  hd: toggle('Effective VTCR_EL2.HD: hardware manages dirty state', 0),
  haft: toggle('Effective VTCR_EL2.HAFT: Access flag in tables', 0),
  ss: choice(['ns', 'secure', 'realm'], 'Security state of the stage 2', 'ns'),
  sh: choice(RANGE_SH, 'VTCR_EL2.SH0: the shareability of everything where DS = 1', 'unknown'),
  hwu: integer(0, 15, 'VTCR_EL2.HWU62..HWU59 as a mask: which PBHA bits are used', 0),
  assuredOnly: toggle('VTCR_EL2.AssuredOnly (FEAT_THE)', 0),
  ia: known('Input address that the entry translates: checks its place in a Contiguous group'),
  d128: toggle('Effective VTCR_EL2.D128: VMSAv9-128 descriptors', 0),
  owner: ownerSetting,
} as const;
export type Stage2Settings = Settings<typeof stage2Settings>;

// --------------------------------------------------------------------------------------------------------- rows

/** [63]: AMEC in Realm state (then RES0 where NS=1, which the reading checks). */
const top = {
  realm: { amec: flag(63, 'AMEC', { note: 'the alternate encryption context', ref: arm('FEAT_MEC') }) },
  other: { res63: res0(63) },
};

/** [62:59] */
const upper = {
  overlay: {
    poIndex: bits(62, 59, 'POIndex[3:0]', { note: 'which nibble of S2POR_EL1', ref: arm('Table D8-83') }),
  },
  pbha: { pbha: bits(62, 59, 'PBHA[3:0]', { note: 'each bit only where its HWUnn is 1' }) },
  unused: { smmu: ignored(62, 60, { note: 'for the System MMU' }), ign59: ignored(59) },
};

/** [58:55] */
const softwareRows = {
  assured: {
    assuredOnly: flag(58, 'AssuredOnly', {
      note: 'only assured stage 1 translations may use it',
      ref: arm('FEAT_THE'),
    }),
  },
  sw58: { sw58: software(58) },
  sw57: { sw57: software(57, 56) },
  realm: { ns: flag(55, 'NS', { note: 'the output address is in Non-secure memory' }) },
  sw55: { sw55: software(55) },
};

/** [54:53], [51], [7:6]: permissions, direct (with and without FEAT_XNX) and indirect */
const permission = {
  xnx: {
    xn: bits(54, 53, 'XN[1:0]', { values: XNX, ref: arm('Table D8-77') }),
    dbm: flag(51, 'DBM', { note: 'with HD: hardware makes the page writable when it is written' }),
    s2ap: bits(7, 6, 'S2AP[1:0]', { values: S2AP, ref: arm('Table D8-76') }),
  },
  noXnx: {
    xn: flag(54, 'XN', { values: ['execute at EL1 and EL0', 'execute never'] }),
    res53: res0(53),
    dbm: flag(51, 'DBM', { note: 'with HD: hardware makes the page writable when it is written' }),
    s2ap: bits(7, 6, 'S2AP[1:0]', { values: S2AP, ref: arm('Table D8-76') }),
  },
  indirect: {
    piIndex: scattered(
      'PIIndex[3:0]',
      [
        [54, 53],
        [51, 51],
        [6, 6],
      ],
      { note: 'which nibble of S2PIR_EL2', ref: arm('Table D8-82') },
    ),
    dirty: flag(7, 'Dirty', { values: ['clean', 'dirty'] }),
  },
};

/** [52], [11:8], [5:2] */
const contiguous = {
  group: {
    contiguous: flag(52, 'Contiguous', { note: 'one of a group of entries that one TLB entry may hold' }),
  },
  none: { res52: res0(52) },
};
const memAttrTable = ({ fwb, mtePerm }: Pick<Stage2Settings, 'fwb' | 'mtePerm'>): ValueTable =>
  fwb ? (mtePerm ? MEMATTR_FWB_MTE_PERM : MEMATTR_FWB) : mtePerm ? MEMATTR_MTE_PERM : MEMATTR;
const xs = {
  feature: { fnXS: flag(11, 'FnXS', { note: 'XS is 0, whatever stage 1 says', ref: arm('FEAT_XS') }) },
  none: { res11: res0(11) },
};
const sh = { sh: bits(9, 8, 'SH[1:0]', { values: SH }) };

/** Block and Page descriptors, bit 63 down to bit 0. */
function leafRows(kind: 'block' | 'page', s: Stage2Settings) {
  return {
    ...choose(s.ss === 'realm', top.realm, top.other),
    ...choose(s.s2pie && s.s2poe, upper.overlay, choose(s.hwu, upper.pbha, upper.unused)),
    ...choose(s.assuredOnly, softwareRows.assured, softwareRows.sw58),
    ...softwareRows.sw57,
    ...choose(s.ss === 'realm', softwareRows.realm, softwareRows.sw55),
    ...choose(s.s2pie, permission.indirect, choose(s.xnx, permission.xnx, permission.noXnx)),
    ...choose(contiguousEntries(s.granule, s.level) > 1, contiguous.group, contiguous.none),
    res50: res0(50),
    ...(kind === 'block' ? blockAddress(s, s.level) : pageAddress(s)),
    ...choose(s.xs, xs.feature, xs.none),
    af: flag(10, 'AF', { note: '0: the first access faults, or hardware sets it' }),
    ...choose(hasShareability(s), sh, {}),
    memAttr: bits(5, 2, 'MemAttr[3:0]', { values: memAttrTable(s) }),
    type: fixed(1, 0, kind === 'block' ? 0b01 : 0b11, 'descriptor type'),
  };
}

/** Table descriptors. Stage 2 has no hierarchical attributes. */
function tableRows(s: Stage2Settings) {
  return {
    res63: res0(63),
    ...choose(s.s2pie, { ign59: ignored(62, 59) }, { res59: res0(62, 59) }),
    ign51: ignored(58, 51),
    res50: res0(50),
    ...tableAddress(s),
    ign11: ignored(11),
    ...choose(
      s.haft,
      { af: flag(10, 'AF', { note: '0: the first access faults, or hardware sets it' }) },
      { ign10: ignored(10) },
    ),
    ...choose(hasShareability(s), { ign8: ignored(9, 8) }, {}),
    ign2: ignored(7, 2),
    type: fixed(1, 0, 0b11, 'descriptor type'),
  };
}

const invalid = format(
  'arm64.stage2.invalid',
  { title: 'stage 2 Invalid descriptor', ref: arm('Table D8-55') },
  () => ({ payload: softwareWide(63, 1, 'software[63:1]'), valid: fixed(0, 0, 0, 'valid') }),
);
/** [1:0] = 01 where no Block can be: level 3, or a level without blocks. Treated as Invalid. */
const invalidType = format(
  'arm64.stage2.invalid-type',
  { title: 'stage 2 descriptor with a reserved type, treated as Invalid', ref: arm('Table D8-54') },
  () => ({ payload: softwareWide(63, 2, 'software[63:2]'), type: fixed(1, 0, 0b01, 'descriptor type') }),
);

/** The Block or Page layout under these settings. Call it only where `blockSupported` or level 3 allows one. */
export const stage2Leaf = perSettings((s: Stage2Settings) => {
  const kind = s.level === 3 ? 'page' : 'block';
  return format(
    `arm64.stage2.${kind}`,
    {
      title: `stage 2 ${kind === 'page' ? 'Page' : 'Block'} descriptor, ${entryForm(s)}`,
      ref: arm('Table D8-53'),
    },
    leafRows(kind, s),
  );
});

/** The Table layout under these settings. */
export const stage2Table = perSettings((s: Stage2Settings) =>
  format(
    'arm64.stage2.table',
    { title: `stage 2 Table descriptor, ${entryForm(s)}`, ref: arm('Table D8-51') },
    tableRows(s),
  ),
);

// ------------------------------------------------------------------------------------------------------ reading

export type Stage2Kind = 'invalid' | 'table' | 'block' | 'page' | 'vmsav9-128';

/** What the fields of a stage 2 descriptor add up to. Addresses and sizes in bytes. */
export type Stage2Facts = {
  /** Why a word is no valid descriptor. */
  readonly reason?: InvalidReason;
  /** Who owns an invalid entry with a payload, and pKVM's state of a page. */
  readonly software?: SoftwareReading;
  /** Next-level table (tables). */
  readonly next?: bigint;
  /** Output address and bytes mapped (leaves). */
  readonly oa?: bigint;
  readonly size?: bigint;
  /** The address does not fit the output size: the access takes an Address size fault. */
  readonly addressSizeFault?: boolean;
  /** MemAttr by name, under this HCR_EL2.FWB. */
  readonly memory?: string;
  /** SH by name; with DS=1 the descriptor has none: VTCR_EL2.SH0 decides. */
  readonly shareability?: string;
  /** What an access gets now, the dirty state included. */
  readonly permissions?: Stage2Permissions;
  /** What S2PIR_EL2 and S2POR_EL1 grant, where the dirty state takes the write; absent where that is the same. */
  readonly granted?: Stage2Permissions;
  readonly dirtyState?: DirtyState;
  /** Bytes that the Contiguous group spans; absent where the bit is clear or has no effect. */
  readonly contiguousBytes?: bigint;
};
export type Stage2Reading = Reading<Stage2Facts, Stage2Kind>;

/** Read one stage 2 descriptor. Answers every word; what is wrong with it stands in the findings. */
export function readStage2(word: Word, s: Stage2Settings): Stage2Reading {
  if (s.d128) return refused128(word, 'VTCR_EL2.D128');
  const [kind, reason = 'bit0-clear'] = descriptorKind(word, s);
  switch (kind) {
    case 'invalid':
      return readInvalid(word, s, reason);
    case 'table':
      return readTable(word, s);
    default:
      return readLeaf(word, s, kind);
  }
}

function readInvalid(word: Word, s: Stage2Settings, reason: InvalidReason): Stage2Reading {
  // the tables of a Realm are RMM's: KVM cannot write them
  const state = writtenBy(s.owner, s.ss === 'realm' ? rmmState(word) : kvmAnnotations(word));
  const facts: Stage2Facts = { reason, ...(state ? { software: state } : {}) };
  const layout = reason === 'bit0-clear' ? invalid : invalidType;
  return { format: layout, raw: word, kind: 'invalid', facts, findings: invalidTypeFindings(reason, s) };
}

function readTable(word: Word, s: Stage2Settings): Stage2Reading {
  const layout = stage2Table(s);
  const { next } = decode(layout, word);
  const size = addressSizeFinding(layout, 'next', next, s.oaBits);
  const facts: Stage2Facts = { next, addressSizeFault: size.length > 0 };
  return { format: layout, raw: word, kind: 'table', facts, findings: [...check(layout, word), ...size] };
}

function readLeaf(word: Word, s: Stage2Settings, kind: 'block' | 'page'): Stage2Reading {
  const layout = stage2Leaf(s);
  const d = decode(layout, word);
  const size = addressSizeFinding(layout, 'oa', d.oa, s.oaBits);
  const managed = s.ha === 1 && s.hd === 1;
  const dirty = dirtyState(managed, d.dbm ?? 0, ((d.s2ap ?? 0) & 0b10) !== 0);
  const base =
    d.piIndex === undefined
      ? directStage2(d.s2ap ?? 0, d.xn ?? 0, s.xnx, dirty === 'writable-clean')
      : indirect(d.piIndex, d.poIndex, s);
  const granted = d.ns ? { ...base, x1: 0 as const, x0: 0 as const } : base; // Realm, NS=1: never executable [R_ZBXQM]
  const clean = d.dirty === 0 && !managed && granted.w === 1;
  const state =
    s.owner === 'xen'
      ? xenPage(word)
      : writtenBy(s.owner, s.ss === 'realm' ? undefined : pkvmPageState(word));
  const facts: Stage2Facts = {
    oa: d.oa,
    size: leafBytes(s),
    addressSizeFault: size.length > 0,
    memory: valueName(memAttrTable(s), d.memAttr),
    shareability: d.sh === undefined ? rangeShareability(s.sh, 'VTCR_EL2.SH0') : valueName(SH, d.sh),
    permissions: clean ? { ...granted, w: 0, wMmu: 0 } : granted,
    ...(clean ? { granted } : {}),
    ...(d.piIndex === undefined
      ? { dirtyState: dirty }
      : managed && granted.w
        ? { dirtyState: dirtyState(managed, 1, d.dirty === 1) }
        : {}),
    ...(d.contiguous ? { contiguousBytes: groupBytes(s) } : {}),
    ...(state ? { software: state } : {}),
  };
  const findings = [
    ...check(layout, word),
    ...size,
    ...leafFindings(d, s),
    ...(clean ? [cleanFinding('Dirty = 0', 'VTCR_EL2.{HA, HD}', 'R_BRFGY')] : []),
  ];
  return { format: layout, raw: word, kind, facts, findings };
}

/** S2PIR_EL2 by PIIndex, and S2POR_EL1 by POIndex where overlays are on [Arm ARM, section D8.4.2.2]. */
function indirect(piIndex: number, poIndex: number | undefined, s: Stage2Settings): Stage2Permissions {
  const base = stage2Nibble(permissionOf(s.s2pir, piIndex));
  return poIndex === undefined ? base : overlaid(base, stage2Nibble(permissionOf(s.s2por, poIndex)));
}

type LeafFields = { readonly oa: bigint; readonly memAttr: number; readonly af: number } & Partial<
  Record<'ns' | 'amec' | 'nT' | 'contiguous' | 's2ap' | 'sh' | 'assuredOnly', number>
>;

/** What only several fields and settings together can say. */
function leafFindings(d: LeafFields, s: Stage2Settings): Finding[] {
  const findings: Finding[] = accessFindings(d, s.ha);
  if (s.fwb && !s.mtePerm && d.memAttr & 0b1000)
    findings.push({
      id: 'res0-set',
      severity: 'warning',
      bits: '5',
      message: 'MemAttr[3] is RES0 with HCR_EL2.FWB = 1 but set; was the entry written for FWB = 0?',
      ref: arm('R_ZNGNK'),
    });
  if (d.ns && d.amec)
    findings.push({
      id: 'res0-set',
      severity: 'warning',
      bits: '63',
      message: 'AMEC is RES0 where NS = 1 but set',
      ref: arm('Table D8-53'),
    });
  if (d.contiguous && s.ia !== 'unknown') findings.push(...contiguousFinding(d.oa, s.ia, s));
  return [...findings, ...denials(d, s), ...suspicions(d, s)];
}

/** What the entry denies to some accesses only. */
function denials(d: LeafFields, s: Stage2Settings): Finding[] {
  const findings: Finding[] = [];
  if (d.assuredOnly)
    findings.push({
      id: 'assured-only',
      severity: 'note',
      bits: '58',
      message:
        'AssuredOnly = 1: an access whose stage 1 translation is not assured takes a Permission fault with AssuredOnly = 1',
      ref: arm('FEAT_THE'),
    });
  const { wish, noTagAccess } = decodeMemAttr(d.memAttr, s);
  if (wish && noTagAccess)
    findings.push({
      id: 'no-tag-access',
      severity: 'note',
      bits: '5:2',
      message:
        'NoTagAccess: where stage 1 makes it Tagged, accesses to tags take a Permission fault with TagAccess = 1; other data accesses do not',
      ref: arm('R_JSXRX'),
    });
  return findings;
}

/** Legal, but more likely to have been written for something else. */
function suspicions(d: LeafFields, s: Stage2Settings): Finding[] {
  const note = (id: string, bits: string, message: string, where: string): Finding => ({
    id,
    severity: 'note',
    bits,
    message,
    ref: arm(where),
  });
  if (d.memAttr === 0b0100 && !(s.mtePerm && !s.fwb))
    return [
      note(
        'looks-like-stage1',
        '5:2',
        'stage 1 AttrIndx = 4 stands in the same bits as this reserved MemAttr: is this a stage 1 descriptor?',
        s.fwb ? 'Table D8-100' : 'Table D8-96',
      ),
    ];
  if (d.s2ap === 0 && d.af && d.sh === 0b11)
    return [
      note(
        'looks-like-stage1',
        '7:6',
        'S2AP = 0b00 permits no data access, while stage 1 AP[2:1] = 0b00 is privileged read/write: is this a stage 1 descriptor?',
        'Table D8-76',
      ),
    ];
  if (!s.fwb && (d.memAttr === 0b0110 || d.memAttr === 0b0111))
    return [
      note(
        'looks-like-fwb',
        '5:2',
        `MemAttr = 0b0${d.memAttr.toString(2)} is ${valueName(MEMATTR, d.memAttr)} with FWB = 0, and ${valueName(MEMATTR_FWB, d.memAttr)} with FWB = 1: which is it?`,
        'Table D8-100',
      ),
    ];
  return [];
}

type Given = Partial<Stage2Settings>;
const at = (settings: Given): Stage2Settings => settle(stage2Settings, settings);
const variant = (settings: Given, kind: 'table' | 'leaf' = 'leaf') => {
  const layout = kind === 'table' ? stage2Table(at(settings)) : stage2Leaf(at(settings));
  return {
    kind: kind === 'table' ? kind : at(settings).level === 3 ? 'page' : 'block',
    settings,
    format: layout,
  };
};
/** Each granule with 48-bit and with 52-bit addresses. */
const ADDRESS_FORMS: readonly Given[] = GRANULES.flatMap(granule => [
  { granule },
  granule === '64K' ? { granule, lpa: 1 } : { granule, ds: 1 },
]);

/** Every distinct layout: all address forms first, then what each control bit changes. */
const variants = () => [
  { kind: 'invalid', settings: {}, format: invalid },
  ...ADDRESS_FORMS.flatMap(form => [
    variant({ ...form, level: 2 }, 'table'),
    ...[0, 1, 2].filter(level => blockSupported(at(form), level)).map(level => variant({ ...form, level })),
    variant({ ...form, level: 3 }),
  ]),
  ...(
    [
      { fwb: 1 },
      { mtePerm: 1 },
      { fwb: 1, mtePerm: 1 },
      { xnx: 0 },
      { xs: 0 },
      { bbml: 0, level: 2 },
      { hwu: 15 },
      { assuredOnly: 1 },
      { ss: 'realm' },
      { s2pie: 1 },
      { s2pie: 1, s2poe: 1 },
    ] as const
  ).map(settings => variant(settings)),
  ...(
    [
      { s2pie: 1, level: 2 },
      { haft: 1, level: 2 },
    ] as const
  ).map(settings => variant(settings, 'table')),
];

/** The stage 2 descriptors as a family, for everything that is driven by names. */
export const stage2: Family<typeof stage2Settings, Stage2Reading> = {
  ...names.stage2,
  title: 'stage 2 descriptor (VMSAv8-64)',
  ref: arm('section D8.3, VMSAv8-64 descriptor formats'),
  role: 'descriptor',
  settings: stage2Settings,
  kinds: ['invalid', 'table', 'block', 'page', 'vmsav9-128'],
  layout(kind, s): Format | undefined {
    if (s.d128) return kind === 'vmsav9-128' ? vmsa128 : undefined;
    if (kind === 'invalid') return invalid;
    if (kind === 'table') return s.level === 3 ? undefined : stage2Table(s);
    if (kind === 'page') return stage2Leaf({ ...s, level: 3 });
    return kind === 'block' && blockSupported(s, s.level) ? stage2Leaf(s) : undefined;
  },
  read: readStage2,
  variants,
};
