/** What software left in an entry is read by the conventions of who wrote the table, where the text says who. */
import { expect, test } from 'vitest';
import { readPasted } from '../../src/pasted/read.ts';

const readings = (text: string) => [...readPasted(text)].flatMap(batch => [...batch.readings.values()]);

test('Xen: no states of pKVM, and no doubt whose tables these are', () => {
  const [guest, own] = readings(`(XEN) dom1 IPA 0x0000000038000000
(XEN) 1ST[0x002] = 0x02c00000800006fd
(XEN) Walking Hypervisor VA 0x40 on CPU0 via TTBR 0x0000000046948000
(XEN) 3RD[0x1ce] = 0x00400000433cef7f
`);
  expect(guest?.family.id).toBe('arm64.stage2');
  expect(guest?.reading.facts.software).toEqual({ Xen: 'p2m_mmio_direct_c' });
  expect(own?.family.id).toBe('arm64.stage1');
  expect(own?.settings).toMatchObject({ regime: 'EL2' });
  expect(own?.reading.findings.map(({ id }) => id)).not.toContain('looks-like-stage2');
});

test('nobody says: every convention that fits', () => {
  const [entry] = readings(
    '[ffff800081ba4190] pgd=10000000467df003, p4d=10000000467df003, pud=10000000467e0003, pmd=00e0000045600781',
  ).slice(-1);
  expect(entry?.reading.facts.software).toEqual({ Linux: 'dirty' });
});

test('U-Boot on arm64: words beside its TLB address are of arm64', () => {
  const [entry] = readings(`TLB addr    = 0x000000013fff0000
=> md.q 40000000 1
40000000: 0000000040000711    ....@...
`);
  expect(entry?.family.id).toMatch(/^arm64\./);
});
