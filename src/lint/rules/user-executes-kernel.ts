import { arm, linux, sdm } from '../../refs.ts';
import { lintRule, unprivileged } from '../rule.ts';

export const userExecutesKernel = lintRule({
  id: 'user-executes-kernel',
  title: 'kernel pages that user mode may execute',
  severity: 'error',
  explain:
    'A page in the upper half of the address space (TTBR1, or the upper canonical half), where kernels live, is executable at EL0 or in user mode: UXN is clear, or U/S is set and XD clear on every level. On arm64 this needs no data access: a page that EL0 may not even read can be executable there. Two kinds of pages are meant to be so: the vsyscall page of x86-64 Linux (0xffffffffff600000), and trampolines that are mapped for both levels. Regimes with one range, 32-bit and PAE paging have no upper half in the architecture’s sense and are not judged.',
  refs: {
    arm64: [arm('section D8.4.1, Stage 1 permissions'), linux('6.12 arch/arm64/mm/ptdump.c, non-UXN pages')],
    x86: [sdm('section "Access Rights"')],
  },
  entry: ({ leaf, upper }) => {
    const user = leaf && upper ? unprivileged(leaf.rights) : undefined;
    return user?.x ? { message: `in the upper half, and executable at ${user.name}` } : undefined;
  },
});
