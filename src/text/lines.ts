/**
 * Lines of pasted text, cleaned once for every recogniser: CRLF, ANSI escapes and terminal editing, log prefixes,
 * prompts and mail quotes go; what a tool printed stays, indentation included.
 *
 * Streaming and bounded: text comes in chunks of any size, and a line longer than `LONGEST` is handed out in pieces.
 */

export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  /** Cleaned text without trailing blanks. */
  readonly text: string;
  /** The prompt in front, if there was one: then `text` is the command typed, or output that follows on the same line. */
  readonly prompt?: string;
  /** Which CPU or task printed it, where the log says so: `T118`, `C2`. Separates interleaved reports. */
  readonly tag?: string;
  /** Something that logs is named in front of it: such a line is no second half of a broken one. */
  readonly stamped?: true;
  /** A bar was taken off for a quote: in the second half of a broken line it may have been a column's. */
  readonly barred?: true;
  /** Put together from two lines of the text. */
  readonly joined?: true;
  /** Nothing follows that would complete it. */
  readonly last?: true;
  /** The line as it stood, cut at `RAW` characters. */
  readonly raw: string;
  /** A piece of a line longer than `LONGEST`; the first piece says 'first'. */
  readonly piece?: 'first' | 'more';
}

/** Longest line handed out whole. Tools print lines of a few hundred characters. */
export const LONGEST = 16_384;
const RAW = 240;

/**
 * Splits chunks into lines. `push` returns the lines completed by a chunk; `end` the rest.
 * A lone CR separates lines too (progress bars, old serial logs), without counting as one.
 */
export class LineSplitter {
  #rest = '';
  #number = 1;
  #longest: number;
  /** The rest continues a line of which pieces were handed out already. */
  #inside = false;
  #afterCr = false;

  constructor(longest = LONGEST) {
    this.#longest = longest;
  }

