/**
 * Large pages over several MTRR types. The manual asks software to keep each page inside one type [SDM, "Multiple
 * MTRRs and Large Pages"]; where it did not, the answer is what each part would be, not a choice.
 */
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import type { Effective } from './meaning.ts';
import { type Mtrrs, type MtrrType, mtrrLabel, mtrrRange, mtrrType } from './mtrr.ts';

/** Part of a page with one effective type. */
export interface PagePart {
  readonly start: bigint;
  readonly end: bigint;
  readonly effective: Effective;
}
/** `uniform`: one effective type everywhere, even where MTRR types differ. */
export type PageEffective =
  | { readonly is: 'uniform'; readonly effective: Effective }
  | { readonly is: 'mixed'; readonly parts: readonly PagePart[]; readonly truncated: boolean };

const split = citing('x86.page.mtrr-split', sdm('section "Large Page Size Considerations"'));
/** Parts of a page that are listed before the list ends: masks with holes can make very many. */
const LIMIT = 4096;
/** Below this address the processor itself splits large pages over fixed-range MTRRs. */
const SPLIT_BELOW = 2n ** 22n;

/** Equal for equal types. */
const label = (effective: Effective): string => JSON.stringify(effective);

/**
 * The effective type of a page of `size` bytes at a physical address. `resolve` is the rest of the question:
 * `effectiveType` or `effectiveNpt` with everything but the MTRRs filled in.
 */
export function overPage(
  set: Mtrrs,
  start: bigint,
  size: bigint,
  resolve: (mtrr: Answer<MtrrType>) => Answer<Effective>,
): Answer<PageEffective> {
  const { uniform, segments, truncated } = mtrrRange(set, start, start + size, LIMIT);
  if (uniform) {
    const { value: effective, why: reasons } = resolve(mtrrType(set, start));
    return { value: { is: 'uniform', effective }, why: reasons };
  }
  const types = segments.map(({ type }) => mtrrLabel(type));
  const operands = {
    page: `0x${start.toString(16)}`,
    size: `0x${size.toString(16)}`,
    'MTRR types': [...new Set(types)].join(', '),
  };
  const parts: { start: bigint; end: bigint; effective: Effective }[] = [];
  for (const segment of segments) {
    const { value: effective } = resolve(mtrrType(set, segment.start));
    const last = parts.at(-1);
    if (last && label(last.effective) === label(effective)) last.end = segment.end;
    else parts.push({ start: segment.start, end: segment.end, effective });
  }
  const [first] = parts;
  const same = parts.length === 1 && !truncated && first !== undefined;
  const whole: PageEffective = same
    ? { is: 'uniform', effective: first.effective }
    : { is: 'mixed', parts, truncated };
  const note =
    start < SPLIT_BELOW
      ? 'near the fixed ranges the processor splits the page into 4-KByte translations'
      : 'software should map each type with pages of its own';
  const result = same ? 'the same in every part' : 'mixed';
  return answer(whole, split(operands, result, { note }));
}
