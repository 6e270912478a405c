/** The tables among pasted pages: which level each is of and why, what else they could be, and what they map. */
import { counted } from '../bits/counted.ts';
import { groupBy } from '../bits/group-by.ts';
import { hex } from '../bits/word.ts';
import type { Pages, TablePage } from '../pasted/pages.ts';
import type { Structure, Tried } from '../pasted/structure.ts';
import { isTrouble } from '../walk/filter.ts';
import { type AddressMap, type MapRecord, mapOf, mapRecords } from '../walk/map.ts';
import type { Space } from '../walk/space.ts';
import { type Answer, Passing } from './answer.ts';
import { rangesAnswer } from './map.ts';
import type { Look } from './style.ts';
import { wrap } from './table.ts';

/** Tables named one by one, and ranges shown: of a paste, not of a dump. */
const MOST = { tables: 6, ranges: 64, records: 4096, missing: 4 } as const;
/** Tables and ranges of a walk: pasted pages can point to each other in circles. */
const LIMITS = { maxTables: 4096, maxRanges: 4096 } as const;

const whyText = ({ why, from }: TablePage): string =>
  why === 'root'
    ? 'a root'
    : why === 'pointer' && from !== undefined
      ? `${hex(from)} points to it`
      : 'by all of its words';

/** `level 1 at 0xbfff1000 (0xbfff0000 points to it)`. */
export function levelTexts({ pages, level }: Structure): readonly string[] {
  const all = pages?.tables ?? [];
  // pages that have nothing to do with each other are counted
  const alone = pages !== undefined && pages.tops.length === 0 && all.length > 1;
  const tables = alone ? [] : all;
  const counts = alone ? [...groupBy(all, table => table.level)] : [];
  const named = tables
    .slice(0, MOST.tables)
    .map(table => `level ${table.level} at ${hex(table.at)} (${whyText(table)})`);
  const more = tables.length > named.length ? [`${tables.length - named.length} more`] : [];
  return [
    ...(named.length > 0 ? [`tables: ${[...named, ...more].join(', ')}`] : []),
    ...(counts.length > 0
      ? [
          `tables: ${counts.map(([at, { length }]) => `${length} of level ${at}`).join(', ')}, by all words of each`,
        ]
      : []),
    ...('level' in level.chosen && level.of > 1
      ? [
          `level ${level.chosen.level} for all: at level ${level.usual} ${level.nothing} of ${counted(level.of, 'word')} would be nothing`,
        ]
      : []),
  ];
}

const levelsIn = ({ pages, level }: Tried): readonly (number | string)[] => [
  ...new Set([
    ...(pages?.tables ?? []).map(table => table.level),
    ...('level' in level.chosen ? [Number(level.chosen.level)] : []),
  ]),
];

/** `x86.pte (level 1), x86.ept (levels 2, 1)`; empty where nothing else fits. */
export const othersText = ({ others }: Structure): string =>
  others
    .map(one => {
      const levels = levelsIn(one);
      const at =
        levels.length === 0 ? '' : ` (${levels.length > 1 ? 'levels' : 'level'} ${levels.join(', ')})`;
      return `${one.family.id}${at}`;
    })
    .join(', ');

/** A translation that begins in the text, walked. */
interface Walked {
  readonly map: AddressMap;
  readonly answer: Answer<MapRecord>;
}

/** Those that map anything. */
export const walkedIn = (spaces: readonly Space[], limit: number = MOST.records): readonly Walked[] =>
  spaces.flatMap(space => {
    const map = mapOf(space, space.memory, LIMITS);
    if (map.first.leaves.length === 0) return [];
    const rows = new Passing(mapRecords(map, space.candidate.rules), { limit, wrong: isTrouble });
    const pasted = space.candidate.name.startsWith('pasted');
    return [
      {
        map,
        answer: rangesAnswer({
          map,
          rows,
          all: spaces,
          payload: false,
          ...(pasted ? {} : { source: 'the text' }),
        }),
      },
    ];
  });

/** What the pages map, for people. */
export function* walkedLines(spaces: readonly Space[], look: Look): Generator<string> {
  for (const { map, answer } of walkedIn(spaces, MOST.ranges)) {
    yield '';
    yield* answer.lines?.(look) ?? [];
    for (const text of missingTexts(map))
      for (const line of wrap(text, look.width - 2)) yield `  ${look.style.dim(line)}`;
  }
}

function missingTexts({ first: { missing, missingTotal, stopped } }: AddressMap): readonly string[] {
  const named = missing.slice(0, MOST.missing).map(({ address }) => hex(BigInt(address)));
  return [
    ...(missingTotal > 0
      ? [
          `${counted(missingTotal, 'table was', 'tables were')} not pasted: ${named.join(', ')}${missingTotal > named.length ? ', …' : ''}`,
        ]
      : []),
    ...(stopped === undefined ? [] : [stopped]),
  ];
}

/** How the pages were read, as part of the record of a text. */
export const structureRecord = (structure: readonly Structure[]) =>
  structure.map(one => ({
    format: one.family.id,
    ...tablesRecord(one.pages),
    ...('level' in one.level.chosen ? { level: one.level.chosen.level } : {}),
    others: one.others.map(other => ({ format: other.family.id, levels: levelsIn(other) })),
  }));

const tablesRecord = (pages: Pages<unknown> | undefined) =>
  pages === undefined
    ? {}
    : {
        tables: pages.tables
          .slice(0, MOST.records)
          .map(({ at, level, why, from }) => ({ at, level, why, ...(from === undefined ? {} : { from }) })),
      };
