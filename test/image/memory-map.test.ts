/** Memory maps that say nothing are refused with the reason. */
import { expect, test } from 'vitest';
import { parseDeclared, parseMemoryMap } from '../../src/image/memory-map.ts';

const HIDDEN = `00000000-00000000 : Reserved
00000000-00000000 : System RAM
  00000000-00000000 : Kernel code
`;

test('/proc/iomem read without rights', () => {
  expect(() => parseMemoryMap(HIDDEN)).toThrow(/all addresses of \/proc\/iomem are 0: .*CAP_SYS_ADMIN/);
  expect(() => parseDeclared(HIDDEN)).toThrow(/CAP_SYS_ADMIN/);
});

test('with rights it is read', () =>
  expect(parseMemoryMap('00001000-0009ffff : System RAM\n').ranges).toEqual([
    { start: 0x1000n, end: 0xa0000n },
  ]));
