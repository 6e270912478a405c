/** A dump, opened, with the translations that registers give: what walk, translate and their kin begin with. */
import { architectureOf, architectureOfMachine, impliedBy } from '../../arch/names.ts';
import { candidatesOfAll, type Machine as Processor } from '../../arch/walks.ts';
import { FEATURE_SETS, type FeatureSet } from '../../arm64/registers/features.ts';
import { choice, integer, parseSettings, toggle } from '../../bits/settings.ts';
import { hex, parseCount, parseWord } from '../../bits/word.ts';
import { isLoss, type Remark } from '../../image/errors.ts';
import { openImage } from '../../image/open.ts';
import type { Image, ImageFormat } from '../../image/parse.ts';
import { parseVmcoreinfo } from '../../image/vmcoreinfo.ts';
import { Watched } from '../../image/watched.ts';
import { knownFrom, type Machine, originText, type Source, saidOf, valuesOf } from '../../machine/machine.ts';
import type { Registers } from '../../text/registers.ts';
import type { Space } from '../../walk/space.ts';
import type { Recipe } from '../../workers/recipe.ts';
import type { Globals, OptionValues } from '../command.ts';
import { type Input, inputName, inputOf, isStdin, saySpooled, textOf } from '../files.ts';
import { type Io, takeStdin } from '../io.ts';
import { pairsOf } from '../names.ts';
import type { dumpOptions } from '../options.ts';
import { progress } from '../progress.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { besideDump, machineGiven, sourceOfFile } from './machine.ts';

export type DumpArgs = OptionValues<typeof dumpOptions> & Globals & { readonly dump: string };

/** What the registers do not say. Nothing is set that was not given: the candidates name what they assume. */
const machineSettings = {
  maxphyaddr: integer(32, 52, 'Physical-address width of an x86 processor: CPUID 80000008h EAX[7:0]', 52),
  vendor: choice(['intel', 'amd'], 'Whose x86 processor', 'intel'),
  mbec: toggle('Mode-based execute control for EPT', 0),
  gmet: toggle('Guest mode execute trap, VMCB 90h[3]', 0),
  sss: toggle('Supervisor shadow stacks in nested paging, VMCB 90h[4]', 0),
  rogpt: toggle('Read-only guest page tables, VMCB 90h[6]: walks of a guest do not write', 0),
  cBit: integer(0, 51, 'AMD’s encryption bit, 0 for none', 0),
  sBit: integer(0, 51, 'The shared bit of a TDX guest, 0 for none', 0),
  l1tfBits: integer(32, 52, 'Physical-address bits of the cache, where KVM works around L1TF', 52),
  features: choice(
    Object.keys(FEATURE_SETS) as FeatureSet[],
    'Features of an arm64 processor whose ID registers are not given',
    'full',
  ),
} as const;

type Found = ReturnType<typeof candidatesOfAll>;

export interface OpenDump {
  readonly image: Image;
  /** Where the registers came from, for people; empty where there are none. */
  readonly source: string;
  /** Every translation that the registers give, and the registers, one set for each CPU. */
  readonly candidates: Found;
  readonly cpus: readonly Registers[];
  /** The same with where each came from. */
  readonly known: Machine;
  /** The same for another thread to make. */
  readonly recipe: Recipe;
}

export interface Dump extends OpenDump {
  /** The translations that were asked for. */
  readonly wanted: readonly Space[];
}

/**
 * Open the dump with whatever translations there are, use it, close it. Remarks of the image go to stderr, each once, also
 * those that come up on the way.
 *
 * @param given what somebody else opened, and closes; default: what the first argument names
 */
export async function withImage(
  verb: string,
  args: DumpArgs,
  io: Io,
  use: (dump: OpenDump) => number | Promise<number>,
  given?: Input,
): Promise<number> {
  const input = given ?? (await dumpInput(args, io));
  try {
    saySpooled(verb, input, io);
    return await withInput(verb, args, io, input, use);
  } finally {
    if (!given) input.close();
  }
}

/** What the first argument names, by whoever asks for it. */
export function dumpInput(args: DumpArgs, io: Io, by = 'the dump'): Promise<Input> {
  // who else wants stdin is asked before a long dump is taken from it
  for (const option of ['registers', 'map'] as const) {
    const path = args[option];
    if (path !== undefined && isStdin(path)) takeStdin(io, `--${option}`);
  }
  return inputOf(args.dump, io, by, args.spool === undefined ? undefined : parseCount(args.spool));
}

async function withInput(
  verb: string,
  args: DumpArgs,
  io: Io,
  input: Input,
  use: (dump: OpenDump) => number | Promise<number>,
): Promise<number> {
  const open = openingOf(args, input, io);
  const bar = progress(io, `memattr ${verb}`);
  const unpacked = (done: number, all: number): void => bar.at(done, all);
  const image = await openImage(input.path, { ...open, unpacked }).finally(() => bar.end());
  const said = new Set<string>();
  const say = (remarks: readonly Remark[]): void => {
    for (const { severity, text, offset } of remarks) {
      const where = offset === undefined ? '' : ` at offset 0x${offset.toString(16)}`;
      const line = `memattr ${verb}: ${input.name}${where}: ${severity === 'note' ? 'note: ' : ''}${text}\n`;
      if (!said.has(line)) io.err.write(line);
      said.add(line);
    }
  };
  const watched = watching(image, pages => bar.at(pages));
  try {
    if (args.base !== undefined && image.format !== 'raw')
      throw new UsageError(
        `--base says where raw memory begins: ${input.name} is ${CALLED[image.format]}, which says itself where its bytes belong`,
      );
    say(image.remarks);
    const opened = await described(args, watched, { path: input.path, open }, io);
    for (const text of saidOf(opened.known)) io.err.write(`memattr ${verb}: ${text}\n`);
    const status = await use(opened);
    return status === EXIT.answer && image.remarks.some(isLoss) ? EXIT.findings : status;
  } finally {
    bar.end();
    say(image.remarks);
    image.close();
  }
}

