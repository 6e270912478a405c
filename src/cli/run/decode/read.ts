/** Words under one family: the reading that `decode` prints for each. */
import type { Family } from '../../../bits/family.ts';
import type { Read } from '../../../bits/rank.ts';
import { settle } from '../../../bits/settings.ts';
import type { Word } from '../../../bits/word.ts';
import { type Given, isError } from '../../../report/decoded.ts';

/**
 * Words under one family. Where a word can be nothing at the default level, and nobody gave one, the level at which it is
 * something is taken, and the next words try that one first: the entries of a table share it. No other setting is bent to
 * make a word look right.
 */
export function* readAll(
  words: Iterable<Word>,
  family: Family,
  given: Given,
  kind?: string,
): Generator<Read> {
  const under = (chosen: Given): ((word: Word) => Read) => {
    const settings = settle(family.settings, { ...given, ...chosen }); // once: layouts are found by this object
    return word => ({ family, settings, chosen, reading: family.read(word, settings) });
  };
  const wrong = ({ reading }: Read): boolean =>
    kind === undefined ? reading.kind === 'invalid' && isError(reading) : reading.kind !== kind;
  const byDefault = under({});
  let levels: readonly ((word: Word) => Read)[] | undefined; // found when a word asks for them
  let usual = byDefault;
  for (const word of words) {
    let found = usual(word);
    if (wrong(found)) {
      levels ??= levelsOf(family, given).map(under);
      usual = levels.find(read => !wrong(read(word))) ?? byDefault;
      found = usual(word);
    }
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
