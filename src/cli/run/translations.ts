/** Which translations of a dump a verb is about: those that registers give, by name or in use, or those that the memory shows. */
import { didYouMean } from '../../bits/suggest.ts';
import type { Image } from '../../image/parse.ts';
import type { Candidates } from '../../walk/candidate.ts';
import { type Space, spacesOf } from '../../walk/space.ts';
import type { Input } from '../files.ts';
import type { Io } from '../io.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { type Dump, type DumpArgs, described, type OpenDump, withImage } from './dump.ts';

/** Verbs that report on registers themselves, or on nothing but time. */
const JUDGES: ReadonlySet<string> = new Set(['lint', 'bench']);

/** What is wrong with where walks begin: the answer is that of the tables that the processor would take. */
function faultsOfRoots(spaces: readonly Space[]): ReadonlySet<string> {
  const all = spaces.flatMap(({ candidate, second }) => [candidate, ...(second ? [second.candidate] : [])]);
  return new Set(
    all.flatMap(({ name, findings }) =>
      findings.filter(({ severity }) => severity !== 'note').map(({ message }) => `${name}: ${message}`),
    ),
  );
}

/** Open the dump with the translations that were asked for, use it, close it. */
export const withDump = (
  verb: string,
  args: DumpArgs,
  io: Io,
  use: (dump: Dump) => number | Promise<number>,
  given?: Input,
): Promise<number> => {
  const asked = async (opened: OpenDump): Promise<number> => {
    if (args.root === 'list') {
      print((await import('./found.ts')).listed(opened, args), args, io);
      return EXIT.answer;
    }
    const dump = await chosen(args, opened, say(verb, io));
    if (!JUDGES.has(verb)) for (const text of faultsOfRoots(dump.wanted)) say(verb, io)(text);
    return use(dump);
  };
  return withImage(verb, args, io, asked, given);
};

/** The translations of an opened dump that other options ask for. */
export const translationsOf = async (
  verb: string,
  args: DumpArgs,
  { image, recipe }: OpenDump,
  io: Io,
): Promise<Dump> => chosen(args, await described(args, image, recipe, io), say(verb, io));

const say =
  (verb: string, io: Io) =>
  (text: string): void =>
    void io.err.write(`memattr ${verb}: ${text}\n`);

async function chosen(args: DumpArgs, opened: OpenDump, say: (text: string) => void): Promise<Dump> {
  const rank = args.root === 'auto' ? 1 : /^[1-9]\d*$/.test(args.root ?? '') ? Number(args.root) : undefined;
  if (rank === undefined) return { ...opened, wanted: choose(args, opened.candidates, opened.image) };
  const { dump, said } = (await import('./found.ts')).dumpAt(rank, opened, args);
  say(said);
  return dump;
}

/** The translations asked for by name, else those in use, else all there are. */
function choose({ root }: DumpArgs, { found, refused }: Candidates, image: Image): readonly Space[] {
  const why = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  const reasons = why && ` [${why}]`;
  if (found.length === 0)
    throw new UsageError(
      `no translation to walk: give its registers (--registers FILE, --vttbr and --vtcr, --ttbr0 and --tcr, --cr3, --eptp, --ncr3), or --root auto, which takes the surest that memattr roots FILE finds${reasons}`,
    );
  const spaces = spacesOf(found, image.space);
  if (root === 'all') return spaces;
  if (root === undefined) {
    const active = spaces.filter(({ candidate }) => candidate.active);
    return active.length > 0 ? active : spaces;
  }
  return root.split(',').flatMap(name => {
    // `stage2` stands for the stage 2 of every CPU
    const matching = spaces.filter(({ candidate }) => candidate.name.replace(/^cpu\d+\./, '') === name);
    const exact = spaces.filter(({ candidate }) => candidate.name === name);
    if (exact.length + matching.length > 0) return exact.length > 0 ? exact : matching;
    const names = found.map(candidate => candidate.name);
    const hint =
      didYouMean(name, names) ||
      `there are ${names.join(', ')}; auto or a number takes what memattr roots finds, list lists it`;
    throw new UsageError(`no translation '${name}'; ${hint}${reasons}`);
  });
}
