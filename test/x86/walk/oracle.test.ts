/**
 * Walks of real x86 dumps against an independent walker's listing of the same tables, every field of every line. What
 * the listings are and where they came from: fixtures/README.md.
 */
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bits/codec.ts';
import type { Format } from '../../../src/bits/format.ts';
import { parseRegisters } from '../../../src/text/registers.ts';
import type { Candidate } from '../../../src/walk/candidate.ts';
import { records, type WalkRecord } from '../../../src/walk/record.ts';
import type { Regime } from '../../../src/walk/regime.ts';
import { Through } from '../../../src/walk/through.ts';
import { walk } from '../../../src/walk/walker.ts';
import { candidates, type Machine } from '../../../src/x86/walk/roots.ts';
import { fixtureJson, fixtureLines, fixtureNames, fixtureText, openFixture } from '../../support/fixtures.ts';

type Line = Readonly<Record<string, unknown>>;
/** The same hex text, however it was padded. */
const plain = (text: unknown): string => String(text).replace(/^0x0*(?=.)/, '0x');

/** Bit names as the listings print them, from the layout's own fields. */
const FLAGS: readonly (readonly [key: string, name: string])[] = [
  ['p', 'P'],
  ['rw', 'W'],
  ['us', 'U'],
  ['pwt', 'PWT'],
  ['pcd', 'PCD'],
  ['a', 'A'],
  ['d', 'D'],
  ['pat', 'PAT'],
  ['g', 'G'],
  ['xd', 'NX'],
];
const EPT_FLAGS: readonly (readonly [key: string, name: string])[] = [
  ['r', 'R'],
  ['w', 'W'],
  ['x', 'X'],
  ['a', 'A'],
  ['d', 'D'],
  ['ipat', 'IPAT'],
];

function flagsOf(regime: Regime, raw: string, level: number): string[] {
  const { format, raw: word } = regime.read(BigInt(raw), level - 1);
  const d = decode(format as Format, word) as Readonly<Record<string, number>>;
  const ept = regime.id === 'x86.ept';
  const set = (ept ? EPT_FLAGS : FLAGS).filter(([key]) => d[key] === 1).map(([, name]) => name);
  if (ept) return [...set, `MT=${d.memType}`];
  if (d.pk) set.push(`PK=${d.pk}`);
  return level > 1 ? [...set, 'PS'] : set;
}

/** Keys of the listings that our records call otherwise. */
const OURS: Readonly<Record<string, string>> = { eff: 'perm', access: 'perm' };

/** Compare leaves line by line; the first difference names the line. */
function expectSame(mine: readonly WalkRecord[], theirs: readonly Line[], regime: Regime): void {
  expect(mine.length).toBe(theirs.length);
  const flags = new Map<string, string>();
  theirs.forEach((line, i) => {
    const own = mine[i] as WalkRecord & { raw: string };
    for (const [key, value] of Object.entries(line)) {
      if (key === 'regime') continue;
      if (key === 'flags') {
        const pattern = `${own.level} ${own.raw.slice(0, 6)} ${own.raw.slice(-4)}`;
        if (!flags.has(pattern)) flags.set(pattern, flagsOf(regime, own.raw, own.level).sort().join());
        if (flags.get(pattern) !== [...(value as string[])].sort().join())
          expect([i, own.raw, flagsOf(regime, own.raw, own.level).sort()]).toEqual([
            i,
            own.raw,
            [...(value as string[])].sort(),
          ]);
        continue;
      }
      const word = key === 'raw' || key === 'entry';
      const answer = word ? plain(own.raw) : key === 'va' ? (own.va ?? own.gpa) : own[OURS[key] ?? key];
      const wanted = word ? plain(value) : value;
      if (answer !== wanted) expect({ i, key, value: answer }).toEqual({ i, key, value: wanted });
    }
  });
}

const only = (candidates: readonly Candidate[], name: string): Candidate => {
  const found = candidates.find(candidate => candidate.name === name);
  if (!found) throw new Error(`no candidate ${name}`);
  return found;
};

/** One line per entry: the listings do not join entries that map nothing. */
const unjoined = (record: WalkRecord): { va: string; entry: string; at: string }[] =>
  Array.from({ length: Number(BigInt(record.size) / BigInt(record.pageSize)) }, (_, i) => ({
    va: `0x${(BigInt(record.va ?? record.gpa ?? 0) + BigInt(i) * BigInt(record.pageSize)).toString(16)}`,
    entry: plain(record.raw ?? ''),
    at: `0x${(BigInt(record.at ?? 0) + BigInt(i) * (record.raw?.length === 10 ? 4n : 8n)).toString(16)}`,
  }));

const registersOf = (text: string) => {
  const [cpu] = parseRegisters(text).cpus;
  if (!cpu) throw new Error('no registers');
  return cpu;
};

