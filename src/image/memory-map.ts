/** Where the bytes of a raw image belong: the memory maps that people have at hand, read by token. */
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import { ImageError } from './errors.ts';
import { inPageAt } from './frames.ts';

/** A range of physical memory, end exclusive, and where in the file its bytes are if the map says so. */
export interface MapRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly offset?: number;
}

/** Memory, device registers, or something that a map names without saying which. */
export type DeclaredKind = 'ram' | 'mmio' | 'other';
/** A range of physical addresses as a map declares it. */
export interface DeclaredRange extends MapRange {
  readonly kind: DeclaredKind;
  /** What the map calls it. */
  readonly what: string;
  /** QEMU: which kind of region it is, `ram`, `rom`, `i/o`. */
  readonly region?: string;
}

/** How a line of each kind looks. Groups: start, last byte or end, what it is, offset. */
interface LineForm {
  readonly name: string;
  readonly pattern: RegExp;
  /** Whether the line is memory that an image holds. */
  readonly ram: (what: string) => boolean;
  /** Whether it is device registers. */
  readonly mmio: (what: string) => boolean;
  readonly inclusive: boolean;
}

/** Names of /proc/iomem that are neither memory for everyone nor device registers. */
const NEITHER =
  /^(reserved|unknown|ACPI|persistent|soft reserved|RAM buffer|unusable|crash|(system|video|adapter) ROM)/i;

const FORMS: readonly LineForm[] = [
  {
    // 00000000000c0000-00000000000dffff (prio 1, ram): pc.ram @00000000000c0000
    name: 'info mtree -f',
    pattern: /^\s*([0-9a-f]{8,16})-([0-9a-f]{8,16}) \(prio -?\d+, ([\w/-]+)\)[^@]*(?:@([0-9a-f]+))?/i,
    ram: what => /^(ram|ramd|rom|romd|nv-?ram)$/i.test(what),
    mmio: what => /^i\/o$/i.test(what),
    inclusive: true,
  },
  {
    // BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
    name: 'e820',
    pattern: /\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]\s*(.*?)\s*$/i,
    ram: what => /^(usable|System RAM)\b/i.test(what),
    mmio: () => false,
    inclusive: true,
  },
  {
    // BIOS-e820: 0000000000000000 - 000000000009fc00 (usable), as kernels before 3.10 wrote it: the end is behind the last byte
    name: 'e820',
    pattern: /\be820: ([0-9a-f]{16}) - ([0-9a-f]{16}) \((.*?)\)/i,
    ram: what => /^usable$/i.test(what),
    mmio: () => false,
    inclusive: false,
  },
  {
    // 00100000-09ffffff : System RAM; indented lines are parts of the one above
    name: '/proc/iomem',
    pattern: /^([0-9a-f]+)-([0-9a-f]+) : (.*?)\s*$/i,
    ram: what => /^System RAM\b/i.test(what),
    mmio: what => !/^System RAM\b/i.test(what) && !NEITHER.test(what),
    inclusive: true,
  },
  {
    // 0000             1000 -            9efff       -> 1000, as MemProcFS writes it
    name: 'range list',
    pattern: /^\s*[0-9a-f]{4}\s+([0-9a-f]+)\s+-\s+([0-9a-f]+)(?:\s+->\s+(\S*))?/i,
    ram: () => true,
    mmio: () => false,
    inclusive: true,
  },
  {
    // 0x1000-0x9ffff [ram | mmio] [file offset], or with a blank between: the last byte, as all maps but mtree's size column have it
    name: 'range list',
    pattern:
      /^\s*(?:0x)?([0-9a-f]+)\s*(?:-|\s)\s*(?:0x)?([0-9a-f]+)(?:\s+(ram|mmio))?(?:\s+(?:0x)?([0-9a-f]+))?\s*$/i,
    ram: what => !/^mmio$/i.test(what),
    mmio: what => /^mmio$/i.test(what),
    inclusive: true,
  },
];

