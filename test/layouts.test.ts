/**
 * Two transcriptions of the manuals, one made of rows (`src/`), one a table (`fixtures/layouts.tsv`), typed
 * independently: they must agree on every bit of every layout under every setting. Where they do not, the manual
 * decides.
 */
import { families } from '../src/arch/families.ts';
import type { Family } from '../src/bits/family.ts';
import type { Values } from './support/transcription.ts';
import { typedTwice } from './support/typed-twice.ts';

/**
 * Intel and AMD name few fields in a word; these are the same field, said short in the transcription and as the tables of
 * the manuals describe it in the layouts.
 */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  address: [
    'physical address',
    'physical address of the next table',
    'physical address of the table',
    'physical address of the page directory',
    'physical address of the page-directory-pointer table',
    'physical address of the EPT PML4 or PML5 table',
    'top of memory',
  ],
  pk: ['protection key'],
  xd: ['NX'],
  rwx: ['X, W, R'],
  xu: ['X, user-mode linear addresses'],
  v: ['valid'],
  walklength: ['page-walk length minus 1'],
  memorytype: ['EPT memory type', 'memory type of EPT paging structures'],
  ad: ['accessed and dirty flags'],
  a: ['accessed'],
  d: ['dirty'],
  ipat: ['ignore PAT'],
  ps: ['maps a page'],
  spp: ['sub-page write permissions'],
  vgp: ['verify guest paging'],
  pw: ['paging-write access'],
  suppressve: ['suppress #VE'],
  sss: ['supervisor shadow stack', 'supervisor shadow-stack control'],
  maxhlatprefixsize: ['maximum HLAT prefix size'],
  executeonly: ['execute-only translations'],
  pagewalklength4: ['4-level walks'],
  pagewalklength5: ['5-level walks'],
  uc: ['UC paging structures'],
  wb: ['WB paging structures'],
};

/** Settings as the manual has them: nested paging reads the ordinary formats of the AMD host. */
const asManual = (family: Family, values: Values): Values =>
  family.id === 'x86.npt' ? { ...values, vendor: 'amd', hlat: 0, sBit: 0 } : values;

/** Levels of each paging mode: a word at a level above is read as an entry of the top table, and a finding says so. */
const TOP: Readonly<Record<string, number>> = { '32': 2, pae: 3, '4l': 4, '5l': 5 };
const asRead = (values: Values): Values => {
  const top = TOP[String(values.mode)];
  return top ? { ...values, level: Math.min(top, Number(values.level)) } : values;
};

typedTwice(families, 'fixtures/layouts.tsv', {
  short: SHORT,
  // nested paging has the formats of ordinary paging, both stages share VMSAv9-128
  namesOf: (_, kind) => [`x86.pte.${kind}`, `arm64.${kind}`],
  asManual,
  asRead: values => asRead(values),
});
