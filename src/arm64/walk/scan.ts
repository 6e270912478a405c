/**
 * What the scan for roots must know of arm64: trees of three granules, and how to tell a stage 2 from a stage 1.
 *
 * The two stages share one shape. The structure is read by the rules of stage 1, which refuse less; the attributes of the
 * entries then tell the stages apart.
 */
import { encode, fieldMask, fieldReader } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import { hex, split, type Word } from '../../bits/word.ts';
import { bytesOf, framesOfShift } from '../../image/frames.ts';
import { type Judgement, percent, share } from '../../walk/judgement.ts';
import type { Level } from '../../walk/regime.ts';
import type { Pattern, ScannedRoot, Species } from '../../walk/scan.ts';
import { stage1Leaf, stage1Settings, stage1Table } from '../descriptors/stage1.ts';
import { stage2Leaf, stage2Settings } from '../descriptors/stage2.ts';
import { hcrFormat, tcrEl1Format, vtcrFormat } from '../registers/control.ts';
import { GRANULE_BITS, GRANULES, type Granule } from '../values/address.ts';
import { granuleCode0, granuleCode1, PA_BITS } from '../values/codes.ts';
import type { Machine } from './roots.ts';
import { stage1Tables } from './tables.ts';

/** The first level that a walk may begin at, and the lowest: a tree of one level is no more than a page of numbers. */
const LEVELS: Record<Granule, { readonly first: number; readonly last: number }> = {
  '4K': { first: -1, last: 2 },
  '16K': { first: 0, last: 2 },
  '64K': { first: 1, last: 2 },
};

/** First tables of 48-bit regimes that fill no page: 2 entries at level 0 (16K), 64 at level 1 (64K). */
const SMALL: Partial<Record<Granule, { readonly level: number; readonly entries: number }>> = {
  '16K': { level: 3, entries: 2 },
  '64K': { level: 2, entries: 64 },
};

const STAGE1_PAGE = stage1Leaf(settle(stage1Settings, { ss: 'secure' })); // where NS is a bit: MemAttr[3] of stage 2
const STAGE1_TABLE = stage1Table(settle(stage1Settings, { ss: 'secure', level: 2 }));
const STAGE2_PAGE = stage2Leaf(settle(stage2Settings));
const low = (word: Word): number => split(word)[0];
/** Attributes that a pointer to a table has not. */
const LEAF_ONLY = low(fieldMask(STAGE1_PAGE, 'attrIndx', 'ns', 'ap', 'sh', 'nG'));
const ACCESS_FLAG = low(fieldMask(STAGE1_PAGE, 'af'));
/** A pointer, a page, a block. */
const SAMPLES = [
  encode(STAGE1_TABLE, {}),
  encode(STAGE1_PAGE, { af: 1 }),
  encode(stage1Leaf(settle(stage1Settings, { ss: 'secure', level: 2 })), { af: 1 }),
].map(low);

/** Tables in Write-Back, Inner Shareable memory, as every system has them. */
const WALKS = { sh0: 0b11, orgn0: 1, irgn0: 1 } as const;
const UPPER_WALKS = { sh1: 0b11, orgn1: 1, irgn1: 1 } as const;
/** Codes of PS and IPS. */
const PS_CODES = { 48: PA_BITS.indexOf(48), 52: PA_BITS.indexOf(52) } as const;
const bit = (value: boolean): Bit => (value ? 1 : 0);

/** Trees of the three granules. Nothing that a machine may say changes how they look. */
export const species = (_machine: Machine = {}): readonly Species[] => GRANULES.map(speciesOf);

function speciesOf(granule: Granule): Species {
  const { first, last } = LEVELS[granule];
  const { g, stride } = GRANULE_BITS[granule];
  const small = SMALL[granule];
  return {
    id: `arm64.${granule}`,
    regime: stage1Tables({
      settings: { granule, ds: 0, lpa: 0, oaBits: 48, ss: 'secure' },
      startLevel: first,
      indexBits: stride,
      base: 0n,
      iaBits: 48,
      upper: false,
    }),
    tops: Array.from({ length: last - first + 1 }, (_, i) => 3 - last + i),
    tableFrames: framesOfShift(g),
    present: 1,
    leafOnly: [LEAF_ONLY, 0], // not AF, which Linux sets in tables where FEAT_HAFT is [PTE_TABLE_AF]
    leafSome: LEAF_ONLY | ACCESS_FLAG,
    samples: SAMPLES,
    updated: ACCESS_FLAG,
    ...(small ? { small } : {}),
  };
}

const granuleOf = ({ species }: ScannedRoot): Granule => species.id.replace('arm64.', '') as Granule;

const of =
  (format: Format, key: string) =>
  ({ lo, hi }: Pattern): number =>
    fieldReader(format, key)(lo, hi);
/** The same bits as stage 2 and as stage 1 read them; they stand at the same place in every leaf. */
const memAttr = of(STAGE2_PAGE, 'memAttr');
const ap = of(STAGE1_PAGE, 'ap');
const nG = of(STAGE1_PAGE, 'nG');
/** AP[1]: access from EL0. */
const el0 = (pattern: Pattern): boolean => (ap(pattern) & 1) === 1;
const [, HANDED_DOWN] = split(fieldMask(STAGE1_TABLE, 'nsTable', 'apTable', 'uxnTable', 'pxnTable'));

