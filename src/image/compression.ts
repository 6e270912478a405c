/** What is wrapped around an image or a text. */
import type { Compression } from './container.ts';
import type { Decompressed, DecompressLimits, Unpacked } from './decompress.ts';
import type { ByteSource } from './source.ts';

/** Which compression the first bytes announce. */
export function compressionOf(source: ByteSource): Compression | undefined {
  const [a, b, c, d, e, f] = source.read(0, 6);
  if (a === 0x1f && b === 0x8b && c === 8) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58 && e === 0x5a && f === 0) return 'xz';
  return undefined;
}

/** Undo one layer, see `decompress.ts`: loaded here, because most files are not compressed. */
export async function decompress(
  source: ByteSource,
  kind: Compression,
  limits: DecompressLimits = {},
  unpacked?: Unpacked,
): Promise<Decompressed> {
  const { decompress: undo } = await import('./decompress.ts');
  return undo(source, kind, limits, unpacked);
}
