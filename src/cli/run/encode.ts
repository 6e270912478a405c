/** `encode`: fields or a wish to a word. */

import { descriptors } from '../../arch/descriptors.ts';
import { type decode, EncodeError, encode, patch } from '../../bits/codec.ts';
import { parseField } from '../../bits/describe.ts';
import type { Family, Intent, Reading } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import { matters } from '../../bits/rank.ts';
import { type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import { hex, parseWord, type Word } from '../../bits/word.ts';
import { decidedTexts } from '../../machine/decided.ts';
import { citation } from '../../refs.ts';
import { isSuspect } from '../../report/decoded.ts';
import { encodedAnswer } from '../../report/encoded.ts';
import { type Globals, outputOf } from '../command.ts';
import type { Io } from '../io.ts';
import { anyFamily } from '../names.ts';
import { sayHex } from '../numbers.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import type { MachineArgs } from './machine.ts';
import { knownFor } from './settings.ts';

interface EncodeArgs extends Globals, Partial<MachineArgs> {
  readonly format: string;
  readonly fields: readonly string[];
  readonly type?: string | undefined;
  readonly perm?: string | undefined;
  readonly oa?: string | undefined;
  readonly from?: string | undefined;
  readonly set: readonly string[];
  readonly map?: string | undefined;
  readonly default?: string | undefined;
  readonly explain?: boolean | undefined;
}

type AnySettings = Settings<SettingTable>;
type Fields = Record<string, number | bigint>;
interface Made {
  readonly settings: AnySettings;
  readonly reading: Reading;
}

export async function run(args: EncodeArgs, io: Io): Promise<number> {
  if (args.format.toLowerCase() === 'mtrr' || args.map !== undefined || args.default !== undefined) {
    const { encodeMap } = await import('./encode/mtrr.ts');
    return encodeMap(args, io);
  }
  const { family, kind } = await anyFamily(args.format, descriptors);
  const known = await knownFor('encode', args, [family], io);
  const given = known.given(family);
  const pairs = args.fields.map(text => pairOf(text, family));
  const { settings, reading } = make(family, kind, given, pairs, args);
  sayHex('encode', [args.oa, args.from, ...addressesIn(reading.format, pairs)], io);
  const open = Object.keys(family.settings).filter(key => !(key in given));
  print(encodedAnswer({ family, reading, settings, chosen: {} }, open, args.explain === true), args, io);
  if (outputOf(args) !== 'json') {
    if (args.explain !== true)
      for (const { severity, message, ref } of reading.findings)
        if (severity === 'error')
          io.err.write(`memattr encode: ${message}${ref ? ` [${citation(ref)}]` : ''}\n`);
    const telling = new Set(matters(family, reading.raw, settings, Object.keys(given)));
    for (const text of decidedTexts(known.by(family), given, telling))
      io.err.write(`memattr encode: from ${text}\n`);
    const keys = matters(family, reading.raw, settings, open);
    if (keys.length > 0)
      io.err.write(
        `memattr encode: assumed ${keys.map(key => `${key} ${show(settings[key])}`).join(', ')}\n`,
      );
  }
  return isSuspect(reading) ? EXIT.findings : EXIT.answer;
}

const show = (value: AnySettings[string] | undefined): string =>
  typeof value === 'bigint' ? hex(value) : `${value}`;

function pairOf(text: string, family: Family): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`'${text}' is no key=value; memattr formats ${family.id} lists the keys`);
  const key = text.slice(0, at);
  if (Object.keys(family.settings).includes(key) && !fieldKeys(family).has(key.toLowerCase()))
    throw new UsageError(`'${key}' is a setting of ${family.id}, not a field: write --set ${text}`);
  return [key, text.slice(at + 1)];
}

/** What was written for fields that hold addresses. */
const addressesIn = ({ rows }: Format, pairs: readonly (readonly [string, string])[]): readonly string[] =>
  pairs.flatMap(([key, text]) => {
    const asked = key.toLowerCase();
    const row = rows.find(one => one.key.toLowerCase() === asked || one.name.toLowerCase() === asked);
    return row?.kind === 'addr' ? [text] : [];
  });

/** Every field key and name of a family, lower case. */
const fieldKeys = (family: Family): Set<string> =>
  new Set(
    family
      .variants()
      .flatMap(({ format }) => format.rows.flatMap(row => [row.key.toLowerCase(), row.name.toLowerCase()])),
  );

