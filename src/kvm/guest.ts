/** What a guest can make of a leaf: the effective type for each type that its own tables may ask for, and who decides. */

/**
 * guaranteed: every guest type ends as the same; guest decides: every guest type gets through;
 * overridden: the entry changes some of them and not others.
 */
export type Control = 'guaranteed' | 'guest decides' | 'overridden';

export interface GuestView<G extends string, E extends string> {
  /** Effective type for each type that the guest may choose. */
  readonly effective: Readonly<Record<G, E>>;
  readonly control: Control;
  /** The type, when it is guaranteed. */
  readonly type?: E;
}

/** `same`: whether a guest that asks for the one has got it with the other. */
export function guestView<G extends string, E extends string>(
  types: readonly G[],
  combine: (guest: G) => E,
  same: (guest: G, effective: E) => boolean = (guest, effective) => guest === (effective as string),
): GuestView<G, E> {
  const effective = Object.fromEntries(types.map(type => [type, combine(type)])) as Record<G, E>;
  const [only, ...others] = new Set(Object.values(effective) as E[]);
  if (only !== undefined && others.length === 0) return { effective, control: 'guaranteed', type: only };
  const through = types.every(type => same(type, effective[type]));
  return { effective, control: through ? 'guest decides' : 'overridden' };
}
