/** From a wish (`type=wb perm=rw- oa=…`) to the fields of a page. */
import { EncodeError } from '../../bits/codec.ts';
import type { Intent } from '../../bits/family.ts';
import { patBits, patTypes } from '../registers/attributes.ts';
import { pageKind } from '../values/address.ts';
import { type MemoryType, type PatType, typeCode } from '../values/attributes.ts';
import { parsePermissions } from '../values/permissions.ts';
import { type NptSettings, ordinary } from './npt.ts';
import {
  largePage as largeStage1Page,
  levelOf,
  type Stage1Settings,
  entryName as stage1EntryName,
} from './stage1.ts';
import {
  largePage as largeStage2Page,
  rightsFindings,
  type Stage2Settings,
  entryName as stage2EntryName,
} from './stage2.ts';

/** The fields of a page with this type and these rights, at the settings' level. */
export function stage1Intent(wish: Intent, s: Stage1Settings) {
  const kind = pageKind(s.mode, levelOf(s));
  const refuse = (text: string): never => {
    throw new EncodeError(`x86.pte.${kind}: ${text}`);
  };
  if (!largeStage1Page(s)) return refuse(`a ${stage1EntryName(s)} maps no page under these settings`);
  const fields: Record<string, number | bigint> = {};
  if (wish.oa !== undefined) fields.oa = wish.oa;
  if (wish.perm !== undefined) {
    const perm = parsePermissions(wish.perm);
    if (!perm) return refuse(`'${wish.perm}' is no permission: write r-x, rw-, rwxu…`);
    if (!perm.r) return refuse(`'${wish.perm}': a present page can always be read`);
    const canForbid = s.mode !== '32' && s.nxe === 1;
    if (!(perm.x || canForbid))
      return refuse(`'${wish.perm}': execution can be forbidden only with EFER.NXE = 1`);
    Object.assign(fields, { rw: perm.w, us: perm.u, ...(canForbid ? { xd: perm.x ? 0 : 1 } : {}) });
  }
  if (wish.type !== undefined) {
    if (s.pat === 'unknown')
      return refuse('a memory type needs the PAT: set pat=linux, pat=reset or a value');
    const type = wish.type.toUpperCase();
    const index = patBits(s.pat, type as PatType);
    const types = patTypes(s.pat).map((known, i) => `${i} ${known ?? 'reserved'}`);
    if (!index) return refuse(`this PAT has no entry of type '${wish.type}': ${types.join(', ')}`);
    Object.assign(fields, index);
  }
  return { kind, fields };
}

/**
 * The fields of a page with this type and these rights, at the settings' level. `type=wb+ipat` ignores the guest's PAT;
 * `x` allows execution in both modes where there are two.
 */
export function stage2Intent(wish: Intent, s: Stage2Settings) {
  const kind = pageKind('5l', s.level);
  const refuse = (text: string): never => {
    throw new EncodeError(`x86.ept.${kind}: ${text}`);
  };
  if (!largeStage2Page(s)) return refuse(`an ${stage2EntryName(s)} maps no page under these settings`);
  const fields: Record<string, number | bigint> = {};
  if (wish.oa !== undefined) fields.oa = wish.oa;
  if (wish.perm !== undefined) {
    const perm = parsePermissions(wish.perm);
    if (!perm || perm.u) return refuse(`'${wish.perm}' is no permission: write r-x, rw-, --x…`);
    const { r, w, x } = perm;
    const wrong = rightsFindings({ r, w, x }, s)[0];
    if (wrong) return refuse(`'${wish.perm}': ${wrong.message}`);
    Object.assign(fields, { r, w, x, ...(s.mbec ? { xu: x } : {}) });
  }
  if (wish.type !== undefined) {
    const [, name = '', ipat] = /^([a-z]+)(\+ipat)?$/.exec(wish.type.toLowerCase()) ?? [];
    const memType = typeCode(name.toUpperCase() as MemoryType);
    if (memType < 0)
      return refuse(`'${wish.type}' is none of uc, wc, wt, wp, wb, each with or without +ipat`);
    Object.assign(fields, { memType, ipat: ipat ? 1 : 0 });
  }
  return { kind, fields };
}

/** The fields of a nested page: as in ordinary paging, and always U/S = 1. */
export function nptIntent(wish: Intent, s: NptSettings) {
  const { kind, fields } = stage1Intent(wish, ordinary(s));
  return { kind, fields: { ...fields, us: 1 } };
}
