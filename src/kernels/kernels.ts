/** Two implementations of the hot loops give the same bytes: WebAssembly, and its plain TypeScript twin where there is none. */
import type { Kernels } from './api.ts';
import { Twin } from './twin.ts';
import { WASM_BASE64 } from './wasm.generated.ts';

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
