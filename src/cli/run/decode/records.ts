/** `decode` on records that `--json` printed: the entries in them, read as their records say. */

import { families } from '../../../arch/families.ts';
import type { Family } from '../../../bits/family.ts';
import type { Read } from '../../../bits/rank.ts';
import { parseSettings, type Settings, type SettingTable, settle } from '../../../bits/settings.ts';
import { parseWord } from '../../../bits/word.ts';
import { Passing, take } from '../../../report/answer.ts';
import { decodedAnswer, type Given, isSuspect } from '../../../report/decoded.ts';
import { readingsLines, readingsMarkdown } from '../../../report/readings.ts';
import type { Io } from '../../io.ts';
import { anyFamily } from '../../names.ts';
import { print } from '../../print.ts';
import { EXIT, InputError } from '../../trouble.ts';
import { knownFor } from '../settings.ts';
import type { DecodeArgs } from './args.ts';

export type Json = Readonly<Record<string, unknown>>;

/** An entry, and what it is read under. */
interface Entry {
  readonly format: string;
  readonly raw: string;
  readonly settings: Json;
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** The entries of a record: its own, those of its stages, those of their steps. */
function* entriesOf(record: Json, outer: Json = record): Generator<Entry> {
  const { format = outer.format, settings = outer.settings, raw, level, steps, s1, s2 } = record;
  if (typeof format === 'string' && typeof raw === 'string')
    yield {
      format,
      raw,
      settings: { ...(isObject(settings) ? settings : {}), ...(typeof level === 'number' ? { level } : {}) },
    };
  for (const stage of [s1, s2]) if (isObject(stage)) yield* entriesOf(stage);
  if (Array.isArray(steps)) for (const step of steps) yield* entriesOf(step as Json, record);
}

/** Records of which no entry is read, by schema. */
type Others = Map<string, number>;

/** Every record of a stream, with its place in it for sentences. */
export function* recordsIn(
  chunks: Iterable<Uint8Array>,
  name: string,
): Generator<{ readonly record: Json; readonly where: string }> {
  let number = 0;
  for (const line of linesOf(chunks)) {
    number++;
    const where = `${name}, line ${number}`;
    if (line.trim() !== '') yield { record: parsed(line, where), where };
  }
}

function* entriesIn(chunks: Iterable<Uint8Array>, name: string, others: Others): Generator<Entry> {
  for (const { record } of recordsIn(chunks, name)) {
    let some = false;
    for (const entry of entriesOf(record)) {
      some = true;
      yield entry;
    }
    const schema = `${record.schema ?? 'without a schema'}`;
    if (!some) others.set(schema, (others.get(schema) ?? 0) + 1);
  }
}

function* linesOf(chunks: Iterable<Uint8Array>): Generator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest + decoder.decode();
}

function parsed(line: string, where: string): Json {
  try {
    const record = JSON.parse(line) as unknown;
    if (isObject(record)) return record;
  } catch {
    // said below, as any other line that is no record
  }
  throw new InputError(`${where}: '${line.slice(0, 60)}' is no record`);
}

/** Settings of a record as the family takes them; names that it does not know are of a later version. */
function settingsIn({ settings }: Entry, family: Family): Given {
  const known = Object.entries(settings).filter(([key]) => key in family.settings);
  return parseSettings(family.settings, Object.fromEntries(known.map(([key, value]) => [key, `${value}`])));
}

/** @throws InputError for a line that is no record, and where no record holds an entry */
export async function answer(chunks: Iterable<Uint8Array>, args: DecodeArgs, io: Io): Promise<number> {
  const { name = 'stdin' } = io.stdin;
  const asked = args.as === undefined ? undefined : (await anyFamily(args.as, families)).family;
  const { given } = await knownFor('decode', args, asked ? [asked] : families, io);
  const others: Others = new Map();
  const found = (function* (): Generator<Read> {
    for (const entry of entriesIn(chunks, name, others)) {
      const family = asked ?? families.find(({ id }) => id === entry.format);
      if (!family) {
        others.set(entry.format, (others.get(entry.format) ?? 0) + 1);
        continue;
      }
      const settings = settle(family.settings, { ...settingsIn(entry, family), ...given(family) });
      yield { family, settings, chosen: {}, reading: family.read(parseWord(entry.raw), settings) };
    }
  })();
  const [first] = take(found, 1);
  if (!first) throw new InputError(`${name}: no record in it holds an entry (${othersText(others)})`);
  const all = (function* () {
    yield first;
    yield* found;
  })();
  const rows = new Passing<Read>(all, { wrong: ({ reading }) => isSuspect(reading) });
  const options = { brief: args.brief === true, all: args.all === true };
  const said = settle(first.family.settings) as Settings<SettingTable>; // whatever a record leaves out is the default
  print(
    {
      ...decodedAnswer(rows, said, () => ({ assumed: [] })),
      lines: look => readingsLines(rows, said, options, look),
      markdown: () => readingsMarkdown(rows),
    },
    args,
    io,
  );
  if (others.size > 0)
    io.err.write(`memattr decode: note: records without an entry: ${othersText(others)}\n`);
  return rows.wrong ? EXIT.findings : EXIT.answer;
}

const othersText = (others: Others): string =>
  [...others].map(([schema, count]) => `${count} x ${schema}`).join(', ');
