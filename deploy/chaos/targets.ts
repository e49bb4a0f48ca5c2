/** TCP services that answer every check and keep when each was connected to, by the number that the check sends (I3). */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export type Connection = { readonly atMs: number; readonly check: number };

export type Targets = {
  readonly port: number;
  readonly connections: readonly Connection[];
  /** Its port is closed, and open again: a real outage. Connections tried meanwhile are refused and not kept. */
  closePort(): Promise<void>;
  openPort(): Promise<void>;
  close(): Promise<void>;
};

/** One port for many checks; each says who it is: `PING 17\r\n`. */
export async function openTargets(): Promise<Targets> {
  const connections: Connection[] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    const atMs = Date.now();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (bytes: Buffer) => {
      connections.push({ atMs, check: Number(/^PING (\d+)/.exec(bytes.toString('latin1'))?.[1] ?? -1) });
      socket.write('PONG\r\n');
    });
  };
  let server = createServer(accept);
  const listen = (port: number): Promise<void> => new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, backlog: 1_024 }, resolve);
  });
  const shut = (): Promise<void> => new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port, connections,
    closePort: shut,
    async openPort() { server = createServer(accept); await listen(port); },
    close: shut,
  };
}
