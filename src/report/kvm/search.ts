/** Whether policies have a property, and what a property may ask for. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { Facts } from '../../kvm/expr.ts';
import type { Counterexamples, PropertyFacts } from '../../kvm/query.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import { QUESTIONS_REPORT } from './questions.ts';
import { conditionText, gradeText, labelled, paragraph, type TextAnswer, texts, whenLines } from './text.ts';

export const searchAnswer = (arch: ArchitectureId, found: readonly Counterexamples[]): TextAnswer =>
  texts({
    records: found.map(f => ({ schema: SCHEMA.kvmSearch, arch, ...f })),
    rows: found,
    columns: [
      { title: 'policy', text: f => f.policy },
      { title: 'holds', text: f => (f.holds ? 'yes' : 'no') },
      { title: 'fails when', text: f => f.when.map(conditionText).join(' | '), wrap: true },
      { title: 'ev', text: f => f.grade },
    ],
    lines: look => lines(arch, found, look),
  });

/** `112 to 2240` */
function span(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? String(low) : `${low} to ${high}`;
}

function lines(arch: ArchitectureId, found: readonly Counterexamples[], { style, width }: Look): string[] {
  const [first] = found;
  if (first === undefined) return [];
  const { says, expr } = first.property;
  const holding = found.filter(f => f.holds);
  const kept = `${holding.map(f => f.policy).join(', ')} (${span(holding.map(f => f.tried))} inputs each)`;
  return [
    style.bold(says),
    ...(expr === says ? [] : [style.dim(`  ${expr}`)]),
    '',
    ...(holding.length === 0 ? [] : labelled('holds', kept, width, 8, 0)),
    ...found.filter(f => !f.holds).flatMap(f => failureLines(arch, f, width)),
  ];
}

function failureLines(arch: ArchitectureId, f: Counterexamples, width: number): string[] {
  const head = `${f.policy}: ${f.failing} of ${f.tried} inputs, evidence ${gradeText(f.grade)}; exactly when`;
  const example = f.example && `for example ${QUESTIONS_REPORT[arch].exampleText(f.example)}`;
  return [
    ...labelled('fails', head, width, 8, 0),
    ...whenLines(f.when, width, 8),
    ...(example === undefined ? [] : paragraph(example, width, 8)),
  ];
}

/** A property, a fact that an answer gives, or a fact that goes in. */
interface FactRow {
  readonly kind: 'property' | 'outcome' | 'input';
  readonly name: string;
  readonly means: string;
}

const factRows = (kind: FactRow['kind'], facts: Facts): FactRow[] =>
  Object.entries(facts).map(([name, { means, values }]) => ({
    kind,
    name,
    means: `${means}${values ? ` (${values.join(', ')})` : ''}`,
  }));

export function factsAnswer({ properties, outcomes, inputs }: PropertyFacts): TextAnswer {
  const rows: FactRow[] = [
    ...properties.map(p => ({ kind: 'property' as const, name: p.id, means: `${p.says}: ${p.expr}` })),
    ...factRows('outcome', outcomes),
    ...factRows('input', inputs),
  ];
  return texts({
    records: rows.map(row => ({ schema: SCHEMA.kvmFacts, ...row })),
    rows,
    columns: [
      { title: 'kind', text: r => r.kind },
      { title: 'name', text: r => r.name },
      { title: 'means', text: r => r.means, wrap: true },
    ],
  });
}
