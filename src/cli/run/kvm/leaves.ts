/** Second-stage leaves of a memory image, and text files that may be compressed. */
import { candidatesOfAll } from '../../../arch/walks.ts';
import { openImage } from '../../../image/open.ts';
import type { AuditLeaf } from '../../../kvm/audit.ts';
import { auditLeaf } from '../../../kvm/recorded.ts';
import { parseRegisters } from '../../../text/registers.ts';
import { records } from '../../../walk/record.ts';
import { walk } from '../../../walk/walker.ts';
import { inputOf, saySpooled } from '../../files.ts';
import type { Io } from '../../io.ts';
import { textChunks } from '../../text-file.ts';
import { InputError } from '../../trouble.ts';

/** The text of a file or a pipe, unpacked where it is compressed. */
export async function readText(path: string, io: Io, by: string): Promise<string> {
  const input = await inputOf(path, io, by);
  try {
    return (await textChunks(input)).join('');
  } finally {
    input.close();
  }
}

export interface Leaves {
  readonly leaves: AuditLeaf[];
  /** What had to be assumed, and what the image does not hold. */
  readonly remarks: string[];
}

/** Walk every stage 2, EPT or NPT that the registers give. */
export async function secondStageLeaves(
  dump: string,
  registersFile: string,
  arch: 'arm64' | 'x86',
  io: Io,
): Promise<Leaves> {
  const { cpus } = parseRegisters(await readText(registersFile, io, '--registers'));
  const { found, refused } = candidatesOfAll(cpus, arch);
  const stages = found.filter(({ regime }) => regime.stage === 2);
  if (stages.length === 0) {
    const why = refused.map(r => `${r.name}: ${r.reason}`).join('; ');
    throw new InputError(
      `${registersFile}: no stage 2, EPT or NPT root in these registers${why === '' ? '' : ` (${why})`}`,
    );
  }
  const input = await inputOf(dump, io, 'the dump');
  saySpooled('kvm audit', input, io);
  const image = await openImage(input.path, { name: input.name });
  try {
    const leaves: AuditLeaf[] = [];
    const remarks: string[] = [];
    for (const stage of stages) {
      const result = walk(stage.regime, image.space);
      for (const record of records(stage.regime, result.leaves)) {
        const leaf = record.kind === undefined ? auditLeaf(record) : undefined;
        if (leaf !== undefined) leaves.push(leaf);
      }
      if (result.missingTotal > 0)
        remarks.push(
          `${stage.name}: ${result.missingTotal} tables are not in the image; what they map is unknown`,
        );
      if (result.counts.faults > 0)
        remarks.push(`${stage.name}: ${result.counts.faults} entries are no mappings (they fault on use)`);
      if (result.stopped !== undefined) remarks.push(`${stage.name}: ${result.stopped}`);
      remarks.push(...stage.assumed.map(text => `${stage.name}: ${text}`));
    }
    return { leaves, remarks };
  } finally {
    image.close();
    input.close();
  }
}
