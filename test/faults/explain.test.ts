/** Claims of the hardware, one kind after the other, and what tables made for them answer. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../src/arch/faults.ts';
import { candidatesOf, type Machine } from '../../src/arch/walks.ts';
import { abortClaim, causeOf } from '../../src/arm64/faults/claims.ts';
import type { Claim } from '../../src/faults/claim.ts';
import { lookUp } from '../../src/faults/look.ts';
import type { Explanation } from '../../src/faults/verdict.ts';
import { spacesOf } from '../../src/walk/space.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  nestedFaultClaim,
  pageFaultClaim,
} from '../../src/x86/faults/claims.ts';
import { jsonLines, memattr } from '../cli/harness.ts';
import { A, DATA, ept, guest, K, kernel, pc, S2, TEXT, type World, X } from '../lint/worlds.ts';

const RAM = 0x4000_0000n;
const UPPER = 0xffff_ff80_0000_0000n; // 39-bit upper range

function look(world: World, claim: Claim, machine: Machine = {}, el = 1): readonly Explanation[] {
  const architecture = claim.architecture;
  const { found } = candidatesOf(world.registers, architecture, machine);
  return lookUp(claim, spacesOf(found, world.memory), world.memory, el, faultsOf(architecture)).map(
    ({ explanation }) => explanation,
  );
}
const one = (...args: Parameters<typeof look>): Explanation => {
  const [first, ...more] = look(...args);
  expect(more).toEqual([]);
  if (!first) throw new Error('nothing was held against the fault');
  return first;
};

const DATA_ABORT = 0x25n << 26n;
const FROM_EL0 = 0x24n << 26n;
const FETCH = 0x21n << 26n;
const WRITE = 1n << 6n;
const abort = (esr: bigint, far: bigint, more: Partial<Parameters<typeof abortClaim>[0]> = {}): Claim => {
  const claim = abortClaim({ esr, far, el: 1, stage2: false, ...more });
  if (!claim) throw new Error('no abort');
  return claim;
};

describe('fault status codes', () => {
  test('causes and levels, -1 and -2 among them', () => {
    const of = (cause: string, ...codes: number[]) =>
      codes
        .map(code => [code, causeOf(code)] as const)
        .map(([code, { cause: found, level }]) => [code, found === cause, level]);
    expect(of('address-size', 0, 3, 0x29, 0x2c)).toEqual([
      [0, true, 0],
      [3, true, 3],
      [0x29, true, -1],
      [0x2c, true, -2],
    ]);
    expect(of('not-present', 4, 7, 0x2b, 0x2a)).toEqual([
      [4, true, 0],
      [7, true, 3],
      [0x2b, true, -1],
      [0x2a, true, -2],
    ]);
    expect(of('access-flag', 8, 11)).toEqual([
      [8, true, 0],
      [11, true, 3],
    ]);
    expect(of('permission', 12, 15)).toEqual([
      [12, true, 0],
      [15, true, 3],
    ]);
    for (const code of [0x10, 0x11, 0x14, 0x21, 0x30, 0x31, 0x3d])
      expect(causeOf(code)).toEqual({ cause: 'outside' });
  });

  test('who, what and where', () => {
    expect(abort(FROM_EL0 | WRITE | 0xfn, 0x1000n)).toMatchObject({
      stage: 1,
      cause: 'permission',
      level: 3,
      access: 'write',
      by: 'unprivileged',
      input: 0x1000n,
    });
    expect(abort(FETCH | 0x6n, 0x1000n)).toMatchObject({ access: 'fetch', by: 'privileged', level: 2 });
    expect(abort(FROM_EL0 | 7n, 0x1234n, { el: 2, hpfar: 0x9_0000n })).toMatchObject({
      stage: 2,
      input: 0x900_0234n,
      va: 0x1234n,
    });
    const onWalk = abort(FROM_EL0 | 7n | (1n << 7n), 0x1234n, { el: 2, hpfar: 0x9_0000n });
    expect(onWalk).toMatchObject({ onWalk: true, access: 'read', input: 0x900_0000n });
    // a permission fault that is not on a walk leaves HPFAR_EL2 as it was
    const stale = abort(FROM_EL0 | 0xfn, 0x1234n, { el: 2, hpfar: 0x9_0000n });
    expect(stale.input).toBeUndefined();
    expect(stale.remarks.join()).toMatch(/HPFAR_EL2 is not valid/);
    // host at EL2: programs fault to it from EL0, and no stage 2 is behind them
    expect(abort(FROM_EL0 | 7n, 0x1234n, { el: 2 })).toMatchObject({ stage: 1, by: 'unprivileged' });
    expect(abortClaim({ esr: 0x5600_0000n, el: 1, stage2: false })).toBeUndefined(); // SVC
  });
});

describe('arm64 stage 1', () => {
  const at = (world: ReturnType<typeof kernel>, word: bigint): World => world.set(world.upper, 1, word);
  const VA = UPPER + K + 0x10n;

  test('each right, by the bit that denies it', () => {
    const readOnly = at(kernel(), RAM | DATA | A.ro);
    expect(one(readOnly, abort(DATA_ABORT | WRITE | 0xfn, VA))).toMatchObject({
      finds: 'permission',
      agrees: true,
      verdict: 'not permitted: level 3 AP[2:1] = 0b10: read-only',
    });
    const data = at(kernel(), RAM | DATA);
    expect(one(data, abort(FETCH | 0xfn, VA)).verdict).toBe('not permitted: level 3 PXN = 1: execute-never');
    expect(one(data, abort(FROM_EL0 | 0xfn, VA)).verdict).toBe(
      'not permitted: level 3 AP[2:1] = 0b00: no access at EL0',
    );
    const user = at(kernel(), RAM | (DATA & ~A.pxn) | A.el0);
    expect(one(user, abort(FETCH | 0xfn, VA)).verdict).toMatch(
      /AP\[2:1\] = 0b01: EL0 may write it, or WXN = 1/,
    );
  });

  test('a table above', () => {
    const world = kernel();
    world.set(world.upper2, 0, world.upper | A.table | (1n << 59n) | (1n << 62n));
    at(world, RAM | (DATA & ~A.pxn));
    expect(one(world, abort(FETCH | 0xfn, VA))).toMatchObject({
      agrees: true,
      verdict: 'not permitted: level 2 PXNTable = 1: nothing below is executable',
    });
    const write = one(world, abort(DATA_ABORT | WRITE | 0xfn, VA));
    expect(write.verdict).toBe('not permitted: level 2 APTable = 0b10: nothing below is writable');
    expect(write.steps.map(({ guilty }) => guilty)).toEqual([false, true, false]);
  });

  test('not present, Access flag, address size', () => {
    expect(one(at(kernel(), 0n), abort(DATA_ABORT | 7n, VA))).toMatchObject({
      finds: 'not-present',
      agrees: true,
    });
    expect(one(at(kernel(), RAM | (DATA & ~A.af)), abort(DATA_ABORT | 0xbn, VA))).toMatchObject({
      finds: 'access-flag',
      agrees: true,
    });
    expect(one(at(kernel(), (1n << 41n) | DATA), abort(DATA_ABORT | 3n, VA))).toMatchObject({
      finds: 'address-size',
      agrees: true,
      verdict: expect.stringMatching(
        /^the level 3 entry faults: output address 0x20000000000 needs more than 40 bits/,
      ),
    });
  });

  test('the entry is fine: the TLB, or what stands beside the tables', () => {
    const fine = one(at(kernel(), RAM | DATA), abort(DATA_ABORT | WRITE | 7n, VA));
    expect(fine).toMatchObject({ finds: 'fine', agrees: false });
    expect(fine.suspects).toMatchObject([
      { id: 'stale-tlb', says: expect.stringMatching(/^a stale TLB entry/) },
    ]);
    const user = one(at(kernel(), RAM | DATA | A.el0), abort(DATA_ABORT | WRITE | 0xfn, VA));
    expect(user.suspects[0]?.says).toMatch(/^PSTATE.PAN/);
    const external = one(at(kernel(), RAM | DATA), abort(DATA_ABORT | 0x10n, VA));
    expect(external).toMatchObject({
      finds: 'fine',
      suspects: [
        {
          says: expect.stringMatching(
            /^whatever is at 0x40000010 refused the access: a device without power/,
          ),
        },
      ],
    });
    expect(external.agrees).toBeUndefined();
  });

  test('the tables were changed since', () => {
    const changed = one(at(kernel(), 0n), abort(DATA_ABORT | 0xfn, VA));
    expect(changed).toMatchObject({ finds: 'not-present', agrees: false });
    expect(changed.doubt).toMatch(
      /^the hardware met rights at level 3, and the tables have an entry that is not present/,
    );
    expect(one(at(kernel(), 0n), abort(DATA_ABORT | 6n, VA))).toMatchObject({ agrees: false }); // another level
  });

  test('a table that is not in the image', () => {
    const world = kernel();
    world.set(world.upper2, 0, 0x7777_0000n | A.table);
    expect(one(world, abort(DATA_ABORT | 7n, VA))).toMatchObject({ finds: 'unknown' });
  });

  test('EL0 kept out by E0PD', () => {
    const world = at(kernel(), RAM | DATA | A.el0);
    expect(one(world, abort(FROM_EL0 | 4n, VA))).toMatchObject({ finds: 'fine', agrees: false });
    world.registers.set('TCR_EL1', (world.registers.get('TCR_EL1') ?? 0n) | (1n << 56n));
    expect(one(world, abort(FROM_EL0 | 4n, VA))).toMatchObject({
      finds: 'not-present',
      agrees: true,
      verdict: expect.stringMatching(/^TCR_EL1.E0PD1 = 1/),
    });
  });
});

describe('arm64 stage 2', () => {
  const PAGE = RAM + 8n * K;
  const world = (leaf: bigint, s1 = DATA): ReturnType<typeof guest> => {
    const made = guest();
    made.set(made.s2, 8, leaf);
    made.set(made.lower, 5, PAGE | s1);
    return made;
  };
  const hpfar = (PAGE >> 12n) << 4n;

  test('not mapped, by its IPA', () => {
    expect(one(world(0n), abort(FROM_EL0 | 7n, 5n * K, { el: 2, hpfar }))).toMatchObject({
      finds: 'not-present',
      agrees: true,
    });
  });

  test('a permission, with the IPA from the guest’s tables', () => {
    const readOnly = world(PAGE | (S2.rw & ~(2n << 6n)));
    const found = one(readOnly, abort(FROM_EL0 | WRITE | 0xfn, 5n * K, { el: 2, stage2: true }));
    expect(found).toMatchObject({
      agrees: true,
      verdict: 'not permitted: level 3 S2AP = 0b01: not writable',
    });
    const fetch = one(
      world(PAGE | S2.rw, TEXT & ~A.uxn),
      abort((0x20n << 26n) | 0xfn, 5n * K, { el: 2, stage2: true }),
    );
    expect(fetch.verdict).toBe('not permitted: level 3 XN = 0b10: execute-never');
  });
});

describe('x86', () => {
  const VA = 0x1010n;
  const page = (word: bigint): ReturnType<typeof pc> => {
    const world = pc();
    world.set(world.pt, 1, word);
    return world;
  };

  test('page faults, by the bit that denies it', () => {
    const { p, w, u, xd } = X;
    expect(one(page(RAM | p | u), pageFaultClaim(7n, VA)).verdict).toBe(
      'not permitted: level 1 R/W = 0: read-only',
    );
    expect(one(page(RAM | p | w), pageFaultClaim(5n, VA)).verdict).toBe(
      'not permitted: level 1 U/S = 0: supervisor only',
    );
    expect(one(page(RAM | p | w | xd), pageFaultClaim(0x11n, VA)).verdict).toBe(
      'not permitted: level 1 XD = 1: execute-disable',
    );
    expect(one(page(0n), pageFaultClaim(0n, VA))).toMatchObject({ finds: 'not-present', agrees: true });
    const world = page(RAM | p | w | u);
    world.set(world.pd, 0, world.pt | p | u); // the table above
    expect(one(world, pageFaultClaim(7n, VA)).verdict).toBe('not permitted: level 2 R/W = 0: read-only');
  });

  test('reserved bits, and what no table decides', () => {
    const machine = { maxphyaddr: 40 };
    const high = page(RAM | X.p | (1n << 45n));
    expect(one(high, pageFaultClaim(9n, VA), machine)).toMatchObject({ finds: 'reserved-bit', agrees: true });
    expect(one(high, pageFaultClaim(9n, VA), { maxphyaddr: 52 })).toMatchObject({
      finds: 'fine',
      suspects: [{ says: expect.stringMatching(/^MAXPHYADDR: bit 45/) }], // no TLB, while something else is left
    });
    const key = one(page(RAM | X.p | X.u), pageFaultClaim(0x25n, VA));
    expect(key).toMatchObject({
      agrees: true,
      verdict: expect.stringMatching(/^PK = 1: PKRU denies protection key 0/),
    });
  });

  test('SMAP and SMEP as the registers have them', () => {
    const user = page(RAM | X.p | X.w | X.u);
    user.registers.set('CR4', 0x30_06f0n);
    expect(one(user, pageFaultClaim(1n, VA)).suspects[0]?.says).toMatch(/^CR4.SMAP = 1/);
    expect(one(user, pageFaultClaim(0x11n, VA))).toMatchObject({
      agrees: true,
      verdict: expect.stringMatching(/^CR4.SMEP = 1/),
    });
    user.registers.set('CR4', 0x6f0n);
    expect(one(user, pageFaultClaim(1n, VA)).suspects).toMatchObject([{ id: 'stale-tlb' }]);
  });

  test('EPT violations, misconfigurations, and KVM’s own', () => {
    const world = ept();
    world.set(world.pt, 1, RAM | 5n | (6n << 3n));
    world.set(world.pt, 2, RAM | 2n).set(world.pt, 3, 0xf8_d000_00c6n);
    const machine = { maxphyaddr: 40 };
    expect(eptViolationClaim(0x1aan, 0x1010n, 5n)).toMatchObject({
      access: 'write',
      cause: 'permission',
      va: 5n,
      entries: { r: true, w: false, x: true },
    });
    expect(one(world, eptViolationClaim(0x2an, 0x1010n), machine)).toMatchObject({
      agrees: true,
      verdict: 'not permitted: level 1 W = 0: not writable',
    });
    expect(one(world, eptViolationClaim(1n, 0x9000n), machine)).toMatchObject({
      finds: 'not-present',
      agrees: true,
    });
    expect(eptViolationClaim(0x81n, 0x9000n, 5n)).toMatchObject({ onWalk: true });
    expect(one(world, eptMisconfigurationClaim(0x2000n), machine)).toMatchObject({
      finds: 'misconfiguration',
      agrees: true,
    });
    expect(one(world, eptMisconfigurationClaim(0x3000n), machine)).toMatchObject({
      finds: 'on-purpose',
      agrees: true,
    });
  });

  test('nested page faults', () => {
    const world = page(RAM | X.p | X.u);
    world.registers.set('NCR3', world.root).delete('CR3');
    expect(nestedFaultClaim(0x1_0000_0006n, VA)).toMatchObject({
      access: 'write',
      cause: 'not-present',
      onWalk: false,
    });
    expect(nestedFaultClaim(0x2_0000_0006n, VA)).toMatchObject({ onWalk: true });
    expect(one(world, nestedFaultClaim(0x1_0000_0007n, VA)).verdict).toBe(
      'not permitted: level 1 R/W = 0: read-only',
    );
    world.set(world.pt, 1, RAM | X.p | X.w);
    expect(one(world, nestedFaultClaim(0x1_0000_0007n, VA))).toMatchObject({
      finds: 'permission',
      agrees: true,
    });
  });
});

describe('the command', () => {
  const run = (...args: string[]) => memattr(['explain-fault', ...args]);
  const ENTRIES = '0x2a15067,0x2a17067,0x6247067,0x800000000628b161';

  test('bare entries, with what was taken for granted', async () => {
    const { out, status } = await run(
      '--pf-code',
      '0x3',
      '--cr2',
      '0xffffffffc02111c0',
      '--entries',
      ENTRIES,
    );
    expect(status).toBe(0);
    expect(out).toContain('verdict     not permitted: level 1 R/W = 0: read-only');
    expect(out).toContain('which is what the hardware said');
    expect(out).toContain('assumed     the first entry is of level 4');
  });

  test('five x86 entries are a 5-level walk, of a guest’s nested table too', async () => {
    const five = ['--entries', '0x67,0x67,0x67,0x67,0x25'];
    const pageFault = await run('--pf-code', '0x3', '--cr2', '0x1000', ...five);
    expect(pageFault.out).toContain('x86 5-level paging');
    expect(pageFault.out).toContain('verdict     not permitted: level 1 R/W = 0: read-only');
    const nested = await run('--npf', '0x100000007,0x1000', ...five);
    expect(nested.out).toContain('verdict     not permitted: level 1 R/W = 0: read-only');
  });

  test('levels of arm64 entries: pages, blocks, and walks that end early', async () => {
    const levels = async (entries: string, esr: string, ...more: string[]) => {
      const { out } = await run(
        '--esr',
        esr,
        '--far',
        '0xffff000010001000',
        '--entries',
        entries,
        '--json',
        ...more,
      );
      const [record] = jsonLines<{ steps: { level: number }[]; agrees: boolean }>(out);
      return [record?.steps.map(({ level }) => level), record?.agrees];
    };
    const table = '0x40001003';
    expect(await levels(`${table},${table},${table},0xe0000040000783`, '0x9600004f')).toEqual([
      [0, 1, 2, 3],
      true,
    ]);
    expect(await levels(`${table},${table},0xe0000040000783`, '0x9600004f')).toEqual([[1, 2, 3], true]);
    expect(await levels(`${table},${table},0xe0000040000781`, '0x9600004e')).toEqual([[0, 1, 2], true]);
    expect(await levels(`${table},0`, '0x96000006')).toEqual([[1, 2], true]);
    expect(await levels(`${table},0`, '0x96000006', '--set', 'level=0')).toEqual([[0, 1], false]);
    // a 64K granule by its register: two levels below the top
    expect(await levels(`${table},0xe0000040000783`, '0x9600004f', '--tcr', '0xc0150035c0023516')).toEqual([
      [2, 3],
      true,
    ]);
  });

  test('without tables it says what the hardware said', async () => {
    const { out, status } = await run(
      '--ept-qualification',
      '0x182',
      '--gpa',
      '0xfee00000',
      '--gla',
      '0x7f00',
    );
    expect(status).toBe(0);
    expect(out).toMatch(/hardware {4}EPT violation: an entry is not present, or no right is in all of them/);
    expect(out).toMatch(/access {6}a write to 0xfee00000/);
    expect(out).not.toContain('verdict');
  });

  test('mistakes are answered in one line', async () => {
    for (const [args, says] of [
      [['--esr', '0x56000000'], /is no abort: memattr reg ESR_EL1/],
      [['--esr', '1', '--pf-code', '1'], /one fault at a time/],
      [['--ept-misconfig'], /--ept-misconfig needs --gpa/],
      [['--entries', '0x1'], /--entries needs the fault/],
      [['--pf-code', '1', '--entries', ','], /--entries has no entries/],
      [['--pf-code', '1', '--entries', '1', '--as', 'stage3'], /--as takes stage1/],
      [['--pf-code', '1', '--cr2', '0', '-o', 'csv'], /answers as text or as JSON/],
    ] as const) {
      const { status, err, out } = await run(...args);
      expect(err).toMatch(says);
      expect({ status, out, lines: err.trim().split('\n').length }).toEqual({ status: 2, out: '', lines: 1 });
    }
    expect(await memattr(['explain-fault'], { stdin: 'nothing of the kind\n' })).toMatchObject({
      status: 3,
      out: '',
    });
  });

  test('records fit their schema', async () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../docs/schemas/fault.schema.json', import.meta.url), 'utf8'),
    );
    const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);
    for (const args of [
      ['--pf-code', '0x3', '--cr2', '0xffffffffc02111c0', '--entries', ENTRIES],
      ['--npf', '0x100000006,0xfee00000'],
      ['--esr', '0x9600002b', '--far', '0x10'],
      ['--ept-qualification', '0x182', '--gpa', '0xfee00000', '--gla', '0x7f00'],
    ]) {
      const [record] = jsonLines((await run(...args, '--json')).out);
      expect(fits(record) ? [] : fits.errors, JSON.stringify(record)).toEqual([]);
    }
  });
});

test.each([
  ['64K', '0xffff000007c00000', '0x1800205ffffd0003,0x1800205ffffc0003,0x0068000007c00f06', '[0x000]'],
  ['16K', '0xffff800000000000', '0x1003,0x4003,0x8003,0', '[0x001]'],
  ['4K', '0xffff800000000000', '0x1003,0x4003,0x8003,0', '[0x100]'],
])('the index in a root that is narrower than a table: %s granule', async (granule, far, entries, index) => {
  const { out } = await memattr([
    ...['explain-fault', '--esr', '0x96000007', '--far', far, '--set', `granule=${granule}`],
    ...['--entries', entries],
  ]);
  expect(/level [01] (\[0x[0-9a-f]+\])/.exec(out)?.[1]).toBe(index);
});
