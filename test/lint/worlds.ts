/** Small machines for the rules: tables written entry by entry, and the registers that lead to them. */

import type { Machine } from '../../src/arch/walks.ts';
import { candidatesOf } from '../../src/arch/walks.ts';
import { type LintOptions, type LintResult, lint } from '../../src/lint/engine.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { spacesOf } from '../../src/walk/space.ts';
import { Memory } from '../support/memory.ts';

export const K = 0x1000n;
export const M2 = 0x20_0000n;

/** A leaf of arm64 stage 1: Normal WB (AttrIndx 0) of MAIR below, ISH, AF; PXN and UXN unless said. */
export const A = {
  page: 0x3n,
  block: 0x1n,
  table: 0x3n,
  af: 1n << 10n,
  ish: 3n << 8n,
  osh: 2n << 8n,
  ro: 1n << 7n,
  el0: 1n << 6n,
  device: 1n << 2n,
  nc: 2n << 2n,
  pxn: 1n << 53n,
  uxn: 1n << 54n,
  contiguous: 1n << 52n,
  nG: 1n << 11n,
} as const;
/** Kernel data: Normal WB, read/write at EL1, never executed. */
export const DATA = A.page | A.af | A.ish | A.pxn | A.uxn;
/** Kernel text. */
export const TEXT = A.page | A.af | A.ish | A.ro | A.uxn;
/** Attr0 Normal WB, Attr1 Device-nGnRE, Attr2 Normal NC. */
export const MAIR = 0x44_04ffn;
/** 4K, 39-bit both ranges (three levels from 1), 40-bit addresses, WB ISH walks. */
export const TCR = 0x2_b519_3519n;

/** x86: present, writable, user, XD, global bits. */
export const X = { p: 1n, w: 2n, u: 4n, pwt: 8n, pcd: 16n, ps: 0x80n, xd: 1n << 63n } as const;

export class World {
  readonly memory = new Memory();
  readonly registers = new Map<string, bigint>();
  #next = 0x10_0000n;

