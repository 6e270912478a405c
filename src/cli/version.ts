/** The version in package.json. The build writes it in; from the sources it is read. */
import { readFileSync } from 'node:fs';

declare const MEMATTR_VERSION: string | undefined;

export const version: string =
  typeof MEMATTR_VERSION === 'string'
    ? MEMATTR_VERSION
    : (
        JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
          version: string;
        }
      ).version;
