/** Does a policy have a property? Every input is tried; what contradicts is shown as conditions and as one input. */
import { eraGrade } from '../era.ts';
import { KvmInputError } from '../errors.ts';
import { type Condition, ExprError, type Value, Vocabulary } from '../expr.ts';
import { type Counterexamples, counterexamples } from '../query.ts';
import { MTRR_TYPES } from './effective.ts';
import type { X86Policy } from './model.ts';
import { leafWord, type Point, Space, type Verdict } from './space.ts';

/** What a property may ask for. */
export const OUTCOME_FACTS = {
  host_mmio: { means: 'the page is host MMIO' },
  noncoherent_dma: { means: 'a device with non-coherent DMA is in the VM' },
  self_snoop: { means: 'CPUID.1:EDX.SS' },
  guest_cr0_cd: { means: 'guest CR0.CD' },
  type: { values: MTRR_TYPES, means: 'EPT memory type' },
  ipat: { means: 'ignore PAT' },
  guest_pat_counts: { means: 'IPAT is clear' },
  guaranteed_wb: { means: 'always Write-Back, whatever the guest’s PAT says' },
  guest_can_wc: { means: 'guest WC stays WC' },
  guest_can_uc: { means: 'guest UC stays UC' },
} as const;
const PROPERTY = new Vocabulary(OUTCOME_FACTS);

function parseProperty(text: string): Condition {
  try {
    return PROPERTY.compile(text);
  } catch (error) {
    if (error instanceof ExprError) throw new KvmInputError(error.message, Object.keys(PROPERTY.facts));
    throw error;
  }
}

const env = (p: Point, v: Verdict): Record<string, Value> => ({
  host_mmio: p['host MMIO'] === 'yes',
  noncoherent_dma: p['non-coherent DMA'] === 'yes',
  self_snoop: p['self-snoop'] === 'yes',
  guest_cr0_cd: p['guest CR0.CD'] === '1',
  type: v.type,
  ipat: v.ipat === 1,
  guest_pat_counts: v.ipat === 0,
  guaranteed_wb: v.view.type === 'WB',
  guest_can_wc: v.view.effective.WC === 'WC',
  guest_can_uc: v.view.effective.UC === 'UC',
});

export function search(
  policy: X86Policy,
  text: string,
): Counterexamples<{ readonly input: Point; readonly leaf: string }> {
  const condition = parseProperty(text);
  const space = new Space([policy]);
  const verdict = (index: number): Verdict => space.verdict(policy, space.point(index));
  return {
    policy: policy.id,
    property: { id: 'expression', says: text, expr: text },
    ...counterexamples(
      space.dimensions,
      index => condition.holds(env(space.point(index), verdict(index))),
      index => ({ input: space.example(index), leaf: leafWord(verdict(index)) }),
    ),
    grade: eraGrade(policy),
  };
}
