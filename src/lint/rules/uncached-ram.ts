import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const uncachedRam = lintRule({
  id: 'uncached-ram',
  title: 'memory that is not mapped Write-Back',
  severity: 'warning',
  needs: 'map',
  explain:
    'With a memory map given (--map), pages that it declares to be RAM are expected to be Write-Back. Anything else is slow, and where another mapping of the page is cached it reads stale data (see alias-cacheability). Buffers that a device shares without coherence are mapped so on purpose. The type is the one after all stages, PAT and MTRRs.',
  refs: {
    arm64: [arm('section B2.9, Memory types and attributes')],
    x86: [sdm('section "Methods of Caching Available"')],
  },
  access: ({ agreement, declared, declaredName }) => {
    if (declared !== 'ram' || agreement?.cached === undefined) return undefined;
    const { type = 'uncached' } = agreement;
    return type === 'Normal WB' || type === 'WB'
      ? undefined
      : { message: `${type} on ${declaredName || 'RAM'}` };
  },
});
