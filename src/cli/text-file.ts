/** Text in an input, plain or compressed; and whether it is text at all. */
import { compressionOf, decompress } from '../image/compression.ts';
import { openFile } from '../image/file.ts';
import { isFolder } from '../image/folder.ts';
import { recognise } from '../image/parse.ts';
import type { ByteSource } from '../image/source.ts';
import type { Input } from './files.ts';

const SNIFF = 4096;
const CHUNK = 1 << 20;

/** The file below its compression. */
async function opened<T>({ path, name }: Input, use: (source: ByteSource) => T): Promise<T> {
  const closers: (() => void)[] = [];
  try {
    let source: ByteSource = openFile(path, closers, name);
    for (
      let kind = compressionOf(source), n = 0;
      kind !== undefined && n < 3;
      kind = compressionOf(source), n++
    ) {
      const inner = await decompress(source, kind);
      closers.push(inner.close);
      source = inner.source;
    }
    return use(source);
  } finally {
    while (closers.length > 0) closers.pop()?.();
  }
}

/** No dump that is known, and no byte that text has not: what somebody pasted or captured. */
export const isTextFile = async (input: Input): Promise<boolean> =>
  !isFolder(input.path) &&
  (await opened(input, source => {
    const head = source.read(0, SNIFF);
    return head.length > 0 && recognise(head) === undefined && !head.includes(0);
  }));

/** All of it in chunks, below its compression. */
export const byteChunks = (input: Input): Promise<Uint8Array[]> =>
  opened(input, source => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < source.size; at += CHUNK) chunks.push(source.read(at, CHUNK));
    return chunks;
  });

/** The same as text. */
export async function textChunks(input: Input): Promise<string[]> {
  const decoder = new TextDecoder();
  return (await byteChunks(input)).map(chunk => decoder.decode(chunk, { stream: true }));
}
