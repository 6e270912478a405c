/** What the descriptor families are called. Apart from them, so that whoever is told a name loads only what it means. */
export const names = {
  stage1: { id: 'x86.pte', aliases: ['pte', 'pde', 'pdpte', 'pml4e', 'pml5e', 'x86.stage1'] },
  stage2: { id: 'x86.ept', aliases: ['ept', 'epte'] },
  npt: { id: 'x86.npt', aliases: ['npt', 'npte'] },
  sppt: { id: 'x86.sppt', aliases: ['sppt'] },
} as const;
