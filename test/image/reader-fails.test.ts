/** A reader of ours that fails is not damage of the data, and the sentence says which of the two it was. */
import { expect, test, vi } from 'vitest';
import { openImage } from '../../src/image/open.ts';
import { temporaryFolder } from '../support/folder.ts';

vi.mock('xz-decompress', () => ({ default: { XzReadableStream: undefined } }));

const { write } = temporaryFolder();

test('a module without what is asked of it is no damaged data', async () => {
  const file = write('x.xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46]));
  const failed = await openImage(file, { base: 0n }).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(failed).toContain('the reader of xz failed, which says nothing about the data');
  expect(failed).not.toContain('damaged');
});
