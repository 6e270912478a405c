/** Two results of walks, held against each other column by column. */
import { expect } from 'vitest';
import type { LeafBatch } from '../../src/walk/batch.ts';
import type { WalkResult } from '../../src/walk/result.ts';

const columns = ({ length, ...rest }: LeafBatch): Record<string, unknown> =>
  Object.fromEntries(
    (['input', 'output', 'frames', 'lo', 'hi', 'at', 'level', 'kind', 'inherited'] as const).map(name => [
      name,
      rest[name].slice(0, length),
    ]),
  );
const comparable = ({ leaves, regime: _, ...rest }: WalkResult) => ({ ...rest, ...columns(leaves) });
/** As `toEqual`, but columns byte by byte first: they are long. */
export const expectSame = (given: WalkResult, wanted: WalkResult): void => {
  const [a, b] = [comparable(given), comparable(wanted)] as Record<string, unknown>[];
  const differs = Object.keys({ ...a, ...b }).filter(key => {
    const [x, y] = [a?.[key], b?.[key]];
    if (!ArrayBuffer.isView(x) || !ArrayBuffer.isView(y)) return true;
    return Buffer.compare(new Uint8Array(x.buffer), new Uint8Array(y.buffer)) !== 0;
  });
  for (const key of differs) expect([key, a?.[key]]).toEqual([key, b?.[key]]);
};
