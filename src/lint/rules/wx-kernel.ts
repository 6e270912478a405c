import { linux } from '../../refs.ts';
import { lintRule, privileged, unprivileged } from '../rule.ts';

export const wxKernel = lintRule({
  id: 'wx-kernel',
  title: 'memory that the privileged level may write and execute',
  severity: 'error',
  explain:
    'A page that EL1, EL2, EL3 or the supervisor may both write and execute lets whoever can write to it run code of their own choice with all rights. Rights are taken after every table above the leaf (APTable, PXNTable, R/W and XD of all levels) and with SCTLR_ELx.WXN; a second stage may take more away and is not looked at here. Kernels keep a few such pages during boot; Linux reports what is left as W+X pages. On x86 a page of the user is judged by wx-user: whether the supervisor may execute it is up to CR4.SMEP. Where the paging mode has no execute-never bit (32-bit paging, EFER.NXE = 0) everything writable is executable, which is a note.',
  refs: { any: [linux('6.12 mm/ptdump.c, CONFIG_DEBUG_WX')] },
  entry: entry => {
    const { regime, leaf } = entry;
    if (!leaf || regime.input !== 'va') return undefined;
    const own = privileged(leaf.rights);
    const user = unprivileged(leaf.rights);
    if (!own?.w || !own.x || (user?.w && user.x)) return undefined;
    const message = `writable and executable at ${own.name}`;
    return entry.regime.cannotForbid
      ? { message: `${message}, as everything in this mode`, severity: 'note' }
      : { message };
  },
});
