/** `diff`: two dumps, two translations of one, or a dump and another tool's text. */
import { hex } from '../../bits/word.ts';
import { explained, otherRoot } from '../../compare/explain.ts';
import { statedSides } from '../../compare/sides.ts';
import { fits, reaches, settled, type TextMap, textMaps } from '../../compare/text-map.ts';
import type { Image } from '../../image/parse.ts';
import type { Output } from '../../report/answer.ts';
import { DIFF_TITLES, diffCells, diffLines, diffRecord, type ReportedDifference } from '../../report/diff.ts';
import { json } from '../../report/json.ts';
import { exactSizeText, sizeText } from '../../report/size.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { readText } from '../../text/read.ts';
import { registerName } from '../../text/registers.ts';
import { CHANGES, type Difference, differences } from '../../walk/diff.ts';
import { IGNORABLE, ignoring, sidesOf, withoutCommon } from '../../walk/diff-map.ts';
import { type AddressMap, mapOf } from '../../walk/map.ts';
import type { MissingTable } from '../../walk/result.ts';
import type { Space } from '../../walk/space.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { isTextFile, textChunks } from '../text-file.ts';
import { EXIT, InputError, UsageError } from '../trouble.ts';
import { complete } from './complete.ts';
import { type Dump, type DumpArgs, translationsOf, withImage } from './dump.ts';

type DiffArgs = Omit<DumpArgs, 'dump'> &
  Globals & {
    readonly first: string;
    readonly second?: string | undefined;
    readonly ignore?: string | undefined;
    readonly as?: string | undefined;
    readonly limit?: string | undefined;
    readonly 'registers-b'?: string | undefined;
    readonly 'root-a'?: string | undefined;
    readonly 'root-b'?: string | undefined;
  };

export async function run(args: DiffArgs, io: Io): Promise<number> {
  const { first, second } = args;
  const printer = new Printer(args, io);
  if (second !== '-' && second !== undefined && (await isTextFile(first)) && !(await isTextFile(second)))
    throw new UsageError(`${first} is text and ${second} is a dump: the dump comes first`);
  return withImage('diff', { ...args, dump: first }, io, async ({ image }) => {
    const a = sideArgs(args, first, 'root-a');
    if (second === undefined) {
      if (args['root-a'] === undefined || args['root-b'] === undefined)
        throw new UsageError(
          'diff needs two dumps, a dump and a text, or one dump with --root-a and --root-b',
        );
      const b = sideArgs(args, first, 'root-b');
      return compareDumps(chosen(a, image), chosen(b, image), printer, io);
    }
    if (second === '-' || (await isTextFile(second)))
      return compareText(chosen(a, image), second, args, printer, io);
    const b = sideArgs(args, second, 'root-b');
    return withImage('diff', b.args, io, other =>
      compareDumps(chosen(a, image), chosen(b, other.image), printer, io),
    );
  });
}

// ------------------------------------------------------------------------------------------------------ which sides

interface SideArgs {
  readonly args: DumpArgs;
  /** Registers of `--root-a REGISTER=VALUE`: the translation that is made from the first of them. */
  readonly by?: string;
}

/** The options of one side: `--root-a` is a name, or registers that give the root. */
function sideArgs(args: DiffArgs, dump: string, option: 'root-a' | 'root-b'): SideArgs {
  const registers = option === 'root-b' ? (args['registers-b'] ?? args.registers) : args.registers;
  const root = args[option] ?? args.root;
  const common = { ...args, dump, registers, root: undefined };
  if (root === undefined || !root.includes('=')) return { args: { ...common, root } };
  const pairs = root.split(',');
  const [name = ''] = (pairs[0] ?? '').split('=');
  return { args: { ...common, root: 'all', reg: [...args.reg, ...pairs] }, by: registerName(name) };
}

