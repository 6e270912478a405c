/** Words of a third architecture through everything that is driven by families: no line of it stands outside this folder. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPages } from '../../../scripts/format-pages.ts';
import { architectures } from '../../../src/arch/architectures.ts';
import { architectureOf, architectureOfMachine } from '../../../src/arch/names.ts';
import type { Finding } from '../../../src/bits/codec.ts';
import { encode } from '../../../src/bits/codec.ts';
import { diagram } from '../../../src/bits/diagram.ts';
import { candidates, matters, rank } from '../../../src/bits/rank.ts';
import { settle } from '../../../src/bits/settings.ts';
import { split } from '../../../src/bits/word.ts';
import { compile } from '../../../src/memtype/compile.ts';
import { apply } from '../../../src/memtype/rule.ts';
import { effectiveAnswer, matrixAnswer } from '../../../src/report/effective.ts';
import { factLines } from '../../../src/report/facts.ts';
import { readingLines } from '../../../src/report/reading.ts';
import { decodeRecord, layoutRecord } from '../../../src/report/records.ts';
import { plain } from '../../../src/report/style.ts';
import { anyWord, settingsOf } from '../../support/arbitrary.ts';
import { promisesOfArchitecture } from '../../support/contract.ts';
import { promisesOfFamily } from '../../support/families.ts';
import { readStage1, type Stage1Settings, stage1, stage1Page, stage1Settings } from './descriptors/stage1.ts';
import { architecture } from './index.ts';
import { PMAS, stage1 as pbmtRule } from './memtype/index.ts';
import { menvcfg, sstatus } from './registers/control.ts';
import { satp } from './registers/roots.ts';

const at = (given: Partial<Stage1Settings> = {}): Stage1Settings => settle(stage1Settings, given);
const ids = (findings: readonly Finding[]): string[] =>
  findings.map(({ id, bits }) => `${id} ${bits}`.trim());
const read = (word: bigint, given: Partial<Stage1Settings> = {}) => readStage1(word, at(given));
/** A leaf of the kernel’s data: V R W A D G. */
const DATA = 0xe7n;

