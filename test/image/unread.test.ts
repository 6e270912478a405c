/** Files of other formats are named, each by every magic it may begin with. */
import { describe, expect, test } from 'vitest';
import { openImage } from '../../src/image/open.ts';
import { describeUnread, UNREAD } from '../../src/image/unread.ts';

/** Little-endian words. */
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const text = (value: string) => Uint8Array.from(value, character => character.charCodeAt(0));

const HEADS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'a Windows crash dump': [text('PAGEDU64')],
  'a 32-bit Windows crash dump': [text('PAGEDUMP')],
  'a Windows minidump': [text('MDMP\x93\xa7')],
  'a Windows hibernation file': ['hibr', 'HIBR', 'wake', 'WAKE', 'RSTR'].map(text),
  'a VMware snapshot (.vmss or .vmsn)': [
    0xbed0bed0, 0xbed1bed1, 0xbed2bed2, 0xbed3bed3, 0xbad1bad1, 0xbad2bad2,
  ].map(magic => words(magic, 1, 2)),
  'a QEMU migration stream (savevm)': [text('QEVM\0\0\0\x03')],
  'an LKCD dump': [words(0x618f23ed, 0xa8190173)],
  'an sadump file': [text('sadump\0\0')],
  'a diskdump of kernels before kdump': [text('DISKDUMP')],
  'a qcow2 disk image': [text('QFI\xfb\0\0\0\x03')],
  'bzip2 data': [text('BZh91AY&SY')],
  'lz4 data': [text('\x04\x22\x4d\x18')],
  'an lzop file': [text('\x89LZO\0\r\n\x1a\n')],
  'a zip archive': [text('PK\x03\x04')],
  'a 7-Zip archive': [text("7z\xbc\xaf'\x1c")],
  'a tar archive': [text(`vmcore${'\0'.repeat(251)}ustar`)],
};

test('every format that is known by name has its heads here', () => {
  expect(Object.keys(HEADS)).toEqual(UNREAD.map(({ name }) => name));
});

/** A head of a file, with what may follow. */
const filled = (head: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(600);
  bytes.set(head);
  return bytes;
};

describe.each(Object.entries(HEADS))('%s', (name, heads) => {
  test.each(heads.map(head => [head.subarray(0, 8).join(' '), head] as const))('%s', async (_, head) => {
    expect(describeUnread(filled(head))).toMatch(`this is ${name}, which is not read; `);
    await expect(openImage(filled(head), { name: 'f' })).rejects.toThrow(name);
    // with a base it is raw memory: whoever says so knows better
    expect((await openImage(filled(head), { base: 0n })).format).toBe('raw');
  });

  test('none of its heads with one bit changed', () => {
    for (const head of heads) {
      const at = head.length > 256 ? 257 : 0;
      for (let bit = 0; bit < 8; bit++) {
        const other = filled(head);
        other[at] = (other[at] ?? 0) ^ (1 << bit);
        expect(describeUnread(other) ?? '', `${head.subarray(at, at + 4)} ^ ${1 << bit}`).not.toContain(
          `${name},`,
        );
      }
    }
  });
});

test('text is text', async () => {
  const oops = text('PGD 3400067 P4D 3400067 PUD 35a7067\n');
  await expect(openImage(oops, { name: 'f' })).rejects.toThrow('this is text');
  expect((await openImage(filled(oops), { base: 0n })).format).toBe('raw');
  expect(describeUnread(filled(oops))).toBeUndefined(); // zeros are no text
  expect(describeUnread(new Uint8Array())).toBeUndefined();
  expect(describeUnread(new Uint8Array([0, 1, 2, 3]))).toBeUndefined();
});
