/** What every architecture knows of memory types without tables. */
import { types as arm64 } from '../arm64/walk/asked.ts';
import type { TypeRules } from '../walk/asked.ts';
import { types as x86 } from '../x86/walk/asked.ts';

export const architectureTypes: readonly TypeRules[] = [arm64, x86];
