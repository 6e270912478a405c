/** Notes of a core: what the CPUs held when it was taken, and VMCOREINFO. */

import { Parser } from 'binary-parser';
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { Remarks } from './errors.ts';
import type { Bytes } from './frames.ts';
import type { ByteSource } from './source.ts';

/** Registers of one CPU. */
export interface CpuRegisters {
  /** Position among the CPUs of the dump, from 0. */
  readonly cpu: number;
  /**
   * Names as debuggers write them: general registers in lower case (`rip`, `pc`, `x0`, `sp`), control registers in
   * capitals (`CR0`, `CR3`, `CR4`), descriptor-table registers and selectors in lower case.
   */
  readonly registers: Readonly<Record<string, bigint>>;
  /** The notes that they come from. */
  readonly from: readonly ('NT_PRSTATUS' | 'QEMU')[];
}

/** What an image says about itself beside its pages. */
export interface ImageNotes {
  /** `x86-64`, `i386`, `arm64`, `arm`; as the container says, which for a dump of 32-bit x86 depends on the writer. */
  readonly machine?: string;
  readonly cpus: readonly CpuRegisters[];
  /** The kernel's VMCOREINFO text, as it is. */
  readonly vmcoreinfo?: string;
}

/** One note, its descriptor not yet read. */
export interface Note {
  readonly name: string;
  readonly type: number;
  /** Where the descriptor begins, in the file. */
  readonly offset: Bytes;
  readonly size: Bytes;
  /** Where the note ends, padding included. */
  readonly end: Bytes;
}

const NT_PRSTATUS = 1;
/** Note names in cores of Linux and QEMU. What follows the stated end of the notes is a note only under one of these. */
const KNOWN_NAMES = new Set(['CORE', 'LINUX', 'QEMU', 'VMCOREINFO', 'ERASEINFO']);
/** Far more than the notes of 8192 CPUs need, and little enough to read. */
const MAX_NOTES = 1 << 17;
const MAX_NAME = 64;
/** A descriptor beyond this is not read: VMCOREINFO is a few KiB, the largest SVE state 17 KiB. */
const MAX_DESCRIPTOR = 1 << 20;
/** Register notes that are kept: two for each of 8192 CPUs. */
const MAX_KEPT = 1 << 14;

/** Text up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const align4 = (n: number): number => Math.ceil(n / 4) * 4;

/** The note that begins at `offset`, or undefined where there is none. */
export function noteAt(source: ByteSource, offset: Bytes): Note | undefined {
  const head = source.read(offset, 12);
  if (head.length < 12) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, 12);
  const nameSize = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  const type = view.getUint32(8, true);
  if (nameSize === 0 || nameSize > MAX_NAME) return undefined;
  const nameBytes = source.read(offset + 12, nameSize);
  if (nameBytes.length < nameSize) return undefined;
  const name = textOf(nameBytes);
  const at = offset + 12 + align4(nameSize);
  return { name, type, offset: at, size, end: at + align4(size) };
}

/** What `readNotes` found between `offset` and `end`, and, because QEMU can misjudge its notes, where they really end. */
export interface NoteList {
  readonly notes: readonly Note[];
  /** Where the last note ends. Differs from the stated end where the notes are longer or shorter than the header says. */
  readonly end: Bytes;
  /** Complete notes of known names that begin at or behind the stated end. */
  readonly beyond: number;
  /** Where, before the stated end, something begins that is neither a note nor padding. */
  readonly broken?: Bytes;
  /** There are more notes than are read. */
  readonly more: boolean;
  /** Whether a note ends just there and none of a known name follows. */
  endsAt(offset: Bytes): boolean;
}

/**
 * Read the chain of notes in [offset, end), and follow it past `end` as long as notes of known names come: QEMU computes the
 * size of arm64 notes from the vector length of the first CPU, and CPUs at other exception levels write longer or shorter SVE notes.
 */
