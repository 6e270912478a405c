/** JSON lines: one object per line; 64-bit values as `0x…` text, which no reader rounds. */
import { hex } from '../bits/word.ts';

const exact = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? hex(value) : value);

/** One record as one line, without the newline. */
export const json = (record: unknown): string => JSON.stringify(record, exact);
