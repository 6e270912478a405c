/** Every translation of every real dump, walked both ways: the kernels lose nothing. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { architectureOf } from '../../src/arch/names.ts';
import { candidatesOfAll } from '../../src/arch/walks.ts';
import type { Kernels } from '../../src/kernels/api.ts';
import { wasmKernels } from '../../src/kernels/kernels.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { walkFast } from '../../src/walk/fast.ts';
import { spacesOf } from '../../src/walk/space.ts';
import { summarise } from '../../src/walk/summary.ts';
import { FIXTURES, fixtureText, openFixture } from '../support/fixtures.ts';
import { expectSame } from '../support/same-walk.ts';

const DUMPS = ['arm64', 'x86'].flatMap(architecture =>
  readdirSync(`${FIXTURES}real/${architecture}`).flatMap(name => {
    const files = readdirSync(`${FIXTURES}real/${architecture}/${name}`);
    const registers = ['registers.json', 'regs.json'].find(file => files.includes(file));
    const image = files.some(file => file.startsWith('sparse.elf'));
    return registers && image ? [[`${architecture}/${name}`, registers] as const] : [];
  }),
);
const kernels = wasmKernels() as Kernels;

test('there are dumps of both architectures', () => {
  for (const architecture of ['arm64/', 'x86/'])
    expect(DUMPS.filter(([name]) => name.startsWith(architecture)).length).toBeGreaterThan(2);
});

test.each(DUMPS)('%s', async (name, file) => {
  const { space } = await openFixture(`real/${name}/sparse.elf`);
  const { cpus } = parseRegisters(fixtureText(`real/${name}/${file}`));
  const [first] = cpus;
  const architecture = first && architectureOf(first);
  expect(architecture).toBeDefined();
  if (!architecture) return;
  let walked = 0;
  for (const { candidate, memory } of spacesOf(candidatesOfAll(cpus, architecture).found, space)) {
    const { regime } = candidate;
    const exact = walkExactly(regime, memory, { payload: true });
    const fast = walkFast(regime, memory, { payload: true, kernels });
    if (regime.entryBytes === 4) expect(fast).toBeUndefined();
    else if (fast) expectSame(fast, exact);
    else expect(fast).toBeDefined();
    const rows = (kernel: object) => summarise(regime, memory, kernel).rows;
    expect(rows({ kernels })).toEqual(rows({}));
    walked++;
  }
  expect(walked).toBeGreaterThan(0);
});
