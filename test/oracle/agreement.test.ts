/**
 * `translate` held against the models of the manuals: random machines, trees and accesses, compared in outcome, address,
 * stage, level, cause and rights. What it does not say yet is in known.ts, each with the rule.
 */
import { expect, test } from 'vitest';
import { SEED } from '../support/seed.ts';
import { type Compared, compareArm64, compareX86 } from './compare.ts';
import { arm64Case } from './generate-arm64.ts';
import { x86Case } from './generate-x86.ts';
import { KNOWN } from './known.ts';
import { Luck } from './random.ts';

/** TEST_ORACLE_CASES=1000000 is the long run. */
const CASES = Number(process.env.TEST_ORACLE_CASES ?? 10_000);

/** Everything that somebody needs to see the case again. */
function described(
  index: number,
  registers: ReadonlyMap<string, bigint>,
  access: object,
  compared: Compared,
): string {
  const values = [...registers].map(([name, value]) => `${name}=0x${value.toString(16)}`).join(' ');
  const show = (value: object): string =>
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `0x${part.toString(16)}` : part));
  return `case ${index}: ${compared.differs}\n  ${show(access)}\n  ${values}\n  ${show(compared.mine)}\n  ${show(compared.said)}`;
}

test.each(['arm64', 'x86'] as const)(
  '%s',
  architecture => {
    const rows = KNOWN.filter(row => row.architecture === architecture);
    const met = new Map(rows.map(row => [row.rule, 0]));
    const agreed = new Map<string, number>();
    const unexplained: string[] = [];
    for (let index = 0; index < CASES; index++) {
      const luck = new Luck(index);
      const one = architecture === 'arm64' ? arm64Case(luck) : x86Case(luck);
      const compared = 'below' in one ? compareX86(one) : compareArm64(one);
      for (const category of compared.agrees) agreed.set(category, (agreed.get(category) ?? 0) + 1);
      const { differs } = compared;
      if (differs === undefined) continue;
      const row = rows.find(({ says }) => says.test(differs));
      if (row) met.set(row.rule, (met.get(row.rule) ?? 0) + 1);
      else unexplained.push(described(index, one.registers, one.access, compared));
    }
    expect(unexplained.slice(0, 3).join('\n')).toBe('');
    // mended: take the row out of known.ts. Luck of other seeds may miss the rare ones.
    if (SEED === 0) expect([...met].filter(([, count]) => count === 0).map(([rule]) => rule)).toEqual([]);
    for (const category of ['outcome', 'address', 'stage', 'cause', 'level', 'rights'])
      expect(agreed.get(category) ?? 0, category).toBeGreaterThan(CASES / 20);
    if (process.env.TEST_ORACLE_SHOW) console.log(CASES, [...agreed], [...met]);
  },
  600_000 + CASES,
);
