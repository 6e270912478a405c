/**
 * Remember what was made for a settings object, and share it between objects that say the same. Layouts and tables are
 * made once per configuration, however many words are read with it.
 */
export function perSettings<S extends object, T>(
  keyOf: (settings: S) => string,
  make: (settings: S) => T,
): (settings: S) => T {
  const byObject = new WeakMap<S, T>(); // the common case: one object, millions of words
  const byKey = new Map<string, T>();
  return settings => {
    const known = byObject.get(settings);
    if (known !== undefined) return known;
    const key = keyOf(settings);
    let made = byKey.get(key);
    if (made === undefined) {
      made = make(settings);
      byKey.set(key, made);
    }
    byObject.set(settings, made);
    return made;
  };
}

/** A key from the named settings only. */
export const keyOf =
  <S extends object>(...names: readonly (keyof S)[]) =>
  (settings: S): string =>
    names.map(name => String(settings[name])).join(' ');
