/**
 * Where translations begin in an image: what registers and notes say, what VMCOREINFO says, and what the structure of the
 * memory shows; each with the evidence, and how sure it is.
 */

import type { ArchitectureId, Searches } from '../arch/architecture.ts';
import { architectureOfMachine } from '../arch/names.ts';
import { architectureSearches } from '../arch/searches.ts';
import type { Machine } from '../arch/walks.ts';
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import type { ImageNotes } from '../image/elf-notes.ts';
import { type Bytes, bytesOf, frameOf } from '../image/frames.ts';
import { parseVmcoreinfo } from '../image/vmcoreinfo.ts';
import type { Candidate } from '../walk/candidate.ts';
import type { FoundRoot, Roots } from '../walk/found-root.ts';
import type { Judgement } from '../walk/judgement.ts';
import type { KernelRoot } from '../walk/kernel-root.ts';
import type { Level } from '../walk/regime.ts';
import { type ScannedRoot, type ScanOptions, scan } from '../walk/scan.ts';
import { type Space, spacesOf } from '../walk/space.ts';
import { summarise } from '../walk/summary.ts';
import { HeldThrough } from '../walk/through.ts';
import { translate } from '../walk/translate.ts';

export interface RootsOptions extends Pick<ScanOptions, 'maxPages'> {
  /** Which kinds of trees to look for; none: registers and notes only. Default: those of the image's machine. */
  readonly kinds?: readonly ArchitectureId[];
  /** What the registers do not hold: each architecture reads its own. */
  readonly machine?: object;
  /** What the dump's notes give, where other registers were given beside them. */
  readonly notes?: readonly Candidate[];
  /** Roots in guests' memory are looked for behind this many second stages at most. Default 8. */
  readonly guests?: number;
  /** The architectures that there are. Default: all of ours. */
  readonly among?: readonly Searches[];
}

/** A memory to search: the image, or a guest's memory behind a second stage. */
interface Place {
  readonly name: string;
  readonly space: AddressSpace;
}

export function findRoots(
  image: { readonly space: AddressSpace; readonly notes: ImageNotes },
  candidates: readonly Candidate[],
  options: RootsOptions = {},
): Roots {
  const finder = new Finder(image.space, options);
  const spaces = spacesOf(candidates, image.space);
  for (const space of spaces) finder.known(space, '');
  for (const space of spacesOf(options.notes ?? [], image.space)) finder.known(space, 'the dump’s notes: ');
  const info = image.notes.vmcoreinfo === undefined ? undefined : parseVmcoreinfo(image.notes.vmcoreinfo);
  const { machine: header } = image.notes;
  const arch = architectureOfMachine(header) ?? candidates[0]?.regime.arch;
  const all = options.among ?? architectureSearches;
  const kinds = all.filter(({ id }) => (options.kinds ?? (arch === undefined ? [id] : [arch])).includes(id));
  finder.scan({ name: PHYSICAL, space: image.space }, kinds, header);
  if (info) for (const walks of all) finder.kernel(walks, walks.kernelRoot(info, header));
  const guests = spaces.filter(({ candidate }) => candidate.regime.stage === 2);
  for (const place of [...guests.map(placeOf), ...finder.secondStages(guests)].slice(0, options.guests ?? 8))
    finder.scan(place, kinds);
  return finder.result();
}

const PHYSICAL = 'physical';
const placeOf = ({ candidate, memory }: Space): Place => ({
  name: candidate.name,
  space: new HeldThrough(candidate.regime, memory),
});
type Draft = {
  -readonly [K in keyof FoundRoot]: FoundRoot[K] extends readonly (infer T)[] ? T[] : FoundRoot[K];
} & {
  /** Roots with the same upper half share a kernel. */
  upperHalf: number;
  /** The candidate whose tables these are, or that the judged registers give. */
  candidate?: Candidate;
};

class Finder {
  readonly #image: AddressSpace;
  readonly #options: RootsOptions;
  readonly #drafts = new Map<string, Draft[]>();
  readonly #stopped: string[] = [];
  #pages = 0;

  constructor(image: AddressSpace, options: RootsOptions) {
    this.#image = image;
    this.#options = options;
  }

