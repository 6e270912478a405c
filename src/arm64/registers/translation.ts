/**
 * TCR, VTCR and VSTCR as families: their rows stand in `control.ts`; here they are read together with the regime that
 * they imply on a CPU of the given features. `walk/regime.ts`, which stands above registers, computes it and is handed in.
 */
import { decode, type Finding } from '../../bits/codec.ts';
import type { Facts } from '../../bits/family.ts';
import { register } from '../../bits/register.ts';
import { choice, known, type Settings, toggle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import type { Granule } from '../values/address.ts';
import { RGN, TG0, type WalkAttributes } from '../values/codes.ts';
import {
  tcrEl1Format,
  tcrEl2Format,
  tcrEl2HostFormat,
  tcrEl3Format,
  vstcrFormat,
  vtcrFormat,
} from './control.ts';
import { FEATURE_SETS, type FeatureSet, type Features, featuresOf } from './features.ts';

/** What the controls of a translation add up to, or why they translate nothing. */
export interface ImpliedRegime {
  readonly walk: WalkAttributes;
  readonly granule: Granule | null;
  readonly ds?: Bit;
  readonly iaBits?: number;
  readonly oaBits?: number;
  readonly valid: boolean;
  readonly reason?: string;
  readonly explain?: string;
  readonly startLevel?: number;
  readonly indexBits?: number;
  readonly concat?: number;
  readonly tableBytes?: number;
  readonly baseAlign?: number;
  readonly baddr52?: boolean;
  /** Fields that are set although RES0 under these controls. */
  readonly res0Fields?: readonly string[];
}
type Exception = 'EL1&0' | 'EL2&0' | 'EL2' | 'EL3';
/** The regimes of `walk/regime.ts`. */
export interface Regimes {
  stage1(registers: {
    readonly regime: Exception;
    readonly tcr: Word;
    readonly range?: 0 | 1;
    readonly features: Features;
  }): ImpliedRegime;
  stage2(registers: {
    readonly vtcr: Word;
    readonly vstcr?: Word;
    readonly features: Features;
  }): ImpliedRegime;
}

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
const walkText = ({ walk }: ImpliedRegime): string =>
  `${SHORT_SH[walk.sh]}, outer ${RGN[walk.orgn]}, inner ${RGN[walk.irgn]}`;

/** The regime in the order in which people ask for it. */
function regimeFacts(regime: ImpliedRegime): Facts {
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
    ...(regime.concat === undefined ? {} : { concatenatedTables: regime.concat }),
    tableBytes: regime.tableBytes,
    baseAlign: regime.baseAlign,
    base52: regime.baddr52,
    walks: walkText(regime),
  };
}

