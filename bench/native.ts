/** The native yardstick: built with each compiler there is, asked over a pipe, so that its runs alternate with ours. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Side } from '../src/bench/measure.ts';

const SOURCE = fileURLToPath(new URL('native/yardstick.c', import.meta.url));
const COMPILERS = ['gcc', 'clang'];
const FLAGS = ['-O3', '-march=native', '-std=gnu11'];

/** A running yardstick. */
export class Native {
  readonly name: string;
  /** `gcc (Debian 12.2.0) 12.2.0` */
  readonly version: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  readonly #folder: string;

  constructor(name: string, version: string, program: string, folder: string) {
    this.name = name;
    this.version = version;
    this.#folder = folder;
    this.#child = spawn(program);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface(this.#child.stdout);
    this.#lines.on('line', line => this.#waiting.shift()?.resolve(line));
    this.#child.on('exit', code => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the yardstick ended with ${code}`));
    });
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${command}\n`);
    });
  }

  /** Give it the files of a workload. */
  async load(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(this.#folder, name);
      writeFileSync(path, bytes);
      await this.#ask(`file ${name} ${path}`);
      rmSync(path);
    }
  }

  side(command: string): Side {
    return { name: `C, ${this.name}`, run: async () => Number(await this.#ask(`run ${command}`)) };
  }

  /** What the last run produced. */
  async output(): Promise<Uint8Array> {
    const path = join(this.#folder, 'output');
    await this.#ask(`write ${path}`);
    const bytes = readFileSync(path);
    rmSync(path);
    return bytes;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** One yardstick per compiler; none where there is no compiler. `close` ends them and removes what was built. */
export function nativeYardsticks(): { readonly all: readonly Native[]; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'memattr-bench-'));
  const all = COMPILERS.flatMap(compiler => {
    const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
    if (status !== 0) return [];
    const program = join(folder, `yardstick-${compiler}`);
    const built = spawnSync(compiler, [...FLAGS, '-o', program, SOURCE], { encoding: 'utf8' });
    if (built.status !== 0) {
      console.warn(`${compiler} does not build the yardstick:\n${built.stderr}`);
      return [];
    }
    return [new Native(compiler, stdout.split('\n')[0] ?? compiler, program, folder)];
  });
  return {
    all,
    close: () => {
      for (const native of all) native.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
