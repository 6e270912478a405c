/** Roots with their evidence, for people and as records. */
import { hex } from '../bits/word.ts';
import type { FoundRoot } from '../walk/found-root.ts';
import { SCHEMA } from './records.ts';
import { wrap } from './table.ts';
import type { WalkLook } from './walk.ts';

export const rootRecord = (root: FoundRoot, rank: number) => ({
  schema: SCHEMA.roots,
  rank,
  ...root,
  address: hex(root.address),
});

/** What a number below 1 means in a word. */
const sure = (confidence: number): string =>
  confidence >= 0.95
    ? 'certain'
    : confidence >= 0.75
      ? 'likely'
      : confidence >= 0.45
        ? 'possible'
        : 'doubtful';

/** One root as a few lines: what and where, why, how to walk it. */
export function rootLines(root: FoundRoot, rank: number, { style, width }: WalkLook): string[] {
  const { confidence, kind, title, address, memory, names, evidence, assumed, options } = root;
  const percent = `${Math.round(confidence * 100)} %`.padStart(5);
  const head = `${`${rank}`.padStart(3)}  ${percent} ${sure(confidence).padEnd(8)}  `;
  const where = memory === 'physical' ? '' : ` in ${memory}`;
  const aside = (text: string): string[] =>
    wrap(text, Math.max(30, width - 22)).map(line => ' '.repeat(22) + style.dim(line));
  return [
    `${head}${style.bold(`${kind}  ${hex(address)}`)}${where}${names.length > 0 ? `  ${names.join(', ')}` : ''}`,
    ...(title === kind ? [] : aside(title)),
    ...evidence.flatMap(aside),
    ...(assumed.length > 0 ? aside(`assumed: ${assumed.join('; ')}`) : []),
    ...(options.length > 0 ? aside(`walk it with ${options.join(' ')}`) : []),
  ];
}

/** Columns of CSV and Markdown. */
export const ROOT_TITLES = [
  'rank',
  'confidence',
  'kind',
  'address',
  'memory',
  'names',
  'sources',
  'tables',
  'leaves',
  'missing',
  'evidence',
  'assumed',
  'options',
] as const;

export const rootCells = (root: FoundRoot, rank: number): string[] => {
  const values: Record<(typeof ROOT_TITLES)[number], string | number> = {
    ...root,
    rank,
    address: hex(root.address),
    names: root.names.join(', '),
    sources: root.sources.join(', '),
    evidence: root.evidence.join('; '),
    assumed: root.assumed.join('; '),
    options: root.options.join(' '),
  };
  return ROOT_TITLES.map(title => `${values[title]}`);
};
