/** One translated address, for people and as a record. */

import { hex, hexWord } from '../bits/word.ts';
import type { JudgedAccess } from '../faults/access.ts';
import { citation } from '../refs.ts';
import type { Step, Translation } from '../walk/translate.ts';
import type { AddressAnswer, StageAnswer } from '../walk/translated.ts';
import type { Answer } from './answer.ts';
import { findingRecord, rootFindings, SCHEMA, sizeNumber } from './records.ts';
import { sizeText } from './size.ts';
import type { Look } from './style.ts';
import { wrap } from './table.ts';
import { underOf } from './under.ts';

const digits = ({ regime }: Translation): number => regime.entryBytes * 2;

const stepRecord = (translation: Translation) => (step: Step) => ({
  level: step.name,
  index: step.index,
  at: hex(step.at),
  raw: hexWord(step.word, digits(translation)),
  kind: step.reading.kind,
  findings: step.reading.findings.map(findingRecord),
});

function stageRecord({ translation, leaf, space }: StageAnswer) {
  const { regime, outcome, input, steps } = translation;
  const mapped = translation.outcome === 'mapped' ? translation : undefined;
  return {
    root: space.candidate.name,
    regime: regime.id,
    outcome,
    [regime.input]: hex(input),
    ...(mapped
      ? {
          [regime.output]: hex(mapped.output),
          pageSize: hex(mapped.pageSize),
          pageBytes: sizeNumber(mapped.pageSize),
        }
      : {}),
    ...(leaf ? { perm: leaf.perm, type: leaf.type, ...leaf.fields } : {}),
    ...underOf(regime),
    steps: steps.map(stepRecord(translation)),
  };
}

/** The record of one address: both stages under `s1` and `s2`, the combination at the top. */
function translateRecord(answer: AddressAnswer) {
  const { space, input, first, second, hidden, output, pageSize, perm, denied, effective, why, reason } =
    answer;
  const { regime } = space.candidate;
  const middle = first.translation.outcome === 'mapped' ? first.translation.output : undefined;
  const last = second?.translation.regime.output ?? regime.output;
  return {
    schema: SCHEMA.translate,
    root: space.candidate.name,
    regime: regime.id,
    ...rootFindings(space.candidate, space.second?.candidate),
    outcome: (hidden ? first : (second ?? first)).translation.outcome,
    [regime.input]: hex(input),
    ...(first.translation.pointer === undefined ? {} : { translated: hex(first.translation.input) }),
    ...(middle === undefined ? {} : { [regime.output]: hex(middle) }),
    ...(output === undefined ? {} : { [last]: hex(output) }),
    ...(pageSize === undefined ? {} : { pageSize: hex(pageSize), pageBytes: sizeNumber(pageSize) }),
    ...(perm === undefined ? {} : { perm, denied }),
    ...(effective ?? (first.leaf && !second ? { type: first.leaf.type } : {})),
    why: why.map(({ rule, because, ref }) => ({ rule, because, ref: citation(ref) })),
    ...(reason === undefined ? {} : { reason }),
    s1: stageRecord(first),
    ...(second ? { s2: { ...stageRecord(second), ...(hidden ? { walker: true } : {}) } } : {}),
  };
}

/** `level 2 [0x041] at 0x43731208 = 0x00000000448007fd  block`. */
function stepLines(stage: StageAnswer, { style, width }: Look): string[] {
  const { translation, leaf } = stage;
  const places = Math.max(...translation.steps.map(({ at }) => hex(at).length));
  return translation.steps.flatMap((step, i) => {
    const last = i === translation.steps.length - 1;
    const index = `[0x${step.index.toString(16).padStart(3, '0')}]`;
    const entry = `level ${step.name} ${index}  at ${hex(step.at).padStart(places)} = ${hexWord(step.word, digits(translation))}`;
    const says = [
      step.reading.kind,
      ...(last && leaf && translation.outcome === 'mapped'
        ? [sizeText(translation.pageSize), leaf.perm, leaf.type]
        : []),
    ];
    const findings = step.reading.findings.filter(({ severity }) => severity !== 'note');
    return [
      `    ${style.dim(entry)}  ${says.join('  ')}`,
      ...findings.flatMap(({ message }) =>
        wrap(message, width - 8).map(line => `        ${style.yellow(line)}`),
      ),
    ];
  });
}

const NAMES = { va: 'VA', ipa: 'IPA', gpa: 'GPA', pa: 'PA' } as const;

