/** Every family of words there is, of both architectures: what commands, docs and tests are driven by. */
import { all as arm64 } from '../arm64/families.ts';
import type { Family } from '../bits/family.ts';
import { all as x86 } from '../x86/families.ts';

export const families: readonly Family[] = [...arm64, ...x86];
export const registers: readonly Family[] = families.filter(({ role }) => role === 'register');
