/** A server of somebody else's, started by hand in a folder of its own on free ports of loopback, and stopped by its pid. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { pause } from '../testing/eventually.ts';

export type PresetCase = {
  readonly preset: string;
  readonly port: number;
  readonly parameters?: Readonly<Record<string, string>>;
  /** TLS from the start, for a preset that leaves it to the user. */
  readonly implicitTls?: boolean;
  /** Is the preset to be refused? Part of the failure's sentence. */
  readonly refusal?: string;
};

export type RealServer = {
  /** With its version, as the server itself says. */
  readonly name: string;
  readonly ports: readonly number[];
  readonly command: string;
  readonly args: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly cases: readonly PresetCase[];
  /** What has to be cleared away outside the folder. */
  readonly cleanUp?: () => void;
};

/** Where a server is built: its folder, which everybody may enter, and files of certificates made for it. */
export type Site = { readonly dir: string; readonly certFile: string; readonly keyFile: string; readonly caFile: string };

/** null: the program is not installed. */
export type RealServerKind = { readonly name: string; readonly prepare: (site: Site) => Promise<RealServer | null> };

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

/** Started and listening on all its ports; `stop` ends it and waits until it is gone. */
export async function startRealServer(server: RealServer): Promise<{ stop(): Promise<void> }> {
  // A group of its own: servers that fork are stopped with all that they forked.
  const child = spawn(server.command, server.args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/', ...server.user });
  let output = '';
  const keep = (chunk: Buffer): void => { output = (output + chunk.toString('utf8')).slice(-4_000); };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ended: string | null = null;
  const gone = new Promise<void>((resolve) => {
    child.on('error', (error) => { ended = error.message; resolve(); });
    child.on('close', (code, signal) => { ended = `it ended with ${code ?? signal}`; resolve(); });
  });
  const stop = async (): Promise<void> => {
    if (ended === null && child.pid !== undefined) {
      process.kill(child.pid, 'SIGTERM');
      const killing = setTimeout(() => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); }, STOP_WITHIN_MS);
      await gone;
      clearTimeout(killing);
    }
    server.cleanUp?.();
  };
  for (const untilMs = performance.now() + READY_WITHIN_MS; ;) {
    if (ended === null && (await Promise.all(server.ports.map(isListening))).every(Boolean)) return { stop };
    if (ended !== null || performance.now() > untilMs) {
      await stop();
      throw new Error(`${server.name} did not start: ${ended ?? 'it does not listen'}\n${output}`);
    }
    await pause(50);
  }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => { server.close(() => resolve()); });
  return port;
}

/** The program's path, or null; servers live where an ordinary PATH does not look. */
export function findProgram(name: string): string | null {
  return ['/usr/sbin', '/usr/bin', '/sbin', '/usr/local/sbin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? null;
}

/** The first line of what a program says when asked for its version. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: '/' });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? '?';
}

export function run(command: string, args: readonly string[], options: { readonly uid?: number; readonly gid?: number } = {}): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', cwd: '/', ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