describe.each(architecture.families.map(family => [family.id, family] as const))('%s', (_id, family) => {
  promisesOfFamily(family);

  test('every layout is drawn, and every reading can be printed', () => {
    for (const { kind, settings, format } of family.variants()) {
      const [positions = ''] = diagram(format, 200).split('\n');
      const starts = format.rows.map(({ pieces }) => `${pieces[0]?.[0]}`);
      expect(positions.split(/[\s:]+/)).toEqual(expect.arrayContaining(starts));
      const record = layoutRecord(kind, settle(family.settings, settings), format);
      expect(JSON.stringify(record)).toContain(format.id);
    }
    fc.assert(
      fc.property(settingsOf(family.settings), anyWord, (settings, word) => {
        const reading = family.read(word, settings);
        const lines = [
          ...factLines(reading.facts).map(({ text }) => text),
          ...readingLines(reading, { style: plain, width: 100 }),
        ];
        expect(lines.join('\n')).not.toMatch(/undefined|NaN|\[object/);
      }),
      { numRuns: 100 },
    );
  });
});

promisesOfArchitecture(architecture, architectures);

describe('entries', () => {
  test('a page, a superpage and a pointer say where they lead', () => {
    expect(read((0x8_0000n << 10n) | DATA).facts).toMatchObject({
      ...{ oa: 0x8000_0000n, size: 0x1000n, memory: 'PMA', global: true, reservedFault: false },
      permissions: { r: 1, w: 1, x: 0, u: 0 },
    });
    expect(read((0x8_0200n << 10n) | DATA, { level: 1 })).toMatchObject({
      kind: 'page2m',
      facts: { oa: 0x8020_0000n, size: 0x20_0000n, reservedFault: false },
    });
    expect(read((0x40_0000n << 10n) | DATA, { mode: 'sv48', level: 3 })).toMatchObject({
      kind: 'page512g',
      findings: [{ id: 'address-misaligned', severity: 'error', bits: '32' }],
    });
    expect(read((0x8_0001n << 10n) | 1n, { level: 2 })).toMatchObject({
      kind: 'table',
      facts: { next: 0x8000_1000n },
      findings: [],
    });
    expect(read((1n << 53n) | DATA).facts.oa).toBe(1n << 55n);
  });

  test.each<readonly [string, bigint, Partial<Stage1Settings>, readonly string[]]>([
    ['writable and not readable', 0xc5n, {}, ['reserved-encoding 3:1']],
    ['writable, executable and not readable', 0xcdn, {}, ['reserved-encoding 3:1']],
    [
      'a superpage off its size',
      (1n << 18n) | (1n << 10n) | DATA,
      { level: 1 },
      ['address-misaligned 18,10'],
    ],
    ['reserved bits', (1n << 60n) | (1n << 54n) | DATA, {}, ['reserved-set 60,54']],
    ['PBMT = 3', (3n << 61n) | DATA, {}, ['reserved-encoding 62:61']],
    ['PBMT without Svpbmt', (1n << 61n) | DATA, { pbmt: 0 }, ['reserved-set 61']],
    ['N without Svnapot', (1n << 63n) | (8n << 10n) | DATA, { napot: 0 }, ['reserved-set 63']],
    ['N at another level', (1n << 63n) | DATA, { level: 1 }, ['reserved-set 63']],
    ['a NAPOT range of 32 KiB', (1n << 63n) | (4n << 10n) | DATA, {}, ['reserved-encoding 13:10']],
    ['64 KiB', (1n << 63n) | (0x18n << 10n) | DATA, {}, []],
    ['a pointer with A, D and U', 0xd1n, { level: 1 }, ['reserved-set 7:6', 'reserved-set 4']],
    ['a pointer with PBMT and N', (5n << 61n) | 1n, { level: 1 }, ['reserved-set 63', 'reserved-set 61']],
    ['a global pointer', 0x21n, { level: 1 }, []],
    ['a pointer at level 0', 1n, {}, ['pointer-at-last-level 3:1']],
    ['no A, and hardware does not set it', 0x27n, { adue: 0 }, ['access-flag-clear 6', 'dirty-flag-clear 7']],
    ['no D, and hardware sets it', 0x67n, { adue: 1 }, []],
    ['Sv39 has no level 3', DATA, { level: 3 }, ['no-such-level']],
    ['not valid: anything goes', ~1n & ((1n << 64n) - 1n), {}, []],
  ])('%s', (_what, word, given, wanted) => expect(ids(read(word, given).findings)).toEqual(wanted));

  test('a NAPOT range: the size is in the low bits of the PPN', () => {
    const { kind, facts } = read((1n << 63n) | (0x8_0018n << 10n) | DATA);
    expect([kind, facts.oa, facts.size, facts.contiguousBytes]).toEqual([
      ...['napot64k', 0x8001_0000n, 0x1000n, 0x1_0000n],
    ]);
  });

  test('an intent becomes the entry that means it, and is refused where there is none', () => {
    const write = (type: string, perm: string, given: Partial<Stage1Settings> = {}) => {
      const s = at(given);
      const { kind, fields } = stage1.intent?.({ type, perm, oa: 0x4020_0000n }, s) ?? {
        kind: '',
        fields: {},
      };
      return encode(stage1.layout(kind, s) ?? stage1Page(s), fields as never);
    };
    expect(write('io', 'rw-')).toBe((2n << 61n) | (0x4_0200n << 10n) | 7n);
    expect(write('nc', 'r-xu', { level: 1 })).toBe((1n << 61n) | (0x4_0200n << 10n) | 0x1bn);
    expect(() => write('nc', 'rw-', { pbmt: 0 })).toThrow('needs Svpbmt');
    expect(() => write('nc', '-w-')).toThrow("'-w-' is no permission of a leaf");
    expect(() => write('nc', 'rw-', { level: 2 })).toThrow('not a multiple of 0x40000000');
    expect(() => write('nc', 'rw-', { level: 3 })).toThrow('sv39 has no level 3');
    expect(() => write('wt', 'rw-')).toThrow("no memory type 'wt'");
  });

  test('stands among the readings of a word, and is told which settings it hangs on', () => {
    const all = [...architectures, architecture].flatMap(({ families }) => families);
    const word = (1n << 63n) | (2n << 61n) | (0x8_0018n << 10n) | DATA;
    const found = rank(
      all.filter(({ role }) => role === 'descriptor'),
      word,
    );
    expect(found.map(({ family }) => family.id)).toContain('riscv.pte');
    const [best] = candidates(architecture.families[0] as never, word);
    expect(best?.reading.kind).toBe('napot64k');
    expect(best && matters(best.family, word, best.settings)).toEqual(['level', 'pbmt', 'napot']);
    expect(candidates(architecture.families[0] as never, 0x21n)[0]).toMatchObject({
      reading: { kind: 'table' },
      chosen: { level: 1 },
    });
  });

  test('records say what the reading says', () => {
    const family = architecture.families[0] as never;
    const record = decodeRecord(family, read((2n << 61n) | DATA), at() as never);
    expect(JSON.parse(JSON.stringify(record, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))).toMatchObject({
      format: 'riscv.pte',
      kind: 'page4k',
    });
  });
});

describe('registers', () => {
  test('satp', () => {
    expect(satp.read((8n << 60n) | (0x12n << 44n) | 0x8_0001n, {})).toMatchObject({
      facts: { mode: 'Sv39', asid: 0x12, root: 0x8000_1000n },
      findings: [],
    });
    expect(ids(satp.read(1n, {}).findings)).toEqual(['bare-with-fields 59:0']);
    expect(ids(satp.read(11n << 60n, {}).findings)).toEqual(['reserved-encoding 63:60']);
  });
  test('menvcfg and sstatus', () => {
    expect(menvcfg.read(3n << 61n, {}).facts).toEqual({ pbmt: true, hardwareAd: true });
    expect(sstatus.read(1n << 18n, {}).facts).toEqual({ userAccess: true, executeReads: false });
    expect(ids(sstatus.read(1n << 20n, {}).findings)).toEqual(['res0-set 20']);
  });
});

describe('names', () => {
  test('are its own', async () => {
    const among = [...architectures, architecture];
    expect(architectureOf(new Map([['SATP', 0n]]), among)).toBe('riscv');
    expect(architectureOf(new Map([['SATP', 0n]]))).toBeUndefined();
    expect(architectureOfMachine('riscv64', among)).toBe('riscv');
    const all = among
      .flatMap(({ families }) => families)
      .flatMap(({ id, aliases = [] }) => [...new Set([id, ...aliases])]);
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
    for (const { id, load } of architecture.formats) expect((await load()).id).toBe(id);
  });

  test('pages draw every layout', () => {
    const pages = formatPages(architecture.families);
    expect([...pages.keys()]).toEqual(['README.md', ...architecture.families.map(({ id }) => `${id}.md`)]);
    const page = pages.get('riscv.pte.md') ?? '';
    expect(page).toContain('PPN0[3:0]');
    expect(page).toContain('64-KiB NAPOT range');
    expect([...pages.values()].join('')).not.toMatch(/undefined|\[object/);
  });
});

describe('memory types', () => {
  test('the rule, compiled, says what the rule says', () => {
    for (const pma of PMAS)
      for (const settings of [at(), at({ pbmt: 0 }), at({ level: 1 })]) {
        const table = compile(pbmtRule, { settings, pma });
        for (let pbmt = 0n; pbmt < 4n; pbmt++) {
          const word = (pbmt << 61n) | DATA;
          expect(table.at(...split(word))).toEqual(apply(pbmtRule, word, { settings, pma }).value);
        }
      }
  });

  test('PBMT over PMA: who decides, and why', () => {
    const { types } = architecture;
    const answer = types.effective({ pbmt: 'nc', pma: 'io' });
    expect(answer).toMatchObject({
      given: { PBMT: 'NC', PMA: 'io' },
      view: {
        type: 'NC',
        certain: true,
        decidedBy: 'PBMT',
        agreement: { type: 'NC', kind: 'memory', cached: false },
      },
      notes: ['I/O and main memory at once, for fences, .aq and .rl'],
      properties: [{ cacheable: false, idempotent: true, ordering: 'RVWMO' }],
    });
    expect(answer.view.why.map(({ because }) => because)).toEqual([
      'PMA io, PBMT NC: NC (I/O and main memory for fences, .aq and .rl)',
    ]);
    expect(types.effective({ pma: 'vacant', pbmt: 'io' }).view).toMatchObject({
      type: 'vacant',
      decidedBy: 'PMA',
    });
    const look = { style: plain, width: 100 };
    const said = effectiveAnswer(answer, true);
    const text = [
      ...(said.lines?.(look) ?? []),
      ...types.matrices.flatMap(matrix => [...(matrixAnswer(matrix, types.id).lines?.(look) ?? [])]),
    ].join('\n');
    expect(text).toContain('RISC-V Privileged, chapter "Svpbmt');
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    expect(JSON.stringify([...said.records])).toContain('"decidedBy":"PBMT"');
    expect(() => types.effective({ pbmt: 'wt' })).toThrow("no memory type 'wt'");
    expect(types.matrices.map(({ rows }) => rows)).toEqual([
      [
        { name: 'memory', cells: ['main memory', 'NC', 'IO+'] },
        { name: 'io', cells: ['IO', 'NC+', 'IO'] },
        { name: 'vacant', cells: ['vacant', 'vacant', 'vacant'] },
      ],
    ]);
  });
});
