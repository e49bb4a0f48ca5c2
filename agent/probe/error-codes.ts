import type { FailureCode } from '#shared/run/failure.ts';

/**
 * What the system's error codes mean (rules.md 15), for whichever engine meets them.
 *
 * `atOnce`: connect(2), or what comes before it, failed in the call itself. The system then had no way to even
 * try: no route, no address, no port, no descriptor, no permission. That is the agent's. What the network sends
 * back (ICMP, RST) or does not send always arrives later, also on loopback, and is the target's.
 */
export function connectFailureCode(errno: string, atOnce: boolean): FailureCode {
  return (atOnce ? AT_ONCE[errno] : undefined) ?? OF_THE_HOST[errno] ?? FROM_THE_NETWORK[errno] ?? 'ERR_AGENT_INTERNAL';
}

/** bind(2) to the source address: whatever is wrong with it, this agent does not have it. */
export function bindFailureCode(errno: string): FailureCode {
  return errno === 'EACCES' || errno === 'EPERM' ? 'EACCES' : (OF_THE_HOST[errno] ?? 'EADDRNOTAVAIL');
}

/** On a connection that was established. */
export function streamFailureCode(errno: string): FailureCode {
  return OF_THE_HOST[errno] ?? FROM_THE_NETWORK[errno] ?? 'ERR_AGENT_INTERNAL';
}

/**
 * A connect that fails like this had been established: the kernel answers a RST to its SYN with ECONNREFUSED, these
 * only stand for a RST after the handshake, seen by the event loop before it got to the connection itself.
 */
export function wasEstablished(errno: string): boolean {
  return errno === 'ECONNRESET' || errno === 'EPIPE';
}

type Table = Readonly<Record<string, FailureCode>>;

const AT_ONCE: Table = {
  ENETUNREACH: 'ERR_NO_ROUTE',
  // An `unreachable` route of this host's own table, and a `blackhole` one.
  EHOSTUNREACH: 'ERR_NO_ROUTE',
  EINVAL: 'ERR_NO_ROUTE',
  ENETDOWN: 'ERR_NO_ROUTE',
  EAFNOSUPPORT: 'ERR_NO_ROUTE',
  ENODEV: 'ERR_NO_ROUTE',
};

const OF_THE_HOST: Table = {
  EMFILE: 'EMFILE',
  ENFILE: 'ENFILE',
  ENOBUFS: 'ENOBUFS',
  ENOMEM: 'ENOMEM',
  EADDRNOTAVAIL: 'EADDRNOTAVAIL',
  EADDRINUSE: 'EADDRNOTAVAIL',
  // A local firewall's DROP on the way out is EPERM, a `prohibit` route EACCES.
  EACCES: 'EACCES',
  EPERM: 'EACCES',
};

const FROM_THE_NETWORK: Table = {
  ECONNREFUSED: 'ECONNREFUSED',
  ECONNRESET: 'ECONNRESET',
  ECONNABORTED: 'ECONNRESET',
  EHOSTUNREACH: 'EHOSTUNREACH',
  EHOSTDOWN: 'EHOSTUNREACH',
  ENETUNREACH: 'ENETUNREACH',
  ENETDOWN: 'ENETUNREACH',
  // The kernel's own patience ended before the deadline.
  ETIMEDOUT: 'SOCKET_TIMEOUT',
  EPIPE: 'EPIPE',
  EPROTO: 'EPROTO',
  // ICMP "protocol unreachable".
  ENOPROTOOPT: 'EHOSTUNREACH',
};
