/**
 * Learn one architecture and you can find your way in the other: the same files, and in them the same names. What differs is
 * the vendors' nature and stands here with its reason; what is excused although it is alike is refused too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));
const ARCHITECTURES = ['arm64', 'x86'] as const;

/** Files that one architecture has and the other cannot have. */
const OWN_FILES: Readonly<Record<string, string>> = {
  'descriptors/common.ts': 'stage 1 and stage 2 of arm64 share kinds, contiguous groups and invalid entries',
  'descriptors/vmsa128.ts': '128-bit descriptors, known by name',
  'descriptors/npt.ts': 'AMD has a third kind of tables',
  'memtype/mtrr.ts': 'MTRRs',
  'memtype/mtrr-map.ts': 'MTRRs',
  'memtype/page.ts': 'large pages over several MTRR types',
  'memtype/pat.ts': 'PAT entries are selected by three bits, and there can be no PAT',
  'memtype/par.ts': 'PAR_EL1 shows the effective type',
  'memtype/shareability.ts': 'shareability',
  'registers/mtrr.ts': 'MTRRs',
  'registers/refused.ts': 'writes that raise #GP(0)',
  'registers/translation.ts': 'TCR and VTCR imply a regime each; of x86 several registers together do',
  'values/codes.ts': 'codes that several registers and descriptors share',
  'values/pat.ts': 'well-known settings of IA32_PAT',
};

/** Files and rooms whose names are the manual's: registers, codes, what kernels write, what the hardware reports. */
const VENDORS_WORDS: Readonly<Record<string, string>> = {
  'registers/': 'registers have the names of the manual',
  'values/': 'so have the codes of their fields',
  'families.ts': 'one name for each register',
  'descriptors/software.ts': 'what Linux and KVM write on this architecture',
  'faults/claims.ts': 'what the hardware reports',
  'memtype/combine.ts': 'which types meet, and in whose tables',
  'memtype/control.ts': 'HCR_EL2 and SCTLR_ELx are not CR0',
};

/** Single names, by file. AMD’s nested paging, a kind of tables of its own, is excused in every file. */
const OWN_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'index.ts': { PAGE_SIZE: 'arm64 has no page sizes but those of granule and level' },
  'descriptors/index.ts': {
    stage1Leaf: 'arm64 has blocks and pages, x86 pages of several sizes',
    stage2Leaf: 'the same',
    stage1Page: 'the same',
    stage2Page: 'the same',
  },
  'descriptors/perm.ts': {
    stage1Denied: 'x86 tables take rights away; those of arm64 hand down limits, which a reading knows',
    stage2Denied: 'the same for EPT; stage 2 of arm64 has no hierarchical rights',
  },
  'descriptors/stage1.ts': {
    stage1Leaf: 'arm64 has blocks and pages, x86 pages of several sizes',
    stage1Page: 'the same',
    stage1Kind: 'a word has one kind per level and mode; on arm64 both stages share it (common.ts)',
    largePage: 'which levels map pages; on arm64 blockSupported()',
    levelOf: 'modes of x86 have different numbers of levels',
    entryName: 'PTE, PDE, PDPTE…: arm64 numbers its levels only',
    Regime: 'exception levels',
    REGIMES: 'exception levels',
    PhysicalSpace: 'Secure, Realm and Root memory',
    effectiveAp: 'AP as nested virtualisation takes it',
    effectiveApTable: 'the same of the limits above',
  },
  'descriptors/stage2.ts': {
    stage2Leaf: 'arm64 has blocks and pages, x86 pages of several sizes',
    stage2Page: 'the same',
    stage2Kind: 'on arm64 both stages share it (common.ts)',
    largePage: 'which levels map pages',
    entryName: 'EPT PTE, EPT PDE…',
    rightsFindings: 'combinations of rights that misconfigure an EPT entry',
    Misconfiguration: 'EPT misconfigurations',
    MEMATTR: 'value tables of MemAttr, which a control bit selects',
    MEMATTR_FWB: 'the same',
    MEMATTR_FWB_MTE_PERM: 'the same',
    MEMATTR_MTE_PERM: 'the same',
    S2AP: 'a value table',
    XNX: 'a value table',
  },
  'memtype/effective.ts': {
    Circumstances: 'stages of arm64 are on or off by their controls',
    Stages: 'the same',
    effectiveOf: 'the same: meanings that are known already',
    Stage1Access: 'x86 has three questions: by what stands behind the page',
    EptAccess: 'the same',
    effectiveType: 'the same',
    effectiveEpt: 'the same',
    combineEpt: 'EPT and guest PAT as a table',
    whateverMtrr: 'an MTRR type may be undefined',
    withMtrr: 'the same',
  },
  'memtype/meaning.ts': {
    stage1Type: 'types whose hints and tags aliases need not agree on',
    stage2Type: 'the same',
    typed: 'an effective type is a name; on arm64 memory, shareability and doubts',
    illegal: 'values that a processor refuses',
    isNoType: 'a PAT entry may hold no type',
    noType: 'the same',
  },
  'memtype/properties.ts': { PropertyName: 'types that properties are listed by; on x86 EffectiveType' },
  'memtype/stage1.ts': { s1DecodeMemAttrs: 'the manual’s function; on x86 patOfPage() in pat.ts' },
  'memtype/stage2.ts': {
    s2DecodeMemAttrs: 'the manual’s function',
    Stage2Types: 'what MemAttr depends on beside the entry: nothing on x86',
    eptMemory: 'the same as s2DecodeMemAttrs, of EPT',
    eptStructures: 'the type of accesses to EPT tables stands in EPTP',
  },
  'memtype/walk-memory.ts': {
    WalkMemory: 'IRGN, ORGN and SH of TCR against PCD and PWT of what points to a table',
    stage1WalkMemory: 'the same',
    stage2WalkMemory: 'the same',
    walkMemAttrs: 'the same',
    TablePointer: 'the same',
    patOfTable: 'the same',
  },
  'walk/regime.ts': {
    Stage1Sizes: 'granule and address sizes',
    Stage2Sizes: 'the same',
    Stage2Reason: 'why VTCR_EL2 translates nothing; any EPTP gives a regime with findings',
    RegimeLevel: 'levels of one mode have different index bits',
  },
  'walk/setup.ts': { Processor: 'what arm64 states in ID registers' },
};
const nested = (name: string): boolean => /npt|sppt/i.test(name);

