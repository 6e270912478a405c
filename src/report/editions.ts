/** Which editions the citations of an answer refer to: said once, below it. */
import type { Ref } from '../bits/spec.ts';
import { editionsOf } from '../refs.ts';
import type { Answer } from './answer.ts';
import type { Look } from './style.ts';
import { wrap } from './table.ts';

/** An empty line and the editions; nothing where no manual is cited. */
export function editionLines(refs: Iterable<Ref>, { style, width }: Look): string[] {
  const lines = editionsOf(refs).flatMap(text =>
    wrap(text, width - 2).map((line, i) => style.dim(i === 0 ? line : `  ${line}`)),
  );
  return lines.length > 0 ? ['', ...lines] : [];
}

/** The same below several answers; records cite for themselves. */
export const editionsAnswer = (refs: readonly Ref[]): Answer<never> => ({
  records: [],
  lines: look => editionLines(refs, look),
});
