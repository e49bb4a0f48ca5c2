import type { Clock } from '#shared/time/clock.ts';
import {
  AF_INET, AF_INET6, AT, CHUNK_BYTES, CLOCK_REALTIME, CMSGHDR, CONTROL_BYTES, IOVEC, IPPROTO_TCP, MSGHDR, MSG_NOSIGNAL, SLAB_BYTES, SOCKADDR,
  SOCK_STREAM_NONBLOCK_CLOEXEC, SOL_SOCKET, SO_ERROR, SO_TIMESTAMPNS, STAMP_MESSAGE_BYTES, TCP_INFO, TCP_INFO_OPTION, TCP_NODELAY, TIMESPEC,
} from './layout.ts';
import { isNamedAsDialled, readSocketAddress, writeSocketAddress, type SocketAddress } from './socket-address.ts';
import { nameOfErrno, type SystemCalls } from './system-calls.ts';
import { WallStamps } from './wall-stamps.ts';

export type Family = 'IPv4' | 'IPv6';
export type TcpInfo = { readonly state: number; readonly rttUs: number; readonly retransmits: number };

/**
 * Sockets by their descriptors, on one slab of memory that cannot move: every address the kernel is given lies in it,
 * and every call is over before the next one begins, so one of each struct is enough for any number of sockets.
 */
export class Sockets {
  readonly calls: SystemCalls;
  readonly view: DataView;
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  readonly #slab: Uint8Array;
  readonly #base: number;
  readonly #stamps = new WallStamps();
  /** Kernel's stamp of the bytes received last, wall clock, µs; NaN: it gave none. */
  #stampWallUs = NaN;
  /** The IPv4 address told last. */
  #local: { readonly bits: number; readonly text: string | null } | null = null;

