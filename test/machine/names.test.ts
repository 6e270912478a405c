/** A register that the project knows by name is read from a file of registers, however it is spelled. */
import { expect, test } from 'vitest';
import { sourceOf } from '../../src/machine/read.ts';
import { REGISTER_NAMES } from '../../src/text/register-names.ts';

test.each(REGISTER_NAMES.map(({ name, aliases }) => [name, aliases] as const))(
  '%s stands beside a register that every text has',
  (name, aliases) => {
    const other = name === 'TTBR1_EL1' ? 'TTBR0_EL1' : 'TTBR1_EL1';
    for (const spelled of [name, ...aliases]) {
      const { cpus } = sourceOf(`${other} = 0x5000\n${spelled} = 0x1230\n`, 'registers');
      expect(cpus[0]?.get(name)?.value, spelled).toBe(0x1230n);
    }
  },
);
