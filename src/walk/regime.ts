/**
 * What the walker must know of a translation regime: how many levels, where the roots are, what an entry is. One
 * interface for every architecture; `arm64/walk/tables.ts` and `x86/walk/tables.ts` build it from formats and readings.
 *
 * In shared code level 0 is always the leaf level; `Level.name` is the manual's number.
 */
import type { Finding } from '../bits/codec.ts';
import type { Reading } from '../bits/family.ts';
import type { Ref } from '../bits/spec.ts';
import { type Bytes, type Frame, framesOf } from '../image/frames.ts';
import type { Agreement } from '../memtype/agreement.ts';

/** What one entry is to a walk. `fault`: valid bits, but the access would fault or misconfigure. */
export type EntryKind = 'empty' | 'payload' | 'table' | 'leaf' | 'fault';

/** Number codes of entry kinds, for typed arrays. */
export const KIND = { empty: 0, payload: 1, table: 2, leaf: 3, fault: 4 } as const satisfies Record<
  EntryKind,
  number
>;
export const KIND_NAMES = Object.keys(KIND) as readonly EntryKind[];
/** In the columns of ranges: no entry, because a table cannot be read; what hinders it stands in `WalkResult.obstacles`. */
export const OBSTACLE = 5;

/** What the walker keeps of an entry's attribute bits; the same for every entry with the same attribute bits. */
export interface EntryClass {
  readonly kind: EntryKind;
  /** What a table entry hands down: bits that add up (by OR) on the way to the leaf. 0 for other kinds. */
  readonly inherits: number;
}

/** The address in an entry, in bytes, as an exact number below 2^53. */
export type AddressReader = (lo: number, hi: number) => Bytes;

export interface Level {
  /** The manual's number: arm64 -1..3, x86 1..5. */
  readonly name: number;
  /** log2 of the input bytes that one entry covers. */
  readonly shift: number;
  /** Index bits of one table at this level; the root may have more (concatenation) or fewer. */
  readonly indexBits: number;
  /** Does an entry with these bits point to a table (else: leaf, if it is anything)? Cheap, and only a guess: it selects the address form. */
  readonly pointsToTable: (lo: number, hi: number) => boolean;
  readonly table: EntryForm;
  readonly leaf: EntryForm;
  /** Leaves of another form: neighbours that map a larger page together, each with the address of the whole. */
  readonly group?: LeafGroup;
}

/** Entries that are one of a group. */
export interface LeafGroup {
  /** Is an entry with these bits one of a group? Asked of what points to no table; attribute bits alone decide. */
  readonly has: (lo: number, hi: number) => boolean;
  readonly form: EntryForm & Required<Pick<EntryForm, 'groupFrames'>>;
}

/** How to split an entry into attributes and address. */
export interface EntryForm {
  /** Every bit that is no address bit, and address bits beyond the output size. */
  readonly attributes: readonly [lo: number, hi: number];
  readonly address: AddressReader;
  /**
   * Frames of the group that the address is of, and to which it is aligned: an entry maps the part of it that stands where
   * the entry stands. Absent where the address is the entry's own.
   */
  readonly groupFrames?: number;
}

/** The form of an entry with these bits. */
export const formOf = ({ pointsToTable, table, leaf, group }: Level, lo: number, hi: number): EntryForm =>
  pointsToTable(lo, hi) ? table : group?.has(lo, hi) ? group.form : leaf;

/** The first output frame of a leaf that maps the input frame `frame`. */
export const outputFrame = (form: EntryForm, lo: number, hi: number, frame: Frame): Frame =>
  framesOf(form.address(lo, hi)) + (form.groupFrames === undefined ? 0 : frame % form.groupFrames);

/** A table where walks begin. */
export interface Root {
  /** Bytes. */
  readonly address: Bytes;
  /** Index into `levels`. */
  readonly level: number;
  /** Entries of the first lookup: all concatenated tables together, or fewer than a table. */
  readonly entries: number;
  /** First input frame that the root translates. */
  readonly inputFrame: Frame;
  /** The upper half of the entries translates the upper end of the address space (canonical x86 addresses). */
  readonly canonical?: true;
  /** Why every access faults before the table is read. */
  readonly fault?: Finding;
}

