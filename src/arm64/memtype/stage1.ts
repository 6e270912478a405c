/** Stage 1: AttrIndx selects a byte of MAIR_ELx, SH stands beside it [Arm ARM, section D8.6.1; ASL S1DecodeMemAttrs]. */
import type { Bit } from '../../bits/spec.ts';
import { type Answer, answer, citing, rule } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import { type Stage1Settings, stage1Leaf } from '../descriptors/stage1.ts';
import { attributeByte } from '../registers/attributes.ts';
import { type AttributeFeatures, decodeAttr } from '../values/attributes.ts';
import { memoryName } from '../values/names.ts';
import type { Stage1Meaning } from './meaning.ts';

const decoded = citing('arm64.S1DecodeMemAttrs', asl('S1DecodeMemAttrs'));

/** The type of one attribute byte with an SH field. */
export function s1DecodeMemAttrs(
  byte: number,
  sh: number,
  features: AttributeFeatures,
): Answer<Stage1Meaning> {
  const memory = decodeAttr(byte, features);
  const operands = { 'MAIR byte': `0x${byte.toString(16).padStart(2, '0')}` };
  if (!memory)
    return answer(
      { is: 'unpredictable', why: 'mair' },
      decoded(operands, 'UNPREDICTABLE', {
        note: 'the byte may behave as any other one',
        ref: arm('MAIR_EL1'),
      }),
    );
  return answer({ is: 'ok', memory, sh }, decoded(operands, memoryName(memory)));
}

/** Registers and features that stage 1 attributes depend on besides the entry. */
export interface Stage1Types extends AttributeFeatures {
  /** The layout of the entry. */
  readonly settings: Stage1Settings;
  readonly mair: bigint;
  /** MAIR2_ELx, for AttrIndx 8 to 15 (FEAT_AIE). */
  readonly mair2: bigint;
  /** TCR_ELx.SHn: the shareability of everything where the entry has none (DS = 1). */
  readonly walkSh: number;
  readonly xs: Bit;
  readonly mte2: Bit;
}

/** The rule on a stage 1 Block or Page. */
export const stage1 = rule({
  id: 'arm64.S1DecodeMemAttrs',
  ref: asl('S1DecodeMemAttrs'),
  format: ({ settings }: Stage1Types) => stage1Leaf(settings),
  reads: ['attrIndx', 'sh'],
  resolve: ({ attrIndx, sh }, config: Stage1Types): Answer<Stage1Meaning> => {
    const byte = attributeByte(attrIndx, config) ?? 0;
    return s1DecodeMemAttrs(byte, sh ?? config.walkSh, config);
  },
});
