import { expect, test } from 'vitest';
import { plainWords } from '../../src/report/plain-words.ts';

const CASES: readonly (readonly [regime: string, type: string, words: RegExp])[] = [
  ['arm64.stage2', 'Normal oWB iWB', /^ordinary cached memory$/],
  ['arm64.stage2', 'Normal oNC iNC', /^uncached memory/],
  ['arm64.stage2', 'Normal oNC iWB', /^outer caches NC, inner caches WB$/],
  ['arm64.stage2', 'Normal WB forced', /whatever the guest asks/],
  ['arm64.stage2', 'Device-nGnRE combined with stage 1', /^device registers/],
  ['arm64.stage1', 'Normal WB RWA', /^ordinary cached memory$/],
  ['arm64.stage1', 'Normal oWT RWA iWB RWA', /^outer caches WT, inner caches WB$/],
  ['arm64.stage1', 'Normal NC', /^uncached memory/],
  ['x86.ept', 'WB, PAT ignored', /whatever the guest’s PAT says/],
  ['x86.ept', 'WB', /unless the guest’s PAT/],
  ['x86.4level', 'WB', /^ordinary cached memory$/],
  ['x86.4level', 'UC-', /^uncached/],
  ['x86.4level', 'PAT3', /^$/],
];
for (const [regime, type, words] of CASES)
  test(`${regime} ${type}`, () => {
    expect(plainWords(regime, type)).toMatch(words);
  });
