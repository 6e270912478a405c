/** What a pasted text says, for people: what it is, its facts, registers, walks, loose entries, ranges, and what was assumed. */
import { faultsOf } from '../arch/faults.ts';
import { groupBy } from '../bits/group-by.ts';
import { matters } from '../bits/rank.ts';
import { hex } from '../bits/word.ts';
import { decidedTexts } from '../machine/decided.ts';
import type { Doubt } from '../pasted/doubt.ts';
import type { EntryReading } from '../pasted/entry.ts';
import type { EntryItem, PastedBatch, PastedEnd, RegisterItem } from '../pasted/read.ts';
import { bearsOnTranslation, tellsOfFault } from '../pasted/registers.ts';
import type { Structure } from '../pasted/structure.ts';
import type { Recognised } from '../text/model.ts';
import { gist } from './facts.ts';
import { levelTexts, othersText, walkedLines } from './pasted-tables.ts';
import { readingLines } from './reading.ts';
import type { Look } from './style.ts';
import { type Column, filled, table, wrap } from './table.ts';
import {
  factsText,
  hexIf,
  memoryLines,
  type Of,
  of,
  rangeLines,
  recognisedText,
  translationLines,
  typeLines,
  wordText,
} from './text.ts';

/** An entry of a text with its reading. */
export interface Read {
  readonly item: EntryItem;
  readonly entry: EntryReading;
}

export interface PageOptions {
  /** Reserved, ignored and software bits too, where they are clean. */
  readonly all?: boolean;
  /** One line for each entry. */
  readonly brief?: boolean;
}

/** Walks up to this many are followed by their last entry in full. */
const FEW_WALKS = 2;
/** Loose entries up to this many are shown even where they are zero. */
const FEW_ENTRIES = 16;
/** Lines not understood that are quoted, and how much of each. */
const QUOTED = { lines: 3, characters: 40 } as const;

/** `12 of 20 entries are wrong as arm64.stage2; x86.ept explains them better: …`. */
export const doubtText = ({ family, better, wrong, of }: Doubt): string =>
  `${wrong} of ${of} entries are wrong as ${family.id}; ${better.id} explains them better: is this another table? (--as ${better.id})`;

function faultText(fault: Of<'fault'>): string {
  const reported = faultsOf(fault.arch).reported(fault);
  return `${fault.arch} fault${fault.address === undefined ? '' : ` at ${hex(fault.address)}`}${reported === undefined ? '' : `: ${reported}`}`;
}

/** The lines of a text's answer, and what must be remembered from one batch to the next. */
export class PastedPage {
  readonly #look: Look;
  readonly #options: PageOptions;
  /** Something was printed before. */
  #begun = false;
  #zeros = 0;
  /** What registers beside the text decided. */
  readonly #decided = new Set<string>();
  /** How entries were read that do not say what they are: of the last batch that has such. */
  #structure: readonly Structure[] = [];

  constructor(look: Look, options: PageOptions) {
    this.#look = look;
    this.#options = options;
  }

