/**
 * Words and nothing else: one or more per line, comma separated, a C array, `xxd -i`, with an address in front or not.
 *
 *     0x0000000007c02023, 0x0000000007c03003
 *     unsigned char page[] = { 0x23, 0x20, 0xc0, 0x07, …
 *     0a0: 0000000000000000 00000000079d8000
 *
 * Weak evidence: chosen only where nothing else fits.
 */
import type { Line } from '../lines.ts';
import type { FamilyId } from '../model.ts';
import { big, type Reader, type ReadOptions, type Recogniser, type Sink, shareOf } from '../recogniser.ts';
import { WordAssembler } from '../words.ts';

const TOKEN = /^(?:0x([0-9a-f_]{1,19})|([0-9a-f]{8}(?:[0-9a-f]{8})?)|([0-9a-f]{9,16}))(?:u?ll?|n)?$/i;
const PLACE = /^(?:0x)?([0-9a-f]{3,16}):\s/i;
const C_FRAME =
  /^\s{0,16}(?:(?:static |const |unsigned |volatile )*(?:char|int|long|short|u?int\d{1,2}_t|u\d{1,2}|__u\d{1,2}|uintptr_t|Elf\d\d_\w{1,8}) .{0,120}[={]|\};?|\{|(?:static |const )?unsigned int \w{1,80}_len = \d{1,10};)\s{0,8}\{?$/;

/** Words that people put in front of an entry, and what they say of it. */
const LABEL =
  /^(?:(stage[ _-]?[12]|s[12]|descriptor|desc|entry|word|raw)(?: (?:pte|entry|descriptor|desc|page|block|table))?(?:\s{0,4}[:=]\s{0,4}|\s{1,4})|(?:pte|pde) {1,4})(?=0x[0-9a-f]|[0-9a-f]{16}$)/i;

/** The family of what stands behind a label. */
const familyOf = (label: string): FamilyId | undefined =>
  /^s.*[12]$/i.test(label) ? `arm64.stage${label.slice(-1)}` : undefined;

interface Row {
  readonly family?: FamilyId;
  readonly place?: bigint;
  readonly words: readonly { readonly value: bigint; readonly digits: number; readonly prefixed: boolean }[];
  readonly frame?: true;
}

/** The words of a line, or undefined where anything else stands on it. */
export function bareRow(text: string): Row | undefined {
  let rest = text.trim();
  if (rest === '' || rest.startsWith('#') || rest.startsWith('//')) return undefined;
  if (C_FRAME.test(rest)) return { words: [], frame: true };
  // `u64 pt[] = { 0x1, 0x2 };`: what stands in the braces.
  const brace = rest.indexOf('{');
  if (brace >= 0 && /^[\w\s[\]*]{1,120}=\s{0,4}$/.test(rest.slice(0, brace))) rest = rest.slice(brace + 1);
  const comment = rest.search(/\s(?:\/\/|\/\*|#)/);
  if (comment >= 0) rest = rest.slice(0, comment);
  rest = rest.replace(/^(?:[{(]|\[(?!\d{1,6}\]))\s*/, '').replace(/[}\])][;,]?\s*$/, '');
  const label = LABEL.exec(rest);
  if (label) rest = rest.slice(label[0].length);
  const family = familyOf(label?.[1] ?? '');
  const place = PLACE.exec(rest);
  if (place) rest = rest.slice(place[0].length);
  const texts = rest.split(/[\s,;]+/).filter(word => word !== '');
  const words: { value: bigint; digits: number; prefixed: boolean }[] = [];
  for (const word of texts) {
    const m = TOKEN.exec(word.replace(/^\[\d{1,6}\]=?$/, ''));
    if (!m) {
      if (/^(?:\[\d{1,6}\]=?|=)$/.test(word)) continue;
      return undefined;
    }
    const digits = (m[1] ?? m[2] ?? m[3] ?? '').replace(/_/g, '');
    if (digits.length > 16 || digits === '') return undefined;
    words.push({ value: big(digits), digits: digits.length, prefixed: m[1] !== undefined });
  }
  if (words.length === 0) return undefined;
  return { words, ...(place ? { place: big(place[1]) } : {}), ...(family ? { family } : {}) };
}

class BareReader implements Reader {
  readonly #out: Sink;
  readonly #bytes: WordAssembler;
  readonly #entryBytes: 4 | 8;
  #next = 0n;
  #bytesSeen = false;

  constructor(out: Sink, { entryBytes = 8 }: ReadOptions) {
    this.#out = out;
    this.#entryBytes = entryBytes;
    this.#bytes = new WordAssembler(out, entryBytes);
  }

  line(line: Line, trusted: boolean): boolean {
    if (!trusted) return false;
    const row = bareRow(line.text);
    if (!row) return false;
    if (row.frame) return true;
    const { words, place, family } = row;
    // `0x23, 0x20, …`: bytes of a C array. One such number alone is a word.
    if (
      words.every(({ digits, prefixed }) => prefixed && digits === 2) &&
      (words.length > 1 || this.#bytesSeen)
    ) {
      this.#out.assume('two-digit numbers are bytes in memory order', line);
      this.#bytesSeen = true;
      for (const { value } of words) this.#bytes.unit(line, this.#next++, value, 1);
      return true;
    }
    let at = place;
    for (const { value, digits, prefixed } of words) {
      const narrow = this.#entryBytes === 4 || (!prefixed && digits === 8);
      if (narrow && this.#entryBytes === 8) this.#out.assume('bare words of eight digits are 32-bit', line);
      this.#out.put(line, {
        is: 'entry',
        word: value,
        width: narrow && value <= 0xffff_ffffn ? 32 : 64,
        ...(at === undefined ? {} : { at }),
        ...(family === undefined ? {} : { regime: { family } }),
      });
      if (at !== undefined) at += narrow ? 4n : 8n;
    }
    if (place !== undefined)
      this.#out.assume('the number before the colon is the address of the first word', line);
    return true;
  }

  end(): void {
    this.#bytes.flush();
  }
}

export const bareWords: Recogniser = {
  id: 'words',
  title: 'bare words',
  score: lines => shareOf(lines, text => (bareRow(text) ? 0.45 : 0)),
  reader: (out, options = {}) => new BareReader(out, options),
};
