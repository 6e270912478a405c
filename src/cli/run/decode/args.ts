/** What `decode` is called with. */
import type { Globals } from '../../command.ts';
import type { MachineArgs } from '../machine.ts';

export interface DecodeArgs extends Globals, Partial<MachineArgs> {
  readonly words: readonly string[];
  readonly as?: string | undefined;
  readonly set: readonly string[];
  readonly all?: boolean | undefined;
  readonly brief?: boolean | undefined;
}
