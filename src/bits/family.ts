/**
 * A family is every form one kind of word can take: which layout applies (kind of entry, level, control bits), what the
 * fields add up to (address, size, permissions, memory type), and what is wrong with it. The command line, the docs and
 * the conformance runner know words only through families.
 */
import type { Finding } from './codec.ts';
import type { Format } from './format.ts';
import type { Settings, SettingTable } from './settings.ts';
import type { Ref } from './spec.ts';
import type { Word } from './word.ts';

/** What a reading derives from the fields: addresses and sizes as bigint bytes, everything printable, nested or not. */
export type Fact =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Fact[]
  | { readonly [key: string]: Fact | undefined };
/** Facts in the order in which people want them. Declare as a `type`, not an `interface`. */
export type Facts = { readonly [key: string]: Fact | undefined };

/** One word, read. `fields` of the raw word are had from `decode(reading.format, reading.raw)` or `describe`. */
export interface Reading<F extends Facts = Facts, K extends string = string> {
  readonly format: Format;
  readonly raw: Word;
  readonly kind: K;
  readonly facts: F;
  readonly findings: readonly Finding[];
}

/** One layout of a family, with the settings under which it holds: for docs and for tests that want them all. */
export interface Variant<T extends SettingTable = SettingTable> {
  readonly kind: string;
  readonly settings: Partial<Settings<T>>;
  readonly format: Format;
}

export interface Family<T extends SettingTable = SettingTable, R extends Reading = Reading> {
  /** `arm64.stage2`, `x86.ept`, `arm64.MAIR_EL1`. */
  readonly id: string;
  readonly title: string;
  readonly ref: Ref;
  /** Other names people use for it: `s2`, `mair`. */
  readonly aliases?: readonly string[];
  readonly role: 'descriptor' | 'register';
  readonly settings: T;
  /** The kinds that `layout` accepts: `table`, `block`, `page`; one kind for registers. */
  readonly kinds: readonly string[];
  /** The layout of one kind under these settings. Undefined where no such kind can be (a block at level 0). */
  layout(kind: string, settings: Settings<T>): Format | undefined;
  /** Answers every word. */
  read(word: Word, settings: Settings<T>): R;
  /** Every distinct layout, in the order the docs print them. */
  variants(): readonly Variant<T>[];
  /**
   * The fields for a wish such as `type=normal-wb perm=r-x`: what `encode` writes for an intent.
   * @throws EncodeError where the architecture has no such entry.
   */
  intent?(
    wish: Intent,
    settings: Settings<T>,
  ): { readonly kind: string; readonly fields: Readonly<Record<string, number | bigint>> };
}

/**
 * A family among others. Each is exact in its own settings and fields, so that whoever names one is checked by the
 * compiler; a table of all of them can only promise what every family has. The one place where that is forgotten.
 */
export const erase = <T extends SettingTable, R extends Reading>(family: Family<T, R>): Family =>
  family as unknown as Family;
/** A table of them. */
export const eraseAll = (families: readonly Titled[]): readonly Family[] =>
  families as unknown as readonly Family[];
/** What all families have alike, whatever their settings. */
type Titled = Pick<Family, 'id' | 'title' | 'ref' | 'role' | 'kinds'> & { readonly intent?: unknown };

/** What somebody wants an entry to be. */
export interface Intent {
  /** Memory type as people write it: `normal-wb`, `device-nGnRE`, `wc`. */
  readonly type?: string;
  /** `r-x`, `rw-`: data read, data write, execute. */
  readonly perm?: string;
  /** Output address in bytes. */
  readonly oa?: bigint;
}
