/** Explained faults, for people and as records. */
import { hex, hexWord } from '../bits/word.ts';
import type { Claim } from '../faults/claim.ts';
import type { Explanation, StepVerdict } from '../faults/verdict.ts';
import type { Regime } from '../walk/regime.ts';
import type { Answer } from './answer.ts';
import { findingRecord, SCHEMA } from './records.ts';
import type { Look } from './style.ts';
import { wrap } from './table.ts';

/** One fault, and the tables that it was held against. */
export interface ExplainedFault {
  readonly claim: Claim;
  /** Which tables: a translation by name, or `entries`. */
  readonly root?: string;
  readonly regime?: Regime;
  /** The address that was looked up, where it was found on the way and not said by the hardware. */
  readonly input?: bigint;
  readonly explanation?: Explanation;
  /** What to look at where there is no explanation. */
  readonly suspects?: readonly string[];
  readonly assumed: readonly string[];
}

const placeOf = (at: number): string | undefined => (Number.isNaN(at) ? undefined : hex(at));

function faultRecord({ claim, root, regime, input, explanation, suspects = [], assumed }: ExplainedFault) {
  const digits = (regime?.entryBytes ?? 8) * 2;
  const address = input ?? claim.input;
  return {
    schema: SCHEMA.fault,
    source: claim.source,
    architecture: claim.architecture,
    stage: claim.stage,
    access: claim.access,
    by: claim.by ?? null,
    onWalk: claim.onWalk,
    cause: claim.cause,
    level: claim.level ?? null,
    says: claim.says,
    address: address === undefined ? null : hex(address),
    ...(claim.va === undefined ? {} : { va: hex(claim.va) }),
    remarks: claim.remarks,
    findings: claim.findings.map(findingRecord),
    ...(root === undefined ? {} : { root }),
    ...(regime ? { regime: regime.id } : {}),
    ...(explanation
      ? {
          finds: explanation.finds,
          verdict: explanation.verdict,
          agrees: explanation.agrees ?? null,
          ...(explanation.doubt === undefined ? {} : { doubt: explanation.doubt }),
          suspects: explanation.suspects.map(({ says }) => says),
          steps: explanation.steps.map(({ step, says, guilty }) => ({
            level: step.name,
            index: step.index,
            at: placeOf(step.at) ?? null,
            raw: hexWord(step.word, digits),
            kind: step.kind,
            says,
            guilty,
          })),
        }
      : suspects.length > 0
        ? { suspects }
        : {}),
    assumed,
  };
}

function faultLines(answer: ExplainedFault, { style, width }: Look): string[] {
  const { claim, root, regime, input, explanation, suspects = [], assumed } = answer;
  const fact = (name: string, text: string): string[] => {
    const [head = '', ...rest] = wrap(text, width - 14);
    return [`  ${name.padEnd(11)} ${head}`, ...rest.map(line => ' '.repeat(14) + line)];
  };
  const address = input ?? claim.input;
  const where = address === undefined ? '' : ` to ${hex(address)}`;
  return [
    style.bold(claim.source),
    ...fact('hardware', claim.says),
    ...fact('access', `${claim.text}${where}`),
    ...claim.remarks.flatMap(remark => fact('note', remark)),
    ...claim.findings.flatMap(({ message }) => fact('', style.yellow(message))),
    ...(explanation
      ? [
          ...(regime ? fact('tables', `${root === undefined ? '' : `${root}: `}${regime.title}`) : []),
          ...(regime
            ? explanation.steps.flatMap(verdict => stepLines(verdict, regime, { style, width }))
            : []),
          ...fact('verdict', style.bold(explanation.verdict)),
          ...(explanation.agrees ? fact('', 'which is what the hardware said') : []),
          ...(explanation.doubt === undefined ? [] : fact('but', explanation.doubt)),
          ...explanation.suspects.flatMap(({ says }, i) => fact(i === 0 ? 'suspect' : 'or', says)),
        ]
      : suspects.flatMap(text => fact('suspect', text))),
    ...(assumed.length > 0 ? fact('assumed', assumed.join('; ')) : []),
  ];
}

function stepLines({ step, says, guilty }: StepVerdict, regime: Regime, { style, width }: Look): string[] {
  const at = placeOf(step.at);
  const head = `level ${step.name} [0x${step.index.toString(16).padStart(3, '0')}]${at === undefined ? '' : `  at ${at}`} = ${hexWord(step.word, regime.entryBytes * 2)}`;
  return [
    `    ${style.dim(head)}`,
    ...says.flatMap(text =>
      wrap(text, width - 8).map(line => `        ${guilty ? style.yellow(line) : line}`),
    ),
  ];
}

/** One fault explained, as it is printed. */
export const faultAnswer = (fault: ExplainedFault): Answer<never> => ({
  records: [faultRecord(fault)],
  lines: look => faultLines(fault, look),
});
