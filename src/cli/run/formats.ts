/** `formats`: what layouts there are, drawn, with their fields, references and settings. */

import { descriptors } from '../../arch/descriptors.ts';
import { families } from '../../arch/families.ts';
import type { Family, Variant } from '../../bits/family.ts';
import { type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import { drawnAnswer, formatsAnswer } from '../../report/formats.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { anyFamily, givenFor, pairsOf } from '../names.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';

interface FormatsArgs extends Globals {
  readonly name?: string | undefined;
  readonly set: readonly string[];
  readonly variants?: boolean | undefined;
}

export async function run(args: FormatsArgs, io: Io): Promise<number> {
  if (args.name === undefined) {
    if (args.set.length > 0)
      throw new UsageError('--set needs a format to draw: memattr formats NAME --set …');
    print(formatsAnswer(families, descriptors), args, io);
    return EXIT.answer;
  }
  const { family, kind } = await anyFamily(args.name, descriptors);
  const given = givenFor(pairsOf(args.set), [family])(family);
  const all = args.variants === true;
  const wanted = layouts(family, given, all).filter(v => kind === undefined || v.kind === kind);
  if (wanted.length === 0)
    throw new UsageError(
      `${family.id} has no ${kind} under these settings; try --variants to see which there are`,
    );
  print(drawnAnswer({ family, wanted, given, all }), args, io);
  return EXIT.answer;
}

/** The layouts of each kind under these settings, or all there are. */
function layouts(family: Family, given: Partial<Settings<SettingTable>>, all: boolean): readonly Variant[] {
  if (all) return family.variants();
  const settings = settle(family.settings, given);
  return family.kinds.flatMap(kind => {
    const found = layoutsOf(family, kind, settings, given);
    return found ? [found] : [];
  });
}

/** The layout of one kind; where these settings have none and the level is open, the nearest level that has one. */
function layoutsOf(
  family: Family,
  kind: string,
  settings: Settings<SettingTable>,
  given: Partial<Settings<SettingTable>>,
): Variant | undefined {
  const format = family.layout(kind, settings);
  if (format) return { kind, settings: given, format };
  return family
    .variants()
    .filter(variant => variant.kind === kind)
    .map(variant => ({ ...variant.settings, ...given }))
    .flatMap(chosen => {
      const format = family.layout(kind, settle(family.settings, chosen));
      return format ? [{ kind, settings: chosen, format }] : [];
    })[0];
}
