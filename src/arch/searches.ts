/** What every architecture knows of translations that no register gives: for the search for roots alone. */
import { search as arm64 } from '../arm64/walk/search.ts';
import { search as x86 } from '../x86/walk/search.ts';
import type { Searches } from './architecture.ts';

export const architectureSearches: readonly Searches[] = [arm64, x86];
