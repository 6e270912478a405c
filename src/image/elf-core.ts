/** ELF cores: QEMU's dump-guest-memory, /proc/vmcore, and what other tools write in the same form. */
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { Container } from './container.ts';
import * as elf from './elf-headers.ts';
import { decodeNotes, type NoteList, readNotes, remarkNotes } from './elf-notes.ts';
import { ImageError, Remarks } from './errors.ts';
import { layOut, type Piece } from './extents.ts';
import { type Bytes, frameAt, inPageAt } from './frames.ts';
import { ExtentReader, PagedSpace } from './paged.ts';
import type { ByteSource } from './source.ts';

/** More segments than any dump has (QEMU with paging writes tens of thousands), few enough to read in a second. */
export const MAX_SEGMENTS = 1 << 19;
const HEADERS_PER_READ = 4096;

interface Segment {
  readonly index: number;
  readonly paddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
  /** undefined: the file does not hold this memory. */
  readonly offset: bigint | undefined;
}

export const isElf = (head: Uint8Array): boolean => elf.ELF_MAGIC.every((byte, i) => head[i] === byte);

/**
 * Read an ELF core of either class.
 * @throws ImageError when there is no header to start from: not an ELF file, big-endian, cut inside the header, no program headers.
 */
export function openElfCore(source: ByteSource, cacheBytes?: number): Container {
  const remarks = new Remarks();
  const kind = kindOf(source);
  const head = source.read(0, kind.headerBytes);
  if (head.length < kind.headerBytes)
    throw new ImageError(source.name, 'the file ends inside the ELF header', head.length);
  const header = kind.header(head);
  const machine = machineOf(header, remarks);
  const { loads, notes: noteSegments } = readSegments(source, kind, header, remarks);
  refuseWithoutMemory(source, header, loads, noteSegments);

  if (noteSegments.some(({ offset }) => offset !== undefined && offset >= BigInt(source.size)))
    remarks.warn('truncated', 'the file ends before its notes', source.size);
  const lists = noteSegments
    .filter(({ offset }) => offset !== undefined && offset < BigInt(source.size))
    .map(({ offset, filesz }) => {
      const start = Number(offset);
      const end = start + Math.min(Number(filesz), source.size);
      return { start, end, list: readNotes(source, start, end) };
    });
  const shift = displacement(source, kind, header, loads, lists.at(0), remarks);
  for (const [i, { end, list }] of lists.entries())
    if (i > 0 || shift === 0) remarkNotes(source, list, end, remarks);
  const notes = decodeNotes(
    source,
    lists.flatMap(({ end, list }, i) =>
      list.notes.filter(note => i > 0 || shift >= 0 || note.end <= end + shift),
    ),
    machine,
    remarks,
  );

  const behind = BigInt(lists.at(0)?.end ?? 0);
  const { pieces, absent } = toPieces(source, loads, { behind, shift }, remarks);
  if (absent > 0n)
    remarks.note(
      'absent',
      `${hex(absent)} bytes of memory are named by headers but not held (p_filesz < p_memsz or no p_offset)`,
    );
  const { extents, pieced } = layOut(pieces, remarks);
  return { space: new PagedSpace(new ExtentReader(source, extents, pieced), cacheBytes), notes, remarks };
}

/** Which class of ELF file the first bytes announce. */
function kindOf(source: ByteSource): typeof elf.ELF64 {
  const ident = source.read(0, 16);
  if (!isElf(ident)) throw new ImageError(source.name, 'not an ELF file', 0);
  const kind = ident[4] === elf.CLASS_64 ? elf.ELF64 : ident[4] === elf.CLASS_32 ? elf.ELF32 : undefined;
  if (kind === undefined)
    throw new ImageError(source.name, `ELF class ${ident[4]} is neither 32-bit nor 64-bit`, 4);
  if (ident[5] !== elf.DATA_LSB)
    throw new ImageError(
      source.name,
      `ELF data encoding ${ident[5]} is not little-endian, which is all that is read here`,
      5,
    );
  return kind;
}

/** The machine in our words; undefined where it is none of ours. */
function machineOf(header: elf.FileHeader, remarks: Remarks): string | undefined {
  if (header.type !== elf.ET_CORE)
    remarks.note(
      'not-a-core',
      `ELF type ${header.type} is not a core (4); its segments are taken as memory all the same`,
      16,
    );
  const machine = elf.MACHINES[header.machine];
  if (machine === undefined)
    remarks.note('machine', `ELF machine ${header.machine} is neither arm64 nor x86`, 18);
  return machine;
}

/** A file without segments has nothing to read, and the core of a process no physical addresses. */
function refuseWithoutMemory(
  source: ByteSource,
  header: elf.FileHeader,
  loads: readonly Segment[],
  noteSegments: readonly Segment[],
): void {
  if (loads.length + noteSegments.length === 0)
    throw new ImageError(
      source.name,
      header.phnum > 0 && source.size <= Number(header.phoff)
        ? 'the list of segments should begin here, beyond the end of the file'
        : 'the ELF file has no PT_LOAD and no PT_NOTE segment',
      Number(header.phoff),
    );

  const held = loads.filter(({ filesz }) => filesz > 0n);
  if (held.length > 1 && held.every(({ paddr }) => paddr === 0n))
    throw new ImageError(
      source.name,
      'this is the core of a process: its segments have no physical addresses (p_paddr is 0 in all of them)',
      Number(header.phoff),
    );
}

