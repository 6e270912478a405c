/** The layouts of this folder, typed from the manual a second time. */
import { typedTwice } from '../../support/typed-twice.ts';
import { architecture } from './index.ts';

typedTwice(architecture.families, 'test/arch/riscv/layouts.tsv', {
  // Sv39 has three levels: a word at a level above is read as an entry of the top table, and a finding says so
  asRead: values => ({
    ...values,
    level: Math.min(Number(values.level ?? 0), values.mode === 'sv39' ? 2 : 3),
  }),
});