  /** A root that registers give. Its tables are looked at: a register may be stale, or a guest's. */
  known({ candidate, memory, second }: Space, by: string): void {
    const { regime, name, from, assumed } = candidate;
    const [root] = regime.roots;
    if (!root) return;
    const where = second ? second.candidate.name : PHYSICAL;
    const { confidence, evidence, tables, leaves, missing } = soundness(candidate, memory);
    const same = this.#at(where, root.address).find(
      ({ kind, sources }) => kind === regime.id && sources.includes('registers'),
    );
    if (same) {
      if (by === '') same.names.push(name);
      else same.evidence.push(`${by}${from[0] ?? ''}`);
      return;
    }
    this.#add(where, {
      confidence,
      kind: regime.id,
      title: regime.title,
      address: BigInt(root.address),
      entries: root.entries,
      memory: where,
      sources: ['registers'],
      names: by === '' ? [name] : [],
      evidence: [`${by}${from[0] ?? 'a register'}${candidate.active ? '' : ', not in use now'}`, ...evidence],
      assumed: [...assumed],
      options: [],
      tables,
      leaves,
      missing,
      upperHalf: 0,
    });
  }

  scan({ name, space }: Place, kinds: readonly Searches[], header?: string): void {
    const { maxPages, machine } = this.#options;
    const limits = maxPages === undefined ? {} : { maxPages };
    const species = kinds.flatMap(walks => walks.species(machine, header));
    if (species.length === 0) return;
    const { roots, pages, stopped } = scan(space, species, limits);
    this.#pages += pages;
    this.#stopped.push(...stopped.map(text => (name === PHYSICAL ? text : `${name}: ${text}`)));
    const isZero = (address: Bytes): boolean =>
      space.page(frameOf(address))?.every(word => word === 0) === true;
    for (const walks of kinds) {
      const own = roots.filter(({ species: { regime } }) => regime.arch === walks.id);
      for (const root of walks.joined(own, isZero)) this.#scanned(name, root, walks);
    }
  }

  #scanned(memory: string, root: ScannedRoot, walks: Searches): void {
    const judged = walks.judge(root);
    const counts = countsOf(root);
    const same = this.#at(memory, root.address);
    const registers = same.filter(({ sources }) => sources.includes('registers'));
    if (registers.length > 0) {
      for (const draft of registers) {
        if (draft.kind === judged.kind) {
          if (!draft.sources.includes('structure')) draft.sources.push('structure');
          draft.upperHalf = root.upperHalf;
          // the structure says so too: what is left is that the registers belong to another moment
          draft.confidence = Math.max(draft.confidence, 0.99);
          draft.evidence.push('found by structure too', ...(root.pair ? judged.evidence.slice(-1) : []));
        } else if (root.tables > 1 && judged.weight > 0 && !draft.sources.includes('structure'))
          draft.evidence.push(`by its structure it might be ${judged.kind}: ${judged.evidence[0] ?? ''}`);
      }
      return;
    }
    const confidence = structureConfidence(root, judged);
    const rival = same.find(({ sources }) => sources.includes('structure'));
    if (rival && rival.confidence >= confidence) return;
    if (rival) this.#drafts.set(keyOf(memory, root.address), []);
    const candidate = walkable(judged, walks, this.#options.machine);
    this.#add(memory, {
      confidence,
      kind: judged.kind,
      title: candidate?.regime.title ?? judged.kind,
      address: BigInt(root.address),
      entries: candidate?.regime.roots[0]?.entries ?? root.entries,
      memory,
      sources: ['structure'],
      names: [],
      evidence: [counts, ...judged.evidence],
      assumed: [...judged.assumed],
      options: [...judged.options],
      registers: judged.registers,
      tables: root.tables,
      leaves: root.leaves,
      missing: root.missing,
      upperHalf: root.upperHalf,
      ...(candidate ? { candidate } : {}),
    });
  }

  /** The kernel's own root by VMCOREINFO, and which of the others lead to the kernel. */
  kernel(walks: Searches, root: KernelRoot | undefined): void {
    if (!root) return;
    const { address, evidence, registers, options } = root;
    const candidate = walks.candidates(registers, this.#options.machine).found[0];
    const drafts = this.#at(PHYSICAL, Number(address));
    for (const draft of drafts) {
      if (candidate && !draft.sources.includes('registers')) {
        // what the kernel says of its own root stands above what its tables look like
        draft.kind = candidate.regime.id;
        draft.title = candidate.regime.title;
        draft.options = [...options];
        draft.registers = registers;
        draft.assumed = [...candidate.assumed];
        draft.candidate = candidate;
      }
      draft.sources.push('vmcoreinfo');
      draft.evidence.unshift(evidence);
      draft.confidence = Math.max(draft.confidence, 0.98);
    }
    if (drafts.length === 0 && candidate) {
      const sound = soundness(candidate, this.#image);
      this.#add(PHYSICAL, {
        confidence: Math.min(sound.confidence, 0.97),
        kind: candidate.regime.id,
        title: candidate.regime.title,
        address,
        entries: candidate.regime.roots[0]?.entries ?? 512,
        memory: PHYSICAL,
        sources: ['vmcoreinfo'],
        names: [],
        evidence: [evidence, ...sound.evidence],
        assumed: [...candidate.assumed],
        options: [...options],
        registers,
        tables: sound.tables,
        leaves: sound.leaves,
        missing: sound.missing,
        upperHalf: 0,
      });
    }
    this.#leadingTo(walks, root);
  }

  /** Roots that map the kernel's symbol to where it is. */
  #leadingTo(walks: Searches, { symbol, virtual, address, registersOf }: KernelRoot): void {
    for (const draft of [...this.#drafts.values()].flat()) {
      if (draft.memory !== PHYSICAL) continue;
      const registers = registersOf(draft.address);
      const regime = walks.candidates(registers, this.#options.machine).found[0]?.regime;
      if (!regime || regime.id !== draft.kind) continue;
      const found = translate(regime, this.#image, virtual);
      if (found.outcome !== 'mapped' || found.output !== address) continue;
      draft.evidence.push(`maps ${symbol} (${hex(virtual)}) to ${hex(address)}, where VMCOREINFO has it`);
      draft.confidence += (1 - draft.confidence) / 2;
    }
  }

  /** Second stages found by structure that registers do not give: guests to look into. */
  secondStages(known: readonly Space[]): Place[] {
    const roots = new Set(known.map(({ candidate }) => candidate.regime.roots[0]?.address));
    return [...this.#drafts.values()]
      .flat()
      .filter(
        ({ candidate, memory, address, confidence }) =>
          memory === PHYSICAL &&
          candidate?.regime.stage === 2 &&
          confidence >= 0.5 &&
          !roots.has(Number(address)),
      )
      .sort((a, b) => b.confidence - a.confidence)
      .flatMap(({ kind, address, candidate }) =>
        candidate
          ? [{ name: `${kind} at ${hex(address)}`, space: new HeldThrough(candidate.regime, this.#image) }]
          : [],
      );
  }

  result(): Roots {
    const all = [...this.#drafts.values()].flat();
    const halves = new Map<string, number>();
    const half = ({ memory, kind, upperHalf }: Draft): string => `${memory} ${kind} ${upperHalf}`;
    for (const draft of all)
      if (draft.upperHalf !== 0) halves.set(half(draft), (halves.get(half(draft)) ?? 0) + 1);
    for (const draft of all) {
      const others = (draft.upperHalf === 0 ? 1 : (halves.get(half(draft)) ?? 1)) - 1;
      if (others === 0 || draft.leaves === 0 || draft.tables === 1) continue; // pages of equal numbers share nothing
      draft.evidence.push(`the upper half equals that of ${counted(others, 'other root')}`);
      draft.confidence += (1 - draft.confidence) / 3;
    }
    const found = all
      .map(
        ({ upperHalf: _, candidate: _candidate, ...root }): FoundRoot => ({
          ...root,
          confidence: Math.round(root.confidence * 100) / 100,
        }),
      )
      .sort((a, b) => b.confidence - a.confidence || b.tables - a.tables || Number(a.address - b.address));
    return { found, pages: this.#pages, stopped: this.#stopped };
  }

  #at(memory: string, address: Bytes): Draft[] {
    return this.#drafts.get(keyOf(memory, address)) ?? [];
  }

  #add(memory: string, draft: Draft): void {
    const key = keyOf(memory, Number(draft.address));
    this.#drafts.set(key, [...(this.#drafts.get(key) ?? []), draft]);
  }
}

const keyOf = (memory: string, address: Bytes): string => `${memory} ${address}`;

function countsOf({ tables, leaves, missing, wrong, species, level, entries }: ScannedRoot): string {
  const levels = species.regime.levels.slice(0, level + 1);
  const names = `${levels.at(-1)?.name} to ${levels[0]?.name}`;
  const beside = (entries * species.regime.entryBytes) / bytesOf(species.tableFrames);
  return [
    `${counted(tables, 'table', 'tables')} of levels ${names}, ${counted(leaves, 'leaf', 'leaves')}`,
    ...(beside > 1 ? [`${beside} first tables side by side: concatenated`] : []),
    ...(missing > 0 ? [`${counted(missing, 'table is', 'tables are')} not in the image`] : []),
    ...(wrong > 0 ? [`${counted(wrong, 'pointer leads', 'pointers lead')} to what is no table`] : []),
  ].join('; ');
}

/**
 * How sure a structure is by itself: every doubling of its tables makes accident less likely; pointers that lead to no table
 * make it more likely. Never as sure as a register.
 */
function structureConfidence(
  { tables, leaves, missing, wrong, steps, level }: ScannedRoot,
  { weight }: Judgement,
): number {
  const size = Math.min(0.5, 0.11 * Math.log2(tables));
  const kind = 0.15 * weight;
  const shallow = level <= 1 ? 0.15 : 0; // two levels of tables are found in many an array
  const broken = 0.5 * (wrong / (wrong + tables)) + 0.3 * (missing / (missing + tables));
  // mappings of any size have pages side by side; arrays of numbers have not
  const scattered = leaves >= 256 && steps < leaves / 20 ? 0.3 : 0;
  // one table of nothing but large pages: an identity map of a boot loader, or any page of numbers
  if (tables === 1) return steps * 2 >= leaves ? 0.3 : 0.1;
  if (leaves === 0) return 0.1; // pointers that end in nothing
  return Math.min(0.9, Math.max(0.01, 0.25 + size + kind - shallow - broken - scattered));
}

/** Distinct tables that are read to see whether a register's tree is sound. */
const SOUND_TABLES = 4096;

/** What the tables behind a register look like. */
function soundness({ regime }: Candidate, memory: AddressSpace) {
  const root = regime.roots[0];
  const page = root && memory.page(frameOf(root.address));
  if (!page)
    return {
      confidence: 0.4,
      evidence: ['the image does not hold its first table: it cannot be judged'],
      tables: 0,
      leaves: 0,
      missing: 1,
    };
  const { rows, faults, missing, tables } = summarise(regime, memory, { maxTables: SOUND_TABLES });
  const leaves = rows.reduce((sum, { entries }) => sum + entries, 0);
  const levels = regime.levels.slice(0, root.level + 1).map(({ name }: Level) => name);
  const text = `${counted(tables, 'table', 'tables')} of levels ${levels.at(-1)} to ${levels[0]}, ${counted(leaves, 'leaf', 'leaves')}`;
  const evidence = [
    text +
      (missing > 0 ? `; ${counted(missing, 'table is', 'tables are')} not in the image` : '') +
      (faults > 0 ? `; ${counted(faults, 'entry faults', 'entries fault')} on use` : ''),
  ];
  if (leaves === 0)
    return {
      confidence: missing > 0 ? 0.5 : 0.2,
      evidence: [...evidence, 'nothing is mapped'],
      tables,
      leaves,
      missing,
    };
  const bad = faults / (faults + leaves);
  return { confidence: Math.max(0.3, 0.97 - bad), evidence, tables, leaves, missing };
}

/** The candidate that the judged registers give. */
const walkable = (
  { registers }: Judgement,
  walks: Searches,
  machine: Machine | undefined,
): Candidate | undefined => walks.candidates(registers, machine).found[0];
