/** Host mappings that have a name, as this architecture sees them. */
import type { Preset } from '../presets.ts';
import { VMA_FLAGS } from './model.ts';
import type { X86PredictInput } from './predict.ts';

export const mappingOf = (p: Preset): Pick<X86PredictInput, 'page' | 'flags'> => ({
  page: p.x86,
  flags: VMA_FLAGS.filter(flag => p.flags.includes(flag)),
});
