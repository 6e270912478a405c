/** Run the command line inside the test's own process, with streams of our own. */
import { main } from '../../src/cli/main.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly stdin?: string | Uint8Array | Iterable<Uint8Array>;
  /** Columns of the terminal; without it stdout is a pipe. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export async function memattr(args: readonly string[], world: World = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const { stdin = '', columns, env = {} } = world;
  const status = await main(args, {
    out: {
      write(text) {
        out += text;
      },
      ...(columns === undefined ? {} : { columns }),
    },
    err: {
      write(text) {
        err += text;
      },
    },
    stdin: {
      terminal: false,
      chunks: () =>
        typeof stdin === 'string' ? [bytes(stdin)] : stdin instanceof Uint8Array ? [stdin] : stdin,
    },
    env,
  });
  return { status, out, err };
}

/** The JSON lines of an answer. */
export const jsonLines = <T = Record<string, unknown>>(text: string): T[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T);