const filesOf = (architecture: string): ReadonlySet<string> =>
  new Set(
    readdirSync(join(src, architecture), { recursive: true, encoding: 'utf8' })
      .map(file => file.replaceAll('\\', '/'))
      .filter(file => file.endsWith('.ts')),
  );
const FILES = { arm64: filesOf('arm64'), x86: filesOf('x86') };
const BOTH = [...FILES.arm64].filter(file => FILES.x86.has(file)).sort();

/** The names that a file exports, types among them. */
function namesOf(architecture: string, file: string): ReadonlySet<string> {
  const text = readFileSync(join(src, architecture, file), 'utf8');
  const declared = [
    ...text.matchAll(/^export (?:async )?(?:const|function\*?|type|interface|class) (\w+)/gm),
  ].map(([, name = '']) => name);
  const listed = [...text.matchAll(/^export (?:type |const )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map(name =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/^.* as /, ''),
      )
      .filter(name => name !== ''),
  );
  return new Set([...declared, ...listed]);
}

/** Names that one of the two exports and the other does not. */
function differing(file: string): readonly string[] {
  const [first, second] = ARCHITECTURES.map(architecture => namesOf(architecture, file));
  return [...(first ?? []), ...(second ?? [])].filter(name => !(first?.has(name) && second?.has(name)));
}

const vendors = (file: string): boolean =>
  Object.keys(VENDORS_WORDS).some(words => (words.endsWith('/') ? file.startsWith(words) : file === words));

test('there are files to compare', () => {
  expect(BOTH.length).toBeGreaterThan(30);
  expect(namesOf('x86', 'walk/tables.ts')).toContain('stage1Tables');
});

test('both have the same files, but for what only one of them is', () => {
  const own = [...FILES.arm64, ...FILES.x86].filter(file => !BOTH.includes(file));
  expect(own.sort()).toEqual(Object.keys(OWN_FILES).sort());
});

describe('files of the same name export the same names', () => {
  for (const file of BOTH.filter(file => !vendors(file)))
    test(file, () => {
      const own = differing(file).filter(name => !nested(name));
      expect(own.sort()).toEqual(Object.keys(OWN_NAMES[file] ?? {}).sort());
    });
});

test('what is excused is there', () => {
  const judged = BOTH.filter(file => !vendors(file));
  expect(Object.keys(OWN_NAMES).filter(file => !judged.includes(file))).toEqual([]);
  const excused = (words: string): boolean =>
    BOTH.some(file => file.startsWith(words) && differing(file).length > 0);
  expect(Object.keys(VENDORS_WORDS).filter(words => !excused(words))).toEqual([]);
});
