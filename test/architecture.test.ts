/** Imports point one way, and what is heavy or tied to Node stays at the rim: read from the imports themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** What each folder of `src` may import from, besides itself. Files right in `src` count as `.`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bits: [],
  refs: ['bits'],
  memtype: ['bits', 'refs'],
  image: ['bits', 'refs'],
  text: ['bits', 'refs'],
  kernels: ['bits', 'refs', 'memtype', 'image'],
  walk: ['bits', 'refs', 'memtype', 'kernels', 'image', 'text'],
  faults: ['bits', 'refs', 'memtype', 'image', 'text', 'walk'],
  contract: ['bits', 'refs', 'memtype', 'image', 'text', 'walk', 'faults'],
  arm64: ['bits', 'refs', 'memtype', 'kernels', 'image', 'text', 'walk', 'faults', 'contract'],
  x86: ['bits', 'refs', 'memtype', 'kernels', 'image', 'text', 'walk', 'faults', 'contract'],
};
const LOWER = Object.keys(MAY_IMPORT);
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ...MAY_IMPORT,
  arch: LOWER,
  lint: LOWER,
  kvm: LOWER,
  machine: [...LOWER, 'arch'],
  pasted: [...LOWER, 'arch', 'machine'],
  roots: [...LOWER, 'arch'],
  compare: [...LOWER, 'arch'],
  workers: [...LOWER, 'arch'],
  bench: [...LOWER, 'arch', 'report', 'workers'],
  report: [...LOWER, 'arch', 'lint', 'faults', 'kvm', 'machine', 'pasted', 'roots', 'compare', 'bench'],
};
/** Rooms that see everything. */
const FREE = new Set(['cli', 'index']);

interface Import {
  readonly file: string;
  readonly from: string;
  readonly specifier: string;
}

/** What lies right in `src`: the library's index and the editions of the manuals. */
const AT_THE_TOP = ['index.ts', 'refs.ts'];

/** The contract lies below the architectures that fulfil it, the rest of its room above them. */
const CONTRACT = 'arch/architecture.ts';
const folderOf = (file: string): string =>
  file === CONTRACT ? 'contract' : (file.split('/')[0]?.replace(/\.ts$/, '') ?? '');

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'));

const imports: readonly Import[] = files.flatMap(file => {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export)\b[^'"]*?(?:\bfrom\s*)?['"]([^'"]+)['"];$/gm)]
    .concat([...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)])
    .map(([, specifier = '']) => specifier);
  return specifiers.map(specifier => ({ file, from: folderOf(file), specifier }));
});

const target = ({ file, specifier }: Import): string =>
  folderOf(relative(src, join(src, dirname(file), specifier)).replaceAll('\\', '/'));

test('there are imports to judge', () => {
  expect(files.length).toBeGreaterThan(30);
  expect(imports.length).toBeGreaterThan(100);
});

test('at the top stand rooms, the library and the editions of the manuals', () => {
  expect(files.filter(file => !file.includes('/')).sort()).toEqual(AT_THE_TOP);
});

describe('imports point one way', () => {
  for (const folder of new Set(files.map(folderOf)))
    test(folder, () => {
      const allowed = FREE.has(folder) ? undefined : ALLOWED[folder];
      if (!allowed) {
        expect(FREE, `src/${folder} is new: say here what it may import`).toContain(folder);
        return;
      }
      const wrong = imports
        .filter(({ from, specifier }) => from === folder && specifier.startsWith('.'))
        .filter(one => target(one) !== folder && !allowed.includes(target(one)));
      expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
    });
});

/** The rooms of an architecture, from the ground up: each may import those before it, and itself. */
const ROOMS = ['values', 'registers', 'descriptors', 'memtype', 'walk', 'faults'];

describe('inside an architecture imports point downwards', () => {
  for (const arch of ['arm64', 'x86'])
    test(arch, () => {
      const roomOf = (path: string): number => ROOMS.indexOf(path.split('/')[1] ?? '');
      const wrong = imports.filter(({ file, from, specifier }) => {
        const to = relative(src, join(src, dirname(file), specifier)).replaceAll('\\', '/');
        const judged = from === arch && specifier.startsWith('.') && to.startsWith(`${arch}/`);
        return judged && roomOf(file) >= 0 && !(roomOf(to) >= 0 && roomOf(to) <= roomOf(file));
      });
      expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
    });
});

