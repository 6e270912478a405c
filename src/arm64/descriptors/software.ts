/**
 * What software writes into the bits that the architecture leaves to it: Linux in stage 1, KVM and pKVM in stage 2 and in
 * EL2's own stage 1. A reading is named after the kernel whose convention it is; where several fit, all are given, because
 * an entry does not say who wrote it.
 */
import { decode, encode, readRow } from '../../bits/codec.ts';
import { type Format, format } from '../../bits/format.ts';
import { once } from '../../bits/once.ts';
import { choice } from '../../bits/settings.ts';
import { addr, bits, fixed, flag, scattered, wide } from '../../bits/spec.ts';
import { hex, type Word } from '../../bits/word.ts';
import { linux as linuxRef, rmm, xen } from '../../refs.ts';

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

export const OWNERS = ['any', 'linux', 'kvm', 'xen', 'windows', 'rmm', 'firmware'] as const;
export type Owner = (typeof OWNERS)[number];
/** Who wrote the tables. A convention is read only where its owner can have written it. */
export const ownerSetting = choice(
  OWNERS,
  'Who wrote the tables: whose meaning of software’s bits is read',
  'any',
);
/** Whose a convention is, by the name of its reading. KVM is Linux. */
const CONVENTION: readonly (readonly [pattern: RegExp, owners: readonly Owner[]])[] = [
  [/Linux|KVM/, ['linux', 'kvm']],
  [/RMM/, ['rmm']],
  [/Xen/, ['xen']],
];
/** The readings that `owner` can have meant; undefined where none is left. */
export function writtenBy(owner: Owner, readings: SoftwareReading | undefined): SoftwareReading | undefined {
  if (owner === 'any' || readings === undefined) return readings;
  const own = Object.entries(readings).filter(([name]) =>
    CONVENTION.some(([pattern, owners]) => pattern.test(name) && owners.includes(owner)),
  );
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}

