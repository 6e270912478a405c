/** The descriptors as families, with what writes them for a wish: apart from the registers, which are many more. */
import { eraseAll, type Family } from '../../bits/family.ts';
import { stage1Intent, stage2Intent } from './intent.ts';
import { stage1 } from './stage1.ts';
import { stage2 } from './stage2.ts';

export const arm64Descriptors: readonly Family[] = eraseAll([
  { ...stage1, intent: stage1Intent },
  { ...stage2, intent: stage2Intent },
]);