/** The answer as people paste it into a mail. */
function translateLines(answer: AddressAnswer, seen: Look, explain: boolean): string[] {
  const { style, width } = seen;
  const { space, input, first, second, hidden, output, pageSize, perm, denied, effective, why, reason } =
    answer;
  const { regime } = space.candidate;
  const { pointer, input: translated } = first.translation;
  const seenAs = pointer === undefined ? '' : ` (translated as ${hex(translated)}: the rest is a tag)`;
  const path = [`${NAMES[regime.input]} ${hex(input)}${seenAs}`];
  if (second && first.translation.outcome === 'mapped')
    path.push(`${NAMES[regime.output]} ${hex(first.translation.output)}`);
  const last = second?.translation.regime.output ?? regime.output;
  path.push(output === undefined ? style.yellow('not mapped') : `${NAMES[last]} ${hex(output)}`);
  const fact = (name: string, text: string): string[] => {
    const [head = '', ...rest] = wrap(text, width - 16);
    return [`  ${name.padEnd(13)} ${head}`, ...rest.map(line => ' '.repeat(16) + line)];
  };
  const type = effective ? effective.type : !second && first.leaf ? first.leaf.type : undefined;
  return [
    `${style.bold(path.join(' -> '))}  ${style.dim(space.candidate.name)}`,
    ...(second ? [`  stage 1: ${first.translation.regime.title}`] : [`  ${regime.title}`]),
    ...stepLines(first, seen),
    ...(second
      ? [
          `  stage 2${hidden ? `, of the table at ${hex(second.translation.input)}` : ''}: ${second.translation.regime.title}`,
          ...stepLines(second, seen),
        ]
      : []),
    ...(reason === undefined ? [] : fact('why', reason)),
    ...(type === undefined
      ? []
      : fact(
          effective ? 'effective' : 'memory type',
          effective
            ? `${style.bold(type)}, decided by ${effective.decidedBy}${effective.certain ? '' : ' (not one certain answer)'}`
            : style.bold(type),
        )),
    ...(perm === undefined
      ? []
      : fact('permissions', denied.length > 0 ? `${perm}; taken away: ${denied.join(', ')}` : perm)),
    ...(pageSize === undefined
      ? []
      : fact('page', second ? `${sizeText(pageSize)}, the smaller of both stages` : sizeText(pageSize))),
    ...(explain && why.length > 0
      ? why.flatMap(({ rule, because, ref }, i) => {
          const text = `${rule}: ${because} ${style.dim(`[${citation(ref)}]`)}`;
          return fact(i === 0 ? 'because' : '', text);
        })
      : []),
  ];
}

const WHO = { privileged: 'privileged', unprivileged: 'user' } as const;

/** An access, and what became of it. */
function accessLines({ asked, fault, sets, unless }: JudgedAccess, { style, width }: Look): string[] {
  const kind = asked.shadowStack ? `shadow-stack ${asked.access}` : asked.access;
  const lines = fault
    ? [
        style.yellow(
          `${WHO[asked.by]} ${kind}: faults at stage ${fault.stage}${fault.level === undefined ? '' : `, level ${fault.level}`}${fault.onWalk ? ', on a table of stage 1' : ''} (${fault.cause}): ${fault.says}`,
        ),
      ]
    : [
        `${WHO[asked.by]} ${kind}: allowed${sets.length > 0 ? `; hardware sets ${sets.join(', ')}` : ''}`,
        ...unless.map(text => `unless ${text}`),
      ];
  return lines.flatMap((text, i) =>
    wrap(text, width - 16).map((line, j) => `  ${(i + j === 0 ? 'access' : '').padEnd(13)} ${line}`),
  );
}

const accessRecord = ({ asked, fault, sets, unless }: JudgedAccess) => ({
  kind: asked.access,
  by: asked.by,
  shadowStack: asked.shadowStack === true,
  allowed: fault === undefined,
  fault: fault ? { ...fault, level: fault.level ?? null } : null,
  sets,
  unless,
});

/** One address of one translation; `explain` adds the rules that had a say. */
export const translateAnswer = (
  answer: AddressAnswer,
  explain: boolean,
  judged?: JudgedAccess,
): Answer<never> => ({
  records: [{ ...translateRecord(answer), ...(judged ? { access: accessRecord(judged) } : {}) }],
  lines: look => [...translateLines(answer, look, explain), ...(judged ? accessLines(judged, look) : [])],
});
