/** Every arm64 policy: mainline, then the series in the order of posting. A new one is a file beside these and a line here. */
import { Eras } from '../../era.ts';
import type { Arm64Policy } from '../model.ts';
import { cp_v2, cp_v3, cp_v4, cp_v5, cp_v6, cp_v7, cp_v8, cp_v9, cp_v10 } from './cp.ts';
import { v5_10 } from './v5_10.ts';
import { v5_14, v6_2 } from './v5_14.ts';
import { v6_9 } from './v6_9.ts';
import { v6_17, v7_0 } from './v6_17.ts';
import { nc_v2, vt_v1 } from './vt.ts';

export const ARM64_ERAS = new Eras<Arm64Policy>('arm64', [
  v5_10,
  v5_14,
  v6_2,
  v6_9,
  v6_17,
  v7_0,
  vt_v1,
  nc_v2,
  cp_v2,
  cp_v3,
  cp_v4,
  cp_v5,
  cp_v6,
  cp_v7,
  cp_v8,
  cp_v9,
  cp_v10,
]);
