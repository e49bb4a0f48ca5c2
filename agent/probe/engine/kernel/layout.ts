/**
 * What the kernel's structs look like, and where in the slab each of them lives: the one place for lengths and offsets.
 * Linux, 64 bits, little-endian; x64 and arm64 differ in `struct epoll_event` alone. `self-check.ts` holds all of it
 * against the running kernel before it is used.
 */
export type Layout = {
  /** struct epoll_event is packed on x64. */
  readonly epollEvent: { readonly bytes: number; readonly dataOffset: number };
};

const LAYOUTS: Readonly<Record<string, Layout>> = {
  x64: { epollEvent: { bytes: 12, dataOffset: 4 } },
  arm64: { epollEvent: { bytes: 16, dataOffset: 8 } },
};

/** null: nobody has looked at this system's layouts. */
export function layoutOf(platform: string, arch: string): Layout | null {
  return platform === 'linux' && Object.hasOwn(LAYOUTS, arch) ? LAYOUTS[arch]! : null;
}

/** Events taken from the kernel at once; the others are taken in the next turn of the event loop. */
export const EVENTS_MAX = 256;
/** Bytes moved by one system call. */
export const CHUNK_BYTES = 64 * 1024;

/** Offsets in the slab. */
export const AT = {
  events: 0,
  /** One struct epoll_event for epoll_ctl. */
  event: 4_096,
  msghdr: 4_160,
  iovec: 4_224,
  control: 4_288,
  timespec: 4_416,
  /** An int for setsockopt and getsockopt. */
  option: 4_480,
  /** socklen_t, in and out. */
  length: 4_544,
  /** struct sockaddr_in or sockaddr_in6 to bind or connect to. */
  address: 4_608,
  /** The same, as the kernel tells it. */
  name: 4_736,
  tcpInfo: 4_864,
  receive: 8_192,
  send: 8_192 + CHUNK_BYTES,
} as const;
export const SLAB_BYTES = 8_192 + 2 * CHUNK_BYTES;

export const MSGHDR = { bytes: 56, iov: 16, iovCount: 24, control: 32, controlLength: 40 } as const;
export const IOVEC = { base: 0, length: 8 } as const;
export const CMSGHDR = { length: 0, level: 8, type: 12, data: 16 } as const;
/** Room for the one control message asked for, and some. */
export const CONTROL_BYTES = 64;
export const TIMESPEC = { seconds: 0, nanoseconds: 8 } as const;
/** A control message with a struct timespec. */
export const STAMP_MESSAGE_BYTES = 32;

export const SOCKADDR = { family: 0, port: 2, v4Address: 4, v6FlowInfo: 4, v6Address: 8, v6Scope: 24, v4Bytes: 16, v6Bytes: 28, roomBytes: 128 } as const;

/** struct tcp_info; `bytes`: up to the last field read. Newer kernels' longer one has room. */
export const TCP_INFO = { state: 0, rtt: 68, totalRetrans: 100, bytes: 104, roomBytes: 512 } as const;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM_NONBLOCK_CLOEXEC = 0x80801;
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_TIMESTAMPNS = 35;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_INFO_OPTION = 11;
export const TCP_ESTABLISHED = 1;
export const MSG_NOSIGNAL = 0x4000;
export const CLOCK_REALTIME = 0;
export const O_CLOEXEC = 0x80000;
export const AF_UNIX = 1;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Tells each change once, so that no call is needed to ask for reading or writing. */
export const EPOLLET = 0x8000_0000;