  *lines(batches: Iterable<PastedBatch>): Generator<string> {
    for (const batch of batches) {
      const { end } = batch;
      // What it is stands on top where all of it is there, else at the end.
      if (end && !this.#begun) yield* wrap(recognisedText(end.recognised), this.#look.width);
      yield* this.#batch(batch);
      if (end && this.#begun) yield recognisedText(end.recognised);
      this.#begun = true;
      if (end) yield* this.#aside(end);
    }
  }

  #title(text: string): readonly string[] {
    return ['', this.#look.style.bold(text)];
  }

  #facts(facts: readonly Of<'fact'>[]): readonly string[] {
    const { style, width } = this.#look;
    if (facts.length === 0) return [];
    return wrap(factsText(facts), width - 2).map(line => `  ${style.dim(line)}`);
  }

  *#batch(batch: PastedBatch): Generator<string> {
    const { items, readings, decided, structure } = batch;
    if (structure.length > 0) this.#structure = structure;
    for (const [entry, ...others] of groupBy(readings.values(), ({ family }) => family.id).values()) {
      if (!entry) continue;
      const by = decided(entry);
      if (by.length === 0) continue;
      const keys = by.flatMap(one => one.keys);
      const telling = [entry, ...others]
        .slice(0, FEW_ENTRIES)
        .flatMap(one => matters(one.family, one.reading.raw, one.settings, keys));
      for (const text of decidedTexts(by, entry.given, new Set(telling))) this.#decided.add(text);
    }
    const facts = of(items, 'fact');
    yield* this.#facts(facts.filter(({ group }) => group === 0));
    const faults = new Map(of(items, 'fault').map(fault => [fault.group, fault]));
    yield* this.#registers(batch, faults);
    const entries = of(items, 'entry').flatMap((item): Read[] => {
      const entry = readings.get(item);
      return entry ? [{ item, entry }] : [];
    });
    const { loose, walks } = apart(entries);
    for (const [group, walk] of walks) {
      const own = facts.filter(fact => fact.group === group);
      yield* this.#walk(walk, faults.get(group), own, walks.size <= FEW_WALKS);
    }
    for (const [group, fault] of faults) if (!walks.has(group)) yield* this.#title(faultText(fault));
    yield* this.#loose(loose);
    yield* this.#ranges(of(items, 'range'));
    const translations = of(items, 'translation').filter(({ group }) => !walks.has(group));
    if (translations.length > 0) {
      yield* this.#title('translations');
      yield* translationLines(translations, this.#look, true);
    }
    for (const [map, rows] of groupBy(of(items, 'memory'), ({ map }) => map)) {
      yield* this.#title(map);
      yield* memoryLines(rows, this.#look);
    }
    const types = of(items, 'type');
    if (types.length > 0) {
      yield* this.#title('memory types');
      yield* typeLines(types, this.#look);
    }
  }

  *#walk(
    walk: readonly Read[],
    fault: Of<'fault'> | undefined,
    facts: readonly Of<'fact'>[],
    inFull: boolean,
  ): Generator<string> {
    const { style, width } = this.#look;
    const [first] = walk;
    const last = walk.at(-1);
    if (!first || !last) return;
    const { input, line } = first.item;
    const what = fault ? faultText(fault) : input === undefined ? 'walk' : `walk of ${hex(input)}`;
    yield* this.#title(`${what}, line ${line}`);
    yield* this.#facts(facts);
    yield* entryTable(walk, this.#look, true);
    if (last.item.word === 0n || !inFull || this.#options.brief) return;
    yield '';
    const options = { style, width: width - 2, all: this.#options.all === true };
    for (const line of readingLines(last.entry.reading, options)) yield `  ${line}`;
  }

  *#loose(loose: readonly Read[]): Generator<string> {
    // A page of entries is mostly zeros: they are counted.
    const telling = loose.length <= FEW_ENTRIES ? loose : loose.filter(({ item }) => item.word !== 0n);
    this.#zeros += loose.length - telling.length;
    for (const [id, rows] of groupBy(telling, ({ entry }) => entry.family.id)) {
      yield* this.#title(`entries read as ${id} (${rows[0]?.entry.family.title})`);
      yield* entryTable(rows, this.#look, !this.#begun);
    }
  }

  /** Ranges under their headings, in the order of the text. */
  *#ranges(ranges: readonly Of<'range'>[]): Generator<string> {
    for (let at = 0; at < ranges.length; ) {
      const { under, from } = ranges[at] as Of<'range'>;
      let end = at + 1;
      while (ranges[end]?.under === under && ranges[end]?.from === from) end++;
      yield* this.#title(under ?? 'ranges');
      yield* rangeLines(ranges.slice(at, end), this.#look, true);
      at = end;
    }
  }

  *#registers({ items, register }: PastedBatch, faults: ReadonlyMap<number, Of<'fault'>>): Generator<string> {
    const groups = groupBy(of(items, 'register'), ({ group }) => group);
    // Registers of an oops: its heading says what they say.
    const said = (group: number): boolean =>
      group > 0 && faults.has(group) && (groups.get(group) ?? []).every(({ name }) => tellsOfFault(name));
    const shown = of(items, 'register').filter(({ group }) => !said(group));
    const { rows, others } = registerRows(shown, register);
    if (rows.length === 0) {
      if (others > 0)
        yield* this.#title(`${others} registers, none of which says anything about translation`);
      return;
    }
    yield* this.#title('registers');
    yield* registerTable(rows, this.#look);
    if (others > 0) yield `  ${this.#look.style.dim(`and ${others} other registers`)}`;
  }

  /** What must be known to judge the answer. */
  *#aside({ recognised, leftAlone, assumed, doubt, spaces }: PastedEnd): Generator<string> {
    const { style, width } = this.#look;
    if (!this.#options.brief) yield* walkedLines(spaces, this.#look);
    yield '';
    for (const text of [
      ...(leftAlone > 0
        ? [
            `${leftAlone} words at virtual addresses are not taken for entries: the tables are at physical ones (--as reads them)`,
          ]
        : []),
      ...(this.#zeros > 0 ? [`${this.#zeros} entries are zero and not shown`] : []),
      ...this.#structure.flatMap(levelTexts),
      ...this.#structure
        .map(othersText)
        .filter(text => text !== '')
        .map(text => `other readings that fit, --as chooses: ${text}`),
      ...[...this.#decided].map(text => `from ${text}`),
      ...assumedTexts(recognised, assumed),
      ...(recognised.unknown > 0 ? [unknownText(recognised)] : []),
    ])
      for (const line of wrap(text, width)) yield style.dim(line);
    if (doubt !== undefined) yield style.yellow(doubtText(doubt));
  }
}

function assumedTexts({ remarks }: Recognised, assumed: PastedEnd['assumed']): string[] {
  const texts = [
    ...remarks.filter(({ kind }) => kind === 'assumed').map(({ text }) => text),
    ...assumed.map(({ family, settings }) => {
      const values = Object.entries(settings).map(([key, value]) =>
        value === undefined
          ? `${key} as the words fit`
          : `${key} ${typeof value === 'bigint' ? hex(value) : value}`,
      );
      return `${family.id}: ${values.join(', ')} (--set changes them)`;
    }),
  ];
  return texts.length === 0 ? ['nothing had to be assumed'] : texts.map(text => `assumed: ${text}`);
}

function unknownText({ unknown, unknownSamples }: Recognised): string {
  const lines = unknownSamples
    .slice(0, QUOTED.lines)
    .map(({ line, text }) => `${line}: ${text.trim().slice(0, QUOTED.characters)}`);
  return `not understood: ${lines.join(' | ')}${unknown > lines.length ? ' | …' : ''}`;
}

/** Entries that stand alone, and those of each walk. */
function apart(entries: readonly Read[]): {
  loose: readonly Read[];
  walks: ReadonlyMap<number, readonly Read[]>;
} {
  const walks = groupBy(entries, ({ item }) => item.group);
  const loose = walks.get(0) ?? [];
  walks.delete(0);
  return { loose, walks };
}

// ------------------------------------------------------------------------------------------------ tables

const foldedText = ({ unused }: EntryItem): string =>
  unused ? 'no part of the walk: this machine has no such level' : 'repeats the entry above';

/** The level as the text names it, and its number where that says more. */
function levelText({ item: { level, folded, unused }, entry }: Read): string {
  const number = entry.settings.level;
  const name = level?.name ?? '';
  if (folded) return `${name} ${unused ? 'not used' : 'folded'}`;
  if (name === `${number}` || number === undefined) return name || `${number ?? ''}`;
  return `${name} ${number}`.trim();
}

function entryTable(rows: readonly Read[], { style, width }: Look, head: boolean): string[] {
  const columns: Column<Read>[] = [
    { title: 'line', text: ({ item }) => `${item.line}`, align: 'right', paint: () => style.dim },
    { title: 'level', text: levelText },
    { title: 'at', text: ({ item }) => hexIf(item.at), align: 'right' },
    {
      title: 'word',
      text: ({ item }) => wordText(item),
      paint: ({ item }) => (item.folded ? style.dim : style.bold),
    },
    { title: 'kind', text: ({ entry, item }) => (item.folded ? '' : entry.reading.kind) },
    {
      title: 'says',
      text: ({ entry, item }) => (item.folded ? foldedText(item) : gist(entry.reading.facts)),
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
  return table(filled(columns, rows), rows, { width, indent: 2, head: head && style.dim });
}

interface RegisterRow {
  readonly name: string;
  readonly value: bigint;
  readonly says: string;
  readonly findings: string;
}

/** A row for each value of each register that bears on translation; the others are counted. */
function registerRows(
  registers: readonly RegisterItem[],
  read: PastedBatch['register'],
): { readonly rows: readonly RegisterRow[]; readonly others: number } {
  const rows: RegisterRow[] = [];
  const seen = new Set<string>();
  let others = 0;
  for (const { name, value } of registers) {
    const key = `${name}=${value}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const reading = read({ name, value })?.reading;
    if (reading) {
      const findings = reading.findings.map(({ id }) => id).join(', ');
      rows.push({ name, value, says: short(gist(reading.facts)), findings });
    } else if (bearsOnTranslation(name)) rows.push({ name, value, says: '', findings: '' });
    else others++;
  }
  return { rows, others };
}

/** Enough to recognise a register by; `memattr reg` tells the rest. */
function short(text: string): string {
  const comma = text.lastIndexOf(',', 78);
  return text.length > 78 && comma > 0 ? `${text.slice(0, comma)}, …` : text;
}

function registerTable(rows: readonly RegisterRow[], { style, width }: Look): string[] {
  const columns: Column<RegisterRow>[] = [
    { title: 'name', text: ({ name }) => name },
    { title: 'value', text: ({ value }) => hex(value), align: 'right', paint: () => style.bold },
    { title: 'says', text: ({ says }) => says, wrap: true },
    { title: 'findings', text: ({ findings }) => findings, wrap: true, paint: () => style.yellow },
  ];
  return table(filled(columns, rows), rows, { width, indent: 2, head: style.dim });
}
