/** Names as people write them, in both directions, and the table of what types mean. */
import { describe, expect, test } from 'vitest';
import {
  decodeAttr,
  memoryName,
  parAttr,
  parseMemAttr,
  parseMemory,
  propertiesOf,
  TYPE_PROPERTIES,
} from '../../../src/arm64/memtype/index.ts';

describe('types', () => {
  const byte = (text: string): string => {
    const memory = parseMemory(text);
    return memory ? `0x${parAttr(memory, 0).toString(16).padStart(2, '0')}` : 'none';
  };
  test.each([
    ['WB', '0xff'],
    ['write-back', '0xff'],
    ['Normal-WB', '0xff'],
    ['Normal Write Back', '0xff'],
    ['normal wb ra', '0xee'],
    ['wb no-allocate', '0xcc'],
    ['WB transient', '0x77'],
    ['wb tagged', '0xf0'],
    ['WT', '0xbb'],
    ['Normal-NC', '0x44'],
    ['non-cacheable', '0x44'],
    ['uncached', '0x44'],
    ['oNC iWB', '0x4f'],
    ['outer-nc inner-wb', '0x4f'],
    ['nGnRE', '0x04'],
    ['Device-nGnRE', '0x04'],
    ['device ngnrne', '0x00'],
    ['strongly-ordered', '0x00'],
    ['GRE', '0x0c'],
    ['0x44', '0x44'],
    ['0xbb', '0xbb'],
  ])('%s is %s', (text, expected) => {
    expect(byte(text)).toBe(expected);
  });
  test.each(['', 'normal', 'device', 'wc', 'wb nc', 'onc', 'wt tagged', '0x02', 'wb+', 'ngnre gre'])(
    'no type: %s',
    text => {
      expect(parseMemory(text)).toBeUndefined();
    },
  );

  test('the name of every type reads back', () => {
    for (let code = 0; code < 256; code++) {
      const memory = decodeAttr(code, { xs: 1, mte2: 1 });
      if (!memory) continue;
      const again = parseMemory(memoryName(memory));
      expect(again && memoryName(again)).toBe(memoryName(memory));
      expect(again && parAttr(again, 0)).toBe(code);
    }
  });
});

describe('MemAttr', () => {
  test.each([
    ['wb', 0b1111, 0b0110],
    ['nc', 0b0101, 0b0101],
    ['wt', 0b1010, undefined],
    ['onc-iwb', 0b0111, undefined],
    ['device-nGnRE', 0b0001, 0b0001],
    ['GRE', 0b0011, 0b0011],
    ['stage1', 0b1111, 0b0111],
    ['as stage 1', 0b1111, 0b0111],
    ['0b0110', 6, 6],
    ['0xf', 15, 15],
    ['15', 15, 15],
    ['0x44', undefined, undefined],
    ['16', undefined, undefined],
  ])('%s', (text, plain, fwb) => {
    expect(parseMemAttr(text, { fwb: 0, mtePerm: 0 })).toBe(plain);
    expect(parseMemAttr(text, { fwb: 1, mtePerm: 0 })).toBe(fwb);
    expect(parseMemAttr(text, { fwb: 1, mtePerm: 1 })).toBe(fwb);
  });
});

test('properties: Device in the order of its letters, Normal always speculative', () => {
  const letters = Object.values(TYPE_PROPERTIES)
    .slice(0, 4)
    .map(p => [p.gathering, p.reordering, p.earlyAcknowledgement].map(Number).join(''));
  expect(letters).toEqual(['000', '001', '011', '111']);
  for (const [name, p] of Object.entries(TYPE_PROPERTIES)) {
    expect(p.speculativeReads).toBe(name.startsWith('Normal'));
    expect(p.unaligned).toBe(name.startsWith('Normal'));
  }
  const mixed = decodeAttr(0x4f, { xs: 0, mte2: 0 });
  expect(mixed && propertiesOf(mixed).map(({ cacheable }) => cacheable)).toEqual([true, false]);
});
