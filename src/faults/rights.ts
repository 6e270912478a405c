/** Rights as a reading states them: groups of 0 and 1 under `permissions`, `limits`. */
import { decode } from '../bits/codec.ts';
import type { Facts } from '../bits/family.ts';
import type { Step } from '../walk/translate.ts';

export type Fields = Readonly<Record<string, number | bigint | undefined>>;
export type Rights = Readonly<Record<string, number | undefined>>;

/** The fields of an entry by their keys, whatever its layout. */
export const fieldsOf = ({ reading }: Step): Fields => decode(reading.format, reading.raw) as Fields;

/** A group of rights; empty where the reading has none. */
export const rightsIn = (fact: Facts[string]): Rights =>
  typeof fact === 'object' && fact !== null && !Array.isArray(fact) ? (fact as unknown as Rights) : {};