/** The translations of one side. */
function chosen({ args, by }: SideArgs, image: Image): Dump {
  const dump = translationsOf(args, image);
  if (by === undefined) return dump;
  const wanted = dump.wanted.filter(({ candidate }) => candidate.from[0]?.startsWith(`${by}=`));
  if (wanted.length === 0)
    throw new UsageError(
      `${by} gives no translation; there are ${dump.wanted.map(({ candidate }) => candidate.name).join(', ')}`,
    );
  return { ...dump, wanted };
}

/** Translations of both sides by name; one on each side belong together whatever they are called. */
function pairs(a: Dump, b: Dump, io: Io): (readonly [Space, Space])[] {
  const [one, ...more] = a.wanted;
  const [other, ...others] = b.wanted;
  if (one && other && more.length === 0 && others.length === 0) return [[one, other]];
  const found: (readonly [Space, Space])[] = [];
  for (const space of a.wanted) {
    const twin = b.wanted.find(({ candidate }) => candidate.name === space.candidate.name);
    if (twin) found.push([space, twin]);
    else io.err.write(`memattr diff: ${space.candidate.name} is in the first only: not compared\n`);
  }
  for (const { candidate } of b.wanted)
    if (!a.wanted.some(space => space.candidate.name === candidate.name))
      io.err.write(`memattr diff: ${candidate.name} is in the second only: not compared\n`);
  if (found.length === 0)
    throw new UsageError('no translation is on both sides: choose them with --root-a and --root-b');
  return found;
}

// ------------------------------------------------------------------------------------------------------ two dumps

/** Registers that say where tables are, or hold what a program computes: they do not change how an entry is read. */
const PLACES = /^(CR[238]|N?CR3|TTBR\d?_|VTTBR_|EPTP|GUESTCR3|ROOT)|^[a-z]/;
const readingOf = ({ cpus }: Dump): string =>
  JSON.stringify(
    cpus.map(set => [...set].filter(([name]) => !PLACES.test(name)).sort(([a], [b]) => (a < b ? -1 : 1))),
    (_key, value) => (typeof value === 'bigint' ? hex(value) : value),
  );

function compareDumps(a: Dump, b: Dump, printer: Printer, io: Io): number {
  const sameRules = readingOf(a) === readingOf(b);
  let status: number = EXIT.answer;
  for (const [one, other] of pairs(a, b, io)) {
    let first = mapOf(one, a.image.space);
    let second = mapOf(other, b.image.space);
    const { regime } = one.candidate;
    if (regime.input !== other.candidate.regime.input)
      throw new UsageError(
        `${one.candidate.name} translates ${regime.input.toUpperCase()}s, ${other.candidate.name} ${other.candidate.regime.input.toUpperCase()}s: nothing to compare`,
      );
    status = Math.max(status, complete('diff', first, io), complete('diff', second, io));
    const lost = [...unknown(first, 'first'), ...unknown(second, 'second')];
    const lengths = [first, second].map(({ first, pieces }) => pieces?.length ?? first.leaves.length);
    // ranges that are equal word for word need no second look where both are read by the same rules
    if (sameRules && !first.pieces && !second.pieces && regime.title === other.candidate.regime.title)
      [first, second] = withoutCommon(first, second);
    const found = differences(sidesOf(first, one.candidate.rules), sidesOf(second, other.candidate.rules), {
      ignore: printer.ignore,
    });
    const output = lastOutput(one);
    const ranges = lengths.map(n => `${n} ${n === 1 ? 'range' : 'ranges'}`);
    printer.compared(`${one.candidate.name} (${ranges[0]}) with ${other.candidate.name} (${ranges[1]})`);
    const roots = [one.candidate.name, other.candidate.name] as const;
    for (const difference of found) {
      const because = lost.find(part => overlaps(part, difference))?.because;
      printer.put({
        difference,
        roots,
        regime,
        output,
        ...(because === undefined ? {} : { explained: because }),
      });
    }
  }
  return Math.max(status, printer.end());
}

const lastOutput = ({ candidate, second }: Space): string =>
  (second?.candidate.regime ?? candidate.regime).output;

