/** Every x86 policy, oldest first. A new one is a file beside these and a line here. */
import { Eras } from '../../era.ts';
import type { X86Policy } from '../model.ts';
import { v4_2 } from './v4_2.ts';
import { v6_7 } from './v6_7.ts';
import { v6_11, v6_11_rc } from './v6_11.ts';
import { v6_16 } from './v6_16.ts';

export const X86_ERAS = new Eras<X86Policy>('x86', [v4_2, v6_7, v6_11_rc, v6_11, v6_16]);
