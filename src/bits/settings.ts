/**
 * What a reading depends on besides the word: granule, level, control bits, features. Declared as a table, so that the
 * command line, the docs and the types come from one place.
 */
import { parseWord } from './word.ts';

export interface Setting<V extends string | number | bigint = string | number | bigint> {
  /** What it is and where it comes from, one line. */
  readonly describe: string;
  readonly default: V;
  /** The values there are, as text; for number settings a range in words. */
  readonly accepts: string;
  /** A few values that tell readings apart: trying them shows whether a setting matters for a word. */
  readonly samples?: readonly V[];
  /** @throws SettingError */
  readonly parse: (text: string) => V;
  /** The default under the other settings, where it hangs on them; undefined: `default`. */
  readonly follows?: (settings: Readonly<Record<string, unknown>>) => V | undefined;
}
export type SettingTable = Readonly<Record<string, Setting>>;
/** The values of a setting table. */
export type Settings<T extends SettingTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never;
};

/** A setting that does not exist or a value it cannot take; the sentence lists what would be valid. */
export class SettingError extends Error {
  override name = 'SettingError';
}

/** One of a few names. Case-insensitive. */
export function choice<const V extends string>(
  values: readonly V[],
  describe: string,
  fallback: NoInfer<V>,
): Setting<V> {
  const accepts = values.join(', ');
  return {
    describe,
    default: fallback,
    accepts,
    samples: values,
    parse: text => {
      const found = values.find(value => value.toLowerCase() === text.toLowerCase());
      if (found === undefined) throw new SettingError(`'${text}' is not one of ${accepts}`);
      return found;
    },
  };
}

/** All numbers from `min` to `max`, those near `from` first. */
const nearest = (min: number, max: number, from: number): number[] =>
  Array.from({ length: max - min + 1 }, (_, i) => min + i).sort(
    (a, b) => Math.abs(a - from) - Math.abs(b - from),
  );

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number, describe: string, fallback: number): Setting<number> => ({
  describe,
  default: fallback,
  accepts: `${min}..${max}`,
  samples: max - min <= 8 ? nearest(min, max, fallback) : [min, Math.max(min, fallback - 1), max],
  parse: text => {
    const value = /^[+-]?\d+$/.test(text.trim())
      ? Number(text)
      : /^\s*0x[0-9a-f]+\s*$/i.test(text)
        ? Number(text)
        : Number.NaN;
    if (!(value >= min && value <= max))
      throw new SettingError(`'${text}' is not a number from ${min} to ${max}`);
    return value;
  },
});

/** A control bit or a feature that is there or not: 0 or 1 (on/off, true/false, yes/no are read too). */
export const toggle = (describe: string, fallback: 0 | 1): Setting<0 | 1> => ({
  describe,
  default: fallback,
  accepts: '0, 1',
  samples: [0, 1],
  parse: text => {
    const word = text.toLowerCase();
    if (['1', 'on', 'true', 'yes'].includes(word)) return 1;
    if (['0', 'off', 'false', 'no'].includes(word)) return 0;
    throw new SettingError(`'${text}' is not 0 or 1`);
  },
});

function parseValue(text: string): bigint {
  try {
    return parseWord(text);
  } catch (error) {
    throw new SettingError((error as Error).message);
  }
}

/** A register value. */
export const register = (describe: string, fallback = 0n): Setting<bigint> => ({
  describe,
  default: fallback,
  accepts: 'a 64-bit value',
  samples: [0n, 0xffff_ffff_ffff_ffffn],
  parse: parseValue,
});

/** A register value or any 64-bit number that may be left unsaid: then what depends on it is not answered. */
export const known = (describe: string): Setting<bigint | 'unknown'> => ({
  describe,
  default: 'unknown',
  accepts: 'a 64-bit value, unknown',
  samples: ['unknown', 0n, 0xffff_ffff_ffff_ffffn],
  parse: text => (text.toLowerCase() === 'unknown' ? 'unknown' : parseValue(text)),
});

/** The defaults of a table with some values replaced. */
export function settle<T extends SettingTable>(table: T, given: Partial<Settings<T>> = {}): Settings<T> {
  const defaults = Object.fromEntries(Object.entries(table).map(([key, setting]) => [key, setting.default]));
  const settings: Record<string, unknown> = { ...defaults, ...given };
  for (const [key, { follows }] of Object.entries(table))
    if (follows && given[key] === undefined) settings[key] = follows(settings) ?? settings[key];
  return settings as Settings<T>;
}

/** Those of the given settings that a table has. */
export const pick = <T extends SettingTable>(table: T, given: Partial<Settings<SettingTable>>) =>
  Object.fromEntries(Object.entries(given).filter(([key]) => key in table)) as Partial<Settings<T>>;

/**
 * Read `key=value` pairs against a table.
 *
 * @throws SettingError naming the key and what it would accept.
 */
export function parseSettings<T extends SettingTable>(
  table: T,
  pairs: Readonly<Record<string, string>>,
): Partial<Settings<T>> {
  const given: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(pairs)) {
    const key = Object.keys(table).find(key => key.toLowerCase() === name.toLowerCase());
    const setting = key === undefined ? undefined : table[key];
    if (key === undefined || !setting)
      throw new SettingError(`no setting '${name}'; there are ${Object.keys(table).join(', ')}`);
    try {
      given[key] = setting.parse(text);
    } catch (error) {
      throw new SettingError(`setting ${key}: ${(error as Error).message}`);
    }
  }
  return given as Partial<Settings<T>>;
}
