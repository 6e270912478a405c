/** Words under one family: the reading that `decode` prints for each. */
import type { Family } from '../../../bits/family.ts';
import type { Read } from '../../../bits/rank.ts';
import { settle } from '../../../bits/settings.ts';
import { type LevelOfAll, levelIsOpen, levelOfAll } from '../../../bits/together.ts';
import type { Word } from '../../../bits/word.ts';
import type { Given } from '../../../report/decoded.ts';

/** Words that are looked at before the first of them is read: a level of their own choice is one for all. */
export const HELD = 65_536;

export interface ReadTogether {
  readonly reads: Generator<Read>;
  readonly level: LevelOfAll;
}

/**
 * Words under one family. Where they cannot be something at the default level, and nobody gave one, the level is the one at
 * which all of them together are explained best: the entries of a table share it.
 */
export function readAll(words: Iterable<Word>, family: Family, given: Given, kind?: string): ReadTogether {
  const rest = words[Symbol.iterator]();
  const open = levelIsOpen(family, given);
  const ahead = open ? lookAhead(rest, HELD) : { held: [], rest };
  const level = levelOfAll(family, ahead.held, given, kind);
  return { reads: readEach(ahead, { family, given, kind, level }), level };
}

/** Words that were looked at, and those behind them. */
interface Ahead {
  readonly held: readonly Word[];
  readonly rest: Iterator<Word>;
}

/** What is no word ends the looking, and is said where it stands: behind the words before it. */
export function lookAhead(words: Iterator<Word>, count: number): Ahead {
  const held: Word[] = [];
  try {
    while (held.length < count) {
      const { done, value } = words.next();
      if (done) break;
      held.push(value);
    }
  } catch (error) {
    const next = (): never => {
      throw error;
    };
    return { held, rest: { next } };
  }
  return { held, rest: words };
}

interface Under {
  readonly family: Family;
  readonly given: Given;
  readonly kind: string | undefined;
  readonly level: LevelOfAll;
}

function* readEach(
  { held, rest }: Ahead,
  { family, given, kind, level: { chosen } }: Under,
): Generator<Read> {
  const settings = settle(family.settings, { ...given, ...chosen }); // once: layouts are found by this object
  const read = (word: Word): Read => {
    const found = { family, settings, chosen, reading: family.read(word, settings) };
    return kind === undefined || found.reading.kind === kind ? found : withoutKind(found, kind);
  };
  for (const word of held) yield read(word);
  for (let next = rest.next(); !next.done; next = rest.next()) yield read(next.value);
}

/** The reading of a word that was asked for as a kind it cannot be. */
function withoutKind(candidate: Read, kind: string): Read {
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
