/**
 * The conformance runner: every vector file of the given folders, judged strictly. Knows no file system: the caller
 * lists the files and reads them.
 */
import { arm64Families } from './arm64.ts';
import type { Context, VectorFamily } from './family.ts';
import { kvmFamilies } from './kvm.ts';
import { x86Families } from './x86.ts';

export const FAMILIES: readonly VectorFamily[] = [...arm64Families, ...x86Families, ...kvmFamilies];

export interface VectorFile {
  /** Path as it should be printed. */
  readonly path: string;
  /** File name without folder and `.jsonl`. */
  readonly name: string;
  readonly lines: () => readonly unknown[];
  readonly siblings: (file: string) => readonly unknown[];
}

export interface Outcome {
  readonly path: string;
  readonly passed: number;
  readonly failed: number;
  /** The first few mismatches, one line each. */
  readonly examples: readonly string[];
  /** Set where no judge knows the family. */
  readonly unknown?: true;
}

const EXAMPLES = 5;

/** A legend is read by the family it belongs to and is no family of its own. */
export const isLegend = (name: string): boolean => name.endsWith('.legend');

export function judgeFile(file: VectorFile): Outcome {
  const family = FAMILIES.find(({ name }) => name === file.name);
  if (!family) return { path: file.path, passed: 0, failed: 0, examples: [], unknown: true };
  let passed = 0;
  let failed = 0;
  const examples: string[] = [];
  const context: Context = { siblings: file.siblings }; // one per file: judges keep what they read of it
  for (const [index, record] of file.lines().entries()) {
    const mismatches = judgeOne(family, record, context);
    if (mismatches.length === 0) passed++;
    else {
      failed++;
      if (examples.length < EXAMPLES) examples.push(`line ${index + 1}: ${mismatches.join('; ')}`);
    }
  }
  return { path: file.path, passed, failed, examples };
}

/** A judge that throws has found a record it cannot answer: that is a failure of ours, not of the run. */
function judgeOne(family: VectorFamily, record: unknown, context: Context): readonly string[] {
  try {
    return family.judge(record as never, context);
  } catch (error) {
    return [`threw ${error instanceof Error ? error.message : String(error)}`];
  }
}
