/**
 * What software writes into the bits that the architecture leaves to it: Linux in stage 1, KVM and pKVM in stage 2 and in
 * EL2's own stage 1. A reading is named after the kernel whose convention it is; where several fit, all are given, because
 * an entry does not say who wrote it.
 */
import { readRow } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { hex, type Word } from '../../bits/word.ts';

/** Readings by convention: `{ 'Linux 6.12 KVM': 'owned by hyp' }`. */
export type SoftwareReading = Readonly<Record<string, string>>;

/** Software's bits of a Block or Page, [58:55]; those that the layout gives a meaning (NS in Realm state, AssuredOnly) read as 0. */
export function softwareBits(layout: Format, word: Word): number {
  const rows = layout.rows.filter(
    ({ kind, pieces: [piece] }) => kind === 'software' && piece && piece[0] <= SW[0],
  );
  return rows.reduce(
    (sum, row) => sum + Number(readRow(row, word)) * 2 ** ((row.pieces[0]?.[1] ?? 0) - SW[1]),
    0,
  );
}
const SW = [58, 55] as const;

type Readings = Readonly<Record<string, string | undefined>>;
/** The readings that fit; undefined where none does. */
function fitting(readings: Readings): SoftwareReading | undefined {
  const found = Object.entries(readings).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

const field = (word: Word, hi: number, lo: number): number =>
  Number((word >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n));
const isSet = (word: Word, bit: number): boolean => ((word >> BigInt(bit)) & 1n) !== 0n;

// ------------------------------------------------------------------------------------------ KVM and pKVM, stage 2

const OWNER = ['host', 'hyp', 'ffa'] as const;
const OWNER_7_1 = ['host', 'hyp', 'guest'] as const;

/** Who owns the page behind a nonzero invalid stage 2 entry, by kernel version. */
export function kvmAnnotations(word: Word): SoftwareReading | undefined {
  if (word === 0n) return undefined;
  return fitting({
    'Linux 5.12 KVM': linux512(word),
    'Linux 6.12 KVM': linux612(word),
    'Linux 7.1 KVM': linux71(word),
  });
}

/** The first form, about 5.12: an owner id in [63:56] and nothing else. */
function linux512(word: Word): string | undefined {
  const owner = word >> 56n;
  return owner << 56n === word && owner < 4n ? `owned by id ${owner}` : undefined;
}

/** Up to 6.12: 0x400 is the break-before-make lock; otherwise an owner id in [9:2] [Linux 6.12 asm/kvm_pgtable.h]. */
function linux612(word: Word): string | undefined {
  if (word === 0x400n) return 'locked: break-before-make in progress';
  if ((word & ~0x3fcn) !== 0n) return undefined;
  const owner = OWNER[Number(word >> 2n)];
  return owner && `owned by ${owner}`;
}

/** 7.1: a type in [63:60]; donations name the owner in [3:1] [Linux 7.1 nvhe/mem_protect.c]. */
function linux71(word: Word): string | undefined {
  switch (word >> 60n) {
    case 1n:
      return word === 1n << 60n ? 'locked: break-before-make in progress' : undefined;
    case 2n: {
      const owner = OWNER_7_1[field(word, 3, 1)];
      if (owner !== 'guest') return owner && `donated to ${owner}`;
      return `donated to guest: VM handle ${hex(field(word, 19, 4))}, guest frame ${hex(field(word, 59, 20))}`;
    }
    case 3n:
      return 'poisoned guest page';
    default:
      return undefined;
  }
}

const PAGE_STATE = [undefined, 'shared, owned', 'shared, borrowed', 'reserved page state'] as const;
/** pKVM keeps a page's state in SW1:SW0 = [56:55]; 00, owned, needs no word [Linux 6.12 nvhe/mem_protect.h]. */
export function pkvmPageState(word: Word): SoftwareReading | undefined {
  const state = PAGE_STATE[field(word, 56, 55)];
  return state && { pKVM: state };
}

// -------------------------------------------------------------------------------------------------- Linux, stage 1

/**
 * Linux's own bits in a valid Block or Page: [51] PTE_WRITE beside AP[2], [55] PTE_DIRTY, [56] PTE_SPECIAL, [57]
 * PTE_DEVMAP (until 6.16), [58] uffd-wp (6.10 and later) [Linux 7.1 asm/pgtable-prot.h].
 */
export function linuxLeaf(word: Word): SoftwareReading | undefined {
  const names = [
    isSet(word, 51) && (isSet(word, 7) ? 'writable, clean' : 'writable'),
    isSet(word, 55) && 'dirty',
    isSet(word, 56) && 'special',
    isSet(word, 57) && 'devmap',
    isSet(word, 58) && 'uffd-wp',
  ].filter(name => name !== false);
  return names.length > 0 ? { Linux: names.join(', ') } : undefined;
}

/**
 * Nonzero invalid entries. From 6.10 on [11] keeps a page present without letting the hardware use it (PROT_NONE, NUMA
 * balancing, a THP being split), before that [58] did for PROT_NONE and [59] for splits; anything else with [1:0] = 00
 * is a swap or migration entry [Linux 6.1 and 7.1 asm/pgtable.h].
 */
export function linuxInvalid(word: Word): SoftwareReading | undefined {
  if (word === 0n || isSet(word, 0)) return undefined;
  const address = (): string => `${hex(word & 0xffff_ffff_f000n)}`;
  const swap = (type: number, offset: Word): string => `swap entry: type ${type}, offset ${hex(offset)}`;
  const noBits = field(word, 1, 0) === 0;
  return fitting({
    'Linux 6.10 and later': isSet(word, 11)
      ? `present but invalid (PROT_NONE or NUMA hint): page ${address()}`
      : noBits
        ? swap(field(word, 10, 6), (word >> 12n) & ((1n << 50n) - 1n))
        : undefined,
    'Linux before 6.10': isSet(word, 58)
      ? `PROT_NONE: page ${address()}`
      : isSet(word, 59)
        ? `present but invalid (a huge page being split): ${address()}`
        : noBits
          ? swap(field(word, 7, 3), (word >> 8n) & ((1n << 50n) - 1n))
          : undefined,
  });
}
