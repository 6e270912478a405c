/** What `--root auto`, `--root 2` and `--root list` take: the roots that `memattr roots` finds. */
import { candidatesOfAll, walksOf } from '../../arch/walks.ts';
import { hex } from '../../bits/word.ts';
import { rootsAnswer, sure } from '../../report/roots.ts';
import { findRoots, type RootsOptions } from '../../roots/find.ts';
import type { RegisterValues } from '../../walk/candidate.ts';
import type { FoundRoot, Roots } from '../../walk/found-root.ts';
import { type Space, spacesOf } from '../../walk/space.ts';
import { UsageError } from '../trouble.ts';
import {
  candidatesOf,
  type Dump,
  type DumpArgs,
  impliedIn,
  machineOf,
  notesOf,
  type OpenDump,
} from './dump.ts';

/** Below it a finding is noise more often than not; `roots --above 0` shows all. */
export const ABOVE = 20;

export function rootsIn(
  { image, candidates }: OpenDump,
  args: DumpArgs,
  options: Pick<RootsOptions, 'kinds' | 'maxPages'> = {},
): Roots {
  const notes = args.registers === undefined ? [] : candidatesOf(args, notesOf(image), image).found;
  return findRoots(image, candidates.found, { machine: machineOf(args), notes, ...options });
}

/** Those at least this sure, percent. */
export const surest = ({ found }: Roots, above = ABOVE): readonly FoundRoot[] =>
  found.filter(({ confidence }) => confidence * 100 >= above);

/** What `--root list` prints. */
export function listed(opened: OpenDump, args: DumpArgs) {
  const roots = rootsIn(opened, args);
  return rootsAnswer(
    { shown: surest(roots), found: roots.found.length, pages: roots.pages, source: opened.source },
    false,
  );
}

/** A found root as a dump with that one translation, and what was taken and why, in a sentence. */
export function dumpAt(
  rank: number,
  opened: OpenDump,
  args: DumpArgs,
): { readonly dump: Dump; readonly said: string } {
  const roots = surest(rootsIn(opened, args));
  const root = roots[rank - 1];
  if (!root)
    throw new UsageError(
      roots.length === 0
        ? 'no root is found in this image; memattr roots FILE --above 0 shows what is doubtful, --scan all looks for other architectures'
        : `--root ${rank}: there ${roots.length === 1 ? 'is one root' : `are ${roots.length} roots`}; memattr roots FILE lists them`,
    );
  const dump = known(root, opened) ?? walked(root, roots, opened);
  const [space] = dump.wanted as readonly [Space, ...Space[]];
  const { candidate } = space;
  const where = root.memory === 'physical' ? '' : ` in ${root.memory}`;
  return {
    dump,
    said: [
      `--root ${args.root} is ${root.kind} at ${hex(root.address)}${where}, ${Math.round(root.confidence * 100)} % ${sure(root.confidence)}`,
      root.evidence.slice(0, 2).join('; '),
      ...(root.options.length > 0 ? [`walked with ${root.options.join(' ')}`] : []),
      ...(candidate.assumed.length > 0 ? [`assumed: ${candidate.assumed.join('; ')}`] : []),
      'memattr roots FILE --explain has the rest',
    ].join('; '),
  };
}

/** A root that the registers give already. */
function known({ names }: FoundRoot, opened: OpenDump): Dump | undefined {
  const spaces = spacesOf(opened.candidates.found, opened.image.space);
  const wanted = spaces.filter(({ candidate }) => candidate.name === names[0]);
  return wanted.length > 0 ? { ...opened, wanted } : undefined;
}

/**
 * A root that the memory shows: walked with the registers that it was judged to have. What else is known of the machine
 * (PAT, MAIR_ELx) is taken too, where the same tables come of it.
 */
function walked(root: FoundRoot, roots: readonly FoundRoot[], opened: OpenDump): Dump {
  const arch = root.kind.slice(0, root.kind.indexOf('.'));
  const own = registersOf(root, roots, opened, arch);
  const [beside = new Map<string, bigint>()] = opened.cpus;
  for (const registers of [new Map([...beside, ...own]), own]) {
    const recipe = { ...opened.recipe, architecture: arch, registers: [registers] };
    const found = candidatesOfAll([registers], arch, recipe.machine);
    const candidates = {
      ...found,
      found: found.found.map(one => {
        const { assumed } = { ...one, ...(registers === own ? {} : impliedIn(one, opened.known)) };
        return { ...one, assumed: [...new Set([...root.assumed, ...assumed])] };
      }),
    };
    const nested = root.memory !== 'physical';
    const wanted = spacesOf(candidates.found, opened.image.space).filter(
      ({ candidate: { regime }, second }) =>
        regime.id === root.kind &&
        BigInt(regime.roots[0]?.address ?? -1) === root.address &&
        (second !== undefined) === nested,
    );
    if (wanted.length > 0)
      return { ...opened, recipe, candidates, cpus: [registers], source: 'what memattr roots found', wanted };
  }
  throw new UsageError(
    `${root.kind} at ${hex(root.address)} in ${root.memory}: its registers do not follow from its tables; give them`,
  );
}

/** The registers of a root; behind a second stage those of both. */
function registersOf(
  root: FoundRoot,
  roots: readonly FoundRoot[],
  { candidates, cpus }: OpenDump,
  arch: string,
): RegisterValues {
  const own = root.registers ?? new Map<string, bigint>();
  if (root.memory === 'physical') return own;
  const second = roots.find(({ kind, address }) => `${kind} at ${hex(address)}` === root.memory)?.registers;
  const cpu = candidates.found.find(({ name }) => name === root.memory)?.cpu;
  const behind = second ?? (cpu === undefined ? undefined : cpus[cpu]) ?? new Map<string, bigint>();
  return walksOf(arch).nested(behind, own);
}