/** `/proc/iomem` parts that lie inside a range of the line above: indented, so they are not ranges of their own. */
const INDENTED_PART = /^\s+[0-9a-f]+-[0-9a-f]+ : /i;
/** Maps have dozens of lines; what is longer than this is refused whole: a part of a map is another machine. */
const MAX_LINES = 1_000_000;
/** No line of a map is longer; what is, is looked at so far only. */
const MAX_COLUMNS = 400;

export interface MemoryMap {
  /** What the text was taken for. */
  readonly kind: string;
  /** Memory, in the order of the text. */
  readonly ranges: readonly MapRange[];
}

/**
 * Read the first memory map in a text: `/proc/iomem`, `info mtree -f`, e820 lines of a boot log, or a list of ranges
 * (`START END [OFFSET]` in hex, END being the last byte; a multiple of 4096 there is taken as the byte behind it).
 * @throws ImageError when there is no line of memory in it.
 */
export function parseMemoryMap(text: string, name = 'memory map'): MemoryMap {
  const lines = linesOf(text, name);
  for (const form of FORMS) {
    refuseHidden(form, lines, name);
    const { declared, matched } = declaredBy(form, lines);
    const ranges = declared
      .filter(({ kind }) => kind === 'ram')
      .map(({ start, end, offset }) => ({ start, end, ...(offset === undefined ? {} : { offset }) }));
    if (ranges.length > 0) return { kind: form.name, ranges };
    if (matched > 0 && form.name === '/proc/iomem')
      throw new ImageError(
        name,
        `no System RAM among ${counted(matched, 'line')} of /proc/iomem (addresses are hidden from users other than root)`,
      );
  }
  throw new ImageError(
    name,
    'no memory map: neither /proc/iomem, info mtree -f, e820 lines nor START END [OFFSET] in hex',
  );
}

/** The kernel prints 0 for every address to readers without CAP_SYS_ADMIN [Linux kernel/resource.c: r_show]. */
function refuseHidden({ name: form, pattern }: LineForm, lines: readonly string[], name: string): void {
  if (form !== '/proc/iomem') return;
  const own = lines.map(line => pattern.exec(line.trimStart())).filter(m => m !== null);
  if (own.length > 0 && own.every(([, start = '', end = '']) => /^0+$/.test(start) && /^0+$/.test(end)))
    throw new ImageError(
      name,
      'all addresses of /proc/iomem are 0: the kernel hides them from readers without CAP_SYS_ADMIN; read it as root',
    );
}

function linesOf(text: string, name: string): string[] {
  const lines = text.split(/\r?\n/, MAX_LINES + 1);
  if (lines.length > MAX_LINES)
    throw new ImageError(name, `a memory map of more than ${MAX_LINES} lines is not read`);
  return lines.map(line => line.slice(0, MAX_COLUMNS));
}

/**
 * Everything that the first memory map in a text declares, memory or not, in the order of the text. A list of ranges may
 * say `ram` or `mmio` behind each.
 * @throws ImageError when there is no line of a memory map in it.
 */
export function parseDeclared(
  text: string,
  name = 'memory map',
): { readonly kind: string; readonly ranges: readonly DeclaredRange[] } {
  const lines = processorView(linesOf(text, name));
  for (const form of FORMS) {
    refuseHidden(form, lines, name);
    const { declared } = declaredBy(form, lines);
    const ranges = declared.map(range => ({ ...range, kind: declaredKind(range) }));
    if (ranges.length > 0) return { kind: form.name, ranges };
  }
  throw new ImageError(
    name,
    'no memory map: neither /proc/iomem, info mtree -f, e820 lines nor START END [ram | mmio] in hex',
  );
}

