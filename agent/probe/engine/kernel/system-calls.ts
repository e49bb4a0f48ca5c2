import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** libc's functions. Addresses are numbers and are only ever taken from the slab; −1 is a failure, told by `errno`. */
export type SystemCalls = {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly connect: (fd: number, address: number, length: number) => number;
  readonly bind: (fd: number, address: number, length: number) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly accept4: (fd: number, address: number, length: number, flags: number) => number;
  readonly getsockname: (fd: number, address: number, length: number) => number;
  readonly getpeername: (fd: number, address: number, length: number) => number;
  readonly setsockopt: (fd: number, level: number, option: number, value: number, length: number) => number;
  readonly getsockopt: (fd: number, level: number, option: number, value: number, length: number) => number;
  readonly recvmsg: (fd: number, message: number, flags: number) => number;
  readonly send: (fd: number, bytes: number, length: number, flags: number) => number;
  readonly close: (fd: number) => number;
  readonly socketpair: (family: number, type: number, protocol: number, pair: number) => number;
  readonly dup3: (from: number, to: number, flags: number) => number;
  readonly epoll_create1: (flags: number) => number;
  readonly epoll_ctl: (epoll: number, operation: number, fd: number, event: number) => number;
  readonly epoll_wait: (epoll: number, events: number, count: number, timeoutMs: number) => number;
  readonly clock_gettime: (clock: number, time: number) => number;
  /** Of the last call that failed, by name. */
  readonly errno: () => string;
  /** Where memory that V8 does not manage, such as a SharedArrayBuffer's, begins. */
  readonly addressOf: (bytes: Uint8Array) => number;
};

const SIGNATURES: Readonly<Record<Exclude<keyof SystemCalls, 'errno' | 'addressOf'>, string>> = {
  socket: 'int socket(int, int, int)',
  connect: 'int connect(int, uintptr_t, int)',
  bind: 'int bind(int, uintptr_t, int)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, uintptr_t, uintptr_t, int)',
  getsockname: 'int getsockname(int, uintptr_t, uintptr_t)',
  getpeername: 'int getpeername(int, uintptr_t, uintptr_t)',
  setsockopt: 'int setsockopt(int, int, int, uintptr_t, int)',
  getsockopt: 'int getsockopt(int, int, int, uintptr_t, uintptr_t)',
  recvmsg: 'intptr_t recvmsg(int, uintptr_t, int)',
  send: 'intptr_t send(int, uintptr_t, uintptr_t, int)',
  close: 'int close(int)',
  socketpair: 'int socketpair(int, int, int, uintptr_t)',
  dup3: 'int dup3(int, int, int)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, uintptr_t)',
  epoll_wait: 'int epoll_wait(int, uintptr_t, int, int)',
  clock_gettime: 'int clock_gettime(int, uintptr_t)',
};

export type LoadKoffi = () => typeof import('koffi');

/** Through the optional FFI package. Throws where it is not there, does not load, or knows no such function. */
export function loadSystemCalls(load: LoadKoffi = loadKoffi): SystemCalls {
  const koffi = load();
  const libc = koffi.load(null);
  const calls = Object.fromEntries(Object.entries(SIGNATURES).map(([name, signature]) => [name, libc.func(signature)]));
  return {
    ...(calls as unknown as Omit<SystemCalls, 'errno' | 'addressOf'>),
    errno: () => nameOfErrno(koffi.errno()),
    addressOf: (bytes) => Number(koffi.address(bytes)),
  };
}

const loadKoffi: LoadKoffi = () => createRequire(import.meta.url)('koffi') as typeof import('koffi');

export function nameOfErrno(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

/** Of two names for one number, the one that connection errors go by. */
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).filter(([name]) => name !== 'EWOULDBLOCK' && name !== 'EOPNOTSUPP').map(([name, number]) => [number, name]),
);
