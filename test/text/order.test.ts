/** Texts that say nothing of each other may stand in any order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';
import { type Example, examples } from './examples.ts';

/** Without the numbers of groups, which count from the start of a text. */
const says = (text: string): string[] => readText(text).items.map(item => `${item.from}: ${brief(item)}`);

/** One report after another, as they come in a log. Formats of whole texts are chosen for the text, so they stand alone. */
const reports = examples.filter(({ id }) =>
  /^(?:arm64\.oops|uboot\.abort|tfa\.crash|optee\.\w+|kvm\.hyp-panic|qemu\.int|xen\.\w+-walk|x86\.oops|arm64\.ptdump|arm64\.kvm-stage2|tarmac\.walk|addrxlat\.walk|tfa\.xlat|zephyr\.walk)$/.test(
    id,
  ),
);

describe('independent reports in any order', () => {
  test('say together what each says', () =>
    fc.assert(
      fc.property(
        fc.shuffledSubarray(reports, { minLength: 2, maxLength: 5 }),
        (some: readonly Example[]) => {
          const together = says(
            some.map(({ text }) => text).join('\nand this is another one, of last week\n\n'),
          );
          const apart = some.flatMap(({ text }) => says(text));
          expect([...together].sort()).toEqual([...apart].sort());
        },
      ),
      { numRuns: 300 },
    ));
});
