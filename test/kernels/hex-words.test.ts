import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../src/kernels/api.ts';
import { hexWords } from '../../src/kernels/hex-words.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';

const implementations: readonly (readonly [string, () => Kernels])[] = [
  ['WebAssembly', () => wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels],
];

/** The rule in regular expressions. */
function oracle(text: string) {
  const words: bigint[] = [];
  let addresses = 0;
  let others = 0;
  for (const [token] of text.matchAll(/[0-9a-zA-Z_`\u0080-\uffff]+:?/g)) {
    const name = token.replace(':', '');
    if (token.endsWith(':') && /^(0x)?[0-9a-f]+$/i.test(name)) addresses++;
    else if (/^0x[0-9a-f]{1,16}$/i.test(name) || /^[0-9a-f]{16}$/i.test(name))
      words.push(BigInt(`0x${name.replace(/^0x/i, '')}`));
    else others++;
  }
  return { words: BigUint64Array.from(words), addresses, others };
}

const token = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(word => `0x${word.toString(16).padStart(16, '0')}`),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(word => word.toString(16).padStart(16, '0').toUpperCase()),
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map(word => `0X${word.toString(16)}`),
  fc.stringMatching(/^[0-9a-fxX]{0,20}$/),
  fc.constantFrom(
    '0x',
    'x',
    '0x0x1',
    '40000000',
    'deadbeef',
    '0xg',
    'ÿ0x1',
    '12345678`90abcdef',
    '0x1234_5678',
    '0',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
);
const separator = fc.constantFrom(' ', ': ', ':', '\t', '\n', ', ', '|', '[', '', '  ');
const text = fc.array(fc.tuple(token, separator)).map(parts => parts.flat().join(''));

describe.each(implementations)('%s', (_, make) => {
  const kernels = make();

  test('reads what the dumps of our tools look like', () => {
    const { words, addresses, others } = hexWords(
      [
        '0x40000000:\t0x00400000402007d3\t0x0000000000000000',
        '0000000040000010: 0x004000004060078f 0x3',
        '40000020: 00000000400007d3 0000000040200791    ........@',
        'pte=00e8000043fb0f53',
      ].join('\n'),
      kernels,
    );
    expect([...words]).toEqual([
      0x4000_0040_2007d3n,
      0n,
      0x4000_0040_60078fn,
      3n,
      0x400007d3n,
      0x40200791n,
      0xe80000_43fb0f53n,
    ]);
    expect({ addresses, others }).toEqual({ addresses: 3, others: 1 });
  });

  test('any text, as the regular expressions read it', () => {
    fc.assert(
      fc.property(text, text => {
        expect(hexWords(text, kernels)).toEqual(oracle(text));
      }),
      { numRuns: 300 },
    );
  });

  test('long texts are read in pieces; what a piece cuts in two is put together again', () => {
    const lines = Array.from({ length: 30_000 }, (_, i) =>
      `0x${(i * 0x9e3779b1).toString(16)}${' '.repeat(i % 5)}:`.slice(0, -(i % 2) || undefined),
    );
    const long = lines.join(' ');
    expect(long.length).toBeGreaterThan(300_000);
    expect(hexWords(long, kernels)).toEqual(oracle(long));
  });

  test('a token longer than any number is one other thing, and nothing at all is nothing', () => {
    expect(hexWords('0'.repeat(300), kernels)).toEqual({
      words: new BigUint64Array(),
      addresses: 0,
      others: 1,
    });
    expect(hexWords('', kernels)).toEqual({ words: new BigUint64Array(), addresses: 0, others: 0 });
  });
});
