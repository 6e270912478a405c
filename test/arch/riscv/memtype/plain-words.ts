/** What a memory type of a leaf means to somebody who has never met it, in one line. */
import { CACHED, POLICY } from '../../../../src/memtype/plain-words.ts';
import type { Pbmt } from '../values/attributes.ts';

/** PMA: nobody knows by the tables. */
const TYPES: Readonly<Record<Pbmt, string>> = {
  PMA: `as the platform says: ${CACHED}, or a device`,
  NC: POLICY.NC,
  IO: 'device registers: every access, in order',
};

/** Empty for the reserved type. */
export const plainWords = (type: Pbmt | undefined): string => (type === undefined ? '' : TYPES[type]);
