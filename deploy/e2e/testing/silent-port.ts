/** A port of this machine that lets nobody in and says nothing, as a host behind a firewall: its process is stopped and its queue full, so the kernel drops what knocks. */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';

export type SilentPort = { readonly port: number; close(): Promise<void> };

const PROGRAM = `const s = require('node:net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port)); process.stdin.resume(); process.stdin.on('end', () => process.exit(0));`;
/** A queue of one takes a few. */
const CALLERS_MAX = 20;
const LET_IN_WITHIN_MS = 400;

/** Throws when the kernel lets everybody in after all. */
export async function startSilentPort(): Promise<SilentPort> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve) => { child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString('utf8')))); });
  child.kill('SIGSTOP');
  const queue: Socket[] = [];
  const close = async (): Promise<void> => {
    for (const socket of queue) socket.destroy();
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await ended;
  };
  while (queue.length < CALLERS_MAX) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    queue.push(socket);
    const isLetIn = await Promise.race([
      new Promise<boolean>((resolve) => { socket.once('connect', () => resolve(true)); }),
      new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), LET_IN_WITHIN_MS); }),
    ]);
    if (!isLetIn) return { port, close };
  }
  await close();
  throw new Error('the port is not silent');
}
