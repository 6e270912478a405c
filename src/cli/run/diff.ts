/** `diff`: two dumps, two translations of one, or a dump and another tool's text. */

import { liveOf } from '../../arch/live.ts';
import { hex, parseCount } from '../../bits/word.ts';
import { explained, otherRoot } from '../../compare/explain.ts';
import { statedSides } from '../../compare/sides.ts';
import { fits, reaches, settled, sizedBy, type TextMap, textMaps } from '../../compare/text-map.ts';
import { addressOf } from '../../image/frames.ts';
import {
  comparedDumps,
  comparedText,
  DiffTally,
  diffAnswer,
  type ReportedDifference,
} from '../../report/diff.ts';
import { readText } from '../../text/read.ts';
import { registerName } from '../../text/registers.ts';
import { readingKey } from '../../walk/candidate.ts';
import { type Difference, differences } from '../../walk/diff.ts';
import { IGNORABLE, ignoring, sidesOf, withoutCommon } from '../../walk/diff-map.ts';
import { type LiveVerdict, liveVerdicts } from '../../walk/live.ts';
import { type AddressMap, mapOf } from '../../walk/map.ts';
import type { MissingTable } from '../../walk/result.ts';
import { type Space, translateIn } from '../../walk/space.ts';
import type { Translation } from '../../walk/translate.ts';
import type { Globals } from '../command.ts';
import type { Input } from '../files.ts';
import type { Io } from '../io.ts';
import { print } from '../print.ts';
import { isTextFile, textChunks } from '../text-file.ts';
import { EXIT, InputError, UsageError } from '../trouble.ts';
import { complete } from './complete.ts';
import { type Dump, type DumpArgs, dumpInput, type OpenDump, withImage } from './dump.ts';
import { translationsOf } from './translations.ts';

type DiffArgs = Omit<DumpArgs, 'dump'> &
  Globals & {
    readonly first: string;
    readonly second?: string | undefined;
    readonly ignore?: string | undefined;
    readonly as?: string | undefined;
    readonly limit?: string | undefined;
    readonly live?: boolean | undefined;
    readonly 'registers-b'?: string | undefined;
    readonly 'root-a'?: string | undefined;
    readonly 'root-b'?: string | undefined;
  };

/** A comparison under way. */
interface Course {
  readonly ignore: (name: string) => boolean;
  readonly tally: DiffTally;
  /** Judge what each change took. */
  readonly live: boolean;
  readonly io: Io;
  /** What could not be read, as an exit status. */
  status: number;
}

export async function run(args: DiffArgs, io: Io): Promise<number> {
  const first = await dumpInput({ ...args, dump: args.first }, io, 'the first side');
  try {
    if (args.second === undefined) return await compare(args, first, undefined, io);
    const second = await dumpInput({ ...args, dump: args.second }, io, 'the second side');
    try {
      return await compare(args, first, second, io);
    } finally {
      second.close();
    }
  } finally {
    first.close();
  }
}

async function compare(args: DiffArgs, first: Input, second: Input | undefined, io: Io): Promise<number> {
  const ignore = ignoredBy(args);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseCount(args.limit));
  const text = second !== undefined && (await isTextFile(second));
  if (args.live && text)
    throw new UsageError('--live judges two moments of one machine: it takes two dumps, not a text');
  if (second !== undefined && !text && (await isTextFile(first)))
    throw new UsageError(`${first.name} is text and ${second.name} is a dump: the dump comes first`);
  const course: Course = {
    ignore,
    tally: new DiffTally(limit),
    live: args.live === true,
    io,
    status: EXIT.answer,
  };
  const answer = (found: Iterable<ReportedDifference>): number => {
    print(diffAnswer(found, course.tally), args, io);
    return Math.max(course.status, course.tally.differences > 0 ? EXIT.findings : EXIT.answer);
  };
  const compared = async (image: OpenDump): Promise<number> => {
    const a = sideArgs(args, args.first, 'root-a');
    if (second === undefined) {
      if (args['root-a'] === undefined || args['root-b'] === undefined)
        throw new UsageError(
          'diff needs two dumps, a dump and a text, or one dump with --root-a and --root-b',
        );
      const b = sideArgs(args, args.first, 'root-b');
      return answer(ofDumps(await chosen(a, image, io), await chosen(b, image, io), course));
    }
    if (text) return answer(ofText(await chosen(a, image, io), await mapsIn(second, args), args, course));
    const b = sideArgs(args, args.second ?? '', 'root-b');
    const both = async (other: OpenDump): Promise<number> =>
      answer(ofDumps(await chosen(a, image, io), await chosen(b, other, io), course));
    return withImage('diff', b.args, io, both, second);
  };
  return withImage('diff', { ...args, dump: args.first }, io, compared, first);
}