/** The refusal as a finding, on the fields that decide. */
function refusal(regime: ImpliedRegime, bits: string, name: string, what = ''): Finding[] {
  const { valid, reason, explain } = regime;
  if (valid || reason === undefined) return [];
  return [
    {
      id: reason,
      severity: reason.endsWith('impdef') ? 'warning' : 'error',
      bits,
      message: `${what}${explain}`,
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

/** What the hardware takes a reserved granule for is its own choice, and concerns walks alone [Arm ARM, TCR_EL1.TG1]. */
const unwalked = ({ epd0, epd1 }: { readonly epd0: Bit; readonly epd1: Bit }) => ({
  ...(epd0 ? { tg0: 'EPD0 = 1: no walk of TTBR0 reads it' } : {}),
  ...(epd1 ? { tg1: 'EPD1 = 1: no walk of TTBR1 reads it' } : {}),
});

const el2Settings = {
  ...featureSettings,
  e2h: toggle('HCR_EL2.E2H: TCR_EL2 then has the layout of TCR_EL1', 0),
} as const;
const vstcrSettings = { ...featureSettings, vtcr: known('VTCR_EL2, which gives everything else') } as const;
const set = (fields: readonly string[]): Finding[] =>
  fields.map(field => ({
    id: 'res0-set',
    severity: 'warning',
    bits: field === 'ds' ? '32' : '33',
    message: `${field.toUpperCase()} is RES0 with this granule and these features but set`,
    ref: arm('VTCR_EL2'),
  }));

/** TCR_ELx, under the regimes that `stage1` gives. */
export function stage1Controls(stage1: Regimes['stage1']) {
  function twoRanges(regime: Exception, tcr: Word, s: FeatureSettings): Facts {
    const { epd0, epd1 } = decode(tcrEl1Format, tcr);
    const of = (range: 0 | 1): Facts => {
      const implied = stage1({ regime, tcr, range, features: features(s) });
      if (!(range === 0 ? epd0 : epd1)) return regimeFacts(implied);
      const disabled = `EPD${range} = 1: every TLB miss faults`;
      // what its size and granule would do, they do not
      return implied.valid ? { disabled, ...regimeFacts(implied) } : { disabled };
    };
    return { ttbr0: of(0), ttbr1: of(1) };
  }
  function twoRangeFindings(regime: Exception, tcr: Word, s: FeatureSettings): Finding[] {
    const d = decode(tcrEl1Format, tcr);
    const of = (range: 0 | 1, bits: string): Finding[] =>
      (range === 0 ? d.epd0 : d.epd1)
        ? [] // no walks, so nothing that its size could do
        : refusal(stage1({ regime, tcr, range, features: features(s) }), bits, 'TCR_EL1', `TTBR${range}: `);
    return [...of(0, '15:14,5:0'), ...of(1, '31:30,21:16'), ...dirtyWithoutAccess(d, '40:39')];
  }

  const tcrEl1 = register(tcrEl1Format, {
    aliases: ['TCR_EL1', 'TCR_EL12', 'tcr'],
    settings: featureSettings,
    unread: unwalked,
    facts: (_d, s, word) => twoRanges('EL1&0', word, s),
    findings: (_d, s, word) => twoRangeFindings('EL1&0', word, s),
  });

  const tcrEl2 = register(
    (s: Settings<typeof el2Settings>) => (s.e2h ? tcrEl2HostFormat : tcrEl2Format) as typeof tcrEl2Format,
    {
      aliases: ['TCR_EL2'],
      settings: el2Settings,
      unread: (_d, s, word) => (s.e2h ? unwalked(decode(tcrEl2HostFormat, word)) : {}),
      facts: (_d, s, word) =>
        s.e2h
          ? twoRanges('EL2&0', word, s)
          : regimeFacts(stage1({ regime: 'EL2', tcr: word, features: features(s) })),
      findings: (_d, s, word) => (s.e2h ? twoRangeFindings('EL2&0', word, s) : oneRange('EL2', word, s)),
      layouts: [{ e2h: 0 }, { e2h: 1 }],
    },
  );
  const oneRange = (regime: 'EL2' | 'EL3', word: Word, s: FeatureSettings): Finding[] => [
    ...refusal(stage1({ regime, tcr: word, features: features(s) }), '15:14,5:0', `TCR_${regime}`),
    ...dirtyWithoutAccess(decode(tcrEl2Format, word), '22:21'),
  ];
  const tcrEl3 = register(tcrEl3Format, {
    aliases: ['TCR_EL3'],
    settings: featureSettings,
    facts: (_d, s, word) => regimeFacts(stage1({ regime: 'EL3', tcr: word, features: features(s) })),
    findings: (_d, s, word) => oneRange('EL3', word, s),
  });
  return { tcrEl1, tcrEl2, tcrEl3 };
}

/** VTCR_EL2 and VSTCR_EL2, under the regimes that `stage2` gives. */
export function stage2Controls(stage2: Regimes['stage2']) {
  const vtcr = register(vtcrFormat, {
    aliases: ['VTCR_EL2', 'vtcr'],
    settings: featureSettings,
    facts: (_d, s, word) => regimeFacts(stage2({ vtcr: word, features: features(s) })),
    findings: (d, s, word) => {
      const regime = stage2({ vtcr: word, features: features(s) });
      return [
        ...refusal(regime, '33,15:14,7:0', 'VTCR_EL2'),
        ...set(regime.res0Fields ?? []),
        ...dirtyWithoutAccess(d, '22:21'),
      ];
    },
  });

  /** The Secure IPA space: granule, size and start level of its own, the rest from VTCR_EL2. */
  const vstcr = register(vstcrFormat, {
    aliases: ['VSTCR_EL2', 'vstcr'],
    settings: vstcrSettings,
    facts: (d, s, word): Facts =>
      s.vtcr === 'unknown'
        ? { granule: TG0[d.tg0] as string, inputBits: 64 - d.t0sz, rest: 'needs VTCR_EL2' }
        : regimeFacts(stage2({ vtcr: s.vtcr, vstcr: word, features: features(s) })),
    findings: (_d, s, word) =>
      s.vtcr === 'unknown'
        ? []
        : refusal(stage2({ vtcr: s.vtcr, vstcr: word, features: features(s) }), '33,15:14,7:0', 'VSTCR_EL2'),
  });

  return { vtcr, vstcr };
}
