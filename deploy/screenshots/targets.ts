import { createServer, type AddressInfo, type Server } from 'node:net';

/** TCP services with characters, on loopback. */
export type Targets = { readonly ports: Readonly<Record<'redis' | 'smtp' | 'slow' | 'flapping' | 'silent', number>>; close(): Promise<void> };

const SLOW_MS = 420;
/** Wrong for a minute in three. */
const FLAP_MS = 60_000;

export async function startTargets(): Promise<Targets> {
  const servers: Server[] = [];
  const serve = async (answer: (write: (text: string) => void, isBanner: boolean) => void, speaksFirst = false): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      const write = (text: string): void => { if (socket.writable) socket.write(text); };
      if (speaksFirst) answer(write, true);
      socket.on('data', () => answer(write, false));
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const ports = {
    redis: await serve((write) => write('+PONG\r\n')),
    smtp: await serve((write, isBanner) => write(isBanner ? '220 mail.example.com ESMTP ready\r\n' : '250-mail.example.com\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n250 HELP\r\n'), true),
    slow: await serve((write) => { setTimeout(() => write('+PONG\r\n'), SLOW_MS); }),
    flapping: await serve((write) => write(Date.now() % (3 * FLAP_MS) < FLAP_MS ? '-LOADING Redis is loading the dataset in memory\r\n' : '+PONG\r\n')),
    silent: await serve(() => {}),
  };
  return { ports, close: async () => { await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); }))); } };
}
