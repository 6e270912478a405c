/** What the descriptor families are called. Apart from them, so that whoever is told a name loads only what it means. */
export const names = {
  stage1: { id: 'arm64.stage1', aliases: ['s1', 'stage1'] },
  stage2: { id: 'arm64.stage2', aliases: ['s2', 'stage2'] },
} as const;
