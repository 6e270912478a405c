/**
 * Stage 1 descriptors of VMSAv8-64 for EL1&0, EL2, EL2&0 and EL3, drawn as in the manual: Table [Arm ARM, Table D8-50],
 * Block and Page [Table D8-52], Invalid [Table D8-54]. Read the row groups from bit 63 down beside the drawing.
 */
import { binary, check, decode, type Finding, fieldReader } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { type Format, format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import {
  choice,
  integer,
  known,
  register,
  type Setting,
  type Settings,
  settle,
  toggle,
} from '../../bits/settings.ts';
import {
  type Bit,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  res0,
  res1,
  scattered,
  software,
  softwareWide,
  type ValueTable,
} from '../../bits/spec.ts';
import { split, type Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { attributeByte } from '../registers/attributes.ts';
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
import { decodeAttr } from '../values/attributes.ts';
import { RANGE_SH, rangeShareability, SH, valueName } from '../values/codes.ts';
import { memoryName } from '../values/names.ts';
import {
  accessOf,
  type DirtyState,
  directOnePrivilege,
  directTwoPrivileges,
  dirtyState,
  indirectStage1,
  neverExecuted,
  type Overlay,
  overlayNibble,
  type Stage1Access,
  type Stage1Permissions,
  type TableLimits,
  withoutGcs,
  withWxn,
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
  linuxInvalid,
  linuxLeaf,
  ownerSetting,
  pkvmPageState,
  type SoftwareReading,
  writtenBy,
} from './software.ts';
import { refused128, vmsa128 } from './vmsa128.ts';

// ---------------------------------------------------------------------------------------------------- settings

export const REGIMES = ['EL1&0', 'EL2', 'EL2&0', 'EL3'] as const;
export type Regime = (typeof REGIMES)[number];

/** What is known of a POR_ELx; `off` where overlays are not enabled for the level, which is not the same as 0x7777…: WXN. */
const overlayRegister = (describe: string): Setting<bigint | 'unknown' | 'off'> => {
  const register = known(describe);
  return {
    ...register,
    accepts: `${register.accepts}, off`,
    samples: [...(register.samples ?? []), 'off'],
    parse: text => (text.toLowerCase() === 'off' ? 'off' : register.parse(text)),
  };
};

export const stage1Settings = {
  regime: choice(REGIMES, 'Translation regime; EL2&0 is EL2 with HCR_EL2.E2H = 1', 'EL1&0'),
  ss: {
    ...choice(
      ['ns', 'secure', 'realm', 'root'],
      'Security state; EL3 is Secure, with FEAT_RME Root (then say root)',
      'ns',
    ),
    follows: ({ regime }) => (regime === 'EL3' ? 'secure' : undefined),
  } as Setting<'ns' | 'secure' | 'realm' | 'root'>,
  granule: choice(GRANULES, 'Translation granule: TCR_ELx.TG0 or TG1', '4K'),
  level: integer(-1, 3, 'Lookup level of the table that holds the entry', 3),
  ds: toggle('Effective TCR_ELx.DS: 52-bit addresses for 4KB and 16KB (FEAT_LPA2)', 0),
  lpa: toggle('FEAT_LPA: 64KB descriptors carry A[51:48] in [15:12]', 0),
  oaBits: integer(32, 56, 'Effective output address size: TCR_ELx.IPS or PS', 48),
  nv1: toggle('Effective HCR_EL2.{NV,NV1} = {1,1} (EL1&0)', 0),
  hpd: toggle('TCR_ELx.HPDn: no hierarchical permissions. PIE, POE and AIE imply it', 0),
  pie: toggle('TCR2_ELx.PIE: indirect permissions', 0),
  poe: toggle('TCR2_ELx.POE or E0POE: permission overlays', 0),
  aie: toggle('TCR2_ELx.AIE: AttrIndx[3] in bit 59', 0),
  pnch: toggle('TCR2_ELx.PnCH: bit 52 is Protected (FEAT_THE)', 0),
  fngy: toggle('TCR2_ELx.FNGy: nG is ignored, entries are non-global', 0),
  bti: toggle('FEAT_BTI: bit 50 is GP', 1),
  bbml: toggle('FEAT_BBML1: bit 16 of blocks is nT', 1),
  ha: toggle('TCR_ELx.HA: hardware sets the Access flag', 0),
  hd: toggle('Effective TCR_ELx.HD: hardware manages dirty state', 0),
  haft: toggle('Effective TCR2_ELx.HAFT: Access flag in tables', 0),
  sh: choice(RANGE_SH, 'TCR_ELx.SHn of the range: the shareability of everything where DS = 1', 'unknown'),
  hwu: integer(0, 15, 'TCR_ELx.HWUn62..59 as a mask: which PBHA bits are used (needs HPD)', 0),
  wxn: toggle('SCTLR_ELx.WXN: writable is not executable', 0),
  pir: register('PIR_ELx'),
  pire0: register('PIRE0_ELx'),
  por: overlayRegister(
    'POR_ELx of the privileged level: what permission overlays leave it; off without TCR2_ELx.POE',
  ),
  pore0: overlayRegister('POR_EL0: what permission overlays leave EL0; off without TCR2_ELx.E0POE'),
  sif: toggle('SCR_EL3.SIF: Secure state does not execute from Non-secure memory', 0),
  apTable: integer(0, 3, 'APTable of the tables above, OR-ed', 0),
  x1Table: toggle('PXNTable (or XNTable) of the tables above, OR-ed', 0),
  x0Table: toggle('UXNTable of the tables above, OR-ed', 0),
  nsTable: toggle('NSTable of the tables above, OR-ed (Secure state)', 0),
  mair: known('MAIR_ELx: names the memory types'),
  mair2: known('MAIR2_ELx (FEAT_AIE): AttrIndx 8 to 15'),
  xs: toggle('FEAT_XS: MAIR encodings with XS = 0', 1),
  mte2: toggle('FEAT_MTE2: MAIR encoding 0xF0 is Tagged', 1),
  ia: known('Input address that the entry translates: checks its place in a Contiguous group'),
  d128: toggle('Effective D128: VMSAv9-128 descriptors', 0),
  owner: ownerSetting,
} as const;
export type Stage1Settings = Settings<typeof stage1Settings>;

/** Regimes with EL0 beside a privileged level. */
const twoPrivileges = (s: Stage1Settings): boolean => s.regime === 'EL1&0' || s.regime === 'EL2&0';
/** {NV, NV1} = {1, 1} changes EL1&0 only. */
const nested = (s: Stage1Settings): boolean => s.regime === 'EL1&0' && s.nv1 === 1;
/** EL3 is Root with FEAT_RME and Secure without; nothing else is Root. What cannot be is read as the nearest state and said. */
function stateOf({ regime, ss }: Stage1Settings): Stage1Settings['ss'] {
  if (regime === 'EL3') return ss === 'root' ? 'root' : 'secure';
  return ss === 'root' ? 'ns' : ss;
}
/** Realm EL2 and EL2&0, where NS chooses the PA space; Realm EL1&0 has no choice. */
const realmEl2 = (s: Stage1Settings): boolean => stateOf(s) === 'realm' && s.regime !== 'EL1&0';
/** Do tables limit what is below them? [Arm ARM, R_JHSVW, R_BVXDG, R_MJGNV] */
const hierarchical = (s: Stage1Settings): boolean => !(s.hpd || s.pie || s.poe || s.aie);

// --------------------------------------------------------------------------------------------------------- rows

/** [63] */
const top = {
  amec: { amec: flag(63, 'AMEC', { note: 'the alternate encryption context', ref: arm('FEAT_MEC') }) },
  software: { sw63: software(63) },
  unused: { ign63: ignored(63) },
};

/** [62:59] of leaves; AttrIndx[3] joins AttrIndx below */
const upper = {
  overlay: {
    poIndex: bits(62, 60, 'POIndex[2:0]', { note: 'which nibble of POR_ELx', ref: arm('Table D8-72') }),
  },
  pbha: { pbha: bits(62, 59, 'PBHA[3:0]', { note: 'each bit only where its HWUn is 1' }) },
  unused60: { ign60: ignored(62, 60) },
  unused59: { ign59: ignored(59) },
};
const upperRows = (s: Stage1Settings) => ({
  ...choose(s.poe, upper.overlay, choose(s.hwu && !hierarchical(s) && !s.aie, upper.pbha, upper.unused60)),
  ...choose(s.aie || (s.hwu && !hierarchical(s) && !s.poe), {}, upper.unused59),
});

const AP2: ValueTable = ['read/write', 'read-only'];
/** AP[2:1] where there is EL0: both levels, the privileged one first. */
const AP: ValueTable = [
  'privileged read/write, EL0 none',
  'read/write',
  'privileged read-only, EL0 none',
  'read-only',
];
/** The same under {NV, NV1} = {1, 1}: AP[1] is treated as 0. */
const AP_NESTED: ValueTable = [AP[0], AP[0], AP[2], AP[2]].map(value => value ?? '');
const XN: ValueTable = ['execute', 'execute never'];
const dbm = {
  dbm: flag(51, 'DBM', { note: 'with HD: hardware makes the page writable when it is written' }),
};

/** [54:53], [51], [7:6]: direct permissions by regime, and indirect ones */
const permission = {
  twoPrivileges: {
    uxn: flag(54, 'UXN', { values: XN }),
    pxn: flag(53, 'PXN', { values: XN }),
    ...dbm,
    ap: bits(7, 6, 'AP[2:1]', { values: AP, ref: arm('Table D8-62') }),
  },
  onePrivilege: {
    xn: flag(54, 'XN', { values: XN }),
    res53: res0(53),
    ...dbm,
    ap2: flag(7, 'AP[2]', { values: AP2, ref: arm('Table D8-63') }),
    res6: res1(6),
  },
  nested: {
    pxn: flag(54, 'PXN', { values: XN }),
    res53: res0(53),
    ...dbm,
    ap: bits(7, 6, 'AP[2:1]', { values: AP_NESTED, note: 'AP[1] is treated as 0' }),
  },
  indirect: {
    piIndex: scattered(
      'PIIndex[3:0]',
      [
        [54, 53],
        [51, 51],
        [6, 6],
      ],
      { note: 'which nibble of PIR_ELx and PIRE0_ELx', ref: arm('Table D8-67') },
    ),
    nDirty: flag(7, 'nDirty', { values: ['dirty', 'clean'] }),
  },
};

/** [52] */
const contiguous = {
  protected: {
    protected: flag(52, 'Protected', {
      note: 'only RCW instructions may change the descriptor',
      ref: arm('FEAT_THE'),
    }),
  },
  group: {
    contiguous: flag(52, 'Contiguous', {
      note: 'one of a group of entries that one TLB entry may hold',
      ref: arm('Table D8-104'),
    }),
  },
  none: { res52: res0(52) },
};
/** [11] */
const global = {
  nG: { nG: flag(11, 'nG', { values: ['global', 'not global'] }) },
  ignored: { ign11: ignored(11, 11, { note: 'FNGy = 1' }) },
  nse: { nse: flag(11, 'NSE', { note: 'with NS: which of four physical address spaces' }) },
  none: { res11: res0(11) },
};
/** [9:8] and [5] */
const sh = { sh: bits(9, 8, 'SH[1:0]', { values: SH }) };
const ns = {
  choice: {
    ns: flag(5, 'NS', {
      note: 'the output address is Non-secure (Root: with NSE chooses one of four spaces)',
    }),
  },
  none: { res5: res0(5) },
};

/** Block and Page descriptors, bit 63 down to bit 0. */
function leafRows(kind: 'block' | 'page', s: Stage1Settings) {
  const state = stateOf(s);
  return {
    ...choose(realmEl2(s), top.amec, choose(state === 'ns' || state === 'realm', top.software, top.unused)),
    ...upperRows(s),
    sw55: software(58, 55),
    ...choose(
      s.pie,
      permission.indirect,
      choose(
        nested(s),
        permission.nested,
        choose(twoPrivileges(s), permission.twoPrivileges, permission.onePrivilege),
      ),
    ),
    ...choose(
      s.pnch,
      contiguous.protected,
      choose(contiguousEntries(s.granule, s.level) > 1, contiguous.group, contiguous.none),
    ),
    ...choose(
      s.bti,
      { gp: flag(50, 'GP', { note: 'guarded: indirect branches must land on BTI', ref: arm('FEAT_BTI') }) },
      { res50: res0(50) },
    ),
    ...(kind === 'block' ? blockAddress(s, s.level) : pageAddress(s)),
    ...choose(
      twoPrivileges(s),
      choose(s.fngy, global.ignored, global.nG),
      choose(state === 'root', global.nse, global.none),
    ),
    af: flag(10, 'AF', { note: '0: the first access faults, or hardware sets it' }),
    ...choose(hasShareability(s), sh, {}),
    ...choose(state === 'secure' || state === 'root' || realmEl2(s), ns.choice, ns.none),
    attrIndx: s.aie
      ? scattered(
          'AttrIndx[3:0]',
          [
            [59, 59],
            [4, 2],
          ],
          { note: 'which byte of MAIR_ELx, from 8 on of MAIR2_ELx' },
        )
      : bits(4, 2, 'AttrIndx[2:0]', { note: 'which byte of MAIR_ELx' }),
    type: fixed(1, 0, kind === 'block' ? 0b01 : 0b11, 'descriptor type'),
  };
}

const AP_TABLE: ValueTable = ['no effect', 'no EL0 access', 'no writes', 'no EL0 access, no writes'];
const XN_TABLE: ValueTable = ['no effect', 'execute never below'];

/** [62:59] of tables: what they take from everything below */
const limits = {
  none: { ign59: ignored(62, 59) },
  twoPrivileges: {
    apTable: bits(62, 61, 'APTable[1:0]', { values: AP_TABLE, ref: arm('Table D8-64') }),
    uxnTable: flag(60, 'UXNTable', { values: XN_TABLE }),
    pxnTable: flag(59, 'PXNTable', { values: XN_TABLE }),
  },
  onePrivilege: {
    apTable1: flag(62, 'APTable[1]', { values: ['no effect', 'no writes'], ref: arm('Table D8-64') }),
    res61: res0(61),
    xnTable: flag(60, 'XNTable', { values: XN_TABLE }),
    res59: res0(59),
  },
  nested: {
    apTable: bits(62, 61, 'APTable[1:0]', {
      values: ['no effect', 'no effect', 'no writes', 'no writes'],
      note: 'APTable[0] is treated as 0',
      ref: arm('Table D8-64'),
    }),
    pxnTable: flag(60, 'PXNTable', { values: XN_TABLE }),
    res59: res0(59),
  },
};

/** Table descriptors, bit 63 down to bit 0. */
function tableRows(s: Stage1Settings) {
  return {
    ...choose(
      stateOf(s) === 'secure',
      { nsTable: flag(63, 'NSTable', { note: 'everything below is Non-secure' }) },
      { res63: res0(63) },
    ),
    ...choose(
      hierarchical(s),
      choose(nested(s), limits.nested, choose(twoPrivileges(s), limits.twoPrivileges, limits.onePrivilege)),
      limits.none,
    ),
    ign53: ignored(58, 53),
    ...choose(s.pnch, contiguous.protected, { ign52: ignored(52) }),
    ign51: ignored(51),
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

/** Invalid descriptors, bits 63 down to `low`: all software's, but for Protected with PnCH = 1. */
const payload = (low: number, pnch: Bit) => ({
  ...choose(
    pnch,
    {
      sw53: software(63, 53),
      ...contiguous.protected,
      payload: softwareWide(51, low, `software[51:${low}]`),
    },
    { payload: softwareWide(63, low, `software[63:${low}]`) },
  ),
});
const bitClear = (pnch: Bit) =>
  format(
    'arm64.stage1.invalid',
    { title: `stage 1 Invalid descriptor${pnch ? ', PnCH=1' : ''}`, ref: arm('Table D8-54') },
    () => ({ ...payload(1, pnch), valid: fixed(0, 0, 0, 'valid') }),
  );
/** [1:0] = 01 where no Block can be: level 3, or a level without blocks. Treated as Invalid. */
const reservedType = (pnch: Bit) =>
  format(
    'arm64.stage1.invalid-type',
    {
      title: `stage 1 descriptor with a reserved type, treated as Invalid${pnch ? ', PnCH=1' : ''}`,
      ref: arm('Table D8-54'),
    },
    () => ({ ...payload(2, pnch), type: fixed(1, 0, 0b01, 'descriptor type') }),
  );
const invalid = { 0: bitClear(0), 1: bitClear(1) };
const invalidType = { 0: reservedType(0), 1: reservedType(1) };

const title = (kind: string, s: Stage1Settings): string =>
  `stage 1 ${kind} descriptor, ${s.regime}, ${entryForm(s)}`;

/** The Block or Page layout under these settings. Call it only where `blockSupported` or level 3 allows one. */
export const stage1Leaf = perSettings((s: Stage1Settings) => {
  const kind = s.level === 3 ? 'page' : 'block';
  return format(
    `arm64.stage1.${kind}`,
    { title: title(kind === 'page' ? 'Page' : 'Block', s), ref: arm('Table D8-52') },
    leafRows(kind, s),
  );
});

/** The Table layout under these settings. */
export const stage1Table = perSettings((s: Stage1Settings) =>
  format('arm64.stage1.table', { title: title('Table', s), ref: arm('Table D8-50') }, tableRows(s)),
);

// ------------------------------------------------------------------------------------------------------ reading

export type Stage1Kind = 'invalid' | 'table' | 'block' | 'page' | 'vmsav9-128';
export type PhysicalSpace = 'non-secure' | 'secure' | 'realm' | 'root';

/** What the fields of a stage 1 descriptor add up to. Addresses and sizes in bytes. */
export type Stage1Facts = {
  /** Why a word is no valid descriptor. */
  readonly reason?: InvalidReason;
  /** Next-level table (tables). */
  readonly next?: bigint;
  /** Tables: what everything below loses, the tables above included. Absent where hierarchical permissions are off. */
  readonly limits?: TableLimits & { readonly ns: Bit };
  /** Output address and bytes mapped (leaves). */
  readonly oa?: bigint;
  readonly size?: bigint;
  /** The address does not fit the output size: the access takes an Address size fault. */
  readonly addressSizeFault?: boolean;
  /** The type that MAIR_ELx gives AttrIndx; absent where MAIR_ELx is not known. */
  readonly memory?: string;
  /** SH by name; with DS=1 the descriptor has none: TCR_ELx.SHn decides. */
  readonly shareability?: string;
  /** What an access gets now: overlays that are known and the dirty state included. */
  readonly permissions?: Stage1Permissions;
  /** What PIR_ELx and PIRE0_ELx grant, before overlays, WXN and the dirty state; absent where that is the same. */
  readonly granted?: Stage1Permissions;
  readonly dirtyState?: DirtyState;
  /** Physical address space of the output. */
  readonly pas?: PhysicalSpace;
  /** Is the translation tagged with the ASID? Absent in regimes without EL0. */
  readonly global?: boolean;
  /** Bytes that the Contiguous group spans; absent where the bit is clear or has no effect. */
  readonly contiguousBytes?: bigint;
  /** What Linux, KVM and pKVM keep in the software bits, and in invalid entries. */
  readonly software?: SoftwareReading;
};
export type Stage1Reading = Reading<Stage1Facts, Stage1Kind>;

/** Read one stage 1 descriptor. Answers every word; what is wrong with it stands in the findings. */
export function readStage1(word: Word, s: Stage1Settings): Stage1Reading {
  if (s.d128) return refused128(word, s.regime === 'EL3' ? 'TCR_EL3.D128' : 'TCR2_ELx.D128');
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

function readInvalid(word: Word, s: Stage1Settings, reason: InvalidReason): Stage1Reading {
  const readings = writtenBy(s.owner, linuxInvalid(word));
  const layout = (reason === 'bit0-clear' ? invalid : invalidType)[s.pnch];
  const facts: Stage1Facts = { reason, ...(readings ? { software: readings } : {}) };
  return { format: layout, raw: word, kind: 'invalid', facts, findings: invalidTypeFindings(reason, s) };
}

function readTable(word: Word, s: Stage1Settings): Stage1Reading {
  const layout = stage1Table(s);
  const d = decode(layout, word);
  const size = addressSizeFinding(layout, 'next', d.next, s.oaBits);
  const facts: Stage1Facts = {
    next: d.next,
    addressSizeFault: size.length > 0,
    ...(hierarchical(s) || d.nsTable !== undefined ? { limits: accumulated(d, s) } : {}),
  };
  return { format: layout, raw: word, kind: 'table', facts, findings: [...check(layout, word), ...size] };
}

/** APTable[1:0] as the hardware takes it: bit 0 counts as 0 where there is no EL0, and with NV1. */
export const effectiveApTable = (
  d: { readonly apTable?: number; readonly apTable1?: number },
  s: Stage1Settings,
): number => (d.apTable1 ?? 0) << 1 || (d.apTable ?? 0) & (nested(s) ? 0b10 : 0b11);

type TableFields = Partial<
  Record<'apTable' | 'apTable1' | 'uxnTable' | 'pxnTable' | 'xnTable' | 'nsTable', number>
>;
/** This table's limits and those of the tables above [ASL AArch64_S1ApplyTablePerms]. HPD does not disable NSTable. */
function accumulated(d: TableFields, s: Stage1Settings): TableLimits & { readonly ns: Bit } {
  const bit = (value: number): Bit => (value ? 1 : 0);
  return {
    ap: s.apTable | effectiveApTable(d, s),
    x1: bit(s.x1Table | (d.pxnTable ?? d.xnTable ?? 0)),
    x0: bit(s.x0Table | (d.uxnTable ?? 0)),
    ns: bit(s.nsTable | (d.nsTable ?? 0)),
  };
}

function readLeaf(word: Word, s: Stage1Settings, kind: 'block' | 'page'): Stage1Reading {
  const layout = stage1Leaf(s);
  const d = decode(layout, word);
  const size = addressSizeFinding(layout, 'oa', d.oa, s.oaBits);
  const pas = outputSpace(d, s);
  const memory = memoryType(d.attrIndx, s);
  const readings = writtenBy(s.owner, regimeOfLinux(s) ? linuxLeaf(word) : pkvmPageState(word));
  const managed = s.ha === 1 && s.hd === 1;
  const { granted, permissions } = rightsOf(d, s, pas, managed);
  const facts: Stage1Facts = {
    oa: d.oa,
    size: leafBytes(s),
    addressSizeFault: size.length > 0,
    ...(memory === undefined ? {} : { memory: memory ? memoryName(memory) : 'UNPREDICTABLE' }),
    shareability: d.sh === undefined ? rangeShareability(s.sh, 'TCR_ELx.SHn') : valueName(SH, d.sh),
    permissions,
    ...(sameRights(granted, permissions) ? {} : { granted }),
    ...(d.nDirty === undefined
      ? { dirtyState: dirtyState(managed, d.dbm ?? 0, !readOnly(d)) }
      : managed && mayWrite(granted)
        ? { dirtyState: dirtyState(managed, 1, d.nDirty === 0) }
        : {}),
    pas,
    ...(twoPrivileges(s) ? { global: !s.nsTable && d.nG === 0 } : {}),
    ...(d.contiguous ? { contiguousBytes: groupBytes(s) } : {}),
    ...(readings ? { software: readings } : {}),
  };
  const findings = [
    ...check(layout, word),
    ...size,
    ...leafFindings(word, d, s, memory),
    ...accessRemarks(d, s, granted, managed),
  ];
  return { format: layout, raw: word, kind, facts, findings };
}

const mayWrite = ({ priv, unpriv }: Stage1Permissions): boolean => (priv.w | (unpriv?.w ?? 0)) === 1;
const sameAccess = (a: Stage1Access | undefined, b: Stage1Access | undefined): boolean =>
  a?.r === b?.r && a?.w === b?.w && a?.x === b?.x && a?.gcs === b?.gcs;
const sameRights = (a: Stage1Permissions, b: Stage1Permissions): boolean =>
  sameAccess(a.priv, b.priv) && sameAccess(a.unpriv, b.unpriv);

/** What the entry grants, and what an access gets of it. */
function rightsOf(
  d: LeafFields,
  s: Stage1Settings,
  pas: PhysicalSpace,
  managed: boolean,
): { readonly granted: Stage1Permissions; readonly permissions: Stage1Permissions } {
  const own = d.piIndex === undefined ? undefined : indirectFields(d.piIndex, s);
  const overlay = (register: Stage1Settings['por']) =>
    d.poIndex === undefined || register === 'unknown' || register === 'off'
      ? undefined
      : overlayNibble(permissionOf(register, d.poIndex));
  const over = { priv: overlay(s.por), unpriv: overlay(s.pore0) };
  const base = own
    ? indirectStage1(own.priv, own.unpriv)
    : direct(d, s, managed && d.dbm === 1 && readOnly(d), over);
  const kept = ownMemory(pas, s) ? base : withoutGcs(base);
  const granted = executesFrom(pas, s) ? kept : neverExecuted(kept);
  const clean = d.nDirty === 1 && !managed;
  const { priv, unpriv } = granted;
  const permissions = {
    priv: accessOf(priv, { overlay: over.priv, own: own?.priv, clean }),
    ...(unpriv ? { unpriv: accessOf(unpriv, { overlay: over.unpriv, own: own?.unpriv, clean }) } : {}),
  };
  return { granted, permissions };
}

/** What an access may meet beside the rights that were printed. */
function accessRemarks(
  d: LeafFields,
  s: Stage1Settings,
  granted: Stage1Permissions,
  managed: boolean,
): Finding[] {
  const findings: Finding[] = [];
  if (d.nDirty === 1 && !managed && mayWrite(granted))
    findings.push(cleanFinding('nDirty = 1', 'TCR_ELx.{HA, HD}', 'R_BRFGY'));
  const silent = [
    ...(s.por === 'unknown' ? ['POR_ELx (por)'] : []),
    ...(s.pore0 === 'unknown' && granted.unpriv ? ['POR_EL0 (pore0)'] : []),
  ];
  if (d.poIndex !== undefined && silent.length > 0)
    findings.push({
      id: 'overlay-unknown',
      severity: 'note',
      bits: '62:60',
      message: `POIndex = ${d.poIndex}: the overlay in field ${d.poIndex} of ${silent.join(' and ')} may take rights away, and is not known`,
      ref: arm('Table D8-72'),
    });
  return findings;
}

type LeafFields = {
  readonly oa: bigint;
  readonly attrIndx: number;
  readonly af: number;
} & Partial<
  Record<
    | 'amec'
    | 'ap'
    | 'ap2'
    | 'uxn'
    | 'pxn'
    | 'xn'
    | 'dbm'
    | 'ns'
    | 'nse'
    | 'nT'
    | 'contiguous'
    | 'nDirty'
    | 'piIndex'
    | 'poIndex',
    number
  >
>;

/** AP[2], wherever the regime's layout keeps it. */
const readOnly = (d: LeafFields): boolean => (d.ap2 ?? (d.ap ?? 0) >> 1) === 1;
/** AP[2:1] as the hardware takes it: AP[1] counts as 1 where there is one privilege level, and as 0 with NV1. */
export const effectiveAp = (d: { readonly ap?: number; readonly ap2?: number }, s: Stage1Settings): number =>
  d.ap2 === undefined ? (d.ap ?? 0) & (nested(s) ? 0b10 : 0b11) : (d.ap2 << 1) | 0b01;

/** AP, XN and DBM under the tables' limits [Arm ARM, section D8.4.1; ASL AArch64_S1DirectBasePermissions]. */
function direct(
  d: LeafFields,
  s: Stage1Settings,
  writableClean: boolean,
  over: { readonly priv: Overlay | undefined; readonly unpriv: Overlay | undefined },
): Stage1Permissions {
  const above: TableLimits = hierarchical(s)
    ? { ap: s.apTable, x1: s.x1Table, x0: s.x0Table }
    : { ap: 0, x1: 0, x0: 0 };
  const ap = effectiveAp(d, s);
  const fields = { ap, writableClean };
  if (!twoPrivileges(s)) {
    const { priv } = directOnePrivilege({ ...fields, xn1: bitOf(d.xn), xn0: 0, limits: above });
    return { priv: withWxn(priv, s.wxn, over.priv) };
  }
  const limits = nested(s) ? { ap: above.ap & 0b10, x1: above.x1, x0: 0 as const } : above;
  const { priv, unpriv } = directTwoPrivileges({ ...fields, xn1: bitOf(d.pxn), xn0: bitOf(d.uxn), limits });
  return { priv: withWxn(priv, s.wxn, over.priv), unpriv: withWxn(unpriv, s.wxn, over.unpriv) };
}
const bitOf = (value: number | undefined): Bit => (value ? 1 : 0);

/** The fields of PIR_ELx and PIRE0_ELx by PIIndex; under {NV, NV1} = {1, 1} PIRE0_EL1 acts as 0. */
function indirectFields(piIndex: number, s: Stage1Settings) {
  const unpriv = twoPrivileges(s) ? (nested(s) ? 0 : permissionOf(s.pire0, piIndex)) : undefined;
  return { priv: permissionOf(s.pir, piIndex), unpriv };
}

/** NS and NSE choose the output PA space [Arm ARM, Tables D8-87, D8-88; ASL AArch64_S1NextWalkStateLeaf]. */
function outputSpace(d: LeafFields, s: Stage1Settings): PhysicalSpace {
  switch (stateOf(s)) {
    case 'ns':
      return 'non-secure';
    case 'secure':
      return d.ns || s.nsTable ? 'non-secure' : 'secure';
    case 'realm':
      return d.ns ? 'non-secure' : 'realm';
    case 'root':
      return d.nse ? (d.ns ? 'realm' : 'root') : d.ns ? 'non-secure' : 'secure';
  }
}

/** Root executes from Root only, Realm EL2 from Realm only, Secure state with SCR_EL3.SIF from Secure only [Arm ARM, R_YBDFF]. */
function executesFrom(pas: PhysicalSpace, s: Stage1Settings): boolean {
  const state = stateOf(s);
  if (state === 'root') return pas === 'root';
  if (state === 'secure') return s.sif === 0 || pas === 'secure';
  return !realmEl2(s) || pas === 'realm';
}

/** Is the output memory of the Security state itself? */
const ownMemory = (pas: PhysicalSpace, s: Stage1Settings): boolean => {
  const state = stateOf(s);
  return state === 'secure' || state === 'root' ? pas === state : true;
};

/** The MAIR byte that AttrIndx selects: its type, null where it is UNPREDICTABLE, undefined where MAIR is not known. */
function memoryType(attrIndx: number, s: Stage1Settings) {
  const byte = attributeByte(attrIndx, s);
  return byte === undefined ? undefined : (decodeAttr(byte, s) ?? null);
}

/** EL2 without EL0 and EL3 run hypervisors and firmware: their software bits follow pKVM, not Linux's mm. */
const regimeOfLinux = (s: Stage1Settings): boolean => twoPrivileges(s);

/** What only several fields and settings together can say. */
function leafFindings(
  word: Word,
  d: LeafFields,
  s: Stage1Settings,
  memory: ReturnType<typeof memoryType>,
): Finding[] {
  const findings: Finding[] = accessFindings(d, s.ha);
  if (d.ns && d.amec)
    findings.push({
      id: 'res0-set',
      severity: 'warning',
      bits: '63',
      message: 'AMEC is RES0 where NS = 1 but set',
      ref: arm('Table D8-52'),
    });
  if (s.regime === 'EL3' ? s.ss === 'ns' || s.ss === 'realm' : s.ss === 'root')
    findings.push({
      id: 'no-such-regime',
      severity: 'warning',
      bits: '',
      message:
        s.regime === 'EL3'
          ? `there is no EL3 in ${s.ss === 'ns' ? 'Non-secure' : 'Realm'} state: read as Secure`
          : `there is no ${s.regime} regime in Root state: read as Non-secure`,
      ref: arm('FEAT_RME'),
    });
  if (s.regime === 'EL3' && stateOf(s) === 'secure' && fieldReader(stage1Leaf(s), 'res11')(...split(word)))
    findings.push({
      id: 'looks-like-root',
      severity: 'note',
      bits: '11',
      message: 'bit 11 is NSE in Root state: has the processor FEAT_RME (ss=root)?',
      ref: arm('Table D8-88'),
    });
  if (memory === null)
    findings.push({
      id: 'mair-unpredictable',
      severity: 'error',
      bits: s.aie ? '59,4:2' : '4:2',
      message: `AttrIndx = ${d.attrIndx} selects a MAIR byte that is UNPREDICTABLE`,
      ref: arm('MAIR_EL1'),
    });
  if (d.ns === undefined && fieldReader(stage1Leaf(s), 'res5')(...split(word)))
    findings.push({
      id: 'looks-like-stage2',
      severity: 'note',
      bits: '5:2',
      message: `bit 5 is RES0 here and MemAttr[3] in stage 2 (MemAttr = ${binary(8 + (d.attrIndx % 8), 4)}): is this a stage 2 descriptor?`,
      ref: arm('Table D8-53'),
    });
  if (d.contiguous && s.ia !== 'unknown') findings.push(...contiguousFinding(d.oa, s.ia, s));
  return findings;
}

// ------------------------------------------------------------------------------------------------------- family

type Given = Partial<Stage1Settings>;
const at = (settings: Given): Stage1Settings => settle(stage1Settings, settings);
const variant = (settings: Given, kind: 'table' | 'leaf' = 'leaf') => {
  const layout = kind === 'table' ? stage1Table(at(settings)) : stage1Leaf(at(settings));
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
/** Regimes and Security states whose bits differ. */
const STATES: readonly Given[] = [
  { regime: 'EL1&0', nv1: 1 },
  { regime: 'EL1&0', ss: 'secure' },
  { regime: 'EL1&0', ss: 'realm' },
  { regime: 'EL2' },
  { regime: 'EL2', ss: 'secure' },
  { regime: 'EL2', ss: 'realm' },
  { regime: 'EL2&0' },
  { regime: 'EL2&0', ss: 'secure' },
  { regime: 'EL2&0', ss: 'realm' },
  { regime: 'EL3', ss: 'secure' },
  { regime: 'EL3', ss: 'root' },
];

/** Every distinct layout: all address forms first, then regimes and states, then what each control bit changes. */
const variants = () => [
  { kind: 'invalid', settings: {}, format: invalid[0] },
  { kind: 'invalid', settings: { pnch: 1 } as const, format: invalid[1] },
  ...ADDRESS_FORMS.flatMap(form => [
    variant({ ...form, level: 2 }, 'table'),
    ...[0, 1, 2].filter(level => blockSupported(at(form), level)).map(level => variant({ ...form, level })),
    variant({ ...form, level: 3 }),
  ]),
  ...STATES.flatMap(state => [variant({ ...state, level: 2 }, 'table'), variant(state)]),
  ...(
    [
      { hpd: 1, hwu: 15 },
      { pie: 1 },
      { poe: 1 },
      { aie: 1 },
      { pie: 1, poe: 1, aie: 1 },
      { pnch: 1 },
      { fngy: 1 },
      { bti: 0 },
      { bbml: 0, level: 2 },
    ] as const
  ).map(settings => variant(settings)),
  ...(
    [
      { hpd: 1, level: 2 },
      { haft: 1, level: 2 },
      { pnch: 1, level: 2 },
    ] as const
  ).map(settings => variant(settings, 'table')),
];

/** The stage 1 descriptors as a family, for everything that is driven by names. */
export const stage1: Family<typeof stage1Settings, Stage1Reading> = {
  ...names.stage1,
  title: 'stage 1 descriptor (VMSAv8-64)',
  ref: arm('section D8.3, VMSAv8-64 descriptor formats'),
  role: 'descriptor',
  settings: stage1Settings,
  kinds: ['invalid', 'table', 'block', 'page', 'vmsav9-128'],
  layout(kind, s): Format | undefined {
    if (s.d128) return kind === 'vmsav9-128' ? vmsa128 : undefined;
    if (kind === 'invalid') return invalid[s.pnch];
    if (kind === 'table') return s.level === 3 ? undefined : stage1Table(s);
    if (kind === 'page') return stage1Leaf({ ...s, level: 3 });
    return kind === 'block' && blockSupported(s, s.level) ? stage1Leaf(s) : undefined;
  },
  read: readStage1,
  variants,
};
