import { arm } from '../../refs.ts';
import { lintRule, privileged, unprivileged } from '../rule.ts';

export const kernelExecutesUser = lintRule({
  id: 'kernel-executes-user',
  title: 'pages of user mode that the kernel may execute',
  severity: 'warning',
  explain:
    'EL1 or EL2 may execute a page that EL0 can read: PXN is clear. An attacker who diverts the kernel’s control flow then needs no code of the kernel’s own. Pages that EL0 may write are never executable at EL1, whatever PXN says, so what is found here is read-only to user mode. On x86 this is a matter of CR4.SMEP and not of the tables; arm64 only.',
  refs: { arm64: [arm('section D8.4.1, Stage 1 permissions')] },
  entry: ({ regime, leaf, upper }) => {
    if (!leaf || upper || !regime.forbidsApart) return undefined;
    const own = privileged(leaf.rights);
    const user = unprivileged(leaf.rights);
    return own?.x && (user?.r || user?.w)
      ? { message: `${user.name} may read it, and ${own.name} may execute it` }
      : undefined;
  },
});
