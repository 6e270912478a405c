/**
 * Quoted-printable, as raw mail has it: `=3D` is `=`, and a line that ends in `=` goes on in the next [RFC 2045, section 6.7].
 * A text is taken for such only on proof: `CR3=3D002000` is a register of anybody's.
 */
import type { Line } from './lines.ts';
import { indentOf, joined } from './lines.ts';

const HEADER = /^Content-Transfer-Encoding: quoted-printable$/i;
/** What is no number behind an equals sign: 18 digits, or digits before `0x`; and a blank of HTML. */
const CERTAIN = /=3D(?:0x|[0-9a-f]{16}(?![0-9a-f])|$)|=C2=A0/;
const TELLING = /=3D|=C2=A0/;
const ESCAPE = /=(?:([0-9A-F]{2})|$)/g;

/** Every equals sign of the line begins an escape or breaks the line. */
const isQuoted = (text: string): boolean =>
  text.includes('=') && text.replace(ESCAPE, '').includes('=') === false;

/** Is the text of these lines encoded so? */
export function isQuotedPrintable(lines: readonly Line[]): boolean {
  let escaped = 0;
  let certain = 0;
  let other = 0;
  for (const { text } of lines) {
    if (HEADER.test(text)) return true;
    if (!text.includes('=')) continue;
    if (!isQuoted(text)) other++;
    else if (TELLING.test(text)) {
      escaped++;
      if (CERTAIN.test(text)) certain++;
    }
  }
  return certain > 0 ? certain + escaped > other : escaped > 1 && other === 0;
}

/** Lines as they were before they were encoded. */
export class QuotedPrintable {
  #open: Line | undefined;

  /** @returns the line that is complete with this one, if one is */
  take(line: Line): Line | undefined {
    const whole = this.#open ? continued(this.#open, line) : line;
    this.#open = undefined;
    if (!isQuoted(whole.text)) return whole;
    const text = decoded(whole.text);
    if (!whole.text.endsWith('=') || text.length > LONGEST_JOINED) return { ...whole, text };
    this.#open = { ...whole, text: whole.text.slice(0, -1) };
    return undefined;
  }

  /** What the text ended in. */
  end(): Line | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open && { ...open, text: decoded(open.text) };
  }
}

/** The blanks of a line that goes on are its own, but for those by which all of it is indented. */
function continued(open: Line, line: Line): Line {
  const own = Math.max(0, indentOf(line.text) - indentOf(open.text));
  const whole = joined(open, line, '');
  return { ...whole, text: `${open.text}${' '.repeat(own)}${whole.text.slice(open.text.length)}` };
}

/** Encoded lines have 76 characters; more than this is no line of a tool. */
const LONGEST_JOINED = 4096;

/** Escapes are bytes of UTF-8; what is none of it is nothing that a tool prints. */
function decoded(text: string): string {
  const plain = text.replace(/(?:=[0-9A-F]{2})+/g, run => {
    const bytes = run
      .slice(1)
      .split('=')
      .map(digits => Number.parseInt(digits, 16));
    return bytes.every(byte => byte < 0x80)
      ? String.fromCharCode(...bytes)
      : new TextDecoder().decode(Uint8Array.from(bytes));
  });
  return plain.replace(/=$/, '').replaceAll('\u00a0', ' ').trimEnd();
}
