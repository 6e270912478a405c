/**
 * `decode` on pasted text: what it is, what it says, and its entries read under what it reveals.
 *
 * Text is read as a stream. Items are kept and answered in batches: one batch for everything that somebody pastes,
 * many for listings of millions of rows.
 */

import { registers as registerFamilies } from '../../arch/families.ts';
import { faultsOf } from '../../arch/faults.ts';
import type { Family } from '../../bits/family.ts';
import { hex, parseWord } from '../../bits/word.ts';
import {
  architectureIn,
  type Context,
  descriptorsOf,
  doubt,
  type EntryReading,
  familyOf,
  type Given,
  likeliest,
  placeEntries,
  readEntry,
  revealed,
} from '../../pasted/entries.ts';
import { gist } from '../../report/facts.ts';
import { json } from '../../report/json.ts';
import { readingLines } from '../../report/reading.ts';
import { decodeRecord } from '../../report/records.ts';
import type { Look } from '../../report/style.ts';
import { type Column, csvLine, table, wrap } from '../../report/table.ts';
import {
  factsText,
  memoryLines,
  rangeLines,
  recognisedRecord,
  recognisedText,
  textRecord,
  translationLines,
  typeLines,
  wordText,
} from '../../report/text.ts';
import { detect } from '../../text/detect.ts';
import { bareRow } from '../../text/formats/bare-words.ts';
import { recogniserById } from '../../text/formats/index.ts';
import { linesOf } from '../../text/lines.ts';
import type { Item, Recognised } from '../../text/model.ts';
import { TextReader } from '../../text/read.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { EXIT, InputError } from '../trouble.ts';
import { refusePacked } from '../words.ts';

/** Bytes of stdin that are looked at before it is decided what they are. */
const PEEK = 32 * 1024;
/** Items answered together: more than anybody reads, less than memory. */
const BATCH = 40_000;
/** Walks up to this many are followed by their last entry in full. */
const FEW_WALKS = 2;

type Of<K extends Item['is']> = Extract<Item, { is: K }>;
const of = <K extends Item['is']>(items: readonly Item[], is: K): Of<K>[] =>
  items.filter((item): item is Of<K> => item.is === is);

// ------------------------------------------------------------------------------------------------------ what is it?

export interface Pasted {
  /** Text that some format knows, as against bare words. */
  readonly text: boolean;
  /** Standard input again, from its start. */
  readonly chunks: () => Iterable<Uint8Array>;
}

/** UTF-8, or UTF-16 as PowerShell writes it. */
type Decoder = InstanceType<typeof TextDecoder>;
const decoderFor = (first: Uint8Array): Decoder =>
  new TextDecoder(first[0] === 0xff && first[1] === 0xfe ? 'utf-16le' : 'utf-8');

/** Words and separators only: what `decode` has always read word by word. */
function isPlain(line: string): boolean {
  for (const token of line.replace(/#.*$/, '').split(/[\s,;]+/)) {
    if (token === '') continue;
    try {
      parseWord(token);
    } catch {
      return false;
    }
  }
  return true;
}

/** No token of a text is longer; a word without end is refused where words are read. */
const LONGEST = 4096;

/**
 * Is this for the word reader? Words and nothing else; or words with something among them that is no part of a listing
 * either: a mistyped word is an error with its line, not prose between walks.
 */
function areWords(sample: string): boolean {
  const whole = sample.slice(0, sample.lastIndexOf('\n') + 1) || sample;
  const odd = whole.split(/\r?\n/).filter(line => !isPlain(line));
  const [best] = detect([...linesOf(sample)]);
  // The offsets of od are numbers too: they go up by what a row holds.
  if (odd.length === 0) return best?.recogniser.id !== 'od' || best.score < 0.8;
  if (best === undefined)
    return odd.some(line => line.split(/[\s,;]+/).some(token => token.length > LONGEST));
  return best.recogniser.id === 'words' && odd.some(line => bareRow(line) === undefined);
}

/** Looks at the beginning of standard input and gives it back whole. */
export function peek(io: Io): Pasted {
  const source = io.stdin.chunks()[Symbol.iterator]();
  const held: Uint8Array[] = [];
  let size = 0;
  while (size < PEEK) {
    const { done, value } = source.next();
    if (done) break;
    held.push(value);
    size += value.length;
  }
  const chunks = function* (): Generator<Uint8Array> {
    yield* held;
    for (;;) {
      const { done, value } = source.next();
      if (done) return;
      yield value;
    }
  };
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of held) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const sample = decoderFor(bytes).decode(bytes);
  if (sample.trim() === '' || areWords(sample)) return { text: false, chunks };
  // Binary that no format knows is refused where words are read, with the place.
  const known = detect([...linesOf(sample)]).length > 0;
  return { text: known || !bytes.includes(0), chunks };
}

