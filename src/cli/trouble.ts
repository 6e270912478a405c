/** What went wrong, as one line on stderr and an exit status. */

/** 0 an answer; 1 findings or differences; 2 a usage mistake; 3 input that cannot be read, or only in part. */
export const EXIT = { answer: 0, findings: 1, usage: 2, damaged: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** The caller asked for something that does not exist; the sentence says what does. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The input cannot be read, or not to its end. */
export class InputError extends Error {
  override name = 'InputError';
}

/**
 * Mistakes of whoever typed the command, by the error's name: each verb is a bundle of its own in the package, so the
 * class that threw is not always the class that stands here.
 */
const USAGE = new Set([
  'UsageError',
  'EncodeError',
  'AskError',
  'SettingError',
  'WordSyntaxError',
  'KvmInputError',
  'FormError',
]);

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left on device',
  EMFILE: 'too many open files',
};

/** The line and the status for whatever was thrown. Undefined: a mistake of ours, which deserves its stack. */
export function troubleOf(error: unknown): { readonly line: string; readonly exit: Exit } | undefined {
  if (!(error instanceof Error)) return undefined;
  if (USAGE.has(error.name)) return { line: error.message, exit: EXIT.usage };
  if (error.name.endsWith('Error') && error.name !== 'Error' && !BUGS.has(error.name))
    return { line: error.message, exit: EXIT.damaged };
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return undefined;
  const what = SYSTEM[code] ?? error.message;
  return { line: path === undefined ? what : `${path}: ${what}`, exit: EXIT.damaged };
}

/** Thrown by the language for mistakes in a program. */
const BUGS = new Set([
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'AssertionError',
  'LayoutError',
]);