export interface Regime {
  /** `arm64.stage2`, `x86.4level`, `x86.ept`… */
  readonly id: string;
  /** The architecture’s id [`arch/architecture.ts`]. */
  readonly arch: string;
  /** 2: it translates what a first stage put out. */
  readonly stage: 1 | 2;
  /** One line for people: which tables these are, and the settings in force. */
  readonly title: string;
  readonly input: 'va' | 'ipa' | 'gpa';
  readonly output: 'pa' | 'ipa' | 'gpa';
  readonly entryBytes: 4 | 8;
  /** The address that is translated for a pointer: without what the processor ignores of it; for a fetch it may ignore less. Absent: it ignores nothing. */
  readonly untag?: (pointer: bigint, fetch: boolean) => bigint;
  /** Its entries forbid execution to each privilege level apart: PXN and UXN. Else a control register does. */
  readonly forbidsApart?: true;
  /** Whatever is wrong with an entry, it is misconfigured as a whole: one fault, one report. */
  readonly misconfigures?: true;
  /** The accesses of a first stage's walk to its tables count as writes here. */
  readonly walksWrite?: true;
  /** Its right to execute hangs on whose page the first stage makes it, not on who executes [SDM, "Mode-Based Execute Control"]. */
  readonly executesByPage?: true;
  /** Second stages: what a leaf must permit so that the walker of the first stage may read a table there. */
  readonly walker?: {
    /** Why it may not, in a few words; undefined where it may. `top`: of the table where walks of this half begin. */
    refused(leaf: LeafView, reading: Reading, top?: 'lower' | 'upper'): string | undefined;
    readonly ref: Ref;
  };
  /** What an access to an address raises that is not canonical. */
  readonly nonCanonical?: string;
  /** No entry of this mode has an execute-never bit: everything is executable. */
  readonly cannotForbid?: true;
  /** Bits of a present-looking but invalid entry that make it worth a line: EPT's suppress-#VE alone is nothing. */
  readonly payload: readonly [lo: number, hi: number];
  readonly levels: readonly Level[];
  /** Bits of an output address, where a leaf may map more: what lies beyond is an Address size fault, though its base fits. */
  readonly outputBits?: number;
  readonly roots: readonly Root[];
  /** Everything that entries are read under, but the level and what tables hand down. */
  readonly settings: Readonly<Record<string, string | number | bigint>>;
  /** The full reading of an entry at a level (index into `levels`). Slow, total; the walker calls it once per pattern. */
  read(word: bigint, level: number): Reading;
  /** What the reading means to a walk. */
  classify(reading: Reading, level: number): EntryClass;
  /** A leaf's row in the record: permissions after the parents, memory type, and the fields that people ask for. */
  describe(reading: Reading, level: number, inherited: number): LeafView;
  /**
   * Second stages: what a leaf makes of the memory type whatever the guest's own tables say. Undefined where it leaves the
   * type to the guest: then nothing is certain.
   */
  alone?(leaf: LeafView): Partial<Agreement> | undefined;
  /** Rights in the few letters of `LeafView.perm`; for a second stage's rights taken together with the first's. */
  perm(rights: Rights): string;
  /** What the memory type of a leaf means to somebody who has never met it, in one line; empty for types that have none. */
  plainWords(leaf: LeafView): string;
  /** What an entry that maps nothing says for itself: `{ note: 'KVM MMIO, gfn 0xfee00' }`. */
  describePayload(reading: Reading, level: number): { readonly note?: string };
}

/** Data read, data write, execute. */
export interface Access {
  readonly r: boolean;
  readonly w: boolean;
  readonly x: boolean;
}
/** Who may do what, the privileged level first: `EL1` and `EL0`, `supervisor` and `user`; one entry where one level is all. */
export type Rights = Readonly<Record<string, Access>>;

/** What the attributes of a leaf say, after its parents. */
export interface LeafView {
  readonly rights: Rights;
  /** `rw-`, `r-x`; two-privilege regimes: `EL1 rw- EL0 r--`; x86: `urwx`. */
  readonly perm: string;
  /** The memory type of this stage, in the manual's words. */
  readonly type: string;
  /**
   * The same as the architecture's own object, for whoever asks in its terms: what its rule answers. Absent where the
   * registers that name types are not known, and where the type is reserved.
   */
  readonly meaning?: unknown;
  /** Fields by short name, as in the records of `walk --json`. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** What software's conventions make of an entry that maps nothing, in one line. */
export const softwareNote = (
  readings: Readonly<Record<string, string>> | undefined,
): { readonly note?: string } =>
  readings
    ? {
        note: Object.entries(readings)
          .map(([who, what]) => `${who}: ${what}`)
          .join('; '),
      }
    : {};
