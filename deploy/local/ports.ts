import { connect, createServer, type AddressInfo } from 'node:net';

/** Can this port be listened on? The error code if not. */
export function listenProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** A port that is free now; asked for when none is configured. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A free port to offer instead of one that is taken: one a person would choose, if there is one. */
export async function nearbyPort(host: string, port: number, except: readonly number[]): Promise<number> {
  for (let candidate = port + 1; candidate <= Math.min(port + 20, 65_535); candidate += 1) {
    if (candidate > 1023 && !except.includes(candidate) && await listenProblem(host, candidate) === null) return candidate;
  }
  return freePort(host);
}

/** Low ports that ordinary machines leave closed and that no connection gets by chance: tcpmux, discard, chargen, … */
const LIKELY_CLOSED = [1, 9, 19, 2, 3, 5, 4] as const;

/** A port of this machine that refuses connections; null when each of the likely ones answers. */
export async function closedPort(): Promise<number | null> {
  for (const port of LIKELY_CLOSED) if (await isRefused(port)) return port;
  return null;
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (refused: boolean): void => { socket.destroy(); resolve(refused); };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}
