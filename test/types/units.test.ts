/** Frames and bytes: what the compiler refuses, and that the ways from one to the other are right. `tsc` is the judge of the first. */
import { expect, test } from 'vitest';
import type { AddressSpace } from '../../src/image/address-space.ts';
import {
  ALL_FRAMES,
  addressOf,
  type Bytes,
  bytesOf,
  type Frame,
  frameAt,
  frameHex,
  frameOf,
  framesOf,
  framesOfShift,
  frameUp,
  inPage,
  inPageAt,
  PAGE_BYTES,
} from '../../src/image/frames.ts';
import type { EntryForm, Root } from '../../src/walk/regime.ts';

const frame: Frame = 0x1234;
const bytes: Bytes = 0x123_4567;

test('one unit is not taken for the other', () => {
  // @ts-expect-error bytes are no frame
  const asFrame: Frame = bytes;
  // @ts-expect-error frames are no bytes
  const asBytes: Bytes = frame;
  // @ts-expect-error a frame is a frame already
  frameOf(frame);
  // @ts-expect-error and bytes are bytes
  bytesOf(bytes);
  // @ts-expect-error a page is asked for by its frame
  const ask = (space: AddressSpace) => space.page(bytes);
  // @ts-expect-error a table stands at bytes, and translates frames
  const root: Pick<Root, 'address' | 'inputFrame'> = { address: frame, inputFrame: frame };
  // @ts-expect-error a root’s first input is a frame
  const other: Pick<Root, 'address' | 'inputFrame'> = { address: bytes, inputFrame: bytes };
  // @ts-expect-error an entry says bytes
  const output = (form: EntryForm): Frame => form.address(0, 0);
  expect([asFrame, asBytes, root, other]).toHaveLength(4);
  expect([ask, output].map(one => typeof one)).toEqual(['function', 'function']);
});

test('what is calculated takes the unit that it is given', () => {
  const next: Frame = frame + 1;
  const beside: Bytes = bytesOf(frame) + 8;
  expect([next, beside]).toEqual([0x1235, 0x123_4008]);
});

test.each([0, 1, 0xfff, 0x1000, 0x123_4567, 2 ** 48 + 5, 2 ** 52 - 1])('%d is a frame and the rest', byte => {
  expect(bytesOf(frameOf(byte)) + inPage(byte)).toBe(byte);
  expect(frameAt(BigInt(byte))).toBe(frameOf(byte));
  expect(inPageAt(BigInt(byte))).toBe(inPage(byte));
  expect(frameUp(BigInt(byte))).toBe(Math.ceil(byte / PAGE_BYTES));
  expect(addressOf(frameOf(byte))).toBe(BigInt(byte) & ~0xfffn);
  expect(BigInt(frameHex(frameOf(byte)))).toBe(addressOf(frameOf(byte)));
});

test('the last page of a 64-bit address space', () => {
  expect(addressOf(ALL_FRAMES - 1)).toBe(0xffff_ffff_ffff_f000n);
  expect(frameAt(0xffff_ffff_ffff_ffffn)).toBe(ALL_FRAMES - 1);
  expect(frameHex(ALL_FRAMES - 1)).toBe('0xfffffffffffff000');
  expect(framesOf(bytesOf(ALL_FRAMES - 1))).toBe(ALL_FRAMES - 1);
  expect(framesOfShift(12)).toBe(1);
  expect(framesOfShift(64)).toBe(ALL_FRAMES);
});
