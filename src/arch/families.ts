/** Every family of words there is, of both architectures: what commands, docs and tests are driven by. */
import { arm64Families } from '../arm64/index.ts';
import type { Family } from '../bits/family.ts';
import { x86Families } from '../x86/index.ts';

export const families: readonly Family[] = [...arm64Families, ...x86Families];
export const registers: readonly Family[] = families.filter(({ role }) => role === 'register');
