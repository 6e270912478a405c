/** Numbers with their nouns. */

/** `1 table`, `3 tables`; `counted(2, 'entry', 'entries')` where an s is not enough. */
export const counted = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;

/** `the first 3 lines are shown`, for a list that goes on. */
export const firstShown = (count: number, one = '', more = one && `${one}s`): string => {
  if (count === 0) return 'none is shown';
  const what = count === 1 ? ['the first', one, 'is shown'] : [`the first ${count}`, more, 'are shown'];
  return what.filter(part => part !== '').join(' ');
};