  constructor(calls: SystemCalls, clock: Pick<Clock, 'monotonicUs'>) {
    this.calls = calls;
    this.#clock = clock;
    // Shared memory is neither moved nor handed over by anybody, and lives as long as this object.
    const memory = new SharedArrayBuffer(SLAB_BYTES);
    this.#slab = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#base = calls.addressOf(this.#slab);
    if (!Number.isSafeInteger(this.#base) || this.#base <= 0) throw new Error('the slab has no address');
    this.#word(AT.msghdr + MSGHDR.iov, this.addressOf('iovec'));
    this.#word(AT.msghdr + MSGHDR.iovCount, 1);
    this.#word(AT.msghdr + MSGHDR.control, this.addressOf('control'));
    this.#word(AT.iovec + IOVEC.base, this.addressOf('receive'));
    this.#word(AT.iovec + IOVEC.length, CHUNK_BYTES);
  }

  addressOf(part: keyof typeof AT): number {
    return this.#base + AT[part];
  }

  /** A non-blocking TCP socket whose receipts are stamped; −1: see `errno`. */
  open(family: Family): number {
    const fd = this.calls.socket(family === 'IPv4' ? AF_INET : AF_INET6, SOCK_STREAM_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    this.view.setInt32(AT.option, 1, true);
    this.calls.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, this.addressOf('option'), 4);
    return fd;
  }

  /** From now on nothing that is sent waits for what was sent before it to be acknowledged. */
  sendAtOnce(fd: number): void {
    this.view.setInt32(AT.option, 1, true);
    this.calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, this.addressOf('option'), 4);
  }

  /** As connect(2) and bind(2); an address that is none of the family is EINVAL. */
  connect(fd: number, to: SocketAddress, family: Family): string {
    const length = writeSocketAddress(this.view, AT.address, to, family);
    if (length === 0) return 'EINVAL';
    return this.calls.connect(fd, this.addressOf('address'), length) === 0 ? '' : this.calls.errno();
  }

  bind(fd: number, to: SocketAddress, family: Family): string {
    const length = writeSocketAddress(this.view, AT.address, to, family);
    if (length === 0) return 'EINVAL';
    return this.calls.bind(fd, this.addressOf('address'), length) === 0 ? '' : this.calls.errno();
  }

  /** The other side's address; `dialled` itself where it is that. null: the kernel no longer tells. */
  peerOf(fd: number, dialled: SocketAddress, family: Family): string | null {
    this.view.setUint32(AT.length, SOCKADDR.roomBytes, true);
    if (this.calls.getpeername(fd, this.addressOf('name'), this.addressOf('length')) !== 0) return null;
    writeSocketAddress(this.view, AT.address, dialled, family);
    return isNamedAsDialled(this.view, family) ? dialled.address : (readSocketAddress(this.view)?.address ?? null);
  }

  nameOf(fd: number): SocketAddress | null {
    this.view.setUint32(AT.length, SOCKADDR.roomBytes, true);
    return this.calls.getsockname(fd, this.addressOf('name'), this.addressOf('length')) === 0 ? readSocketAddress(this.view) : null;
  }

  /** This side's address; null: the kernel no longer tells. Nearly always the one it was before, so that text is kept. */
  localAddressOf(fd: number): string | null {
    this.view.setUint32(AT.length, SOCKADDR.roomBytes, true);
    if (this.calls.getsockname(fd, this.addressOf('name'), this.addressOf('length')) !== 0) return null;
    if (this.view.getUint16(AT.name + SOCKADDR.family, true) !== AF_INET) return readSocketAddress(this.view)?.address ?? null;
    const bits = this.view.getUint32(AT.name + SOCKADDR.v4Address);
    if (this.#local?.bits !== bits) this.#local = { bits, text: readSocketAddress(this.view)?.address ?? null };
    return this.#local.text;
  }

  /** null where the kernel does not tell, or tells less than is read. */
  tcpInfo(fd: number): TcpInfo | null {
    this.view.setUint32(AT.length, TCP_INFO.roomBytes, true);
    if (this.calls.getsockopt(fd, IPPROTO_TCP, TCP_INFO_OPTION, this.addressOf('tcpInfo'), this.addressOf('length')) !== 0) return null;
    if (this.view.getUint32(AT.length, true) < TCP_INFO.bytes) return null;
    return {
      state: this.view.getUint8(AT.tcpInfo + TCP_INFO.state),
      rttUs: this.view.getUint32(AT.tcpInfo + TCP_INFO.rtt, true),
      retransmits: this.view.getUint32(AT.tcpInfo + TCP_INFO.totalRetrans, true),
    };
  }

  /** The error that waits on a socket, which is taken off it; '' is none. */
  takeError(fd: number): string {
    this.view.setUint32(AT.length, 4, true);
    if (this.calls.getsockopt(fd, SOL_SOCKET, SO_ERROR, this.addressOf('option'), this.addressOf('length')) !== 0) return this.calls.errno();
    const errno = this.view.getInt32(AT.option, true);
    return errno === 0 ? '' : nameOfErrno(errno);
  }

  /** How many bytes the kernel took; −1: see `errno`. */
  send(fd: number, bytes: Uint8Array): number {
    const chunk = bytes.length <= CHUNK_BYTES ? bytes : bytes.subarray(0, CHUNK_BYTES);
    this.#slab.set(chunk, AT.send);
    return this.calls.send(fd, this.addressOf('send'), chunk.length, MSG_NOSIGNAL);
  }

  /** How many bytes there were, 0: no more will come, −1: see `errno`. They are there until the next call. */
  receive(fd: number): number {
    this.#word(AT.msghdr + MSGHDR.controlLength, CONTROL_BYTES);
    const count = this.calls.recvmsg(fd, this.addressOf('msghdr'), 0);
    this.#stampWallUs = count > 0 ? this.#stampGiven() : NaN;
    return count;
  }

  /** A copy of the bytes received last. */
  received(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    bytes.set(this.#slab.subarray(AT.receive, AT.receive + count));
    return bytes;
  }

  /** When the bytes received last had arrived (the last of them), by the kernel's stamp; null: that cannot be told. */
  receivedAtUs(notBeforeUs: number): number | null {
    if (Number.isNaN(this.#stampWallUs)) return null;
    this.#readClocks();
    return this.#stamps.monotonicUs(this.#stampWallUs, notBeforeUs);
  }

  /** How far the reading of both clocks may be off. */
  get clockErrorUs(): number {
    return this.#stamps.errorUs;
  }

  /** Wall clock, µs. */
  wallUs(): number {
    this.calls.clock_gettime(CLOCK_REALTIME, this.addressOf('timespec'));
    return this.#timespecUs(AT.timespec);
  }

  /** Both clocks at one instant: the narrowest of some tries, because a thread may be stopped between two readings. */
  #readClocks(): void {
    let best = { monotonicUs: 0, wallUs: 0, errorUs: Infinity };
    for (let tries = 0; tries < 4 && best.errorUs > NARROW_US; tries += 1) {
      const beforeUs = this.#clock.monotonicUs();
      const wallUs = this.wallUs();
      const afterUs = this.#clock.monotonicUs();
      const errorUs = (afterUs - beforeUs) / 2;
      if (errorUs < best.errorUs) best = { monotonicUs: beforeUs + errorUs, wallUs, errorUs };
    }
    this.#stamps.read(best);
  }

  #stampGiven(): number {
    const { view } = this;
    if (this.#wordAt(AT.msghdr + MSGHDR.controlLength) < STAMP_MESSAGE_BYTES) return NaN;
    if (view.getInt32(AT.control + CMSGHDR.level, true) !== SOL_SOCKET || view.getInt32(AT.control + CMSGHDR.type, true) !== SO_TIMESTAMPNS) return NaN;
    if (this.#wordAt(AT.control + CMSGHDR.length) !== STAMP_MESSAGE_BYTES) return NaN;
    return this.#timespecUs(AT.control + CMSGHDR.data);
  }

  #timespecUs(offset: number): number {
    return this.#wordAt(offset + TIMESPEC.seconds) * 1e6 + this.view.getUint32(offset + TIMESPEC.nanoseconds, true) / 1000;
  }

  /** 64 bits, of which 53 are ever used. */
  #word(offset: number, value: number): void {
    this.view.setUint32(offset, value % 2 ** 32, true);
    this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }

  #wordAt(offset: number): number {
    return this.view.getUint32(offset, true) + this.view.getUint32(offset + 4, true) * 2 ** 32;
  }
}

/** What three calls take on an idle machine, and some. */
const NARROW_US = 10;
