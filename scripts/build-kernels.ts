/**
 * Compile the kernels: AssemblyScript in `src/kernels/assembly` to `src/kernels/wasm.generated.ts`.
 *
 *   tsx scripts/build-kernels.ts            write the generated file
 *   tsx scripts/build-kernels.ts --check    exit 1 if the generated file is not what the sources give
 *
 * The result is committed. So it runs from the sources, from the bundle and in a browser alike, without a compiler and
 * without a loader; a test compiles again and compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * What is used of the compiler. Not its own types: they declare globals (`console`, `load`) that fight with Node's, so
 * the modules are imported by a name that TypeScript does not follow.
 */
interface Asc {
  main(
    argv: readonly string[],
    files: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): readonly string[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}
interface Binaryen {
  readonly Features: Readonly<Record<string, number>>;
  setOptimizeLevel(level: number): void;
  setAlwaysInlineMaxSize(nodes: number): void;
  setFlexibleInlineMaxSize(nodes: number): void;
  setAllowInliningFunctionsWithLoops(allow: boolean): void;
  readBinary(binary: Uint8Array): {
    setFeatures(features: number): void;
    runPasses(passes: readonly string[]): void;
    optimize(): void;
    emitBinary(): Uint8Array;
    emitText(): string;
    dispose(): void;
  };
}
const untyped = async (name: string): Promise<unknown> => import(name);

const KERNELS = 'src/kernels';
export const GENERATED = `${KERNELS}/wasm.generated.ts`;
const FLAGS = [
  ...['--optimizeLevel', '3', '--noAssert'],
  ...['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd,bulk-memory'],
  ...['--disableWarning', '112'], // helpers with vector arguments are not exported from the module
];
/** What Node 20 and every current browser have. Relaxed SIMD is not among it. */
const FEATURES = [
  'SIMD128',
  'BulkMemory',
  'BulkMemoryOpt',
  'SignExt',
  'MutableGlobals',
  'NontrappingFPToInt',
];
/** Size, in nodes, up to which a function goes whole into every caller: `countGroups` is the largest that must. */
const INLINE_UP_TO = 1500;
/**
 * What may still be a call: the loops that `scan` and `descend` share, and the one of `pairs`. A loop that grows beyond the
 * limit above would silently lose its constants, and with them half its speed.
 */
const CALLS_LEFT = 3;

/** The kernels as a WebAssembly module. @throws Error with what the compiler said. */
export async function compileKernels(root: string): Promise<Uint8Array> {
  const { main: asc } = (await untyped('assemblyscript/asc')) as Asc;
  const { default: binaryen } = (await untyped('assemblyscript/binaryen')) as { default: Binaryen };
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc(
    [`${KERNELS}/assembly/index.ts`, '--outFile', 'kernels.wasm', '--baseDir', '.', ...FLAGS],
    {
      readFile: name => {
        try {
          // the compiler appends the ending that our imports have already
          return readFileSync(`${root}/${name.replace(/\.ts\.ts$/, '.ts')}`, 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_name, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary)
    throw new Error(`the kernels do not compile: ${error?.message}\n${stderr.toString()}`);
  // once more, with helpers inlined: passing vectors to a function costs more than the function
  binaryen.setOptimizeLevel(3);
  binaryen.setAlwaysInlineMaxSize(INLINE_UP_TO);
  binaryen.setFlexibleInlineMaxSize(INLINE_UP_TO);
  binaryen.setAllowInliningFunctionsWithLoops(true); // loops whose arguments are constants become loops of their own
  const module = binaryen.readBinary(binary);
  module.setFeatures(FEATURES.reduce((all, name) => all | (binaryen.Features[name] as number), 0));
  module.runPasses(['inlining-optimizing']);
  module.optimize();
  const calls = module.emitText().match(/\(call \$/g)?.length ?? 0;
  if (calls > CALLS_LEFT) throw new Error(`${calls} calls are left in the kernels: raise INLINE_UP_TO`);
  const optimised = module.emitBinary();
  module.dispose();
  return optimised;
}

/** The text of the generated file. */
export function generatedFile(binary: Uint8Array): string {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(/.{1,100}/g) ?? [];
  return `/** Made from \`assembly/\` by scripts/build-kernels.ts: do not edit. ${binary.length} bytes of WebAssembly. */
export const WASM_BASE64 =
${lines.map(line => `  '${line}'`).join(' +\n')};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const text = generatedFile(await compileKernels(root));
  if (!process.argv.includes('--check')) writeFileSync(`${root}/${GENERATED}`, text);
  else if (readFileSync(`${root}/${GENERATED}`, 'utf8') !== text) {
    console.error(`${GENERATED} is not what the sources give: run npm run kernels`);
    process.exitCode = 1;
  }
}
