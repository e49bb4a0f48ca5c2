import type { Engine } from '../engine.ts';
import type { KernelEngineParts } from './kernel-engine.ts';
import { EPOLLIN, EPOLLOUT, TCP_ESTABLISHED } from './layout.ts';

/** Stamping is switched on by a worker of the kernel, some time after it was asked for the first time. */
const TRIES_MAX = 50;
const BETWEEN_TRIES_US = 10_000;
/** A machine may be as busy as it likes while an agent starts; half of it is what an event loop may take to tell. */
const PATIENCE_US = 10_000_000;
/** Blocks; loopback has answered before the call that asked is over. */
const LOOK_MS = 500;
const QUESTION = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);

/** null, or what does not hold: first each struct against what is known of a connection to itself, then all of it together. */
export async function selfCheck(parts: KernelEngineParts, engine: Engine): Promise<string | null> {
  const { sockets, descriptors } = parts;
  const listener = sockets.open('IPv4');
  if (listener < 0) return `no socket: ${sockets.calls.errno()}`;
  descriptors.hold(listener);
  try {
    const errno = sockets.bind(listener, { address: '127.0.0.1', port: 0 }, 'IPv4');
    const own = errno === '' && sockets.calls.listen(listener, 8) === 0 ? sockets.nameOf(listener) : null;
    if (own === null || own.address !== '127.0.0.1' || own.port === 0) return 'the address of a socket on loopback does not read as one';
    return await checkStructs(parts, listener, own.port) ?? await checkTogether(parts, engine, { listener, port: own.port });
  } finally {
    parts.closeSocket(listener);
  }
}

async function checkStructs(parts: KernelEngineParts, listener: number, port: number): Promise<string | null> {
  const { sockets, poller, clock } = parts;
  const fd = sockets.open('IPv4');
  let peer = -1;
  try {
    let seen = 0;
    if (fd < 0 || !poller.watch(fd, { ready: (events) => { seen |= events; } })) return 'a socket cannot be watched';
    const startedUs = clock.monotonicUs();
    const errno = sockets.connect(fd, { address: '127.0.0.1', port }, 'IPv4');
    if (errno !== '' && errno !== 'EINPROGRESS') return `connecting to itself: ${errno}`;
    poller.look(LOOK_MS);
    if ((seen & EPOLLOUT) === 0) return 'struct epoll_event does not read as what was written';
    const info = sockets.tcpInfo(fd);
    const elapsedUs = clock.monotonicUs() - startedUs;
    if (info === null || info.state !== TCP_ESTABLISHED || info.rttUs < 1 || info.rttUs > elapsedUs + 1 || info.retransmits !== 0) {
      return `struct tcp_info does not read as that of a connection of ${Math.round(elapsedUs)} µs: ${JSON.stringify(info)}`;
    }
    if (sockets.peerOf(fd, { address: '127.0.0.1', port }, 'IPv4') !== '127.0.0.1') return 'struct sockaddr does not read as what was dialled';
    peer = sockets.calls.accept4(listener, 0, 0, 0x80800);
    if (peer < 0) return `accepting from itself: ${sockets.calls.errno()}`;
    let problem = checkStamp(parts, { from: peer, to: fd });
    for (let tries = 1; tries < TRIES_MAX && problem !== null; tries += 1) {
      await new Promise<void>((resolve) => { parts.deadlines.at(clock.monotonicUs() + BETWEEN_TRIES_US, resolve); });
      problem = checkStamp(parts, { from: peer, to: fd });
    }
    return problem;
  } finally {
    if (fd >= 0) parts.closeSocket(fd);
    if (peer >= 0) sockets.calls.close(peer);
  }
}

/** One message, whose bytes and whose stamp must be what they can only be. */
function checkStamp({ sockets, poller, clock }: KernelEngineParts, { from, to }: { readonly from: number; readonly to: number }): string | null {
  const [beforeUs, wallBeforeUs] = [clock.monotonicUs(), sockets.wallUs()];
  if (sockets.send(from, QUESTION) !== QUESTION.length) return 'a message to itself cannot be sent';
  const wallAfterUs = sockets.wallUs();
  if (wallAfterUs < wallBeforeUs || Math.abs(wallAfterUs / 1000 - Date.now()) > 60_000) return 'struct timespec does not read as the time';
  poller.look(LOOK_MS);
  const count = sockets.receive(to);
  if (count !== QUESTION.length || sockets.received(count).some((byte, index) => byte !== QUESTION[index])) return 'struct msghdr does not bring the bytes that were sent';
  const atUs = sockets.receivedAtUs(beforeUs);
  return atUs === null ? 'the kernel does not stamp what arrives' : null;
}

/** A whole conversation by the engine itself, so through the event loop, too. */
async function checkTogether(parts: KernelEngineParts, engine: Engine, { listener, port }: { readonly listener: number; readonly port: number }): Promise<string | null> {
  const { sockets, poller, clock, descriptors } = parts;
  let peer = -1;
  const accept = (): void => {
    if (peer !== -1) return;
    peer = sockets.calls.accept4(listener, 0, 0, 0x80800);
    if (peer === -1) return;
    descriptors.hold(peer);
    poller.watch(peer, {
      ready: (events) => {
        if ((events & EPOLLIN) === 0) return;
        const count = sockets.receive(peer);
        if (count > 0) sockets.send(peer, sockets.received(count));
      },
    });
  };
  poller.watch(listener, { ready: accept });
  const startedUs = clock.monotonicUs();
  const untilUs = startedUs + PATIENCE_US;
  const opened = await engine.open({ address: '127.0.0.1', port, family: 'IPv4', sourceAddress: null, untilUs, signal: undefined });
  if (!opened.ok) return 'the event loop does not tell of a connection';
  try {
    accept();
    const written = await opened.connection.write(QUESTION, untilUs);
    if (!written.ok) return 'the engine cannot send to itself';
    const incoming = await opened.connection.read(untilUs);
    if (incoming.kind !== 'data' || incoming.bytes.length !== QUESTION.length) return 'the event loop does not tell of an answer';
    if (opened.connection.clock !== 'kernel' || incoming.atUs < written.atUs || incoming.atUs > clock.monotonicUs()) return 'an answer is not stamped by the kernel';
    return clock.monotonicUs() - startedUs < PATIENCE_US / 2 ? null : 'the event loop does not tell in time';
  } finally {
    opened.connection.close();
    if (peer >= 0) parts.closeSocket(peer);
  }
}
