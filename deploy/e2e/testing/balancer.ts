import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP balancer as people put before coordinators: connections go to the ports in turn, past one that does not answer. */
export type Balancer = { readonly port: number; close(): Promise<void> };

/** `first`: index of the port that the first connection goes to. */
export async function startBalancer(ports: readonly number[], first = 0): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let next = first;
  const server = createServer((near) => {
    keep(near, sockets);
    const at = next;
    next += 1;
    reach(near, ports.map((_, index) => ports[(at + index) % ports.length]!), sockets);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

function reach(near: Socket, [port, ...others]: readonly number[], sockets: Set<Socket>): void {
  if (port === undefined) { near.destroy(); return; }
  const far = connect({ host: '127.0.0.1', port, noDelay: true });
  keep(far, sockets);
  let isOpen = false;
  far.once('connect', () => {
    isOpen = true;
    near.pipe(far);
    far.pipe(near);
    near.once('close', () => far.destroy());
  });
  far.once('close', () => { if (isOpen) near.destroy(); else reach(near, others, sockets); });
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}
