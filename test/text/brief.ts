/** One item as one short line, so that expectations can be read. */
import type { Attributes, Item } from '../../src/text/model.ts';

const hex = (value: bigint | undefined): string => (value === undefined ? '?' : value.toString(16));

/** Attributes as `+name` and `-name`, others `name=value`, sorted. */
export const attributes = (all: Attributes | undefined): string =>
  Object.entries(all ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === true ? `+${name}` : value === false ? `-${name}` : `${name}=${value}`))
    .join(' ');

export function brief(item: Item): string {
  switch (item.is) {
    case 'entry': {
      const { level, word, width, at, atSpace, input, output, regime, folded, unused } = item;
      return [
        level ? `${level.name}/${level.number ?? '?'}` : 'word',
        hex(word),
        ...(width === 32 ? ['32-bit'] : []),
        ...(at === undefined ? [] : [`at ${atSpace ?? ''}:${hex(at)}`]),
        ...(input === undefined ? [] : [`of ${hex(input)}`]),
        ...(output === undefined ? [] : [`to ${hex(output)}`]),
        ...(regime
          ? [[regime.family, regime.mode, regime.granule, regime.regime].filter(Boolean).join(' ')]
          : []),
        ...(unused ? ['unused'] : folded ? ['folded'] : []),
      ].join(', ');
    }
    case 'range': {
      const { space, start, end, output, level, hole, under } = item;
      return [
        `${space} ${hex(start)}-${hex(end)}`,
        ...(output === undefined ? [] : [`to ${hex(output)}`]),
        ...(level ? [`${level.name}/${level.number ?? '?'}`] : []),
        ...(under === undefined ? [] : [`under ${under}`]),
        hole ? 'hole' : attributes(item.attributes),
      ].join(', ');
    }
    case 'translation':
      return `${item.inputSpace} ${hex(item.input)} -> ${item.output === undefined ? item.reason : `${item.outputSpace} ${hex(item.output)}`}${item.type ? ` ${item.type}` : ''}`;
    case 'memory':
      return `${item.kind} ${hex(item.start)}-${hex(item.end)} ${item.name} [${item.map}] ${item.depth}`;
    case 'type':
      return `${item.by} ${item.index ?? ''} ${item.disabled ? 'disabled' : `${hex(item.start)}-${hex(item.end)} ${item.requested ? `${item.requested}=>` : ''}${item.type}`}`;
    case 'register':
      return `${item.name}=${hex(item.value)}`;
    case 'fault':
      return `${item.arch} ${item.exit ?? 'fault'} ${hex(item.address)} code ${hex(item.errorCode ?? item.esr)}${item.linear === undefined ? '' : ` linear ${hex(item.linear)}`}${item.el === undefined ? '' : ` at EL${item.el}`}${item.hpfar === undefined ? '' : ` hpfar ${hex(item.hpfar)}`}`;
    case 'fact':
      return `${item.name}: ${typeof item.value === 'bigint' ? hex(item.value) : item.value}${item.doubtful ? ' (doubtful)' : ''}`;
  }
}
