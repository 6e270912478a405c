/** Whole tables of combinations, like the manual's: for printing and for comparison. */
import type { Bit } from '../../bits/spec.ts';
import { type Matrix, rowsOf } from '../../memtype/matrix.ts';
import { arm } from '../../refs.ts';
import { decodeAttr, type MemAttrConfig } from '../values/attributes.ts';
import { memoryName } from '../values/names.ts';
import { combineStages } from './combine.ts';
import { type Access, NO_HYPERVISOR } from './control.ts';
import { effective } from './effective.ts';
import type { Effective } from './meaning.ts';
import { s1DecodeMemAttrs } from './stage1.ts';
import { s2DecodeMemAttrs } from './stage2.ts';

const FEATURES = { xs: 1, mte2: 1 } as const;
const ISH = 0b11;

/** The stage 1 types that differ in kind; `matrices` of all 256 bytes stand in the golden files. */
const STAGE1_BYTES = [0x00, 0x04, 0x08, 0x0c, 0x44, 0x4f, 0xaa, 0xbb, 0x77, 0xff, 0xf0] as const;
const stage1Names = STAGE1_BYTES.map(byte => {
  const memory = decodeAttr(byte, FEATURES);
  return memory ? memoryName(memory) : 'UNPREDICTABLE';
});
const MEMATTRS = Array.from(
  { length: 16 },
  (_, code) => [`0b${code.toString(2).padStart(4, '0')}`, code] as const,
);

/** The type alone, or what there is instead of one. */
const typeText = (effective: Effective): string =>
  effective.is === 'ok'
    ? memoryName(effective.memory) + (effective.noTagAccess ? ' NoTagAccess' : '')
    : effective.is;
const withShareability = (effective: Effective): string =>
  effective.is === 'ok' ? `${typeText(effective)}, ${effective.sh.join(' or ')}` : effective.is;

function byMemAttr(id: string, title: string, config: MemAttrConfig): Matrix {
  return {
    id,
    title,
    ref: arm(config.fwb ? 'Table D8-101' : 'Table D8-97'),
    rowName: 'MemAttr',
    columnName: 'stage 1 type',
    columns: stage1Names,
    get rows() {
      return rowsOf(MEMATTRS, STAGE1_BYTES, (memAttr, byte) => {
        const first = s1DecodeMemAttrs(byte, ISH, FEATURES).value;
        return typeText(combineStages(first, s2DecodeMemAttrs(memAttr, ISH, 0, config).value).value);
      });
    },
  };
}

const SH_FIELDS = [
  ['0b00 Non-shareable', 0b00],
  ['0b01 reserved', 0b01],
  ['0b10 Outer', 0b10],
  ['0b11 Inner', 0b11],
] as const;
/** Shareability for one stage 1 type under one MemAttr. */
function bySh(id: string, title: string, byte: number, memAttr: number, fwb: Bit): Matrix {
  return {
    id,
    title,
    ref: arm('Table D8-103'),
    rowName: 'stage 1 SH',
    columnName: 'stage 2 SH',
    columns: SH_FIELDS.map(([name]) => name),
    get rows() {
      return rowsOf(SH_FIELDS, SH_FIELDS, (first, [, second]) => {
        const { value } = combineStages(
          s1DecodeMemAttrs(byte, first, FEATURES).value,
          s2DecodeMemAttrs(memAttr, second, 0, { fwb, mtePerm: 0 }).value,
        );
        return value.is === 'ok' ? value.sh.join(' or ') : value.is;
      });
    },
  };
}

type Situation = Omit<
  Parameters<typeof effective>[0],
  'mair' | 's1sh' | 's2sh' | 'fnxs' | 'mtePerm' | 'features'
