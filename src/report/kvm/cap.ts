/** Capabilities of a policy on a CPU, asked for by name. */
import type { KvmTypes } from '../../kvm/architecture.ts';
import { SCHEMA } from '../records.ts';

export type AskedCap<T extends KvmTypes> = T['cap'] & { readonly era: string; readonly cpuName: string };

export const capRecord = (asked: object): object => ({ schema: SCHEMA.kvmCap, ...asked });
