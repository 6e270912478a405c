import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/bits/family.ts';
import { factLines, factText, gist, permissionText } from '../../src/report/facts.ts';
import { json } from '../../src/report/json.ts';
import { exactSizeText, rangeText, sizeText } from '../../src/report/size.ts';

test('sizes are exact where a unit divides them, else cut after two decimals', () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, '0 B'],
    [1023n, '1023 B'],
    [4096n, '4 KiB'],
    [6144n, '6 KiB'],
    [1536n, '1.5 KiB'],
    [0x200000n, '2 MiB'],
    [(1n << 30n) + 1n, '1 GiB'],
    [(1n << 30n) * 5n + (1n << 28n), '5.25 GiB'],
    [1n << 52n, '4 PiB'],
    [(1n << 64n) - 1n, '15.99 EiB'],
  ];
  for (const [bytes, text] of cases) expect(sizeText(bytes)).toBe(text);
  expect(exactSizeText(0x1a2000n)).toBe('1672 KiB');
  expect(exactSizeText(0n)).toBe('0 B');
  expect(rangeText(0x9010000n, 0x1000n)).toBe('0x9010000..0x9010fff');
});

test('what a table takes away from everything below it, in words; nothing is said where it takes nothing', () => {
  const table = { next: 0x1000n, limits: { ap: 0b10, x1: 1, x0: 0, ns: 0 } };
  expect(factLines(table).map(({ label, text }) => `${label}: ${text}`)).toEqual([
    'next table: 0x1000',
    'limits below: read-only, privileged execute-never',
  ]);
  expect(factLines({ limits: { ap: 0, x1: 0, x0: 0, ns: 0 } })).toEqual([]);
  expect(factText('limits', { ap: 0b01, x1: 0, x0: 1, ns: 1 })).toBe(
    'no unprivileged access, unprivileged execute-never, non-secure',
  );
});

describe('permissions', () => {
  test('one triple where it holds for everybody', () => {
    expect(permissionText({ r: 1, w: 1, x1: 0, x0: 0 })).toBe('rw-');
    expect(permissionText({ r: 1, w: 0, x: 1 })).toBe('r-x');
  });
  test('sides that differ are named', () => {
    expect(permissionText({ r: 1, w: 1, x1: 1, x0: 0 })).toBe('EL1 rwx, EL0 rw-');
    expect(permissionText({ r: 1, w: 0, x: 1, xu: 0 })).toBe('supervisor r-x, user r--');
    expect(permissionText({ priv: { r: 1, w: 1, x: 0 }, unpriv: { r: 1, w: 0, x: 0 } })).toBe(
      'privileged rw-, unprivileged r--',
    );
    expect(permissionText({ r: 1, w: 1, x: 0, u: 0 })).toBe('rw-, supervisor only');
  });
  test('other groups are none', () => {
    expect(permissionText({ from: 1, to: 2 })).toBeUndefined();
  });
});

const facts: Facts = {
  oa: 0x9010000n,
  size: 0x1000n,
  addressSizeFault: false,
  memory: 'Device-nGnRE',
  permissions: { r: 1, w: 1, x1: 0, x0: 0 },
  dirtyState: 'n/a',
  software: { 'Linux 7.1 KVM': 'donated to hyp' },
  contiguousBytes: 0x10000n,
  patIndex: 3,
};

test('facts in their order, in words; what is denied is left out', () => {
  expect(factLines(facts)).toEqual([
    { label: 'output address', text: '0x9010000..0x9010fff (4 KiB)' },
    { label: 'memory type', text: 'Device-nGnRE' },
    { label: 'permissions', text: 'rw-' },
    { label: 'left by software: Linux 7.1 KVM', text: 'donated to hyp' },
    { label: 'contiguous group', text: '64 KiB' },
    { label: 'PAT index', text: '3' },
  ]);
});

test('and on one line', () => {
  expect(gist(facts)).toMatch(/^0x9010000 4 KiB, Device-nGnRE, rw-, .*contiguous group 64 KiB/);
  expect(gist({})).toBe('');
});

test('every kind of fact has a text', () => {
  expect(factText('types', ['WB', 'UC'])).toBe('WB, UC');
  expect(factText('x', null)).toBe('-');
  expect(factText('x', true)).toBe('yes');
  expect(factText('mmio', { gfn: 0xfee00n, generation: 3 })).toBe('gfn 0xfee00, generation 3');
});

test('JSON keeps 64 bits', () => {
  expect(json({ a: (1n << 63n) + 1n, b: [0n], c: 'x' })).toBe(
    '{"a":"0x8000000000000001","b":["0x0"],"c":"x"}',
  );
});