/** What a file is, for whoever took it for something else. */
const CALLED: Readonly<Record<ImageFormat, string>> = {
  'elf-core': 'an ELF core',
  kdump: 'a kdump',
  'kdump-flattened': 'a flattened dump',
  lime: 'a LiME file',
  avml: 'an AVML file',
  raw: 'raw memory',
  pages: 'a folder of pages, each named by its address',
};

const openingOf = (args: DumpArgs, { name }: Input, io: Io): Recipe['open'] => ({
  name,
  ...(args.base === undefined ? {} : { base: parseWord(args.base) }),
  ...(args.map === undefined ? {} : { map: textOf(args.map, io, '--map') }),
});

/** An opened image with its registers and the translations they give. */
export async function described(
  args: DumpArgs,
  image: Image,
  from: Pick<Recipe, 'path' | 'open'>,
  io: Io,
): Promise<OpenDump> {
  const path = args.registers ?? besideDump(args.dump);
  const file = path === undefined ? undefined : await sourceOfFile(path, io);
  const known = await machineGiven(args, file, sourcesOf(image, file), io);
  const cpus = known.cpus.map(valuesOf);
  const recipe = {
    ...from,
    registers: cpus,
    ...processorOf(args, cpus, image),
  };
  const found = candidatesOfAll(cpus, recipe.architecture, recipe.machine);
  const candidates = { ...found, found: found.found.map(one => ({ ...one, ...impliedIn(one, known) })) };
  return { image, source: placesOf(args, known, path && inputName(path)), candidates, cpus, known, recipe };
}

/** What is implied and not given stands among what a translation assumed. */
export function impliedIn(
  { assumed, cpu }: Pick<Found['found'][number], 'assumed' | 'cpu'>,
  { cpus }: Machine,
): { readonly assumed: readonly string[] } {
  const implied = [...(cpus[cpu] ?? [])].filter(([, { origin }]) => origin.kind === 'implied');
  const texts = implied.map(([name, { value, origin }]) => `${name} ${hex(value)}, ${originText(origin)}`);
  return { assumed: [...assumed, ...texts] };
}

/** The same image, with every page that is read reported. */
const watching = (image: Image, report: (pages: number) => void): Image => ({
  ...image,
  space: new Watched(image.space, report),
  get remarks() {
    return image.remarks;
  },
  close: () => image.close(),
});

/** The registers' places in words: `the command line, vm.json (2 CPUs)`. */
function placesOf(args: DumpArgs, { cpus }: Machine, file: string | undefined): string {
  const kinds = new Set(cpus.flatMap(cpu => [...cpu.values()].map(({ origin }) => origin.kind)));
  const which =
    args.cpu !== undefined ? ` (CPU ${args.cpu})` : cpus.length > 1 ? ` (${cpus.length} CPUs)` : '';
  return [
    ...(kinds.has('given') ? ['the command line'] : []),
    ...(kinds.has('file') ? [`${file}${which}`] : []),
    ...(kinds.has('note') ? [`the dump’s notes${kinds.has('file') ? '' : which}`] : []),
  ].join(', ');
}

/** What the dump says of its machine, most trusted first. */
function sourcesOf(image: Image, file: Source | undefined): readonly Source[] {
  const notes: Source = {
    cpus: notesOf(image).map(cpu => knownFrom(cpu, { kind: 'note', where: '' })),
  };
  // a file that names a root speaks of its own moment and its own CPUs: notes of another would be mixed in
  const rooted = file?.cpus.some(cpu => architectureOf(valuesOf(cpu)) !== undefined) === true;
  return [...(rooted ? [] : [notes]), ...conventions(image)];
}

/** What whoever wrote the tables is known to do. */
function conventions({ notes }: Image): readonly Source[] {
  const release = notes.vmcoreinfo === undefined ? undefined : parseVmcoreinfo(notes.vmcoreinfo).release;
  const implied = release === undefined ? [] : impliedBy('linux', architectureOfMachine(notes.machine));
  return implied.length === 0
    ? []
    : [{ cpus: [knownFrom(implied, { kind: 'implied', where: `Linux ${release} (VMCOREINFO)` })] }];
}

/** Registers of the dump's notes, one set for each CPU. */
export const notesOf = (image: Image): Registers[] =>
  image.notes.cpus.map(cpu => new Map(Object.entries(cpu.registers)));

/** What the registers do not hold, as `--set` gives it. */
export function machineOf(args: DumpArgs): Processor {
  const { features, ...machine } = parseSettings(machineSettings, pairsOf(args.set));
  return {
    ...(machine as Processor),
    ...(features === undefined ? {} : { features: FEATURE_SETS[features] }),
  };
}

/** Which architecture the registers belong to, and the processor besides them. */
function processorOf(
  args: DumpArgs,
  cpus: readonly Registers[],
  image: Image,
): Pick<Recipe, 'architecture' | 'machine'> {
  const said = cpus.map(cpu => architectureOf(cpu)).find(name => name !== undefined);
  const architecture = said ?? architectureOfMachine(image.notes.machine) ?? 'x86';
  return { architecture, machine: { ...machineOf(args), ia32: image.notes.machine === 'i386' } };
}

export function candidatesOf(args: DumpArgs, cpus: readonly Registers[], image: Image): Found {
  const { architecture, machine } = processorOf(args, cpus, image);
  return candidatesOfAll(cpus, architecture, machine);
}
