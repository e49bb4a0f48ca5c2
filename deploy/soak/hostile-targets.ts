/**
 * Targets in a process of their own, each kind on a port: tells `{kind: port}` over IPC. `refused` is a port on which
 * nobody listens.
 */
import { once } from 'node:events';
import net from 'node:net';

const FLOOD = Buffer.alloc(64 * 1024, 'x');

const KINDS: Readonly<Record<string, (socket: net.Socket) => void>> = {
  answers: (socket) => socket.on('data', () => socket.write('+PONG\r\n')),
  resets: (socket) => socket.on('data', () => void socket.resetAndDestroy()),
  floods: (socket) => {
    const more = (): void => { while (!socket.destroyed && socket.write(FLOOD)); };
    socket.on('drain', more).on('data', more);
  },
  silent: () => {},
  drips: (socket) => {
    const timer = setInterval(() => socket.write('+'), 20);
    socket.on('data', () => {}).on('close', () => clearInterval(timer));
  },
  closes: (socket) => socket.end(),
};

const ports: Record<string, number> = {};
for (const [kind, serve] of Object.entries(KINDS)) {
  const server = net.createServer({ noDelay: true }, (socket) => serve(socket.on('error', () => {}).resume()));
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 });
  await once(server, 'listening');
  ports[kind] = (server.address() as net.AddressInfo).port;
}
const refusing = net.createServer().listen(0, '0.0.0.0');
await once(refusing, 'listening');
ports['refused'] = (refusing.address() as net.AddressInfo).port;
refusing.close();
await once(refusing, 'close');
process.send?.(ports);
process.on('disconnect', () => process.exit(0));