/** Of QEMU’s flat views, the one of an ordinary processor, where it can be told. */
function processorView(lines: readonly string[]): readonly string[] {
  const own = lines.findIndex(line => /^\s*AS "(memory|cpu-memory-0)"/.test(line));
  if (own < 0) return lines;
  const start = lines.findLastIndex((line, i) => i < own && /^FlatView #/.test(line));
  return lines.slice(Math.max(0, start));
}

/** QEMU calls every host-backed region ram, frame buffers and BARs too: names tell memory from those. ROM is neither. */
const declaredKind = ({ kind, region, what }: DeclaredRange): DeclaredKind => {
  if (kind !== 'ram' || region === undefined) return kind;
  return region === 'ram' && /ram|mem|dimm|node/i.test(what) && !/vram|bar/i.test(what) ? 'ram' : 'other';
};

/** The ranges that the lines of one form declare, and how many lines had that form. */
function declaredBy(
  form: LineForm,
  lines: readonly string[],
): { readonly declared: readonly DeclaredRange[]; readonly matched: number } {
  let declared: DeclaredRange[] = [];
  const seen = new Set<string>();
  let matched = 0;
  for (const line of lines) {
    if (/^FlatView #/.test(line)) {
      // A second view repeats the first for another processor; one without memory is of another address space.
      if (declared.some(({ kind }) => kind === 'ram')) break;
      declared = [];
    }
    if (INDENTED_PART.test(line) || /^\s*(#|;|$)/.test(line)) continue;
    const match = form.pattern.exec(line);
    if (match === null) continue;
    matched++;
    const [, from, to, what = '', offset] = match;
    const start = BigInt(`0x${from}`);
    const last = BigInt(`0x${to}`);
    const behind = form.inclusive && form.name === 'range list' && last > start && inPageAt(last) === 0;
    const end = form.inclusive && !behind ? last + 1n : last;
    const kind = form.ram(what) ? 'ram' : form.mmio(what) ? 'mmio' : 'other';
    // Boot logs print the table twice, as the firmware gave it and as the kernel changed it.
    const key = `${kind} ${start}`;
    if (end <= start || seen.has(key)) continue;
    seen.add(key);
    const region = form.name === 'info mtree -f' ? /\): (.*?)(?: @[0-9a-f]+.*)?$/.exec(line)?.[1] : undefined;
    declared.push({
      start,
      end,
      kind,
      what: region ?? what,
      ...(region === undefined ? {} : { region: what }),
      ...(offset === undefined ? {} : { offset: Number.parseInt(offset, 16) }),
    });
  }
  return { declared, matched };
}

/** Where each range of a map lies in a raw file of `size` bytes, and how that was decided. */
export function placeRanges(map: MemoryMap, size: number): { ranges: Required<MapRange>[]; why: string } {
  const { ranges } = map;
  const total = Number(ranges.reduce((sum, { start, end }) => sum + (end - start), 0n));
  const highest = ranges.reduce((most, { end }) => Math.max(most, Number(end)), 0);
  const given = ranges.every(({ offset }) => offset !== undefined);
  const reach = ranges.reduce(
    (most, { start, end, offset }) => Math.max(most, (offset ?? 0) + Number(end - start)),
    0,
  );
  if (given && map.kind === 'range list')
    return { ranges: ranges as Required<MapRange>[], why: 'file offsets are those of the map' };
  if (size === total && size !== highest)
    return {
      ranges: inTurn(ranges),
      why: 'the ranges stand one after the other, which their total confirms',
    };
  if (size >= highest)
    return {
      ranges: ranges.map(range => ({ ...range, offset: Number(range.start) })),
      why: 'file offset = physical address, as the file reaches beyond the highest range',
    };
  // A file behind a memory backend holds one block of RAM; mtree's offsets are into it (rows without one begin it).
  if (map.kind === 'info mtree -f' && size >= reach)
    return {
      ranges: ranges.map(range => ({ ...range, offset: range.offset ?? 0 })),
      why: 'file offsets are those of the RAM block in the map',
    };
  return {
    ranges: inTurn(ranges),
    why: `the ranges stand one after the other, though their total is ${hex(total)} and the file has ${hex(size)} bytes`,
  };
}

function inTurn(ranges: readonly MapRange[]): Required<MapRange>[] {
  let offset = 0;
  return ranges.map(({ start, end }) => {
    const placed = { start, end, offset };
    offset += Number(end - start);
    return placed;
  });
}
