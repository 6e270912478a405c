/**
 * Throw damaged dumps at the image readers:
 *
 *   npx tsx scripts/fuzz-images.ts [--runs 100000] [--seed 1] [--only SEED_OF_ONE_RUN]
 *
 * Real dumps of every container under fixtures/, and small ones made here, are mutated (bits, bytes, telling numbers in headers, cuts,
 * pieces doubled, dropped or taken from another dump), opened, and pages read from them. The only things allowed to happen are an answer
 * or an ImageError, within two seconds and within the stated memory. Prints figures; exits 1 on any violation, naming the run's seed.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { ImageError } from '../src/image/errors.ts';
import { openImage } from '../src/image/open.ts';
import { avml, equalPieces, flatten, kdump, lime } from '../test/support/containers.ts';
import { elfCore, numberedPages } from '../test/support/elf.ts';
import { fixture, fixtureBytes } from '../test/support/fixtures.ts';

const MOST_SECONDS = 2;
/** Resident memory that the whole run may reach: the interpreter, the corpus, one output in memory, caches, one list of runs. */
const MOST_MEMORY = 1.5 * 2 ** 30;
const LIMITS = { memoryBytes: 8 * 2 ** 20, outputBytes: 64 * 2 ** 20 };

/** A small generator that can be started anywhere: xorshift on 32 bits. */
function random(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly map?: string;
}

async function corpus(): Promise<Sample[]> {
  const raw = (name: string): Sample => ({ name, bytes: readFileSync(fixture(name)) });
  const unpacked = (name: string): Sample => ({ name: `${name}, unpacked`, bytes: fixtureBytes(name) });
  const segments = [
    { paddr: 0x1000n, data: numberedPages(4, 1) },
    { paddr: 0x12_3800n, data: numberedPages(2, 100), memsz: 0x9000n },
    { paddr: 0x4000_0000n, data: numberedPages(3, 200) },
  ];
  const note = { name: 'CORE', type: 1, desc: new Uint8Array(392) };
  const sve = { name: 'LINUX', type: 0x405, desc: new Uint8Array(544) };
  const core = elfCore({ segments, notes: [note, sve, note, sve], machine: 183 });
  const { space } = await openImage(core);
  const small = kdump(space);
  return [
    { name: 'small ELF64', bytes: core },
    { name: 'small ELF32', bytes: elfCore({ segments, bits: 32, machine: 3 }) },
    {
      name: 'small ELF, displaced',
      bytes: elfCore({ segments, notes: [note, sve, note, sve], noteBytes: 900, machine: 183 }),
    },
    { name: 'small ELF, extended numbering', bytes: elfCore({ segments, extended: true }) },
    { name: 'small kdump', bytes: small },
    { name: 'small kdump of 32 bits', bytes: kdump(space, { bits: 32, packing: 'snappy', blockSize: 8192 }) },
    { name: 'small flattened kdump', bytes: flatten(small, equalPieces(small.length, 3000)) },
    { name: 'small LiME', bytes: lime(space) },
    { name: 'small AVML', bytes: avml(space) },
    { name: 'small gzip', bytes: gzipSync(core) },
    {
      name: 'raw with a map',
      bytes: numberedPages(16),
      map: '00001000-00004fff : System RAM\n00010000-0001bfff : System RAM\n',
    },
    unpacked('real/arm64-linux-6.18/nofwb-nvhe.elf'),
    unpacked('real/x86/qemu-32bit-192m/sparse.elf'),
    raw('real/arm64-linux-6.18/nofwb-nvhe.elf'),
    raw('real/x86/qemu-4level-160m/sparse.elf'),
    raw('real/containers/memory.elf'),
    raw('real/containers/makedumpfile.kdump-zlib'),
    raw('real/containers/makedumpfile.flattened-lzo'),
    raw('real/containers/qemu.flattened-zlib'),
    raw('real/containers/memory.kdump-snappy'),
    raw('real/containers/memory.kdump-zstd'),
    raw('real/containers/memory.avml'),
    raw('real/containers/memory.lime.xz'),
  ];
}

const TELLING = [
  0n,
  1n,
  7n,
  0xffn,
  0xfffn,
  0x1000n,
  0xffffn,
  0x10000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 32n,
  2n ** 40n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 4096n,
  2n ** 64n - 1n,
];

