/** What answers of `kvm predict` share on both architectures. */
import type { Evidence } from '../../kvm/evidence.ts';
import type { GuestView } from '../../kvm/guest.ts';
import type { TraceStep } from '../../kvm/policy.ts';
import { SCHEMA } from '../records.ts';
import type { Look, Style } from '../style.ts';
import type { Column } from '../table.ts';
import { labelled, paragraph, type TextAnswer, texts } from './text.ts';

/** A prediction with the names by which kernel and CPU were asked for. */
export type Asked<P> = P & {
  readonly kernel: string;
  readonly cpuName: string;
  readonly cpuEvidence: readonly Evidence[];
};

/** One prediction alone is told in lines, several are a table. */
export function predictionsAnswer<P extends object, R>(
  predictions: readonly P[],
  rowsOf: (p: P) => readonly R[],
  columns: readonly Column<R>[],
  linesOf: (only: P, look: Look) => string[],
): TextAnswer {
  const [only, ...others] = predictions;
  const lines = (p: P) => ({ lines: (look: Look) => linesOf(p, look) });
  return texts({
    records: predictions.map(prediction => ({ schema: SCHEMA.kvmPredict, ...prediction })),
    rows: predictions.flatMap(rowsOf),
    columns,
    ...(only === undefined || others.length > 0 ? {} : lines(only)),
  });
}

export const ACCESS_NAME = { read: 'load', write: 'store', exec: 'fetch' } as const;

/** Room for `load, store, fetch`. */
export const LABEL = 20;

/** One line for each condition, indented below what it belongs to. */
export const traceLines = (trace: readonly TraceStep[], style: Style, width: number): string[] =>
  trace.flatMap(step => {
    const saw = Object.entries(step.saw)
      .map(([name, value]) => `${name}=${value === true ? 'yes' : value === false ? 'no' : value}`)
      .join(' ');
    const head = `      ${step.held ? '*' : ' '} ${step.id}: ${step.condition}`;
    return [
      step.held ? style.bold(head) : style.dim(head),
      ...paragraph(`${step.says} ${step.held ? `=> ${step.effect}` : ''}`.trim(), width, 10),
      style.dim(`          saw ${saw || 'nothing'}`),
      ...step.evidence.map(e => style.dim(`          ${e.grade}: ${e.source}`)),
    ];
  });

/** Who decides the type that the guest gets, and what becomes of each of its own types. */
export function guestLines(
  view: GuestView<string, string>,
  types: readonly string[],
  width: number,
): string[] {
  const same = types.filter(t => view.effective[t] === t);
  const changed = types.filter(t => view.effective[t] !== t);
  const text =
    view.control === 'guaranteed'
      ? `guaranteed: always ${view.type}, whatever its own tables say`
      : view.control === 'guest decides'
        ? 'guest decides: every type of its own tables gets through'
        : `overridden: ${changed.map(t => `${t} -> ${view.effective[t]}`).join(', ')}; kept: ${same.join(', ') || 'none'}`;
  return labelled('guest gets', text, width, LABEL);
}

/** Where the features of a CPU that was named come from. */
export const cpuLines = (evidence: readonly Evidence[], style: Style, width: number): string[] =>
  evidence.flatMap(e => labelled('', `${e.grade}: ${e.source}`, width, 4).map(style.dim));
