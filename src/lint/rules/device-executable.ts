import { arm, sdm } from '../../refs.ts';
import type { Rights } from '../../walk/regime.ts';
import { lintRule } from '../rule.ts';

/** `EL1 and EL0`. */
const whoExecutes = (rights: Rights): string =>
  Object.entries(rights)
    .filter(([, { x }]) => x)
    .map(([name]) => name)
    .join(' and ');

export const deviceExecutable = lintRule({
  id: 'device-executable',
  title: 'device memory that may be executed',
  severity: 'error',
  explain:
    'The Device attribute alone does not keep a processor from fetching instructions speculatively: only execute-never does. A Device page that is executable at some level can be read by prefetching, and reads of device registers have side effects; an executed fetch is CONSTRAINED UNPREDICTABLE. The type is the one after all stages, and so are the rights. Stage 2 by itself is judged too, as a warning: the guest’s stage 1 may still forbid execution. With a memory map, device registers that are executable under any other type are reported as well (on x86; a note where a hypervisor leaves them executable for its guest, as most do, and where the paging mode cannot forbid it).',
  refs: {
    arm64: [arm('section B2.10, Device memory'), arm('section K1.2.11')],
    x86: [sdm('section "Methods of Caching Available"')],
  },
  access: ({ first, rights, agreement, effective, declared, declaredName }) => {
    const who = whoExecutes(rights);
    if (who === '') return undefined;
    const guestOnly = first.regime.input !== 'va';
    if (effective && agreement?.kind === 'device')
      return { message: `${agreement.type}, and executable at ${who}` };
    if (guestOnly && first.leaf && first.regime.alone?.(first.leaf)?.kind === 'device')
      return { message: `Device by stage 2, which lets ${who} execute it`, severity: 'warning' };
    if (declared === 'mmio')
      return {
        message: `device registers (${declaredName}), and executable${guestOnly ? ' for the guest' : ` at ${who}`}`,
        severity: guestOnly || first.regime.cannotForbid ? 'note' : 'warning',
      };
    return undefined;
  },
});
