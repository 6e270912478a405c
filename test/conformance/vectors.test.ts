/** Every stored vector of both architectures, judged strictly: no file without a judge, no vector that fails. */
import { describe, expect, test } from 'vitest';
import { fixtureLines, fixtureNames } from '../support/fixtures.ts';
import { isLegend, judgeFile } from './judges/runner.ts';

describe.each(['arm64', 'x86'])('%s', arch => {
  const folder = `vectors/${arch}`;
  const files = fixtureNames(folder).filter(name => name.endsWith('.jsonl'));

  test.each(files.filter(name => !isLegend(name.replace('.jsonl', ''))))('%s', file => {
    const outcome = judgeFile({
      path: file,
      name: file.replace('.jsonl', ''),
      lines: () => [...fixtureLines(`${folder}/${file}`)],
      siblings: other => [...fixtureLines(`${folder}/${other}`)],
    });
    expect(outcome).toMatchObject({ failed: 0, examples: [] });
    expect(outcome.unknown).toBeUndefined();
    expect(outcome.passed).toBeGreaterThan(0);
  });
});