function readSegments(
  source: ByteSource,
  kind: typeof elf.ELF64,
  header: elf.FileHeader,
  remarks: Remarks,
): { loads: Segment[]; notes: Segment[] } {
  const first = Number(header.phoff);
  const stride = strideOf(kind, header, remarks);
  const total = segmentCount(source, kind, header, stride, remarks);
  const loads: Segment[] = [];
  const notes: Segment[] = [];
  for (let done = 0; done < total; done += HEADERS_PER_READ) {
    const rows = Math.min(HEADERS_PER_READ, total - done);
    kind
      .programHeaders(packed(source, first + done * stride, rows, stride, kind.programHeaderBytes))
      .forEach((row, i) => {
        if (row.type !== elf.PT_LOAD && row.type !== elf.PT_NOTE) return;
        const missing = row.offset === (kind === elf.ELF64 ? elf.NO_OFFSET : elf.NO_OFFSET_32);
        (row.type === elf.PT_LOAD ? loads : notes).push({
          index: done + i,
          paddr: BigInt(row.paddr),
          filesz: BigInt(row.filesz),
          memsz: BigInt(row.memsz),
          offset: missing ? undefined : BigInt(row.offset),
        });
      });
  }
  return { loads, notes };
}

/** Bytes from one program header to the next. */
function strideOf(kind: typeof elf.ELF64, { phentsize }: elf.FileHeader, remarks: Remarks): Bytes {
  if (phentsize >= kind.programHeaderBytes) return phentsize;
  remarks.warn(
    'phentsize',
    `e_phentsize ${phentsize} is too small for a program header; ${kind.programHeaderBytes} is used`,
    kind === elf.ELF64 ? 54 : 42,
  );
  return kind.programHeaderBytes;
}

/** How many program headers to read: those that the header counts, as far as the file and `MAX_SEGMENTS` have room for them. */
function segmentCount(
  source: ByteSource,
  kind: typeof elf.ELF64,
  header: elf.FileHeader,
  stride: Bytes,
  remarks: Remarks,
): number {
  let total = header.phnum;
  if (total === elf.PN_XNUM) {
    const section =
      header.shoff < source.size
        ? source.read(Number(header.shoff), kind.sectionHeaderBytes)
        : new Uint8Array();
    if (header.shoff > 0 && section.length === kind.sectionHeaderBytes)
      total = kind.sectionHeaders(section)[0]?.info ?? 0;
    else
      remarks.warn(
        'phnum',
        'e_phnum says that section header 0 counts the segments, but there is none; 65535 are read',
      );
  }
  const first = Number(header.phoff);
  const room = Math.max(0, Math.floor((source.size - first - kind.programHeaderBytes) / stride) + 1);
  if (total > room) {
    remarks.warn(
      'truncated',
      `the header promises ${counted(total, 'segment')}, the file has room for ${room}`,
      first,
    );
    total = room;
  }
  if (total > MAX_SEGMENTS) {
    remarks.warn(
      'segments',
      `${total} segments are more than the ${MAX_SEGMENTS} that are read; the rest is left out`,
      first,
    );
    total = MAX_SEGMENTS;
  }
  return total;
}

/** `rows` records of `bytes` bytes that lie `stride` apart, without the gaps. */
function packed(source: ByteSource, offset: Bytes, rows: number, stride: Bytes, bytes: Bytes): Uint8Array {
  if (stride === bytes) return source.read(offset, rows * bytes);
  const out = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++) out.set(source.read(offset + row * stride, bytes), row * bytes);
  return out;
}

/** The first note segment, and the notes that its chain really holds. */
interface NoteSegment {
  readonly start: Bytes;
  /** Where the header says that it ends. */
  readonly end: Bytes;
  readonly list: NoteList;
}

/**
 * By how many bytes the segments' data lies behind (or before) p_offset.
 *
 * QEMU sizes arm64 notes by the SVE vector length that its first CPU has at its exception level, then writes each CPU's own. When
 * these differ, the note segment is longer or shorter than its header says, and all data that follows is displaced by the difference.
 * Two witnesses: the file is longer or shorter than its headers say by just what the chain of notes is; or, where the file is cut, known
 * notes go on behind the stated end. A note that merely runs over that end is damage, and moves nothing. Where the size of the file
 * bears out neither place, the remark `may-be-displaced` says so.
 */