export function readNotes(source: ByteSource, offset: Bytes, end: Bytes): NoteList {
  const notes: Note[] = [];
  let at = offset;
  let beyond = 0;
  while (notes.length < MAX_NOTES) {
    const note = noteAt(source, at);
    if (note === undefined) break;
    if (at >= end && !KNOWN_NAMES.has(note.name)) break;
    if (
      note.end > end &&
      (!KNOWN_NAMES.has(note.name) || note.size > MAX_DESCRIPTOR || note.end > source.size)
    )
      break;
    if (at >= end) beyond++;
    notes.push(note);
    at = note.end;
  }
  const more = notes.length === MAX_NOTES && at < end;
  const rest = more ? 0 : Math.max(0, Math.min(12, end - at));
  return {
    notes,
    end: at,
    beyond,
    more,
    ...(source.read(at, rest).some(byte => byte !== 0) ? { broken: at } : {}),
    endsAt: offset =>
      notes.some(note => note.end === offset) && !KNOWN_NAMES.has(noteAt(source, offset)?.name ?? ''),
  };
}

/** Says where a chain of notes breaks off, and where the file ends before it does. */
export function remarkNotes(
  source: ByteSource,
  { broken, more, notes }: NoteList,
  end: Bytes,
  remarks: Remarks,
): void {
  if (end > source.size) remarks.warn('truncated', 'the file ends inside the notes', source.size);
  else if (broken !== undefined)
    remarks.warn(
      'notes',
      `the notes are damaged at offset ${hex(broken)}: ${counted(end - broken, 'byte')} from there on are left out`,
    );
  if (more) remarks.warn('notes', `more than ${notes.length} notes: those that follow are left out`);
}

const u64 = (names: readonly string[]) =>
  names.reduce((parser, name) => parser.uint64(name), new Parser().endianness('little'));
const u32 = (names: readonly string[]) =>
  names.reduce((parser, name) => parser.uint32(name), new Parser().endianness('little'));

const ARM64_REGS = [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'cpsr'];
const ARM_REGS = [...Array.from({ length: 13 }, (_, i) => `r${i}`), 'sp', 'lr', 'pc', 'cpsr'];
const X64_REGS =
  'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs'.split(
    ' ',
  );
const X86_REGS = 'ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss'.split(' ');

/** struct elf_prstatus by its size: where pr_reg begins and what is in it (include/uapi/linux/elfcore.h, per architecture). */
const PRSTATUS: readonly { machines: readonly string[]; size: Bytes; regs: number; parser: Parser }[] = [
  { machines: ['arm64'], size: 392, regs: 112, parser: u64(ARM64_REGS) },
  { machines: ['x86-64', 'i386'], size: 336, regs: 112, parser: u64(X64_REGS) },
  { machines: ['i386', 'x86-64'], size: 144, regs: 72, parser: u32(X86_REGS) },
  { machines: ['arm'], size: 148, regs: 72, parser: u32(ARM_REGS) },
];

const QEMU_SEGMENTS = ['cs', 'ds', 'es', 'fs', 'gs', 'ss', 'ldt', 'tr', 'gdt', 'idt'] as const;
const qemuSegment = () =>
  new Parser().endianness('little').uint32('selector').uint32('limit').uint32('flags').seek(4).uint64('base');

/** QEMUCPUState, version 1: CR0 at 392, CR3 at 416, CR4 at 424. */
const qemuState = QEMU_SEGMENTS.reduce(
  (parser, name) => parser.nest(name, { type: qemuSegment() }),
  'rax rbx rcx rdx rsi rdi rsp rbp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags'
    .split(' ')
    .reduce(
      (parser, name) => parser.uint64(name),
      new Parser().endianness('little').uint32('version').uint32('size'),
    ),
)
  .uint64('CR0')
  .uint64('CR1')
  .uint64('CR2')
  .uint64('CR3')
  .uint64('CR4');
const QEMU_STATE_BYTES = 432;

