/** Every way to a physical page, for people and as records. */
import { counted, firstShown } from '../bits/counted.ts';
import { hex, hexWord } from '../bits/word.ts';
import type { PageAlias } from '../walk/aliases.ts';
import type { StageAnswer } from '../walk/translated.ts';
import { type Answer, mapped } from './answer.ts';
import { SCHEMA, sizeNumber } from './records.ts';
import { sizeText } from './size.ts';
import type { Look } from './style.ts';
import { type Column, filled, table } from './table.ts';
import { underOf } from './under.ts';
import { pageText } from './walk.ts';

/** What one stage's leaf says: its fields beside level, page and where the entry stands. */
function leafRecord({ translation, leaf }: StageAnswer) {
  if (translation.outcome !== 'mapped' || !leaf) return {};
  const { regime, level, pageSize, leaf: step } = translation;
  return {
    perm: leaf.perm,
    type: leaf.type,
    ...leaf.fields,
    level: regime.levels[level]?.name,
    pageSize: hex(pageSize),
    pageBytes: sizeNumber(pageSize),
    ...underOf(regime),
    raw: hexWord(step.word, regime.entryBytes * 2),
    at: hex(step.at),
  };
}

/** The addresses on the way: under `va`, `ipa`, `gpa` and `pa`, as in the records of `walk`. */
function places({ space, input, answer }: PageAlias, address: bigint) {
  const { regime } = space.candidate;
  const middle = answer.first.translation.outcome === 'mapped' ? answer.first.translation.output : undefined;
  return {
    [regime.input]: hex(input),
    ...(answer.second && middle !== undefined ? { [regime.output]: hex(middle) } : {}),
    [(answer.second?.translation.regime ?? regime).output]: hex(address),
  };
}

/** One way, or many folded: `count` says how many, `last` is the highest input address. */
function rmapRecord(alias: PageAlias, address: bigint) {
  const { space, count, last, stride, answer } = alias;
  const { first, second, perm, pageSize, denied, effective } = answer;
  const stage1 = { regime: first.translation.regime.id, ...leafRecord(first) };
  const head = { schema: SCHEMA.rmap, root: space.candidate.name, regime: stage1.regime };
  const where = {
    ...places(alias, address),
    count,
    ...(last === undefined ? {} : { last: hex(last) }),
    ...(stride === undefined ? {} : { stride: hex(stride), strideBytes: sizeNumber(stride) }),
  };
  if (!second) {
    const { type, decidedBy, certain } = effective ?? {};
    const view = effective ? { effective: type, decidedBy, certain } : {};
    return { ...head, ...where, ...stage1, ...view };
  }
  return {
    ...head,
    ...where,
    ...(pageSize === undefined ? {} : { pageSize: hex(pageSize), pageBytes: sizeNumber(pageSize) }),
    perm,
    denied,
    ...effective,
    s1: stage1,
    s2: { regime: second.translation.regime.id, ...leafRecord(second) },
  };
}

/** A page that no translation leads to: `searched` are the translations that were asked. */
const unmappedRecord = (address: bigint, output: string, searched: readonly string[]) => ({
  schema: SCHEMA.rmap,
  [output]: hex(address),
  count: 0,
  searched,
});

const typeOf = ({ answer: { effective, first } }: PageAlias): string =>
  effective?.type ?? first.leaf?.type ?? '';

function fromText({ answer: { effective, first, second } }: PageAlias): string {
  if (!effective) return '';
  const own = first.leaf?.type ?? '';
  // FWB's own words, "combined with stage 1", are said by standing beside the other stage
  const other = second?.leaf?.type.replace(/ combined with stage 1$/, '');
  if (other !== undefined) return `${effective.decidedBy}: ${own} with ${other}`;
  return effective.type.startsWith(own) ? '' : `${effective.decidedBy}; the entry: ${own}`;
}

function inputText({ input, count, last, stride }: PageAlias): string {
  if (last === undefined) return hex(input);
  const apart = stride === undefined ? '' : `, ${sizeText(stride)} apart`;
  return `${count} from ${hex(input)} to ${hex(last)}${apart}`;
}

