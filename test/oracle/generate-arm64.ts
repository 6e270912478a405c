/** Random arm64 machines, their tables, one access to each: likely to be allowed, unlikely in every way that the model knows. */
import type { Arm64Access } from './arm64.ts';
import { bits, one } from './outcome.ts';
import { Grown, type Luck, type Table } from './random.ts';

export interface Arm64Case {
  readonly registers: Map<string, bigint>;
  readonly memory: Grown;
  readonly access: Arm64Access;
  /** Which tables are walked, by the names that the project gives. */
  readonly root: string;
  readonly stage2: boolean;
}

const PA_CODES = [2, 4, 5, 6] as const;
/** Mostly everything, so that what an entry says is seen. */
const POR = [7, 7, 7, 5, 3, 1, 0, 2, 4, 6, 9];
const PS_BITS = [32, 36, 40, 42, 44, 48, 52];

interface Shape {
  readonly granule: 12 | 14 | 16;
  readonly ds: boolean;
  /** Bits of the output address that the register allows. */
  readonly oa: number;
  readonly code: number;
  readonly lpa: boolean;
}

const low = (granule: number, level: number): number => granule + (granule - 3) * (3 - level);

/** An address in a descriptor, by where its bits lie. */
function placed(address: bigint, { granule, ds, lpa }: Shape): bigint {
  const plain = bits(address, 47, 0);
  if (granule === 16) return lpa ? plain | (bits(address, 51, 48) << 12n) : plain;
  return ds ? plain | (bits(address, 49, 48) << 48n) | (bits(address, 51, 50) << 8n) : plain;
}

function shapeOf(luck: Luck, pa: number, granule: 12 | 14 | 16): Shape {
  const ds = granule !== 16 && pa === 52 && luck.once(2);
  const lpa = granule === 16 && pa === 52;
  const limit = Math.min(pa, ds || granule === 16 ? 52 : 48);
  const code = luck.pick([2, 3, 4, 5, 6].filter(c => (PS_BITS[c] as number) <= Math.max(limit, 40)));
  return { granule, ds, oa: Math.min(PS_BITS[code] as number, limit), code, lpa };
}

/** An output address: `within` bits, aligned; once in thirty beyond what the register allows. */
function output(luck: Luck, shape: Shape, align: number, within: number, widest: number): bigint {
  const inside = (luck.bits(within) >> BigInt(align)) << BigInt(align);
  const beyond = luck.once(30) && shape.oa < widest ? one(shape.oa + luck.below(widest - shape.oa)) : 0n;
  return inside | beyond;
}

/** A register of sixteen nibbles. */
const nibbles = (luck: Luck, from: readonly number[]): bigint =>
  Array.from({ length: 16 }, () => BigInt(luck.pick(from))).reduce((sum, value) => (sum << 4n) | value, 0n);