function qemuRegisters(bytes: Uint8Array): Record<string, bigint> {
  const { version: _v, size: _s, CR1: _cr1, ...fields } = qemuState.parse(bytes);
  const registers: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'bigint') registers[name] = value;
    else {
      const { selector, limit, flags, base } = value as {
        selector: number;
        limit: number;
        flags: number;
        base: bigint;
      };
      registers[name] = BigInt(selector);
      registers[`${name}_base`] = base;
      registers[`${name}_limit`] = BigInt(limit);
      // The descriptor's high word as QEMU caches it: bit 21 of cs_flags is L, so it tells 64-bit code.
      registers[`${name}_flags`] = BigInt(flags);
    }
  }
  return registers;
}

/** Registers as their notes have them, one for each CPU. */
interface Statuses {
  readonly status: Record<string, bigint>[];
  readonly qemu: Record<string, bigint>[];
}

/** Turn a chain of notes into registers and VMCOREINFO. */
export function decodeNotes(
  source: ByteSource,
  list: readonly Note[],
  stated: string | undefined,
  remarks: Remarks,
): ImageNotes {
  let machine = stated;
  const found: Statuses = { status: [], qemu: [] };
  let vmcoreinfo: string | undefined;
  for (const note of list) {
    if (!isWanted(note)) continue;
    if (note.name !== 'VMCOREINFO' && found.status.length + found.qemu.length >= MAX_KEPT) {
      remarks.warn(
        'notes',
        `more than ${MAX_KEPT} notes of registers: those that follow are left out`,
        note.offset,
      );
      break;
    }
    if (note.size > MAX_DESCRIPTOR) {
      remarks.warn(
        'note-size',
        `the ${note.name} note claims ${note.size} bytes and is left out`,
        note.offset,
      );
      continue;
    }
    const bytes = source.read(note.offset, note.size);
    if (note.name === 'VMCOREINFO') vmcoreinfo = textOf(bytes);
    else if (bytes.length < note.size)
      remarks.warn('truncated', `the file ends inside a ${note.name} note`, note.offset);
    else if (note.name === 'QEMU' && note.size >= QEMU_STATE_BYTES) found.qemu.push(qemuRegisters(bytes));
    else if (note.name === 'CORE') {
      const form = PRSTATUS.find(
        ({ machines, size }) => size === note.size && (machine === undefined || machines.includes(machine)),
      );
      if (form === undefined)
        remarks.note(
          'prstatus-size',
          `NT_PRSTATUS of ${note.size} bytes is no form known for ${machine ?? 'this machine'}`,
          note.offset,
        );
      else {
        // Where the container names no machine (QEMU's kdump), the size of the registers does.
        machine ??= form.machines[0];
        found.status.push(form.parser.parse(bytes.subarray(form.regs)));
      }
    }
  }
  return {
    ...(machine === undefined ? {} : { machine }),
    cpus: cpusOf(found, remarks),
    ...(vmcoreinfo === undefined ? {} : { vmcoreinfo }),
  };
}

const isWanted = ({ name, type }: Note): boolean =>
  name === 'VMCOREINFO' || name === 'QEMU' || (name === 'CORE' && type === NT_PRSTATUS);

/** Both kinds of notes of a CPU are its registers: those of QEMU where both have one. */
function cpusOf({ status, qemu }: Statuses, remarks: Remarks): CpuRegisters[] {
  if (qemu.length > 0 && status.length > 0 && qemu.length !== status.length)
    remarks.warn(
      'cpu-count',
      `${counted(status.length, 'NT_PRSTATUS note')} and ${counted(qemu.length, 'QEMU note')}: matched in order`,
    );
  return Array.from({ length: Math.max(status.length, qemu.length) }, (_, cpu): CpuRegisters => {
    const registers: Record<string, bigint> = {};
    for (const [name, value] of Object.entries({ ...status[cpu], ...qemu[cpu] }))
      registers[name] = BigInt(value);
    const from = [
      ...(status[cpu] ? (['NT_PRSTATUS'] as const) : []),
      ...(qemu[cpu] ? (['QEMU'] as const) : []),
    ];
    return { cpu, registers, from };
  });
}
