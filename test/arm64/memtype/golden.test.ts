/** Every MAIR byte under every MemAttr, as text that was read beside the manual: fixtures/golden/arm64/. */
import { describe, expect, test } from 'vitest';
import {
  type Cacheability,
  combineStages,
  decodeAttr,
  type Effective,
  type MemAttrConfig,
  s1DecodeMemAttrs,
  s2DecodeMemAttrs,
} from '../../../src/arm64/memtype/index.ts';

const ALL = { xs: 1, mte2: 1 } as const;
const halves = (outer: Cacheability, inner: Cacheability): string =>
  outer === inner ? outer : `${outer}/${inner}`;
/** One word per result: `nGnRE`, `WBrw`, `NC/WTr` (outer/inner); `'` is XS = 0 where not implied, `#` Tagged, `!` NoTagAccess. */
function short(effective: Effective): string {
  if (effective.is !== 'ok') return effective.is === 'reserved' ? '-' : '?';
  const { memory, noTagAccess } = effective;
  const name = memory.type === 'device' ? memory.device : halves(memory.outer, memory.inner);
  const plain = memory.type === 'normal' && /^WB[^/]*(\/WB|$)/.test(name);
  return `${name}${memory.xs === 0 && !plain ? "'" : ''}${memory.tagged ? '#' : ''}${noTagAccess ? '!' : ''}`;
}

const CONFIGS: readonly (readonly [string, MemAttrConfig])[] = [
  ['every-byte', { fwb: 0, mtePerm: 0 }],
  ['every-byte-mte-perm', { fwb: 0, mtePerm: 1 }],
  ['every-byte-fwb', { fwb: 1, mtePerm: 0 }],
  ['every-byte-fwb-mte-perm', { fwb: 1, mtePerm: 1 }],
];

describe('every MAIR byte that has a type, under every MemAttr', () => {
  test.each(CONFIGS)('%s', async (id, config) => {
    const codes = Array.from({ length: 16 }, (_, code) => code);
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter(byte => decodeAttr(byte, ALL));
    const lines = bytes.map(byte => {
      const s1 = s1DecodeMemAttrs(byte, 3, ALL).value;
      const cells = codes.map(code =>
        short(combineStages(s1, s2DecodeMemAttrs(code, 3, 0, config).value).value),
      );
      return [`0x${byte.toString(16).padStart(2, '0')}`, ...cells].join('\t');
    });
    const head = [
      `# Effective type by MAIR byte and MemAttr, FWB = ${config.fwb}${config.mtePerm ? ', FEAT_MTE_PERM' : ''}; FEAT_XS, FEAT_MTE2, FnXS = 0.`,
      "# Normal types outer/inner with hints; ' XS = 0 where Write-Back does not imply it, # Tagged, ! NoTagAccess, - reserved.",
      ['MAIR', ...codes.map(code => code.toString(2).padStart(4, '0'))].join('\t'),
    ];
    await expect([...head, ...lines, ''].join('\n')).toMatchFileSnapshot(
      `../../../fixtures/golden/arm64/${id}.tsv`,
    );
  });
});
