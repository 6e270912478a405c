/**
 * Mutated text for every recogniser: nothing may throw, hang or grow.
 *
 *     npx tsx scripts/fuzz-text.ts [--runs 100000] [--seed 1]
 *
 * Starts from the real captures of `fixtures/text` and the examples of the tests, cut to a few kilobytes each; mutates
 * bytes, lines and numbers; reads the result as what it is found to be, or forced to a format at random. Checks that every
 * line is accounted for, that items are sound, that every number of an entry, a register or a fault stands in the text as a
 * token of its own, and that no reading needs more than two seconds of processor time.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { recognisers } from '../src/text/formats/index.ts';
import { linesOf } from '../src/text/lines.ts';
import type { Item } from '../src/text/model.ts';
import { readText } from '../src/text/read.ts';
import { examples } from '../test/text/examples.ts';

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const COUNT = option('runs', 100_000);
const SEED = option('seed', 1);
const LIMIT_MS = 2000;
/** Mutated captures are windows of this size: where it matters how much there is, a part is repeated. */
const WINDOW = 6000;

/** xorshift32: the same run for the same seed. */
let state = SEED | 0 || 1;
const random = (below: number): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;

const folder = new URL('../fixtures/text/', import.meta.url);
const captures = readdirSync(folder, { recursive: true })
  .map(String)
  .filter(path => /\.(?:txt|json)(?:\.gz)?$/.test(path))
  .map(path => {
    const bytes = readFileSync(new URL(path, folder));
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  });
const texts = [...examples.map(({ text }) => text)];
const ids = recognisers.map(({ id }) => id);

const source = (): string => {
  if (random(3) > 0) return pick(texts);
  const capture = pick(captures);
  const from = random(Math.max(1, capture.length - WINDOW));
  return capture.slice(from, from + WINDOW);
};

const NUMBERS = [
  '0',
  'ffffffffffffffff',
  '10000000000000000',
  '7fffffffffffffff',
  '-1',
  '9'.repeat(40),
  'f'.repeat(200),
  '',
];
const PIECES = [
  '\r',
  '\n',
  '\r\n',
  '\u0000',
  '\u001b[',
  '\u001b[2K',
  '\u001b]',
  '\b',
  ' ',
  '\t',
  ':',
  '-',
  '=',
  '|',
  '*\n',
  '0x',
  '[',
  ']',
  '{',
  '}',
  "'",
  '\ufffd',
  '\u{1f600}',
];

