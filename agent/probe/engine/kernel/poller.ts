import net from 'node:net';
import { AF_UNIX, AT, EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EVENTS_MAX, O_CLOEXEC, SOCK_STREAM_NONBLOCK_CLOEXEC, type Layout } from './layout.ts';
import type { Sockets } from './sockets.ts';

/** Is told what epoll says of its socket: each change once. */
export type Watcher = { ready(events: number): void };

/**
 * An epoll set of its own within the event loop of this thread.
 *
 * An epoll descriptor is itself ready to be read while anything in its set is ready, so libuv can watch it like any
 * other. Node makes no handle for one, but it does for one end of a socket pair; the set is put in its place under the
 * same number. A stream with no room for a byte is never read by libuv: it only says that it could be.
 */
export class Poller {
  readonly #sockets: Sockets;
  readonly #layout: Layout;
  readonly #stream: net.Socket;
  readonly #epoll: number;
  readonly #watched = new Map<number, { generation: number; watcher: Watcher }>();
  #generation = 0;

  /** Throws where the system or this Node does not go along. */
  constructor(sockets: Sockets, layout: Layout) {
    this.#sockets = sockets;
    this.#layout = layout;
    const { calls, view } = sockets;
    const epoll = calls.epoll_create1(O_CLOEXEC);
    if (epoll < 0 || calls.socketpair(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0, sockets.addressOf('option')) !== 0) throw new Error(`no epoll set: ${calls.errno()}`);
    const [kept, other] = [view.getInt32(AT.option, true), view.getInt32(AT.option + 4, true)];
    this.#epoll = kept;
    this.#stream = new net.Socket({ fd: kept, readable: true, writable: false, manualStart: true } as net.SocketConstructorOpts);
    const wasPut = calls.dup3(epoll, kept, O_CLOEXEC) === kept;
    calls.close(epoll);
    calls.close(other);
    const { _handle: handle } = this.#stream as unknown as { readonly _handle: StreamHandle | null };
    if (!wasPut || handle === null || handle.fd !== kept || typeof handle.useUserBuffer !== 'function' || typeof handle.readStart !== 'function') {
      this.#stream.destroy();
      throw new Error('this Node has no stream handle that can watch an epoll set');
    }
    handle.useUserBuffer(new Uint8Array(0));
    handle.onread = () => this.look(0);
    handle.readStart();
    // Whoever waits has a timer; the set alone keeps no process from ending.
    handle.unref();
  }

  /** Tells `watcher` from now on. false: see `errno`. */
  watch(fd: number, watcher: Watcher): boolean {
    const { calls, view } = this.#sockets;
    this.#generation = (this.#generation + 1) >>> 0;
    view.setUint32(AT.event, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, true);
    view.setUint32(AT.event + this.#layout.epollEvent.dataOffset, fd, true);
    view.setUint32(AT.event + this.#layout.epollEvent.dataOffset + 4, this.#generation, true);
    if (calls.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#sockets.addressOf('event')) !== 0) return false;
    this.#watched.set(fd, { generation: this.#generation, watcher });
    return true;
  }

  /** The same socket, told to another. */
  handOver(fd: number, watcher: Watcher): void {
    const watched = this.#watched.get(fd);
    if (watched !== undefined) watched.watcher = watcher;
  }

  /** Before it is closed (the kernel then takes it out of the set itself). */
  forget(fd: number): void {
    this.#watched.delete(fd);
  }

  /** Takes a socket that lives on out of the set. */
  release(fd: number): void {
    this.forget(fd);
    this.#sockets.calls.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#sockets.addressOf('event'));
  }

  /** Tells what is ready now, or within `timeoutMs` (which blocks); a bounded number, the rest in the next turn. */
  look(timeoutMs: number): void {
    const { calls, view } = this.#sockets;
    const { bytes, dataOffset } = this.#layout.epollEvent;
    const count = calls.epoll_wait(this.#epoll, this.#sockets.addressOf('events'), EVENTS_MAX, timeoutMs);
    for (let index = 0; index < count; index += 1) {
      const at = AT.events + index * bytes;
      const watched = this.#watched.get(view.getUint32(at + dataOffset, true));
      // A number may have been closed and given anew since the kernel spoke.
      if (watched === undefined || watched.generation !== view.getUint32(at + dataOffset + 4, true)) continue;
      watched.watcher.ready(view.getUint32(at, true));
    }
  }

  close(): void {
    this.#watched.clear();
    this.#stream.destroy();
  }
}

/** What is used of Node's own handle of a stream. */
type StreamHandle = {
  readonly fd: number;
  onread: () => void;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  unref(): void;
};
