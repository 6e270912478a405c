/**
 * The work that is measured: data, one call that does it, and what comes out, so that another implementation can be held
 * against it before anything is timed.
 */

import { descriptorKind } from '../arm64/descriptors/common.ts';
import { stage1Settings as armStage1Settings } from '../arm64/descriptors/stage1.ts';
import { stage2Settings as armSettings } from '../arm64/descriptors/stage2.ts';
import { combineStages } from '../arm64/memtype/combine.ts';
import type { Stage1Meaning, Stage2Meaning } from '../arm64/memtype/meaning.ts';
import { stage1 as armStage1 } from '../arm64/memtype/stage1.ts';
import { stage2 as armStage2 } from '../arm64/memtype/stage2.ts';
import { memoryName } from '../arm64/values/names.ts';
import { stage1Tables, stage2Tables } from '../arm64/walk/tables.ts';
import { settle } from '../bits/settings.ts';
import { split } from '../bits/word.ts';
import { addressOf, frameOf } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import { Heap } from '../kernels/heap.ts';
import { HexReader, textClasses } from '../kernels/hex-words.ts';
import type { Plan } from '../kernels/plan.ts';
import { Resolver } from '../kernels/resolve.ts';
import type { Table } from '../memtype/compile.ts';
import { compile } from '../memtype/compile.ts';
import { guard } from '../memtype/guard.ts';
import { Directory } from '../walk/directory.ts';
import { walkExactly } from '../walk/exact.ts';
import { ResidentWalk } from '../walk/fast.ts';
import { StagePairs } from '../walk/pairs.ts';
import type { Regime } from '../walk/regime.ts';
import { ResidentImage } from '../walk/resident.ts';
import type { WalkResult } from '../walk/result.ts';
import { stage1Kind, stage1Settings as x86PageSettings } from '../x86/descriptors/stage1.ts';
import { stage2Settings as eptSettings, stage2Kind } from '../x86/descriptors/stage2.ts';
import { stage1 as x86Stage1 } from '../x86/memtype/stage1.ts';
import { stage2 as x86Stage2 } from '../x86/memtype/stage2.ts';
import {
  hexDump,
  leafEntries,
  leafTree,
  type Order,
  random,
  type Shape,
  type Tree,
  twoStages,
} from './shapes.ts';

export interface Workload {
  /** `flat`, `walk`… */
  readonly group: string;
  readonly title: string;
  readonly entries: number;
  /** Bytes that must be read at least once. */
  readonly bytes: number;
  run(): void;
  /** What the last run produced, column after column. */
  output(): readonly Uint8Array[];
  /** The same work without kernels, where something better than their twin does it: the exact walker. */
  readonly plain?: { run(): void; output(): readonly Uint8Array[] };
  /** The same work for the native yardstick: files by name, and its command. */
  readonly native?: { readonly files: Readonly<Record<string, Uint8Array>>; readonly command: string };
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The ranges of a walk, column after column. */
export const columnsOf = ({ leaves }: WalkResult): Uint8Array[] =>
  (['input', 'output', 'frames', 'at', 'lo', 'hi', 'inherited', 'level', 'kind'] as const).map(name =>
    bytesOf(leaves[name].subarray(0, leaves.length)),
  );

/** The code of a word, one by one: for the yardstick's tables. */
const codeOf = ({ gather: { steps }, codes }: Plan<unknown>, word: bigint): number => {
  const halves = split(word);
  const key = steps.reduce(
    (key, { half, right, mask, left }) => key | (((halves[half] >>> right) & mask) << left),
    0,
  );
  return codes[key] as number;
};

/** Formats that are resolved, with the key that the yardstick uses for each. */
interface Flat {
  readonly id: string;
  readonly title: string;
  readonly table: Table<unknown>;
  /** The word of one of the yardstick's keys; the inverse of its `KEY_` macro. */
  readonly keyBits: number;
  readonly wordOf: (key: number) => bigint;
}

const high = (key: number, bit: number, to: bigint): bigint => BigInt(key >>> bit) << to;
const WB_WC_UC = 0x0007_0106_0007_0106n; // the PAT that Linux writes

const ARM = settle(armSettings);
const EPT = settle(eptSettings);
const PAGES = settle(x86PageSettings);
/** The type is the same in both stages. */
const noPage = (word: bigint): 'no page' | undefined =>
  descriptorKind(word, ARM)[0] === 'page' ? undefined : 'no page';

/** Eight different memory types, as an operating system might set them. */
const MAIR = 0x44bb_0c04_00aa_ff00n;
/** Stage 1 pages. */
const STAGE_1 = guard(
  compile(armStage1, {
    settings: settle(armStage1Settings, { mair: MAIR }),
    mair: MAIR,
    mair2: 0n,
    walkSh: 0,
    xs: 0,
    mte2: 0,
  }),
  [1, 0],
  noPage,
);

/** Tables for pages of three formats; entries that map nothing have one answer. */
export const FLAT: readonly [Flat, ...Flat[]] = [
  {
    id: 's2',
    title: 'arm64 stage 2',
    table: guard(compile(armStage2, { settings: ARM, fwb: 0, mtePerm: 0, walkSh: 0 }), [1, 0], noPage),
    keyBits: 13,
    wordOf: key => BigInt(key & 0x7ff) | high(key, 11, 53n),
  },
  {
    id: 'ept',
    title: 'x86 EPT',
    table: guard(compile(x86Stage2, EPT), [2, 1, 0], word =>
      stage2Kind(word, EPT) === 'not-present' ? 'not present' : undefined,
    ),
    keyBits: 12,
    wordOf: key => BigInt(key & 0x7ff) | high(key, 11, 63n),
  },
  {
    id: 'x86',
    title: 'x86 page and PAT',
    table: guard(compile(x86Stage1, { settings: PAGES, pat: WB_WC_UC }), [0], word =>
      stage1Kind(word, PAGES) === 'not-present' ? 'not present' : undefined,
    ),
    keyBits: 14,
    wordOf: key => BigInt(key & 0x1fff) | high(key, 13, 63n),
  },
];

/** How a synthetic tree is walked. */
export const regimeOf = ({ root }: Tree): Regime =>
  stage2Tables({ settings: {}, startLevel: 0, indexBits: 9, base: BigInt(root) });

/** Data and results are placed in these kernels' memory. */
export class Workbench {
  readonly kernels: Kernels;
  readonly heap: Heap;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.heap = new Heap(kernels);
  }

