/** scause: why a trap was taken to S-mode [section "Supervisor Cause (scause) Register"]. */
import { format } from '../../../../src/bits/format.ts';
import { register } from '../../../../src/bits/register.ts';
import { flag, wide } from '../../../../src/bits/spec.ts';
import { priv } from '../refs.ts';

export const scauseFormat = format(
  'riscv.SCAUSE',
  { title: 'scause: supervisor cause', ref: priv('section "Supervisor Cause (scause) Register"') },
  { interrupt: flag(63, 'Interrupt'), code: wide(62, 0, 'Exception Code') },
);

/** Exceptions that memory raises [Table "Supervisor cause register (scause) values after trap"]. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'instruction access fault',
  5: 'load access fault',
  7: 'store/AMO access fault',
  12: 'instruction page fault',
  13: 'load page fault',
  15: 'store/AMO page fault',
};

export type ScauseFacts = { readonly says: string };
export const scause = register(scauseFormat, {
  aliases: ['scause'],
  facts: ({ interrupt, code }): ScauseFacts => ({
    says: (interrupt === 0 && EXCEPTIONS[Number(code)]) || `${interrupt ? 'interrupt' : 'exception'} ${code}`,
  }),
});
