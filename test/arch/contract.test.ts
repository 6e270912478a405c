/** What every architecture promises of its translations, tried on each in the same way. */
import { describe } from 'vitest';
import { architectures } from '../../src/arch/architectures.ts';
import { promisesOfArchitecture } from '../support/contract.ts';

describe.each(architectures.map(one => [one.id, one] as const))('%s', (_, architecture) => {
  promisesOfArchitecture(
    architecture,
    architectures.filter(other => other !== architecture),
  );
});
