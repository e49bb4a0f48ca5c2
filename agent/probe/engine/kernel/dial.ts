import type { Alarm } from '../../deadlines.ts';
import { bindFailureCode, connectFailureCode, wasEstablished } from '../../error-codes.ts';
import { onAbort } from '../../on-abort.ts';
import type { OpenRequest, Opened, Trouble } from '../engine.ts';
import { KernelConnection } from './kernel-connection.ts';
import type { KernelEngineParts } from './kernel-engine.ts';
import { EPOLLERR, TCP_ESTABLISHED } from './layout.ts';
import type { TcpInfo } from './sockets.ts';

/** Connects a socket; calls back once. How long the handshake took is the kernel's own measurement of it. */
export function dial(parts: KernelEngineParts, request: OpenRequest, resolve: (opened: Opened) => void): void {
  const { sockets, poller, clock, descriptors } = parts;
  const { family } = request;
  const askedUs = clock.monotonicUs();
  const fails = (trouble: Trouble): void => resolve({ ok: false, trouble, startedUs: askedUs, atUs: clock.monotonicUs(), synRetransmits: null });
  const failsAtOnce = (fd: number, trouble: Trouble): void => {
    parts.closeSocket(fd);
    fails(trouble);
  };
  if (request.signal?.aborted) return fails({ kind: 'cancelled' });
  const fd = sockets.open(family);
  if (fd < 0) return fails(failed(sockets.calls.errno(), connectFailureCode(sockets.calls.errno(), true)));
  if (!descriptors.hold(fd)) return failsAtOnce(fd, failed('EMFILE', 'EMFILE'));
  if (request.sourceAddress !== null) {
    const errno = sockets.bind(fd, { address: request.sourceAddress, port: 0 }, family);
    if (errno !== '') return failsAtOnce(fd, failed(errno, bindFailureCode(errno)));
  }
  // Before connecting: nothing then happens unseen, and connect(2) is the last thing before the handshake.
  const connecting = new Connecting(parts, request, fd, resolve);
  if (!poller.watch(fd, connecting)) return failsAtOnce(fd, failed(sockets.calls.errno(), connectFailureCode(sockets.calls.errno(), true)));
  const startedUs = clock.monotonicUs();
  const errno = sockets.connect(fd, request, family);
  if (errno !== '' && errno !== 'EINPROGRESS') return failsAtOnce(fd, failed(errno, connectFailureCode(errno, true)));
  connecting.start(startedUs);
}

/** From connect(2) to its outcome. */
class Connecting {
  readonly #parts: KernelEngineParts;
  readonly #request: OpenRequest;
  readonly #fd: number;
  readonly #resolve: (opened: Opened) => void;
  #startedUs = 0;
  #alarm: Alarm | null = null;
  #stopListening: () => void = () => {};

  constructor(parts: KernelEngineParts, request: OpenRequest, fd: number, resolve: (opened: Opened) => void) {
    this.#parts = parts;
    this.#request = request;
    this.#fd = fd;
    this.#resolve = resolve;
  }

  start(startedUs: number): void {
    this.#startedUs = startedUs;
    this.#alarm = this.#parts.deadlines.at(this.#request.untilUs, () => this.#timedOut());
    this.#stopListening = onAbort(this.#request.signal, () => this.#fail({ kind: 'cancelled' }, this.#now()));
  }

  ready(events: number): void {
    if ((events & EPOLLERR) === 0) return this.#connected(events);
    const errno = this.#parts.sockets.takeError(this.#fd);
    if (errno === '') return this.#connected(events);
    // What arrived before the RST is lost; that there was a connection is not.
    if (wasEstablished(errno)) return this.#connected(0, errno);
    this.#fail(failed(errno, connectFailureCode(errno, false)), this.#now());
  }

  #now(): number {
    return this.#parts.clock.monotonicUs();
  }

  /** This thread may be the one that was late. */
  #timedOut(): void {
    const { untilUs } = this.#request;
    const info = this.#parts.sockets.tcpInfo(this.#fd);
    if (info?.state === TCP_ESTABLISHED && this.#handshakeUs(info) !== null && this.#startedUs + info.rttUs <= untilUs) return this.#connected(0);
    this.#fail({ kind: 'timeout' }, untilUs);
  }

  #fail(trouble: Trouble, atUs: number): void {
    const synRetransmits = this.#parts.sockets.tcpInfo(this.#fd)?.retransmits ?? null;
    this.#over();
    this.#parts.closeSocket(this.#fd);
    this.#resolve({ ok: false, trouble, startedUs: this.#startedUs, atUs, synRetransmits: trouble.kind === 'failed' ? null : synRetransmits });
  }

  #connected(events: number, resetBy = ''): void {
    const { sockets, poller } = this.#parts;
    const { signal } = this.#request;
    const nowUs = this.#now();
    const info = resetBy === '' ? sockets.tcpInfo(this.#fd) : null;
    const handshakeUs = info === null ? null : this.#handshakeUs(info);
    const atUs = handshakeUs === null ? nowUs : this.#startedUs + handshakeUs;
    this.#over();
    const connection = new KernelConnection(this.#parts, {
      fd: this.#fd, signal, openedUs: this.#startedUs, clock: handshakeUs === null ? 'user' : 'kernel', synRetransmits: info?.retransmits ?? null,
      remoteAddress: resetBy === '' ? this.#reached() : null,
      localAddress: resetBy === '' ? sockets.localAddressOf(this.#fd) : null,
    });
    poller.handOver(this.#fd, connection);
    if (resetBy === '') connection.ready(events);
    else connection.failed('ECONNRESET', resetBy, nowUs);
    this.#resolve({ ok: true, connection, startedUs: this.#startedUs, atUs });
  }

  /** connect(2) goes where it is told to, except from an unspecified address to this machine; IPv6 has more than one that may hold such. */
  #reached(): string | null {
    const { address, port, family } = this.#request;
    return family === 'IPv4' && address !== '0.0.0.0' ? address : this.#parts.sockets.peerOf(this.#fd, { address, port }, family);
  }

  /** null: the kernel's round trip is not that of the first SYN, or cannot be. */
  #handshakeUs({ rttUs, retransmits }: TcpInfo): number | null {
    return retransmits === 0 && rttUs > 0 && rttUs <= this.#now() - this.#startedUs + 1 ? rttUs : null;
  }

  #over(): void {
    this.#alarm?.cancel();
    this.#stopListening();
  }
}

function failed(errno: string, code: Extract<Trouble, { kind: 'failed' }>['code']): Trouble {
  return { kind: 'failed', code, detail: errno, alert: null };
}
