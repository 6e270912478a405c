/** What the documents show is what the program prints: every `console` block is run. A line with … alone skips lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { STEPS } from '../scripts/demo.ts';
import { memattr } from './cli/harness.ts';

const top = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(`${top}docs`)
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

/** Documents show what a terminal of 100 columns does. */
const PAGE = { env: { COLUMNS: '100' } };

interface Shown {
  readonly command: string;
  readonly lines: readonly string[];
}

/** The commands of the `console` blocks with the lines below them. */
const shown = (text: string): Shown[] =>
  [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .split(/^(?=\$ )/m)
      .filter(part => part.startsWith('$ '))
      .map(part => {
        const [command = '', ...lines] = part.trimEnd().split('\n');
        return { command: command.slice(2), lines };
      }),
  );

/** Do the lines stand in the output in this order, without gaps except where … says so? */
function expectLines(output: string, lines: readonly string[]): void {
  const printed = output.trimEnd().split('\n');
  let at = 0;
  let gap = false;
  for (const line of lines) {
    if (line === '…') {
      gap = true;
      continue;
    }
    const found = gap ? printed.indexOf(line, at) : at;
    expect(found, `«${line}» is not printed`).toBeGreaterThanOrEqual(0);
    expect(printed[found]).toBe(line);
    at = found + 1;
    gap = false;
  }
  if (!gap) expect(printed.slice(at)).toEqual([]);
}

/** What `npm run demo` prints. */
async function demo(): Promise<string> {
  let out = '';
  for (const [says, command] of STEPS)
    out += `# ${says}\n$ memattr ${command}\n\n${(await memattr(command.split(' '), PAGE)).out}\n`;
  return out;
}

for (const document of documents)
  describe(document, () => {
    const text = readFileSync(`${top}${document}`, 'utf8');
    for (const { command, lines } of shown(text)) {
      if (command.includes('npm test')) continue; // the counts of the run that you are looking at
      test(command, async () => {
        if (command === 'npm ci && npm run demo') return expectLines(await demo(), lines);
        const [program, ...args] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, a, b]) => a ?? b ?? '');
        expect(program).toBe('memattr');
        const { out, err } = await memattr(args, PAGE);
        expectLines(out, lines);
        expect(out, err).not.toBe('');
      });
    }

    test('links to files that are there', () => {
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        const path = new URL(target, new URL(document, new URL('..', import.meta.url)));
        expect(() => readFileSync(fileURLToPath(path), { flag: 'r' }), target).not.toThrow(/ENOENT/);
      }
    });
  });

test('the README shows something that is run', () => {
  expect(shown(readFileSync(`${top}README.md`, 'utf8')).length).toBeGreaterThan(4);
});
