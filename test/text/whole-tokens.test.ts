/** A number is a token of its own: one that a torn or mixed line runs into something else is not read up to there. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';

const values = (text: string): readonly string[] =>
  readText(text, {}).items.flatMap(item =>
    item.is === 'register' ? [`${item.name}=${item.value.toString(16)}`] : [],
  );

const TORN = ['`0', '`f', 'g', '_', 'Z'];

test.each(TORN)('QEMU: X23 that ends in %s is no X23', end =>
  expect(values(`X23=0000000040000000${end} X24=0000000000000001`)).toEqual(['X24=1']),
);

test.each(TORN.filter(end => end !== '_'))('a system register that ends in %s is none', end =>
  expect(values(`TTBR0_EL1=0000000040000000${end}\nTCR_EL1=0000000000000019\n`)).toEqual(['TCR_EL1=19']),
);

test('a number in quotes of Markdown is one', () =>
  expect(values('`TTBR0_EL1=0000000040000000`\nTCR_EL1=0000000000000019\n')).toContain('TCR_EL1=19'));

test('XNU: an address of more digits than there are is none', () => {
  const panic = (far: string): string =>
    `panic(cpu 4 caller 0xfffffe001439f634): Kernel data abort. at pc 0xfffffe00140bfee0 (saved state: 0xfffffe3aeda0f740)  pc:  0xfffffe00140bfee0 cpsr: 0x60401208         esr: 0x96000006          far: ${far}\n`;
  const fars = (text: string): readonly string[] =>
    readText(text, {}).items.flatMap(item => (item.is === 'fault' ? [`${item.address?.toString(16)}`] : []));
  expect(fars(panic('0x0000000000000058'))).toEqual(['58']);
  expect(fars(panic('0x00000000000000580000005800'))).not.toContain('58');
});

test('a long line that is cut is not cut inside a number', () => {
  for (let length = 330; length < 400; length++) {
    const text = `esr 0x96000046 ${'x'.repeat(length)} far_el2 = 0000000012345678\n`;
    for (const item of readText(text, {}).items)
      if (item.is === 'fault') expect([undefined, 0x1234_5678n]).toContain(item.address);
  }
});

test('an oops: an address that goes on behind a backtick is none', () => {
  const addresses = (address: string): readonly string[] =>
    readText(
      `BUG: unable to handle page fault for address: ${address}\n#PF: error_code(0x0002)\n`,
      {},
    ).items.flatMap(item =>
      item.is === 'fault' && item.address !== undefined ? [item.address.toString(16)] : [],
    );
  expect(addresses('c0deb000')).toEqual(['c0deb000']);
  expect(addresses('c0`eb000')).not.toContain('c0');
});
