/** Every architecture there is, whole. Verbs import the part that they ask; this is for the library and for tests. */
import { architecture as arm64 } from '../arm64/index.ts';
import { architecture as x86 } from '../x86/index.ts';
import type { Architecture } from './architecture.ts';

export const architectures: readonly Architecture[] = [arm64, x86];