  *push(chunk: string): Generator<Line> {
    let text = chunk;
    if (this.#afterCr && text.length > 0) {
      this.#afterCr = false;
      if (text.startsWith('\n')) {
        text = text.slice(1);
        this.#number++;
      }
    }
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code !== 10 && code !== 13) continue;
      yield* this.#line(this.#rest + text.slice(from, i));
      this.#rest = '';
      this.#inside = false;
      from = i + 1;
      if (code === 10) this.#number++;
      else if (from === text.length) this.#afterCr = true;
      else if (text.charCodeAt(from) === 10) {
        this.#number++;
        i = from++;
      }
    }
    this.#rest += text.slice(from);
    // A line without end must not be kept: it is handed out in pieces as it comes.
    if (this.#rest.length > this.#longest) {
      const keep = yield* this.#pieces(this.#rest);
      this.#rest = keep;
    }
  }

  *end(): Generator<Line> {
    if (this.#rest !== '') yield* this.#line(this.#rest);
    this.#rest = '';
  }

  *#line(text: string): Generator<Line> {
    if (text.length <= this.#longest && !this.#inside) {
      if (text !== '') yield clean(text, this.#number);
      return;
    }
    const last = yield* this.#pieces(text);
    if (last !== '') yield clean(last, this.#number, this.#inside ? 'more' : 'first');
  }

  /** Pieces of full length, cut at a separator where one is near; returns what is left. */
  *#pieces(text: string): Generator<Line, string> {
    let from = 0;
    while (text.length - from > this.#longest) {
      let to = from + this.#longest;
      for (let i = to; i > to - 256; i--) {
        const c = text.charCodeAt(i - 1);
        if (c === 0x20 || c === 0x2c || c === 0x09 || c === 0x7d) {
          to = i;
          break;
        }
      }
      yield clean(text.slice(from, to), this.#number, this.#inside ? 'more' : 'first');
      this.#inside = true;
      from = to;
    }
    return text.slice(from);
  }
}

/** Lines of a whole text. */
export function* linesOf(text: string): Generator<Line> {
  const splitter = new LineSplitter();
  yield* splitter.push(text);
  yield* splitter.end();
}

// Every pattern is anchored and has no nested repetition: time is linear in the line. They stand under the character that
// a line must begin with, because most lines begin with none of them.

/** What a prefix is. After a time stand other things than elsewhere; a quote is put in front by who passes a text on. */
type Role = 'time' | 'source' | 'quote';
interface Prefix {
  readonly like: RegExp;
  readonly role: Role;
}
const time = (like: RegExp): Prefix => ({ like, role: 'time' });
const source = (like: RegExp): Prefix => ({ like, role: 'source' });

const BRACKET = [
  time(/^\[ {0,12}\d{1,9}\.\d{1,9}(?:,\d{1,3})?(?: <[ +-]{0,12}\d{1,9}\.\d{1,9} ?>)?\] ?/), // printk, dmesg -d, journalctl
  time(/^\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S{0,16}\] ?/), // terminal programs, Xen
  time(
    /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}(?: <[ +-]{0,12}\d{1,9}[.,]\d{1,9} ?>)?\] ?/,
  ), // dmesg -T, with -d
  time(/^\[[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d\] ?/), // dmesg -e: the first of a minute
  time(/^\[ {0,12}\+\d{1,9}[.,]\d{1,9}\] ?/), // dmesg -e: the others
  time(/^\[<[ +-]{0,12}\d{1,9}[.,]\d{1,9} ?>\] ?/), // dmesg --time-format delta
  time(/^\[\d\d:\d\d:\d\d\.\d{3},\d{3}\] <\w{3}> \w{1,32}: ?/), // Zephyr's log
  time(/^\[ ?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\] ?/), // tio, terminal programs
];
const STAMP = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`;
/** A host and a program, as system logs name them; what else stands before a colon is the kernel's own. */
const FROM = String.raw`[\w.-]{1,64} (?!pgtable:|error:|fault:|abort:|DIRECTORY:|regime:|sizes:|ID:)[^\s:]{1,64}:(?: |$)`;
const DIGIT = [
  time(/^\d{1,2},\d{1,12},\d{1,18},[^,;\s]{1,12}(?:,[^;\s]{1,40})?;/), // /dev/kmsg
  time(new RegExp(`^${STAMP}(?: ?(?:Z|UTC|[+-]\\d\\d:?\\d\\d))?(?: ${FROM}| |$)`)), // journal, rsyslog, dmesg, CI
  time(/^\d\d:\d\d:\d\d(?:[.,]\d{1,9})? /), // serial tools
  time(/^\d{9,10}\.\d{1,9} [\w.-]{1,64} kernel: ?/), // journalctl -o short-unix
  time(/^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {1,6}\d{1,7} {1,6}\d{1,7} [A-Z] [^:]{0,32}: ?/), // logcat
];
/** Facility and level of dmesg -x, padded to six characters each. */
const LEVELLED =
  /^(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) {0,4}:(?:emerg|alert|crit|err|warn|notice|info|debug) {0,4}: /;
/** `TTY> `. Prompts are known by name, and looked for before. */
const NAMED = source(/^[A-Za-z][\w.-]{0,15}> /);
const MONTH = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?`;
const LETTER = [
  time(new RegExp(`^${MONTH}(?: ${FROM}| )`)), // syslog, ts
  time(new RegExp(`^[A-Z][a-z]{2} ${STAMP}(?: [A-Z+:\\d-]{1,6})? ${FROM}`)), // journalctl -o short-full
  time(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} (?:\w{1,10}\.\w{1,10} )?(?:kernel: ?)?/), // logread
  source(/^(?:VERBOSE|INFO|NOTICE|DEBUG|ERROR|WARNING): {1,8}/), // TF-A, Hafnium
  source(/^[DEFIM]\/[A-Z]{2}: {0,2}(?:[\d?]{1,3}(?= ))?(?: {1,2}\d{1,3}(?= ))? ?/), // OP-TEE: core and thread
  source(/^[DEIW]: (?= {0,8}\S)/), // Zephyr
  NAMED,
];
const LOWER = [
  source(/^kernel: ?/),
  source(LEVELLED),
  source(/^kvm(?:[-_](?:intel|amd|arm|hyp))?(?: \[\d{1,8}\])?: /), // who of KVM says it, and of which process
  NAMED,
];
const BAR: Prefix = { like: /^\| ?/, role: 'quote' };
const QUOTE = [{ like: /^(?:> ?){1,8}/, role: 'quote' }, BAR] as const; // mail
const LEVEL = [source(/^<\d{1,3}>/)]; // printk level
const CONSOLE = [source(/^\((?:XEN|d\d{1,5}(?:v\d{1,4})?)\) ?(?:\[[0-9a-f]{16}\] (?!\*?pgd))?/)]; // Xen, with its counter
const NONE: readonly Prefix[] = [];

function prefixesOf(first: number): readonly Prefix[] {
  if (first >= 0x61 && first <= 0x7a) return LOWER;
  if (first >= 0x30 && first <= 0x39) return DIGIT;
  if (first >= 0x41 && first <= 0x5a) return LETTER;
  switch (first) {
    case 0x5b:
      return BRACKET;
    case 0x3c:
      return LEVEL;
    case 0x3e:
    case 0x7c:
      return QUOTE;
    case 0x28:
      return CONSOLE;
    default:
      return NONE;
  }
}
/** CONFIG_PRINTK_CALLER; the number is the task or the CPU. */
const CALLER = /^\[ {0,12}([TC]\d{1,9})\] ?/;
/** After a time only: the host of journalctl -o short-monotonic; CPU and task as vendors of Android kernels print them. */
const AFTER_TIME =
  /^(?:[\w.-]{1,64} kernel: ?| ?\(\d{1,3}\)\[\d{1,8}:[^\]]{1,32}\]|\[\d{1,3}: {0,16}[^\]:]{1,32}: {0,8}\d{1,8}\] ?)/;
