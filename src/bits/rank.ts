/**
 * What could this word be? Every family is asked at each of its levels (and in its other shapes, where nothing fits), and
 * the readings are ordered by what they leave unexplained: errors first, then warnings, then bits that the layout gives to
 * software or ignores.
 */
import { maskOf } from './codec.ts';
import { describe } from './describe.ts';
import type { Family, Reading } from './family.ts';
import type { Format } from './format.ts';
import { type Settings, type SettingTable, settle } from './settings.ts';
import type { Word } from './word.ts';

type AnySettings = Settings<SettingTable>;

/** A word, read under one family, and the settings that this took. */
export interface Read {
  readonly family: Family;
  readonly settings: AnySettings;
  /** The settings that were chosen to make it fit: neither given nor the default. */
  readonly chosen: Partial<AnySettings>;
  readonly reading: Reading;
}

/** One of several ways to read a word. */
export interface Candidate extends Read {
  /** What stays unexplained; 0 is a reading in which every set bit has a meaning. */
  readonly cost: number;
}

/** Errors outweigh warnings, warnings outweigh stray bits, stray bits outweigh a setting that is not the default. */
const COST = { error: 1000, warning: 100, note: 20, strayBit: 2, setting: 5 } as const;

const strayMasks = new WeakMap<Format, Word>();
/** The bits to which a layout gives no meaning of its own. */
function strayMask(format: Format): Word {
  let mask = strayMasks.get(format);
  if (mask === undefined) {
    mask = format.rows
      .filter(row => row.kind === 'software' || row.kind === 'ignored')
      .reduce((bits, row) => bits | maskOf(row), 0n);
    strayMasks.set(format, mask);
  }
  return mask;
}

function bitCount(word: Word): number {
  let count = 0;
  for (let rest = word; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

/** What a reading leaves unexplained. */
export const costOf = ({ format, raw, findings }: Reading): number =>
  findings.reduce((sum, { severity }) => sum + COST[severity], 0) +
  COST.strayBit * bitCount(raw & strayMask(format)) +
  (format.width === 32 && raw >> 32n !== 0n ? COST.error : 0);

/** Does a reading fit: is nothing in it an error? */
export const fits = (candidate: Candidate): boolean => candidate.cost < COST.error;

/**
 * Settings that say where an entry stands, not what the processor can do: these are tried, features are not. A reading
 * that needs a feature is had by giving it.
 */
const LEVEL = 'level';
const SHAPES = ['granule', 'mode'] as const;
/** Up to here a reading needs no other shape: it has no warnings. */
const GOOD_ENOUGH = COST.warning;

/** The values of a setting worth trying, none where it is given. */
const otherValues = (family: Family, key: string, given: Partial<AnySettings>): Partial<AnySettings>[] => {
  const setting = family.settings[key];
  if (!setting || key in given) return [];
  return (setting.samples ?? []).filter(value => value !== setting.default).map(value => ({ [key]: value }));
};

/** The best reading of each kind a family has for a word, likeliest first. */
export function candidates(family: Family, word: Word, given: Partial<AnySettings> = {}): Candidate[] {
  const best = new Map<string, Candidate>();
  const attempt = (chosen: Partial<AnySettings>): void => {
    const settings = settle(family.settings, { ...given, ...chosen });
    const reading = family.read(word, settings);
    const cost = costOf(reading) + COST.setting * Object.keys(chosen).length;
    const known = best.get(reading.kind);
    if (!known || cost < known.cost) best.set(reading.kind, { family, settings, chosen, reading, cost });
  };
  const levels = [{}, ...otherValues(family, LEVEL, given)];
  levels.forEach(attempt);
  if (![...best.values()].some(({ cost }) => cost < GOOD_ENOUGH))
    for (const shape of SHAPES.flatMap(key => otherValues(family, key, given)))
      for (const level of levels) attempt({ ...shape, ...level });
  return [...best.values()].sort((a, b) => a.cost - b.cost);
}

/** Every reading of a word that fits in one of the families, likeliest first; the least bad one where none fits. */
export function rank(
  families: readonly Family[],
  word: Word,
  givenFor: (family: Family) => Partial<AnySettings> = () => ({}),
): Candidate[] {
  return fitting(families.flatMap(family => candidates(family, word, givenFor(family))));
}

/** Of all readings of a word those that fit, likeliest first; the least bad one where none fits. */
export function fitting(all: readonly Candidate[]): Candidate[] {
  const sorted = [...all].sort((a, b) => a.cost - b.cost);
  const good = sorted.filter(fits);
  return good.length > 0 ? good : sorted.slice(0, 1);
}

const flat = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));

/** What a reading concludes. */
const said = ({ kind, facts, findings }: Reading): string =>
  flat([kind, facts, findings.map(({ message }) => message)]);

/** What somebody sees of the fields. Zeros without a name say nothing. */
const shown = ({ format, raw }: Reading): string =>
  flat(
    describe(format, raw)
      .filter(({ value, meaning }) => meaning !== undefined || BigInt(value) !== 0n)
      .map(({ bits, name, text, meaning }) => [bits, name, text, meaning]),
  );

/** The same settings, noting which of them are asked for: what a reading does not ask for does not change it. */
function watched(settings: AnySettings): { view: AnySettings; asked: ReadonlySet<PropertyKey> } {
  const asked = new Set<PropertyKey>();
  const view = new Proxy(settings, {
    get(_, key) {
      asked.add(key);
      return Reflect.get(settings, key);
    },
  });
  return { view, asked };
}

/** Which of these settings change the reading of a word when they take another value. */
export function matters(
  family: Family,
  word: Word,
  settings: AnySettings,
  keys: readonly string[] = Object.keys(family.settings),
): string[] {
  const { view, asked } = watched(settings);
  const now = family.read(word, view);
  const [conclusion, fields] = [said(now), shown(now)];
  const differs = (other: Reading): boolean =>
    said(other) !== conclusion || (other.format !== now.format && shown(other) !== fields);
  return keys.filter(
    key =>
      asked.has(key) &&
      family.settings[key]?.samples?.some(
        value => value !== settings[key] && differs(family.read(word, { ...settings, [key]: value })),
      ),
  );
}
