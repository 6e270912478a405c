/** Two readers of the same arguments: where the quick one answers, it answers as yargs does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { full } from '../../src/cli/full.ts';
import { quick } from '../../src/cli/quick.ts';
import { verbs as lazy, loadAll } from '../../src/cli/verbs.ts';

const verbs = await loadAll(lazy);

const value = fc.oneof(
  fc.constantFrom(
    '0x00400000090107c7',
    'stage2',
    '007',
    '1e3',
    'level=2',
    'a=b=c',
    'table',
    'json',
    '-',
    '0',
    'true',
    'false',
    'a b',
    'ünï',
    '"a b"',
    "'0x3'",
  ),
  fc.string({ maxLength: 6 }),
);

const argument = (verb: Command) => {
  const options = Object.keys(verb.options);
  const name = fc.constantFrom(...options);
  const letters = Object.values(verb.options).flatMap(({ alias }) =>
    alias === undefined ? [] : [`-${alias}`],
  );
  return fc.oneof(
    { weight: 4, arbitrary: value.map(text => [text]) },
    { weight: 3, arbitrary: fc.tuple(name, value).map(([key, text]) => [`--${key}`, text]) },
    { weight: 2, arbitrary: fc.tuple(name, value).map(([key, text]) => [`--${key}=${text}`]) },
    { weight: 2, arbitrary: name.map(key => [`--${key}`]) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...letters), value) },
    { weight: 1, arbitrary: fc.constantFrom(...letters).map(letter => [letter]) },
    { weight: 1, arbitrary: fc.constantFrom(['--'], ['-o', 'json'], ['--no-color'], ['--nonsense'], ['-x']) },
  );
};

const defined = (args: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).filter(([, text]) => text !== undefined));

for (const verb of verbs.flatMap(each => each.verbs ?? [each]))
  test(verb.name, async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(argument(verb), { maxLength: 5 }), async parts => {
        const argv = parts.flat();
        const fast = quick(verb, argv);
        if (fast === undefined) return;
        answered++;
        expect(await full('memattr', verb, argv, 80)).toEqual({ args: defined(fast) });
      }),
      { numRuns: 600 },
    );
    expect(answered).toBeGreaterThan(10); // the plain spelling is common, so the quick reader must know it
  });

test('quotes that a script puts around a value twice make no difference to what is read', async () => {
  const decode = verbs.find(({ name }) => name === 'decode');
  if (!decode) throw new Error('no decode');
  for (const text of ['--set="level=2"', "--set='level=2'", '--set="', '--set=""']) {
    expect(quick(decode, ['0x3', text])).toBeUndefined(); // it is yargs's, whatever stands beside it
    expect(quick(decode, ['0x3', text, '-o', 'json'])).toBeUndefined();
  }
  expect(await full('memattr', decode, ['0x3', '--set="level=2"'], 80)).toMatchObject({
    args: { set: ['level=2'] },
  });
});
