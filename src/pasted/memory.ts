/** Words that were pasted with their addresses, as a memory that can be walked. */
import { architectureOf } from '../arch/names.ts';
import { walksOf } from '../arch/walks.ts';
import { hex } from '../bits/word.ts';
import { type AddressSpace, type FrameRange, joinRanges } from '../image/address-space.ts';
import { type Frame, frameAt, frameOf, PAGE_WORDS } from '../image/frames.ts';
import type { Entry } from '../text/model.ts';
import type { Candidate, RegisterValues } from '../walk/candidate.ts';
import type { Regime } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { Pages, TablePage } from './pages.ts';

type Word = Pick<Entry, 'at' | 'word' | 'width'>;

/** Pages of memory made of words; what was not pasted of a page is zero. */
export class PastedMemory implements AddressSpace {
  readonly #pages = new Map<Frame, Uint32Array>();
  readonly ranges: readonly FrameRange[];

  constructor(words: Iterable<Word>) {
    for (const { at, word, width } of words) {
      if (at === undefined || at % BigInt(width / 8) !== 0n) continue;
      const frame = frameAt(at);
      const page = this.#pages.get(frame) ?? new Uint32Array(PAGE_WORDS);
      this.#pages.set(frame, page);
      const i = Number((at / 4n) % BigInt(PAGE_WORDS));
      if (width === 64) new BigUint64Array(page.buffer)[i / 2] = word;
      else page[i] = Number(word);
    }
    this.ranges = joinRanges([...this.#pages.keys()].map(frame => ({ frame, end: frame + 1 })));
  }

  page(frame: Frame): Uint32Array | undefined {
    return this.#pages.get(frame);
  }
}

/** Translations to walk; more roots in one text are printed by nobody. */
const MOST = 8;

/** Whose tables begin in these pages: what registers say first, else the pages that nothing else points to. */
export function spacesIn(
  words: readonly Word[],
  cpus: readonly RegisterValues[],
  pages: Pages<unknown> | undefined,
): readonly Space[] {
  const memory = new PastedMemory(words.filter(({ at }) => at !== undefined));
  if (memory.ranges.length === 0) return [];
  const known = cpus.flatMap(registers => {
    const architecture = architectureOf(registers);
    if (architecture === undefined) return [];
    const { found } = walksOf(architecture).candidates(registers);
    return found.filter(({ through, regime }) => through === undefined && begins(regime, memory));
  });
  const names = new Set<string>();
  const candidates = known.filter(({ name }) => !names.has(name) && names.add(name));
  const all =
    candidates.length > 0 || pages === undefined
      ? candidates
      : pages.tops.map(top => candidateOf(top, pages));
  return all.slice(0, MOST).map(candidate => ({ candidate, memory }));
}

/** Is the first page of a root among the pasted ones? */
const begins = ({ roots }: Regime, memory: PastedMemory): boolean =>
  roots.some(({ address }) => memory.page(frameOf(address)) !== undefined);

/** A tree from a page down, with nothing known but the pages. */
function candidateOf({ at, level, why }: TablePage, { regime, family, tops }: Pages<unknown>): Candidate {
  const index = regime.levels.findIndex(({ name }) => name === level);
  const top = index === regime.levels.length - 1;
  const [root] = regime.roots;
  const { indexBits = 9 } = regime.levels[index] ?? {};
  const { canonical, ...plain } = root ?? { inputFrame: 0 };
  return {
    name: tops.length === 1 ? 'pasted' : `pasted.${at.toString(16)}`,
    regime: {
      ...regime,
      title: `${family.title}, from a table of level ${level} at ${hex(at)}`,
      roots: [
        {
          ...plain,
          ...(top && canonical ? { canonical } : {}),
          address: Number(at),
          level: index,
          entries: 2 ** indexBits,
        },
      ],
    },
    active: true,
    from: [`the table at ${hex(at)}`],
    assumed: [
      ...(why === 'root' ? [] : ['nothing that was pasted points to it: what it maps is counted from 0']),
      'entries that were not pasted map nothing',
    ],
    findings: [],
  };
}
