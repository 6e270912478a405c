/** The ELF structures we read, as the generic ABI prints them. Little-endian only: no dump of ours is anything else. */
import { Parser } from 'binary-parser';

export const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46] as const;
export const CLASS_32 = 1;
export const CLASS_64 = 2;
export const DATA_LSB = 1;
export const ET_CORE = 4;
export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** e_phnum of a file with more program headers than 16 bits can count: the number is sh_info of section 0. */
export const PN_XNUM = 0xffff;
/** p_offset that QEMU writes for memory which the file does not hold. */
export const NO_OFFSET = 2n ** 64n - 1n;
export const NO_OFFSET_32 = 0xffff_ffff;

/** e_machine values that we have words for. */
export const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  40: 'arm',
  62: 'x86-64',
  183: 'arm64',
};

/** The fields of a program header that matter here, the same for both classes. */
export interface ProgramHeader {
  readonly type: number;
  readonly offset: number | bigint;
  readonly paddr: number | bigint;
  readonly filesz: number | bigint;
  readonly memsz: number | bigint;
}

/** The fields of the file header that matter here. */
export interface FileHeader {
  readonly type: number;
  readonly machine: number;
  readonly phoff: number | bigint;
  readonly shoff: number | bigint;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
}

/** The fields of a section header that matter here. */
export interface SectionHeader {
  readonly type: number;
  readonly offset: number | bigint;
  readonly size: number | bigint;
  readonly info: number;
}

interface ElfClass {
  readonly headerBytes: number;
  readonly programHeaderBytes: number;
  readonly sectionHeaderBytes: number;
  readonly header: (bytes: Uint8Array) => FileHeader;
  /** Program headers, one after the other without gaps. */
  readonly programHeaders: (bytes: Uint8Array) => readonly ProgramHeader[];
  /** Section headers, one after the other without gaps. */
  readonly sectionHeaders: (bytes: Uint8Array) => readonly SectionHeader[];
}

const le = () => new Parser().endianness('little');

const header64 = le()
  .seek(16)
  .uint16('type')
  .uint16('machine')
  .uint32('version')
  .uint64('entry')
  .uint64('phoff')
  .uint64('shoff')
  .uint32('flags')
  .uint16('ehsize')
  .uint16('phentsize')
  .uint16('phnum')
  .uint16('shentsize')
  .uint16('shnum')
  .uint16('shstrndx');

const header32 = le()
  .seek(16)
  .uint16('type')
  .uint16('machine')
  .uint32('version')
  .uint32('entry')
  .uint32('phoff')
  .uint32('shoff')
  .uint32('flags')
  .uint16('ehsize')
  .uint16('phentsize')
  .uint16('phnum')
  .uint16('shentsize')
  .uint16('shnum')
  .uint16('shstrndx');

const program64 = le()
  .uint32('type')
  .uint32('flags')
  .uint64('offset')
  .uint64('vaddr')
  .uint64('paddr')
  .uint64('filesz')
  .uint64('memsz')
  .uint64('align');

const program32 = le()
  .uint32('type')
  .uint32('offset')
  .uint32('vaddr')
  .uint32('paddr')
  .uint32('filesz')
  .uint32('memsz')
  .uint32('flags')
  .uint32('align');

const section64 = le()
  .uint32('name')
  .uint32('type')
  .uint64('flags')
  .uint64('addr')
  .uint64('offset')
  .uint64('size')
  .uint32('link')
  .uint32('info')
  .uint64('addralign')
  .uint64('entsize');

const section32 = le()
  .uint32('name')
  .uint32('type')
  .uint32('flags')
  .uint32('addr')
  .uint32('offset')
  .uint32('size')
  .uint32('link')
  .uint32('info')
  .uint32('addralign')
  .uint32('entsize');

function all<Row>(row: Parser): (bytes: Uint8Array) => readonly Row[] {
  const rows = new Parser().array('rows', { type: row, readUntil: 'eof' });
  return bytes => (bytes.length === 0 ? [] : rows.parse(bytes).rows);
}

export const ELF64: ElfClass = {
  headerBytes: 64,
  programHeaderBytes: 56,
  sectionHeaderBytes: 64,
  header: bytes => header64.parse(bytes),
  programHeaders: all(program64),
  sectionHeaders: all(section64),
};

export const ELF32: ElfClass = {
  headerBytes: 52,
  programHeaderBytes: 32,
  sectionHeaderBytes: 40,
  header: bytes => header32.parse(bytes),
  programHeaders: all(program32),
  sectionHeaders: all(section32),
};
