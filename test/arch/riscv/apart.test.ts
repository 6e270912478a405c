/** A ruler measures nothing that it is part of: the house does not know this architecture, and it does not know the other two. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file));
const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const matching = (files: readonly string[], pattern: RegExp): string[] =>
  files.filter(file => pattern.test(readFileSync(file, 'utf8')));

const house = ['../../../src', '../../../bin', '../../../scripts'].flatMap(path => sourcesIn(place(path)));
const own = sourcesIn(place('.')).filter(file => !file.endsWith('.test.ts'));

test('nothing that ships says its name, no other test and no page', () => {
  const top = place('../../..');
  const outside = readdirSync(place('../..'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.startsWith(join('arch', 'riscv')))
    .map(file => join(place('../..'), file));
  const around = ['.', 'docs'].flatMap(folder =>
    readdirSync(join(top, folder))
      .filter(file => /\.(md|ts)$/.test(file))
      .map(file => join(top, folder, file)),
  );
  expect(house.length).toBeGreaterThan(300);
  expect(outside.length).toBeGreaterThan(100);
  expect(around.length).toBeGreaterThan(10);
  expect(matching([...house, ...outside, ...around], /risc-?v|sv39|sv48|svpbmt/i)).toEqual([]);
});

test('it imports what architectures share, and no other architecture', () => {
  expect(own.length).toBeGreaterThan(20);
  expect(matching(own, /from '[^']*\/src\/(?:arm64|x86|arch\/(?!architecture\.ts))/)).toEqual([]);
});
