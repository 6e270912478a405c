/** Lines that a mail program broke at 72 columns say what they said before, in every format whose lines are longer. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';
import { examples } from './examples.ts';

const says = (text: string): string[] => readText(text).items.map(item => `${item.from}: ${brief(item)}`);

/** Broken at the last blank before the limit, as mail programs do it. */
const broken = (text: string, limit: number): string =>
  text
    .split('\n')
    .map(line => {
      const at = line.length > limit ? line.lastIndexOf(' ', limit) : -1;
      return at < 33 ? line : `${line.slice(0, at).trimEnd()}\n${line.slice(at + 1)}`;
    })
    .join('\n');

const LONG =
  /^(?:arm64\.(?:oops|ptdump|kvm-stage2)|x86\.ptdump|uboot\.(?:abort|dump-pagetable)|xen\.arm-walk|optee\.(?:abort|xlat)|tfa\.xlat|tarmac\.walk|addrxlat\.walk|kvm\.(?:ftrace|hyp-panic))$/;

describe.each([72, 66, 76])('at %i columns', limit => {
  test.each(examples.filter(({ id }) => LONG.test(id)))('$id: $name', ({ text }) => {
    expect(says(broken(text, limit))).toEqual(says(text));
    expect(says(broken(text, limit).replace(/^(?=.)/gm, '> '))).toEqual(says(text));
  });
});