export function arm64Case(luck: Luck): Arm64Case {
  const paCode = luck.pick(PA_CODES);
  const pa = PS_BITS[paCode] as number;
  const kind = luck.pick(['guest', 'guest', 'guest', 'kernel', 'host', 'el2', 'el3'] as const);
  const stage2 = kind === 'guest';
  const registers = new Map<string, bigint>();
  const hafdbs = BigInt(luck.pick([0, 2, 2, 3]));
  registers.set(
    'ID_AA64MMFR0_EL1',
    BigInt(paCode) |
      (paCode === 6
        ? (1n << 28n) | (2n << 20n) | (3n << 40n) | (3n << 32n)
        : (1n << 20n) | (2n << 40n) | (2n << 32n)) |
      (2n << 36n),
  );
  registers.set('ID_AA64MMFR1_EL1', hafdbs | (2n << 4n) | (1n << 12n) | (3n << 20n) | (1n << 28n));
  registers.set('ID_AA64MMFR2_EL1', (1n << 28n) | (1n << 40n) | (1n << 60n));
  const indirect = luck.once(3);
  registers.set(
    'ID_AA64MMFR3_EL1',
    indirect ? 1n | (1n << 8n) | (1n << 12n) | (1n << 16n) | (1n << 20n) : 0n,
  );
  const rme = luck.once(2);
  registers.set('ID_AA64PFR0_EL1', 0x1111n | (rme ? one(52) : 0n));

  // stage 1
  const upperAllowed = kind !== 'el2' && kind !== 'el3';
  const upper = upperAllowed && luck.once(3);
  const shape1 = shapeOf(luck, pa, luck.pick([12, 12, 14, 16]));
  const txsz = luck.once(60)
    ? luck.pick([4, 11, 52])
    : shape1.ds
      ? 12 + luck.below(30)
      : 16 + luck.below(shape1.granule === 16 ? 28 : 30);
  const ia = 64 - txsz;
  const el = kind === 'guest' || kind === 'kernel' ? 1 : kind === 'el3' ? 3 : 2;
  const two = upperAllowed;
  const tg = upper
    ? { 12: 2n, 14: 1n, 16: 3n }[shape1.granule] << 30n
    : { 12: 0n, 14: 2n, 16: 1n }[shape1.granule] << 14n;
  const otherTg = two ? (upper ? 0n : 2n << 30n) : 0n;
  const tbi = luck.once(3);
  let tcr = tg | otherTg | BigInt(upper ? txsz << 16 : txsz) | (two ? BigInt(upper ? 25 : 25 << 16) : 0n);
  const at2 = (lower: number, higher: number, single: number): number =>
    two ? (upper ? higher : lower) : single;
  tcr |= BigInt(shape1.code) << (two ? 32n : 16n);
  if (shape1.ds) tcr |= one(two ? 59 : 32);
  if (tbi) tcr |= one(at2(37, 38, 20)) | luck.flag(at2(51, 52, 29), 3);
  tcr |= luck.flag(at2(41, 42, 24), 5);
  if (two) tcr |= luck.flag(upper ? 23 : 7, 40) | luck.flag(upper ? 56 : 55, 12);
  if (hafdbs > 0n) {
    const ha = luck.once(2);
    if (ha) tcr |= one(two ? 39 : 21) | luck.flag(two ? 40 : 22);
  }
  if (!two) tcr |= one(31) | one(23);
  let pie = false;
  let poe = false;
  if (indirect) {
    pie = luck.once(2);
    poe = luck.once(2);
    if (el === 3) tcr |= (pie ? one(35) : 0n) | (poe ? one(36) : 0n);
    else
      registers.set(
        `TCR2_EL${el}`,
        (pie ? 2n : 0n) | (poe ? 8n | luck.flag(2) : 0n) | (hafdbs === 3n ? luck.flag(11, 4) : 0n),
      );
    registers.set(`PIR_EL${el}`, nibbles(luck, [0, 1, 2, 3, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14, 15]));
    if (two)
      registers.set(`PIRE0_EL${el}`, luck.once(2) ? luck.bits(64) & 0x3333_3333_3333_3333n : luck.bits(64));
    registers.set(`POR_EL${el}`, nibbles(luck, POR));
    registers.set('POR_EL0', nibbles(luck, POR));
  }
  registers.set(`TCR_EL${el}`, tcr);
  registers.set(`MAIR_EL${el}`, 0x00_44_04_ffn | (0x0c_bb_4f_f4n << 32n));
  const on = !luck.once(25);
  registers.set(
    `SCTLR_EL${el}`,
    0x30d0_0800n | (on ? 1n : 0n) | 4n | luck.flag(19, 4) | (el < 3 ? luck.flag(57, 3) : 0n),
  );
  let hcr = one(31);
  if (kind === 'host') hcr |= one(34) | one(27);
  if (kind === 'guest') hcr |= 1n | luck.flag(2, 3) | luck.flag(46, 3) | luck.flag(12, 40);
  registers.set('HCR_EL2', hcr);
  registers.set('HCRX_EL2', one(14));
  const scr = one(0) | one(10) | one(8);
  registers.set('SCR_EL3', scr);

  // stage 2
  const shape2 = shapeOf(luck, pa, luck.pick([12, 12, 14, 16]));
  const max2 = Math.min(pa, shape2.ds || shape2.granule === 16 ? 52 : 48);
  const ipa = stage2 ? 32 + luck.below(max2 - 31) : 0;
  const stride2 = shape2.granule - 3;
  const starts = (shape2.granule === 12 ? [2, 1, 0] : [3, 2, 1]).map(level => ({
    level,
    first: ipa - low(shape2.granule, level),
  }));
  const limit44 = shape2.granule === 14 ? 42 : 44;
  const fits = starts.filter(
    ({ first }, sl0) => first >= 1 && first <= stride2 + 4 && (sl0 < 2 || pa >= limit44),
  );
  const start2 = fits.length > 0 ? luck.pick(fits) : undefined;
  const s2pie = indirect && luck.once(2);
  const s2poe = s2pie && luck.once(2);
  // the tables of a guest lie in its own memory, which stage 2 maps one to one where it maps it
  const widest1 = shape1.granule === 16 || shape1.ds ? (shape1.granule === 16 && !shape1.lpa ? 48 : 52) : 48;
  const outputs1 = stage2 ? Math.min(shape1.oa, ipa, 40) : shape1.oa;
  const decide = ({ tree, level, input }: Table, index: bigint): bigint => {
    const first = tree === 'stage1';
    const shape = first ? shape1 : shape2;
    const { granule, ds } = shape;
    const here = input + (index << BigInt(low(granule, level)));
    const blockOk =
      granule === 12
        ? level === 2 || level === 1 || (level === 0 && ds)
        : granule === 14
          ? level === 2 || (level === 1 && ds)
          : level === 2 || (level === 1 && shape.lpa);
    if (luck.once(40)) return luck.bits(64) & ~1n;
    if (level === 3 && luck.once(60)) return (luck.bits(64) & ~3n) | 1n;
    if (level < 3 && !blockOk && luck.once(60)) return (luck.bits(64) & ~3n) | 1n;
    if (level < 3 && !(blockOk && luck.once(3))) {
      const next = memory.table(tree, level + 1, one(granule), here);
      const far = luck.once(40) && shape.oa < 48 ? one(shape.oa + luck.below(48 - shape.oa)) : 0n;
      const hierarchy = first && !two ? 0x5000_0000_0000_0000n : 0x7800_0000_0000_0000n;
      const wishes = first && luck.once(4) ? luck.bits(64) & hierarchy : 0n;
      return placed(next | far, shape) | 3n | wishes | (first || luck.once(2) ? luck.flag(10) : 0n);
    }
    const align = low(granule, level);
    const address = first
      ? output(luck, shape, align, Math.max(outputs1, align), widest1)
      : luck.once(30) && shape.oa < 48
        ? here | one(Math.max(align, shape.oa + luck.below(48 - shape.oa)))
        : here;
    let word = placed(address, shape) | (level === 3 ? 3n : 1n);
    word |= luck.once(20) ? 0n : one(10);
    if (!ds) word |= 3n << 8n;
    if (first) {
      word |= BigInt(luck.below(4)) << 2n;
      word |= pie || two ? luck.flag(6) : one(6);
      word |= luck.flag(7, 3) | luck.flag(51, 4) | luck.flag(54, 3);
      if (pie || two) word |= luck.flag(53, 3);
      if (poe) word |= luck.bits(3) << 60n;
      if (el === 3 && rme) word |= one(11);
      if (el === 3 && rme && luck.once(4)) word ^= luck.pick([one(11), one(5)]);
      return word;
    }
    word |= (luck.once(14) ? BigInt(luck.pick([0, 1, 2])) : luck.pick([0xfn, 0xfn, 5n])) << 2n;
    if (bits(hcr, 46) === 1n && bits(word, 5, 2) === 0xfn)
      word = (word & ~(0xfn << 2n)) | (luck.pick([6n, 7n]) << 2n);
    if (s2pie) word |= luck.flag(6) | luck.flag(51) | (luck.bits(2) << 53n) | luck.flag(7);
    else
      word |=
        ((luck.once(10) ? luck.bits(2) : 3n) << 6n) |
        luck.flag(51, 5) |
        (luck.once(4) ? luck.bits(2) << 53n : 0n);
    if (s2poe) word |= luck.bits(4) << 59n;
    word |= luck.flag(58, 30);
    return word;
  };
  const memory = new Grown(decide);

  const start1 = 3 - Math.floor((ia - 1 - shape1.granule) / (shape1.granule - 3));
  const size1 = one(Math.max(6, ia - low(shape1.granule, start1) + 3));
  const root1 = memory.table('stage1', start1, size1);
  const base52 = (shape: Shape): boolean =>
    shape.ds || (shape.granule === 16 && pa >= 52 && shape.code === 6);
  const farRoot = (shape: Shape): bigint =>
    luck.once(40) && shape.oa < 48 ? one(shape.oa + luck.below(48 - shape.oa)) : 0n;
  const ttbr = (root: bigint, shape: Shape): bigint => {
    const address = root | farRoot(shape);
    return base52(shape) ? (bits(address, 47, 6) << 6n) | (bits(address, 51, 48) << 2n) : address;
  };
  registers.set(`TTBR${upper ? 1 : 0}_EL${el}`, ttbr(root1, shape1));
  if (two) registers.set(`TTBR${upper ? 0 : 1}_EL${el}`, 0x8000_0000n);
  if (stage2) {
    const sl0 = start2 ? BigInt((shape2.granule === 12 ? 2 : 3) - start2.level) : 0n;
    let vtcr =
      one(31) |
      BigInt(luck.once(80) ? 52 : 64 - ipa) |
      (sl0 << 6n) |
      ({ 12: 0n, 14: 2n, 16: 1n }[shape2.granule] << 14n) |
      (BigInt(shape2.code) << 16n) |
      (3n << 12n) |
      (5n << 8n);
    if (shape2.ds) vtcr |= one(32);
    if (hafdbs > 0n && luck.once(2))
      vtcr |= one(21) | luck.flag(22) | (hafdbs === 3n ? luck.flag(44, 4) : 0n);
    if (s2pie) vtcr |= one(36) | (s2poe ? one(37) : 0n);
    if (s2pie) vtcr |= luck.flag(41, 8) | luck.flag(35, 8) | luck.flag(34, 4);
    registers.set('VTCR_EL2', vtcr);
    registers.set('S2PIR_EL2', luck.once(2) ? luck.bits(64) : luck.bits(64) | 0xcccc_cccc_cccc_ccccn);
    registers.set('S2POR_EL1', luck.bits(64) | 0x8888_8888_8888_8888n);
    const size2 = start2 ? one(Math.max(start2.first + 3, 6)) : 4096n;
    const root2 = memory.table('stage2', start2?.level ?? 1, size2);
    registers.set('VTTBR_EL2', ttbr(root2, shape2));
  }

  // the access
  let address = luck.bits(ia);
  if (!on) address = luck.bits(stage2 ? ipa : pa);
  else if (upper) address = BigInt.asUintN(64, address | (-1n << BigInt(ia)));
  if (upper && ia <= 55) address |= one(55);
  if (!upper && two && ia > 55) address &= ~one(55);
  if (luck.once(9)) address = BigInt.asUintN(64, (address & ~(0xffn << 56n)) | (luck.bits(8) << 56n));
  if (luck.once(40) && ia < 55) address ^= one(ia + luck.below(55 - ia));
  const what = luck.pick([
    'read',
    'write',
    'fetch',
    'read',
    'write',
    pie ? 'gcs-read' : 'read',
    pie ? 'gcs-write' : 'write',
  ] as const);
  const own =
    kind === 'guest' || kind === 'kernel'
      ? luck.pick([0, 1] as const)
      : kind === 'host'
        ? luck.pick([0, 2] as const)
        : kind === 'el2'
          ? 2
          : 3;
  const access: Arm64Access = {
    el: own,
    kind: what,
    address,
    aligned: !luck.once(8),
    pan: luck.once(3),
    ...(two && own > 0 && what !== 'fetch' && luck.once(8) ? { unprivileged: true } : {}),
  };
  const name = kind === 'el2' ? 'el2' : kind === 'el3' ? 'el3' : `el${el}.ttbr${upper ? 1 : 0}`;
  return { registers, memory, access, root: name, stage2 };
}
