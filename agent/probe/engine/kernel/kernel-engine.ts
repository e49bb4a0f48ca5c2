import type { Clock } from '#shared/time/clock.ts';
import type { Deadlines } from '../../deadlines.ts';
import type { Engine } from '../engine.ts';
import type { PlainEngineDeps } from '../plain-engine.ts';
import { Descriptors } from './descriptors.ts';
import { dial } from './dial.ts';
import { type Layout, layoutOf } from './layout.ts';
import { Poller } from './poller.ts';
import { selfCheck } from './self-check.ts';
import { Sockets } from './sockets.ts';
import { type LoadKoffi, loadSystemCalls } from './system-calls.ts';

export type KernelEngineOptions = {
  /** For what happens after a TLS handshake began. */
  readonly plain: PlainEngineDeps;
  /** Where open descriptors are noted; left out: nobody closes them for a thread that died. */
  readonly descriptors?: Descriptors;
  readonly loadKoffi?: LoadKoffi;
  /** Left out: that of this system. */
  readonly layout?: Layout | null;
};

/** What the engine's connections share. */
export type KernelEngineParts = {
  readonly clock: Pick<Clock, 'monotonicUs'>;
  readonly deadlines: Deadlines;
  readonly plain: PlainEngineDeps;
  readonly sockets: Sockets;
  readonly poller: Poller;
  readonly descriptors: Descriptors;
  closeSocket(fd: number): void;
};

export type OpenedKernelEngine =
  | { readonly ok: true; readonly engine: Engine & { close(): void } }
  /** Why it is not used, for people. `mayPassLater`: it could be opened and did not pass its check, as on a machine that is too busy. */
  | { readonly ok: false; readonly reason: string; readonly mayPassLater: boolean };

/**
 * The engine on own sockets, whose times are the kernel's. It is there once a conversation with itself, over loopback
 * and through everything a check goes through, showed that all it assumes of this kernel and this Node holds; otherwise
 * it refuses, and leaves nothing open.
 */
export async function openKernelEngine(options: KernelEngineOptions): Promise<OpenedKernelEngine> {
  const layout = options.layout === undefined ? layoutOf(process.platform, process.arch) : options.layout;
  if (layout === null) return { ok: false, reason: `there is none for ${process.platform} on ${process.arch}`, mayPassLater: false };
  let close = (): void => {};
  let isOpen = false;
  try {
    const { plain, descriptors = new Descriptors() } = options;
    const calls = loadSystemCalls(options.loadKoffi);
    const sockets = new Sockets(calls, plain.clock);
    const poller = new Poller(sockets, layout);
    const closeSocket = (fd: number): void => {
      poller.forget(fd);
      descriptors.release(fd);
      calls.close(fd);
    };
    close = () => poller.close();
    // Stamping is switched on when the first socket asks for it, and a moment late: one that stays keeps it on.
    const idle = sockets.open('IPv4');
    if (idle < 0 || !descriptors.hold(idle)) throw new Error(`no socket: ${calls.errno()}`);
    close = () => { closeSocket(idle); poller.close(); };
    const parts: KernelEngineParts = { clock: plain.clock, deadlines: plain.deadlines, plain, sockets, poller, descriptors, closeSocket };
    const engine: Engine = { clock: 'kernel', open: (request) => new Promise((resolve) => dial(parts, request, resolve)) };
    isOpen = true;
    const problem = await selfCheck(parts, engine);
    if (problem !== null) throw new Error(problem);
    return { ok: true, engine: { ...engine, close } };
  } catch (error) {
    close();
    return { ok: false, reason: error instanceof Error ? error.message.split('\n')[0]! : String(error), mayPassLater: isOpen };
  }
}
