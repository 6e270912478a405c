/** Paging entries of x86: readings, settings and layouts of ordinary paging, EPT and NPT, rights, wishes. */
export * from '../values/permissions.ts';
export { nptIntent, stage1Intent, stage2Intent } from './intent.ts';
export { type NptFacts, type NptReading, type NptSettings, nptSettings, readNpt } from './npt.ts';
export { nptRights, stage1Perm, stage1Rights, stage2Perm, stage2Rights } from './perm.ts';
export * from './software.ts';
export {
  readStage1,
  type Stage1Facts,
  type Stage1Reading,
  type Stage1Settings,
  stage1Page,
  stage1Settings,
  stage1Table,
} from './stage1.ts';
export {
  readStage2,
  type Stage2Facts,
  type Stage2Reading,
  type Stage2Settings,
  stage2Page,
  stage2Settings,
  stage2Table,
} from './stage2.ts';
