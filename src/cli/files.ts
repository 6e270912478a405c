/** The door for files that options name. */
import { readFileSync } from 'node:fs';
import { InputError } from './trouble.ts';

/** A text file that an option names. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(
      `${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'is a folder, not a file' : message}`,
    );
  }
}
