import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fixtureLines } from '../support/fixtures.ts';
import { jsonLines, memattr } from './harness.ts';

const real = (path: string): string => fileURLToPath(new URL(`../../fixtures/real/${path}`, import.meta.url));
const dump = (folder: string, registers: string): string[] => [
  real(`${folder}/sparse.elf.zst`),
  '--registers',
  real(`${folder}/${registers}`),
];

interface Answer {
  readonly root: string;
  readonly outcome: string;
  readonly pa?: string;
  readonly reason?: string;
  readonly denied?: readonly string[];
}

describe('as the emulator translated', () => {
  test.each(['a57-nvhe-nofwb', 'max-vhe-fwb'])('%s: gva2gpa, CPU 0', async folder => {
    const samples = [
      ...fixtureLines<{ cpu: number; va: string; gva2gpa: string | null }>(
        `real/arm64/${folder}/gva2gpa.jsonl`,
      ),
    ]
      .filter(({ cpu }) => cpu === 0)
      .slice(0, 200);
    const args = [
      ...dump(`arm64/${folder}`, 'registers.json'),
      '--cpu',
      '0',
      '--root',
      'el1.ttbr0,el1.ttbr1',
    ];
    const { out } = await memattr(['translate', ...args, ...samples.map(({ va }) => va), '--json']);
    const answers = jsonLines<Answer>(out);
    expect(answers.map(({ pa }) => pa ?? null)).toEqual(samples.map(({ gva2gpa }) => gva2gpa));
  });
});

test('a record that can be pasted: both stages, the effective type, who decided, who denied', async () => {
  const args = [...dump('arm64/max-vhe-fwb', 'registers.json'), '--cpu', '0', '--root', 'el1.ttbr1'];
  const { status, out } = await memattr(['translate', ...args, '0xffff000010001008', '--explain']);
  expect(status).toBe(0);
  expect(out).toContain('VA 0xffff000010001008 -> IPA 0x48003008 -> PA 0x41e92008');
  expect(out).toContain(
    'level 3 [0x001]  at 0x400af008 = 0x0040000048003707  page  4 KiB  rwx/---  Device-nGnRE',
  );
  expect(out).toContain(
    'effective     Normal WB RWA, {ISH, OSH}, decided by stage 2 (not one certain answer)',
  );
  expect(out).toContain('arm64.S2ApplyFWBMemAttrs');
  const denied = ['EL0 read: stage 1', 'EL0 write: stage 1', 'EL0 execute: stage 1'];
  const { out: lines } = await memattr(['translate', ...args, '0xffff000010001008', '--json']);
  expect(jsonLines<Answer>(lines)[0]?.denied).toEqual(denied);
  expect(out).toContain(`taken away: ${denied.join(', ')}`);
});

test('an address that a stage does not map: which stage, which level, status 1', async () => {
  const args = [...dump('x86/bochs-ept-256m', 'regs.json'), '--root', 'guest'];
  const { status, out } = await memattr(['translate', ...args, '0x1']);
  expect(status).toBe(1);
  expect(out).toMatch(/VA 0x1 -> GPA 0x1 -> not mapped[\s\S]*why +stage 2: level 1 entry is invalid/);
});

test('an address that no root translates', async () => {
  const args = [...dump('x86/bochs-ept-256m', 'regs.json'), '--root', 'guest'];
  const { status, out } = await memattr(['translate', ...args, '0x800000000000', '--json']);
  expect(status).toBe(1);
  expect(jsonLines<Answer>(out)[0]).toMatchObject({ outcome: 'outside' });
});

test('no table of a tree: CSV is refused in a sentence', async () => {
  const args = [...dump('x86/bochs-ept-256m', 'regs.json'), '--root', 'guest'];
  const { status, err } = await memattr(['translate', ...args, '0x1', '--output', 'csv']);
  expect([status, err]).toEqual([
    2,
    'memattr translate: translate answers as a table or as JSON, not as csv: a translation is a tree\n',
  ]);
});
