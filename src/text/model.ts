/**
 * What pasted text says about memory: page-table entries, ranges with attributes, registers, memory maps and memory types.
 *
 * Every item keeps the line it came from. Nothing is interpreted beyond what the text itself reveals: an entry carries
 * the level and the regime only where the format names them; the rest is the decoder's business, and the assumptions
 * made here are listed by name.
 *
 * Addresses are bigint bytes; `end` is exclusive in every range, whatever the tool printed.
 */

/** The id of a descriptor family: `arm64.stage2`, `x86.ept`. */
export type FamilyId = string;

/** What the text reveals of the translation regime. The keys are settings of the family. */
export interface RegimeGuess {
  readonly family: FamilyId;
  /** x86: 32-bit, PAE, 4-level, 5-level. */
  readonly mode?: '32' | 'pae' | '4l' | '5l';
  readonly granule?: '4K' | '16K' | '64K';
  /** arm64 stage 1. */
  readonly regime?: 'EL1&0' | 'EL2' | 'EL2&0' | 'EL3';
}

/** A level as the text spells it (`PGD`, `L4`, `2`, `PML4E`), and the manual's number where the text determines it. */
export interface Level {
  readonly name: string;
  /** arm64: -1..3, x86: 1 (page table) .. 5. */
  readonly number?: number;
}

export type Space = 'va' | 'ipa' | 'gpa' | 'pa';

/**
 * Attributes that a tool printed, under names of the manuals; absent where the tool does not print them. `false` means
 * that the tool said so.
 */
export interface Attributes {
  readonly valid?: boolean;
  readonly read?: boolean;
  readonly write?: boolean;
  /** Execution, where the tool makes no difference between privilege levels. */
  readonly execute?: boolean;
  /** Execution at the privileged and the unprivileged level (arm64 PXN and UXN, inverted; EPT with mode-based control). */
  readonly executePrivileged?: boolean;
  readonly executeUser?: boolean;
  readonly user?: boolean;
  readonly accessed?: boolean;
  readonly dirty?: boolean;
  readonly global?: boolean;
  readonly contiguous?: boolean;
  /** A block or large page. */
  readonly block?: boolean;
  readonly guarded?: boolean;
  /** x86 memory-type bits. */
  readonly pwt?: boolean;
  readonly pcd?: boolean;
  readonly pat?: boolean;
  readonly ignorePat?: boolean;
  readonly shareability?: 'non' | 'outer' | 'inner' | 'shareable';
  /** Memory type in the tool's words: `Normal`, `Device-nGnRE`, `WB`. */
  readonly type?: string;
  /** Physical address space: `S`, `NS`, `RT`, `RL`. */
  readonly security?: string;
}

/** One page-table entry. */
export interface Entry {
  readonly is: 'entry';
  readonly word: bigint;
  readonly width: 32 | 64;
  readonly level?: Level;
  /** Where the entry stands, and in which space that address is (physical unless the tool prints virtual ones). */
  readonly at?: bigint;
  readonly atSpace?: 'pa' | 'va';
  /** The address being translated. */
  readonly input?: bigint;
  /** What the text says that this entry maps or points to. */
  readonly output?: bigint;
  /** Of a page whose base `output` is, where the text says its size. */
  readonly pageSize?: bigint;
  readonly regime?: RegimeGuess;
  /** The level does not exist here: Linux repeats the entry above it. */
  readonly folded?: true;
  /**
   * The level does not exist on this machine, and the word is no part of the walk: Linux read a slot of an unrelated index.
   * Then `folded` is set too.
   */
  readonly unused?: true;
  readonly attributes?: Attributes;
}

/** A run of addresses with equal attributes, or a hole. */
export interface Range {
  readonly is: 'range';
  readonly space: Space;
  readonly start: bigint;
  readonly end: bigint;
  /** First output address, where the tool prints it. */
  readonly output?: bigint;
  readonly pageSize?: bigint;
  readonly level?: Level;
  readonly regime?: RegimeGuess;
  /** Nothing is mapped here, as far as the tool says. */
  readonly hole?: true;
  readonly attributes?: Attributes;
  /** The words for the attributes as printed, in order. */
  readonly words?: readonly string[];
  /** The heading it stands under: `vmalloc() area`, `Guest IPA`. */
  readonly under?: string;
}

/** One address translated by the tool. `output` is absent where it says that there is no translation. */
export interface Translation {
  readonly is: 'translation';
  readonly input: bigint;
  readonly inputSpace: Space | 'gva';
  readonly output?: bigint;
  readonly outputSpace: Space | 'hpa' | 'hva';
  readonly pageSize?: bigint;
  /** The memory type that the tool worked out for the access. */
  readonly type?: string;
  /** Why there is none, in the tool's words. */
  readonly reason?: string;
}

