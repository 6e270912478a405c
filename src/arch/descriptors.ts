/**
 * The families of table entries. Apart from the registers, because `decode` starts with these and most words are one of
 * them: reading their modules takes a third of the time that all families take.
 */
import { descriptors as arm64 } from '../arm64/descriptors/families.ts';
import type { Family } from '../bits/family.ts';
import { descriptors as x86 } from '../x86/descriptors/families.ts';

export const descriptors: readonly Family[] = [...arm64, ...x86];