// ------------------------------------------------------------------------------------------------------ answering

export interface TextArgs extends Globals {
  readonly as?: string | undefined;
  readonly all?: boolean | undefined;
  readonly brief?: boolean | undefined;
}

export interface Asked {
  /** A recogniser that was named: no other is tried. */
  readonly format?: string;
  /** A family that was named: every entry is of it. */
  readonly family?: Family;
  /** What `--set` says to a family. */
  readonly given: (family: Family) => Given;
}

export const isTextFormat = (name: string): boolean => recogniserById(name) !== undefined;

type Read = { readonly item: Of<'entry'>; readonly entry: EntryReading };

/** One run over the text: collects, reads, prints. */
export function answer({ chunks }: Pasted, asked: Asked, args: TextArgs, io: Io): number {
  const answering = new Answering(asked, args, io);
  let reader: TextReader | undefined;
  let decoder: Decoder | undefined;
  for (const chunk of chunks()) {
    if (decoder === undefined) refusePacked(chunk);
    decoder ??= decoderFor(chunk);
    reader ??= new TextReader({
      onItem: item => answering.take(item),
      ...(asked.format === undefined ? {} : { as: asked.format }),
    });
    reader.write(decoder.decode(chunk, { stream: true }));
  }
  const recognised = reader?.end();
  if (recognised === undefined || recognised.parts.length === 0) {
    const [first] = recognised?.unknownSamples ?? [];
    throw new InputError(
      first === undefined
        ? 'stdin: no text'
        : `stdin, line ${first.line}: '${first.text.slice(0, 60)}' is no number and no line of a text that memattr reads`,
    );
  }
  return answering.end(recognised);
}

class Answering {
  readonly #asked: Asked;
  readonly #args: TextArgs;
  readonly #io: Io;
  readonly #look: Look;
  #items: Item[] = [];
  /** Registers and facts of the whole text, and of each group. */
  readonly #registers = new Map<string, bigint>();
  readonly #facts = new Map<string, bigint | string>();
  readonly #groups = new Map<
    number,
    { registers: Map<string, bigint>; facts: Map<string, bigint | string> }
  >();
  #printed = false;
  #status: number = EXIT.answer;
  /** Readings that a doubt about the format is based on, by family. */
  readonly #sample: EntryReading[] = [];
  #zeros = 0;
  /** Words at virtual addresses beside tables that are known. */
  #others = 0;
  readonly #tools = new Set<string>();

  constructor(asked: Asked, args: TextArgs, io: Io) {
    this.#asked = asked;
    this.#args = args;
    this.#io = io;
    this.#look = look(io, args);
  }