/** The address between two stages. */
const middleText = ({ answer: { first, second } }: PageAlias): string =>
  second && first.translation.outcome === 'mapped' ? hex(first.translation.output) : '';

/** The ways to one page as aligned lines. */
function rmapLines(aliases: readonly PageAlias[], { style, width }: Look): string[] {
  const nested = aliases.some(({ answer }) => answer.second);
  const judged = aliases.some(({ answer }) => answer.effective);
  const columns: Column<PageAlias>[] = [
    { title: 'root', text: ({ space }) => space.candidate.name },
    { title: 'address', text: inputText, wrap: true, paint: () => style.bold },
    ...(nested ? [{ title: 'through', text: middleText, align: 'right' } as const] : []),
    {
      title: 'page',
      text: ({ answer }) => (answer.pageSize === undefined ? '' : pageText(answer.pageSize)),
      align: 'right',
      paint: () => style.dim,
    },
    { title: 'perm', text: ({ answer }) => answer.perm ?? '' },
    { title: judged ? 'effective' : 'type', text: typeOf, wrap: true, paint: () => style.bold },
    ...(judged ? [{ title: 'decided by', text: fromText, wrap: true, paint: () => style.dim } as const] : []),
  ];
  return table(filled(columns, aliases), aliases, { width, indent: 2, head: style.dim });
}

// ------------------------------------------------------------------------------------------------------ answers

const cell = (value: bigint | number | undefined): string => (value === undefined ? '' : hex(value));

/** What CSV and Markdown say of a way to an address. */
const rmapColumns = (address: bigint): readonly Column<PageAlias>[] => [
  { title: 'pa', text: () => hex(address) },
  { title: 'root', text: ({ space }) => space.candidate.name },
  { title: 'regime', text: ({ space }) => space.candidate.regime.id },
  { title: 'input', text: ({ input }) => hex(input) },
  { title: 'middle', text: middleText, optional: true },
  { title: 'count', text: ({ count }) => `${count}` },
  { title: 'last', text: ({ last }) => cell(last), optional: true },
  { title: 'stride', text: ({ stride }) => cell(stride), optional: true },
  { title: 'strideBytes', text: ({ stride }) => (stride === undefined ? '' : `${stride}`), optional: true },
  { title: 'pageSize', text: ({ answer }) => cell(answer.pageSize) },
  { title: 'pageBytes', text: ({ answer }) => `${answer.pageSize ?? ''}` },
  { title: 'perm', text: ({ answer }) => answer.perm ?? '' },
  { title: 'type', text: typeOf },
  { title: 'decidedBy', text: ({ answer }) => answer.effective?.decidedBy ?? '', optional: true },
  { title: 's1Type', text: ({ answer }) => answer.first.leaf?.type ?? '' },
  { title: 's2Type', text: ({ answer }) => answer.second?.leaf?.type ?? '', optional: true },
];

/** The ways to one physical address. */
export interface Ways {
  readonly address: bigint;
  readonly found: readonly PageAlias[];
  /** Of those at most so many are shown. */
  readonly limit: number;
  /** The translations that were asked. */
  readonly searched: readonly string[];
}

export function waysAnswer(ways: Ways): Answer<PageAlias> {
  const { address, found, limit, searched } = ways;
  const rows = found.slice(0, limit);
  return {
    records:
      found.length === 0
        ? [unmappedRecord(address, 'pa', searched)]
        : mapped(rows, alias => rmapRecord(alias, address)),
    rows,
    columns: rmapColumns(address),
    lines: look => [
      `${look.style.bold(`PA ${hex(address)}`)}  ${said(ways)}`,
      ...(rows.length > 0 ? rmapLines(rows, look) : []),
      ...(rows.length < found.length ? [`  ${look.style.dim(firstShown(rows.length, 'line'))}`] : []),
    ],
  };
}

function said({ found, searched }: Ways): string {
  if (found.length === 0) return `no address of ${searched.join(', ')} leads here`;
  const count = found.reduce((sum, alias) => sum + alias.count, 0);
  const roots = new Set(found.map(({ space }) => space.candidate.name)).size;
  return `${counted(count, 'address', 'addresses')}${roots > 1 ? ` in ${roots} translations` : ''}`;
}
