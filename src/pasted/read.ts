/**
 * What somebody pasted, read: what the text is, what it says, and every entry that stands in it under what the text
 * reveals. A text is read as it comes and answered in batches: one for everything that somebody pastes, many for listings
 * of millions of rows.
 */
import type { Family } from '../bits/family.ts';
import type { Decided } from '../machine/decided.ts';
import type { Machine } from '../machine/machine.ts';
import { type Settled, settledBy } from '../machine/settle.ts';
import type { Given } from '../text/context.ts';
import type { Item, Recognised } from '../text/model.ts';
import { TextReader } from '../text/read.ts';
import { Knowledge } from './context.ts';
import {
  type AssumedSettings,
  assumedSettings,
  type Doubt,
  descriptorsOf,
  doubtAmong,
  likeliest,
} from './doubt.ts';
import { type EntryReading, familyOf, readEntry, revealed } from './entry.ts';
import { ofOwner } from './owner.ts';
import { type Placed, placeEntries } from './place.ts';
import { registerFamily } from './registers.ts';

type Of<K extends Item['is']> = Extract<Item, { is: K }>;
export type EntryItem = Of<'entry'>;
export type RegisterItem = Of<'register'>;

/** What the one who asks wants, and knows. */
export interface Asked {
  /** Id of a recogniser: no other format is tried. */
  readonly as?: string;
  /** Every entry is of this family, whatever the text reveals. */
  readonly family?: Family;
  /** Settings of a family, above everything that the text reveals. */
  readonly given?: (family: Family) => Given;
  /** What is known beside the text: it holds for every entry, above what the text says of the same register or fact. */
  readonly machine?: Machine;
}

/** Items that were answered together: what any of them says of the machine was known for all. */
export interface PastedBatch {
  /** In the order of the text. */
  readonly items: readonly Item[];
  /**
   * The entries among them, read: first those of which the text tells what they are, then the others, which are of the
   * family that explains them best. An item that is missing is a word at a virtual address beside tables that are known.
   */
  readonly readings: ReadonlyMap<EntryItem, EntryReading>;
  /** A register by its own layout; undefined where no layout is kept of it. */
  readonly register: (item: Pick<RegisterItem, 'name' | 'value'>) => EntryReading | undefined;
  /** Which registers and facts beside the text decided settings of a reading of this batch. */
  readonly decided: (entry: EntryReading) => readonly Decided[];
  /** What the whole text adds up to; the last batch has it, and no other. */
  readonly end?: PastedEnd;
}

export interface PastedEnd {
  /** Which formats the text is of, and what of it was not understood. Without parts nothing was recognised. */
  readonly recognised: Recognised;
  /** Has any entry a warning or an error? */
  readonly faulty: boolean;
  /** Words at virtual addresses that were not taken for entries: the tables that are known lie at physical ones. */
  readonly leftAlone: number;
  /** Entries that look like something else. */
  readonly doubt?: Doubt;
  /** The settings that nobody gave and that matter most, for each family that was read. */
  readonly assumed: readonly AssumedSettings[];
  /** What is known of the machine, from beside the text and from the text as a whole, each with where it came from. */
  readonly machine: Machine;
}

/** Items answered together: more than anybody reads, less than memory. */
const BATCH = 40_000;
/** Readings that the doubt and the assumptions are taken from. */
const SAMPLE = 1000;
/** Words by which the family of entries is guessed that no place and no format explains. */
const GUESS_SAMPLE = 200;

/**
 * Reads what somebody pasted. Nothing is read ahead of what is asked for: a text of any length is read in bounded memory.
 *
 *     const batches = [...readPasted(text)];
 *     for (const { readings } of batches)
 *       for (const [{ line }, { family, reading }] of readings) console.log(line, family.id, reading.facts);
 *
 * @param text whole, or in chunks as they come
 * @returns at least one batch; the last has `end`
 * @throws UnknownFormatError where `as` names no recogniser
 */
export function* readPasted(
  text: string | Iterable<string>,
  asked: Asked = {},
): Generator<PastedBatch, void> {
  const { as } = asked;
  const batches = new Batches(asked);
  let items: Item[] = [];
  const taken = (): Item[] => {
    const all = items;
    items = [];
    return all;
  };
  const reader = new TextReader({
    onItem: item => items.push(item),
    ...(as === undefined ? {} : { as }),
    ...(isNarrow(asked) ? { entryBytes: 4 } : {}),
  });
  for (const chunk of typeof text === 'string' ? [text] : text) {
    reader.write(chunk);
    yield* batches.take(taken());
  }
  const recognised = reader.end();
  yield* batches.take(taken());
  yield batches.last(recognised);
}

/** Are entries words of 32 bits, by the settings or the registers beside the text? */
function isNarrow({ family, given, machine }: Asked): boolean {
  const of = family === undefined ? descriptorsOf(undefined) : [family];
  return of.some(one => {
    if (!('mode' in one.settings)) return false;
    const own = given?.(one) ?? {};
    return ('mode' in own || machine === undefined ? own : settledBy(one, machine).given).mode === '32';
  });
}

