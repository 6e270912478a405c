/** From byte ranges, as containers state them, to pages. Shared by every container that holds memory uncompressed. */
import { counted } from '../bits/counted.ts';
import type { Remarks } from './errors.ts';
import { type Bytes, bytesOf, type Frame, frameHex, frameOf, inPage, PAGE_BYTES } from './frames.ts';
import type { Extent, Fragment } from './paged.ts';

/** A run of physical bytes in the file. Addresses are a frame and the bytes into it: doubles do not hold 64-bit addresses. */
export interface Piece {
  /** Its number in the container, for sentences. */
  readonly index: number;
  readonly frame: Frame;
  /** Bytes from the start of `frame` to the first byte. */
  readonly head: Bytes;
  readonly bytes: Bytes;
  /** Where in the file. */
  readonly offset: Bytes;
}

type NumberedExtent = Extent & { readonly index: number };

/**
 * Lay pieces out as pages. Where two hold the same page, the one that begins lower wins (then the earlier one): one sorted pass,
 * whatever a hostile header claims. Pages that only begin or end a piece are put together from several; what is then still missing
 * of a page makes it absent, or, with `pad`, reads as zero. Both are counted and said.
 */
export function layOut(
  pieces: readonly Piece[],
  remarks: Remarks,
  pad = false,
): { extents: Extent[]; pieced: Map<number, Fragment[]> } {
  const whole: NumberedExtent[] = [];
  const fragments: Fragment[] = [];
  for (const { index, frame, head, bytes, offset } of pieces) {
    const end = head + bytes;
    const first = head === 0 ? 0 : 1;
    const last = frameOf(end);
    if (last > first)
      whole.push({
        index,
        frame: frame + first,
        end: frame + last,
        offset: offset + bytesOf(first) - head,
      });
    if (head > 0) fragments.push({ frame, from: head, to: Math.min(end, PAGE_BYTES), offset });
    if (inPage(end) > 0 && (last > 0 || head === 0))
      fragments.push({
        frame: frame + last,
        from: 0,
        to: inPage(end),
        offset: offset + bytesOf(last) - head,
      });
  }
  const extents = resolveOverlaps(whole, remarks);
  return { extents, pieced: pieceTogether(fragments, extents, remarks, pad) };
}

function resolveOverlaps(whole: NumberedExtent[], remarks: Remarks): Extent[] {
  whole.sort((a, b) => a.frame - b.frame || a.index - b.index);
  const extents: { frame: Frame; end: Frame; offset: Bytes; index: number }[] = [];
  let conflicts = 0;
  let example: string | undefined;
  for (const { index, frame, end, offset } of whole) {
    const last = extents.at(-1);
    if (last === undefined || frame > last.end) {
      extents.push({ index, frame, end, offset });
      continue;
    }
    const sameBytes = offset === last.offset + bytesOf(frame - last.frame);
    const shared = Math.min(end, last.end) - frame;
    // The same bytes under two headers (QEMU with paging writes one per virtual mapping) are no conflict.
    if (shared > 0 && !sameBytes) {
      conflicts += shared;
      example ??= `${frameHex(frame)}, segments ${last.index} and ${index}`;
    }
    if (end <= last.end) continue;
    if (sameBytes) last.end = end;
    else extents.push({ index, frame: last.end, end, offset: offset + bytesOf(last.end - frame) });
  }
  if (conflicts > 0)
    remarks.warn(
      'overlap',
      `${counted(conflicts, 'page')} held by more than one segment (first at ${example}): the segment that begins lower is used`,
    );
  return extents;
}

function pieceTogether(
  fragments: Fragment[],
  extents: readonly Extent[],
  remarks: Remarks,
  pad: boolean,
): Map<number, Fragment[]> {
  fragments.sort((a, b) => a.frame - b.frame || a.from - b.from);
  const pieced = new Map<number, Fragment[]>();
  let partial = 0;
  let example: string | undefined;
  let extent = 0;
  for (let i = 0; i < fragments.length; ) {
    const { frame } = fragments[i] as Fragment;
    const parts: Fragment[] = [];
    let covered = 0;
    let gaps = false;
    for (; fragments[i]?.frame === frame; i++) {
      const part = fragments[i] as Fragment;
      if (part.to <= covered) continue;
      gaps ||= part.from > covered;
      const from = Math.max(part.from, covered);
      parts.push({ ...part, from, offset: part.offset + from - part.from });
      covered = part.to;
    }
    while (extent < extents.length && (extents[extent] as Extent).end <= frame) extent++;
    if ((extents[extent]?.frame ?? Number.POSITIVE_INFINITY) <= frame) continue;
    const complete = covered === PAGE_BYTES && !gaps;
    if (complete || pad) pieced.set(frame, parts);
    if (!complete) {
      partial++;
      example ??= frameHex(frame);
    }
  }
  if (partial > 0)
    remarks.warn(
      'partial-page',
      `${counted(partial, 'page')} held only in part (first at ${example}): ${pad ? 'what is missing reads as zero' : 'left out'}`,
    );
  return pieced;
}
