/**
 * TCR, VTCR, HCR, SCTLR as families: their rows stand in `registers/control.ts`; here they are read together with the
 * regime that they imply on a CPU of the given features.
 */
import { decode, type Finding } from '../../bits/codec.ts';
import type { Facts } from '../../bits/family.ts';
import { register } from '../../bits/register.ts';
import { choice, known, type Settings, toggle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import type { Regime } from '../descriptors/stage1.ts';
import {
  hcrFormat,
  sctlrEl1Format,
  sctlrEl2Format,
  sctlrEl3Format,
  tcr2El1Format,
  tcr2El2Format,
  tcrEl1Format,
  tcrEl2Format,
  tcrEl2HostFormat,
  tcrEl3Format,
  vstcrFormat,
  vtcrFormat,
} from '../registers/control.ts';
import { FEATURE_SETS, type FeatureSet, type Features, featuresOf } from '../registers/features.ts';
import { RGN, TG0 } from '../values/codes.ts';
import { type Stage1Regime, type Stage2Regime, stage1Regime, stage2Regime } from './regime.ts';

const featureSettings = {
  features: choice(
    Object.keys(FEATURE_SETS) as FeatureSet[],
    'Features of the CPU, where its ID registers are not known',
    'full',
  ),
  mmfr0: known('ID_AA64MMFR0_EL1: PA size and granules'),
  mmfr1: known('ID_AA64MMFR1_EL1'),
  mmfr2: known('ID_AA64MMFR2_EL1: VA size, small tables'),
} as const;
type FeatureSettings = Settings<typeof featureSettings>;

const given = (word: bigint | 'unknown'): bigint | undefined => (word === 'unknown' ? undefined : word);
const features = (s: FeatureSettings): Features =>
  featuresOf(
    { mmfr0: given(s.mmfr0), mmfr1: given(s.mmfr1), mmfr2: given(s.mmfr2) },
    FEATURE_SETS[s.features],
  );

const SHORT_SH = ['Non-shareable', 'reserved', 'Outer Shareable', 'Inner Shareable'];
const walkText = ({ walk }: Stage1Regime | Stage2Regime): string =>
  `${SHORT_SH[walk.sh]}, outer ${RGN[walk.orgn]}, inner ${RGN[walk.irgn]}`;

/** The regime in the order in which people ask for it. */
function regimeFacts(regime: Stage1Regime | Stage2Regime): Facts {
  const sizes = {
    granule: regime.granule === null ? null : `${regime.granule}B`,
    ds: regime.ds,
    inputBits: regime.iaBits,
    outputBits: regime.oaBits,
  };
  if (!regime.valid)
    return {
      ...sizes,
      valid: false,
      reason: regime.reason,
      explain: regime.explain,
      walks: walkText(regime),
    };
  return {
    ...sizes,
    valid: true,
    startLevel: regime.startLevel,
    indexBits: regime.indexBits,
    ...('concat' in regime ? { concatenatedTables: regime.concat } : {}),
    tableBytes: regime.tableBytes,
    baseAlign: regime.baseAlign,
    base52: regime.baddr52,
    walks: walkText(regime),
  };
}

/** The refusal as a finding, on the fields that decide. */
function refusal(regime: Stage1Regime | Stage2Regime, bits: string, name: string, what = ''): Finding[] {
  if (regime.valid) return [];
  return [
    {
      id: regime.reason,
      severity: regime.reason.endsWith('impdef') ? 'warning' : 'error',
      bits,
      message: `${what}${regime.explain}`,
      ref: arm(name),
    },
  ];
}

/** HD = 1 with HA = 0 does nothing. */
const dirtyWithoutAccess = (d: { readonly ha: Bit; readonly hd: Bit }, bits: string): Finding[] =>
  d.hd && !d.ha
    ? [
        {
          id: 'hd-without-ha',
          severity: 'warning',
          bits,
          message: 'HD = 1 has no effect while HA = 0: dirty state is not managed by hardware',
          ref: arm('TCR_EL1.HD'),
        },
      ]
    : [];

// ---------------------------------------------------------------------------------------------------------- TCR

function twoRanges(regime: Regime, tcr: Word, s: FeatureSettings): Facts {
  const of = (range: 0 | 1): Facts =>
    regimeFacts(stage1Regime({ regime, tcr, range, features: features(s) }));
  return { ttbr0: of(0), ttbr1: of(1) };
}
function twoRangeFindings(regime: Regime, tcr: Word, s: FeatureSettings): Finding[] {
  const d = decode(tcrEl1Format, tcr);
  const of = (range: 0 | 1, bits: string): Finding[] =>
    (range === 0 ? d.epd0 : d.epd1)
      ? [] // no walks, so nothing that its size could do
      : refusal(
          stage1Regime({ regime, tcr, range, features: features(s) }),
          bits,
          'TCR_EL1',
          `TTBR${range}: `,
        );
  return [...of(0, '15:14,5:0'), ...of(1, '31:30,21:16'), ...dirtyWithoutAccess(d, '40:39')];
}

export const tcrEl1 = register(tcrEl1Format, {
  aliases: ['TCR_EL1', 'TCR_EL12', 'tcr'],
  settings: featureSettings,
  facts: (_d, s, word) => twoRanges('EL1&0', word, s),
  findings: (_d, s, word) => twoRangeFindings('EL1&0', word, s),
});

const el2Settings = {
  ...featureSettings,
  e2h: toggle('HCR_EL2.E2H: TCR_EL2 then has the layout of TCR_EL1', 0),
} as const;
export const tcrEl2 = register(
  (s: Settings<typeof el2Settings>) => (s.e2h ? tcrEl2HostFormat : tcrEl2Format) as typeof tcrEl2Format,
  {
    aliases: ['TCR_EL2'],
    settings: el2Settings,
    facts: (_d, s, word) =>
      s.e2h
        ? twoRanges('EL2&0', word, s)
        : regimeFacts(stage1Regime({ regime: 'EL2', tcr: word, features: features(s) })),
    findings: (_d, s, word) => (s.e2h ? twoRangeFindings('EL2&0', word, s) : oneRange('EL2', word, s)),
    layouts: [{ e2h: 0 }, { e2h: 1 }],
  },
);
const oneRange = (regime: 'EL2' | 'EL3', word: Word, s: FeatureSettings): Finding[] => [
  ...refusal(stage1Regime({ regime, tcr: word, features: features(s) }), '15:14,5:0', `TCR_${regime}`),
  ...dirtyWithoutAccess(decode(tcrEl2Format, word), '22:21'),
];
export const tcrEl3 = register(tcrEl3Format, {
  aliases: ['TCR_EL3'],
  settings: featureSettings,
  facts: (_d, s, word) => regimeFacts(stage1Regime({ regime: 'EL3', tcr: word, features: features(s) })),
  findings: (_d, s, word) => oneRange('EL3', word, s),
});

const d128: (d: { readonly d128: Bit }) => Finding[] = d =>
  d.d128
    ? [
        {
          id: 'vmsav9-128',
          severity: 'error',
          bits: '5',
          message: 'D128 = 1: 128-bit descriptors (VMSAv9-128), which this decoder does not read',
          ref: arm('FEAT_D128'),
        },
      ]
    : [];
export const tcr2El1 = register(tcr2El1Format, { aliases: ['TCR2_EL1', 'TCR2_EL12'], findings: d128 });
export const tcr2El2 = register(tcr2El2Format, { aliases: ['TCR2_EL2'], findings: d128 });

// --------------------------------------------------------------------------------------------------------- VTCR

const set = (fields: readonly string[]): Finding[] =>
  fields.map(field => ({
    id: 'res0-set',
    severity: 'warning',
    bits: field === 'ds' ? '32' : '33',
    message: `${field.toUpperCase()} is RES0 with this granule and these features but set`,
    ref: arm('VTCR_EL2'),
  }));

export const vtcr = register(vtcrFormat, {
  aliases: ['VTCR_EL2', 'vtcr'],
  settings: featureSettings,
  facts: (_d, s, word) => regimeFacts(stage2Regime({ vtcr: word, features: features(s) })),
  findings: (d, s, word) => {
    const regime = stage2Regime({ vtcr: word, features: features(s) });
    return [
      ...refusal(regime, '33,15:14,7:0', 'VTCR_EL2'),
      ...set(regime.res0Fields ?? []),
      ...dirtyWithoutAccess(d, '22:21'),
    ];
  },
});

const vstcrSettings = { ...featureSettings, vtcr: known('VTCR_EL2, which gives everything else') } as const;
/** The Secure IPA space: granule, size and start level of its own, the rest from VTCR_EL2. */
export const vstcr = register(vstcrFormat, {
  aliases: ['VSTCR_EL2', 'vstcr'],
  settings: vstcrSettings,
  facts: (d, s, word): Facts =>
    s.vtcr === 'unknown'
      ? { granule: TG0[d.tg0] as string, inputBits: 64 - d.t0sz, rest: 'needs VTCR_EL2' }
      : regimeFacts(stage2Regime({ vtcr: s.vtcr, vstcr: word, features: features(s) })),
  findings: (_d, s, word) =>
    s.vtcr === 'unknown'
      ? []
      : refusal(
          stage2Regime({ vtcr: s.vtcr, vstcr: word, features: features(s) }),
          '33,15:14,7:0',
          'VSTCR_EL2',
        ),
});

// -------------------------------------------------------------------------------------------------- HCR and SCTLR

export const hcr = register(hcrFormat, {
  aliases: ['HCR_EL2', 'hcr'],
  facts: d => {
    const host = d.e2h === 1 && d.tge === 1;
    return {
      el2Regime: d.e2h ? 'EL2&0' : 'EL2',
      stage2: host ? 'off: E2H and TGE are 1' : d.vm || d.dc ? 'on' : 'off',
      memAttr: d.fwb ? 'FWB = 1 encoding' : 'FWB = 0 encoding',
      stage1OfEl1: host || d.tge || d.dc ? 'off' : 'by SCTLR_EL1.M',
      ...(d.dc && !host ? { stage1Default: `Normal WB RWA${d.dct ? ' Tagged' : ''}, Non-shareable` } : {}),
      nestedEl1: d.nv === 1 && d.nv1 === 1,
    };
  },
});

const sctlrFacts = (d: Readonly<Record<'m' | 'c' | 'i' | 'wxn' | 'ee', Bit>>): Facts => ({
  stage1: d.m ? 'on' : 'off',
  data: d.c ? 'as mapped' : 'Normal memory is Non-cacheable, walks too',
  fetches: d.i ? 'as mapped' : 'Normal memory is Non-cacheable',
  writableExecutes: d.wxn === 0,
  endian: d.ee ? 'big' : 'little',
});
export const sctlrEl1 = register(sctlrEl1Format, {
  aliases: ['SCTLR_EL1', 'SCTLR_EL12', 'sctlr'],
  facts: sctlrFacts,
});
export const sctlrEl2 = register(sctlrEl2Format, { aliases: ['SCTLR_EL2'], facts: sctlrFacts });
export const sctlrEl3 = register(sctlrEl3Format, { aliases: ['SCTLR_EL3'], facts: sctlrFacts });