/** What speaks for one of the stages. */
interface Evidence {
  readonly stage: 1 | 2;
  readonly says: string;
}

/** Above 0 speaks for stage 1: what operating systems and hypervisors write, not what the architecture demands. */
function stage1Weight(root: ScannedRoot): {
  readonly weight: number;
  readonly evidence: readonly Evidence[];
} {
  const rows = [
    [3, 'leaf', (p: Pattern) => nG(p) === 1, 'leaves are not global (nG)'],
    [
      3,
      'leaf',
      (p: Pattern) => !el0(p),
      'leaves have AP[1] = 0: no access from EL0, where stage 2 would forbid reading',
    ],
    [2, 'leaf', (p: Pattern) => memAttr(p) === 0, 'leaves have attribute index 0'],
    [3, 'table', ({ hi }: Pattern) => (hi & HANDED_DOWN) !== 0, 'tables hand down limits (bits 63:59)'],
    [
      -4,
      'leaf',
      (p: Pattern) => memAttr(p) >= 8,
      'leaves have MemAttr[3] = 1: Normal memory of a stage 2 without FWB',
    ],
    [
      -2,
      'leaf',
      (p: Pattern) => !nG(p) && el0(p) && [1, 5, 6, 7, 15].includes(memAttr(p)),
      'leaves have S2AP and MemAttr as hypervisors write them',
    ],
  ] as const;
  let weight = 0;
  const evidence: Evidence[] = [];
  for (const [points, sort, has, text] of rows) {
    const part = share(root, sort, has);
    weight += points * part;
    if (part > 0) evidence.push({ stage: points > 0 ? 1 : 2, says: `${percent(part)} of the ${text}` });
  }
  return { weight, evidence };
}

/**
 * Bits of the input address: what the first table can translate; where that is more than an address has, the fewest usual
 * bits that reach the entries in use. A start at level -1 means 52 bits.
 */
function inputBits({ species, level, entries, used }: ScannedRoot): number {
  const { shift, name } = species.regime.levels[level] as Level;
  const all = shift + Math.log2(entries);
  if (all <= 48) return all;
  return name >= 0 && shift + Math.ceil(Math.log2(Math.max(...used) + 1)) <= 48 ? 48 : 52;
}

/**
 * A map of the kernel in the lower range, which it switches to as to a process: Linux's of EFI runtime services has
 * AP[1] = 0 and nG, at low addresses [Linux 6.12, arch/arm64/kernel/efi.c, efi_create_mapping()]. A kernel's own
 * half has its image in the upper half of a full first table.
 */
const ownMap = (root: ScannedRoot): boolean =>
  root.entries > 64 &&
  root.used.every(index => index < root.entries / 2) &&
  share(root, 'leaf', p => !el0(p) && nG(p) === 1) > 0.9;

/** DS = 1: 52-bit addresses of the 4K and 16K granules. */
const needsDs = (granule: Granule, bits: number): boolean => granule !== '64K' && bits > 48;

export function judge(root: ScannedRoot): Judgement {
  const { weight, evidence } = stage1Weight(root);
  const judged = weight > 0 ? stage1(root) : stage2(root);
  const wanted = weight > 0 ? 1 : 2;
  return {
    ...judged,
    evidence: [
      ...evidence.flatMap(({ stage, says }) => (stage === wanted ? [says] : [])),
      ...judged.evidence,
    ],
    weight: Math.min(1, Math.abs(weight) / 2),
  };
}

function stage2(root: ScannedRoot): Omit<Judgement, 'weight'> {
  const granule = granuleOf(root);
  const level = (root.species.regime.levels[root.level] as Level).name;
  const bits = inputBits(root);
  const without = share(root, 'leaf', p => memAttr(p) >= 8);
  const fwb = without === 0 && share(root, 'leaf', p => [6, 7].includes(memAttr(p))) > 0;
  const ds = needsDs(granule, bits) || (granule === '16K' && level === 0);
  const sl = granule === '4K' ? (ds ? 0 : 2 - level) : 3 - level;
  const vtcr = encode(vtcrFormat, {
    ds: bit(ds),
    sl2: bit(granule === '4K' && ds),
    ps: PS_CODES[bits > 48 ? 52 : 48],
    tg0: granuleCode0(granule),
    ...WALKS,
    sl0: sl,
    t0sz: 64 - bits,
  });
  const hcr = encode(hcrFormat, { vm: 1, fwb: bit(fwb) });
  return {
    kind: 'arm64.stage2',
    registers: new Map([
      ['VTTBR_EL2', BigInt(root.address)],
      ['VTCR_EL2', vtcr],
      ['HCR_EL2', hcr],
    ]),
    options: ['--vttbr', hex(root.address), '--vtcr', hex(vtcr), '--hcr', hex(hcr)],
    evidence: [
      ...(without > 0 ? [`FWB=0: ${percent(without)} of the leaves have MemAttr[3] = 1`] : []),
      ...(fwb ? ['FWB=1: MemAttr of Normal memory is 6 or 7'] : []),
    ],
    assumed: [
      `${bits}-bit IPAs: what the first table${root.entries > 2 ** GRANULE_BITS[granule].stride ? 's' : ''} can translate`,
      ...(without > 0 || fwb ? [] : ['FWB=0: the leaves do not tell']),
    ],
  };
}

