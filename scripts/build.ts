/**
 * Build `dist/`: the command line, the library, its types.
 *
 * The command line is CommonJS, bundled with everything it needs, one file per dynamic import: a verb's code is read when
 * the verb runs. CommonJS starts 5 ms sooner than the same code as ES modules (figures: docs/architecture.md, "Start-up").
 * The library is one ES module that imports its dependencies; its types stand beside it, one file per source.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const top = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string };

/** The commit that is built; empty outside a repository. */
function commit(): string {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], {
    cwd: top,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : '';
}

const shared: BuildOptions = {
  absWorkingDir: top,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none', // dist/THIRD-PARTY.txt has the licences whole
  metafile: true,
  loader: { '.wasm': 'binary' },
  define: { MEMATTR_VERSION: JSON.stringify(version), MEMATTR_COMMIT: JSON.stringify(commit()) },
};

/** The file of a worker thread. */
const WORKER = 'src/workers/worker.ts';

/** `src/cli/run/decode.ts` as `cli/run/decode`, `node_modules/fzstd/esm/index.mjs` as `packages/fzstd/esm/index`. */
const chunkName = (source: string): string =>
  relative(top, source)
    .replace(/^src\//, '')
    .replace(/^node_modules\//, 'packages/')
    .replace(/\.\w+$/, '');

/**
 * The command line into `outdir`: `memattr.cjs` and one file for each module that is imported when it is needed.
 *
 * @returns what esbuild read, for the list of licences.
 */
export async function buildCommandLine(outdir: string): Promise<Metafile[]> {
  const entries = new Map([
    [join(top, 'bin/memattr.ts'), 'memattr'],
    [join(top, WORKER), chunkName(join(top, WORKER))], // started by name: see thread.ts
  ]);
  const metafiles: Metafile[] = [];
  for (const [source, name] of entries) {
    // a Map's iteration visits what is added on the way
    const dynamic: Plugin = {
      name: 'one file per dynamic import',
      setup(b) {
        b.onResolve({ filter: /^[^/]/ }, async ({ kind, path, resolveDir }) => {
          if (kind !== 'dynamic-import' || builtinModules.includes(path.replace(/^node:/, '')))
            return undefined;
          const { path: target } = await b.resolve(path, { kind: 'import-statement', resolveDir });
          entries.set(target, chunkName(target));
          const from = dirname(join(outdir, `${name}.cjs`));
          const to = relative(from, join(outdir, `${chunkName(target)}.cjs`));
          return { path: to.startsWith('.') ? to : `./${to}`, external: true };
        });
      },
    };
    const { metafile } = await build({
      ...shared,
      entryPoints: [source],
      outfile: join(outdir, `${name}.cjs`),
      format: 'cjs',
      supported: { 'dynamic-import': false }, // require(): the loader of ES modules costs 4 ms
      define: { ...shared.define, 'import.meta.url': 'importMetaUrl' },
      inject: [join(top, 'scripts/import-meta-url.ts')], // goes only where a package asks for it
      plugins: [dynamic],
    });
    metafiles.push(metafile as Metafile);
  }
  chmodSync(join(outdir, 'memattr.cjs'), 0o755);
  return metafiles;
}

/** The library, and beside it the worker that it starts. */
async function buildLibrary(outdir: string): Promise<void> {
  await build({
    ...shared,
    minifyWhitespace: false, // somebody will step through it
    minifySyntax: false,
    entryPoints: { index: join(top, 'src/index.ts'), worker: join(top, WORKER) },
    outdir,
    format: 'esm',
    packages: 'external',
  });
}

/** The worker alone into `outdir`, for what runs from the sources. Answers where it is. */
export async function buildWorker(outdir: string): Promise<URL> {
  const outfile = join(outdir, 'worker.cjs');
  await build({ ...shared, entryPoints: [join(top, WORKER)], outfile, format: 'cjs' });
  return pathToFileURL(outfile);
}

/** Declarations, with relative imports spelled as every resolver reads them. */
function buildTypes(outdir: string): void {
  const tsc = join(top, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(top, 'tsconfig.build.json'), '--outDir', outdir];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: top });
  if (status !== 0) throw new Error(`tsc failed:\n${stdout}${stderr}`);
  for (const file of readdirSync(outdir, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(outdir, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/((?:from|import\() *["']\.[^"']*)\.ts(["'])/g, '$1.js$2'));
  }
}

/** The licences of the packages that were bundled. */
function licences(metafiles: readonly Metafile[]): string {
  const packages = new Set<string>();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name !== undefined) packages.add(name);
  }
  const parts = [...packages].sort().map(name => {
    const folder = join(top, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version: string;
      license: string;
    };
    const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  return `The command line bundles these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

async function main(): Promise<void> {
  const dist = join(top, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const [metafiles] = await Promise.all([buildCommandLine(dist), buildLibrary(dist)]);
  writeFileSync(join(dist, 'THIRD-PARTY.txt'), licences(metafiles));
  buildTypes(join(dist, 'types'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
