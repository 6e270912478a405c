/**
 * Stage 2: what MemAttr[3:0] asks for, by HCR_EL2.FWB and FEAT_MTE_PERM [Arm ARM, Tables D8-96, D8-100, D8-101; ASL
 * S2DecodeMemAttrs].
 */
import type { Bit } from '../../bits/spec.ts';
import { type Answer, answer, citing, rule } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import { valueName } from '../descriptors/common.ts';
import {
  MEMATTR,
  MEMATTR_FWB,
  MEMATTR_FWB_MTE_PERM,
  MEMATTR_MTE_PERM,
  type Stage2Settings,
  stage2Leaf,
} from '../descriptors/stage2.ts';
import { type CachePolicy, DEVICE_TYPES } from './attributes.ts';
import type { Stage2Meaning, Stage2Wish } from './meaning.ts';

/** How MemAttr is encoded. */
export interface MemAttrConfig {
  /** Effective HCR_EL2.FWB. */
  readonly fwb: Bit;
  /** FEAT_MTE_PERM. */
  readonly mtePerm: Bit;
}

const decoded = citing('arm64.S2DecodeMemAttrs', asl('S2DecodeMemAttrs'));

const POLICY: readonly (CachePolicy | undefined)[] = [undefined, 'NC', 'WT', 'WB'];

/** FWB = 0: outer in [3:2], inner in [1:0]; 0b00xx is Device. */
function plain(memAttr: number): Stage2Wish | undefined {
  const device = DEVICE_TYPES[memAttr];
  if (device) return { is: 'device', device };
  const outer = POLICY[memAttr >> 2];
  const inner = POLICY[memAttr & 0b11];
  return outer && inner ? { is: 'normal', outer, inner } : undefined;
}

/** FWB = 1: the low three bits, as a wish about stage 1's type [Arm ARM, R_ZNGNK, R_NQDNZ]. */
function forced(low: number): Stage2Wish | undefined {
  const device = DEVICE_TYPES[low];
  if (device) return { is: 'device', device };
  return low === 0b101
    ? { is: 'force-nc' }
    : low === 0b110
      ? { is: 'force-wb' }
      : low === 0b111
        ? { is: 'stage1' }
        : undefined;
}

interface Decoded {
  readonly wish: Stage2Wish | undefined;
  readonly noTagAccess: Bit;
  readonly res0Set: Bit;
}
function wishOf(memAttr: number, { fwb, mtePerm }: MemAttrConfig): Decoded {
  const high = memAttr >= 8;
  if (!fwb) {
    const deniesTags = mtePerm === 1 && memAttr === 0b0100;
    const wish: Stage2Wish | undefined = deniesTags
      ? { is: 'normal', outer: 'WB', inner: 'WB' }
      : plain(memAttr);
    return { wish, noTagAccess: deniesTags ? 1 : 0, res0Set: 0 };
  }
  if (!mtePerm) return { wish: forced(memAttr & 0b111), noTagAccess: 0, res0Set: high ? 1 : 0 };
  if (!high) return { wish: forced(memAttr), noTagAccess: 0, res0Set: 0 };
  const wish = memAttr >= 0b1110 ? forced(memAttr & 0b111) : undefined; // 0b10xx, 0b1100 and 0b1101 are reserved
  return { wish, noTagAccess: 1, res0Set: 0 };
}

const tableOf = ({ fwb, mtePerm }: MemAttrConfig) =>
  fwb ? (mtePerm ? MEMATTR_FWB_MTE_PERM : MEMATTR_FWB) : mtePerm ? MEMATTR_MTE_PERM : MEMATTR;

/** What one MemAttr asks for, with the SH field and FnXS that stand beside it. */
export function s2DecodeMemAttrs(
  memAttr: number,
  sh: number,
  fnXS: Bit,
  config: MemAttrConfig,
): Answer<Stage2Meaning> {
  const { wish, noTagAccess, res0Set } = wishOf(memAttr, config);
  const operands = {
    MemAttr: `0b${memAttr.toString(2).padStart(4, '0')}`,
    'HCR_EL2.FWB': config.fwb,
    ...(config.mtePerm ? { FEAT_MTE_PERM: true } : {}),
  };
  if (!wish)
    return answer(
      { status: 'reserved', why: 's2-memattr' },
      decoded(operands, 'Reserved', {
        note: 'it may act as any allocated value, as a mixture, or have no effect',
        ref: arm('section K1.2.19'),
      }),
    );
  return answer(
    { status: 'ok', wish, noTagAccess, sh, fnXS, res0Set },
    decoded(operands, valueName(tableOf(config), memAttr), {
      note: res0Set ? 'MemAttr[3] is RES0 but set' : undefined,
      ref: arm(config.fwb ? 'Table D8-100' : 'Table D8-96'),
    }),
  );
}

/** Registers and features that stage 2 attributes depend on besides the entry. */
export interface Stage2Types extends MemAttrConfig {
  /** The layout of the entry. */
  readonly settings: Stage2Settings;
  /** VTCR_EL2.SH0: the shareability of everything where the entry has none (DS = 1). */
  readonly walkSh: number;
}

/** The rule on a stage 2 Block or Page. */
export const stage2 = rule({
  id: 'arm64.S2DecodeMemAttrs',
  ref: asl('S2DecodeMemAttrs'),
  format: ({ settings }: Stage2Types) => stage2Leaf(settings),
  reads: ['memAttr', 'sh', 'fnXS'],
  resolve: ({ memAttr, sh, fnXS }, config: Stage2Types): Answer<Stage2Meaning> =>
    s2DecodeMemAttrs(memAttr, sh ?? config.walkSh, fnXS ?? 0, config),
});
