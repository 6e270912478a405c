/**
 * The hot loops, over one memory that is the home of tables, data and results. Arguments are byte addresses in that
 * memory and counts; what stands where is in `layout.ts`. Two implementations give the same bytes: WebAssembly, and its
 * plain TypeScript twin (`twin.ts`) where there is no WebAssembly.
 */
import { Twin } from './twin.ts';
import { WASM_BASE64 } from './wasm.generated.ts';

export interface Kernels {
  readonly implementation: 'wasm' | 'typescript';
  /** Replaced when the memory grows: views on it must be made again. */
  readonly buffer: ArrayBuffer;
  /** Make the memory at least this large, in bytes. @throws RangeError where it cannot be. */
  reserve(bytes: number): void;

  /** One code per word: `count` u64 at `words` to `count` bytes at `codes`, by the plan at `plan`. */
  resolve(words: number, count: number, codes: number, plan: number): void;
  /** Add to 256 f64 at `counts` how many words have each code. `scratch`: `COUNT_BYTES`. Fewer than 2^32 words. */
  histogram(words: number, count: number, counts: number, plan: number, scratch: number): void;
  /**
   * The words written in hex in `bytes` bytes at `text`, as u64 at `out` (room for one per two bytes); answers how many. A
   * word is `0x` with 1 to 16 digits, or 16 digits alone, and stands between separators; followed by a colon it is an
   * address column. How many of these, and of other tokens, goes to `result`. `classes`: 256 bytes, see `textClasses`.
   */
  hexWords(text: number, bytes: number, out: number, classes: number, result: number): number;
  /** Entries to ranges; see `layout.ts` (`SCAN_*`) and `assembly/scan.ts`. Answers `SCAN_DONE`, `_ASKS` or `_FULL`. */
  scan(job: number): number;
  /** Scan the leaf tables that a piece of a table points to (`DESCEND_*`). Answers as `scan`, or `SCAN_OTHER`. */
  descend(job: number, piece: number): number;
  /** Count entries by class (`TALLY_*`). Answers `SCAN_DONE` or `_ASKS`. */
  tally(job: number): number;
  /** Finish the range that a scan left open. */
  finish(job: number): void;
  /**
   * For `count` u64 input addresses: u64 output addresses, all ones where nothing is mapped, and u64 leaf entries, 0 where
   * there is none, by a directory (`DIRECTORY_*`). Answers `SCAN_DONE` or `_ASKS`.
   */
  lookups(directory: number, addresses: number, count: number, outputs: number, leaves: number): number;
  /** Codes of the pages that two stages map (`PAIRS_*`). Answers `SCAN_DONE` or `_FULL`. */
  pairs(job: number): number;
  /** Add to 256 f64 at `counts` how often each code stands in `count` bytes. `scratch`: as for `histogram`. */
  countCodes(codes: number, count: number, counts: number, scratch: number): void;
  /** The sum of `count` u64, modulo 2^64: what the machine can read, for comparison. */
  sum(words: number, count: number): bigint;
}

/** What we use of WebAssembly; the name is not in the libraries that this project compiles against. */
interface WebAssemblyApi {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}
const WASM_PAGE = 65536;
/** Of 4 GiB in all. */
const WASM_MAX_PAGES = 65536;

type WasmExports = Omit<Kernels, 'implementation' | 'buffer' | 'reserve'>;

class Wasm {
  readonly implementation = 'wasm';
  readonly #memory: InstanceType<WebAssemblyApi['Memory']>;

  constructor(memory: InstanceType<WebAssemblyApi['Memory']>, exports: WasmExports) {
    this.#memory = memory;
    Object.assign(this, exports);
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  reserve(bytes: number): void {
    const pages = Math.ceil((bytes - this.#memory.buffer.byteLength) / WASM_PAGE);
    if (pages > 0) this.#memory.grow(pages);
  }
}

/** Node's `Buffer` takes 0.2 ms for the module, a callback for each byte 5 ms. */
const fromBase64 = (text: string): Uint8Array =>
  typeof Buffer === 'undefined'
    ? Uint8Array.from(atob(text), char => char.charCodeAt(0))
    : Buffer.from(text, 'base64');

let compiled: object | undefined;

/** Fresh kernels in WebAssembly, with a memory of their own; undefined where the host has no WebAssembly with SIMD. */
export function wasmKernels(): Kernels | undefined {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (!api) return undefined;
  try {
    compiled ??= new api.Module(fromBase64(WASM_BASE64));
    const memory = new api.Memory({ initial: 1, maximum: WASM_MAX_PAGES });
    const { exports } = new api.Instance(compiled, { env: { memory } });
    return new Wasm(memory, exports as WasmExports) as Wasm & WasmExports;
  } catch {
    return undefined; // no SIMD, no memory, or a page that forbids compilation
  }
}

/** Fresh kernels in plain TypeScript. */
export const typescriptKernels = (): Kernels => new Twin();

/** Fresh kernels: WebAssembly where it can be had. */
export const freshKernels = (): Kernels => wasmKernels() ?? typescriptKernels();

let shared: Kernels | undefined;
/** The kernels that everything in this thread shares. */
export function kernels(): Kernels {
  shared ??= freshKernels();
  return shared;
}
