/**
 * A guest's tables are read with the rights of the second stage [SDM, "EPT Violations"; APM, "Nested Table Walk"; ASL
 * AArch64.S2CheckPermissions]: a table that it denies to the walker is an outcome of its own, in every way to ask.
 */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/arch/walks.ts';
import { candidatesOf } from '../../src/arch/walks.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { walkFast } from '../../src/walk/fast.ts';
import { mapOf, mapRecords } from '../../src/walk/map.ts';
import { PlannedWalk } from '../../src/walk/planned.ts';
import { type Space, spacesOf } from '../../src/walk/space.ts';
import { summarise } from '../../src/walk/summary.ts';
import { answerFor } from '../../src/walk/translated.ts';
import { Memory } from '../support/memory.ts';

const ROOT = 0x1_0000;

/** Guest tables at 0x1000 to 0x4000 and one page, behind four levels that map the first eight pages to themselves but one. */
function world(leaf: bigint, table: bigint, special: number, word: bigint): Memory {
  const memory = new Memory();
  for (const place of [0x1000, 0x2000, 0x3000]) memory.write(place, BigInt(place + 0x1000) | 0x67n);
  memory.write(0x4000, 0x5067n);
  for (const place of [ROOT, ROOT + 0x1000, ROOT + 0x2000])
    memory.write(place, BigInt(place + 0x1000) | table);
  for (let page = 0; page < 8; page++)
    memory.write(ROOT + 0x3000 + 8 * page, page === special ? word : BigInt(page * 0x1000) | leaf);
  return memory;
}

const GUEST = [
  ['GUESTCR0', 0x8001_0001n],
  ['GUESTCR3', 0x1000n],
  ['GUESTCR4', 0x20n],
  ['GUESTEFER', 0xd00n],
] as const;

function guestOf(
  memory: Memory,
  registers: readonly (readonly [string, bigint])[],
  machine: Machine = {},
): Space {
  const { found } = candidatesOf(new Map([...GUEST, ...registers]), 'x86', machine);
  const space = spacesOf(found, memory).find(({ candidate }) => candidate.name === 'guest');
  if (!space) throw new Error('no guest');
  return space;
}

const EPT = [['EPTP', 0x1_001en]] as const;
const EPT_AD = [['EPTP', 0x1_005en]] as const;
const NPT = [
  ['NCR3', 0x1_0000n],
  ['CR0', 0x8001_0001n],
  ['CR4', 0x20n],
  ['EFER', 0xd00n],
] as const;

type Case = readonly [string, readonly (readonly [string, bigint])[], bigint, bigint, number, bigint, RegExp];
const CASES: readonly Case[] = [
  ['EPT: not present', EPT, 0x37n, 7n, 3, 0n, /level 1 entry is invalid/],
  ['EPT: misconfigured', EPT, 0x37n, 7n, 3, 0x3017n, /level 1 entry is faulty/],
  ['EPT: execute-only', EPT, 0x37n, 7n, 4, 0x4034n, /level 1 entry: not readable/],
  [
    'EPT with accessed and dirty flags: read-only',
    EPT_AD,
    0x37n,
    7n,
    4,
    0x4035n,
    /level 1 entry: not writable/,
  ],
  ['NPT: not present', NPT, 0x67n, 0x67n, 3, 0n, /level 1 entry is invalid/],
  ['NPT: read-only', NPT, 0x67n, 0x67n, 4, 0x4065n, /level 1 entry: not writable/],
  ['NPT: U/S = 0', NPT, 0x67n, 0x67n, 4, 0x4063n, /level 1 entry: not readable/],
];

describe.each(CASES)('%s', (_, registers, leaf, table, special, word, why) => {
  const memory = world(leaf, table, special, word);
  const space = guestOf(memory, registers);
  const { regime } = space.candidate;
  const level = 5 - special;

  test('translate', () => {
    const answer = answerFor(space, memory, 0x123n);
    expect(answer.output).toBeUndefined();
    expect(answer.first.translation.outcome).toBe('hidden-by-second-stage');
    expect(answer.reason).toMatch(why);
    expect(answer.reason).toContain(`the level ${level} table`);
    expect(answer.hidden?.step?.name).toBe(1);
    expect(answer.second?.translation.input).toBe(BigInt(special * 0x1000));
  });

  test('walk: a record of its own, by every walker', () => {
    const exact = walkExactly(regime, space.memory);
    expect(exact.missingTotal).toBe(0);
    expect(exact.obstacles.map(({ kind }) => kind)).toEqual(['hidden-by-second-stage']);
    expect(walkFast(regime, space.memory)).toEqual(exact);
    expect(PlannedWalk.of(regime, space.memory)?.end()?.obstacles).toEqual(exact.obstacles);
    const [record] = [...mapRecords(mapOf(space, memory))];
    expect(record).toMatchObject({
      kind: 'hidden-by-second-stage',
      level,
      va: '0x0',
      size: `0x${(512 * 4096 * 512 ** (level - 1)).toString(16)}`,
      at: `0x${(special * 0x1000).toString(16)}`,
    });
    expect(record?.raw).toBeUndefined();
  });

  test('totals', () => {
    expect(summarise(regime, space.memory)).toMatchObject({ hidden: 1, missing: 0, bytes: 0 });
  });
});

test('read-only where reads of guest tables do not count as writes', () => {
  const ept = world(0x37n, 7n, 4, 0x4035n);
  expect(answerFor(guestOf(ept, EPT), ept, 0x123n).output).toBe(0x5123n);
  const npt = world(0x67n, 0x67n, 4, 0x4065n);
  expect(answerFor(guestOf(npt, NPT, { rogpt: 1 }), npt, 0x123n).output).toBe(0x5123n);
});

test('the second stage’s own table is not in the image: nobody knows', () => {
  const memory = world(0x37n, 7n, 4, 0n);
  memory.write(ROOT + 0x2000, 0x99_0000n | 7n);
  expect(answerFor(guestOf(memory, EPT), memory, 0x123n).first.translation.outcome).toBe('missing');
});

test('mode-based execute control: X or XU by whose page the guest makes it', () => {
  const perm = (leaf: bigint, page: bigint): string | undefined => {
    const memory = world(0x37n, 0x407n, 5, 0x5000n | leaf);
    memory.write(0x4000, 0x5000n | page);
    return answerFor(guestOf(memory, EPT, { mbec: 1 }), memory, 0x123n).perm;
  };
  expect(perm(0x433n, 0x67n)).toBe('urwx'); // XU = 1, X = 0
  expect(perm(0x37n, 0x67n)).toBe('urw-');
  expect(perm(0x433n, 0x63n)).toBe('srw-');
  expect(perm(0x37n, 0x63n)).toBe('srwx');
});
