/** A dump, opened, with the translations that registers give: what walk, translate and their kin begin with. */
import { readFileSync } from 'node:fs';
import { architectureOf, architectureOfMachine } from '../../arch/names.ts';
import { candidatesOfAll, type Machine } from '../../arch/walks.ts';
import { FEATURE_SETS, type FeatureSet } from '../../arm64/registers/features.ts';
import { choice, integer, parseSettings, toggle } from '../../bits/settings.ts';
import { didYouMean } from '../../bits/suggest.ts';
import { parseWord } from '../../bits/word.ts';
import type { Remark } from '../../image/errors.ts';
import { openImage } from '../../image/open.ts';
import type { Image } from '../../image/parse.ts';
import { Watched } from '../../image/watched.ts';
import {
  parseRegisters,
  type RegisterFile,
  RegisterSyntaxError,
  type Registers,
  registerName,
} from '../../text/registers.ts';
import type { Candidates } from '../../walk/candidate.ts';
import { type Space, spacesOf } from '../../walk/space.ts';
import type { Recipe } from '../../workers/recipe.ts';
import type { OptionValues } from '../command.ts';
import type { Io } from '../io.ts';
import { pairsOf } from '../names.ts';
import type { dumpOptions } from '../options.ts';
import { progress } from '../progress.ts';
import { InputError, UsageError } from '../trouble.ts';

export type DumpArgs = OptionValues<typeof dumpOptions> & { readonly dump: string };

/** What the registers do not say. Nothing is set that was not given: the candidates name what they assume. */
const machineSettings = {
  maxphyaddr: integer(32, 52, 'Physical-address width of an x86 processor: CPUID 80000008h EAX[7:0]', 52),
  vendor: choice(['intel', 'amd'], 'Whose x86 processor', 'intel'),
  mbec: toggle('Mode-based execute control for EPT', 0),
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
  /** The same for another thread to make. */
  readonly recipe: Recipe;
}

export interface Dump extends OpenDump {
  /** The translations that were asked for. */
  readonly wanted: readonly Space[];
}

/** Open the dump with the translations that were asked for, use it, close it. */
export const withDump = (
  verb: string,
  args: DumpArgs,
  io: Io,
  use: (dump: Dump) => number | Promise<number>,
): Promise<number> => withImage(verb, args, io, ({ image }) => use(translationsOf(args, image)));

/** The translations of an opened dump that the options ask for. */
export function translationsOf(args: DumpArgs, image: Image): Dump {
  const opened = described(args, image);
  return { ...opened, wanted: choose(args, opened.candidates, image) };
}

/**
 * Open the dump with whatever translations there are, use it, close it. Remarks of the image go to stderr, each once, also
 * those that come up on the way.
 */
export async function withImage(
  verb: string,
  args: DumpArgs,
  io: Io,
  use: (dump: OpenDump) => number | Promise<number>,
): Promise<number> {
  const image = await openImage(args.dump, openingOf(args));
  const said = new Set<string>();
  const say = (remarks: readonly Remark[]): void => {
    for (const { severity, text, offset } of remarks) {
      const where = offset === undefined ? '' : ` at offset 0x${offset.toString(16)}`;
      const line = `memattr ${verb}: ${args.dump}${where}: ${severity === 'note' ? 'note: ' : ''}${text}\n`;
      if (!said.has(line)) io.err.write(line);
      said.add(line);
    }
  };
  const bar = progress(io, `memattr ${verb}`);
  const watched = watching(image, pages => bar.at(pages));
  try {
    say(image.remarks);
    return await use(described(args, watched));
  } finally {
    bar.end();
    say(image.remarks);
    image.close();
  }
}

const openingOf = (args: DumpArgs): Recipe['open'] => ({
  ...(args.base === undefined ? {} : { base: parseWord(args.base) }),
  ...(args.map === undefined ? {} : { map: textOf(args.map) }),
});

