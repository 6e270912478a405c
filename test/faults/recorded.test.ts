/**
 * Faults that machines took, held against their own tables: a guest’s aborts as it saw them, the faults that AT
 * instructions reported for thousands of addresses of every regime and stage, and the oopses of a kernel.
 */

import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../src/arch/faults.ts';
import { candidatesOfAll } from '../../src/arch/walks.ts';
import { abortClaim } from '../../src/arm64/faults/claims.ts';
import { lookUp } from '../../src/faults/look.ts';
import type { Image } from '../../src/image/parse.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import { type Space, spacesOf } from '../../src/walk/space.ts';
import { jsonLines, memattr } from '../cli/harness.ts';
import { fixture, fixtureLines, fixtureText, openFixture } from '../support/fixtures.ts';

const MACHINES = ['a57-nvhe-nofwb', 'max-nvhe-fwb', 'max-vhe-fwb'] as const;

interface Machine {
  readonly image: Image;
  /** The spaces of each CPU. CPU i was inside VM i; the last one ran the host. */
  readonly cpus: readonly (readonly Space[])[];
}

async function machine(name: string): Promise<Machine> {
  const image = await openFixture(`real/arm64/${name}/sparse.elf`);
  const { cpus } = parseRegisters(fixtureText(`real/arm64/${name}/registers.json`));
  return { image, cpus: cpus.map(set => spacesOf(candidatesOfAll([set], 'arm64').found, image.space)) };
}

interface Abort {
  readonly vm: number;
  readonly result?: string;
  readonly esr?: string;
  readonly far?: string;
}
interface Translated {
  readonly cpu: number;
  readonly op: string;
  readonly va: string;
  readonly f: 0 | 1;
  readonly regime?: 'host' | 'el2';
  readonly fst: string;
  readonly ptw: number;
  readonly s2: number;
}

describe('aborts that a guest took', () => {
  for (const name of MACHINES)
    test(name, async () => {
      const { image, cpus } = await machine(name);
      const told = new Map<string, number>();
      for (const { vm, result, esr = '0', far = '0' } of fixtureLines<Abort>(
        `real/arm64/${name}/guest-par.jsonl`,
      )) {
        if (result !== 'fault') continue;
        const claim = abortClaim({ esr: BigInt(esr), far: BigInt(far), el: 1, stage2: false });
        if (!claim) continue; // an instruction that is undefined there
        const [found, ...more] = lookUp(claim, cpus[vm] ?? [], image.space, 1, faultsOf('arm64'));
        expect(more).toEqual([]);
        const { agrees, finds, verdict } = found?.explanation ?? {};
        if (claim.cause === 'outside')
          expect({ agrees, finds }).toEqual({ agrees: undefined, finds: 'fine' });
        else expect(agrees, `${name} ${esr} ${far}: ${verdict}`).toBe(true);
        told.set(claim.cause, (told.get(claim.cause) ?? 0) + 1);
      }
      expect([...told.keys()].sort()).toEqual(['access-flag', 'not-present', 'outside', 'permission']);
      image.close();
    });
});

describe('faults of AT instructions, every regime and stage', () => {
  for (const name of MACHINES)
    test(name, async () => {
      const { image, cpus } = await machine(name);
      let count = 0;
      const wrong: string[] = [];
      for (const line of fixtureLines<Translated>(`real/arm64/${name}/at-par.jsonl`)) {
        if (line.f !== 1) continue;
        const host = line.regime === 'el2' || (line.regime === 'host' && name === 'max-vhe-fwb');
        const lower = line.s2 === 1 || line.op.includes('e0');
        const esr =
          (BigInt(lower ? 0x24 : 0x25) << 26n) |
          BigInt(line.fst) |
          (line.op.endsWith('w') ? 1n << 6n : 0n) |
          (line.ptw ? 1n << 7n : 0n);
        const claim = abortClaim({
          esr,
          far: BigInt(line.va),
          el: line.s2 || host ? 2 : 1,
          stage2: line.s2 === 1,
        });
        if (!claim) throw new Error('no abort');
        const found = lookUp(claim, cpus[line.cpu] ?? [], image.space, host ? 2 : 1, faultsOf('arm64'));
        if (found.length !== 1 || found[0]?.explanation.agrees !== true)
          wrong.push(
            `${JSON.stringify(line)}: ${found[0]?.explanation.verdict} ${found[0]?.explanation.doubt}`,
          );
        count++;
      }
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(4000);
      image.close();
    });
});

interface Answer {
  readonly address: string;
  readonly cause: string;
  readonly finds: string;
  readonly agrees: boolean | null;
  readonly verdict: string;
  readonly suspects: readonly string[];
}

describe('kernel messages', () => {
  test('faults that a kernel was made to take', async () => {
    const { out, status } = await memattr(['explain-fault', '--json'], {
      stdin: fixtureText('real/x86/qemu-oops-192m/console.txt'),
    });
    expect(status).toBe(0);
    const answers = jsonLines<Answer>(out);
    expect(answers.map(({ cause, finds, agrees }) => [cause, finds, agrees])).toEqual([
      ['not-present', 'not-present', true],
      ['not-present', 'not-present', true],
      ['permission', 'permission', true],
      ['permission', 'permission', true],
      ['not-present', 'not-present', true],
      ['not-present', 'not-present', true],
      ['not-present', 'not-present', true],
      ['permission', 'fine', false], // SMAP: the tables permit it
      ['permission', 'permission', true],
      ['not-present', 'fine', false], // RSVD without P: bit 51, and nobody says how wide addresses are
      ['not-present', 'not-present', true],
      ['permission', 'permission', true],
      ['permission', 'permission', true],
      ['not-present', 'not-present', true],
      ['not-present', 'not-present', true],
    ]);
    expect(answers[7]?.suspects[0]).toMatch(/^CR4.SMAP = 1: /);
    expect(answers[9]?.suspects[0]).toMatch(/^MAXPHYADDR: bit 51 of the level 1 entry/);
    expect(answers[3]?.verdict).toBe('not permitted: level 1 XD = 1: execute-disable');
  });

  test('with the width of addresses known the reserved bit is found', async () => {
    const { out } = await memattr(['explain-fault', '--json', '--set', 'maxphyaddr=40'], {
      stdin: fixtureText('real/x86/qemu-oops-192m/console.txt'),
    });
    expect(jsonLines<Answer>(out)[9]).toMatchObject({
      finds: 'reserved-bit',
      agrees: true,
      verdict: expect.stringMatching(/^the level 1 entry faults: bit 51 set but reserved/),
    });
  });

  for (const name of ['oops-a57', 'oops-a57-null', 'oops-max-user'])
    test(`arm64: ${name}`, async () => {
      const { out } = await memattr([
        'explain-fault',
        '--text',
        fixture(`real/arm64/text/${name}.txt`),
        '--json',
      ]);
      const answers = jsonLines<Answer>(out);
      expect(answers.length).toBeGreaterThan(0);
      for (const { agrees, verdict } of answers) expect(agrees, verdict).toBe(true);
    });
});
