/**
 * Where translations begin in an image: what registers and notes say, what VMCOREINFO says, and what the structure of the
 * memory shows; each with the evidence, and how sure it is.
 */

import { type Architecture, candidatesOf, type Machine } from '../arch/regimes.ts';
import { species as arm64Species, concatenated, judge as judgeArm64 } from '../arm64/walk/scan.ts';
import { hex } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import type { ImageNotes } from '../image/elf-notes.ts';
import { parseVmcoreinfo, type Vmcoreinfo } from '../image/vmcoreinfo.ts';
import type { Candidate, RegisterValues } from '../walk/candidate.ts';
import type { FoundRoot, Roots } from '../walk/found-root.ts';
import type { Judgement } from '../walk/judgement.ts';
import type { Level } from '../walk/regime.ts';
import { type ScannedRoot, type ScanOptions, scan } from '../walk/scan.ts';
import { type Space, spacesOf } from '../walk/space.ts';
import { summarise } from '../walk/summary.ts';
import { Through } from '../walk/through.ts';
import { translate } from '../walk/translate.ts';
import { judge as judgeX86, species as x86Species } from '../x86/walk/scan.ts';

export interface RootsOptions extends Pick<ScanOptions, 'maxPages'> {
  /** Which kinds of trees to look for; none: registers and notes only. Default: those of the image's machine. */
  readonly kinds?: readonly Architecture[];
  readonly machine?: Machine;
  /** What the dump's notes give, where other registers were given beside them. */
  readonly notes?: readonly Candidate[];
  /** Roots in guests' memory are looked for behind this many second stages at most. Default 8. */
  readonly guests?: number;
}

/** Architectures of the names that containers use. */
const MACHINES: Readonly<Record<string, Architecture>> = { arm64: 'arm64', 'x86-64': 'x86', i386: 'x86' };

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
  const machine = MACHINES[image.notes.machine ?? ''] ?? architectureOfAll(candidates);
  const kernel = info && kernelRoot(info, image.notes.machine);
  const kinds = options.kinds ?? (machine ? [machine] : ['x86', 'arm64']);
  const long = image.notes.machine === 'x86-64';
  finder.scan({ name: PHYSICAL, space: image.space }, kinds, long);
  if (kernel) finder.kernel(kernel);
  const guests = spaces.filter(({ candidate }) => isSecond(candidate.regime.id));
  for (const place of [...guests.map(placeOf), ...finder.secondStages(guests)].slice(0, options.guests ?? 8))
    finder.scan(place, kinds, false);
  return finder.result();
}

const PHYSICAL = 'physical';
const isSecond = (kind: string): boolean => /^(arm64\.stage2|x86\.ept|x86\.npt)$/.test(kind);
const placeOf = ({ candidate, memory }: Space): Place => ({
  name: candidate.name,
  space: new Through(candidate.regime, memory),
});
const architectureOfAll = ([first]: readonly Candidate[]): Architecture | undefined =>
  first && (first.regime.id.startsWith('arm64') ? 'arm64' : 'x86');

