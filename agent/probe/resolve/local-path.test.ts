import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { localPath } from './local-path.ts';

it('a name server that this machine can send to has a local path, even if nothing listens there', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  expect(await localPath({ address: '127.0.0.1', port })).toBeNull();
});

it('what the own system refuses to send is told by its code', async () => {
  expect(await localPath({ address: '255.255.255.255', port: 53 })).toBe('EACCES');
});
