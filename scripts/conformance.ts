/** `npm run conformance -- DIR…`: judge every vector family in the folders; exit 1 on any failure or unknown family. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLegend, judgeFile, type VectorFile } from '../test/conformance/judges/runner.ts';

const jsonl = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => JSON.parse(line));

function vectorFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map(name => join(path, name))
    .flatMap(child =>
      statSync(child).isDirectory() ? vectorFiles(child) : child.endsWith('.jsonl') ? [child] : [],
    );
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('usage: npm run conformance -- DIR…   (folders with vector files, *.jsonl)');
  process.exit(2);
}
let passed = 0;
let failed = 0;
let unknown = 0;
for (const path of folders.flatMap(vectorFiles)) {
  const name = basename(path, '.jsonl');
  if (isLegend(name)) continue;
  const file: VectorFile = {
    path,
    name,
    lines: () => jsonl(path),
    siblings: other => jsonl(join(dirname(path), other)),
  };
  const outcome = judgeFile(file);
  console.log(
    outcome.unknown
      ? `${path}: no such family`
      : `${path}: ${outcome.passed} passed, ${outcome.failed} failed`,
  );
  for (const example of outcome.examples) console.log(`  ${example}`);
  passed += outcome.passed;
  failed += outcome.failed;
  unknown += outcome.unknown ? 1 : 0;
}
console.log(
  `${passed} passed, ${failed} failed${unknown > 0 ? `, ${unknown} files of no known family` : ''}`,
);
process.exitCode = failed > 0 || unknown > 0 || passed === 0 ? 1 : 0;
