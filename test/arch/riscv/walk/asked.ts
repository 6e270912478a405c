/** Questions about one combination of PBMT and PMA, in words. */
import {
  AskError,
  type Asked,
  type EffectiveAnswer,
  type RecordedLeaf,
  type TypeRules,
} from '../../../../src/walk/asked.ts';
import * as memtype from '../memtype/index.ts';
import { PBMT, type Pbmt, parsePbmt } from '../values/attributes.ts';
import { effectiveView } from './effective.ts';

interface Args {
  readonly pbmt?: string;
  readonly pma?: string;
}
/** By name, so that the compiler sees a key that is left out. */
const ASKS: Readonly<Record<keyof Args, true>> = { pbmt: true, pma: true };

function effective(asked: Asked): EffectiveAnswer {
  const { pbmt = 'PMA', pma: platform = 'memory' } = asked as Args;
  const code = parsePbmt(pbmt);
  if (code === undefined) throw new AskError(`--pbmt: no memory type '${pbmt}'; there are PMA, NC, IO`);
  const pma = memtype.PMAS.find(name => name === platform.toLowerCase());
  if (!pma) throw new AskError(`--pma takes ${memtype.PMAS.join(', ')}, not '${platform}'`);
  const name = PBMT[code] as Pbmt;
  const result = memtype.effective(name, pma);
  const { value: is } = result;
  return {
    architecture: 'riscv',
    given: { PBMT: name, PMA: pma },
    view: effectiveView(result, name),
    notes: is.is === 'type' && is.both ? ['I/O and main memory at once, for fences, .aq and .rl'] : [],
    properties: is.is === 'type' ? [memtype.TYPE_PROPERTIES[is.type]] : [],
  };
}

/** PBMT of a leaf. */
function ofLeaves(leaves: readonly RecordedLeaf[]): Asked {
  const [{ type } = { type: undefined }] = leaves;
  if (typeof type !== 'string') throw new AskError('it has no PBMT');
  return { pbmt: type };
}

export const types: TypeRules = {
  id: 'riscv',
  asks: Object.keys(ASKS),
  example: 'memattr effective riscv --pbmt NC --pma io',
  known: () => ({}),
  ofLeaves,
  leafAsks: ['pbmt'],
  effective,
  matrices: memtype.MATRICES,
  properties: memtype.TYPE_PROPERTIES,
};
