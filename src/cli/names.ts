/** How people name families and their settings on the command line. */

import { formatNames } from '../arch/names.ts';
import type { Family } from '../bits/family.ts';
import { parseSettings, type Settings, type SettingTable } from '../bits/settings.ts';
import { closest, didYouMean } from '../bits/suggest.ts';
import { UsageError } from './trouble.ts';

/** The names a family answers to: its id and aliases; where no family is called so, its id without the architecture. */
type Names = Pick<Family, 'id' | 'aliases'>;
const namesOf = ({ id, aliases = [] }: Names): string[] => [id, ...aliases];
const shortOf = ({ id }: Names): string => id.slice(id.indexOf('.') + 1);
const isCalled = (name: string, known: readonly string[]): boolean =>
  known.some(one => one.toLowerCase() === name);

/** A family, and the kind of it where the name says one: `stage2`, `arm64.stage2`, `stage2.page`. */
export interface Named {
  readonly family: Family;
  readonly kind?: string;
}

/** The families of a name, in any case; several where several architectures have it. */
function namedAmong(typed: string, among: readonly Family[]): readonly Named[] {
  const given = typed.toLowerCase();
  const all = (name: string): readonly Family[] => {
    const named = among.filter(family => isCalled(name, namesOf(family)));
    return named.length > 0 ? named : among.filter(family => isCalled(name, [shortOf(family)]));
  };
  const whole = all(given);
  if (whole.length > 0) return whole.map(family => ({ family }));
  const dot = given.lastIndexOf('.');
  if (dot < 0) return [];
  return all(given.slice(0, dot)).flatMap(family => {
    const kind = family.kinds.find(known => known.toLowerCase() === given.slice(dot + 1));
    return kind === undefined ? [] : [{ family, kind }];
  });
}

export const isNamed = (typed: string, among: readonly Family[]): boolean =>
  namedAmong(typed, among).length > 0;

/** Names of a family, and of its kinds where the last part of what was typed may be one. */
function withKinds(typed: string, { kinds }: Family, names: readonly string[]): readonly string[] {
  const dot = typed.lastIndexOf('.');
  const near = dot > 0 ? closest(typed.slice(0, dot), names) : [];
  return [...names, ...near.flatMap(name => kinds.map(kind => `${name}.${kind}`))];
}

/**
 * The family of a name among these.
 * @throws UsageError with what it might have been, or with the choices where several architectures have it.
 */
export function familyNamed(typed: string, among: readonly Family[], noun = 'format'): Named {
  const found = namedAmong(typed, among);
  const [first] = found;
  if (first && found.length === 1) return first;
  if (found.length > 1)
    throw new UsageError(`'${typed}' is ${found.map(({ family }) => family.id).join(' or ')}: write which`);
  const hint = didYouMean(typed, [
    ...new Set(among.flatMap(family => withKinds(typed, family, [...namesOf(family), shortOf(family)]))),
  ]);
  const list = noun === 'register' ? 'memattr reg' : 'memattr formats';
  throw new UsageError(`no ${noun} '${typed}'; ${hint || `${list} lists them`}`);
}

/** The descriptor families that a name may mean, each loaded on its own. */
export async function descriptorsCalled(typed: string): Promise<readonly Family[]> {
  const whole = typed.toLowerCase();
  const names = [whole, whole.slice(0, Math.max(0, whole.lastIndexOf('.')))]; // the last part may be a kind
  const called = formatNames.filter(entry =>
    names.some(name => isCalled(name, [...namesOf(entry), shortOf(entry)])),
  );
  return Promise.all(called.map(({ load }) => load()));
}

/** The family of a name among all there are; registers are loaded where none of these descriptors is called so. */
export async function anyFamily(typed: string, descriptors: readonly Family[]): Promise<Named> {
  if (namedAmong(typed, descriptors).length > 0) return familyNamed(typed, descriptors);
  const { families } = await import('../arch/families.ts');
  return familyNamed(typed, families);
}

/**
 * The pairs of `--set key=value` options; one option may hold several, separated by commas.
 * @throws UsageError for text that is no pair.
 */
export function pairsOf(texts: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = Object.create(null); // `__proto__` is a key like any other: unknown
  for (const text of texts.flatMap(part => part.split(',')).filter(part => part !== '')) {
    const [, key, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/s.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(`--set takes key=value, not '${text}'`);
    pairs[key] = value;
  }
  return pairs;
}

/**
 * What `--set` says to one family. With several families in question, a pair counts for those that know its key.
 * @throws SettingError for a value that the setting cannot take; UsageError for a key that no family has.
 */
export function givenFor(
  pairs: Readonly<Record<string, string>>,
  among: readonly Family[],
): (family: Family) => Partial<Settings<SettingTable>> {
  const knows = (family: Family, key: string): boolean =>
    Object.keys(family.settings).some(name => name.toLowerCase() === key.toLowerCase());
  for (const key of Object.keys(pairs)) {
    if (among.some(family => knows(family, key))) continue;
    const names = [...new Set(among.flatMap(family => Object.keys(family.settings)))];
    const whose = among.length === 1 ? `${among[0]?.id} has no setting` : 'no format has a setting';
    throw new UsageError(`${whose} '${key}'; ${didYouMean(key, names) || `there are ${names.join(', ')}`}`);
  }
  const made = new Map<Family, Partial<Settings<SettingTable>>>();
  return family => {
    let given = made.get(family);
    if (!given) {
      const own = Object.entries(pairs).filter(([key]) => knows(family, key));
      given = parseSettings(family.settings, Object.fromEntries(own));
      made.set(family, given);
    }
    return given;
  };
}
