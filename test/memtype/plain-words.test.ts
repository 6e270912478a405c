import { expect, test } from 'vitest';
import { plainWords as arm64 } from '../../src/arm64/memtype/plain-words.ts';
import { stage2PlainWords as ept, plainWords as x86 } from '../../src/x86/memtype/plain-words.ts';

const CASES: readonly (readonly [words: (type: string) => string, type: string, wanted: RegExp])[] = [
  [arm64, 'Normal oWB iWB', /^ordinary cached memory$/],
  [arm64, 'Normal oNC iNC', /^uncached memory/],
  [arm64, 'Normal oNC iWB', /^outer caches NC, inner caches WB$/],
  [arm64, 'Normal WB forced', /whatever the guest asks/],
  [arm64, 'Device-nGnRE combined with stage 1', /^device registers/],
  [arm64, 'Normal WB RWA', /^ordinary cached memory$/],
  [arm64, 'Normal oWT RWA iWB RWA', /^outer caches WT, inner caches WB$/],
  [arm64, 'Normal NC', /^uncached memory/],
  [ept, 'WB, PAT ignored', /whatever the guest’s PAT says/],
  [ept, 'WB', /unless the guest’s PAT/],
  [x86, 'WB', /^ordinary cached memory$/],
  [x86, 'UC-', /^uncached/],
  [x86, 'PAT3', /^$/],
];
test.each(CASES)('%o: %s', (words, type, wanted) => {
  expect(words(type)).toMatch(wanted);
});
