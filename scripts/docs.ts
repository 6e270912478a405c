/**
 * `npm run docs`: print docs/formats/ from the families, one page each and an index.
 * `npm run docs -- --check`: exit 1 where a page differs from what would be printed; continuous integration runs this.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPages } from './format-pages.ts';

const FOLDER = 'docs/formats';

const wanted = formatPages();
mkdirSync(FOLDER, { recursive: true });
const present = new Map(
  readdirSync(FOLDER).map(name => [name, readFileSync(join(FOLDER, name), 'utf8')] as const),
);
const stale = [...present.keys()].filter(name => !wanted.has(name));
const changed = [...wanted].filter(([name, text]) => present.get(name) !== text).map(([name]) => name);

if (process.argv.includes('--check')) {
  for (const name of changed) {
    const ours = present.get(name)?.split('\n') ?? [];
    const line = (wanted.get(name) ?? '').split('\n').findIndex((text, index) => text !== ours[index]);
    console.error(
      `${join(FOLDER, name)} ${present.has(name) ? `differs from line ${line + 1} on` : 'is missing'}`,
    );
  }
  for (const name of stale) console.error(`${join(FOLDER, name)} belongs to no format`);
  if (changed.length + stale.length > 0) console.error('run: npm run docs');
  process.exitCode = changed.length + stale.length > 0 ? 1 : 0;
} else {
  for (const [name, text] of wanted) writeFileSync(join(FOLDER, name), text);
  for (const name of stale) rmSync(join(FOLDER, name));
  console.log(`${wanted.size} pages in ${FOLDER}: ${changed.length} changed, ${stale.length} removed`);
}
