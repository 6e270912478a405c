/** What every architecture promises of its translations, tried on each in the same way. */
import { describe, expect, test } from 'vitest';
import type { Architecture } from '../../src/arch/architecture.ts';
import { parseWord } from '../../src/bits/word.ts';
import { bytesOf } from '../../src/image/frames.ts';
import { parseVmcoreinfo } from '../../src/image/vmcoreinfo.ts';
import type { ScannedRoot, Species } from '../../src/walk/scan.ts';

const ADDRESS = bytesOf(0x4_0200);

/** A tree of plain entries as the scan would count it. */
function root(species: Species, level: number, entries: number): ScannedRoot {
  const [pointer = 0, leaf = 0] = [species.samples[0], species.samples.at(-1)];
  return {
    species,
    address: ADDRESS,
    level,
    entries,
    tables: 4,
    missing: 0,
    wrong: 0,
    leaves: 8,
    steps: 7,
    held: 8,
    patterns: [
      { level, table: true, lo: pointer, hi: 0, count: 3 },
      { level: 0, table: false, lo: leaf, hi: 0, count: 8 },
    ],
    used: [0],
    upperHalf: 0,
  };
}

/** Every kind of tree, from every level at which a walk may begin. */
const rootsOf = (species: readonly Species[]): readonly (readonly [name: string, root: ScannedRoot])[] =>
  species.flatMap(one => [
    ...one.tops.map(
      level =>
        [
          `${one.id}, level ${level}`,
          root(one, level, 2 ** (one.regime.levels[level]?.indexBits ?? 0)),
        ] as const,
    ),
    ...(one.small ? [[`${one.id}, small`, root(one, one.small.level, one.small.entries)] as const] : []),
  ]);

/** The tests of one architecture, beside the others that there are. */
export function promisesOfArchitecture(architecture: Architecture, others: readonly Architecture[]): void {
  test('without registers there is nothing to walk, and nothing to refuse', () => {
    expect(architecture.candidates(new Map())).toEqual({ found: [], refused: [] });
    expect(architecture.kernelRoot(parseVmcoreinfo(''), undefined)).toBeUndefined();
  });

  describe('what structure shows can be walked', () => {
    test.each(rootsOf(architecture.species()))('%s', (_, scanned) => {
      const { kind, registers, options, evidence } = architecture.judge(scanned);
      const { found, refused } = architecture.candidates(registers);
      expect(refused).toEqual([]);
      const regime = found.find(({ regime }) =>
        regime.roots.some(({ address }) => address === ADDRESS),
      )?.regime;
      expect(regime?.arch).toBe(architecture.id);
      // the same number of levels below the root, and the same entries in it
      const walked = regime?.roots.find(({ address }) => address === ADDRESS);
      const forms = (levels: readonly { readonly shift: number }[] | undefined, top: number | undefined) =>
        levels?.slice(0, (top ?? -1) + 1).map(({ shift }) => shift);
      expect(forms(regime?.levels, walked?.level)).toEqual(
        forms(scanned.species.regime.levels, scanned.level),
      );
      expect(evidence.length).toBeGreaterThan(0);
      expect(kind.startsWith(`${architecture.id}.`)).toBe(true);
      // each register is spelled as an option, with the same value
      const spelled = options.filter(option => !option.startsWith('--')).map(option => parseWord(option));
      expect(spelled.sort()).toEqual([...registers.values()].sort());
      expect(options).toHaveLength(2 * registers.size);
    });
  });

  test('its registers are its own', () => {
    for (const [, scanned] of rootsOf(architecture.species())) {
      const names = [...architecture.judge(scanned).registers.keys()];
      expect(names.some(name => architecture.owns(name))).toBe(true);
      for (const other of others) expect(names.filter(name => other.owns(name))).toEqual([]);
    }
  });
}
