/** Numbers with their nouns. */

/** `1 table`, `3 tables`; `counted(2, 'entry', 'entries')` where an s is not enough. */
export const counted = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;