function mutate(sample: Uint8Array, other: Uint8Array, pick: (below: number) => number): Uint8Array {
  let bytes: Uint8Array = sample.slice();
  for (let edits = 1 + pick(6); edits > 0; edits--) {
    // Headers decide most, so most changes go there.
    const reach = [bytes.length, 512, 512, 8192, 8192][pick(5)] as number;
    const at = pick(Math.max(1, Math.min(reach, bytes.length)));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    switch (pick(9)) {
      case 0:
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
        break;
      case 2:
        bytes[at] = pick(256);
        break;
      case 3:
      case 4: {
        const value =
          pick(4) === 0 ? BigInt(bytes.length + pick(64) - 32) : (TELLING[pick(TELLING.length)] as bigint);
        const place = at & ~3;
        const little = pick(8) !== 0;
        if (pick(2) === 0 && place + 8 <= bytes.length)
          view.setBigUint64(place, BigInt.asUintN(64, value), little);
        else if (place + 4 <= bytes.length) view.setUint32(place, Number(BigInt.asUintN(32, value)), little);
        break;
      }
      case 5:
        bytes = bytes.slice(0, pick(bytes.length + 1));
        break;
      case 6: {
        const length = pick(Math.min(5000, bytes.length - at) + 1);
        const to = pick(bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, at + length), bytes.subarray(to)]);
        break;
      }
      case 7:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + pick(5000))]);
        break;
      default: {
        const from = pick(other.length);
        const piece = other.subarray(from, from + pick(2000));
        bytes = bytes.slice();
        bytes.set(piece.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
      }
    }
    if (bytes.length === 0) break;
  }
  return bytes;
}

interface Tally {
  opened: number;
  refused: number;
  pages: number;
  slowest: number;
  slowestRun: string;
  memory: number;
}

async function one(run: number, samples: readonly Sample[], tally: Tally): Promise<string | undefined> {
  const pick = random(run);
  const sample = samples[pick(samples.length)] as Sample;
  const other = samples[pick(samples.length)] as Sample;
  const bytes = mutate(sample.bytes, other.bytes, pick);
  const map =
    sample.map === undefined
      ? undefined
      : new TextDecoder('latin1').decode(mutate(new TextEncoder().encode(sample.map), other.bytes, pick));
  const start = performance.now();
  let trouble: string | undefined;
  try {
    const image = await openImage(bytes, {
      name: sample.name,
      limits: LIMITS,
      cacheBytes: 2 ** 20,
      ...(map === undefined ? { base: 0x1000n } : { map }),
    });
    tally.opened++;
    const { ranges } = image.space;
    for (let i = 0; i < 24 && ranges.length > 0; i++) {
      const { frame, end } = ranges[pick(ranges.length)] as { frame: number; end: number };
      const page = image.space.page(frame + pick(Math.min(end - frame, 2 ** 31)));
      if (page !== undefined) tally.pages++;
      if (page !== undefined && page.length !== 1024) trouble = `a page of ${page.length} words`;
    }
    image.space.prefetch?.([0, 1, 2, 0x123, 0x4_0000, 2 ** 52 - 1]);
    if (image.remarks.some(({ text }) => text.length > 1000))
      trouble = 'a remark of more than 1000 characters';
    image.close();
  } catch (error) {
    tally.refused++;
    if (!(error instanceof ImageError)) trouble = (error as Error).stack ?? String(error);
    else if (error.message.length > 1000 || error.message.includes('\n'))
      trouble = `not one sentence: ${error.message.slice(0, 200)}`;
  }
  const seconds = (performance.now() - start) / 1000;
  if (seconds > tally.slowest) {
    tally.slowest = seconds;
    tally.slowestRun = `${run} (${sample.name})`;
  }
  if (seconds > MOST_SECONDS) trouble ??= `${seconds.toFixed(1)} s`;
  tally.memory = Math.max(tally.memory, process.memoryUsage.rss());
  if (tally.memory > MOST_MEMORY) trouble ??= `${(tally.memory / 2 ** 20).toFixed(0)} MiB of memory`;
  return trouble === undefined ? undefined : `run ${run}, from ${sample.name}: ${trouble}`;
}

const option = (name: string): number | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const runs = option('runs') ?? 100_000;
const first = option('only') ?? (option('seed') ?? 1) * 10_000_000;
const samples = await corpus();
const tally: Tally = { opened: 0, refused: 0, pages: 0, slowest: 0, slowestRun: '', memory: 0 };
let bad = 0;
const started = performance.now();
for (let run = first; run < first + (option('only') === undefined ? runs : 1) && bad < 10; run++) {
  const trouble = await one(run, samples, tally);
  if (trouble !== undefined) {
    bad++;
    console.log(trouble);
  }
  if (process.stderr.isTTY && (run - first) % 500 === 0) process.stderr.write(`\r${run - first} `);
}
console.log(
  `${tally.opened + tally.refused} runs over ${samples.length} dumps in ${((performance.now() - started) / 1000).toFixed(0)} s: ` +
    `${tally.opened} answered (${tally.pages} pages read), ${tally.refused} refused with one sentence, ${bad} violations; ` +
    `slowest ${tally.slowest.toFixed(2)} s, run ${tally.slowestRun}; ${(tally.memory / 2 ** 20).toFixed(0)} MiB at most`,
);
if (bad > 0) process.exitCode = 1;
