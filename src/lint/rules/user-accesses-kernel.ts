import { arm, sdm } from '../../refs.ts';
import { lintRule, unprivileged } from '../rule.ts';

export const userAccessesKernel = lintRule({
  id: 'user-accesses-kernel',
  title: 'kernel pages that user mode may read or write',
  severity: 'error',
  explain:
    'A page in the upper half of the address space, where kernels live, can be read or written at EL0 or in user mode: AP[1] or U/S is set and no table above takes it away. Kernels map a few read-only pages there for programs (x86 vsyscall); anything else gives secrets away or worse. Regimes without an upper half in the architecture’s sense (32-bit and PAE paging, EL2 and EL3 with one range) are not judged.',
  refs: { arm64: [arm('section D8.4.1, Stage 1 permissions')], x86: [sdm('section "Access Rights"')] },
  entry: ({ leaf, upper }) => {
    const user = leaf && upper ? unprivileged(leaf.rights) : undefined;
    if (!user?.r && !user?.w) return undefined;
    return { message: `in the upper half, and ${user.w ? 'writable' : 'readable'} at ${user.name}` };
  },
});
