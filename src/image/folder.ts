/** Folders of table pages, as debuggers' scripts and chipsec leave them. */

import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../bits/counted.ts';
import { Remarks } from './errors.ts';
import { type FileSource, openFile } from './file.ts';
import { type Image, type ParseOptions, toImage } from './parse.ts';
import { openPages } from './raw.ts';
import { type ByteSource, MemorySource } from './source.ts';

/** Files in a folder that are opened; the page tables of one machine are hundreds. */
const MAX_FILES = 1 << 16;
/** Files up to this size are read at once, so that a folder of pages does not hold thousands of files open. */
const SMALL_FILE = 2 ** 20;
/** As long as all of them together stay below this. */
const SMALL_TOTAL = 256 * 2 ** 20;

export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * A folder of table pages: each file is the memory at the address in its name, the last hex number of at least four digits:
 * `0x7c01000.bin`, `page-7c01000`, `ram.dram_7c01000` (chipsec). Other files are counted and left out.
 */
export function openFolder(path: string, options: ParseOptions, closers: (() => void)[]): Image {
  const remarks = new Remarks();
  const files: { source: ByteSource; base: bigint }[] = [];
  const others: string[] = [];
  const lost: string[] = [];
  let inMemory = 0;
  const names = readdirSync(path).sort();
  if (names.length > MAX_FILES)
    remarks.warn('files', `${names.length} files: those after the first ${MAX_FILES} are left out`);
  for (const name of names.slice(0, MAX_FILES)) {
    const base = addressIn(name);
    const file = join(path, name);
    const stat = statOf(file);
    if (base === undefined || !stat?.isFile() || stat.size === 0) {
      (stat === undefined ? lost : others).push(name);
      continue;
    }
    let source: FileSource;
    try {
      source = openFile(file, closers);
    } catch (error) {
      remarks.warn('unreadable-file', (error as Error).message);
      continue;
    }
    if (stat.size > SMALL_FILE || inMemory + stat.size > SMALL_TOTAL) files.push({ source, base });
    else {
      inMemory += stat.size;
      files.push({ source: new MemorySource(source.read(0, stat.size), file), base });
      source.close();
      closers.pop();
    }
  }
  if (others.length > 0)
    remarks.note(
      'other-files',
      `${counted(others.length, 'file')} without an address in the name left out (first ${others[0]})`,
    );
  if (lost.length > 0)
    remarks.warn(
      'lost-links',
      `${counted(lost.length, 'link')} that ${lost.length === 1 ? 'leads' : 'lead'} to no file left out (first ${lost[0]})`,
    );
  return toImage('pages', openPages(files, path, remarks, options.cacheBytes));
}

/** Nothing where there is nothing to be opened: no entry, a link that leads nowhere or to itself. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The address that a file is named by. Extensions and words in front do not matter; a name without a hex number has none. */
function addressIn(name: string): bigint | undefined {
  const dram = /\.dram_([0-9a-f]+)$/i.exec(name)?.[1];
  const numbers = name.replace(/\.[a-z]+$/i, '').match(/(?<![0-9a-z])(?:0x)?[0-9a-f]{4,16}(?![0-9a-z])/gi);
  const digits = dram ?? numbers?.at(-1)?.replace(/^0x/i, '');
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}