function stage1(root: ScannedRoot): Omit<Judgement, 'weight'> {
  const granule = granuleOf(root);
  const bits = inputBits(root);
  const ds = needsDs(granule, bits);
  const user = share(root, 'leaf', el0);
  const el2 = share(root, 'leaf', p => el0(p) && !nG(p));
  const own = ownMap(root);
  // who may access decides; nG does not: with KPTI on a CPU without E0PD Linux sets it on the kernel's pages too
  const upper = user < 0.5 && !own;
  const size = 64 - bits;
  const tcr = encode(tcrEl1Format, {
    ds: bit(ds),
    ips: PS_CODES[bits > 48 ? 52 : 48],
    tg1: granuleCode1(granule),
    ...(upper
      ? { ...UPPER_WALKS, t1sz: size, epd0: 1, t0sz: 16 }
      : { ...WALKS, tg0: granuleCode0(granule), t0sz: size, epd1: 1, t1sz: 16 }),
  });
  const option = upper ? 'ttbr1' : 'ttbr0';
  return {
    kind: 'arm64.stage1',
    registers: new Map([
      [`${option.toUpperCase()}_EL1`, BigInt(root.address)],
      ['TCR_EL1', tcr],
    ]),
    options: [`--${option}`, hex(root.address), '--tcr', hex(tcr)],
    evidence: [
      upper
        ? `a kernel's half (TTBR1): EL0 may use ${percent(user)} of the leaves`
        : own
          ? 'AP[1] = 0, nG, and nothing in the upper half of the first table: a map that the kernel switches to, as for firmware (TTBR0)'
          : el2 > 0.9
            ? `AP[1] = 1 and global: EL2's own tables, or an identity map (${percent(el2)} of the leaves)`
            : `a user's half (TTBR0): EL0 may use ${percent(user)} of the leaves`,
    ],
    assumed: [
      `${bits}-bit addresses: what the first table can translate`,
      `TTBR${upper ? 1 : 0}, by who may access`,
    ],
  };
}

/**
 * First tables side by side, in a place aligned to all of them, as one stage 2 root: concatenation [Arm ARM,
 * "Concatenated translation tables"]. Only where the architecture has it: above level 0 (4K), and 16 tables at most.
 */
export function joined(roots: readonly ScannedRoot[], isZero: (address: number) => boolean): ScannedRoot[] {
  const single = new Map<string, ScannedRoot>();
  const key = ({ species, level }: ScannedRoot, address: number): string =>
    `${species.id} ${level} ${address}`;
  for (const root of roots)
    if (GRANULES.includes(granuleOf(root)) && root.entries * 8 === bytesOf(root.species.tableFrames))
      single.set(key(root, root.address), root);
  const taken = new Set<ScannedRoot>();
  const whole: ScannedRoot[] = [];
  for (const root of [...single.values()].sort((a, b) => a.address - b.address)) {
    const name = (root.species.regime.levels[root.level] as Level).name;
    if (taken.has(root) || name < 1 || stage1Weight(root).weight > 0) continue;
    const bytes = root.entries * 8;
    let best: ScannedRoot[] = [root];
    for (let n = 2; n <= 16 && root.address % (n * bytes) === 0; n *= 2) {
      const tables: (ScannedRoot | undefined)[] = Array.from({ length: n }, (_, i) =>
        single.get(key(root, root.address + i * bytes)),
      );
      const fits = tables.every(
        (table, i) =>
          (table && !taken.has(table) && stage1Weight(table).weight <= 0) ||
          (!table && isZero(root.address + i * bytes)),
      );
      if (!fits) break;
      if (tables.slice(n / 2).some(table => table)) best = tables.filter(table => table !== undefined);
    }
    const last = best.at(-1) as ScannedRoot;
    if (best.length === 1) continue;
    for (const table of best) taken.add(table);
    const n = 2 ** Math.ceil(Math.log2((last.address - root.address) / bytes + 1));
    whole.push({
      ...root,
      entries: root.entries * n,
      tables: best.reduce((sum, { tables }) => sum + tables, 0) + (n - best.length),
      missing: best.reduce((sum, { missing }) => sum + missing, 0),
      wrong: best.reduce((sum, { wrong }) => sum + wrong, 0),
      leaves: best.reduce((sum, { leaves }) => sum + leaves, 0),
      steps: best.reduce((sum, { steps }) => sum + steps, 0),
      held: best.reduce((sum, { held }) => sum + held, 0),
      patterns: best.flatMap(({ patterns }) => patterns),
      used: best.flatMap(({ used, address }) => used.map(index => index + (address - root.address) / 8)),
    });
  }
  return [...roots.filter(root => !taken.has(root)), ...whole];
}
