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
import type { Space } from '../walk/space.ts';
import { Knowledge } from './context.ts';
import { type AssumedSettings, assumedSettings, type Doubt, descriptorsOf, doubtAmong } from './doubt.ts';
import { type EntryReading, familyOf, readAs, readEntry, revealed } from './entry.ts';
import { spacesIn } from './memory.ts';
import { ofOwner } from './owner.ts';
import { type Placed, placeEntries } from './place.ts';
import { registerFamily } from './registers.ts';
import { likeliestOf, type Structure, structureOf, telling } from './structure.ts';

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
  /** How the entries were read of which the text does not tell what they are; one for each width of entries. */
  readonly structure: readonly Structure[];
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
  /** Translations whose tables begin in the text; none where the text is too long to be held. */
  readonly spaces: readonly Space[];
  /** The settings that nobody gave and that matter most, for each family that was read. */
  readonly assumed: readonly AssumedSettings[];
  /** What is known of the machine, from beside the text and from the text as a whole, each with where it came from. */
  readonly machine: Machine;
}

/** Items answered together: more than anybody reads, less than memory. */
const BATCH = 40_000;
/** Readings that the doubt and the assumptions are taken from. */
const SAMPLE = 1000;
/** Other families named beside the one that was chosen. */
const MOST_OTHERS = 6;

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
  #batches = 0;

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
    const words = batch.items.filter(item => item.is === 'entry');
    const pages = batch.structure.find(one => one.pages !== undefined)?.pages;
    const doubt = doubtAmong(this.#sample);
    const end: PastedEnd = {
      recognised,
      faulty: this.#faulty,
      leftAlone: this.#leftAlone,
      ...(doubt === undefined ? {} : { doubt }),
      spaces: this.#batches > 1 ? [] : spacesIn(words, this.#known.cpus(), pages),
      assumed: assumedSettings(this.#sample),
      machine: this.#known.machine(),
    };
    return { ...batch, end };
  }

  /** Everything that was collected, answered. */
  #batch(): PastedBatch {
    const items = this.#items;
    this.#items = [];
    this.#batches++;
    const { readings, structure, open } = this.#read(items.filter(item => item.is === 'entry'));
    for (const entry of readings.values()) {
      this.#faulty ||= entry.reading.findings.some(({ severity }) => severity !== 'note');
      if (this.#sample.length < SAMPLE) this.#sample.push(entry);
    }
    const settled = new Map<string, Settled>(); // what was known when the batch was answered
    return {
      items,
      readings,
      structure,
      register: item => this.#register(item),
      decided: entry => this.#decided(entry, settled, open.has(entry)),
    };
  }

  #given(family: Family): Given {
    return this.#asked.given?.(family) ?? {};
  }

  /** @param open nothing but registers and facts says what it is: then those of the text are named too */
  #decided({ family, given }: EntryReading, before: Map<string, Settled>, open: boolean): readonly Decided[] {
    if (this.#asked.machine === undefined && !open) return [];
    const own = this.#given(family);
    const regime = open ? own.regime : given.regime; // of an open entry the registers say it
    const key = `${family.id} ${regime} ${open}`;
    const settled =
      before.get(key) ??
      settledBy(family, this.#known.machine(), regime === undefined ? {} : { regime: regime as 'EL2' });
    before.set(key, settled);
    return settled.by
      .filter(({ known }) => open || known.origin.kind !== 'text')
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

  #read(entries: readonly EntryItem[]): {
    readonly readings: Map<EntryItem, EntryReading>;
    readonly structure: readonly Structure[];
    readonly open: ReadonlySet<EntryReading>;
  } {
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
    const structure = [64, 32].flatMap((width): Structure[] => {
      const own = open.filter(item => item.width === width);
      if (own.length === 0) return [];
      const chosen = this.#structure(own, width);
      this.#readOpen(own, chosen, readings);
      return [chosen];
    });
    return { readings, structure, open: new Set(open.flatMap(item => readings.get(item) ?? [])) };
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
    return { ...entry, reading: ofOwner(entry.reading, this.#known.contextOf(item.group).facts) };
  }

  /** How open entries of one width are read: the family that explains them best, and the levels of their pages. */
  #structure(open: readonly EntryItem[], width: number): Structure {
    const of = (family: Family, items: readonly EntryItem[]) =>
      structureOf(family, items, this.#openSettings(family, width), this.#known.roots());
    const { family: forced } = this.#asked;
    const all = descriptorsOf(this.#known.architecture());
    const sample = telling(open);
    const tried = (forced ? [forced] : all).map(family => of(family, sample));
    const best = likeliestOf(tried, family => this.#isSpokenOf(family));
    const others = tried.filter(one => one !== best && one.nothing === 0).sort((a, b) => a.cost - b.cost);
    return {
      ...(sample.length === open.length ? best : of(best.family, open)),
      others: others.slice(0, MOST_OTHERS),
    };
  }

  /** Do the registers of the text, or those beside it, speak of entries of this family? */
  #isSpokenOf(family: Family): boolean {
    const context = this.#known.contextOf(0);
    return (
      context.registers.size > 0 &&
      Object.keys(revealed({ regime: { family: family.id } }, context)).some(key => key !== 'mode')
    );
  }

  /** What the text says of a family whatever the format: MAXPHYADDR, PAT, MAIR, FWB; and what was asked for. */
  #openSettings(family: Family, width: number): Given {
    const said = revealed({ regime: { family: family.id } }, this.#known.contextOf(0));
    const narrow = width === 32 && 'mode' in family.settings && !('mode' in said) ? { mode: '32' } : {};
    return { ...said, ...narrow, ...this.#given(family) };
  }

  /** Entries of which nothing says what they are, as those of one family, each page at one level. */
  #readOpen(
    items: readonly EntryItem[],
    { family, settings, pages, level: listed }: Structure,
    readings: Map<EntryItem, EntryReading>,
  ): void {
    for (const item of items) {
      const { word, level } = item;
      // under a family that was named, the text's levels may be those of another
      if (level?.number !== undefined && this.#asked.family === undefined && !('level' in settings)) {
        readings.set(item, readEntry(family, word, { ...settings, level: level.number }));
        continue;
      }
      const own = pages?.tableOf.get(item);
      const shape = pages?.shape ?? {};
      if (own === undefined) readings.set(item, readAs(family, word, settings, listed.chosen));
      else if (own.why === 'words')
        readings.set(item, readAs(family, word, settings, { ...shape, level: own.level }));
      else readings.set(item, readAs(family, word, { ...settings, level: own.level }, shape));
    }
  }
}
