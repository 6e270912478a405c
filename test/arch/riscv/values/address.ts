/** Where Sv39 and Sv48 entries keep a physical page number, and what pages there are. Levels as in the manual: 0 is the last. */
import { mbz, pageNumber, type Row, type Violation } from '../../../../src/bits/spec.ts';

export type Mode = 'sv39' | 'sv48';
export const MODES = ['sv39', 'sv48'] as const;

/** The number of levels, and of virtual address bits. */
export const LEVELS: Readonly<Record<Mode, number>> = { sv39: 3, sv48: 4 };
export const INDEX_BITS = 9;
export const topLevel = (mode: Mode): number => LEVELS[mode] - 1;
export const inputBits = (mode: Mode): number => leafShift(LEVELS[mode]);

/** log2 of the bytes that one entry at this level spans. */
export const leafShift = (level: number): number => 12 + INDEX_BITS * level;

/** Bytes that a leaf maps: a page, a NAPOT range, a megapage, a gigapage, a terapage. */
export const PAGE_SIZE = {
  page4k: 1n << 12n,
  napot64k: 1n << 16n,
  page2m: 1n << 21n,
  page1g: 1n << 30n,
  page512g: 1n << 39n,
} as const;
export type PageKind = keyof typeof PAGE_SIZE;
/** The page that a leaf without N maps. */
export const pageKind = (level: number): PageKind =>
  (['page4k', 'page2m', 'page1g', 'page512g'] as const)[level] ?? 'page512g';

const PPN = { top: 53, bottom: 10 } as const;

/** A physical address, aligned to `2 ** shift` bytes: what is left of PPN[53:10]. */
export const ppn = (shift: number): Row<bigint> =>
  pageNumber(`PPN`, shift, [PPN.top, PPN.bottom + shift - 12]);

/** The part of the PPN that a superpage must leave clear [Virtual Address Translation Process, step 6]. */
export const misaligned = (level: number): Row<never> =>
  mbz(PPN.bottom + INDEX_BITS * level - 1, PPN.bottom, MISALIGNED);
const MISALIGNED: Violation = {
  id: 'address-misaligned',
  text: 'reserved (must be 0): a superpage is aligned to its size, or the access takes a page fault',
};
