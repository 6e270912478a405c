/** Text in a file, plain or compressed, or on stdin; and whether a file is text at all. */
import { compressionOf, decompress } from '../image/compression.ts';
import { openFile } from '../image/file.ts';
import { isFolder } from '../image/folder.ts';
import { recognise } from '../image/parse.ts';
import type { ByteSource } from '../image/source.ts';
import type { Io } from './io.ts';

const SNIFF = 4096;
const CHUNK = 1 << 20;

/** The file below its compression. */
async function opened<T>(path: string, use: (source: ByteSource) => T): Promise<T> {
  const closers: (() => void)[] = [];
  try {
    let source: ByteSource = openFile(path, closers);
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
export const isTextFile = async (path: string): Promise<boolean> =>
  !isFolder(path) &&
  (await opened(path, source => {
    const head = source.read(0, SNIFF);
    return head.length > 0 && recognise(head) === undefined && !head.includes(0);
  }));

/** The whole text in chunks; `-` is stdin. */
export async function textChunks(path: string, io: Io): Promise<string[]> {
  const decoder = new TextDecoder();
  if (path === '-') return [...io.stdin.chunks()].map(chunk => decoder.decode(chunk, { stream: true }));
  return opened(path, source => {
    const chunks: string[] = [];
    for (let at = 0; at < source.size; at += CHUNK)
      chunks.push(decoder.decode(source.read(at, CHUNK), { stream: true }));
    return chunks;
  });
}
