/**
 * Stage 2: what MemAttr[3:0] asks for, by HCR_EL2.FWB and FEAT_MTE_PERM [Arm ARM, Tables D8-96, D8-100, D8-101; ASL
 * S2DecodeMemAttrs].
 */
import type { Bit } from '../../bits/spec.ts';
import type { Agreement } from '../../memtype/agreement.ts';
import { type Answer, answer, citing, rule } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import {
  MEMATTR,
  MEMATTR_FWB,
  MEMATTR_FWB_MTE_PERM,
  MEMATTR_MTE_PERM,
  type Stage2Settings,
  stage2Leaf,
} from '../descriptors/stage2.ts';
import { decodeMemAttr, type MemAttrConfig, type Stage2Wish } from '../values/attributes.ts';
import { valueName } from '../values/codes.ts';
import type { Stage2Meaning } from './meaning.ts';

const decoded = citing('arm64.S2DecodeMemAttrs', asl('S2DecodeMemAttrs'));

const tableOf = ({ fwb, mtePerm }: MemAttrConfig) =>
  fwb ? (mtePerm ? MEMATTR_FWB_MTE_PERM : MEMATTR_FWB) : mtePerm ? MEMATTR_MTE_PERM : MEMATTR;

/** What one MemAttr asks for, with the SH field and FnXS that stand beside it. */
export function s2DecodeMemAttrs(
  memAttr: number,
  sh: number,
  fnXS: Bit,
  config: MemAttrConfig,
): Answer<Stage2Meaning> {
  const { wish, noTagAccess, res0Set } = decodeMemAttr(memAttr, config);
  const operands = {
    MemAttr: `0b${memAttr.toString(2).padStart(4, '0')}`,
    'HCR_EL2.FWB': config.fwb,
    ...(config.mtePerm ? { FEAT_MTE_PERM: true } : {}),
  };
  if (!wish)
    return answer(
      { is: 'reserved', why: 's2-memattr' },
      decoded(operands, 'Reserved', {
        note: 'it may act as any allocated value, as a mixture, or have no effect',
        ref: arm('section K1.2.19'),
      }),
    );
  return answer(
    { is: 'ok', wish, noTagAccess, sh, fnXS, res0Set },
    decoded(operands, valueName(tableOf(config), memAttr), {
      note: res0Set ? 'MemAttr[3] is RES0 but set' : undefined,
      ref: arm(config.fwb ? 'Table D8-100' : 'Table D8-96'),
    }),
  );
}

/**
 * What a wish makes of the type whatever stage 1 asks for: forced Write-Back, and memory that no cache holds, of whichever
 * kind. Undefined where stage 1 has a say.
 */
export function alone(wish: Stage2Wish): Partial<Agreement> | undefined {
  switch (wish.is) {
    case 'force-wb':
      return { type: 'Normal WB', kind: 'memory', cached: true };
    case 'device':
      return { kind: 'device', cached: false };
    case 'force-nc':
      return { cached: false };
    case 'normal':
      return wish.outer === 'NC' && wish.inner === 'NC' ? { cached: false } : undefined;
    case 'stage1':
      return undefined;
  }
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
