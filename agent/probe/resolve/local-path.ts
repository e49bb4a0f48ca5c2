import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import type { LocalCode } from './answer.ts';

/** Why this machine cannot send to a name server; null when it can. Sends nothing, never rejects. */
export type LocalPath = (to: { readonly address: string; readonly port: number }) => Promise<LocalCode | null>;

/** c-ares says "connection refused" for everything from a closed port to a missing route; connecting a UDP socket tells. */
export const localPath: LocalPath = ({ address, port }) =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
    const finish = (code: LocalCode | null): void => {
      socket.removeAllListeners();
      socket.close();
      resolve(code);
    };
    socket.once('error', (error: NodeJS.ErrnoException) => finish(localCodeOf(error.code ?? '')));
    socket.once('connect', () => finish(null));
    socket.connect(port, address);
  });

function localCodeOf(code: string): LocalCode | null {
  switch (code) {
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
      return code;
    case 'EPERM':
      return 'EACCES';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EAFNOSUPPORT':
      return 'ERR_NO_ROUTE';
    default:
      return null;
  }
}
