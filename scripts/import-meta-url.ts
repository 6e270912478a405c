/** `import.meta.url` where modules are bundled as CommonJS. */
import { pathToFileURL } from 'node:url';

export const importMetaUrl = pathToFileURL(__filename).href;
