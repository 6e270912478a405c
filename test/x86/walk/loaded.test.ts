/** What a processor checks when it loads a register or a table hides no mapping from a walk. */
import { expect, test } from 'vitest';
import { spacesOf, translateIn } from '../../../src/walk/space.ts';
import { translate } from '../../../src/walk/translate.ts';
import { candidates } from '../../../src/x86/walk/roots.ts';
import { Memory } from '../../support/memory.ts';

test('PAE: an accessed flag that an emulator left in a PDPTE is said, and the entry is followed', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2021n); // bits 8:5 are reserved: QEMU sets bit 5 in memory
  memory.write(0x2000, 0x3067n);
  memory.write(0x3008, 0x5067n);
  const [paging] = candidates(
    new Map([
      ['CR3', 0x1000n],
      ['CR0', 0x8000_0011n],
      ['CR4', 0x20n],
      ['EFER', 0n],
    ]),
  ).found;
  if (!paging) throw new Error('no paging');
  const found = translate(paging.regime, memory, 0x1000n);
  expect(found).toMatchObject({ outcome: 'mapped', output: 0x5000n });
  expect(found.steps[0]?.reading.findings.map(({ id }) => id)).toEqual(['reserved-set']);
});

test('a guest of 32-bit paging under EPT is read as that', () => {
  const memory = new Memory();
  for (const [at, word] of [
    [0x10000, 0x11007n],
    [0x11000, 0x12007n],
    [0x12000, 0x13007n],
    [0x13008, 0x1037n], // guest frame 1: its page directory
    [0x13010, 0x2037n],
    [0x13028, 0x5037n],
  ] as const)
    memory.write(at, word);
  memory.write(0x1000, 0x2067n); // two 32-bit entries to a word
  memory.write(0x2000, 0x0000_5067_0000_0000n);
  const { found } = candidates(
    new Map([
      ['EPTP', 0x1001en],
      ['GUESTCR3', 0x1000n],
      ['GUESTCR0', 0x8000_0011n],
      ['GUESTCR4', 0x10n],
      ['GUESTEFER', 0n],
    ]),
  );
  const guest = spacesOf(found, memory).find(({ candidate }) => candidate.name === 'guest');
  if (!guest) throw new Error('no guest');
  expect(guest.candidate.regime.id).toBe('x86.32bit');
  expect(translateIn(guest, memory, 0x1000n)).toMatchObject({ output: 0x5000n });
});