interface Lost {
  readonly input: number;
  readonly end: number;
  readonly because: string;
}
/** Input addresses of which a side cannot know what they map. */
function unknown({ first }: AddressMap, which: string): Lost[] {
  return first.missing.map(({ input, frames, address }: MissingTable) => ({
    input,
    end: input + frames,
    because: `unknown: the ${which} lacks the table at ${hex(address)}`,
  }));
}
const overlaps = ({ input, end }: Lost, difference: Difference): boolean =>
  difference.input < end && input < difference.input + difference.frames;

// ------------------------------------------------------------------------------------------------------ a text

async function compareText(a: Dump, path: string, args: DiffArgs, printer: Printer, io: Io): Promise<number> {
  const name = path === '-' ? 'stdin' : path;
  const read = readText(await textChunks(path, io), args.as === undefined ? {} : { as: args.as });
  const maps = textMaps(read.items);
  if (maps.length === 0) {
    const what = read.parts.map(({ id }) => id).join(', ');
    throw new InputError(
      `${name}: no map of addresses in it${what === '' ? '' : ` (recognised: ${what})`}; diff reads ptdump, stage2_page_tables, info tlb, info mem, info tab, gva2gpa and their kin`,
    );
  }
  if (read.dropped > 0)
    io.err.write(`memattr diff: ${name}: ${read.dropped} lines beyond the limit were not compared\n`);
  let status: number = read.dropped > 0 ? EXIT.damaged : EXIT.answer;
  let compared = 0;
  for (const found of maps) {
    const space = spaceFor(found, a, args, io);
    if (!space) continue;
    const text = settled(found, space);
    compared++;
    const map = mapOf(space, a.image.space);
    status = Math.max(status, complete('diff', map, io));
    if (text.leftOut > 0)
      io.err.write(
        `memattr diff: ${name}: ${text.leftOut} lines of ${text.from} overlap others: not compared\n`,
      );
    const lost = unknown(map, 'dump');
    const roots = [space.candidate.name, text.from] as const;
    const lines = text.sides.length;
    printer.compared(
      `${space.candidate.name} with ${text.from}, ${lines} ${lines === 1 ? 'mapping' : 'mappings'}${text.covers ? ` in ${covered(text.covers)}` : ', all addresses'}`,
    );
    const other = otherRoot(text, space, a.image.notes.cpus);
    for (const difference of differences(statedSides(map, text), text.sides, { ignore: printer.ignore })) {
      const because = explained(difference, text) ?? lost.find(part => overlaps(part, difference))?.because;
      printer.put({
        difference,
        roots,
        regime: space.candidate.regime,
        output: space.candidate.regime.output,
        ...(because === undefined ? {} : { explained: because }),
        ...(because === undefined && other !== undefined ? { explained: other, counts: true } : {}),
      });
    }
  }
  if (compared === 0)
    throw new UsageError(
      `none of ${a.wanted.map(({ candidate }) => candidate.name).join(', ')} fits what ${name} holds (${maps.map(({ from, space }) => `${from}: ${space}`).join(', ')}); choose another with --root`,
    );
  return Math.max(status, printer.end());
}

/** `1 GiB in 12 places`. */
function covered(covers: NonNullable<TextMap['covers']>): string {
  const frames = covers.reduce((sum, { input, end }) => sum + (end - input), 0);
  const places = covers.length === 1 ? '' : ` in ${covers.length} places`;
  return `${sizeText(BigInt(frames) << 12n)}${places}`;
}

/** The translation that a text is about. */
function spaceFor(text: TextMap, { wanted }: Dump, args: DiffArgs, io: Io): Space | undefined {
  const fitting = wanted.filter(space => fits(text, space) && reaches(text, space));
  const [one, ...more] = fitting;
  if (more.length === 0) {
    if (!one)
      io.err.write(
        `memattr diff: ${text.from} is about ${text.space.toUpperCase()}s that no chosen translation has: not compared\n`,
      );
    return one;
  }
  const names = fitting.map(({ candidate }) => candidate.name).join(', ');
  throw new UsageError(
    `${text.from} may be about ${names}: choose with --root${args.root === undefined ? '' : ' (one of them)'}`,
  );
}

// ------------------------------------------------------------------------------------------------------ output