  #place(data: ArrayBufferView): number {
    const at = this.heap.take(data.byteLength + 64);
    this.heap.u8.set(bytesOf(data), at);
    return at;
  }

  /** Reading and nothing else: the limit of this machine. */
  read(count: number): Workload {
    const words = leafEntries('worst', count);
    const at = this.#place(words);
    const total = new BigUint64Array(1);
    const chunk = 1 << 17;
    return {
      group: 'read',
      title: 'words, summed',
      entries: count,
      bytes: words.byteLength,
      run: () => {
        let sum = 0n;
        for (let i = 0; i < count; i += chunk)
          sum += this.kernels.sum(at + 8 * i, Math.min(chunk, count - i));
        total[0] = BigInt.asUintN(64, sum);
      },
      output: () => [bytesOf(total)],
      native: { files: { words: bytesOf(words) }, command: 'read words' },
    };
  }

  /** One code per entry, or how many entries have each. */
  flat(
    work: 'flat' | 'histogram',
    { id, title, table, keyBits, wordOf }: Flat,
    shape: Shape,
    count: number,
  ): Workload {
    const words = leafEntries(shape, count);
    const at = this.#place(words);
    const resolver = new Resolver(table, this.heap);
    const codes = this.heap.take(count);
    const counts = new Float64Array(256);
    // the yardstick looks up our codes, so that the results can be compared
    const lut = new Uint8Array(2 ** keyBits);
    const probe = new BigUint64Array(1);
    for (let key = 0; key < lut.length; key++) {
      probe[0] = wordOf(key);
      lut[key] = resolver.resolve(probe).codes[0] as number;
    }
    const run =
      work === 'flat'
        ? () => resolver.resolveInPlace(at, count, codes)
        : () => counts.set(resolver.countsInPlace(at, count));
    return {
      group: work,
      title: `${title}, ${shape}`,
      entries: count,
      bytes: words.byteLength,
      run,
      output: () => [work === 'flat' ? this.heap.u8.slice(codes, codes + count) : bytesOf(counts)],
      native: { files: { words: bytesOf(words), lut }, command: `${work}.${id} words lut` },
    };
  }

  /** Every range of a tree. */
  walk(shape: Shape, order: Order, entries: number): Workload {
    const tree = leafTree(shape, order, Math.ceil(entries / 512));
    const image = new ResidentImage(this.heap, frameOf(tree.words.byteLength));
    this.heap.u32.set(tree.words, image.place / 4);
    const regime = regimeOf(tree);
    const walker = new ResidentWalk(image, tree.entries + 128);
    const all = { maxRanges: tree.entries + 1 };
    let result: WalkResult | undefined;
    let exact: WalkResult | undefined;
    return {
      group: 'walk',
      title: `${shape}, ${order}`,
      entries: tree.entries,
      bytes: tree.words.byteLength,
      run: () => {
        result = walker.walk(regime, all);
      },
      output: () => (result ? columnsOf(result) : []),
      plain: {
        run: () => {
          exact = walkExactly(regime, image, all);
        },
        output: () => (exact ? columnsOf(exact) : []),
      },
      native: {
        files: { image: bytesOf(tree.words) },
        command: `walk image ${tree.root} ${tree.entries + 1}`,
      },
    };
  }

  /** Random addresses in a tree, a tenth of them beyond it. The directory is made beforehand, as C's cache is warm. */
  lookups(shape: Shape, entries: number, count: number): Workload {
    const tree = leafTree(shape, 'shuffled', Math.ceil(entries / 512));
    const image = new ResidentImage(this.heap, frameOf(tree.words.byteLength));
    this.heap.u32.set(tree.words, image.place / 4);
    const next = random(7);
    const addresses = BigUint64Array.from({ length: count }, () => {
      const page = next(Math.ceil(1.1 * tree.entries));
      return addressOf(page) + BigInt(next(4096));
    });
    const from = this.#place(addresses);
    const [outputs, leaves] = [this.heap.take(8 * count), this.heap.take(8 * count)];
    const directory = Directory.of(regimeOf(tree), image);
    const column = (place: number): Uint8Array => this.heap.u8.slice(place, place + 8 * count);
    return {
      group: 'lookups',
      title: `${shape}, random addresses`,
      entries: count,
      bytes: 8 * count,
      run: () => directory?.translateInPlace(from, count, outputs, leaves),
      output: () => [column(outputs), column(leaves)],
      native: {
        files: { image: bytesOf(tree.words), addresses: bytesOf(addresses) },
        command: `lookups image ${tree.root} addresses`,
      },
    };
  }

  /** The effective type of every page that two stages map. */
  nested(shape: Shape, entries: number): Workload {
    const tree = twoStages(shape, Math.ceil(entries / 512));
    const image = new ResidentImage(this.heap, frameOf(tree.words.byteLength));
    this.heap.u32.set(tree.words, image.place / 4);
    const first = stage1Tables({
      settings: { mair: MAIR },
      startLevel: 0,
      indexBits: 9,
      base: BigInt(tree.root),
      iaBits: 48,
      upper: false,
      output: 'ipa',
    });
    const [s2] = FLAT;
    const noPage = <A>(answer: A | 'no page'): A | undefined => (answer === 'no page' ? undefined : answer);
    const onlyPages = <A>({ palette, ...table }: Table<A | 'no page'>): Table<A | undefined> => ({
      ...table,
      palette: palette.map(noPage),
    });
    const pairs = StagePairs.of(
      { regime: first, table: level => (level === 0 ? onlyPages(STAGE_1) : undefined) },
      {
        regime: regimeOf({ ...tree, root: tree.root2 }),
        table: level => (level === 0 ? onlyPages(s2.table) : undefined),
      },
      image,
      (a, b) => {
        const { value } = combineStages(a as Stage1Meaning, b as Stage2Meaning);
        return value.is === 'ok' ? memoryName(value.memory) : value.is;
      },
    );
    if (!pairs) throw new Error('the kernels do not read these stages');
    const codes = new Uint8Array(tree.entries);
    let done = 0;
    const totals = new Float64Array(256);
    const lutOf = (plan: Plan<unknown> | undefined): Uint8Array => {
      const lut = new Uint8Array(2 ** s2.keyBits);
      for (let key = 0; key < lut.length; key++) lut[key] = plan ? codeOf(plan, s2.wordOf(key)) : 0;
      return lut;
    };
    const [lut1, lut2] = [lutOf(pairs.plans[0]), lutOf(pairs.plans[1])];
    return {
      group: 'nested',
      title: `${shape}, both stages`,
      entries: tree.entries,
      bytes: tree.words.byteLength,
      run: () => {
        done = 0;
        const counted = pairs.count(piece => {
          codes.set(piece, done);
          done += piece.length;
        });
        totals.fill(0);
        for (const [code, n] of counted.codes) totals[code] = n;
      },
      output: () => [codes.subarray(0, done), bytesOf(totals)],
      native: {
        files: { image: bytesOf(tree.words), lut1, lut2, pairs: pairs.pairs.slice() },
        command: `nested image ${tree.root} ${tree.root2} lut1 lut2 pairs ${tree.entries}`,
      },
    };
  }

  /** Words from the text of a dump. */
  text(count: number): Workload {
    const text = hexDump(leafEntries('mixed', count));
    const at = this.#place(text);
    this.heap.u8.fill(0, at + text.length, at + text.length + 64);
    const reader = new HexReader(this.heap);
    const words = this.heap.take(8 * count);
    const counts = new Uint32Array(2);
    let found = 0;
    return {
      group: 'text',
      title: 'hex, 16-digit words',
      entries: count,
      bytes: text.byteLength,
      run: () => {
        reader.begin();
        found = reader.readInPlace(at, text.length, words);
        counts.set([reader.addresses, reader.others]);
      },
      output: () => [this.heap.u8.slice(words, words + 8 * found), bytesOf(counts)],
      native: { files: { text, classes: textClasses() }, command: 'text text classes' },
    };
  }
}