/** A piece of the physical address map: `/proc/iomem`, QEMU `info mtree -f`, e820, U-Boot banks. */
export interface MemoryRange {
  readonly is: 'memory';
  readonly start: bigint;
  readonly end: bigint;
  readonly kind: 'ram' | 'rom' | 'mmio' | 'reserved' | 'acpi' | 'persistent' | 'other';
  readonly name: string;
  /** Nesting: 0 is outermost. */
  readonly depth: number;
  /** Which map: `BIOS-e820`, `FlatView #2: memory`. */
  readonly map: string;
}

export type TypeName = 'UC' | 'UC-' | 'WC' | 'WT' | 'WP' | 'WB' | '?';

/** A memory type given to physical addresses: MTRRs and Linux's PAT list. */
export interface TypedRange {
  readonly is: 'type';
  readonly by:
    | 'mtrr-default'
    | 'mtrr-fixed'
    | 'mtrr-variable'
    /** What all MTRRs make of a range together. */
    | 'mtrr-combined'
    | 'mtrr-conflict'
    | 'pat-list'
    | 'pat-conflict';
  /** Both absent for the default type and for a disabled register. */
  readonly start?: bigint;
  readonly end?: bigint;
  readonly type: TypeName;
  /** Variable register number. */
  readonly index?: number;
  readonly disabled?: true;
  /** mtrr-variable from dmesg: the mask as printed; `end` follows from it where it is contiguous. */
  readonly mask?: bigint;
  /** Conflicts: what was asked for. */
  readonly requested?: TypeName;
}

/** A register under the name that `registers.ts` gives it. */
export interface Register {
  readonly is: 'register';
  readonly name: string;
  readonly value: bigint;
}

/** A page fault or abort as the software that took it reported it. */
export interface Fault {
  readonly is: 'fault';
  /** Id of the architecture. */
  readonly arch: string;
  /** Absent where the text does not say it. */
  readonly address?: bigint;
  /**
   * The processor's code for it: the error code of an x86 page fault, the exit qualification of an EPT violation, EXITINFO1
   * of a nested page fault.
   */
  readonly errorCode?: bigint;
  /** x86: the second stage faulted, and `address` is a guest's physical one. */
  readonly exit?: 'ept-violation' | 'ept-misconfiguration' | 'nested-page-fault';
  /** x86: the guest's linear address, where the fault of a second stage has one. */
  readonly linear?: bigint;
  readonly esr?: bigint;
  /** HPFAR_EL2: the page of the address at stage 2. */
  readonly hpfar?: bigint;
  /** arm64: the exception level that took it, where the text says so; 1 for a kernel's own report. */
  readonly el?: 1 | 2 | 3;
  /** No table translates the address, says whoever reported it: it lies between those that tables can translate. */
  readonly outside?: true;
}

/** A number or name that the text states and a reading may depend on. */
export interface Fact {
  readonly is: 'fact';
  readonly name:
    | 'root'
    | 'granule'
    | 'va bits'
    | 'ipa bits'
    | 'levels'
    | 'start level'
    | 'MAXPHYADDR'
    | 'linear address bits'
    | 'regime'
    | 'vendor'
    | 'arch'
    | 'owner'
    | 'release'
    | 'W+X pages'
    | 'non-UXN pages'
    | 'skipped entries';
  readonly value: bigint | string;
  /** True where the text is known to disguise the value (hashed pointers). */
  readonly doubtful?: string;
}

export type ItemBody = Entry | Range | Translation | MemoryRange | TypedRange | Register | Fault | Fact;

export interface Source {
  /** Id of the recogniser that read it. */
  readonly from: string;
  readonly line: number;
  /** The line as it stood in the text, cut at 240 characters. */
  readonly raw: string;
  /** Items that belong together: one walk, one oops, one CPU. 0: the text as a whole. */
  readonly group: number;
}

export type Item = ItemBody & Source;

/** Something to tell the reader: an assumption that was made, or trouble with the text. */
export interface Remark {
  readonly kind: 'assumed' | 'trouble';
  readonly text: string;
  /** First line it concerns. */
  readonly line?: number;
  /** How many lines it concerns. */
  readonly count: number;
}

/** How much of the text one recogniser understood. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly lines: number;
  readonly items: number;
}

export interface Recognised {
  /** Most lines first; empty where nothing was recognised. */
  readonly parts: readonly Part[];
  /** Non-blank lines read, and those that no recogniser understood. */
  readonly lines: number;
  readonly unknown: number;
  /** The first few lines not understood. */
  readonly unknownSamples: readonly { readonly line: number; readonly text: string }[];
  readonly remarks: readonly Remark[];
}
