/**
 * Rebuild fixtures/ from a folder of captures and golden vectors:
 *
 *   npx tsx scripts/repack-fixtures.ts CAPTURES VECTORS
 *
 * Needs the `xz` and `zstd` commands. Text and JSON lines up to 16 KiB stay plain, so that they can be read where they lie, and so do
 * register files, which are arguments of commands; what is larger is packed as .zst, and the ELF cores of the two linux-6.18 folders as .gz, so that tests walk both ways in.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const PLAIN_BYTES = 16 * 1024;
const MOST_BYTES = 512 * 2 ** 20;

/** Identification of the machine that took the captures, and results of comparisons that our tests make again. */
const LEFT_OUT =
  /^(README\.md|SHA256SUMS|check\.txt|comparison\.txt|listed-disagreements\.jsonl|kallsyms\.txt|hugepages\.txt|uname\.txt|proc-cmdline\.txt|proc-cpuinfo\.txt|bochsrc\.txt|pci\.txt|info_pci\.txt|full.*|dump\..*)$/;

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );

function repack(captures: string): void {
  for (const file of filesIn(captures).sort()) {
    const path = relative(captures, file);
    if (LEFT_OUT.test(basename(file)) || dirname(path).split('/').includes('how')) continue;
    const bytes = file.endsWith('.xz')
      ? execFileSync('xz', ['-dc', file], { maxBuffer: MOST_BYTES })
      : readFileSync(file);
    const target = join(FIXTURES, 'real', path.replace(/\.xz$/, ''));
    mkdirSync(dirname(target), { recursive: true });
    if (path.includes('linux-6.18') && path.endsWith('.elf'))
      writeFileSync(`${target}.gz`, gzipSync(bytes, { level: 9 }));
    else if (bytes.length <= PLAIN_BYTES || path.endsWith('.json')) writeFileSync(target, bytes);
    else {
      const packed = execFileSync(
        'zstd',
        ['-q', '--ultra', '-22', '--no-check', `--stream-size=${bytes.length}`, '-c'],
        {
          input: bytes,
          maxBuffer: MOST_BYTES,
        },
      );
      writeFileSync(`${target}.zst`, packed);
    }
  }
}

const [captures, vectors] = process.argv.slice(2);
if (captures === undefined || vectors === undefined) {
  console.error('usage: npx tsx scripts/repack-fixtures.ts CAPTURES VECTORS');
  process.exitCode = 2;
} else {
  repack(captures);
  // The READMEs there are ours by now.
  cpSync(vectors, join(FIXTURES, 'vectors'), {
    recursive: true,
    filter: path => !path.endsWith('README.md'),
  });
}
