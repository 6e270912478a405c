/** The names of values, typed from the manual a second time. */
import { expect, test } from 'vitest';
import { valuesTypedTwice } from '../../support/values-twice.ts';
import { architecture } from './index.ts';
import { scause } from './registers/fault.ts';

valuesTypedTwice(architecture.families, 'test/arch/riscv/values.tsv', ({ tables, seen }) => {
  test('every exception that memory raises has the name that the manual gives it', () => {
    const table = tables.find(({ formats }) => formats.some(one => one.test('riscv.SCAUSE exception')));
    if (table) seen.add(table);
    for (let code = 0; code < 64; code++) {
      const { says } = scause.read(BigInt(code), {}).facts;
      expect(says, `${code}`).toBe(table?.meanings.get(code) ?? `exception ${code}`);
    }
  });
});
