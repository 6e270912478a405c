/**
 * What the three rules on aliases share: how the mappings of one page are told apart, and the sentences about them. A
 * page that one space maps in two ways is said of that space; what differs between a host and its guests, or between
 * spaces of a host, is said of both.
 */
import type { PageUse, Verdict } from '../rule.ts';

type Mapped = Extract<PageUse, { is: 'mapped' }>;
export type Certain = Mapped & { readonly agreement: NonNullable<Mapped['agreement']> };

/** The mappings of a page whose type is known. */
export const certain = (uses: readonly PageUse[]): readonly Certain[] =>
  uses.filter((use): use is Certain => use.is === 'mapped' && use.agreement !== undefined);

/** The type, as far as it is known. */
export const typeName = ({ agreement: { type, cached } }: Certain): string =>
  type ?? (cached ? 'cached' : 'not cached');

export const types = (uses: readonly Certain[]): ReadonlySet<string> =>
  new Set(uses.flatMap(({ agreement: { type } }) => type ?? []));
export const cacheability = (uses: readonly Certain[]): ReadonlySet<boolean> =>
  new Set(uses.flatMap(({ agreement: { cached } }) => cached ?? []));

const HOST = 'the host';
const spaceOf = ({ space }: Certain): string => space.candidate.name;
/** Whose memory a space shows: a guest’s, by its second stage, or the host’s. */
function sideOf({ space: { candidate, second } }: Certain): string {
  const guest = candidate.regime.input === 'va' ? second?.candidate.name : candidate.name;
  return guest === undefined ? HOST : `the guest of ${guest}`;
}

const groups = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const made = new Map<string, T[]>();
  for (const item of items) made.set(keyOf(item), [...(made.get(keyOf(item)) ?? []), item]);
  return made;
};

/** `Device-nGnRE and Normal NC`. */
const words = (uses: readonly Certain[], wordOf: (use: Certain) => string): string =>
  [...new Set(uses.map(wordOf))].sort().join(' and ');

/**
 * One verdict for each space that disagrees with itself, and one for each two sides that disagree with each other: a
 * host with a guest, guests among themselves where the host does not map the page, spaces where there is no guest.
 * @param conflict do these mappings disagree?
 */
export function disagreements(
  uses: readonly Certain[],
  conflict: (uses: readonly Certain[]) => boolean,
  wordOf: (use: Certain) => string,
): readonly (Verdict & { readonly uses: readonly Certain[] })[] {
  if (!conflict(uses)) return [];
  const own = [...groups(uses, spaceOf)]
    .filter(([, of]) => conflict(of))
    .map(([space, of]) => ({ message: `${words(of, wordOf)} in ${space}`, uses: of }));
  const sides = groups(uses, sideOf);
  const parts = [...groups(uses, sides.size > 1 ? sideOf : spaceOf)];
  const host = parts.find(([part]) => part === HOST);
  const apart = parts.flatMap((one, i) =>
    (host ? (one === host ? [] : [host]) : parts.slice(i + 1))
      .filter(([, of]) => one[1].some(a => of.some(b => conflict([a, b]))))
      .map(other => ({
        message: [one, other].map(([part, of]) => `${words(of, wordOf)} in ${part}`).join('; '),
        uses: [...one[1], ...other[1]],
      })),
  );
  return [...own, ...apart];
}
