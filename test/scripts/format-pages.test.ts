import { describe, expect, test } from 'vitest';
import { formatPages } from '../../scripts/format-pages.ts';
import { families } from '../../src/arch/families.ts';
import { carriesValue } from '../../src/bits/codec.ts';
import type { Family } from '../../src/bits/family.ts';
import { positions } from '../../src/bits/format.ts';

const pages = formatPages(families);
const page = (family: Family): string => pages.get(`${family.id}.md`) ?? '';

test('an index and one page per family, and nothing else', () => {
  expect([...pages.keys()].sort()).toEqual(
    ['README.md', ...families.map(family => `${family.id}.md`)].sort(),
  );
  for (const family of families) expect(pages.get('README.md')).toContain(`(${family.id}.md)`);
});

describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family) => {
  test('every field of every layout is on the page, with its bits and its key', () => {
    const cells = page(family)
      .split('\n')
      .filter(line => line.startsWith('| '))
      .map(line =>
        line
          .split(/(?<!\\) ?\| ?/)
          .slice(1, 4)
          .join(' # '),
      );
    for (const { format } of family.variants())
      for (const row of format.rows.filter(
        row => carriesValue(row) && row.kind !== 'fixed' && row.kind !== 'ignored',
      ))
        expect(cells).toContain(
          `${positions(row.pieces)} # ${row.name
            .replace(/^(software|ignored)\[.*/, '$1')
            .replaceAll('|', '\\|')
            .replaceAll('<', '&lt;')} # \`${row.key}\``,
        );
  });

  test('every setting is explained', () => {
    for (const key of Object.keys(family.settings)) expect(page(family)).toContain(`| \`${key}\` | `);
  });

  test('headings are unique, links lead to headings, tables are rectangular', () => {
    const lines = page(family).split('\n');
    const anchors = lines
      .filter(line => line.startsWith('## '))
      .map(line =>
        line
          .slice(3)
          .toLowerCase()
          .replace(/[^a-z0-9 _-]/g, '')
          .replaceAll(' ', '-'),
      );
    expect(new Set(anchors).size).toBe(anchors.length);
    const links = [...page(family).matchAll(/\]\(#([^)]*)\)/g)].map(match => match[1] ?? '');
    for (const link of links) expect(anchors).toContain(link);
    let columns = 0;
    for (const line of lines) {
      const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
      if (columns > 0 && cells > 0) expect(cells, line).toBe(columns);
      columns = cells;
    }
  });
});
