/** The models of the manuals against what machines and emulators answered: AT instructions, aborts, a monitor's walks, nested accesses. */
import { describe, expect, test } from 'vitest';
import type { AddressSpace } from '../../src/image/address-space.ts';
import { parseRegisters } from '../../src/text/registers.ts';
import { fixtureLines, fixtureText, openFixture } from '../support/fixtures.ts';
import { type Arm64Access, arm64Access } from './arm64.ts';
import { bit, type Memory, num, type Outcome } from './outcome.ts';
import { type SecondStage, x86Access } from './x86.ts';

const memoryOf =
  (space: AddressSpace): Memory =>
  (address, bytes) => {
    const page = space.page(Number(address >> 12n));
    if (page === undefined) return undefined;
    const index = num(address, 11, 2);
    const low = BigInt(page[index] as number);
    return bytes === 4 ? low : low | (BigInt(page[index + 1] as number) << 32n);
  };

/** One case in one line. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'bigint' ? `0x${part.toString(16)}` : part instanceof Map ? [...part] : part,
  );

const MACHINES = ['a57-nvhe-nofwb', 'max-nvhe-fwb', 'max-vhe-fwb'] as const;

interface Translated {
  readonly cpu: number;
  readonly op: string;
  readonly va: string;
  readonly f: 0 | 1;
  readonly pa?: string;
  readonly regime?: 'host' | 'el2';
  readonly fst?: string;
  readonly ptw?: number;
  readonly s2?: number;
}

/** AT S1E1R and so on, as an access of the model. */
function instruction(op: string, address: bigint, el: 1 | 2): Arm64Access {
  const parts = /^(s1|s12)e([012])([rw])$/.exec(op);
  if (!parts) throw new Error(`no AT instruction ${op}`);
  return {
    el: parts[2] === '0' ? 0 : el,
    kind: parts[3] === 'w' ? 'write' : 'read',
    address,
    at: parts[1] === 's1' ? 'stage1' : 'both',
  };
}

const brief = (outcome: Outcome): unknown =>
  outcome.is === 'allowed'
    ? { pa: outcome.pa & ~0xfffn }
    : outcome.is === 'fault'
      ? { fst: num(outcome.syndrome, 5, 0), ptw: outcome.of === 'walker', stage: outcome.stage }
      : { missing: outcome.at };

describe('arm64: AT instructions of every regime', () => {
  test.each(MACHINES)('%s', async name => {
    const image = await openFixture(`real/arm64/${name}/sparse.elf`);
    const memory = memoryOf(image.space);
    const { cpus } = parseRegisters(fixtureText(`real/arm64/${name}/registers.json`));
    let count = 0;
    const wrong: unknown[] = [];
    for (const line of fixtureLines<Translated>(`real/arm64/${name}/at-par.jsonl`)) {
      const registers = cpus[line.cpu];
      if (!registers) throw new Error(`no CPU ${line.cpu}`);
      const host = line.regime === 'el2' || (line.regime === 'host' && name === 'max-vhe-fwb');
      const outcome = arm64Access(registers, memory, instruction(line.op, BigInt(line.va), host ? 2 : 1));
      const theirs =
        line.f === 0
          ? { pa: BigInt(line.pa ?? 0) & ~0xfffn }
          : { fst: Number(line.fst), ptw: line.ptw === 1, stage: line.s2 === 1 ? 2 : 1 };
      count++;
      try {
        expect(brief(outcome)).toEqual(theirs);
      } catch {
        wrong.push({ line, mine: outcome });
      }
    }
    expect(wrong.slice(0, 3).map(text)).toEqual([]);
    expect(wrong.length).toBe(0);
    expect(count).toBeGreaterThan(8000);
    await image.close();
  });
});

interface Reported {
  readonly vm: number;
  readonly va: string;
  readonly op: string;
  readonly par?: string;
  readonly result?: 'ok' | 'fault';
  readonly esr?: string;
  readonly far?: string;
}