/** Which names do not count. */
function ignoredBy(args: DiffArgs): Course['ignore'] {
  const names = (args.ignore ?? '').split(',').filter(name => name !== '');
  const odd = names.find(name => !/^[A-Za-z][\w.]*$/.test(name));
  if (odd !== undefined)
    throw new UsageError(
      `--ignore takes ${Object.keys(IGNORABLE).join(', ')}, or names of fields, not '${odd}'`,
    );
  return ignoring(names);
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
async function chosen({ args, by }: SideArgs, opened: OpenDump, io: Io): Promise<Dump> {
  const dump = await translationsOf('diff', args, opened, io);
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

/** What differs between translations of two dumps, or of one. */
function* ofDumps(a: Dump, b: Dump, course: Course): Generator<ReportedDifference> {
  for (const [one, other] of pairs(a, b, course.io)) {
    let first = mapOf(one, a.image.space);
    let second = mapOf(other, b.image.space);
    const { regime } = one.candidate;
    if (regime.input !== other.candidate.regime.input)
      throw new UsageError(
        `${one.candidate.name} translates ${regime.input.toUpperCase()}s, ${other.candidate.name} ${other.candidate.regime.input.toUpperCase()}s: nothing to compare`,
      );
    judgeWhole(course, first, second);
    const lost = [...unknown(first, 'first'), ...unknown(second, 'second')];
    const roots = [one.candidate.name, other.candidate.name] as const;
    course.tally.compared.push(comparedDumps(roots, [lengthOf(first), lengthOf(second)]));
    // ranges that are equal word for word need no second look where both are read by the same rules
    const alike = readingKey(one.candidate) === readingKey(other.candidate);
    if (alike && !first.pieces && !second.pieces) [first, second] = withoutCommon(first, second);
    const sides = [sidesOf(first, one.candidate.rules), sidesOf(second, other.candidate.rules)] as const;
    const output = lastOutput(one);
    for (const difference of differences(...sides, { ignore: course.ignore })) {
      const because = lost.find(part => overlaps(part, difference))?.because;
      yield {
        difference,
        roots,
        regime,
        output,
        ...(because === undefined ? {} : { explained: because }),
        ...(course.live && because === undefined ? { live: took(one, other, difference, [a, b]) } : {}),
      };
    }
  }
}

/** What a change took, at its first address: all of the range changed alike. */
function took(
  one: Space,
  other: Space,
  { input }: Difference,
  [a, b]: readonly [Dump, Dump],
): readonly LiveVerdict[] {
  const at = BigInt(addressOf(input));
  const before = translateIn(one, a.image.space, at);
  const after = translateIn(other, b.image.space, at);
  const cpu = b.candidates.found.find(({ name }) => name === other.candidate.name)?.cpu ?? 0;
  const registers = b.cpus[cpu] ?? new Map<string, bigint>();
  const stage = (first: Translation, second: Translation): readonly LiveVerdict[] => {
    const rules = liveOf(second.regime.arch);
    return rules ? liveVerdicts(first, second, rules, registers) : [];
  };
  return [
    ...stage(before.first, after.first),
    ...(before.second && after.second ? stage(before.second, after.second) : []),
  ];
}

/** The status that follows from what walks could not reach. */
function judgeWhole(course: Course, ...maps: readonly AddressMap[]): void {
  for (const map of maps) course.status = Math.max(course.status, complete('diff', map, course.io));
}

const lengthOf = ({ first, pieces }: AddressMap): number => pieces?.length ?? first.leaves.length;

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

interface Text {
  readonly name: string;
  readonly maps: readonly TextMap[];
  /** Lines beyond the limit. */
  readonly dropped: number;
}

/** The maps of addresses in a text. @throws InputError where there is none */
async function mapsIn(input: Input, args: DiffArgs): Promise<Text> {
  const { name } = input;
  const read = readText(await textChunks(input), args.as === undefined ? {} : { as: args.as });
  const maps = textMaps(read.items);
  if (maps.length === 0) {
    const what = read.parts.map(({ id }) => id).join(', ');
    throw new InputError(
      `${name}: no map of addresses in it${what === '' ? '' : ` (recognised: ${what})`}; diff reads ptdump, stage2_page_tables, info tlb, info mem, info tab, gva2gpa and their kin`,
    );
  }
  return { name, maps, dropped: read.dropped };
}

/** What differs between translations of a dump and what a text says of them. */
function* ofText(
  a: Dump,
  { name, maps, dropped }: Text,
  args: DiffArgs,
  course: Course,
): Generator<ReportedDifference> {
  const say = (text: string): void => course.io.err.write(`memattr diff: ${name}: ${text}\n`);
  if (dropped > 0) {
    say(`${dropped} lines beyond the limit were not compared`);
    course.status = EXIT.damaged;
  }
  let compared = 0;
  for (const found of maps) {
    const space = spaceFor(found, a, args, course.io);
    if (!space) continue;
    compared++;
    const map = mapOf(space, a.image.space);
    const text = sizedBy(settled(found, space), map);
    judgeWhole(course, map);
    if (text.leftOut > 0) say(`${text.leftOut} lines of ${text.from} overlap others: not compared`);
    course.tally.compared.push(comparedText(space.candidate.name, text));
    yield* ofMap(map, text, otherRoot(text, space, a.image.notes.cpus), course);
  }
  if (compared === 0)
    throw new UsageError(
      `none of ${a.wanted.map(({ candidate }) => candidate.name).join(', ')} fits what ${name} holds (${maps.map(({ from, space }) => `${from}: ${space}`).join(', ')}); choose another with --root`,
    );
}

/** What differs between one translation and one map. `other` says that the map may be of another root. */
function* ofMap(
  map: AddressMap,
  text: TextMap,
  other: string | undefined,
  { ignore }: Course,
): Generator<ReportedDifference> {
  const { name, regime } = map.space.candidate;
  const lost = unknown(map, 'dump');
  for (const difference of differences(statedSides(map, text), text.sides, { ignore })) {
    const because = explained(difference, text) ?? lost.find(part => overlaps(part, difference))?.because;
    yield {
      difference,
      roots: [name, text.from],
      regime,
      output: regime.output,
      ...(because === undefined ? {} : { explained: because }),
      ...(because === undefined && other !== undefined ? { explained: other, counts: true } : {}),
    };
  }
}

/** The translation that a text is about. */
function spaceFor(text: TextMap, { wanted }: Dump, args: DiffArgs, io: Io): Space | undefined {
  const [only, ...others] = wanted;
  if (text.facts.ofAnyAddresses && only && others.length === 0 && reaches(text, only)) return only;
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
