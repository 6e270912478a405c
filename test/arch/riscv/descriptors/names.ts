/** What the descriptor families are called. Apart from them, so that whoever is told a name loads only what it means. */
export const names = {
  stage1: { id: 'riscv.pte', aliases: ['riscv.stage1'] },
} as const;