  take(item: Item): void {
    this.#items.push(item);
    this.#tools.add(item.from);
    if (item.is === 'register' || item.is === 'fact') this.#know(item);
    if (this.#items.length >= BATCH) this.#flush(undefined);
  }

  #know(item: Of<'register'> | Of<'fact'>): void {
    if (item.is === 'fact' && item.doubtful !== undefined) return;
    const [key, whole] =
      item.is === 'register' ? (['registers', this.#registers] as const) : (['facts', this.#facts] as const);
    (whole as Map<string, bigint | string>).set(item.name, item.value);
    if (item.group === 0) return;
    let group = this.#groups.get(item.group);
    if (!group) {
      if (this.#groups.size > BATCH) this.#groups.clear();
      group = { registers: new Map(), facts: new Map() };
      this.#groups.set(item.group, group);
    }
    (group[key] as Map<string, bigint | string>).set(item.name, item.value);
  }

  /** What is known about an item: its group first, then the whole text. */
  #context(group: number): Context {
    const own = this.#groups.get(group);
    if (!own) return { registers: this.#registers, facts: this.#facts };
    return {
      registers: new Map([...this.#registers, ...own.registers]),
      facts: new Map([...this.#facts, ...own.facts]),
    };
  }

  /** Everything that was collected, answered. */
  #flush(recognised: Recognised | undefined): void {
    const items = this.#items;
    this.#items = [];
    const read = this.#readAll(of(items, 'entry'));
    for (const entry of read.values()) {
      if (entry.reading.findings.some(({ severity }) => severity !== 'note')) this.#status ||= EXIT.findings;
      if (this.#sample.length < 1000) this.#sample.push(entry);
    }
    switch (outputOf(this.#args)) {
      case 'json':
        this.#json(items, read);
        break;
      case 'csv':
        this.#csv(items, read);
        break;
      default:
        this.#table(items, read, recognised);
    }
    this.#printed = true;
  }

  end(recognised: Recognised): number {
    const single = !this.#printed;
    if (single || this.#items.length > 0) this.#flush(single ? recognised : undefined);
    const output = outputOf(this.#args);
    const suspicion = this.#suspicion();
    if (output === 'json')
      this.#io.out.write(
        `${json({ ...recognisedRecord(recognised), ...(suspicion === undefined ? {} : { suspicion }) })}\n`,
      );
    else if (output !== 'csv') {
      if (!single) this.#io.out.write(`${recognisedText(recognised)}\n`);
      this.#aside(recognised, suspicion);
    }
    for (const { text, line, count } of recognised.remarks.filter(({ kind }) => kind === 'trouble'))
      this.#io.err.write(
        `memattr decode: ${line === undefined ? '' : `line ${line}: `}${text}${count > 1 ? ` (${count} times)` : ''}\n`,
      );
    if (suspicion !== undefined) this.#io.err.write(`memattr decode: ${suspicion}\n`);
    return this.#status;
  }

  // ---------------------------------------------------------------------------------------------------- reading

  #readAll(entries: readonly Of<'entry'>[]): Map<Of<'entry'>, EntryReading> {
    const { family: forced, given } = this.#asked;
    const out = new Map<Of<'entry'>, EntryReading>();
    const open: Of<'entry'>[] = [];
    const cpus = [...this.#groups.values()].map(({ registers }) => registers).filter(({ size }) => size > 0);
    const placed = placeEntries(
      entries.filter(({ regime }) => regime === undefined),
      cpus.length > 0 ? cpus : [this.#registers],
      this.#facts,
    );
    for (const item of entries) {
      const place = placed.get(item);
      const guess = item.regime ?? place?.regime;
      if (guess === undefined || (forced !== undefined && forced.id !== guess.family)) {
        // Where the tables are known, memory read through a debugger's own translation is something else.
        if (placed.size > 0 && forced === undefined && item.atSpace === 'va') this.#others++;
        else open.push(item);
        continue;
      }
      const family = familyOf(guess.family);
      const context = place ? { registers: place.registers, facts: this.#facts } : this.#context(item.group);
      const settings = revealed(
        place
          ? {
              regime: guess,
              level: { name: '', number: place.level },
              ...(place.input === undefined ? {} : { input: place.input }),
            }
          : item,
        context,
      );
      out.set(item, readEntry(family, item.word, { ...settings, ...given(family) }));
    }
    if (open.length > 0) {
      const family =
        forced ??
        likeliest(
          open.slice(0, 200).map(({ word }) => word),
          given,
          descriptorsOf(architectureIn(this.#registers, this.#tools)),
        );
      // What the text says holds for the family whatever the format: MAXPHYADDR, PAT, MAIR, FWB.
      const said = revealed({ regime: { family: family.id as 'x86.pte' } }, this.#context(0));
      for (const item of open) {
        const mode =
          item.width === 32 && 'mode' in family.settings && !('mode' in said) ? { mode: '32' } : {};
        const level =
          item.level?.number === undefined || forced !== undefined ? {} : { level: item.level.number };
        out.set(item, readEntry(family, item.word, { ...said, ...mode, ...level, ...given(family) }));
      }
    }
    return out;
  }

  /** A sentence where the entries look like something else. */
  #suspicion(): string | undefined {
    for (const id of new Set(this.#sample.map(({ family }) => family.id))) {
      const own = this.#sample.filter(({ family }) => family.id === id);
      const found = doubt(own);
      if (found)
        return `${found.wrong} of ${found.of} entries are wrong as ${id}; ${found.better.id} explains them better: is this another table? (--as ${found.better.id})`;
    }
    return undefined;
  }

  // ---------------------------------------------------------------------------------------------------- printing

  #json(items: readonly Item[], read: ReadonlyMap<Of<'entry'>, EntryReading>): void {
    for (const item of items) {
      const entry = item.is === 'entry' ? read.get(item) : undefined;
      if (entry === undefined || item.is !== 'entry') {
        this.#io.out.write(`${json(textRecord(item))}\n`);
        continue;
      }
      const { family, reading, settings, given } = entry;
      const { from, line, group, level, at, input, output, folded, attributes } = item;
      this.#io.out.write(
        `${json({
          ...decodeRecord(family, reading, settings),
          assumed: Object.keys(settings).filter(key => !(key in given)),
          source: {
            from,
            line,
            ...(group > 0 ? { group } : {}),
            ...(level ? { level: level.name } : {}),
            ...(at === undefined ? {} : { at: hex(at) }),
            ...(input === undefined ? {} : { input: hex(input) }),
            ...(output === undefined ? {} : { output: hex(output) }),
            ...(folded ? { folded } : {}),
            ...(attributes ? { attributes } : {}),
          },
        })}\n`,
      );
    }
  }

  /** Entries, else ranges: rows of different kinds do not share columns. The others are counted on stderr. */
  #csv(items: readonly Item[], read: ReadonlyMap<Of<'entry'>, EntryReading>): void {
    const write = (cells: readonly string[]): void => this.#io.out.write(`${csvLine(cells)}\r\n`);
    const entries = [...read];
    const ranges = of(items, 'range');
    if (entries.length > 0) {
      if (!this.#printed)
        write(['line', 'level', 'at', 'input', 'raw', 'format', 'kind', 'says', 'findings']);
      for (const [item, { family, reading }] of entries)
        write([
          `${item.line}`,
          item.level?.name ?? '',
          item.at === undefined ? '' : hex(item.at),
          item.input === undefined ? '' : hex(item.input),
          wordText(item),
          family.id,
          reading.kind,
          gist(reading.facts),
          reading.findings.map(({ id }) => id).join(' '),
        ]);
    } else {
      if (!this.#printed) write(['line', 'space', 'start', 'end', 'output', 'level', 'words']);
      for (const { line, space, start, end, output, level, words } of ranges)
        write([
          `${line}`,
          space,
          hex(start),
          hex(end),
          output === undefined ? '' : hex(output),
          level?.name ?? '',
          (words ?? []).join(' '),
        ]);
    }
    const rest = items.length - (entries.length > 0 ? entries.length : ranges.length);
    if (rest > 0)
      this.#io.err.write(`memattr decode: ${rest} items are no rows of this table; --json prints all\n`);
  }

  #table(
    items: readonly Item[],
    read: ReadonlyMap<Of<'entry'>, EntryReading>,
    recognised: Recognised | undefined,
  ): void {
    const { style, width } = this.#look;
    const write = (lines: readonly string[]): void => {
      if (lines.length > 0) this.#io.out.write(`${lines.join('\n')}\n`);
    };
    const title = (text: string): void => this.#io.out.write(`\n${style.bold(text)}\n`);
    if (recognised) write(wrap(recognisedText(recognised), width));

    const facts = of(items, 'fact').filter(({ group }) => group === 0);
    if (facts.length > 0) write(wrap(factsText(facts), width - 2).map(line => `  ${style.dim(line)}`));
    const faults = new Map(of(items, 'fault').map(fault => [fault.group, fault]));
    this.#registerTable(
      of(items, 'register').filter(({ group }) => !(faults.has(group) && this.#isFault(group))),
      title,
      write,
    );

    const entries = of(items, 'entry');
    const walks = new Map<number, Read[]>();
    const loose: Read[] = [];
    for (const item of entries) {
      const entry = read.get(item);
      if (!entry) continue;
      if (item.group === 0) loose.push({ item, entry });
      else {
        const walk = walks.get(item.group);
        if (walk) walk.push({ item, entry });
        else walks.set(item.group, [{ item, entry }]);
      }
    }
    const groupFacts = of(items, 'fact').filter(({ group }) => group > 0);
    for (const [group, walk] of walks)
      this.#walk(
        walk,
        faults.get(group),
        groupFacts.filter(fact => fact.group === group),
        walks.size,
        title,
        write,
      );
    for (const [group, fault] of faults) if (!walks.has(group)) title(this.#faultText(fault));
    this.#looseTable(loose, title, write);

    const ranges = of(items, 'range');
    for (let at = 0; at < ranges.length; ) {
      const { under, from } = ranges[at] as Of<'range'>;
      let end = at + 1;
      while (ranges[end]?.under === under && ranges[end]?.from === from) end++;
      title(under ?? 'ranges');
      write(rangeLines(ranges.slice(at, end), this.#look, true));
      at = end;
    }
    const translations = of(items, 'translation').filter(({ group }) => !walks.has(group));
    if (translations.length > 0) {
      title('translations');
      write(translationLines(translations, this.#look, true));
    }
    for (const [map, rows] of groupBy(of(items, 'memory'), ({ map }) => map)) {
      title(map);
      write(memoryLines(rows, this.#look));
    }
    const types = of(items, 'type');
    if (types.length > 0) {
      title('memory types');
      write(typeLines(types, this.#look));
    }
  }

  #faultText(fault: Of<'fault'>): string {
    const reported = faultsOf(fault.arch).reported(fault);
    return `${fault.arch} fault at ${hex(fault.address)}${reported === undefined ? '' : `: ${reported}`}`;
  }

  #walk(
    walk: readonly Read[],
    fault: Of<'fault'> | undefined,
    facts: readonly Of<'fact'>[],
    count: number,
    title: (text: string) => void,
    write: (lines: readonly string[]) => void,
  ): void {
    const { style, width } = this.#look;
    const [first] = walk;
    if (!first) return;
    const input = first.item.input;
    title(
      `${fault ? this.#faultText(fault) : input === undefined ? 'walk' : `walk of ${hex(input)}`}, line ${first.item.line}`,
    );
    if (facts.length > 0) write(wrap(factsText(facts), width - 2).map(line => `  ${style.dim(line)}`));
    write(this.#entryTable(walk, true));
    const last = walk.at(-1);
    if (last && last.item.word !== 0n && count <= FEW_WALKS && !this.#args.brief)
      write([
        '',
        ...readingLines(last.entry.reading, { style, width: width - 2, all: this.#args.all === true }).map(
          line => `  ${line}`,
        ),
      ]);
  }

  #looseTable(
    loose: readonly Read[],
    title: (text: string) => void,
    write: (lines: readonly string[]) => void,
  ): void {
    if (loose.length === 0) return;
    // A page of entries is mostly zeros: they are counted.
    const telling = loose.length <= 16 ? loose : loose.filter(({ item }) => item.word !== 0n);
    this.#zeros += loose.length - telling.length;
    for (const [id, rows] of groupBy(telling, ({ entry }) => entry.family.id)) {
      const [first] = rows;
      title(`entries read as ${id} (${first?.entry.family.title})`);
      write(this.#entryTable(rows, !this.#printed));
    }
  }

  #entryTable(rows: readonly Read[], head: boolean): string[] {
    const { style, width } = this.#look;
    const columns: Column<Read>[] = [
      { title: 'line', text: ({ item }) => `${item.line}`, align: 'right', paint: () => style.dim },
      {
        title: 'level',
        text: ({ item: { level, folded }, entry }) => {
          const number = entry.settings.level;
          const name = level?.name ?? '';
          const shown =
            name === `${number}` || number === undefined
              ? name || `${number ?? ''}`
              : `${name} ${number}`.trim();
          return folded ? `${name} folded` : shown;
        },
      },
      { title: 'at', text: ({ item }) => (item.at === undefined ? '' : hex(item.at)), align: 'right' },
      {
        title: 'word',
        text: ({ item }) => wordText(item),
        paint: ({ item }) => (item.folded ? style.dim : style.bold),
      },
      { title: 'kind', text: ({ entry, item }) => (item.folded ? '' : entry.reading.kind) },
      {
        title: 'says',
        text: ({ entry, item }) => (item.folded ? 'repeats the entry above' : gist(entry.reading.facts)),
        wrap: true,
      },
      {
        title: 'findings',
        text: ({ entry, item }) =>
          item.folded
            ? ''
            : entry.reading.findings.map(({ id, bits }) => (bits ? `${id} ${bits}` : id)).join(', '),
        wrap: true,
        paint: ({ entry }) =>
          entry.reading.findings.some(({ severity }) => severity === 'error') ? style.red : style.yellow,
      },
    ];
    const used = columns.filter(
      column => column.title === 'word' || rows.some(row => column.text(row) !== ''),
    );
    return table(used, rows, { width, indent: 2, head: head && style.dim });
  }

  #registerTable(
    registers: readonly Of<'register'>[],
    title: (text: string) => void,
    write: (lines: readonly string[]) => void,
  ): void {
    const { style, width } = this.#look;
    interface Row {
      readonly name: string;
      readonly value: bigint;
      readonly says: string;
      readonly findings: string;
    }
    const rows: Row[] = [];
    const seen = new Set<string>();
    let others = 0;
    for (const { name, value } of registers) {
      const key = `${name}=${value}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const family = registerFamilies.find(({ id, aliases = [] }) =>
        [id.slice(id.indexOf('.') + 1), ...aliases].some(
          one => one.toUpperCase() === name || one.toUpperCase() === `IA32_${name}`,
        ),
      );
      if (family === undefined) {
        if (/^(?:CR[0-4]|EFER|ESR|FAR|[VH]?TTBR|EPTP|NCR3|MTRR)/.test(name))
          rows.push({ name, value, says: '', findings: '' });
        else others++;
        continue;
      }
      const { facts, findings } = readEntry(family, value, this.#asked.given(family)).reading;
      rows.push({ name, value, says: short(gist(facts)), findings: findings.map(({ id }) => id).join(', ') });
    }
    if (rows.length === 0) {
      if (others > 0) title(`${others} registers, none of which says anything about translation`);
      return;
    }
    title('registers');
    const columns: Column<Row>[] = [
      { title: 'name', text: ({ name }) => name },
      { title: 'value', text: ({ value }) => hex(value), align: 'right', paint: () => style.bold },
      { title: 'says', text: ({ says }) => says, wrap: true },
      { title: 'findings', text: ({ findings }) => findings, wrap: true, paint: () => style.yellow },
    ];
    const used = columns.filter((column, i) => i < 2 || rows.some(row => column.text(row) !== ''));
    write(table(used, rows, { width, indent: 2, head: style.dim }));
    if (others > 0) write([`  ${style.dim(`and ${others} other registers`)}`]);
  }

  /** Registers of an oops: its heading says what they say. */
  #isFault(group: number): boolean {
    const names = this.#groups.get(group)?.registers;
    return names !== undefined && [...names.keys()].every(name => /^(?:ESR|FAR)_EL1$|^CR[0-4]$/.test(name));
  }

  #aside(recognised: Recognised, suspicion: string | undefined): void {
    const { style, width } = this.#look;
    const say = (text: string): void =>
      void this.#io.out.write(
        wrap(text, width)
          .map(line => `${style.dim(line)}\n`)
          .join(''),
      );
    this.#io.out.write('\n');
    if (this.#others > 0)
      say(
        `${this.#others} words at virtual addresses are not taken for entries: the tables are at physical ones (--as reads them)`,
      );
    if (this.#zeros > 0) say(`${this.#zeros} entries are zero and not shown`);
    const assumed = recognised.remarks.filter(({ kind }) => kind === 'assumed').map(({ text }) => text);
    const settings = this.#settingsText();
    for (const text of [...assumed, ...settings]) say(`assumed: ${text}`);
    if (assumed.length + settings.length === 0) say('nothing had to be assumed');
    if (recognised.unknown > 0) {
      const lines = recognised.unknownSamples
        .slice(0, 3)
        .map(({ line, text }) => `${line}: ${text.trim().slice(0, 40)}`);
      say(`not understood: ${lines.join(' | ')}${recognised.unknown > lines.length ? ' | …' : ''}`);
    }
    if (suspicion !== undefined) this.#io.out.write(`${style.yellow(suspicion)}\n`);
  }

  /** The settings that nobody gave and that matter most, one line for each family. */
  #settingsText(): string[] {
    return [...groupBy(this.#sample, ({ family }) => family.id)]
      .map(([id, rows]) => {
        const [first] = rows;
        const keys = [
          'regime',
          'mode',
          'granule',
          'level',
          'ds',
          'fwb',
          'maxphyaddr',
          'mair',
          'pat',
          'oaBits',
        ].filter(key => first && key in first.settings && rows.some(({ given }) => !(key in given)));
        const values = keys.map(key => {
          if (key === 'level') return 'level as the word fits';
          const value = first?.settings[key];
          return `${key} ${typeof value === 'bigint' ? hex(value) : value}`;
        });
        return values.length === 0 ? '' : `${id}: ${values.join(', ')} (--set changes them)`;
      })
      .filter(text => text !== '');
  }
}

/** Enough to recognise a register by; `memattr reg` tells the rest. */
const short = (text: string): string =>
  text.length > 78 ? `${text.slice(0, text.lastIndexOf(',', 78))}, …` : text;

function groupBy<T, K>(rows: readonly T[], key: (row: T) => K): Map<K, T[]> {
  const out = new Map<K, T[]>();
  for (const row of rows) {
    const there = out.get(key(row));
    if (there) there.push(row);
    else out.set(key(row), [row]);
  }
  return out;
}
