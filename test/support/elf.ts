/** Writes ELF cores for tests, good ones and bad ones. Independent of the reader: plain DataView, from the generic ABI. */

export interface TestSegment {
  readonly paddr: bigint;
  readonly data?: Uint8Array;
  readonly memsz?: bigint;
  /** Replaces where the data really lies. */
  readonly offset?: bigint;
  readonly filesz?: bigint;
  readonly type?: number;
}

export interface TestNote {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

export interface TestCore {
  readonly segments: readonly TestSegment[];
  readonly notes?: readonly TestNote[];
  /** What the header says the notes' size is, where it lies. */
  readonly noteBytes?: number;
  readonly bits?: 32 | 64;
  readonly machine?: number;
  readonly type?: number;
  /** Bytes between the headers and the notes. */
  readonly gap?: number;
  /** e_phnum 0xffff and the number in section 0. */
  readonly extended?: boolean;
  readonly ehsize?: number;
}

export const align4 = (n: number): number => Math.ceil(n / 4) * 4;

export function noteBytes({ name, type, desc }: TestNote): Uint8Array {
  const nameSize = name.length + 1;
  const out = new Uint8Array(12 + align4(nameSize) + align4(desc.length));
  const view = new DataView(out.buffer);
  view.setUint32(0, nameSize, true);
  view.setUint32(4, desc.length, true);
  view.setUint32(8, type, true);
  out.set(new TextEncoder().encode(name), 12);
  out.set(desc, 12 + align4(nameSize));
  return out;
}

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

/** Header, [section 0], program headers, [gap], notes, data: the order in which QEMU writes them, everything end to end. */
export function elfCore(core: TestCore): Uint8Array {
  const wide = (core.bits ?? 64) === 64;
  const headerBytes = wide ? 64 : 52;
  const stride = wide ? 56 : 32;
  const sectionBytes = wide ? 64 : 40;
  const notes = concat((core.notes ?? []).map(noteBytes));
  const statedNotes = core.noteBytes ?? notes.length;
  const rows = (notes.length > 0 ? 1 : 0) + core.segments.length;
  const shoff = headerBytes;
  const phoff = headerBytes + (core.extended ? sectionBytes : 0);
  const noteOffset = phoff + rows * stride + (core.gap ?? 0);

  const head = new Uint8Array(noteOffset);
  const view = new DataView(head.buffer);
  head.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, core.type ?? 4, true);
  view.setUint16(18, core.machine ?? 62, true);
  view.setUint32(20, 1, true);
  const phnum = core.extended ? 0xffff : rows;
  if (wide) {
    view.setBigUint64(32, BigInt(phoff), true);
    view.setBigUint64(40, BigInt(core.extended ? shoff : 0), true);
    [core.ehsize ?? 64, stride, phnum, sectionBytes, core.extended ? 1 : 0, 0].forEach((v, i) => {
      view.setUint16(52 + 2 * i, v, true);
    });
  } else {
    view.setUint32(28, phoff, true);
    view.setUint32(32, core.extended ? shoff : 0, true);
    [core.ehsize ?? 52, stride, phnum, sectionBytes, core.extended ? 1 : 0, 0].forEach((v, i) => {
      view.setUint16(40 + 2 * i, v, true);
    });
  }
  if (core.extended) view.setUint32(shoff + (wide ? 44 : 28), rows, true);

  let row = phoff;
  const put = (type: number, offset: bigint, paddr: bigint, filesz: bigint, memsz: bigint) => {
    if (wide) {
      view.setUint32(row, type, true);
      [offset, 0n, paddr, filesz, memsz, 0n].forEach((v, i) => {
        view.setBigUint64(row + 8 + 8 * i, v, true);
      });
    } else {
      [BigInt(type), offset, 0n, paddr, filesz, memsz, 0n, 0n].forEach((v, i) => {
        view.setUint32(row + 4 * i, Number(v & 0xffff_ffffn), true);
      });
    }
    row += stride;
  };
  if (notes.length > 0) put(4, BigInt(noteOffset), 0n, BigInt(statedNotes), BigInt(statedNotes));
  // What a writer that believes `noteBytes` would put into p_offset.
  let stated = BigInt(noteOffset + statedNotes);
  const data: Uint8Array[] = [];
  for (const segment of core.segments) {
    const bytes = segment.data ?? new Uint8Array();
    const filesz = segment.filesz ?? BigInt(bytes.length);
    put(segment.type ?? 1, segment.offset ?? stated, segment.paddr, filesz, segment.memsz ?? filesz);
    data.push(bytes);
    stated += BigInt(bytes.length);
  }
  return concat([head, notes, ...data]);
}

/** `pages` pages, each filled with its own number: word 0 of page i is `seed + i`. */
export function numberedPages(pages: number, seed = 0): Uint8Array {
  const words = new Uint32Array(pages * 1024);
  for (let i = 0; i < pages; i++) words.fill(seed + i, i * 1024, (i + 1) * 1024);
  return new Uint8Array(words.buffer);
}