  /** A fresh table page. */
  table(at = this.#next): bigint {
    if (at === this.#next) this.#next += K;
    this.memory.touch(Number(at));
    return at;
  }

  set(table: bigint, index: number, word: bigint): this {
    this.memory.write(Number(table) + 8 * index, word);
    return this;
  }

  lint(options: Partial<LintOptions> & { machine?: Machine; only?: string } = {}): LintResult {
    const { machine, only, ...rest } = options;
    const architecture = [...this.registers.keys()].some(name => /_EL\d/.test(name)) ? 'arm64' : 'x86';
    const { found, refused } = candidatesOf(this.registers, architecture, machine);
    if (found.length === 0) throw new Error(JSON.stringify(refused));
    const rules = only === undefined ? lintRules : lintRules.filter(({ id }) => id === only);
    return lint(
      spacesOf(
        found.filter(({ active }) => active),
        this.memory,
      ),
      this.memory,
      { rules, ...rest },
    );
  }
}

/** Stage 1 of EL1&0 without a hypervisor. Lower range: `lower` is the level 3 table of VA 0; upper likewise for TTBR1. */
export function kernel(): World & {
  readonly lower: bigint;
  readonly upper: bigint;
  readonly upper2: bigint;
} {
  const world = new World();
  const chain = (): readonly [bigint, bigint, bigint] => {
    const [l1, l2, l3] = [world.table(), world.table(), world.table()];
    world.set(l1, 0, l2 | A.table).set(l2, 0, l3 | A.table);
    return [l1, l2, l3];
  };
  const [low, , lower] = chain();
  const [high, upper2, upper] = chain();
  world.registers
    .set('TTBR0_EL1', low)
    .set('TTBR1_EL1', high)
    .set('TCR_EL1', TCR)
    .set('MAIR_EL1', MAIR)
    .set('SCTLR_EL1', 0x1005n)
    .set('HCR_EL2', 0x8000_0000n);
  return Object.assign(world, { lower, upper, upper2 });
}

/** A guest (EL1&0 at IPA 0x40000000 and up, mapped one to one by stage 2) over `s2`, the level 3 table of that region. */
export function guest(
  fwb = true,
): World & { readonly s2: bigint; readonly lower: bigint; readonly s2l2: bigint } {
  const world = new World();
  // stage 2: T0SZ 25 (39 bits), start level 1
  const [l1, s2l2, s2] = [world.table(), world.table(), world.table()];
  world.set(l1, 1, s2l2 | A.table).set(s2l2, 0, s2 | A.table);
  // the guest’s own tables at IPA 0x4000_0000, page n of its memory at PA 0x4000_0000 + n
  const base = 0x4000_0000n;
  const [g1, g2, g3] = [base, base + K, base + 2n * K];
  for (const page of [g1, g2, g3]) world.table(page);
  world.set(g1, 0, g2 | A.table).set(g2, 0, g3 | A.table);
  for (let i = 0; i < 3; i++) world.set(s2, i, (base + BigInt(i) * K) | S2.rw);
  world.registers
    .set('TTBR0_EL1', g1)
    .set('TCR_EL1', TCR)
    .set('MAIR_EL1', MAIR)
    .set('SCTLR_EL1', 0x1005n)
    .set('VTTBR_EL2', l1)
    .set('VTCR_EL2', 0x8002_3559n)
    .set('HCR_EL2', 0x8000_0001n | (fwb ? 1n << 46n : 0n));
  return Object.assign(world, { s2, lower: g3, s2l2 });
}

/** Stage 2 leaves for FWB = 1: Normal WB forced or as stage 1; never executed unless said. */
export const S2 = {
  rw: 0x3n | (6n << 2n) | (3n << 6n) | (3n << 8n) | (1n << 10n) | (2n << 53n),
  guestDecides: 0x3n | (7n << 2n) | (3n << 6n) | (3n << 8n) | (1n << 10n) | (2n << 53n),
  device: 0x3n | (1n << 2n) | (3n << 6n) | (1n << 10n) | (2n << 53n),
  xn: 2n << 53n,
} as const;

/** Four-level paging; `pt` maps VA 0, `high` the upper half’s first 2 MiB, `pd` its directory. */
export function pc(): World & {
  readonly pt: bigint;
  readonly high: bigint;
  readonly pd: bigint;
  readonly root: bigint;
} {
  const world = new World();
  const [root, pdpt, pd, pt] = [world.table(), world.table(), world.table(), world.table()];
  const [pdpt2, pd2, high] = [world.table(), world.table(), world.table()];
  const all = X.p | X.w | X.u;
  world
    .set(root, 0, pdpt | all)
    .set(pdpt, 0, pd | all)
    .set(pd, 0, pt | all);
  world
    .set(root, 256, pdpt2 | all)
    .set(pdpt2, 0, pd2 | all)
    .set(pd2, 0, high | all);
  world.registers
    .set('CR0', 0x8005_0033n)
    .set('CR3', root)
    .set('CR4', 0x6f0n)
    .set('EFER', 0xd01n)
    .set('PAT', 0x0407_0506_0007_0106n)
    .set('MTRRCAP', 0x508n)
    .set('MTRR_DEF_TYPE', 0x806n);
  return Object.assign(world, { pt, high, pd, root });
}

/** EPT with `pt` mapping GPA 0. */
export function ept(): World & { readonly pt: bigint } {
  const world = new World();
  const [root, pdpt, pd, pt] = [world.table(), world.table(), world.table(), world.table()];
  world
    .set(root, 0, pdpt | 7n)
    .set(pdpt, 0, pd | 7n)
    .set(pd, 0, pt | 7n);
  world.registers.set('EPTP', root | 0x1en);
  return Object.assign(world, { pt });
}
