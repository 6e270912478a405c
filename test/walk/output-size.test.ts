/** The whole output address counts, not the base of the block alone [ASL AArch64.S1Walk, StageOA]. */
import { expect, test } from 'vitest';
import { candidatesOf } from '../../src/arch/walks.ts';
import type { Candidate } from '../../src/walk/candidate.ts';
import { summarise } from '../../src/walk/summary.ts';
import { translate } from '../../src/walk/translate.ts';
import { walk } from '../../src/walk/walker.ts';
import { Memory } from '../support/memory.ts';

/** EL2, 4 KByte granule, DS = 1 (LPA2), 48-bit addresses from level 0, PS = 36 bits. */
const el2 = (TTBR0_EL2: bigint): Candidate => {
  const TCR_EL2 = 16n | (1n << 16n) | (1n << 32n) | (1n << 31n) | (1n << 23n);
  const registers = new Map([
    ['TTBR0_EL2', TTBR0_EL2],
    ['TCR_EL2', TCR_EL2],
    ['HCR_EL2', 1n << 31n],
  ]);
  const found = candidatesOf(registers, 'arm64').found.find(({ name }) => name === 'el2');
  if (!found) throw new Error('no el2');
  return found;
};

test('a block that reaches beyond the output size faults there', () => {
  const { regime } = el2(0x1000n);
  const memory = new Memory();
  memory.write(0x1000, 0x441n); // 512 GByte from 0
  expect(translate(regime, memory, 0xf_ffff_f000n)).toMatchObject({ outcome: 'mapped' });
  expect(translate(regime, memory, 0x6c_fde4_7140n)).toMatchObject({
    outcome: 'fault',
    reason: expect.stringContaining('Address size fault'),
  });
  const { leaves, obstacles } = walk(regime, memory);
  expect([...leaves.frames.subarray(0, leaves.length)]).toEqual([2 ** 24, 2 ** 27 - 2 ** 24]);
  expect(obstacles).toMatchObject([{ kind: 'fault', finding: { id: 'address-size' } }]);
  expect(summarise(regime, memory).bytes).toBe(2 ** 36);
});

test('a root beyond the output size is an Address size fault of level 0', () => {
  const { regime } = el2(0x8000_0000_1000n);
  const memory = new Memory();
  const answer = translate(regime, memory, 0x1000n);
  expect(answer).toMatchObject({ outcome: 'fault', steps: [] });
  expect('reason' in answer && answer.reason).toContain('level 0 Address size fault');
  expect(walk(regime, memory)).toMatchObject({ missingTotal: 0, obstacles: [{ kind: 'fault' }] });
  expect(summarise(regime, memory)).toMatchObject({ faults: 1, missing: 0 });
});