/** The word and its reading, from a wish, from another word, or from fields alone. */
function make(
  family: Family,
  kind: string | undefined,
  given: Partial<AnySettings>,
  pairs: readonly (readonly [string, string])[],
  args: EncodeArgs,
): Made {
  const plain = args.oa !== undefined && args.type === undefined && args.perm === undefined && !family.intent;
  if (plain) return fromFields(family, kind, given, [...pairs, ['oa', args.oa ?? '']]); // an address alone is a field
  const wish = wishOf(args, pairs);
  if (args.from !== undefined) {
    if (wish)
      throw new UsageError(
        '--from replaces fields of a word; --type and --perm make a new one: use one of them',
      );
    return patched(family, given, parseWord(args.from), pairs);
  }
  if (wish) {
    if (!family.intent)
      throw new UsageError(`${family.id} is written by its fields: memattr formats ${family.id} lists them`);
    const settings = settle(family.settings, given);
    const { kind: made, fields } = family.intent(wish, settings);
    if (kind !== undefined && kind !== made)
      throw new UsageError(
        `--type, --perm and --oa make a ${made} under these settings; a ${kind} is made of its fields: ${family.id}.${kind} ${addressOf(family, kind)}`,
      );
    const format = layoutOf(family, made, settings);
    return read(family, settings, encode(format, { ...fields, ...fieldsOf(format, pairs) }));
  }
  return fromFields(family, kind, given, pairs);
}

function wishOf(
  { type, perm, oa }: EncodeArgs,
  pairs: readonly (readonly [string, string])[],
): Intent | undefined {
  if (type === undefined && perm === undefined && oa === undefined) return undefined;
  if (oa !== undefined && pairs.some(([key]) => key.toLowerCase() === 'oa'))
    throw new UsageError('the output address is given twice: --oa and oa=');
  return {
    ...(type === undefined ? {} : { type }),
    ...(perm === undefined ? {} : { perm }),
    ...(oa === undefined ? {} : { oa: parseWord(oa) }),
  };
}

/** How the address of such an entry is written: `next=0x…`. */
function addressOf(family: Family, kind: string): string {
  const variant = family.variants().find(({ kind: is }) => is === kind);
  const row = variant?.format.rows.find(({ kind: is }) => is === 'addr');
  return row ? `${row.key}=0x…` : '…';
}

const fieldsOf = (format: Format, pairs: readonly (readonly [string, string])[]): Fields =>
  Object.fromEntries(pairs.map(([key, text]) => parseField(format, key, text)));

function layoutOf(family: Family, kind: string, settings: AnySettings): Format {
  const format = family.layout(kind, settings);
  if (!format) throw new EncodeError(`${family.id} has no ${kind} under these settings`);
  return format;
}

const read = (family: Family, settings: AnySettings, word: Word): Made => ({
  settings,
  reading: family.read(word, settings),
});

function patched(
  family: Family,
  given: Partial<AnySettings>,
  word: Word,
  pairs: readonly (readonly [string, string])[],
): Made {
  const settings = settle(family.settings, given);
  const { format } = family.read(word, settings);
  return read(family, settings, patch(format, word, fieldsOf(format, pairs)));
}

/**
 * The kind is the one named, else the first that has all the fields and reads back as itself: leaves before tables. A
 * kind that these settings do not have takes the settings of its first layout, unless somebody gave them.
 */
function fromFields(
  family: Family,
  kind: string | undefined,
  given: Partial<AnySettings>,
  pairs: readonly (readonly [string, string])[],
): Made {
  const kinds = kind === undefined ? [...family.kinds].reverse() : [kind];
  let refusal: unknown;
  for (const candidate of kinds) {
    const forms = [
      {},
      ...family
        .variants()
        .filter(v => v.kind === candidate)
        .map(v => v.settings),
    ];
    for (const form of kind === undefined ? [{}] : forms) {
      const settings = settle(family.settings, { ...form, ...given });
      const format = family.layout(candidate, settings);
      if (!format) continue;
      try {
        const made = read(
          family,
          settings,
          encode(format, fieldsOf(format, pairs) as ReturnType<typeof decode>),
        );
        if (made.reading.kind === candidate) return made;
      } catch (error) {
        refusal ??= error;
      }
    }
  }
  throw refusal ?? new UsageError(`${family.id} has no ${kind ?? 'layout'} under these settings`);
}
