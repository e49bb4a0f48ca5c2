/** A target that answers +PONG whatever the main thread does: a listener in a thread of its own. Tells its port. */
import { createServer } from 'node:net';
import { parentPort } from 'node:worker_threads';

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.end('+PONG\r\n'));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' ? address?.port : null);
});