function displacement(
  source: ByteSource,
  kind: typeof elf.ELF64,
  header: elf.FileHeader,
  loads: readonly Segment[],
  segment: NoteSegment | undefined,
  remarks: Remarks,
): number {
  if (segment === undefined) return 0;
  const { end, list } = segment;
  const held = loads.filter(({ offset, filesz }) => offset !== undefined && filesz > 0n);
  // Only data that follows the notes directly can have been pushed by them.
  const pushed = held.some(({ offset }) => offset === BigInt(end));
  let last = 0n;
  for (const { offset, filesz } of held) last = bigMax(last, (offset as bigint) + filesz);
  last = bigMax(last, sectionsEnd(source, kind, header, segment));
  const surplus = Number(BigInt(source.size) - last);
  const confirmed = pushed && surplus !== 0 && list.endsAt(end + surplus);
  const shift = confirmed ? surplus : pushed && surplus !== 0 && list.beyond > 0 ? list.end - end : 0;
  if (shift === 0 && list.end > end)
    remarks.warn('note-end', `the last note runs ${list.end - end} bytes past the end of its segment`, end);
  if (pushed && surplus !== 0 && !confirmed && list.end > end)
    remarks.warn(
      'may-be-displaced',
      `all segment data may be displaced: the notes run ${list.end - end} bytes into it, and the size of the file does not say ` +
        `whether it begins at its p_offset or behind the notes; it is read ${shift === 0 ? 'at its p_offset' : 'behind them'}`,
      end,
    );
  if (shift === 0) return 0;
  remarks.warn(
    'displaced',
    `the notes are ${Math.abs(shift)} bytes ${shift > 0 ? 'longer' : 'shorter'} than their header says (QEMU misjudges SVE notes): ` +
      `all segment data is read ${hex(Math.abs(shift))} bytes ${shift > 0 ? 'behind' : 'before'} its p_offset` +
      `${confirmed ? ', which the size of the file confirms' : ''}`,
    end,
  );
  return shift;
}

/** `sh_type` of a section header that is not in use, and of a section that takes no room in the file. */
const SHT_NULL = 0;
const SHT_NOBITS = 8;

/**
 * Where the section headers, and what they list, are said to end; 0 where there are none. QEMU puts the headers before the notes and their
 * string table at the very end of the file. Headers that themselves lie behind the notes may be displaced: only their own end counts.
 */
function sectionsEnd(
  source: ByteSource,
  kind: typeof elf.ELF64,
  { shoff, shentsize, shnum }: elf.FileHeader,
  { start }: NoteSegment,
): bigint {
  if (shnum === 0 || Number(shoff) === 0 || shentsize !== kind.sectionHeaderBytes) return 0n;
  const bytes = shnum * shentsize;
  const end = BigInt(shoff) + BigInt(bytes);
  if (end > BigInt(start)) return end;
  return kind
    .sectionHeaders(source.read(Number(shoff), bytes))
    .filter(({ type }) => type !== SHT_NULL && type !== SHT_NOBITS)
    .reduce((last, { offset, size }) => bigMax(last, BigInt(offset) + BigInt(size)), end);
}

const bigMax = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** p_paddr of memory that has no one place: /proc/kcore writes it for vmalloc areas. */
const NO_PADDR = 2n ** 64n - 1n;

/** What the file really holds of each segment, in physical bytes. */
function toPieces(
  source: ByteSource,
  loads: readonly Segment[],
  displaced: { behind: bigint; shift: number },
  remarks: Remarks,
): { pieces: Piece[]; absent: bigint } {
  const pieces: Piece[] = [];
  let absent = 0n;
  let unplaced = 0;
  for (const { index, paddr, filesz, memsz, offset } of loads) {
    if (memsz > filesz) absent += memsz - filesz;
    if (filesz === 0n) continue;
    if (paddr === NO_PADDR) {
      unplaced++;
      continue;
    }
    if (offset === undefined) {
      absent += filesz;
      continue;
    }
    const at = offset >= displaced.behind ? offset + BigInt(displaced.shift) : offset;
    const bytes = heldOf(source, { index, paddr, filesz }, at, remarks);
    if (bytes > 0n)
      pieces.push({
        index,
        frame: frameAt(paddr),
        head: inPageAt(paddr),
        bytes: Number(bytes),
        offset: Number(at),
      });
  }
  if (unplaced > 0)
    remarks.note(
      'no-address',
      `${counted(unplaced, 'segment')} without a physical address (p_paddr is -1) left out`,
    );
  return { pieces, absent };
}

/** How many bytes of a segment whose data begins at `at` the file holds, and the address space has room for. */
function heldOf(
  source: ByteSource,
  { index, paddr, filesz }: Pick<Segment, 'index' | 'paddr' | 'filesz'>,
  at: bigint,
  remarks: Remarks,
): bigint {
  const size = BigInt(source.size);
  let bytes = filesz;
  if (at < 0n || at >= size) {
    remarks.warn(
      'truncated',
      `segment ${index} (memory at ${hex(paddr)}) lies at ${hex(at)}, beyond the end of the file`,
      source.size,
    );
    return 0n;
  }
  if (at + bytes > size) {
    remarks.warn(
      'truncated',
      `segment ${index} (memory at ${hex(paddr)}) has ${hex(bytes)} bytes, the file ends after ${hex(size - at)} of them`,
      source.size,
    );
    bytes = size - at;
  }
  if (paddr + bytes > 1n << 64n) {
    remarks.warn(
      'address',
      `segment ${index} runs past the 64-bit address space and is cut there`,
      Number(at),
    );
    bytes = (1n << 64n) - paddr;
  }
  return bytes;
}
