/** Descriptors of arm64: readings, settings and layouts of stage 1 and stage 2, rights, wishes. */
export * from '../values/permissions.ts';
export { stage1Intent, stage2Intent } from './intent.ts';
export { stage1Perm, stage1Rights, stage2Perm, stage2Rights } from './perm.ts';
export * from './software.ts';
export {
  readStage1,
  type Stage1Facts,
  type Stage1Reading,
  type Stage1Settings,
  stage1Leaf,
  stage1Settings,
  stage1Table,
} from './stage1.ts';
export {
  readStage2,
  type Stage2Facts,
  type Stage2Reading,
  type Stage2Settings,
  stage2Leaf,
  stage2Settings,
  stage2Table,
} from './stage2.ts';
