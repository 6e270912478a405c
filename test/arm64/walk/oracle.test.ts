/**
 * Walks of real arm64 dumps against an independent walker's listing of the same tables, every field of every line. What
 * the listings are and where they came from: fixtures/README.md.
 */
import { describe, expect, test } from 'vitest';
import { candidates } from '../../../src/arm64/walk/roots.ts';
import { parseRegisters } from '../../../src/text/registers.ts';
import type { Candidate, RegisterValues } from '../../../src/walk/candidate.ts';
import { records, type WalkRecord } from '../../../src/walk/record.ts';
import { Through } from '../../../src/walk/through.ts';
import { translate } from '../../../src/walk/translate.ts';
import { walk } from '../../../src/walk/walker.ts';
import { fixtureLines, fixtureText, openFixture } from '../../support/fixtures.ts';

type Line = Readonly<Record<string, unknown>>;

/** The listings' words for memory types, from ours. */
function memtype({ type = '' }: WalkRecord): string {
  if (type === 'Normal WB forced') return 'Normal-WB(forced)';
  if (type.startsWith('Normal NC, or')) return 'Normal-NC(S2)';
  if (type.startsWith('Device-')) return type.split(' ')[0] as string;
  const stage2 = /^Normal o(\w\w) i(\w\w)$/.exec(type);
  return stage2 ? `Normal-o${stage2[1]}-i${stage2[2]}` : type;
}

/** MAIR bytes as the listings name them: `Normal-oWB-RW-iWT-RW`, `t` for transient. */
function attrName(attr: string): string {
  const byte = Number(attr);
  if (byte === 0xf0) return 'Normal-Tagged-WB';
  if ((byte & 0xf0) === 0) return `Device-${['nGnRnE', 'nGnRE', 'nGRE', 'GRE'][(byte >> 2) & 3]}`;
  const half = (nibble: number): string => {
    if (nibble === 4) return 'NC';
    const policy = nibble & 8 ? (nibble & 4 ? 'WB' : 'WT') : nibble & 4 ? 'WBt' : 'WTt';
    return `${policy}-${nibble & 2 ? 'R' : ''}${nibble & 1 ? 'W' : ''}`;
  };
  return `Normal-o${half(byte >> 4)}-i${half(byte & 15)}`;
}

/** Keys of a listing line that say which space it is, not what the entry is. */
const PLACE = new Set(['regime', 'vm', 'cpu', 'ttbr', 'tableAttrs']);

function expectSame(mine: readonly WalkRecord[], theirs: readonly Line[], stage: 1 | 2, ds: boolean): void {
  expect(mine.map(({ va, ipa, raw }) => [va ?? ipa, raw])).toEqual(
    theirs.map(({ va, ipa, raw }) => [va ?? ipa, raw]),
  );
  theirs.forEach((line, i) => {
    const own = mine[i] as WalkRecord;
    const answer: Record<string, unknown> = {
      ...own,
      memtype: stage === 2 ? memtype(own) : attrName(String(own.attr)),
      // one-privilege regimes: bit 54 is XN, [53] RES0, AP[1] RES1; the listing prints the raw bits
      uxn: own.uxn ?? own.xn,
      pxn: own.pxn ?? 0,
      ap: own.ap ?? Number(own.ap2) * 2 + 1,
      ng: own.ng ?? 0,
      ns: own.ns ?? 0,
      // without FEAT_BTI bit 50 is RES0, and a set bit is a finding instead of a field
      gp: own.gp ?? Number(own.findings.some(({ id, bits }) => id === 'res0-set' && bits === '50')),
      ...(stage === 2 ? { xn: own.xn } : {}),
    };
    for (const [key, value] of Object.entries(line)) {
      if (PLACE.has(key)) continue;
      // with 52-bit addresses (DS=1) [9:8] are OA[51:50]; the listing prints them as sh at stage 2
      if (key === 'sh' && ds) continue;
      if (key === 'ns' && own.ns === undefined) continue; // RES0 in Non-secure state: not a field of ours
      if (answer[key] !== value) expect({ i, key, value: answer[key] }).toEqual({ i, key, value });
    }
  });
}

const candidate = (registers: RegisterValues, name: string): Candidate => {
  const { found, refused } = candidates(registers);
  const match = found.find(candidate => candidate.name === name);
  if (!match)
    throw new Error(`no ${name}: ${refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`);
  return match;
};

const registersOf = (path: string): readonly RegisterValues[] => parseRegisters(fixtureText(path)).cpus;

describe('Linux 6.18 KVM: stage 2 of the VM, stage 1 of the host', () => {
  test.each(['fwb-dic-vhe', 'nofwb-nvhe', 'fwb-dic-vhe-64k-ipa52'])('%s', async name => {
    const path = `real/arm64-linux-6.18/${name}`;
    const image = await openFixture(`${path}.elf`);
    const [registers] = registersOf(`${path}.registers.json`);
    const lines = [...fixtureLines<Line>(`${path}.leaves.jsonl`)];
    const stage2 = candidate(registers as RegisterValues, 'stage2');
    const result = walk(stage2.regime, image.space);
    expect(result.missingTotal).toBe(0);
    const ds = ((registers?.get('VTCR_EL2') ?? 0n) >> 32n) & 1n;
    expectSame(
      [...records(stage2.regime, result.leaves)],
      lines.filter(({ regime }) => regime === 's2'),
      2,
      ds === 1n,
    );
    for (const range of ['ttbr0', 'ttbr1']) {
      const host = lines.filter(({ regime, ttbr }) => regime === 's1host' && ttbr === range);
      if (host.length === 0) continue;
      const { regime } = candidate(registers as RegisterValues, `el2.${range}`);
      const hostDs = ((registers?.get('TCR_EL2') ?? 0n) >> 59n) & 1n;
      expectSame([...records(regime, walk(regime, image.space).leaves)], host, 1, hostDs === 1n);
    }
    await image.close();
  });
});

