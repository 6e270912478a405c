/** Formats that we know by name and do not read: the sentence says which it is, and what to do instead. */

interface Unread {
  readonly name: string;
  readonly matches: (head: Uint8Array) => boolean;
  readonly instead: string;
}

const text = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));
const starts = (magic: string) => (head: Uint8Array) => text(head, 0, magic.length) === magic;
const word =
  (...magics: number[]) =>
  (head: Uint8Array) =>
    head.length >= 4 && magics.includes(new DataView(head.buffer, head.byteOffset).getUint32(0, true));

export const UNREAD: readonly Unread[] = [
  { name: 'a Windows crash dump', matches: starts('PAGEDU64'), instead: 'convert it to raw memory' },
  { name: 'a 32-bit Windows crash dump', matches: starts('PAGEDUMP'), instead: 'convert it to raw memory' },
  { name: 'a Windows minidump', matches: starts('MDMP'), instead: 'it holds no page tables' },
  {
    name: 'a Windows hibernation file',
    matches: head => /^(hibr|HIBR|wake|WAKE|RSTR)/.test(text(head, 0, 4)),
    instead: 'convert it to raw memory',
  },
  {
    name: 'a VMware snapshot (.vmss or .vmsn)',
    matches: word(0xbed0bed0, 0xbed1bed1, 0xbed2bed2, 0xbed3bed3, 0xbad1bad1, 0xbad2bad2),
    instead: 'open the .vmem beside it as raw memory, with --base 0 or a map',
  },
  {
    name: 'a QEMU migration stream (savevm)',
    matches: starts('QEVM'),
    instead: 'load it in QEMU and use dump-guest-memory',
  },
  {
    name: 'an LKCD dump',
    matches: head => word(0x618f23ed)(head) && word(0xa8190173)(head.subarray(4)),
    instead: 'convert it with lcrash or crash',
  },
  {
    name: 'an sadump file',
    matches: head => starts('sadump\0\0')(head),
    instead: 'convert it with makedumpfile',
  },
  {
    name: 'a diskdump of kernels before kdump',
    matches: starts('DISKDUMP'),
    instead: 'convert it with makedumpfile',
  },
  {
    name: 'a qcow2 disk image',
    matches: starts('QFI\xfb'),
    instead: 'it holds no memory unless it has snapshots',
  },
  { name: 'bzip2 data', matches: starts('BZh'), instead: 'unpack it, or pack it with gzip, zstd or xz' },
  { name: 'lz4 data', matches: word(0x184d2204), instead: 'unpack it, or pack it with gzip, zstd or xz' },
  {
    name: 'an lzop file',
    matches: starts('\x89LZO\0\r\n\x1a\n'),
    instead: 'unpack it, or pack it with gzip, zstd or xz',
  },
  { name: 'a zip archive', matches: starts('PK\x03\x04'), instead: 'unpack it' },
  { name: 'a 7-Zip archive', matches: starts("7z\xbc\xaf'\x1c"), instead: 'unpack it' },
  { name: 'a tar archive', matches: head => text(head, 257, 262) === 'ustar', instead: 'unpack it' },
];

/** Printable ASCII and line ends all through: someone's capture of text, not memory. */
const looksLikeText = (head: Uint8Array): boolean =>
  head.length > 0 &&
  head.every(byte => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);

/** One sentence about a file that is none of ours. */
export function describeUnread(head: Uint8Array): string | undefined {
  const known = UNREAD.find(({ matches }) => matches(head));
  if (known !== undefined) return `this is ${known.name}, which is not read; ${known.instead}`;
  return looksLikeText(head)
    ? 'this is text, not an image of memory; `memattr decode` reads text'
    : undefined;
}