>;
const ON = { m: 1, c: 1, i: 1 } as const;
const situation = (access: Access, hcr: object, sctlr: object, s2attr: number): Situation => ({
  access,
  hcr: { ...NO_HYPERVISOR, ...hcr },
  sctlr: { ...ON, ...sctlr },
  s2attr,
});
/** Stage 2 asks for Write-Back: MemAttr 0b1111 without FWB, 0b0110 with it. */
const CONTROLS: readonly (readonly [string, Situation])[] = (
  [
    ['stage 1 only', {}, {}],
    ['stage 1 only, SCTLR.C=0', {}, { c: 0 }],
    ['stage 1 only, SCTLR.I=0', {}, { i: 0 }],
    ['both off, SCTLR.M=0', {}, { m: 0 }],
    ['both off, SCTLR.M=0 I=0', {}, { m: 0, i: 0 }],
    ['VM=1', { vm: 1 }, {}],
    ['VM=1 CD=1', { vm: 1, cd: 1 }, {}],
    ['VM=1 ID=1', { vm: 1, id: 1 }, {}],
    ['VM=1, SCTLR.M=0', { vm: 1 }, { m: 0 }],
    ['VM=1, SCTLR.C=0', { vm: 1 }, { c: 0 }],
    ['DC=1', { dc: 1 }, {}],
    ['DC=1 DCT=1', { dc: 1, dct: 1 }, {}],
    ['VM=1 FWB=1', { vm: 1, fwb: 1 }, {}],
    ['VM=1 FWB=1 CD=1', { vm: 1, fwb: 1, cd: 1 }, {}],
    ['VM=1 FWB=1 ID=1', { vm: 1, fwb: 1, id: 1 }, {}],
    ['VM=1 FWB=1, SCTLR.M=0', { vm: 1, fwb: 1 }, { m: 0 }],
    ['VM=1 FWB=1, SCTLR.C=0', { vm: 1, fwb: 1 }, { c: 0 }],
  ] as const
).flatMap(([name, hcr, sctlr]) =>
  (['data', 'ifetch'] as const).map(
    access => [`${access}: ${name}`, situation(access, hcr, sctlr, 'fwb' in hcr ? 0b0110 : 0b1111)] as const,
  ),
);

/** The tables there are; their cells are computed when somebody looks. Features: FEAT_XS, FEAT_MTE2; both SH fields Inner Shareable unless they are the subject. */
export const MATRICES: readonly Matrix[] = [
  byMemAttr('s2', 'Effective type by MemAttr and stage 1, HCR_EL2.FWB = 0', { fwb: 0, mtePerm: 0 }),
  byMemAttr('s2-mte-perm', 'Effective type by MemAttr and stage 1, FWB = 0, FEAT_MTE_PERM', {
    fwb: 0,
    mtePerm: 1,
  }),
  byMemAttr('s2-fwb', 'Effective type by MemAttr and stage 1, HCR_EL2.FWB = 1', { fwb: 1, mtePerm: 0 }),
  byMemAttr('s2-fwb-mte-perm', 'Effective type by MemAttr and stage 1, FWB = 1, FEAT_MTE_PERM', {
    fwb: 1,
    mtePerm: 1,
  }),
  bySh('sh', 'Shareability of Normal WB by the SH fields of both stages', 0xff, 0b1111, 0),
  bySh('sh-nc', 'Shareability of Normal NC: always Outer Shareable', 0x44, 0b1111, 0),
  bySh(
    'sh-forced',
    'Shareability of stage 1 Normal NC forced to WB (FWB = 1, MemAttr 0b0110)',
    0x44,
    0b0110,
    1,
  ),
  {
    id: 'controls',
    title: 'Effective type under control bits, stage 2 asking for Write-Back',
    ref: arm('section D7.5.5'),
    rowName: 'access and controls',
    columnName: 'stage 1 type',
    columns: ['Device-nGnRE', 'Normal NC', 'Normal WB RWA', 'Normal WB RWA Tagged'],
    get rows() {
      return rowsOf(CONTROLS, [0x04, 0x44, 0xff, 0xf0], (given, mair) =>
        withShareability(
          effective({ ...given, mair, s1sh: ISH, s2sh: ISH, fnxs: 0, mtePerm: 0, features: FEATURES }).value,
        ),
      );
    },
  },
];