/** An opened image with its registers and the translations they give. */
function described(args: DumpArgs, image: Image): OpenDump {
  const { cpus, source } = registersOf(args, image);
  const recipe = {
    path: args.dump,
    open: openingOf(args),
    registers: cpus,
    ...processorOf(args, cpus, image),
  };
  const candidates = candidatesOfAll(cpus, recipe.architecture, recipe.machine);
  return { image, source, candidates, cpus, recipe };
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

/** Register options by the register they stand for. */
const NAMED = {
  vttbr: 'VTTBR_EL2',
  vtcr: 'VTCR_EL2',
  hcr: 'HCR_EL2',
  cr0: 'CR0',
  cr3: 'CR3',
  cr4: 'CR4',
  efer: 'EFER',
  pat: 'PAT',
  eptp: 'EPTP',
  ncr3: 'NCR3',
  'guest-cr3': 'GUESTCR3',
} as const;
const PER_LEVEL = ['ttbr0', 'ttbr1', 'tcr', 'mair', 'sctlr'] as const;

/** Registers that options name: `--vttbr`, `--tcr`, `--reg NAME=VALUE`. */
export function registersGiven(args: Omit<DumpArgs, 'dump'>): Registers {
  const given = new Map<string, bigint>();
  for (const [option, name] of Object.entries(NAMED)) {
    const text = args[option as keyof typeof NAMED];
    if (text !== undefined) given.set(name, parseWord(text));
  }
  for (const option of PER_LEVEL) {
    const text = args[option];
    if (text !== undefined) given.set(`${option.toUpperCase()}_EL${args.el ?? 1}`, parseWord(text));
  }
  for (const text of args.reg) {
    const [name = '', value] = text.split('=');
    if (value === undefined) throw new UsageError(`--reg takes NAME=VALUE, not '${text}'`);
    given.set(registerName(name), parseWord(value));
  }
  return given;
}

/** Registers from the options, before the file, before the dump’s notes: one set for each CPU. */
function registersOf(
  args: DumpArgs,
  image: Image,
): { readonly cpus: readonly Registers[]; readonly source: string } {
  const given = registersGiven(args);
  const all = args.registers === undefined ? notesOf(image) : registerFile(args.registers).cpus;
  const where = args.registers ?? 'the dump’s notes';
  const sets = args.cpu === undefined ? all : all.slice(Number(args.cpu)).slice(0, 1);
  if (args.cpu !== undefined && sets.length === 0)
    throw new UsageError(
      all.length === 0
        ? `--cpu ${args.cpu}: there are no registers in ${where}`
        : `--cpu takes 0 to ${all.length - 1}`,
    );
  const which = args.cpu !== undefined ? ` (CPU ${args.cpu})` : all.length > 1 ? ` (${all.length} CPUs)` : '';
  const source = [
    ...(given.size > 0 ? ['the command line'] : []),
    ...(sets.length > 0 ? [`${where}${which}`] : []),
  ].join(', ');
  return { cpus: (sets.length > 0 ? sets : [new Map()]).map(set => new Map([...set, ...given])), source };
}

/** Registers of the dump's notes, one set for each CPU. */
export const notesOf = (image: Image): Registers[] =>
  image.notes.cpus.map(cpu => new Map(Object.entries(cpu.registers)));

/** A text file that an option names. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}

/** The register file that an option names; what is wrong with it is said with its name. */
export function registerFile(path: string): RegisterFile {
  const text = textOf(path);
  try {
    return parseRegisters(text);
  } catch (error) {
    if (error instanceof RegisterSyntaxError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** What the registers do not hold, as `--set` gives it. */
export function machineOf(args: DumpArgs): Machine {
  const { features, ...machine } = parseSettings(machineSettings, pairsOf(args.set));
  return { ...(machine as Machine), ...(features === undefined ? {} : { features: FEATURE_SETS[features] }) };
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

/** The translations asked for by name, else those in use, else all there are. */
function choose({ root }: DumpArgs, { found, refused }: Candidates, image: Image): readonly Space[] {
  const why = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  const reasons = why && ` [${why}]`;
  if (found.length === 0)
    throw new UsageError(
      `no translation to walk: give its registers (--registers FILE, --vttbr and --vtcr, --ttbr0 and --tcr, --cr3, --eptp, --ncr3)${reasons}`,
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
    const hint = didYouMean(name, names) || `there are ${names.join(', ')}`;
    throw new UsageError(`no translation '${name}'; ${hint}${reasons}`);
  });
}
