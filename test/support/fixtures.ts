/** The files under fixtures/, whether they lie there plain or packed. Names are those of fixtures/README.md, without .gz or .zst. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { type OpenOptions, openImage } from '../../src/image/open.ts';
import type { Image } from '../../src/image/parse.ts';

export const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Where a fixture lies: `fixture('real/x86/qemu-npt-256m/sparse.elf')` answers the path that ends in `.elf.zst`. */
export function fixture(name: string): string {
  const path = ['', '.gz', '.zst'].map(end => join(FIXTURES, name + end)).find(existsSync);
  if (path === undefined) throw new Error(`there is no fixture ${name}`);
  return path;
}

/** Its contents, unpacked. */
export function fixtureBytes(name: string): Uint8Array {
  const path = fixture(name);
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : path.endsWith('.zst') ? decompress(bytes) : bytes;
}

export const fixtureText = (name: string): string => new TextDecoder().decode(fixtureBytes(name));

/** One value per line of a .jsonl fixture. The largest have 66 000 lines. */
export function* fixtureLines<T>(name: string): Generator<T> {
  for (const line of fixtureText(name).split('\n')) if (line !== '') yield JSON.parse(line) as T;
}

export const fixtureJson = <T>(name: string): T => JSON.parse(fixtureText(name)) as T;

/** Names (without .gz or .zst) of what lies in a folder of fixtures. */
export const fixtureNames = (folder: string): string[] =>
  readdirSync(join(FIXTURES, folder), { withFileTypes: true }).map(entry =>
    entry.name.replace(/\.(gz|zst)$/, ''),
  );

/** An image among the fixtures, opened the way the command line does it. */
export const openFixture = (name: string, options?: OpenOptions): Promise<Image> =>
  openImage(fixture(name), options);