type Readings = Readonly<Record<string, string | undefined>>;
/** The readings that fit; undefined where none does. */
function fitting(readings: Readings): SoftwareReading | undefined {
  const found = Object.entries(readings).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

const linux = (id: string, title: string, where: string) =>
  [`arm64.linux.${id}`, { title, ref: linuxRef(where) }] as const;

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
const owner512 = once(() =>
  format(...linux('owner-5.12', 'owner of an invalid stage 2 entry', '5.12 asm/kvm_pgtable.h'), {
    owner: bits(63, 56, 'owner id'),
    rest: wide(55, 0, 'nothing else'),
  }),
);
function linux512(word: Word): string | undefined {
  const { owner, rest } = decode(owner512(), word);
  return rest === 0n && owner < 4 ? `owned by id ${owner}` : undefined;
}

/** Up to 6.12: the break-before-make lock; otherwise an owner id. */
const owner612 = once(() =>
  format(...linux('owner-6.12', 'owner of an invalid stage 2 entry', '6.12 asm/kvm_pgtable.h'), {
    rest: wide(63, 11, 'nothing else'),
    locked: flag(10, 'locked'),
    owner: bits(9, 2, 'owner id'),
    type: fixed(1, 0, 0, 'invalid'),
  }),
);
function linux612(word: Word): string | undefined {
  const { rest, locked, owner, type } = decode(owner612(), word);
  if (rest !== 0n || type !== 0) return undefined;
  if (locked) return owner === 0 ? 'locked: break-before-make in progress' : undefined;
  return OWNER[owner] && `owned by ${OWNER[owner]}`;
}

/** 7.1: a type; donations name the owner, and of a guest which one and where. */
const owner71 = once(() =>
  format(...linux('owner-7.1', 'owner of an invalid stage 2 entry', '7.1 nvhe/mem_protect.c'), {
    type: bits(63, 60, 'type'),
    frame: wide(59, 20, 'guest frame'),
    handle: bits(19, 4, 'VM handle'),
    owner: bits(3, 1, 'owner'),
    valid: fixed(0, 0, 0, 'valid'),
  }),
);
function linux71(word: Word): string | undefined {
  const { type, owner: code, handle, frame } = decode(owner71(), word);
  switch (type) {
    case 1:
      return word === encode(owner71(), { type: 1 }) ? 'locked: break-before-make in progress' : undefined;
    case 2: {
      const owner = OWNER_7_1[code];
      if (owner !== 'guest') return owner && `donated to ${owner}`;
      return `donated to guest: VM handle ${hex(handle)}, guest frame ${hex(frame)}`;
    }
    case 3:
      return 'poisoned guest page';
    default:
      return undefined;
  }
}

// ------------------------------------------------------------------------------------------------- Xen, stage 2

/** What Xen gives a guest, in [58:55] of a Block or Page. Its numbers are those of 4.10 and later. */
const P2M = [
  'invalid',
  'ram_rw',
  'ram_ro',
  'mmio_direct_dev',
  'mmio_direct_nc',
  'mmio_direct_c',
  'map_foreign_rw',
  'map_foreign_ro',
  'grant_map_rw',
  'grant_map_ro',
  'iommu_map_rw',
  'iommu_map_ro',
] as const;
const xenEntry = once(() =>
  format(
    'arm64.xen.p2m',
    { title: 'type of a page of Xen’s guest', ref: xen('xen/arch/arm/include/asm/p2m.h, p2m_type_t') },
    {
      rest59: bits(63, 59, 'above the type'),
      type: bits(58, 55, 'p2m type'),
      rest: wide(54, 0, 'below the type'),
    },
  ),
);
export function xenPage(word: Word): SoftwareReading | undefined {
  const { type } = decode(xenEntry(), word);
  return type > 0 && P2M[type] ? { Xen: `p2m_${P2M[type]}` } : undefined;
}

// ------------------------------------------------------------------------------------------------- RMM, stage 2

/**
 * The state of an address of a Realm in an invalid entry. TF-RMM has moved the fields: RIPAS from [6:5] to [2:1], HIPAS
 * from [4:2] to [7:5]; the drawing beside the newer ones has HIPAS in [5:3] [TF-RMM, lib/s2tt/include/s2tt_pvt_defs.h].
 */
const rmmForm = (id: string, ripas: readonly [number, number], hipas: readonly [number, number]) =>
  once(() => {
    const used = [...range(ripas), ...range(hipas)];
    const rest = Array.from({ length: 12 }, (_, bit) => bit).filter(bit => bit > 0 && !used.includes(bit));
    return format(
      `arm64.rmm.${id}`,
      { title: 'invalid stage 2 entry of a Realm', ref: rmm('s2tt_pvt_defs.h') },
      {
        rest56: bits(63, 56, 'above NS'),
        ns: flag(55, 'NS'),
        rest52: bits(54, 52, 'below NS'),
        address: addr('address', [51, 12]),
        hipas: bits(hipas[0], hipas[1], 'HIPAS'),
        ripas: bits(ripas[0], ripas[1], 'RIPAS'),
        low: scattered(
          'nothing else',
          [...rest].reverse().map(bit => [bit, bit] as const),
        ),
        valid: fixed(0, 0, 0, 'valid'),
      },
    );
  });
const range = ([hi, lo]: readonly [number, number]): number[] =>
  Array.from({ length: hi - lo + 1 }, (_, i) => lo + i);
const RMM_FORMS = {
  'TF-RMM, HIPAS in [7:5]': rmmForm('state-7', [2, 1], [7, 5]),
  'TF-RMM, HIPAS in [5:3]': rmmForm('state-5', [2, 1], [5, 3]),
  'TF-RMM, HIPAS in [4:2]': rmmForm('state-4', [6, 5], [4, 2]),
} as const;
const RIPAS = ['empty', 'RAM', 'destroyed', 'device'] as const;
const HIPAS: Readonly<Record<number, string>> = { 0: 'unassigned', 1: 'assigned', 3: 'assigned device' };

/** HIPAS and RIPAS of an invalid entry of a Realm, for each form that fits. */
export function rmmState(word: Word): SoftwareReading | undefined {
  if (word === 0n) return undefined;
  return fitting(
    Object.fromEntries(
      Object.entries(RMM_FORMS).map(([name, form]) => {
        const { rest56, rest52, low, ns, address, hipas, ripas } = decode(form(), word);
        const host = HIPAS[hipas];
        if (rest56 || rest52 || low || host === undefined) return [name, undefined];
        if (ns) return [name, hipas === 0 && ripas === 0 ? 'unassigned, Non-secure' : undefined];
        if (hipas !== 0 && ripas === 1) return [name, undefined]; // that is a valid entry
        const page = hipas === 0 ? '' : `, page ${hex(address)}`;
        return [name, `${host}, ${RIPAS[ripas]}${page}`];
      }),
    ),
  );
}

const PAGE_STATE = [undefined, 'shared, owned', 'shared, borrowed', 'reserved page state'] as const;
/** pKVM keeps a page's state in SW1:SW0; 00, owned, needs no word. */
const pkvmPage = once(() =>
  format(...linux('pkvm-page', 'page state of pKVM', '6.12 nvhe/mem_protect.h'), {
    rest57: bits(63, 57, 'above the state'),
    state: bits(56, 55, 'page state'),
    rest: wide(54, 0, 'below the state'),
  }),
);
export function pkvmPageState(word: Word): SoftwareReading | undefined {
  const state = PAGE_STATE[decode(pkvmPage(), word).state];
  return state && { pKVM: state };
}

// -------------------------------------------------------------------------------------------------- Linux, stage 1

/** Linux's own bits in a valid Block or Page: PTE_DEVMAP until 6.16, uffd-wp from 6.10 on; PTE_WRITE beside AP[2]. */
const linuxPage = once(() =>
  format(...linux('page', 'software bits of a Block or Page', '7.1 asm/pgtable-prot.h'), {
    rest59: bits(63, 59, 'above software'),
    uffdWp: flag(58, 'uffd-wp'),
    devmap: flag(57, 'PTE_DEVMAP'),
    special: flag(56, 'PTE_SPECIAL'),
    dirty: flag(55, 'PTE_DIRTY'),
    rest52: bits(54, 52, 'below software'),
    write: flag(51, 'PTE_WRITE'),
    rest8: wide(50, 8, 'address and attributes'),
    readOnly: flag(7, 'PTE_RDONLY'),
    rest: bits(6, 0, 'attributes and type'),
  }),
);
export function linuxLeaf(word: Word): SoftwareReading | undefined {
  const { write, readOnly, dirty, special, devmap, uffdWp } = decode(linuxPage(), word);
  const names = [
    write && (readOnly ? 'writable, clean' : 'writable'),
    dirty && 'dirty',
    special && 'special',
    devmap && 'devmap',
    uffdWp && 'uffd-wp',
  ].filter(name => name !== 0);
  return names.length > 0 ? { Linux: names.join(', ') } : undefined;
}

/** May be written, and is made read-only to see the first write. */
export function keptClean(word: Word): boolean {
  const { write, readOnly } = decode(linuxPage(), word);
  return write === 1 && readOnly === 1;
}

/** A page that is kept without letting the hardware use it: from 6.10 on for PROT_NONE, NUMA balancing and splits. */
const kept = once(() =>
  format(...linux('kept', 'present but invalid entry', '7.1 asm/pgtable-prot.h'), {
    rest60: bits(63, 60, 'above'),
    split: flag(59, 'PMD_PRESENT_INVALID', { note: 'before 6.10: a huge page being split' }),
    protNone: flag(58, 'PTE_PROT_NONE', { note: 'before 6.10' }),
    rest48: bits(57, 48, 'above the page'),
    page: addr('page', [47, 12]),
    presentInvalid: flag(11, 'PTE_PRESENT_INVALID', { note: '6.10 and later' }),
    af: flag(10, 'PTE_AF'),
    rest8: bits(9, 8, 'below the page'),
    readOnly: flag(7, 'PTE_RDONLY', { note: 'set in every PROT_NONE page' }),
    user: flag(6, 'PTE_USER'),
    rest2: bits(5, 2, 'attributes'),
    type: bits(1, 0, 'type'),
  }),
);
const swap610 = once(() =>
  format(...linux('swap-6.10', 'swap entry', '7.1 asm/pgtable.h'), {
    rest62: bits(63, 62, 'above'),
    offset: wide(61, 12, 'swap offset'),
    presentInvalid: fixed(11, 11, 0, 'PTE_PRESENT_INVALID'),
    type: bits(10, 6, 'swap type'),
    rest: bits(5, 0, 'flags'),
  }),
);
const swapBefore = once(() =>
  format(...linux('swap', 'swap entry before 6.10', '6.1 asm/pgtable.h'), {
    rest58: bits(63, 58, 'above'),
    offset: wide(57, 8, 'swap offset'),
    type: bits(7, 3, 'swap type'),
    rest: bits(2, 0, 'flags'),
  }),
);

/**
 * Nonzero invalid entries. What keeps no page, with [1:0] = 00, is a swap or migration entry. A page that may be written and
 * is not valid is the kernel's own, taken out of the linear map: PROT_NONE pages are read-only
 * [Linux 7.1, arch/arm64/mm/pageattr.c, set_direct_map_invalid_noflush(); asm/pgtable-prot.h, PAGE_NONE].
 */
export function linuxInvalid(word: Word): SoftwareReading | undefined {
  const { split, protNone, presentInvalid, page, af, readOnly, user, type } = decode(kept(), word);
  if (word === 0n || type % 2 === 1) return undefined;
  const unmapped =
    type === 0 || protNone || user || !af
      ? undefined
      : `taken out of the kernel’s linear map: page ${hex(page)}`;
  const swap = ({ type: area, offset }: { readonly type: number; readonly offset: bigint }) =>
    type === 0 ? `swap entry: type ${area}, offset ${hex(offset)}` : undefined;
  return fitting({
    'Linux 6.10 and later': presentInvalid
      ? readOnly || unmapped === undefined
        ? `present but invalid (PROT_NONE or NUMA hint${unmapped ? '; at a kernel address out of the linear map' : ''}): page ${hex(page)}`
        : unmapped
      : (swap(decode(swap610(), word)) ?? unmapped),
    'Linux before 6.10': protNone
      ? `PROT_NONE: page ${hex(page)}`
      : split
        ? `present but invalid (a huge page being split): ${hex(page)}`
        : (swap(decode(swapBefore(), word)) ?? unmapped),
  });
}
