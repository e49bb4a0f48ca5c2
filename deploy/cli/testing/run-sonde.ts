/** `sonde` for tests: as a user starts it, or the same program without a process around it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { problemOf } from '../cli-problem.ts';
import { createOutput } from '../output.ts';
import { createProgram } from '../program.ts';

const ENTRY = fileURLToPath(new URL('../sonde.js', import.meta.url));

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** The real entry, in a process of its own whose home and data directory are `home`. */
export async function sondeProcess(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [ENTRY, ...args], { env: { PATH: process.env['PATH'], HOME: home, SONDE_DATA_DIR: home, ...env } });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => { text.out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { text.err += chunk.toString(); });
  child.stdin.end(input);
  const [code] = await once(child, 'close') as [number | null];
  return { code, ...text };
}

/** For the many cases that differ in their flags only. */
export async function sondeProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const text = { out: '', err: '' };
  const output = createOutput({
    json: args.includes('--json'), env,
    stdout: { write: (chunk) => { text.out += chunk; } }, stderr: { write: (chunk) => { text.err += chunk; } },
  });
  const never = new AbortController().signal;
  let code = 0;
  try {
    await createProgram({ env, output, stop: never, force: never }, (ended) => { code = ended; }).parseAsync([...args], { from: 'user' });
  } catch (error) {
    const problem = problemOf(error);
    output.problem(problem);
    code = problem.exitCode;
  }
  return { code, ...text };
}