test('relative imports name the file with its ending', () => {
  const wrong = imports.filter(
    ({ specifier }) => specifier.startsWith('.') && !/\.(ts|wasm)$/.test(specifier),
  );
  expect(wrong).toEqual([]);
});

/** Packages, and the only folders that may know them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  yargs: ['cli'],
  'binary-parser': ['image'],
};
/** Folders that may touch Node itself. */
const NODE = new Set(['image', 'workers', 'cli']);

test('packages stay where they belong', () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const allowed = PACKAGES[specifier];
    return allowed !== undefined && !allowed.includes(from);
  });
  expect(wrong).toEqual([]);
});

test('node: stays at the rim: file readers, threads, the command line', () => {
  expect(imports.filter(({ from, specifier }) => specifier.startsWith('node:') && !NODE.has(from))).toEqual(
    [],
  );
});

test('only the files of the command line that need it at once import yargs', () => {
  const users = imports.filter(({ specifier }) => specifier === 'yargs').map(({ file }) => file);
  expect(users).toEqual(['cli/full.ts']);
});

test('a command module is a description: the work is imported when it runs', () => {
  const wrong = imports.filter(
    ({ file, specifier }) =>
      file.startsWith('cli/commands/') &&
      !['../command.ts', '../options.ts'].includes(specifier) &&
      !specifier.startsWith('../run/'),
  );
  expect(wrong).toEqual([]);
  const eager = files
    .filter(file => file.startsWith('cli/commands/'))
    .filter(file => /^import .*\.\.\/run\//m.test(readFileSync(join(src, file), 'utf8')));
  expect(eager).toEqual([]);
});

test('names load names only: each family when it is asked for', () => {
  for (const file of ['arch/names.ts', 'arm64/names.ts', 'x86/names.ts']) {
    const text = readFileSync(join(src, file), 'utf8');
    const atOnce = [...text.matchAll(/^import (?!type).*'(.+)';$/gm)].map(([, specifier]) => specifier);
    expect(atOnce.filter(specifier => !/\/(names|family|pat)\.ts$/.test(specifier ?? ''))).toEqual([]);
  }
});

/** Frames that are counted, and those that a word holds or a tool prints, which are bigints. */
const OWN_FRAMES = /^(?:image\/frames|bits\/pages)\.ts$/;

test('frames and bytes are turned into each other in one place', () => {
  const other = /[*/%] (?:4096n?|PAGE_BYTES)\b|(?:<<|>>) 12n|shift - 12\b/;
  const wrong = files
    .filter(file => !OWN_FRAMES.test(file) && !file.startsWith('kernels/assembly/'))
    .flatMap(file =>
      readFileSync(join(src, file), 'utf8')
        .split('\n')
        .filter(line => other.test(line.replace(/\/[/*].*|^ +\*.*/, '')))
        .map(line => `${file}: ${line.trim()}`),
    );
  expect(wrong, 'image/frames.ts and bits/pages.ts have the functions').toEqual([]);
});

test('no file imports itself by way of others, types included', () => {
  const reached = (from: string): ReadonlySet<string> => {
    const seen = new Set<string>();
    const queue = [from];
    for (let file = queue.pop(); file !== undefined; file = queue.pop())
      for (const next of graph.get(file) ?? [])
        if (!seen.has(next)) {
          seen.add(next);
          queue.push(next);
        }
    return seen;
  };
  const graph = new Map<string, string[]>(files.map(file => [file, []]));
  for (const { file, specifier } of imports)
    if (specifier.startsWith('.'))
      graph.get(file)?.push(relative(src, join(src, dirname(file), specifier)).replaceAll('\\', '/'));
  const all = new Map(files.map(file => [file, reached(file)]));
  const circles = new Set(
    files
      .filter(file => all.get(file)?.has(file))
      .map(file => [...(all.get(file) ?? [])].filter(other => all.get(other)?.has(file)).sort())
      .map(circle => circle.join(' ')),
  );
  expect([...circles]).toEqual([]);
});

/** Casts by which the compiler is told to forget what it knows, or to believe what it does not: how many, and why. */
const BLIND_CASTS: Readonly<Record<string, readonly [number, why: string]>> = {
  'bits/family.ts': [2, 'families among others: said once, there'],
  'bits/spec.ts': [1, 'of two groups of rows one is there: its type is the part that both have'],
  'cli/main.ts': [1, 'the arguments were read by the description of this very verb'],
  'faults/rights.ts': [1, 'rights among the facts of a reading'],
  'image/decompress.ts': [1, 'zlib of a later Node than the types are of'],
  'memtype/compile.ts': [1, 'the fields that a rule reads are fields of its format'],
  'workers/worker.ts': [1, 'inside a worker there is a parent port'],
};

test('blind casts stand where they are explained, and nowhere else', () => {
  const counts = files.flatMap(file => {
    const found = readFileSync(join(src, file), 'utf8').match(/\bas (?:never\b(?= *[,;)\]])|unknown as\b)/g);
    return found ? [[file, found.length] as const] : [];
  });
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.entries(BLIND_CASTS).map(([file, [count]]) => [file, count])),
  );
});

