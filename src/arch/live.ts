/** What every architecture knows of changes to live tables. */
import { live as arm64 } from '../arm64/walk/live.ts';
import type { LiveRules } from '../walk/live.ts';
import { live as x86 } from '../x86/walk/live.ts';
import type { ArchitectureId } from './architecture.ts';

export const architectureLive: readonly LiveRules[] = [arm64, x86];

export const liveOf = (id: ArchitectureId): LiveRules | undefined =>
  architectureLive.find(one => one.id === id);
