/** What an entry of a walk is, so that its word can be read again: `decode` takes records that say it. */
import { descriptors } from '../arch/descriptors.ts';
import { settle } from '../bits/settings.ts';
import type { Regime } from '../walk/regime.ts';

export interface Under {
  /** Id of the family of formats; absent where none of ours reads such entries. */
  readonly format?: string;
  /** What its reading depends on, where that is not the format's default; the level stands beside it. */
  readonly settings?: Readonly<Record<string, string | number | bigint>>;
}

const made = new WeakMap<Regime, Under>();

/** The format of a regime's entries, and the settings that they are read under. */
export function underOf(regime: Regime): Under {
  const known = made.get(regime);
  if (known) return known;
  const under = underFor(regime);
  made.set(regime, under);
  return under;
}

function underFor(regime: Regime): Under {
  const layout = regime.read(0n, 0).format.id;
  const family =
    descriptors.find(({ id }) => id === regime.id) ??
    descriptors.find(({ id }) => layout.startsWith(`${id}.`));
  if (!family) return {};
  const usual = settle(family.settings) as Under['settings'] & object;
  const own = Object.entries(regime.settings).filter(
    ([key, value]) => key in usual && key !== 'level' && usual[key] !== value,
  );
  return { format: family.id, settings: Object.fromEntries(own) };
}
