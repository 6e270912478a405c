/** Words, addresses and registers are hexadecimal through every door; what could be meant otherwise is said. */
import { couldBeDecimal } from '../bits/word.ts';
import type { Io } from './io.ts';

/** Digits that only a hexadecimal number has, or that a dump prints: then all numbers beside it are hexadecimal too. */
const isHexSurely = (text: string): boolean => /^0x|[a-f]|^0\d|\d{8}/i.test(text.trim());

/** What of these texts is read as hexadecimal and may have been meant as decimal, in a sentence. */
export function hexDoubt(texts: readonly (string | undefined)[]): string | undefined {
  const given = texts.filter(text => text !== undefined);
  const doubtful = given.find(couldBeDecimal);
  if (doubtful === undefined || given.some(isHexSurely)) return undefined;
  return `${doubtful} is read as 0x${doubtful.trim()}: words, addresses and registers are hexadecimal, with and without 0x`;
}

export function sayHex(verb: string, texts: readonly (string | undefined)[], io: Io): void {
  const doubt = hexDoubt(texts);
  if (doubt !== undefined) io.err.write(`memattr ${verb}: ${doubt}\n`);
}
