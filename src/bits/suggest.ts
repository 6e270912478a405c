/** "Did you mean…" for names that do not exist. */

/** Edits (insert, delete, replace, swap neighbours) from one word to another. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/** The names closest to what was typed, at most `limit`; none that would be a wild guess. */
export function closest(typed: string, names: readonly string[], limit = 3): string[] {
  const given = typed.toLowerCase();
  return names
    .map(name => {
      const known = name.toLowerCase();
      const far = distance(given, known);
      const part = given.length >= 3 && (known.includes(given) || given.includes(known));
      return { name, far: part ? Math.min(far, 1) : far, edits: far };
    })
    .filter(({ far }) => far <= Math.max(1, Math.floor(given.length / 3)))
    .sort((a, b) => a.far - b.far || a.edits - b.edits)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** ` did you mean 'a' or 'b'?`, or nothing. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const near = closest(typed, names).map(name => `'${name}'`);
  if (near.length === 0) return '';
  return `did you mean ${near.length === 1 ? near[0] : `${near.slice(0, -1).join(', ')} or ${near.at(-1)}`}?`;
}
