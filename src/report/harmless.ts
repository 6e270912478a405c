/**
 * Text that cannot act on what shows it. Names come from files that somebody else made: control characters steer terminals
 * (ECMA-48: C0, DEL, C1), marks of direction turn what stands beside them round (Unicode UAX #9), and U+2028 and U+2029 end lines in
 * places where nobody looks for them.
 */
const UNSAFE =
  '[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]' +
  '|\\r(?!\\n)'; // CSV ends its lines with CR LF (RFC 4180)
const ANY = new RegExp(UNSAFE);
const EACH = new RegExp(UNSAFE, 'g');
/** The colours of `style.ts`, which are ours. */
const EACH_BUT_COLOURS = new RegExp(`\\x1b\\[(?:1|2|22|31|32|33|36|39)m|${UNSAFE}`, 'g');

const replaced = (found: string): string => (found.length > 1 ? found : '\ufffd');

/** Text for people, for tables of rows and for messages: U+FFFD where something would act. */
export const harmless = (text: string): string => (ANY.test(text) ? text.replace(EACH, '\ufffd') : text);

/** The same for text that may be painted. */
export const harmlessPainted = (text: string): string =>
  ANY.test(text) ? text.replace(EACH_BUT_COLOURS, replaced) : text;

/** JSON that says the same in letters that do nothing. */
export const harmlessJson = (json: string): string =>
  ANY.test(json)
    ? json.replace(EACH, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
