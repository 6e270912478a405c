/**
 * The door for whatever an argument or an option names: a regular file, a pipe (`<(zstd -dc x.zst)`, a named one), `-` or
 * `/dev/stdin`. Anything else is refused in a sentence. Texts are read whole; a dump is read at offsets, so that what comes
 * through a pipe is taken into a temporary file first.
 */
import { closeSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { once } from '../bits/once.ts';
import { sizeText } from '../report/size.ts';
import { type Io, processIo, readAll, takeStdin } from './io.ts';
import { InputError, UsageError } from './trouble.ts';
import { packedBy } from './words.ts';

const STDIN: ReadonlySet<string> = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);
export const isStdin = (path: string): boolean => STDIN.has(path);

/** How sentences call it. */
export const inputName = (path: string): string => (isStdin(path) ? 'stdin' : path);

// -------------------------------------------------------------------------------------------------- what there is

const SAID: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of the path is no directory',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ELOOP: 'is a link that leads to itself',
  ENXIO: 'is a socket, not a file or a pipe',
};

function saidOf(path: string, error: unknown): InputError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new InputError(`${path}: ${SAID[code] ?? message}`);
}

/** @throws InputError where there is nothing */
function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw saidOf(path, error);
  }
}

/** Is there a file, a pipe or stdin to be read under this name? Folders, devices and sockets are none. */
export function isInput(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true || stat?.isFIFO() === true;
}

/** What can be read neither as a file nor as a pipe. */
function refuse(path: string, stat: Stats): void {
  if (stat.isDirectory()) throw new InputError(`${path}: is a folder, not a file: name a file in it`);
  if (stat.isSocket()) throw new InputError(`${path}: is a socket, not a file or a pipe`);
  if (stat.isCharacterDevice())
    throw new InputError(`${path}: is a device, not a file or a pipe: copy into a file what it holds`);
}

// -------------------------------------------------------------------------------------------------- texts

/** No text that an option reads is longer. */
const MOST_TEXT = 2 ** 28;

const own = once(processIo);

/** What came through pipes, which can be read once: whoever asks again gets the same. */
const texts = new WeakMap<Io, Map<string, string>>();

/**
 * The text that an option names.
 *
 * @param io whose standard input it may be; default: the process's own
 * @param by the option, as it is typed
 * @throws InputError where it cannot be read, or is no text; UsageError where stdin is somebody else's
 */
export function textOf(path: string, io: Io = own(), by: string): string {
  const known = texts.get(io) ?? new Map<string, string>();
  texts.set(io, known);
  const name = inputName(path);
  const key = `${by}\n${name}`;
  let text = known.get(key);
  if (text === undefined) {
    if (isStdin(path)) takeStdin(io, by);
    text = textIn(isStdin(path) ? gathered(io.stdin.chunks(), name) : bytesOf(path), name);
    known.set(key, text);
  }
  return text;
}

/** A text that was read already, for an option that will ask for it. */
export const keepText = (path: string, text: string, io: Io, by: string): void => {
  texts.set(io, new Map([...(texts.get(io) ?? []), [`${by}\n${inputName(path)}`, text]]));
};

function bytesOf(path: string): Uint8Array {
  const stat = statOf(path);
  refuse(path, stat);
  if (stat.size > MOST_TEXT) throw tooLong(path);
  try {
    return stat.isFile() ? readFileSync(path) : gathered(pipeChunks(path), path);
  } catch (error) {
    throw error instanceof InputError ? error : saidOf(path, error);
  }
}

/** A pipe from its beginning to its end. */
export function* pipeChunks(path: string): Generator<Uint8Array> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw saidOf(path, error);
  }
  try {
    yield* readAll(fd);
  } finally {
    closeSync(fd);
  }
}

function gathered(chunks: Iterable<Uint8Array>, name: string): Uint8Array {
  const all: Uint8Array[] = [];
  let size = 0;
  for (const chunk of chunks) {
    size += chunk.length;
    if (size > MOST_TEXT) throw tooLong(name);
    all.push(chunk);
  }
  return Buffer.concat(all);
}

const tooLong = (name: string): InputError =>
  new InputError(`${name}: more than ${MOST_TEXT / 2 ** 20} MiB, which no text is that is read here`);

function textIn(bytes: Uint8Array, name: string): string {
  const tool = packedBy(bytes);
  if (tool === 'gzip') return textIn(unzipped(bytes, name), name);
  if (tool !== undefined)
    throw new InputError(
      `${name}: is compressed with ${tool}: unpack it first, or name <(${tool} -dc ${name})`,
    );
  return new TextDecoder().decode(bytes);
}

/** gzip is Node's own everywhere; what else there is, its tool unpacks. */
function unzipped(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return process.getBuiltinModule('node:zlib').gunzipSync(bytes, { maxOutputLength: MOST_TEXT });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(name);
    throw new InputError(`${name}: the gzip data is damaged or cut (${message})`);
  }
}

// -------------------------------------------------------------------------------------------------- dumps

/** Something to be read at offsets. */
export interface Input {
  /** Where it can be opened, by any thread. */
  readonly path: string;
  /** How sentences call it. */
  readonly name: string;
  /** Bytes that came through a pipe and were taken into a temporary file. */
  readonly spooled?: number;
  close(): void;
}

/** Whoever pipes a dump in knows then where it lies, and how much it was. */
export function saySpooled(verb: string, { name, spooled }: Input, io: Io): void {
  if (spooled !== undefined)
    io.err.write(`memattr ${verb}: note: ${name}: ${sizeText(spooled)} taken into a temporary file\n`);
}

/** What a pipe may carry where `--spool` does not say. */
export const MOST_SPOOLED = 2n ** 34n;

/**
 * What an argument names, ready to be read at offsets; a folder may be, too.
 *
 * @param by who asks: `the dump`
 * @param most bytes that are taken from a pipe
 * @throws InputError where it cannot be read, or a pipe carries more; UsageError where stdin is somebody else's
 */
export async function inputOf(path: string, io: Io, by: string, most = MOST_SPOOLED): Promise<Input> {
  const name = inputName(path);
  const spooled = async (chunks: Iterable<Uint8Array>): Promise<Input> => {
    const { spool } = await import('./spool.ts');
    return { name, ...spool(chunks, name, most) };
  };
  if (isStdin(path)) {
    takeStdin(io, by);
    if (io.stdin.terminal) throw new UsageError(`stdin is a terminal: pipe ${by} in, or name a file`);
    if (io.stdin.file === undefined) return spooled(io.stdin.chunks());
    return { path: io.stdin.file, name, close() {} };
  }
  const stat = statOf(path);
  if (stat.isFIFO()) return spooled(pipeChunks(path));
  if (!stat.isDirectory()) refuse(path, stat);
  return { path, name, close() {} };
}