const PROMPT =
  /^(?:\(qemu\)|\(gdb\)|\(kgdb\)|crash(?:[_\w.]{0,24})?>|<bochs(?::\d{1,9})?>|(?:\d{1,4}: )?l?k?d?kd>|\d{0,4}:? ?(?:k?HyperDbg)>|=>|(?:[\w.-]{1,32}@[\w.-]{1,64}[:\w~/.-]{0,128})?[#$](?= ))\s?/;

/** Every prompt has one of these in its first characters; hardly any other line has. */
const PROMPT_END = /[>)#$]/;
const PROMPT_LENGTH = 240;

/** What of a page somebody copied from its source. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&gt;': '>',
  '&lt;': '<',
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': ' ',
};

const ESC = 0x1b;

/** One line, cleaned. */
export function clean(raw: string, number: number, piece?: 'first' | 'more'): Line {
  let text = CONTROL.test(raw) ? terminal(raw) : raw;
  if (text.includes('&'))
    text = text.replace(/&(gt|lt|amp|quot|#39|nbsp);/g, entity => ENTITIES[entity] ?? entity);
  let tag: string | undefined;
  let stamped: true | undefined;
  let barred: true | undefined;
  let prompt: string | undefined;
  // Prefixes nest (syslog around printk around a quote), a few deep at most.
  for (let again = 0; again < 8; again++) {
    const indented = indentOf(text);
    const inner = indented === 0 ? text : text.slice(indented);
    if (PROMPT_END.test(inner.slice(0, PROMPT_LENGTH))) {
      const m = PROMPT.exec(inner);
      if (m) {
        prompt = m[0].trim();
        text = inner.slice(m[0].length);
        continue;
      }
    }
    const prefix = prefixesOf(inner.charCodeAt(0)).find(({ like }) => like.test(inner));
    if (!prefix) break;
    text = inner.slice(prefix.like.exec(inner)?.[0].length ?? 0);
    if (prefix.role !== 'quote') stamped = true;
    if (prefix === BAR) barred = true;
    if (prefix.role !== 'time') continue;
    const caller = CALLER.exec(text);
    if (caller) tag = caller[1];
    text = text.slice((caller ?? AFTER_TIME.exec(text))?.[0].length ?? 0);
  }
  return {
    number,
    text: trimEnd(text),
    raw: cut(raw),
    ...(prompt === undefined ? {} : { prompt }),
    ...(tag === undefined ? {} : { tag }),
    ...(stamped ? { stamped } : {}),
    ...(barred ? { barred } : {}),
    ...(piece === undefined ? {} : { piece }),
  };
}

/** Blanks and tabs at the start. */
export function indentOf(text: string): number {
  let at = 0;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 9) at++;
  return at;
}

/** Two lines that were one: a mail program or a terminal broke it. */
export const joined = (first: Line, second: Line, between: ' ' | '' | ' | '): Line => ({
  ...first,
  joined: true,
  text: `${first.text}${between}${second.text.slice(indentOf(second.text))}`,
  raw: cut(`${first.raw}${between}${second.raw}`),
});

const cut = (raw: string): string => (raw.length > RAW ? `${raw.slice(0, RAW)}…` : raw);

/** `trimEnd` also drops NUL, which serial logs are full of. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) <= 0x20) end--;
  return end === text.length ? text : text.slice(0, end);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\0-\x08\x0a-\x1f\xa0\ufeff]/;

/**
 * What a terminal would show: QEMU's monitor echoes a typed command by going back and printing it again, key by key.
 * Cursor left and right, erase in line and backspace are followed; colours and the rest are dropped.
 */
function terminal(text: string): string {
  const screen: string[] = [];
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 8) at = Math.max(0, at - 1);
    else if (c === ESC) {
      const next = text.charCodeAt(i + 1);
      if (next === 0x5b) {
        let j = i + 2;
        while (j < text.length && j < i + 34 && !isFinal(text.charCodeAt(j))) j++;
        const count = Math.min(Number.parseInt(text.slice(i + 2, j), 10) || 1, LONGEST);
        const what = text[j];
        if (what === 'D') at = Math.max(0, at - count);
        else if (what === 'C') at = Math.min(screen.length, at + count);
        else if (what === 'G') at = Math.min(screen.length, count - 1);
        else if (what === 'K' && !/^[12]$/.test(text.slice(i + 2, j))) screen.length = at;
        i = j;
      } else if (next === 0x5d) {
        // operating system command: to BEL or ESC \
        let j = i + 2;
        while (j < text.length && text.charCodeAt(j) !== 7 && text.charCodeAt(j) !== ESC) j++;
        i = text.charCodeAt(j) === ESC ? j + 1 : j;
      } else i++;
    } else if (c === 0xa0) screen[at++] = ' ';
    else if ((c >= 0x20 || c === 9) && c !== 0xfeff) screen[at++] = text[i] as string;
  }
  return screen.join('');
}

const isFinal = (c: number): boolean => c >= 0x40 && c <= 0x7e;
