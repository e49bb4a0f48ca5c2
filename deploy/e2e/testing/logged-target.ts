import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP service on loopback that answers every request the same, and keeps when each connection came (reliability.md I3). */
export type LoggedTarget = {
  readonly port: number;
  /** Wall clock of each accepted connection, ms since the epoch, in order. */
  readonly connectionsAtMs: readonly number[];
  close(): Promise<void>;
};

/** `answer` null: accepts and says nothing. */
export async function startLoggedTarget(answer: string | null = 'PONG\r\n'): Promise<LoggedTarget> {
  const connectionsAtMs: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connectionsAtMs.push(Date.now());
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', () => { if (answer !== null) socket.write(answer); });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connectionsAtMs,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}
