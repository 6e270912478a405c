/** Memory without any header: whoever opens it must say where it belongs. */
import type { Container } from './elf-core.ts';
import { ImageError, Remarks } from './errors.ts';
import { layOut } from './extents.ts';
import { ExtentReader, PagedSpace } from './paged.ts';
import type { ByteSource } from './source.ts';

/**
 * The whole file is the memory that begins at physical address `base`: a RAM image, or a single table. A last page that is not
 * complete reads as zero behind the end of the file, so that a table of a few entries can be looked at; that is remarked.
 * @throws ImageError when `base` is not an address.
 */
export function openRaw(source: ByteSource, base: bigint, cacheBytes?: number): Container {
  if (base < 0n || base + BigInt(source.size) > 1n << 64n)
    throw new ImageError(
      source.name,
      `base ${base} and ${source.size} bytes do not fit into 64-bit addresses`,
    );
  const remarks = new Remarks();
  const piece = {
    index: 0,
    frame: Number(base >> 12n),
    head: Number(base & 0xfffn),
    bytes: source.size,
    offset: 0,
  };
  const { extents, pieced } = layOut([piece], remarks, true);
  return {
    space: new PagedSpace(new ExtentReader(source, extents, pieced), cacheBytes),
    notes: { cpus: [] },
    remarks,
  };
}
