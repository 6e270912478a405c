/** `decode`: words to readings, under a format that was named or under every one that fits. */
import { describe } from '../../bits/describe.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { type Candidate, candidates, costOf, matters, rank } from '../../bits/rank.ts';
import { type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import { hex, hexWord, type Word } from '../../bits/word.ts';
import { descriptors } from '../../descriptors.ts';
import { gist } from '../../report/facts.ts';
import { json } from '../../report/json.ts';
import { markdownReading, readingLines } from '../../report/reading.ts';
import { decodeRecord } from '../../report/records.ts';
import type { Style } from '../../report/style.ts';
import { type Column, csvLine, table, wrap } from '../../report/table.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { anyFamily, givenFor, type Named, pairsOf } from '../names.ts';
import { didYouMean } from '../suggest.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { wordsOf } from '../words.ts';

type Given = Partial<Settings<SettingTable>>;

interface DecodeArgs extends Globals {
  readonly words: readonly string[];
  readonly as?: string | undefined;
  readonly set: readonly string[];
  readonly all?: boolean | undefined;
  readonly brief?: boolean | undefined;
}

/** Up to here words are printed in full, and each is tried under every format; beyond, one line and one format. */
const FEW = 16;
const SAMPLE = 64;
const BATCH = 512;

export async function run(args: DecodeArgs, io: Io): Promise<number> {
  const pairs = pairsOf(args.set);
  if (args.words.length === 0) {
    if (io.stdin.terminal)
      io.err.write('memattr: reading words or text from the terminal; Ctrl-D ends them\n');
    const { answer, isTextFormat, peek } = await import('./decode-text.ts');
    const format = args.as !== undefined && isTextFormat(args.as) ? args.as : undefined;
    const family =
      format === undefined && args.as !== undefined ? (await familyOrText(args.as)).family : undefined;
    const pasted = peek(io);
    if (format !== undefined || (pasted.text && family?.role !== 'register')) {
      const given = givenFor(pairs, family ? [family] : descriptors);
      const asked = { given, ...(format ? { format } : {}), ...(family ? { family } : {}) };
      return answer(pasted, asked, args, io);
    }
    return readWords(args, pairs, { ...io, stdin: { terminal: false, chunks: pasted.chunks } });
  }
  return readWords(args, pairs, io);
}

/** A family by name; for a name that is none, the text formats that it may have meant too. */
async function familyOrText(typed: string): Promise<Named> {
  try {
    return await anyFamily(typed);
  } catch (error) {
    const { recognisers } = await import('../../text/formats/index.ts');
    const near = didYouMean(
      typed,
      recognisers.map(({ id }) => id),
    );
    throw near === '' ? error : new UsageError(`no format '${typed}'; as text, ${near}`);
  }
}

async function readWords(args: DecodeArgs, pairs: Record<string, string>, io: Io): Promise<number> {
  const words = wordsOf(args.words, io);
  if (args.as !== undefined) {
    const { family, kind } = await anyFamily(args.as);
    const given = givenFor(pairs, [family])(family);
    return print(readAll(words, family, given, kind), args, io, given);
  }
  const sample = take(words, SAMPLE);
  if (sample.length === 0) throw new UsageError('no words: give some, or pipe them in');
  const given = givenFor(pairs, descriptors);
  const likely = likeliest(sample, given);
  if (sample.length < SAMPLE) return printRanked(sample, likely, given, args, io);
  io.err.write(
    `memattr decode: many words, read as ${likely.id}, which explains the first ${SAMPLE} best; --as chooses\n`,
  );
  const all = (function* () {
    yield* sample;
    yield* words;
  })();
  return print(readAll(all, likely, given(likely)), args, io, given(likely));
}

/** The first items of an iterator, which goes on behind them. */
function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

// ------------------------------------------------------------------------------------------------------ reading

const isError = (reading: Reading): boolean => reading.findings.some(({ severity }) => severity === 'error');

/**
 * Words under one family. Where a word can be nothing at the default level, and nobody gave one, the level at which it is
 * something is taken, and the next words try that one first: the entries of a table share it. No other setting is bent to
 * make a word look right.
 */
function* readAll(words: Iterable<Word>, family: Family, given: Given, kind?: string): Generator<Candidate> {
  let levels: readonly Given[] | undefined; // found when a word asks for them
  let usual: Given = {};
  for (const word of words) {
    const at = (chosen: Given): Candidate => {
      const settings = settle(family.settings, { ...given, ...chosen });
      const reading = family.read(word, settings);
      return { family, settings, chosen, reading, cost: costOf(reading) };
    };
    const wrong = ({ reading }: Candidate): boolean =>
      kind === undefined ? reading.kind === 'invalid' && isError(reading) : reading.kind !== kind;
    let found = at(usual);
    if (wrong(found)) {
      levels ??= levelsOf(family, given);
      found = levels.map(at).find(candidate => !wrong(candidate)) ?? at({});
    }
    usual = found.chosen;
    yield kind === undefined || found.reading.kind === kind ? found : withoutKind(found, kind);
  }
}

/** The levels worth trying, the default first; nothing to try where the level is given or the family has none. */
function levelsOf(family: Family, given: Given): Given[] {
  const usual = family.settings.level?.default;
  if (usual === undefined || 'level' in given) return [{}];
  const others = family.variants().flatMap(({ settings: { level } }) => (level === undefined ? [] : [level]));
  const lower = [...new Set(others)].filter(level => level !== usual).sort((a, b) => Number(b) - Number(a));
  return [{}, ...lower.map(level => ({ level }))];
}

/** The reading of a word that was asked for as a kind it cannot be. */
function withoutKind(candidate: Candidate, kind: string): Candidate {
  const { reading } = candidate;
  const finding = {
    id: 'another-kind',
    severity: 'error',
    bits: '',
    message: `asked for as ${kind}, but under these settings the word is of kind ${reading.kind}`,
    ref: reading.format.ref,
  } as const;
  return { ...candidate, reading: { ...reading, findings: [...reading.findings, finding] } };
}

/** The family that explains the words best, together. Zero says nothing: it is an empty entry everywhere. */
function likeliest(words: readonly Word[], given: (family: Family) => Given): Family {
  const telling = words.filter(word => word !== 0n);
  const costs = descriptors.map(family =>
    telling.reduce((sum, word) => sum + (candidates(family, word, given(family))[0]?.cost ?? 0), 0),
  );
  return descriptors[costs.indexOf(Math.min(...costs))] as Family;
}

// ----------------------------------------------------------------------------------------------------- printing

const settingText = (settings: Given, keys: readonly string[]): string =>
  keys
    .map(key => {
      const value = settings[key];
      return `${key} ${typeof value === 'bigint' ? hex(value) : value}`;
    })
    .join(', ');

/** One short line: which settings nobody gave, and which of them this reading hangs on. */
function assumed(shown: readonly Candidate[], given: Given): string {
  const [first] = shown;
  if (!first) return '';
  const { family } = first;
  const open = Object.keys(family.settings).filter(key => !(key in given));
  const telling = new Set(shown.flatMap(c => matters(c.family, c.reading.raw, c.settings, open)));
  const keys = open.filter(key => telling.has(key));
  const chosen = shown.filter(c => Object.keys(c.chosen).length > 0);
  const moved = new Set(chosen.flatMap(c => Object.keys(c.chosen)));
  const plain = keys.filter(key => !moved.has(key) || chosen.length < shown.length);
  const forms = new Set(chosen.map(c => settingText(c.chosen, Object.keys(c.chosen))));
  const parts = [
    ...(plain.length > 0 ? [`assumed ${settingText(settle(family.settings), plain)}`] : []),
    ...(forms.size > 0 ? [`${[...forms].join(' or ')} where the default does not fit`] : []),
  ];
  return parts.length > 0
    ? `${parts.join('; ')} (--set changes them)`
    : 'nothing had to be assumed: no other setting changes this reading';
}

/** A remark below the answer: dim, wrapped, ended. */
const aside = (text: string, style: Style, width: number, indent: number): string =>
  wrap(text, width - indent)
    .map(line => `${' '.repeat(indent)}${style.dim(line)}\n`)
    .join('');

const worst = (readings: Iterable<Reading>): number => {
  for (const { findings } of readings)
    if (findings.some(({ severity }) => severity !== 'note')) return EXIT.findings;
  return EXIT.answer;
};

/** Readings in the output that was asked for. */
function print(found: Generator<Candidate>, args: DecodeArgs, io: Io, given: Given): number {
  const output = outputOf(args);
  let status: number = EXIT.answer;
  const watch = (candidate: Candidate): Candidate => {
    status ||= worst([candidate.reading]);
    return candidate;
  };
  if (output !== 'table') {
    const write = writer(output, io, given);
    for (const candidate of found) write(watch(candidate));
    return status;
  }
  const { style, width } = look(io, args);
  const first = take(found, FEW + 1).map(watch);
  if (first.length === 0) throw new UsageError('no words: give some, or pipe them in');
  if (args.brief || first.length > FEW) {
    let head = true;
    for (let batch = first; batch.length > 0; batch = take(found, BATCH).map(watch)) {
      io.out.write(`${briefLines(batch, style, width, head).join('\n')}\n`);
      head = false;
    }
  } else
    for (const { reading } of first)
      io.out.write(`${readingLines(reading, { style, width, all: args.all === true }).join('\n')}\n\n`);
  const indent = args.brief || first.length > FEW ? 0 : 2;
  io.out.write(aside(assumed(first.slice(0, FEW), given), style, width, indent));
  return status;
}

const CSV = ['raw', 'format', 'layout', 'kind', 'field', 'bits', 'value', 'meaning'];

/** One reading after the other, as JSON lines, CSV or Markdown. */
function writer(
  output: 'json' | 'csv' | 'markdown',
  io: Io,
  given: Given,
): (c: Candidate, extra?: object) => void {
  switch (output) {
    case 'json':
      return ({ family, reading, settings }, extra = {}) =>
        io.out.write(
          `${json({
            ...decodeRecord(family, reading, settings),
            assumed: Object.keys(settings).filter(key => !(key in given)),
            ...extra,
          })}\n`,
        );
    case 'csv': {
      io.out.write(`${csvLine(CSV)}\r\n`);
      return ({ family, reading: { format, raw, kind } }) => {
        for (const { name, bits, text, meaning = '' } of describe(format, raw))
          io.out.write(
            `${csvLine([hexWord(raw, format.width / 4), family.id, format.id, kind, name, bits, text, meaning])}\r\n`,
          );
      };
    }
    case 'markdown':
      return ({ reading }) => io.out.write(`${markdownReading(reading).join('\n')}\n\n`);
  }
}

function briefLines(batch: readonly Candidate[], style: Style, width: number, head: boolean) {
  const columns: Column<Candidate>[] = [
    {
      title: 'word',
      text: ({ reading }) => hexWord(reading.raw, reading.format.width / 4),
      paint: () => style.bold,
    },
    { title: 'kind', text: ({ reading }) => reading.kind },
    { title: 'says', text: ({ reading }) => gist(reading.facts), wrap: true },
    {
      title: 'findings',
      text: ({ reading }) => reading.findings.map(({ id, bits }) => (bits ? `${id} ${bits}` : id)).join(', '),
      wrap: true,
      paint: ({ reading }) => (isError(reading) ? style.red : style.yellow),
    },
  ];
  return table(columns, batch, { width, head: head && style.dim });
}

// ---------------------------------------------------------------------------------------------- without a format

/** A few words, each under every format that fits: the likely reading in full, the others in a line each. */
function printRanked(
  words: readonly Word[],
  likely: Family,
  given: (family: Family) => Given,
  args: DecodeArgs,
  io: Io,
): number {
  const output = outputOf(args);
  const { style, width } = look(io, args);
  const ranked = words.map(word => {
    const all = rank(descriptors, word, given);
    const own = all.filter(({ family }) => family === likely);
    return own.length > 0 ? [...own, ...all.filter(({ family }) => family !== likely)] : all;
  });
  const firsts = ranked.flatMap(([first]) => (first ? [first] : []));
  if (output !== 'table') {
    const write = writer(output, io, given(likely));
    for (const readings of ranked)
      readings.forEach((candidate, n) => {
        write(candidate, { rank: n + 1, cost: candidate.cost });
      });
  } else if (args.brief || words.length > FEW) {
    io.out.write(`${briefLines(firsts, style, width, true).join('\n')}\n`);
    const line = `read as ${likely.id}, --as chooses; ${assumed(firsts, given(likely))}`;
    io.out.write(aside(line, style, width, 0));
  } else
    for (const [first, ...others] of ranked) {
      if (!first) continue;
      const { family } = first;
      io.out.write(`${readingLines(first.reading, { style, width, all: args.all === true }).join('\n')}\n\n`);
      const more =
        others.length === 0
          ? `no other format fits; --as ${family.id} says it is this one`
          : 'the likeliest of these readings, --as chooses another:';
      io.out.write(aside(assumed([first], given(family)), style, width, 2) + aside(more, style, width, 2));
      if (others.length > 0) io.out.write(`${otherLines(others, style, width).join('\n')}\n`);
      io.out.write('\n');
    }
  return worst(firsts.map(({ reading }) => reading));
}

function otherLines(others: readonly Candidate[], style: Style, width: number): string[] {
  const columns: Column<Candidate>[] = [
    {
      title: 'format',
      text: ({ family, reading }) => `${family.id}.${reading.kind}`,
      paint: () => style.cyan,
    },
    { title: 'with', text: ({ chosen }) => settingText(chosen, Object.keys(chosen)) },
    { title: 'says', text: ({ reading }) => gist(reading.facts), wrap: true },
    { title: 'findings', text: ({ reading }) => `${reading.findings.length || ''}`, align: 'right' },
  ];
  return table(columns, others, { width, indent: 4, head: style.dim });
}
