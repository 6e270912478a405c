/** `memattr lint`, as people and CI services use it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { lintRules } from '../../src/lint/rules.ts';
import { citation } from '../../src/refs.ts';
import { rulesPage } from '../../src/report/lint.ts';
import { fixture } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonLines, memattr } from './harness.ts';

const INTEL = 'real/x86-linux-6.18/intel-default-384m';
const CLEAN = 'real/x86/qemu-4level-160m';
const intel = ['lint', fixture(`${INTEL}.elf`), '-r', fixture(`${INTEL}.registers.json`)];
const clean = ['lint', fixture(`${CLEAN}/sparse.elf`), '-r', fixture(`${CLEAN}/regs.json`)];

const folder = temporaryFolder();

interface Report {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly ranges: number;
  readonly examples: readonly Record<string, unknown>[];
}

describe('status', () => {
  test('1 for errors, 0 for less, as --fail-on says', async () => {
    expect((await memattr(intel)).status).toBe(1);
    expect((await memattr([...intel, '--fail-on', 'never'])).status).toBe(0);
    expect((await memattr(clean)).status).toBe(0);
    expect((await memattr([...clean, '--fail-on', 'warning'])).status).toBe(0);
    expect((await memattr([...clean, '--fail-on', 'note'])).status).toBe(1);
    expect((await memattr([...intel, '--ignore', 'alias-cacheability'])).status).toBe(0);
  });

  test('3 where tables are missing, with the answer for the rest', async () => {
    const ept = [
      'lint',
      fixture('real/x86/bochs-ept-256m/sparse.elf'),
      '-r',
      fixture('real/x86/bochs-ept-256m/regs.json'),
    ];
    const lost = await memattr([...ept, '--cr3', '0x123456000']);
    expect(lost.status).toBe(3);
    expect(lost.err).toContain('paging: 2 tables are not in the image, the first at 0x123456000');
    expect(lost.out).toContain('kvm-mmio');
    const hidden = await memattr(ept); // a table of the guest that EPT does not map: known, so nothing is missing
    expect(hidden.status).toBe(1);
    expect(hidden.out).toContain('table at 0x111000');
  });
});

describe('rules', () => {
  test('only some, or all but some', async () => {
    const only = jsonLines<Report>((await memattr([...intel, '--rule', 'kvm-mmio,wx-user', '--json'])).out);
    expect(only.map(({ rule }) => rule)).toEqual(['wx-user', 'kvm-mmio']);
    const without = jsonLines<Report>((await memattr([...intel, '--ignore', 'kvm-mmio', '--json'])).out);
    expect(without.map(({ rule }) => rule)).not.toContain('kvm-mmio');
    expect(without.map(({ rule }) => rule)).toContain('software-entry');
  });

  test('an id that does not exist, and one that lacks what it needs', async () => {
    const unknown = await memattr([...intel, '--rule', 'wx-kernl']);
    expect(unknown.status).toBe(2);
    expect(unknown.err).toMatch(/no rule 'wx-kernl'; .*wx-kernel/);
    const lacking = await memattr([...intel, '--rule', 'normal-device']);
    expect(lacking.err).toMatch(/the rule normal-device needs a memory map \(--map\)/);
    expect((await memattr(['lint'])).err).toMatch(/lint takes a dump, or --explain/);
  });

  test('--explain', async () => {
    const { out, status } = await memattr(['lint', '--explain', 'alias-cacheability']);
    expect(status).toBe(0);
    expect(out).toMatch(/^alias-cacheability {2}the same page mapped cached and not cached\n/);
    expect(out).toContain('Arm ARM, section B2.11');
    const all = jsonLines((await memattr(['lint', '--explain', 'all', '--json'])).out);
    expect(all.map(({ rule }) => rule)).toEqual(lintRules.map(({ id }) => id));
    expect((await memattr(['lint', '--explain', 'nonsense'])).status).toBe(2);
  });
});

test('help opens with an example', async () => {
  const { out } = await memattr(['lint', '--help']);
  expect(out).toMatch(/^ {2}memattr lint vm\.elf/m);
  for (const option of ['--rule', '--ignore', '--fail-on', '--explain', '--sarif', '--map', '--expect-perm'])
    expect(out).toContain(option);
});

describe('output', () => {
  test('every record fits its schema', async () => {
    const ajv = new Ajv2020({ allowUnionTypes: true });
    const schema = (name: string) =>
      ajv.compile(JSON.parse(readFileSync(new URL(`../../docs/schemas/${name}`, import.meta.url), 'utf8')));
    const fits = schema('lint.schema.json');
    const map = ['--map', fixture('real/arm64/max-nvhe-fwb/proc-iomem.txt')];
    const arm = ['lint', fixture('real/arm64/max-nvhe-fwb/sparse.elf')];
    const registers = ['-r', fixture('real/arm64/max-nvhe-fwb/registers.json')];
    for (const args of [intel, [...arm, ...registers, ...map]])
      for (const record of jsonLines((await memattr([...args, '--json'])).out))
        expect(fits(record) ? [] : fits.errors, JSON.stringify(record)).toEqual([]);
    const rule = schema('lint-rule.schema.json');
    for (const record of jsonLines((await memattr(['lint', '--explain', 'all', '--json'])).out))
      expect(rule(record) ? [] : rule.errors).toEqual([]);
  });

  test('--examples', async () => {
    const reports = async (n: string) =>
      jsonLines<Report>((await memattr([...intel, '--json', '--examples', n])).out);
    for (const { examples, ranges } of await reports('2')) expect(examples.length).toBe(Math.min(2, ranges));
    for (const { examples, ranges } of await reports('1000')) expect(examples.length).toBe(ranges);
  });

  test('CSV and Markdown have a line for each report', async () => {
    const reports = jsonLines<Report>((await memattr([...intel, '--json'])).out);
    const csv = (await memattr([...intel, '-o', 'csv'])).out.trimEnd().split('\r\n');
    expect(csv).toHaveLength(reports.length + 1);
    expect(csv[0]).toBe('severity,rule,roots,message,ranges,entries,bytes,sizeBytes,input,pa,raw,at');
    expect(csv[1]).toMatch(/^error,alias-cacheability,/);
    const markdown = (await memattr([...intel, '-o', 'markdown'])).out.trimEnd().split('\n');
    expect(markdown).toHaveLength(reports.length + 2);
  });

  test('SARIF: rules, results and levels that belong together', async () => {
    const { out, status } = await memattr([...intel, '--sarif']);
    expect(status).toBe(1);
    const log = JSON.parse(out);
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    const reports = jsonLines<Report>((await memattr([...intel, '--json'])).out);
    expect(run.results).toHaveLength(reports.length);
    for (const [i, result] of run.results.entries()) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(result.level).toBe(reports[i]?.severity);
      expect(result.message.text).toContain(reports[i]?.message);
      expect(result.locations.length).toBeGreaterThan(0);
    }
    const prints = run.results.map((result: { partialFingerprints: object }) =>
      JSON.stringify(result.partialFingerprints),
    );
    expect(new Set(prints).size).toBe(prints.length);
    expect((await memattr([...intel, '--sarif', '--json'])).status).toBe(2);
  });

  test('what was not compared is said, on stderr', async () => {
    const { err } = await memattr(intel);
    expect(err).toMatch(/^memattr lint: ept: note: the guest decides the memory type of \d+ pages/m);
  });
});

describe('--expect-perm', () => {
  const rule = ['--rule', 'beyond-expectation', '--json'];
  test('ranges on the command line, or in a file', async () => {
    const text = '0x0-0xffffffff=rwx # all of it\n*=---\n';
    const file = folder.write('expected.txt', text);
    expect((await memattr([...intel, ...rule, '--expect-perm', file])).out).toBe('');
    const strict = await memattr([...intel, ...rule, '--expect-perm', '0x0+4G=r-x']);
    expect(jsonLines<Report>(strict.out)).toMatchObject([
      { severity: 'error', message: 'r-x was asked, and write is permitted too', roots: ['ept'] },
    ]);
  });

  for (const [text, says] of [
    ['0x1000=rwx', /is no range/],
    ['0x1000-0x1fff', /does not end in rights/],
    ['0x2000-0x1fff=r--', /ends before it begins/],
    ['0x1000-0x2fff=r--,0x2000+4K=rw-', /two expectations for the page at 0x2000/],
    [' , ', /there is no expectation/],
  ] as const)
    test(`refused: ${text}`, async () => {
      const { status, err } = await memattr([...intel, ...rule, '--expect-perm', text]);
      expect(err).toMatch(says);
      expect(status).toBe(2);
    });
});

test('docs/lint.md explains every rule as --explain does', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/lint.md', import.meta.url)), 'utf8');
  expect(page.slice(page.indexOf('### '))).toBe(rulesPage(lintRules));
});

describe('citations', () => {
  const foreign = { arm64: /SDM|APM|Intel|AMD|arch\/x86/, x86: /Arm |arch\/arm64/ } as const;
  const ARM = 'real/arm64/a57-nvhe-nofwb';
  const arm = ['lint', fixture(`${ARM}/sparse.elf`), '-r', fixture(`${ARM}/registers.json`)];

  test.each([
    ['x86', intel],
    ['x86', clean],
    ['arm64', arm],
  ] as const)('of %s tables are of the manuals of that architecture, also in SARIF', async (arch, args) => {
    const records = jsonLines<Report & { readonly ref: string | null }>(
      (await memattr([...args, '--json'])).out,
    );
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter(({ ref }) => foreign[arch].test(ref ?? ''))).toEqual([]);
    const log = JSON.parse((await memattr([...args, '--sarif'])).out);
    const rules = log.runs[0].tool.driver.rules as { readonly help: { readonly text: string } }[];
    const cited = rules.map(({ help }) => help.text.split('\n\n').slice(1).join('\n'));
    expect(cited.filter(text => foreign[arch].test(text))).toEqual([]);
    expect(cited.filter(text => text !== '').length).toBeGreaterThan(10);
  });

  test('a rule cites each architecture under its name', () => {
    for (const { refs } of lintRules) {
      for (const arch of ['arm64', 'x86'] as const)
        expect((refs[arch] ?? []).map(citation).filter(text => foreign[arch].test(text))).toEqual([]);
      expect((refs.any ?? []).filter(({ manual }) => manual !== 'linux')).toEqual([]);
    }
  });

  test('--explain ends with the editions', async () => {
    const { out } = await memattr(['lint', '--explain', 'table-writable'], { columns: 200 });
    expect(out).toContain('Arm ARM = Arm Architecture Reference Manual for A-profile, DDI 0487 M.a.a');
    expect(out).toContain('SDM = Intel 64 and IA-32');
  });
});