const mutations: readonly ((text: string) => string)[] = [
  // flip a character
  text => {
    const at = random(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
  },
  // cut
  text => {
    const at = random(text.length + 1);
    return text.slice(0, at) + text.slice(at + random(80));
  },
  // insert
  text => {
    const at = random(text.length + 1);
    return text.slice(0, at) + pick(PIECES) + text.slice(at);
  },
  // another number
  text => {
    const at = random(text.length + 1);
    const rest = text.slice(at).replace(/[0-9a-f]{2,16}/, pick(NUMBERS));
    return text.slice(0, at) + rest;
  },
  // truncate
  text => text.slice(0, random(text.length + 1)),
  // lines in another order, twice, or of another text
  text => {
    const lines = text.split('\n');
    const other = random(2) ? lines : source().split('\n');
    lines.splice(
      random(lines.length + 1),
      random(3),
      ...other.slice(random(other.length), random(other.length + 1)),
    );
    return lines.join('\n');
  },
  // no line ends
  text => text.replaceAll('\n', pick(['', ' ', '\r', ','])),
  // much of one part
  text => {
    const at = random(text.length + 1);
    return text.slice(0, at) + text.slice(at, at + 1 + random(40)).repeat(random(400)) + text.slice(at);
  },
  // upper case
  text => text.toUpperCase(),
];

/** Formats that put words together from smaller units. */
const ASSEMBLED =
  /^(?:words|xxd|od|hexdump\.canonical|crash\.rd|uboot\.md|qemu\.xp|gdb\.x|bochs\.xp|bochs\.trace-mem|linux\.pat-dmesg|windbg\.d|chipsec\.dict|registers\.json)$/;
/** Registers that a format gives in parts, or in other units: a syndrome by class and rest, HPFAR_EL2 by the address. */
const IN_PARTS = /^(?:HPFAR_EL2|ESR_EL2)$/;

/** Every number that stands in a text by itself, in hexadecimal and in decimal; a line may continue the last of the line before. */
function numbersOf(text: string): ReadonlySet<bigint> {
  const found = new Set<bigint>();
  const take = (token: string): void => {
    const plain = token.replace(/^0x/i, '').replace(/[`_]/g, '');
    if (/^[0-9a-f]{1,40}$/i.test(plain)) found.add(BigInt(`0x${plain}`));
    if (/^\d{1,40}$/.test(plain)) found.add(BigInt(plain));
  };
  const TOKEN = /[0-9a-zA-Z_`]+/g;
  const decoded = text
    .replace(/=\r?\n(?:> ?)*/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  for (const version of [text, decoded]) {
    let last = '';
    for (const { text: line } of linesOf(version)) {
      const tokens = line.match(TOKEN) ?? [];
      tokens.forEach(take);
      take(last + (tokens[0] ?? ''));
      last = tokens.at(-1) ?? '';
    }
  }
  return found;
}

/** The numbers of an item that a tool prints as they are. */
function printed(item: Item): readonly (bigint | undefined)[] {
  if (ASSEMBLED.test(item.from)) return [];
  switch (item.is) {
    case 'entry':
      return [item.word];
    case 'register':
      return IN_PARTS.test(item.name) ? [] : [item.value];
    case 'fault':
      return [item.address, ...(item.el === 2 ? [] : [item.esr])];
    default:
      return [];
  }
}

let worst = { ms: 0, what: '' };
let items = 0;
let recognised = 0;
const byId = new Map<string, number>();
let heap = 0;
const started = performance.now();
for (let n = 0; n < COUNT; n++) {
  let text = source();
  for (let edits = 1 + random(6); edits > 0; edits--) {
    text = pick(mutations)(text);
    if (text.length > 1 << 20) text = text.slice(0, 1 << 20);
  }
  const as = random(4) === 0 ? pick(ids) : undefined;
  const entryBytes = random(8) === 0 ? (4 as const) : (8 as const);
  const before = process.cpuUsage();
  let spent: NodeJS.CpuUsage | undefined;
  const fail = (why: string): never => {
    console.error(
      `seed ${SEED}, mutation ${n}, as ${as ?? '-'}: ${why}\n${JSON.stringify(text.slice(0, 4000))}`,
    );
    process.exit(1);
  };
  try {
    const read = readText(text, as === undefined ? { entryBytes } : { as, entryBytes });
    spent = process.cpuUsage(before);
    const accounted = read.parts.reduce((sum, { lines }) => sum + lines, 0) + read.unknown;
    if (accounted !== read.lines) fail(`${accounted} of ${read.lines} lines are accounted for`);
    if (read.remarks.length > 70) fail(`${read.remarks.length} remarks`);
    const numbers = numbersOf(text);
    for (const item of read.items) {
      const invented = printed(item).find(value => value !== undefined && !numbers.has(value));
      if (invented !== undefined)
        fail(`${invented.toString(16)} of ${item.from} does not stand in the text: ${item.raw}`);
      if (item.is === 'entry' && (item.word < 0n || item.word >> BigInt(item.width) !== 0n))
        fail(`an entry beyond its width: ${item.raw}`);
      if ((item.is === 'range' || item.is === 'memory') && item.end <= item.start)
        fail(`an empty range: ${item.raw}`);
      for (const value of Object.values(item))
        if (typeof value === 'bigint' && (value < 0n || value > 1n << 64n))
          fail(`beyond 64 bits: ${item.raw}`);
      if (item.raw.length > 300) fail('raw text is not cut');
    }
    items += read.items.length;
    if (read.parts.length > 0) recognised++;
    for (const { id } of read.parts) byId.set(id, (byId.get(id) ?? 0) + 1);
  } catch (error) {
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { user, system } = spent ?? process.cpuUsage(before);
  const ms = (user + system) / 1000;
  if (ms > worst.ms) worst = { ms, what: `mutation ${n}, ${text.length} characters, as ${as ?? '-'}` };
  if (ms > LIMIT_MS) fail(`${ms} ms`);
  if (n % 1000 === 0) heap = Math.max(heap, process.memoryUsage().heapUsed);
}
const seconds = (performance.now() - started) / 1000;
console.log(
  `${COUNT} mutations (seed ${SEED}) in ${seconds.toFixed(0)} s: no throw, no hang; slowest ${worst.ms.toFixed(0)} ms of processor time (${worst.what}); ` +
    `heap at most ${(heap / (1 << 20)).toFixed(0)} MiB; ${recognised} recognised, ${items} items; ` +
    `${byId.size} of ${ids.length} recognisers took part`,
);
const never = ids.filter(id => !byId.has(id));
if (never.length > 0) {
  console.error(`never reached: ${never.join(', ')}`);
  process.exit(1);
}
