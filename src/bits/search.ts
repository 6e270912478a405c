/** Binary search, once: sorted ranges are looked into everywhere. */

/** The first index below `length` for which `before` is false, or `length`. `before` holds up to some index and never after. */
export function firstNot(length: number, before: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
