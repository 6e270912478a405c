/** The version in package.json. The build writes it in; from the sources it is read. */
import { readFileSync } from 'node:fs';

declare const MEMATTR_COMMIT: string | undefined;
declare const MEMATTR_VERSION: string | undefined;

export const version: string =
  typeof MEMATTR_VERSION === 'string'
    ? MEMATTR_VERSION
    : (
        JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
          version: string;
        }
      ).version;

/** The commit that was built, where the build knew it. */
export const commit: string | undefined =
  typeof MEMATTR_COMMIT === 'string' && MEMATTR_COMMIT !== '' ? MEMATTR_COMMIT : undefined;
