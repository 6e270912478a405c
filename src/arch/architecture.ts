/**
 * What an architecture is to the rest of the house.
 *
 * `arm64/` and `x86/` each provide exactly this, file for file and under these names, and everything above asks the
 * contract and never the name. It is made of parts, one for each question that is asked before a table is walked:
 *
 * - `Names`: what are its formats, registers and machines called? Nothing is loaded to answer (`NAME/names.ts`).
 * - `Words`: which families of words has it? (`NAME/families.ts`)
 * - `Walks`: which translations do these registers give, under which settings does an entry stand that somebody pasted?
 *   (`NAME/walk/index.ts`)
 * - `Searches`: which tree is this page the root of, where has the kernel its own? (`NAME/walk/search.ts`)
 * - `FaultRules`: what does the hardware say of a fault, and what denies an access? (`NAME/faults/index.ts`)
 * - `LiveRules`: what does a change to tables in use take? (`NAME/walk/live.ts`)
 * - `TypeRules`: which memory type does an access get, and who decides? (`NAME/walk/asked.ts`)
 *
 * Parts, because a verb that translates one address must not read every register's layout first: `arch/names.ts`,
 * `arch/families.ts`, `arch/walks.ts`, `arch/searches.ts`, `arch/faults.ts`,
 * `arch/live.ts` and `arch/types.ts` list the same part of both architectures, and
 * `NAME/index.ts` exports the whole as `architecture`. Functions that work for any architecture take the part as an
 * argument and have those lists as the default.
 *
 * What is asked of entries while tables are walked stands on the `Regime` (`walk/regime.ts`), which an architecture
 * makes: how an entry is read and classified, what it permits, what its type means. A regime says whose it is
 * (`arch`, `stage`), so that nobody has to read its name.
 *
 * Conventions. Addresses and sizes are bigint bytes. Everything total: what cannot be answered is `undefined` or stands
 * among what was refused, with the reason; nothing throws but where it is said. Whatever had to be assumed is returned
 * beside the answer, in the words of somebody who must judge it.
 */
import type { Family } from '../bits/family.ts';
import type { FaultRules } from '../faults/rules.ts';
import type { Vmcoreinfo } from '../image/vmcoreinfo.ts';
import type { Context, Given } from '../text/context.ts';
import type { Entry, RegimeGuess } from '../text/model.ts';
import type { TypeRules } from '../walk/asked.ts';
import type { Candidate, Candidates, RegisterValues } from '../walk/candidate.ts';
import type { Entries, EntryStart } from '../walk/entries.ts';
import type { Judgement } from '../walk/judgement.ts';
import type { KernelRoot } from '../walk/kernel-root.ts';
import type { LiveRules } from '../walk/live.ts';
import type { ScannedRoot, Species } from '../walk/scan.ts';
import type { Stated } from '../walk/stated.ts';

/** `arm64`, `x86`. The first part of every family's and regime's id. */
export type ArchitectureId = string;

/** Whose a family or regime is, by its id: `arm64` of `arm64.stage2`. */
export const architectureIdOf = (id: string): ArchitectureId => id.slice(0, id.indexOf('.'));

/** A family by name, loaded when it is asked for: reading one format costs a third of what it costs to load them all. */
export interface FormatName extends Pick<Family, 'id' | 'aliases'> {
  readonly load: () => Promise<Family>;
}

export interface Names {
  readonly id: ArchitectureId;
  /** What else people call it, in lower case. */
  readonly also: readonly string[];
  /** The descriptor families, in the order of `families`. */
  readonly formats: readonly FormatName[];
  /** Its rules of memory types, loaded when they are asked. */
  readonly loadTypes: () => Promise<TypeRules>;
  /** What the headers of dumps call its machines: `arm64`; `x86-64`, `i386`. */
  readonly machines: readonly string[];
  /** Values that registers go by a name with: `PAT` `linux`. */
  readonly presets: Readonly<Record<string, Readonly<Record<string, bigint>>>>;
  /** Registers that whoever owns the tables always sets so, by the owner: `linux`, `windows`. */
  readonly implied: Readonly<Record<string, Readonly<Record<string, bigint>>>>;
  /** Does a register of this name give one of its translations away? */
  owns(register: string): boolean;
}

export interface Words {
  /** Every family there is, descriptors first. */
  readonly families: readonly Family[];
}

export interface Walks<Machine extends object = object> {
  readonly id: ArchitectureId;
  /**
   * Every translation that the registers of one CPU give, those in use first.
   * @param machine what the registers do not hold: the architecture's own facts
   */
  candidates(registers: RegisterValues, machine?: Machine): Candidates;
  /**
   * Registers of a machine that walks a guest's tables: those of the second stage, with the guest's own by the names that
   * they have there.
   */
  nested(second: RegisterValues, guest: RegisterValues): RegisterValues;
  /** What a text says of an entry's settings: by its format, the facts it states, and the registers beside it. */
  revealed(entry: Pick<Entry, 'regime' | 'input'>, context: Context): Given;
  /** The manual's level of an entry whose text names it but does not number it (`PGD`), under these settings. */
  levelNamed(name: string, guess: RegimeGuess, given: Given): number | undefined;
  /** The family, and what else is known, of entries in the tables of a candidate. */
  guess(candidate: Candidate): RegimeGuess;
  /** The regime whose root is the table of the first of these entries; undefined for families that no walk reads. */
  startOf(entries: Entries): EntryStart | undefined;
  /** What a leaf says in the words of the tools that print page tables. */
  readonly stated: Stated;
}

/** What finding translations takes that no register gives. */
export interface Searches<Machine extends object = object> extends Walks<Machine> {
  /**
   * Trees to look for in a memory.
   * @param header what the dump's header calls the machine; absent where nothing is known
   */
  species(machine?: Machine, header?: string): readonly Species[];
  /** Several tables side by side can be one root: such roots of `species` as one; the others as they are. */
  joined(roots: readonly ScannedRoot[], isZero: (address: number) => boolean): readonly ScannedRoot[];
  /** What a root that was found by structure is, and with which registers a processor would walk it. */
  judge(root: ScannedRoot): Judgement;
  /**
   * The kernel's own root by VMCOREINFO.
   * @param machine what the dump's header calls the machine
   */
  kernelRoot(info: Vmcoreinfo, machine: string | undefined): KernelRoot | undefined;
}

/** What an architecture is, whole. */
export interface Architecture extends Names, Words, Searches {
  readonly faults: FaultRules;
  readonly types: TypeRules;
  readonly live: LiveRules;
}