type Draft = {
  -readonly [K in keyof FoundRoot]: FoundRoot[K] extends readonly (infer T)[] ? T[] : FoundRoot[K];
} & {
  /** Roots with the same upper half share a kernel. */
  upperHalf: number;
  scanned?: ScannedRoot;
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

  scan({ name, space }: Place, kinds: readonly Architecture[], long: boolean): void {
    const { maxPages, machine } = this.#options;
    const limits = maxPages === undefined ? {} : { maxPages };
    const x86 = x86Species(machine).filter(({ id }) => !long || (id !== 'x86.32bit' && id !== 'x86.pae'));
    const species = kinds.flatMap(kind => (kind === 'arm64' ? arm64Species(machine) : x86));
    if (species.length === 0) return;
    const { roots, pages, stopped } = scan(space, species, limits);
    this.#pages += pages;
    this.#stopped.push(...stopped.map(text => (name === PHYSICAL ? text : `${name}: ${text}`)));
    const isZero = (address: number): boolean =>
      space.page(address / 4096)?.every(word => word === 0) === true;
    for (const root of concatenated(roots, isZero)) this.#scanned(name, root);
  }

  #scanned(memory: string, root: ScannedRoot): void {
    const arm = root.species.id.startsWith('arm64.');
    const judged = arm ? judgeArm64(root) : judgeX86(root);
    const counted = countsOf(root);
    const same = this.#at(memory, root.address);
    const registers = same.filter(({ sources }) => sources.includes('registers'));
    if (registers.length > 0) {
      for (const draft of registers) {
        if (draft.kind === judged.kind) {
          if (!draft.sources.includes('structure')) draft.sources.push('structure');
          draft.upperHalf = root.upperHalf;
          // the structure says so too: what is left is that the registers belong to another moment
          draft.confidence = Math.max(draft.confidence, 0.99);
          draft.evidence.push('found by structure too');
        } else if (root.tables > 1 && judged.weight > 0 && !draft.sources.includes('structure'))
          draft.evidence.push(`by its structure it might be ${judged.kind}: ${judged.evidence[0] ?? ''}`);
      }
      return;
    }
    const confidence = structureConfidence(root, judged);
    const rival = same.find(({ sources }) => sources.includes('structure'));
    if (rival && rival.confidence >= confidence) return;
    if (rival) this.#drafts.set(keyOf(memory, root.address), []);
    const candidate = walkable(judged, arm ? 'arm64' : 'x86', this.#options.machine);
    this.#add(memory, {
      confidence,
      kind: judged.kind,
      title: candidate?.regime.title ?? judged.kind,
      address: BigInt(root.address),
      entries: candidate?.regime.roots[0]?.entries ?? root.entries,
      memory,
      sources: ['structure'],
      names: [],
      evidence: [counted, ...judged.evidence],
      assumed: [...judged.assumed],
      options: [...judged.options],
      tables: root.tables,
      leaves: root.leaves,
      missing: root.missing,
      upperHalf: root.upperHalf,
      scanned: root,
    });
  }

  /** The kernel's own root by VMCOREINFO, and which of the others lead to the kernel. */
  kernel(kernel: KernelRoot): void {
    const { address, evidence, registers, architecture, options } = kernel;
    const candidate = candidatesOf(registers, architecture, this.#options.machine).found[0];
    const drafts = this.#at(PHYSICAL, Number(address));
    for (const draft of drafts) {
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
        tables: sound.tables,
        leaves: sound.leaves,
        missing: sound.missing,
        upperHalf: 0,
      });
    }
    this.#leadingTo(kernel);
  }

  /** Roots that map the kernel's symbol to where it is. */
  #leadingTo({ symbol, virtual, address, architecture, registersOf }: KernelRoot): void {
    for (const draft of [...this.#drafts.values()].flat()) {
      if (draft.memory !== PHYSICAL || isSecond(draft.kind)) continue;
      const registers = registersOf(draft.address);
      const regime = candidatesOf(registers, architecture, this.#options.machine).found[0]?.regime;
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
      .filter(({ kind, memory, address, confidence }) => {
        return memory === PHYSICAL && isSecond(kind) && confidence >= 0.5 && !roots.has(Number(address));
      })
      .sort((a, b) => b.confidence - a.confidence)
      .flatMap(draft => {
        const arm = draft.kind.startsWith('arm64');
        const judged = draft.scanned && (arm ? judgeArm64(draft.scanned) : judgeX86(draft.scanned));
        const candidate = judged && walkable(judged, arm ? 'arm64' : 'x86', this.#options.machine);
        return candidate
          ? [
              {
                name: `${draft.kind} at ${hex(draft.address)}`,
                space: new Through(candidate.regime, this.#image),
              },
            ]
          : [];
      });
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
      draft.evidence.push(`the upper half equals that of ${others} other ${others === 1 ? 'root' : 'roots'}`);
      draft.confidence += (1 - draft.confidence) / 3;
    }
    const found = all
      .map(
        ({ upperHalf: _, scanned: _scanned, ...root }): FoundRoot => ({
          ...root,
          confidence: Math.round(root.confidence * 100) / 100,
        }),
      )
      .sort((a, b) => b.confidence - a.confidence || b.tables - a.tables || Number(a.address - b.address));
    return { found, pages: this.#pages, stopped: this.#stopped };
  }

  #at(memory: string, address: number): Draft[] {
    return this.#drafts.get(keyOf(memory, address)) ?? [];
  }

  #add(memory: string, draft: Draft): void {
    const key = keyOf(memory, Number(draft.address));
    this.#drafts.set(key, [...(this.#drafts.get(key) ?? []), draft]);
  }
}

const keyOf = (memory: string, address: number): string => `${memory} ${address}`;

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

function countsOf({ tables, leaves, missing, wrong, species, level, entries }: ScannedRoot): string {
  const levels = species.regime.levels.slice(0, level + 1);
  const names = `${levels.at(-1)?.name} to ${levels[0]?.name}`;
  const beside = (entries * species.regime.entryBytes) / (species.tableFrames * 4096);
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
  const page = root && memory.page(Math.floor(root.address / 4096));
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
  architecture: Architecture,
  machine: Machine | undefined,
): Candidate | undefined => candidatesOf(registers, architecture, machine).found[0];

// ------------------------------------------------------------------------------------------------------ VMCOREINFO

interface KernelRoot {
  readonly symbol: string;
  readonly virtual: bigint;
  /** Where the symbol is, bytes: the kernel's root table. */
  readonly address: bigint;
  readonly evidence: string;
  readonly architecture: Architecture;
  readonly registers: RegisterValues;
  readonly registersOf: (root: bigint) => RegisterValues;
  readonly options: readonly string[];
}

/** Where the kernel's image is linked: __START_KERNEL_map, and PAGE_OFFSET of 32-bit kernels with the usual split [Linux, page_64_types.h]. */
const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
const PAGE_OFFSET_32 = 0xc000_0000n;

/** The kernel's root table by its symbol [Linux, Documentation/admin-guide/kdump/vmcoreinfo.rst]. */
export function kernelRoot(info: Vmcoreinfo, machine: string | undefined): KernelRoot | undefined {
  const { symbols, numbers, others } = info;
  const symbol = symbols.init_top_pgt === undefined ? 'swapper_pg_dir' : 'init_top_pgt';
  const virtual = symbols[symbol];
  if (virtual === undefined) return undefined;
  const said = (text: string, address: bigint): string =>
    `VMCOREINFO: SYMBOL(${symbol})=${hex(virtual)} ${text}, at ${hex(address)}`;
  const offset = numbers.kimage_voffset;
  if (offset !== undefined) {
    const address = BigInt.asUintN(64, virtual - offset);
    const size = numbers.tcr_el1_t1sz ?? (numbers.va_bits === undefined ? 16n : 64n - numbers.va_bits);
    const granule = info.pageSize === 65536 ? 3n : info.pageSize === 16384 ? 1n : 2n;
    const tcr = (5n << 32n) | (granule << 30n) | (0x35n << 24n) | (size << 16n) | 0x90n;
    const registersOf = (root: bigint): RegisterValues =>
      new Map([
        ['TTBR1_EL1', root],
        ['TCR_EL1', tcr],
      ]);
    return {
      symbol,
      virtual,
      address,
      evidence: said(`less NUMBER(kimage_voffset)=${hex(offset)}`, address),
      architecture: 'arm64',
      registers: registersOf(address),
      registersOf,
      options: ['--ttbr1', hex(address), '--tcr', hex(tcr)],
    };
  }
  if (machine !== 'x86-64' && machine !== 'i386') return undefined;
  if (virtual >= START_KERNEL_MAP) {
    const base = numbers.phys_base;
    if (base === undefined) return undefined;
    const address = BigInt.asUintN(64, virtual - START_KERNEL_MAP + base);
    const five = numbers.pgtable_l5_enabled === 1n;
    const registersOf = (root: bigint): RegisterValues =>
      new Map([['CR3', root], ...(five ? ([['CR4', 0x1020n]] as const) : [])]);
    return {
      symbol,
      virtual,
      address,
      evidence: said(`in the kernel's image, NUMBER(phys_base)=${base}`, address),
      architecture: 'x86',
      registers: registersOf(address),
      registersOf,
      options: ['--cr3', hex(address), ...(five ? ['--cr4', '0x1020'] : [])],
    };
  }
  if (virtual < PAGE_OFFSET_32 || virtual >= 1n << 32n) return undefined;
  const address = virtual - PAGE_OFFSET_32;
  const pae = others.CONFIG_X86_PAE === 'y';
  const registersOf = (root: bigint): RegisterValues =>
    new Map([
      ['CR3', root],
      ['CR4', pae ? 0x20n : 0x10n],
      ['EFER', pae ? 0x800n : 0n],
    ]);
  return {
    symbol,
    virtual,
    address,
    evidence: said('less the usual PAGE_OFFSET 0xc0000000', address),
    architecture: 'x86',
    registers: registersOf(address),
    registersOf,
    options: ['--cr3', hex(address), '--cr4', pae ? '0x20' : '0x10', '--efer', pae ? '0x800' : '0'],
  };
}
