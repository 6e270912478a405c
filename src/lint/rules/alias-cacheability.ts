import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';
import { cacheability, certain, disagreements, typeName } from './aliases.ts';

export const aliasCacheability = lintRule({
  id: 'alias-cacheability',
  title: 'the same page mapped cached and not cached',
  severity: 'error',
  explain:
    'One physical page is reached with a cached type through one mapping and with an uncached or Device type through another: in one space, in two spaces, or in a host and its guest (the guest’s type being the one after both stages). What is written through one is not seen through the other until a cache line is cleaned or evicted, and an eviction can undo a write. Arm calls the attributes mismatched and promises little more than that the damage stays inside the location; Intel and AMD leave the result undefined. It is harmless only where one of the mappings is never used, or software maintains the caches. Page types that a second stage leaves to a guest whose own tables are not known are not compared.',
  refs: {
    arm64: [arm('section B2.11, Mismatched memory attributes')],
    x86: [sdm('section "Programming the PAT"')],
  },
  pages: uses => disagreements(certain(uses), known => cacheability(known).size > 1, typeName),
});