/** Lines are laid out in batches: columns line up within one. */
const BATCH = 500;

class Printer {
  readonly ignore: (name: string) => boolean;
  readonly #args: DiffArgs;
  readonly #io: Io;
  readonly #output: Output;
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  #frames = 0;
  #explained = 0;
  #printed = 0;
  #cut = 0;
  #batch: ReportedDifference[] = [];
  readonly #compared: string[] = [];
  #roots = '';

  constructor(args: DiffArgs, io: Io) {
    this.#args = args;
    this.#io = io;
    this.#output = outputOf(args);
    this.#limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(args.limit);
    const names = (args.ignore ?? '').split(',').filter(name => name !== '');
    const odd = names.find(name => !/^[A-Za-z][\w.]*$/.test(name));
    if (odd !== undefined)
      throw new UsageError(
        `--ignore takes ${Object.keys(IGNORABLE).join(', ')}, or names of fields, not '${odd}'`,
      );
    this.ignore = ignoring(names);
    if (this.#output === 'csv') io.out.write(`${csvLine(DIFF_TITLES)}\r\n`);
    if (this.#output === 'markdown')
      io.out.write(`${markdownLine(DIFF_TITLES)}\n|${DIFF_TITLES.map(() => ' --- ').join('|')}|\n`);
  }

  /** What was looked at: "no difference" is worth as much as that. */
  compared(what: string): void {
    this.#compared.push(what);
  }

  put(row: ReportedDifference): void {
    const { difference, explained, counts = explained === undefined } = row;
    if (counts) {
      this.#counts.set(difference.change, (this.#counts.get(difference.change) ?? 0) + 1);
      this.#frames += difference.frames;
    }
    if (explained !== undefined) this.#explained++;
    if (this.#printed >= this.#limit) {
      this.#cut++;
      return;
    }
    this.#printed++;
    const { out } = this.#io;
    if (this.#output === 'json') out.write(`${json(diffRecord(row))}\n`);
    else if (this.#output === 'csv') out.write(`${csvLine(diffCells(row))}\r\n`);
    else if (this.#output === 'markdown') out.write(`${markdownLine(diffCells(row))}\n`);
    else {
      const roots = row.roots.join(' | ');
      if (roots !== this.#roots) this.#flush();
      this.#batch.push(row);
      if (this.#batch.length === BATCH) this.#flush();
    }
  }

  /** 1 where something differs that nothing explains. */
  end(): number {
    this.#flush();
    const differ = [...this.#counts.values()].reduce((sum, n) => sum + n, 0);
    if (this.#output === 'table') {
      const counts = CHANGES.flatMap(change => {
        const n = this.#counts.get(change);
        return n === undefined ? [] : [`${n} ${change}`];
      });
      const facts = [
        differ === 0
          ? 'no difference'
          : `${differ} ${differ === 1 ? 'difference' : 'differences'} in ${exactSizeText(BigInt(this.#frames) << 12n)}: ${counts.join(', ')}`,
        ...(this.#explained > 0 ? [`${this.#explained} explained`] : []),
        ...(this.#cut > 0 ? [`the first ${this.#printed} are shown`] : []),
      ];
      const { style } = look(this.#io, this.#args);
      const text = [facts.join('; '), ...this.#compared.map(what => `compared: ${what}`)].map(style.dim);
      this.#io.out.write(`${this.#printed > 0 ? '\n' : ''}${text.join('\n')}\n`);
    }
    return differ > 0 ? EXIT.findings : EXIT.answer;
  }

  #flush(): void {
    const [first] = this.#batch;
    if (!first) return;
    const seen = look(this.#io, this.#args);
    const roots = first.roots.join(' | ');
    const fresh = roots !== this.#roots;
    if (fresh) this.#io.out.write(`${this.#roots === '' ? '' : '\n'}${seen.style.bold(roots)}\n`);
    this.#roots = roots;
    this.#io.out.write(`${diffLines(this.#batch, seen, fresh).join('\n')}\n`);
    this.#batch = [];
  }
}
