/** Colour for terminals. Text is laid out plain and painted last, so that a paint never changes a width. */
export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
}

/** How text for people should look: the columns that it may fill, and its colours. */
export interface Look {
  readonly style: Style;
  readonly width: number;
}

export const same: Paint = text => text;
const ansi =
  (on: number, off: number): Paint =>
  text =>
    text === '' ? text : `\u001b[${on}m${text}\u001b[${off}m`;

/** Leaves text as it is. */
export const plain: Style = { bold: same, dim: same, red: same, yellow: same, green: same, cyan: same };

/** ANSI colours that read well on dark and on light backgrounds. */
export const coloured: Style = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  yellow: ansi(33, 39),
  green: ansi(32, 39),
  cyan: ansi(36, 39),
};
