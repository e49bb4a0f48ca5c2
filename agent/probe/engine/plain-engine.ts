import { Buffer } from 'node:buffer';
import net from 'node:net';
import type { Clock } from '#shared/time/clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { bindFailureCode, connectFailureCode, wasEstablished } from '../error-codes.ts';
import { onAbort } from '../on-abort.ts';
import type { Engine, OpenRequest, Opened, Trouble } from './engine.ts';
import { PlainConnection } from './plain-connection.ts';
import type { SecureContexts } from './secure-contexts.ts';
import type { TcpInfoReader } from './tcp-info.ts';

export type PlainEngineDeps = {
  readonly clock: Pick<Clock, 'monotonicUs'>;
  readonly deadlines: Deadlines;
  readonly secureContexts: SecureContexts;
  /** null: retransmitted SYNs stay unknown. */
  readonly tcpInfo: TcpInfoReader | null;
};

/** The engine on `node:net` and `node:tls`. Its instants are taken in user space, when the event loop gets to them. */
export function plainEngine(deps: PlainEngineDeps): Engine {
  return { clock: 'user', open: (request) => new Promise((resolve) => openSocket(deps, request, resolve)) };
}

/** One buffer for all sockets: a read and its callback are one synchronous step, and the callback copies. */
const SLAB = Buffer.allocUnsafeSlow(64 * 1024);

function openSocket(deps: PlainEngineDeps, request: OpenRequest, resolve: (opened: Opened) => void): void {
  const { clock, deadlines } = deps;
  let startedUs = clock.monotonicUs();
  if (request.signal?.aborted) {
    return resolve({ ok: false, trouble: { kind: 'cancelled' }, startedUs, atUs: startedUs, synRetransmits: null });
  }
  let connection: PlainConnection | null = null;
  let raisedAtOnce = false;
  // A half-open socket lets a dialogue go on after the other side has said its last word.
  const socket = new net.Socket({
    allowHalfOpen: true, noDelay: true,
    onread: { buffer: SLAB, callback: (length) => connection?.received(SLAB, length) ?? true },
  });

  const settle = (opened: Opened): void => {
    alarm.cancel();
    stopListening();
    socket.off('connect', onConnect).off('error', onError);
    if (!opened.ok) discard(socket);
    resolve(opened);
  };
  const giveUp = (trouble: Trouble, atUs: number): void =>
    settle({ ok: false, trouble, startedUs, atUs, synRetransmits: synRetransmits(deps, socket) });
  const onConnect = (): void => {
    const atUs = clock.monotonicUs();
    connection = new PlainConnection(deps, socket, {
      signal: request.signal, synRetransmits: synRetransmits(deps, socket),
      remoteAddress: socket.remoteAddress ?? null, localAddress: socket.localAddress ?? null,
    });
    settle({ ok: true, connection, startedUs, atUs });
  };
  const onError = (error: NodeJS.ErrnoException): void => {
    const atUs = clock.monotonicUs();
    const errno = error.code ?? '';
    if (error.syscall !== 'bind' && !raisedAtOnce && wasEstablished(errno)) {
      // What arrived before the RST is lost with this socket; that there was a connection is not.
      connection = new PlainConnection(deps, socket, { signal: request.signal, synRetransmits: null, remoteAddress: null, localAddress: null });
      connection.failed('ECONNRESET', errno, atUs);
      return settle({ ok: true, connection, startedUs, atUs });
    }
    const code = error.syscall === 'bind' ? bindFailureCode(errno) : connectFailureCode(errno, raisedAtOnce);
    settle({ ok: false, trouble: { kind: 'failed', code, detail: errno, alert: null }, startedUs, atUs, synRetransmits: null });
  };

  const alarm = deadlines.at(request.untilUs, () => giveUp({ kind: 'timeout' }, request.untilUs));
  const stopListening = onAbort(request.signal, () => giveUp({ kind: 'cancelled' }, clock.monotonicUs()));
  socket.on('connect', onConnect).on('error', onError);
  startedUs = clock.monotonicUs();
  socket.connect({
    host: request.address, port: request.port, family: request.family === 'IPv6' ? 6 : 4,
    autoSelectFamily: false,
    ...(request.sourceAddress === null ? {} : { localAddress: request.sourceAddress }),
  });
  // For a literal, connect(2) is called in the tick that `connect` queued just now. A socket that is destroyed when
  // the next one runs failed within the call; the network's answers come from the poll phase, after all ticks.
  process.nextTick(() => { raisedAtOnce = socket.destroyed; });
}

/** Errors after nobody listens any more are of no use, and must not end the process. */
function discard(socket: net.Socket): void {
  socket.on('error', ignore);
  socket.destroy();
}

function ignore(): void {}

/** The file descriptor is Node's own business; where it is not to be had, nobody knows the number. */
function synRetransmits({ tcpInfo }: PlainEngineDeps, socket: net.Socket): number | null {
  if (tcpInfo === null) return null;
  const { _handle: handle } = socket as { _handle?: { fd?: number } | null };
  return handle?.fd === undefined ? null : tcpInfo(handle.fd);
}
