/** The descriptors as families, with what writes them for a wish: apart from the registers, which are many more. */
import { eraseAll, type Family } from '../../bits/family.ts';
import { nptIntent, stage1Intent, stage2Intent } from './intent.ts';
import { npt as nptRead } from './npt.ts';
import { stage1 as stage1Read } from './stage1.ts';
import { sppt, stage2 as stage2Read } from './stage2.ts';

export const stage1 = { ...stage1Read, intent: stage1Intent };
export const stage2 = { ...stage2Read, intent: stage2Intent };
export const npt = { ...nptRead, intent: nptIntent };
export { sppt };

export const descriptors: readonly Family[] = eraseAll([stage1, stage2, npt, sppt]);