describe('Debian 6.1 KVM: three VMs, their guests, the host, EL2', () => {
  test.each(['a57-nvhe-nofwb', 'max-nvhe-fwb', 'max-vhe-fwb'])('%s', async folder => {
    const path = `real/arm64/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const cpus = registersOf(`${path}/registers.json`);
    const lines = [...fixtureLines<Line>(`${path}/leaves.jsonl`)];
    const payload = [...fixtureLines<Line>(`${path}/invalid-nonzero.jsonl`)];
    const host = folder === 'max-vhe-fwb' ? 'el2' : 'el1';
    const at = (key: string, registers: RegisterValues, shift: bigint): boolean =>
      (((registers.get(key) ?? 0n) >> shift) & 1n) === 1n;

    for (const vm of [0, 1, 2]) {
      const registers = cpus[vm] as RegisterValues;
      const stage2 = candidate(registers, 'stage2');
      expect(stage2.active).toBe(true);
      const own = [...records(stage2.regime, walk(stage2.regime, image.space).leaves)];
      expectSame(
        own,
        lines.filter(line => line.regime === 's2' && line.vm === vm),
        2,
        at('VTCR_EL2', registers, 32n),
      );
      for (const range of ['ttbr0', 'ttbr1']) {
        const theirs = lines.filter(
          line => line.regime === 's1guest' && line.vm === vm && line.ttbr === range,
        );
        if (theirs.length === 0) continue;
        const guest = candidate(registers, `el1.${range}`);
        expect(guest.through).toBe('stage2');
        const result = walk(guest.regime, new Through(stage2.regime, image.space), { payload: true });
        const records1 = [...records(guest.regime, result.leaves)];
        expectSame(
          records1.filter(({ kind }) => !kind),
          theirs,
          1,
          at('TCR_EL1', registers, 59n),
        );
        const space = `vm${vm}.s1.${range}`;
        expect(
          records1
            .filter(({ kind }) => kind === 'payload')
            .map(({ va, level, raw }) => ({ space, va, level, raw })),
        ).toEqual(payload.filter(line => line.space === space));
      }
    }

    const registers = cpus[3] as RegisterValues;
    for (const range of ['ttbr0', 'ttbr1']) {
      const { regime } = candidate(registers, `${host}.${range}`);
      const result = walk(regime, image.space, { payload: true });
      const own = [...records(regime, result.leaves)];
      expectSame(
        own.filter(({ kind }) => !kind),
        lines.filter(line => line.regime === 's1host' && line.ttbr === range),
        1,
        false,
      );
      // PROT_NONE pages: invalid to the hardware, and said to be what they are
      const none = own.filter(({ kind }) => kind === 'payload');
      expect(none.map(({ va, level, raw }) => ({ space: `host.${range}`, va, level, raw }))).toEqual(
        payload.filter(({ space }) => space === `host.${range}`),
      );
      for (const { note } of none) expect(note).toContain('PROT_NONE');
    }
    const el2 = lines.filter(({ regime }) => regime === 's1el2');
    if (el2.length > 0) {
      const { regime } = candidate(registers, 'el2');
      expectSame([...records(regime, walk(regime, image.space).leaves)], el2, 1, false);
    }
    await image.close();
  });
});

/** Monitor `gva2gpa`: both stages at once, by the emulator's own walker. */
describe('every address the emulator translated', () => {
  interface Sample {
    readonly cpu: number;
    readonly va: string;
    readonly gva2gpa: string | null;
  }
  test.each(['a57-nvhe-nofwb', 'max-nvhe-fwb', 'max-vhe-fwb'])('%s', async folder => {
    const path = `real/arm64/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const cpus = registersOf(`${path}/registers.json`);
    const samples = [...fixtureLines<Sample>(`${path}/gva2gpa.jsonl`)];
    expect(samples.length).toBeGreaterThan(100);
    const spaces = cpus.map(registers => {
      const { found } = candidates(registers);
      const stage2 = found.find(({ name, active }) => name === 'stage2' && active);
      const memory = stage2 ? new Through(stage2.regime, image.space) : image.space;
      const level = folder === 'max-vhe-fwb' && !stage2 ? 'el2' : 'el1';
      return { stage2, memory, ranges: found.filter(({ name }) => name.startsWith(`${level}.`)) };
    });
    for (const sample of samples) {
      const { stage2, memory, ranges } = spaces[sample.cpu] as (typeof spaces)[number];
      let output: bigint | undefined = ranges.length === 0 ? BigInt(sample.va) : undefined; // stage 1 off
      for (const { regime } of ranges) {
        const found = translate(regime, memory, BigInt(sample.va));
        if (found.outcome === 'mapped') output = found.output;
      }
      if (output !== undefined && stage2) {
        const found = translate(stage2.regime, image.space, output);
        output = found.outcome === 'mapped' ? found.output : undefined;
      }
      const wanted = sample.gva2gpa === null ? undefined : BigInt(sample.gva2gpa);
      expect({ ...sample, pa: output }).toEqual({ ...sample, pa: wanted });
    }
    await image.close();
  });
});
