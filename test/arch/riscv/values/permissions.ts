/** What entries permit. SUM and MXR belong to the moment of access: `walk/tables.ts` knows them. */
import { type Bit, reserved, type ValueTable } from '../../../../src/bits/spec.ts';
import { priv } from '../refs.ts';

/** Read, write, execute, and whether the page is a user's. */
export type Permissions = { readonly r: Bit; readonly w: Bit; readonly x: Bit; readonly u: Bit };

const TABLE = priv('Table "Encoding of PTE R/W/X fields"');
const WRITE_ONLY = reserved('Reserved: writable and not readable', TABLE);

/** X, W, R of a leaf, as one number. 0 is no leaf but a pointer. */
export const XWR: ValueTable = [
  reserved('pointer to the next level of the page table', TABLE),
  'r--',
  WRITE_ONLY,
  'rw-',
  '--x',
  'r-x',
  WRITE_ONLY,
  'rwx',
];

const bit = (value: boolean): Bit => (value ? 1 : 0);

/** What X, W, R and U of a leaf permit; a reserved encoding permits nothing. */
export function permissionsOf({ xwr, u }: { readonly xwr: number; readonly u: Bit }): Permissions {
  const named = XWR[xwr];
  const letters = typeof named === 'string' ? named : '---';
  return { r: bit(letters.includes('r')), w: bit(letters.includes('w')), x: bit(letters.includes('x')), u };
}

/** `r-x`, `rw-u`: the value of X, W, R and U for it. Undefined for what no leaf permits. */
export function parsePermissions(text: string): { readonly xwr: number; readonly u: Bit } | undefined {
  const [, letters = '', user] = /^([r-][w-][x-])([u-]?)$/.exec(text.toLowerCase()) ?? [];
  const xwr = XWR.indexOf(letters);
  return xwr < 0 ? undefined : { xwr, u: bit(user === 'u') };
}
