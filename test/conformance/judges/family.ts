/** One vector family: the file name (without .jsonl) and a judge that lists every difference; empty = passed. */
export interface VectorFamily {
  readonly name: string;
  /** `siblings` reads another file of the same folder (a legend) as parsed lines. */
  readonly judge: (record: never, context: Context) => readonly string[];
}

export interface Context {
  readonly siblings: (file: string) => readonly unknown[];
}

/** JSON values as the vectors write them: numbers and booleans plain, 64-bit values as `0x…` text. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Every difference between what a vector expects and what we answer. Strict: each expected key is compared, a missing
 * answer is a difference, and so is an answer to a key that the vector says does not exist.
 */
export function differences(
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
): string[] {
  const out: string[] = [];
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const want = canonical(expected[key]);
    const got = canonical(actual[key]);
    if (want !== got) out.push(`${key}: expected ${want ?? 'nothing'}, got ${got ?? 'nothing'}`);
  }
  return out;
}

/** Text that is equal for equal values: bigint and `0x…` alike, object keys sorted. */
function canonical(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return `"0x${value.toString(16)}"`;
  if (typeof value === 'string')
    return /^0x[0-9a-f]+$/i.test(value) ? `"0x${BigInt(value).toString(16)}"` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => `${k}:${canonical(v)}`)
      .join(',')}}`;
  return String(value);
}

/** The bit numbers that findings of one id name: `9:8,5` gives 9, 8, 5. */
export const bitNumbers = (positions: readonly string[]): number[] =>
  positions
    .flatMap(text => text.split(','))
    .flatMap(text => {
      const [hi, lo = hi] = text.split(':').map(Number);
      return Array.from({ length: (hi ?? 0) - (lo ?? 0) + 1 }, (_, i) => (lo ?? 0) + i);
    })
    .sort((a, b) => a - b);