/** Lines of a function beyond which it is to be cut. */
const LONGEST = 60;
/** Functions that are longer, each with its reason. */
const LONG: Readonly<Record<string, string>> = {
  'kernels/assembly/scan.ts:scanSegment':
    'its locals are what makes it fast, and a function hands back one value',
  'kernels/assembly/directory.ts:lookups':
    'three loops over what is read once before them: as functions they cost 6 % (bench: lookups)',
  'kernels/assembly/pairs.ts:pairs': 'its locals are what makes it fast, and a function hands back one value',
  'kernels/twin.ts:#scanSegment': 'the twin of a kernel, step by step',
  'kernels/twin.ts:pairs': 'the twin of a kernel, step by step',
  'image/lzo.ts:lzo1xDecompress': 'one automaton: every instruction moves the same two cursors',
  'arm64/faults/claims.ts:abortClaim': 'to be cut',
  'arm64/walk/regime.ts:stage1Regime': 'to be cut',
  'arm64/walk/regime.ts:stage2Regime': 'to be cut',
  'arm64/walk/roots.ts:stage1Candidate': 'to be cut',
  'bench/workloads.ts:nested': 'to be cut',
  'bits/codec.ts:checkOf': 'to be cut',
  'text/formats/crash.ts:sayWalk': 'to be cut',
};

/** A declaration, a method, or a constant that is a function; as Biome lays them out. */
const FUNCTION =
  /^( *)(?:export )?(?:default )?(?:(?:public|private|protected|static|override|async|readonly) )*(?:function\*? ?(\w+)|const (\w+)(?:: [^=]+)? = (?:async )?(?:<[^>]*>)?\(|(?:get |set |\*)?(#?\w+)(?:<[^>]*>)?\((?=.*[{(]$))/;
const NO_NAME = /^(?:if|for|while|switch|catch|return|super|throw|await|new|typeof|yield)$/;

/** What Biome indents further, and the brackets that close it, belong to a line. */
function lengthFrom(lines: readonly string[], start: number): number {
  const depth = (line: string): number => line.search(/\S/);
  const own = depth(lines[start] as string);
  let last = start;
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '') continue;
    if (depth(line) < own || (depth(line) === own && !/^ *[)\]}]/.test(line))) break;
    last = i;
  }
  return last - start + 1;
}

test('a function fits on a screen', () => {
  const long = files.flatMap(file => {
    const lines = readFileSync(join(src, file), 'utf8').split('\n');
    return lines.flatMap((line, i) => {
      const [, indent = '', declared, constant, method = ''] = FUNCTION.exec(line) ?? [];
      const name = declared ?? constant ?? (indent.length === 2 && !NO_NAME.test(method) ? method : '');
      return name !== '' && lengthFrom(lines, i) > LONGEST ? [`${file}:${name}`] : [];
    });
  });
  expect(long.filter(name => !(name in LONG))).toEqual([]);
  expect(
    Object.keys(LONG).filter(name => !long.includes(name)),
    'no longer long: strike it out',
  ).toEqual([]);
});
