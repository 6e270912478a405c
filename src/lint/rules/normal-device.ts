import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const normalDevice = lintRule({
  id: 'normal-device',
  title: 'device registers mapped as memory',
  severity: 'error',
  needs: 'map',
  explain:
    'With a memory map given (--map), pages that it declares to be device registers should have a Device type, or UC. A cached type there is an error: reads come out of a cache, writes get lost or come late, and speculation reads registers. Normal Non-cacheable and WC are reported as a note: prefetchable PCI BARs, frame buffers among them, are mapped so on purpose. The type is the one after all stages, PAT and MTRRs.',
  refs: {
    arm64: [arm('section B2.10, Device memory')],
    x86: [sdm('section "Methods of Caching Available"')],
  },
  access: ({ agreement, declared, declaredName }) => {
    if (declared !== 'mmio' || agreement?.cached === undefined) return undefined;
    const { type = 'cached', cached, kind } = agreement;
    if (cached) return { message: `${type} on device registers (${declaredName})` };
    return kind === 'memory'
      ? { message: `${type} on device registers (${declaredName})`, severity: 'note' }
      : undefined;
  },
});