class Batches {
  readonly #asked: Asked;
  readonly #known: Knowledge;
  #items: Item[] = [];
  readonly #sample: EntryReading[] = [];
  #faulty = false;
  #leftAlone = 0;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#known = new Knowledge(asked.machine);
  }

  *take(items: Iterable<Item>): Generator<PastedBatch> {
    for (const item of items) {
      this.#items.push(item);
      this.#known.take(item);
      if (this.#items.length >= BATCH) yield this.#batch();
    }
  }

  last(recognised: Recognised): PastedBatch {
    const batch = this.#batch();
    const doubt = doubtAmong(this.#sample);
    const end: PastedEnd = {
      recognised,
      faulty: this.#faulty,
      leftAlone: this.#leftAlone,
      ...(doubt === undefined ? {} : { doubt }),
      assumed: assumedSettings(this.#sample),
      machine: this.#known.machine(),
    };
    return { ...batch, end };
  }

  /** Everything that was collected, answered. */
  #batch(): PastedBatch {
    const items = this.#items;
    this.#items = [];
    const readings = this.#read(items.filter(item => item.is === 'entry'));
    for (const entry of readings.values()) {
      this.#faulty ||= entry.reading.findings.some(({ severity }) => severity !== 'note');
      if (this.#sample.length < SAMPLE) this.#sample.push(entry);
    }
    const settled = new Map<string, Settled>(); // what was known when the batch was answered
    return {
      items,
      readings,
      register: item => this.#register(item),
      decided: entry => this.#decided(entry, settled),
    };
  }

  #given(family: Family): Given {
    return this.#asked.given?.(family) ?? {};
  }

  #decided({ family, given }: EntryReading, before: Map<string, Settled>): readonly Decided[] {
    if (this.#asked.machine === undefined) return [];
    const own = this.#given(family);
    const key = `${family.id} ${given.regime}`;
    const settled =
      before.get(key) ??
      settledBy(family, this.#known.machine(), 'regime' in given ? { regime: given.regime as 'EL2' } : {});
    before.set(key, settled);
    return settled.by
      .filter(({ known }) => known.origin.kind !== 'text')
      .map(one => ({
        ...one,
        keys: one.keys.filter(name => !(name in own) && settled.given[name] === given[name]),
      }))
      .filter(({ keys }) => keys.length > 0);
  }

  #register({ name, value }: Pick<RegisterItem, 'name' | 'value'>): EntryReading | undefined {
    const family = registerFamily(name);
    return family && readEntry(family, value, this.#given(family));
  }

  #read(entries: readonly EntryItem[]): Map<EntryItem, EntryReading> {
    const { family: forced } = this.#asked;
    const readings = new Map<EntryItem, EntryReading>();
    const open: EntryItem[] = [];
    const unsaid = entries.filter(({ regime }) => regime === undefined);
    const places = placeEntries(unsaid, this.#known.cpus(), this.#known.contextOf(0).facts);
    for (const item of entries) {
      const place = places.get(item);
      const family = (item.regime ?? place?.regime)?.family;
      if (family !== undefined && (forced === undefined || forced.id === family))
        readings.set(item, this.#readKnown(item, familyOf(family), place));
      // Where the tables are known, memory read through a debugger's own translation is something else.
      else if (places.size > 0 && forced === undefined && item.atSpace === 'va') this.#leftAlone++;
      else open.push(item);
    }
    if (open.length > 0) this.#readOpen(open, forced ?? this.#likeliest(open), readings);
    return readings;
  }

  /** An entry of which the text says what it is, or the table in which it stands. */
  #readKnown(item: EntryItem, family: Family, place: Placed | undefined): EntryReading {
    const settings =
      place === undefined
        ? revealed(item, this.#known.contextOf(item.group))
        : revealed(
            { regime: place.regime, level: { name: '', number: place.level }, input: place.input },
            { registers: place.registers, facts: this.#known.contextOf(0).facts },
          );
    const entry = readEntry(family, item.word, { ...settings, ...this.#given(family) });
    return ofOwner(entry, this.#known.contextOf(item.group).facts.get('owner'));
  }

  #likeliest(open: readonly EntryItem[]): Family {
    const words = open.slice(0, GUESS_SAMPLE).map(({ word }) => word);
    return likeliest(words, family => this.#given(family), descriptorsOf(this.#known.architecture()));
  }

  /** Entries of which nothing says what they are, as those of one family. */
  #readOpen(items: readonly EntryItem[], family: Family, readings: Map<EntryItem, EntryReading>): void {
    // What the text says holds for the family whatever the format: MAXPHYADDR, PAT, MAIR, FWB.
    const said = revealed({ regime: { family: family.id } }, this.#known.contextOf(0));
    const narrow = 'mode' in family.settings && !('mode' in said) ? { mode: '32' } : {};
    const given = this.#given(family);
    for (const item of items) {
      const { word, width, level } = item;
      const settings: Given = {
        ...said,
        ...(width === 32 ? narrow : {}),
        // under a family that was named, the text's levels may be those of another
        ...(level?.number === undefined || this.#asked.family !== undefined ? {} : { level: level.number }),
        ...given,
      };
      readings.set(item, readEntry(family, word, settings));
    }
  }
}