describe('Debian kernels under QEMU and Bochs', () => {
  const folders = fixtureNames('real/x86').filter(name =>
    fixtureNames(`real/x86/${name}`).includes('sparse.elf'),
  );
  test('there are dumps', () => expect(folders.length).toBeGreaterThanOrEqual(8));

  test.each(folders)('%s', async folder => {
    const path = `real/x86/${folder}`;
    const names = fixtureNames(path);
    const image = await openFixture(`${path}/sparse.elf`);
    const registers = registersOf(fixtureText(`${path}/regs.json`));
    const json = fixtureJson<{ roots?: Record<string, string> }>(`${path}/regs.json`);
    const roots = json.roots ?? { cpu0: `0x${registers.get('CR3')?.toString(16)}` };
    for (const [root, cr3] of Object.entries(roots)) {
      if (!names.includes(`map-${root}.jsonl`)) continue;
      const { regime } = only(candidates(new Map([...registers, ['CR3', BigInt(cr3)]])).found, 'paging');
      const lines = [...fixtureLines<Line>(`${path}/map-${root}.jsonl`)];
      // listings of other processes stop at the kernel half that all share
      const end = Math.max(...lines.map(({ va, size }) => (Number(va) + Number(size)) / 4096));
      const result = walk(regime, image.space, {
        payload: true,
        ...(root.startsWith('cpu') ? {} : { to: end }),
      });
      expect(result.missingTotal).toBe(0);
      const mine = [...records(regime, result.leaves)];
      expectSame(
        mine.filter(({ kind }) => kind === undefined),
        lines.filter(line => !line.notPresent),
        regime,
      );
      const payload = mine.filter(({ kind }) => kind === 'payload').flatMap(unjoined);
      const wanted = lines.filter(line => line.notPresent).map(({ va, entry, at }) => ({ va, entry, at }));
      expect(payload).toEqual(wanted);
    }
    await image.close();
  });

  test.each([
    ['bochs-ept-256m', 'ept'],
    ['qemu-npt-256m', 'npt'],
    ['qemu-npt-inside-l2-288m', 'npt'],
  ] as const)('%s: %s, with KVM’s MMIO entries as what they are', async (folder, stage) => {
    const path = `real/x86/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const { regime } = only(candidates(registersOf(fixtureText(`${path}/regs.json`))).found, stage);
    const mine = [...records(regime, walk(regime, image.space).leaves)];
    // the listing has KVM's MMIO entries as if they mapped: here they are faults with KVM's meaning beside them
    const lines = [...fixtureLines<Line>(`${path}/${stage}.jsonl`)];
    const mmio = mine.filter(({ kind }) => kind === 'fault');
    expect(mmio.length).toBeGreaterThan(0);
    for (const { note } of mmio) expect(note).toContain('MMIO');
    const starts = new Set(mmio.map(({ raw }) => plain(raw)));
    expectSame(
      mine.filter(({ kind }) => kind === undefined),
      lines.filter(line => !starts.has(plain(line.entry))),
      regime,
    );
    await image.close();
  });

  test.each([
    ['bochs-ept-256m', 'ept'],
    ['qemu-npt-256m', 'npt'],
    ['qemu-npt-inside-l2-288m', 'npt'],
  ] as const)('%s: the guest’s own tables, read through %s', async (folder, stage) => {
    const path = `real/x86/${folder}`;
    const image = await openFixture(`${path}/sparse.elf`);
    const { found } = candidates(registersOf(fixtureText(`${path}/regs.json`)));
    const { regime, through } = only(found, 'guest');
    expect(through).toBe(stage);
    const result = walk(regime, new Through(only(found, stage).regime, image.space));
    // the listings have entries, and the second stage does not map every table of a guest
    const mapped = [...records(regime, result.leaves)].filter(
      ({ kind }) => kind !== 'hidden-by-second-stage',
    );
    const mine = mapped.map(({ gpa, ...record }) => ({ ...record, pa: gpa }) as WalkRecord);
    expectSame(mine, [...fixtureLines<Line>(`${path}/l2guest.jsonl`)], regime);
    await image.close();
  });
});

describe('Linux 6.18 KVM', () => {
  test.each(['intel-default-384m', 'amd-default-384m'])('%s: second level and host', async name => {
    const path = `real/x86-linux-6.18/${name}`;
    const image = await openFixture(`${path}.elf`);
    const machine: Machine = {};
    const { found } = candidates(registersOf(fixtureText(`${path}.registers.json`)), machine);
    const lines = [...fixtureLines<Line>(`${path}.leaves.jsonl`)];
    const second = only(found, name.startsWith('intel') ? 'ept' : 'npt');
    const mine = [...records(second.regime, walk(second.regime, image.space).leaves)];
    const theirs = lines.filter(({ regime }) => regime === second.name);
    expectSame(
      mine
        .filter(({ kind }) => kind === undefined)
        .map(own => (second.name === 'ept' ? own : { ...own, type: undefined })) as WalkRecord[],
      theirs.filter(({ cachedMmio }) => !cachedMmio),
      second.regime,
    );
    expect(
      mine.filter(({ kind }) => kind === 'fault').map(({ gpa, size, raw, at }) => ({ gpa, size, raw, at })),
    ).toEqual(
      theirs.filter(({ cachedMmio }) => cachedMmio).map(({ gpa, size, raw, at }) => ({ gpa, size, raw, at })),
    );
    const host = only(found, 'paging');
    const own = [...records(host.regime, walk(host.regime, image.space).leaves)];
    expectSame(
      own,
      lines.filter(({ regime }) => regime === 'host'),
      host.regime,
    );
    await image.close();
  });
});