describe('arm64: what a guest saw of itself', () => {
  test.each(MACHINES)('%s', async name => {
    const image = await openFixture(`real/arm64/${name}/sparse.elf`);
    const memory = memoryOf(image.space);
    const { cpus } = parseRegisters(fixtureText(`real/arm64/${name}/registers.json`));
    const wrong: unknown[] = [];
    const counts = new Map<string, number>();
    for (const line of fixtureLines<Reported>(`real/arm64/${name}/guest-par.jsonl`)) {
      const registers = cpus[line.vm];
      if (!registers) throw new Error(`no CPU ${line.vm}`);
      const esr = BigInt(line.esr ?? 0);
      // EC 0: what was fetched is no instruction; FAR is still that of an older fault
      const undefinedThere = line.result === 'fault' && num(esr, 31, 26) === 0;
      const address = BigInt((undefinedThere ? undefined : line.far) ?? line.va);
      const kind = line.op === 'exec' ? 'fetch' : line.op === 'write' ? 'write' : 'read';
      const access = line.par ? instruction(line.op, address, 1) : ({ el: 1, kind, address } as const);
      const mine = arm64Access(registers, memory, access);
      const par = BigInt(line.par ?? 0);
      // what stage 2 refuses is between the host and the guest: the guest never saw it
      const refused = mine.is === 'fault' && mine.stage === 2;
      const theirs = line.par
        ? bit(par, 0)
          ? num(par, 6, 1)
          : (par >> 12n) & 0xf_ffff_ffffn
        : line.result === 'ok' || undefinedThere
          ? 'ok'
          : Number(esr >> 26n) * 256 + num(esr, 6, 0);
      const own =
        mine.is === 'allowed'
          ? line.par
            ? mine.pa >> 12n
            : 'ok'
          : mine.is === 'fault'
            ? line.par
              ? num(mine.syndrome, 5, 0)
              : Number((mine.syndrome >> 26n) & 0x3fn) * 256 + num(mine.syndrome, 6, 0)
            : 'missing';
      const key = `${line.par ? 'AT' : line.op} ${refused ? 'refused by stage 2' : (line.result ?? (bit(par, 0) ? 'fault' : 'ok'))}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      // an external abort is what KVM tells a guest that fetches from where it may not
      if (own !== theirs && !(refused && (theirs === 'ok' || num(esr, 5, 0) === 0x10)))
        wrong.push({ line, own, mine });
    }
    expect(wrong.slice(0, 3).map(text)).toEqual([]);
    expect(wrong.length).toBe(0);
    for (const key of ['AT ok', 'AT fault', 'read ok', 'exec ok', 'write ok', 'exec fault', 'write fault'])
      expect(counts.get(key), key).toBeGreaterThan(10);
    await image.close();
  });
});

describe('arm64: what is Device', () => {
  interface Effective {
    readonly fwb: 0 | 1;
    readonly s1attr: string;
    readonly s2memattr: number;
    readonly parAttr: string;
    readonly example: { readonly vm: string; readonly va: string };
  }
  test.each(MACHINES)('%s: an access that is not aligned', async name => {
    const image = await openFixture(`real/arm64/${name}/sparse.elf`);
    const memory = memoryOf(image.space);
    const { cpus } = parseRegisters(fixtureText(`real/arm64/${name}/registers.json`));
    let count = 0;
    for (const line of fixtureLines<Effective>(`real/arm64/${name}/effective.jsonl`)) {
      const registers = cpus[Number(line.example.vm)];
      if (!registers) throw new Error('no CPU');
      const mine = arm64Access(registers, memory, {
        el: 1,
        kind: 'read',
        address: BigInt(line.example.va) + 1n,
        aligned: false,
      });
      // stage 2 may force a Device of stage 1 to Write-Back (FWB, 110): stage 1 has its say before
      const device = Number(line.parAttr) >> 4 === 0 || Number(line.s1attr) >> 4 === 0;
      expect([text(line), mine.is === 'fault' && mine.cause === 'alignment']).toEqual([text(line), device]);
      count++;
    }
    expect(count).toBeGreaterThan(50);
    await image.close();
  });
});

describe('arm64: the walks of a monitor', () => {
  interface Walked {
    readonly cpu: number;
    readonly vm?: number;
    readonly va: string;
    readonly gva2gpa: string | null;
  }
  test.each(MACHINES)('%s', async name => {
    const image = await openFixture(`real/arm64/${name}/sparse.elf`);
    const memory = memoryOf(image.space);
    const { cpus } = parseRegisters(fixtureText(`real/arm64/${name}/registers.json`));
    const wrong: unknown[] = [];
    let count = 0;
    for (const line of fixtureLines<Walked>(`real/arm64/${name}/gva2gpa.jsonl`)) {
      const registers = cpus[line.cpu];
      if (!registers) throw new Error(`no CPU ${line.cpu}`);
      const mine = arm64Access(registers, memory, {
        el: line.vm === undefined && name === 'max-vhe-fwb' ? 2 : 1,
        kind: 'read',
        address: BigInt(line.va),
        at: 'both',
      });
      const own = mine.is === 'allowed' ? mine.pa : null;
      const theirs = line.gva2gpa === null ? null : BigInt(line.gva2gpa);
      count++;
      // a monitor looks without touching: access flags do not stop it
      const flag = mine.is === 'fault' && mine.cause === 'access-flag' && theirs !== null;
      if (own !== theirs && !flag) wrong.push({ line, own, mine });
    }
    expect(wrong.slice(0, 3).map(text)).toEqual([]);
    expect(count).toBeGreaterThan(100);
    await image.close();
  });
});

describe('x86: guests behind EPT and nested paging', () => {
  interface Nested {
    readonly gva: string;
    readonly hpa?: string;
    readonly gpa?: string;
    readonly op?: string | number;
    readonly access?: string;
    readonly fault?: string;
  }
  test.each([
    ['bochs-ept-256m', 'ept', 511],
    ['qemu-npt-256m', 'npt', 163],
    ['qemu-npt-inside-l2-288m', 'npt', 170],
  ] as const)('%s', async (folder, below, expected) => {
    const path = `real/x86/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const memory = memoryOf(image.space);
    const [recorded] = parseRegisters(fixtureText(`${path}/regs.json`)).cpus;
    // the guest is in long mode; not every emulator says so in registers
    const registers = new Map([
      ...([
        ['GUESTCR0', 0x8001_0033n],
        ['GUESTCR4', 0x20n],
        ['GUESTEFER', 0xd00n],
      ] as const),
      ...(recorded ?? []),
    ]);
    let count = 0;
    const wrong: unknown[] = [];
    for (const line of fixtureLines<Nested>(`${path}/nested.jsonl`)) {
      const word = String(line.access ?? line.op);
      const kind = /wr|^1$/i.test(word) ? 'write' : /ex/i.test(word) ? 'fetch' : 'read';
      const mine = x86Access(
        registers,
        memory,
        { kind, user: false, address: BigInt(line.gva) },
        { maxphyaddr: 40, amd: below === 'npt' },
        below as SecondStage,
      );
      const own =
        mine.is === 'allowed' ? mine.pa : mine.is === 'fault' && mine.stage === 2 ? 'second stage' : mine;
      const theirs = line.fault === 'npt' ? 'second stage' : BigInt(line.hpa ?? 0);
      count++;
      if (own !== theirs) wrong.push({ line, own, mine });
    }
    expect(wrong.slice(0, 3).map(text)).toEqual([]);
    expect(count).toBe(expected);
    await image.close();
  });
});

describe('x86: accesses of a running kernel', () => {
  interface Typed {
    readonly va: string;
    readonly pa: string;
    readonly access: string;
    readonly flags: readonly string[];
  }
  test.each(['bochs-types-224m', 'bochs-types-mtrr-240m'])('%s', async folder => {
    const path = `real/x86/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const memory = memoryOf(image.space);
    const [registers] = parseRegisters(fixtureText(`${path}/regs.json`)).cpus;
    if (!registers) throw new Error('no registers');
    const wrong: unknown[] = [];
    let count = 0;
    for (const { va, pa, access, flags } of fixtureLines<Typed>(`${path}/types.jsonl`)) {
      const kind = access === 'WR' ? 'write' : access === 'EX' ? 'fetch' : 'read';
      const mine = x86Access(
        registers,
        memory,
        { kind, user: flags.includes('U'), address: BigInt(va) },
        { maxphyaddr: 40 },
      );
      count++;
      if (mine.is !== 'allowed' || mine.pa !== BigInt(pa)) wrong.push({ va, pa, access, flags, mine });
    }
    expect(wrong.slice(0, 3).map(text)).toEqual([]);
    expect(count).toBeGreaterThan(1900);
    await image.close();
  });
});

describe('x86: faults that a kernel was made to take', () => {
  const NAMES = { PGD: 4, PUD: 3, PMD: 2, PTE: 1 } as const;
  interface Oops {
    readonly address: bigint;
    readonly code: bigint;
    readonly cr4: bigint;
    readonly entries: ReadonlyMap<number, bigint>;
  }
  /** Each report: the address, the error code, the entries, CR4. */
  function oopses(text: string): Oops[] {
    return text
      .split(/(?=BUG: (?:kernel NULL|unable to handle page))/)
      .slice(1)
      .flatMap(block => {
        const address = /address: ([0-9a-f]+)/.exec(block)?.[1];
        const code = /error_code\(0x([0-9a-f]+)\)/.exec(block)?.[1];
        const cr4 = /CR4: ([0-9a-f]+)/.exec(block)?.[1];
        const line = /PGD [0-9a-f]+.*/.exec(block)?.[0];
        if (!address || !code || !cr4 || !line) return [];
        const entries = new Map(
          Object.entries(NAMES).flatMap(([name, level]) => {
            const word = new RegExp(`${name} ([0-9a-f]+)`).exec(line)?.[1];
            return word === undefined ? [] : [[level, BigInt(`0x${word}`)] as const];
          }),
        );
        return [
          { address: BigInt(`0x${address}`), code: BigInt(`0x${code}`), cr4: BigInt(`0x${cr4}`), entries },
        ];
      });
  }
  test('16 of them', () => {
    const list = oopses(fixtureText('real/x86/qemu-oops-192m/console.txt'));
    const wrong: unknown[] = [];
    for (const { address, code, cr4, entries } of list) {
      const root = 0x7000_0000n;
      const words = new Map<bigint, bigint>();
      let table = root;
      for (let level = 4; level > 0; level--) {
        const word = entries.get(level);
        if (word === undefined) break;
        words.set(table + ((address >> BigInt(12 + 9 * (level - 1))) & 0x1ffn) * 8n, word);
        table = word & 0xf_ffff_ffff_f000n;
      }
      const registers = new Map([
        ['CR0', 0x8005_0033n],
        ['CR3', root],
        ['CR4', cr4],
        ['EFER', 0xd01n],
      ]);
      const kind = bit(code, 4) ? 'fetch' : bit(code, 1) ? 'write' : 'read';
      const mine = x86Access(
        registers,
        at => words.get(at),
        { kind, user: bit(code, 2), address },
        { maxphyaddr: 40 },
      );
      // the emulator forgets P = 1 beside RSVD = 1, which the SDM wants ("Interpretation of Page-Fault Error Code")
      const wanted = bit(code, 3) ? code | 1n : code;
      if (mine.is !== 'fault' || mine.syndrome !== wanted) wrong.push({ address, code, entries, mine });
    }
    expect(wrong.map(text)).toEqual([]);
    expect(list.length).toBe(15);
  });
});
