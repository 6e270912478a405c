/** A format as a drawing in text, from the high bit down, as manuals draw it. */
import type { Format } from './format.ts';
import { pieceWidth } from './format.ts';
import type { Row } from './spec.ts';

interface Cell {
  readonly bits: string;
  readonly name: string;
}

/** Lines of boxes, as many as `width` columns ask for. Pieces of a scattered field carry their part of the value. */
export function diagram(format: Format, width = 100): string {
  const cells = format.rows
    .flatMap(row => {
      let high = row.pieces.reduce((n, piece) => n + pieceWidth(piece), 0) + row.shift;
      return row.pieces.map(([hi, lo]) => {
        const top = high - 1;
        high -= hi - lo + 1;
        const part = row.pieces.length === 1 ? '' : top === high ? `[${top}]` : `[${top}:${high}]`;
        return {
          hi,
          cell: {
            bits: hi === lo ? `${hi}` : `${hi}:${lo}`,
            name:
              row.kind === 'fixed'
                ? (row.value ?? 0).toString(2).padStart(hi - lo + 1, '0')
                : labelOf(row) + part,
          },
        };
      });
    })
    .sort((a, b) => b.hi - a.hi)
    .map(({ cell }) => cell);
  const lines: Cell[][] = [[]];
  let used = 1;
  for (const cell of cells) {
    const wide = size(cell) + 1;
    if (used + wide > width) {
      lines.push([]);
      used = 1;
    }
    lines.at(-1)?.push(cell);
    used += wide;
  }
  return lines.map(draw).join('\n');
}

/** The manual's name without the slice behind it, unless that is a part of a field; rows without a name in short. */
function labelOf(row: Row): string {
  const name = row.name.replace(
    /(?<=^(?:RES[01]|Reserved|IGNORED|ignored|software))\[[\d:]+\]$|\[\d+:0\]$/,
    '',
  );
  switch (row.kind) {
    case 'res0':
      return name === 'RES0' || name === 'Reserved' ? '0' : name; // x86 spells it out
    case 'res1':
      return '1';
    case 'ignored':
      return name === 'IGNORED' ? 'ign' : name;
    case 'software':
      return name === 'software' ? 'sw' : name === 'ignored' ? 'ign' : name;
    default:
      return name;
  }
}

const size = (cell: Cell): number => Math.max(cell.bits.length, cell.name.length) + 2;
const centre = (text: string, width: number): string =>
  text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);

function draw(cells: readonly Cell[]): string {
  const rule = (left: string, mid: string, right: string): string =>
    left + cells.map(cell => '─'.repeat(size(cell))).join(mid) + right;
  return [
    ` ${cells.map(cell => centre(cell.bits, size(cell))).join(' ')}`.trimEnd(),
    rule('┌', '┬', '┐'),
    `│${cells.map(cell => centre(cell.name, size(cell))).join('│')}│`,
    rule('└', '┴', '┘'),
  ].join('\n');
}
