/**
 * `fixtures/layouts.tsv`, read: every layout typed from the manuals a second time. Knows nothing of the rows in `src/`.
 */
import { readFileSync } from 'node:fs';

export interface TypedRow {
  readonly line: number;
  readonly format: string;
  readonly when: string;
  readonly hi: string;
  readonly lo: string;
  readonly kinds: readonly string[];
  readonly name: string;
}

/** What the transcription says of one bit. */
export interface TypedBit {
  readonly row: TypedRow;
  readonly kinds: readonly string[];
  /** The field's name without the slice. */
  readonly name: string;
  /** Which bit of the field stands here, counted from the lowest bit of the field that the layout has. */
  readonly position: number;
  /** fixed: the value of the whole field. */
  readonly value?: number;
  /** The number that the manual prints for the lowest bit of the field: 12 for `OutputAddress[47:12]`. */
  readonly lowest: number;
}

/** One value per setting; numbers, bits and names compare as text. */
export type Values = Readonly<Record<string, unknown>>;

export function readTranscription(path = 'fixtures/layouts.tsv'): readonly TypedRow[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const rows = lines.flatMap((text, index): TypedRow[] => {
    if (text === '' || text.startsWith('#')) return [];
    const [format = '', when = '', hi = '', lo = '', kind = '', name = '', source = '', ...rest] =
      text.split('\t');
    const line = index + 1;
    if (rest.length > 0 || source === '') throw new Error(`layouts.tsv:${line}: seven columns, please`);
    return format === 'format' ? [] : [{ line, format, when, hi, lo, kinds: kind.split('|'), name }];
  });
  return rows;
}

const asText = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? '1' : '0') : String(value).toLowerCase();

/** Does a row hold under these settings? Asking for a setting that is not there is a mistake in the transcription. */
export function holds(when: string, values: Values, line = 0): boolean {
  const term = (text: string): boolean => {
    const match = /^(\w+)(?:\.(\d+))?(!?=)(.+)$/.exec(text);
    const [, key = '', bit, operator, wanted = ''] = match ?? [];
    if (!match || !(key in values))
      throw new Error(`layouts.tsv:${line}: '${text}' asks for a setting that this format does not have`);
    const value = values[key];
    const actual = bit === undefined ? asText(value) : asText((Number(value) >> Number(bit)) & 1);
    return wanted.toLowerCase().split(',').includes(actual) === (operator === '=');
  };
  if (when === '') return true;
  return when.split(' or ').some(all => all.split(' ').every(term));
}

/** Bits that depend on settings, by the letters of the table's header. */
function place(text: string, values: Values, line: number): number {
  const match = /^(?:(\d+)|([MmACS])(?:-(\d+))?)$/.exec(text);
  if (!match) throw new Error(`layouts.tsv:${line}: '${text}' is no bit`);
  if (match[1] !== undefined) return Number(match[1]);
  const m = Number(values.maxphyaddr ?? 52);
  const c = Number(values.cBit ?? 0);
  const s = Number(values.sBit ?? 0);
  const letters = { M: m, m: Math.min(40, m), A: Math.min(m, c || m, s || m), C: c, S: s };
  return letters[match[2] as keyof typeof letters] - Number(match[3] ?? 0);
}

/**
 * The owner of every bit of a format under these settings, index = bit; `none` where there is no such entry: a row says
 * so, or no row holds.
 *
 * @throws Error naming the line for a bit that two rows own; gaps stay undefined.
 */
export function typedLayout(
  rows: readonly TypedRow[],
  values: Values,
  seen?: Set<TypedRow>,
): readonly (TypedBit | undefined)[] | 'none' {
  const holding = rows.filter(row => holds(row.when, values, row.line));
  for (const row of holding) seen?.add(row);
  if (holding.length === 0 || holding.some(row => row.kinds.includes('none'))) return 'none';
  const bits: (TypedBit & { raw: number })[] = [];
  const takes = (row: TypedRow): boolean => /^[CS]$/.test(row.hi);
  const order = (row: TypedRow): number => ['S', 'C'].indexOf(row.hi);
  for (const row of holding.toSorted((a, b) => order(a) - order(b))) {
    const hi = place(row.hi, values, row.line);
    const lo = place(row.lo, values, row.line);
    const [, name = '', sliceHi, sliceLo, value] =
      /^([^[=]*)(?:\[(\d+|m-1)(?::(\d+))?\])?(?:=(\d+))?$/.exec(row.name) ?? [];
    const base = Number(sliceLo ?? sliceHi ?? lo); // without a slice the field's bits stand in place
    if (sliceHi !== undefined && lo <= hi && place(sliceHi, values, row.line) - base !== hi - lo)
      throw new Error(`layouts.tsv:${row.line}: ${row.name} does not have ${hi - lo + 1} bits`);
    for (let bit = lo; bit <= hi; bit++) {
      if (bits[bit] && !takes(row))
        throw new Error(`layouts.tsv:${row.line}: bit ${bit} is also on line ${bits[bit]?.row.line}`);
      const owner = { row, kinds: row.kinds, name, position: 0, lowest: 0, raw: base + bit - lo };
      bits[bit] = value === undefined ? owner : { ...owner, value: Number(value) };
    }
  }
  const lowest = (name: string): number =>
    Math.min(...bits.filter(other => other?.name === name).map(other => other.raw));
  return Array.from(bits, bit => {
    if (!bit) return undefined;
    const low = lowest(bit.name);
    return { ...bit, lowest: low, position: bit.raw - low };
  });
}
