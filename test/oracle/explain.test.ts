/**
 * The library's explanation of a fault held against the models: given only the syndrome, the address, the registers and
 * the tables, it agrees that the access faults so, or names the control that denies it among the suspects.
 */
import { expect, test } from 'vitest';
import { faultsOf } from '../../src/arch/faults.ts';
import { abortClaim } from '../../src/arm64/faults/claims.ts';
import { candidatesOf, faults, spacesOf } from '../../src/index.ts';
import type { Refused } from '../../src/walk/candidate.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  nestedFaultClaim,
  pageFaultClaim,
} from '../../src/x86/faults/claims.ts';
import { SEED } from '../support/seed.ts';
import { arm64Access } from './arm64.ts';
import { arm64Case } from './generate-arm64.ts';
import { answerOf, x86Case } from './generate-x86.ts';
import { bits, type Fault } from './outcome.ts';
import { Luck } from './random.ts';
import { spaceOf } from './space.ts';

const CASES = Number(process.env.TEST_ORACLE_CASES ?? 3000);

/** Controls of an access that no entry holds: the report does not say whether they were on. */
const SUSPECTED: readonly (readonly [RegExp, RegExp])[] = [
  [/^(no read|no write)/, /PSTATE\.PAN|LDTR/],
  [/SMAP/, /SMAP/],
  [/SMEP/, /SMEP/],
];

/** What it does not explain yet, and the rule. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^arm64 \S+: stage 1 off/, 'stage 1 off: address beyond PAMax; Device, so alignment'],
  [
    /^arm64 not-present: (TnSZ|E0PD)/,
    'TnSZ out of its limits is level 0, at EL2 and EL3 too; E0PD is asked before a table is read',
  ],
];

interface Asked {
  readonly label: string;
  readonly mine: Fault;
  /** Why registers that are there give no walk. */
  readonly refused: readonly Refused[];
  readonly said: readonly {
    readonly explanation: {
      readonly agrees?: boolean;
      readonly verdict: string;
      readonly suspects: readonly { readonly says: string }[];
    };
  }[];
}

function arm64(index: number): Asked | undefined {
  const { registers, memory, access, root } = arm64Case(new Luck(index));
  const mine = arm64Access(registers, memory.read, access);
  if (mine.is !== 'fault') return undefined;
  const second = mine.stage === 2;
  const el = root === 'el3' ? 3 : second || root.startsWith('el2') ? 2 : 1;
  const hpfar = mine.input === undefined ? undefined : bits(mine.input, 55, 12) << 4n;
  const claim = abortClaim({ esr: mine.syndrome, far: access.address, hpfar, el, stage2: second });
  if (!claim) throw new Error(`no abort: ${mine.syndrome.toString(16)}`);
  const space = spaceOf(memory);
  const { found, refused } = candidatesOf(registers, 'arm64');
  const spaces = spacesOf(found, space);
  const label = `arm64 ${mine.cause}: ${mine.reason}`;
  return { label, mine, refused, said: faults.lookUp(claim, spaces, space, el, faultsOf('arm64')) };
}

function x86(index: number): Asked | undefined {
  const one = x86Case(new Luck(index));
  const { registers, memory, access, facts, below } = one;
  const mine = answerOf(one);
  // #GP tells no cause; what a PDPTE may not have is refused when CR3 is loaded
  if (mine.is !== 'fault' || mine.cause === 'canonical' || /PDPTE/.test(mine.reason)) return undefined;
  const claim =
    mine.stage === 1
      ? pageFaultClaim(mine.syndrome, access.address)
      : below === 'npt'
        ? nestedFaultClaim(mine.syndrome, mine.input)
        : mine.cause === 'misconfiguration'
          ? eptMisconfigurationClaim(mine.input ?? 0n)
          : eptViolationClaim(mine.syndrome, mine.input, access.address);
  const space = spaceOf(memory);
  const machine = {
    maxphyaddr: facts.maxphyaddr,
    vendor: facts.amd ? 'amd' : 'intel',
    mbec: facts.mbec ? 1 : 0,
    gmet: facts.gmet ? 1 : 0,
    sss: facts.sss ? 1 : 0,
    rogpt: facts.readOnlyGuestTables ? 1 : 0,
  } as const;
  const spaces = spacesOf(candidatesOf(registers, 'x86', machine).found, space);
  const above = bits(access.address, 63, 47);
  const tagged = access.kind === 'fetch' && above !== 0n && above !== 0x1_ffffn;
  const label = tagged ? 'x86 fetch of a tagged pointer' : `x86 ${mine.cause}: ${mine.reason}`;
  return { label, mine, refused: [], said: faults.lookUp(claim, spaces, space, 1, faultsOf('x86')) };
}

const explains = ({ mine, refused, said }: Asked): boolean =>
  (said.length === 0 &&
    refused.some(({ reason }) => mine.cause === 'not-present' && /is invalid/.test(reason))) ||
  said.some(({ explanation: { agrees, suspects } }) => {
    if (agrees === true) return true;
    return SUSPECTED.some(
      ([reason, suspect]) => reason.test(mine.reason) && suspects.some(({ says }) => suspect.test(says)),
    );
  });

test.each([
  ['arm64', arm64],
  ['x86', x86],
] as const)(
  '%s',
  (architecture, ask) => {
    const unexplained: string[] = [];
    const met = new Set<string>();
    let explained = 0;
    for (let index = 0; index < CASES; index++) {
      const asked = ask(index);
      if (!asked) continue;
      if (explains(asked)) {
        explained++;
        continue;
      }
      const known = KNOWN.find(([label]) => label.test(asked.label));
      if (known) met.add(known[1]);
      else
        unexplained.push(
          `case ${index}: ${asked.label}: ${asked.said.map(({ explanation }) => `${explanation.verdict}; ${explanation.suspects.map(({ says }) => says).join('; ')}`).join(' | ')}`,
        );
    }
    expect(unexplained.slice(0, 500).map(l => l.slice(0, 420))).toEqual([]);
    expect(explained).toBeGreaterThan(CASES / 10);
    // mended: take the row out
    if (SEED === 0)
      expect(
        KNOWN.filter(([label, rule]) => label.source.startsWith(`^${architecture}`) && !met.has(rule)).map(
          ([, rule]) => rule,
        ),
      ).toEqual([]);
  },
  600_000 + CASES,
);
