/** The only list of failure phases and codes. A failure is decided by error codes, never by message text. */

export const FAILURE_PHASES = ['resolve', 'connect', 'tls', 'send', 'read', 'assert'] as const;
export type FailurePhase = (typeof FAILURE_PHASES)[number];

/** Code → a sentence for people. `{target}` is replaced by host:port. */
export const FAILURE_CODES = {
  // resolve: the target's name
  ENOTFOUND: 'the name does not exist (NXDOMAIN)',
  ENODATA: 'the name exists but has no address in this IP family',
  ESERVFAIL: 'the name server failed to answer (SERVFAIL)',
  EREFUSED: 'the name server refused the query (REFUSED)',
  ETIMEOUT: 'the name server did not answer in time',
  EBADRESP: 'the name server sent an answer that cannot be read',
  ERR_INVALID_IP_ADDRESS: 'the address is of the other IP family; switch the IP family',
  // connect
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset by the other side',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  SOCKET_TIMEOUT: 'no answer within the time limit',
  EPIPE: 'the other side closed the connection while data was being sent',
  EPROTO: 'the other side broke the protocol',
  ERR_ADDRESS_MISMATCH: 'the connection reached another address than the one that was dialled',
  // tls
  ERR_TLS_HANDSHAKE: 'the TLS handshake failed',
  ERR_TLS_ALERT: 'the other side refused the TLS handshake with an alert',
  ERR_TLS_CERT_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_UNTRUSTED: 'the certificate is not signed by a trusted authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  ERR_TLS_CERT_INVALID: 'the certificate is not valid',
  ERR_TLS_VERSION: 'no TLS version in common',
  ERR_TLS_NOT_TLS: 'the other side does not speak TLS here',
  ERR_TLS_ALERT_MISSING: 'the TLS handshake succeeded, but an alert was expected',
  ERR_STARTTLS_INJECTION: 'the other side sent more bytes before the TLS handshake than the dialogue allows',
  // dialogue and reading
  ERR_EXPECT_MISMATCH: 'the other side did not say what was expected',
  ERR_CLOSED_EARLY: 'the other side closed the connection before saying what was expected',
  ERR_RESPONSE_TOO_LARGE: 'the byte limit was reached before the expected answer',
  ERR_SHOULD_FAIL_CONNECTED: 'a connection was established, but this request should fail',
  // judging
  ERR_ASSERTION: 'an assertion failed',
  ERR_MAX_RESPONSE_TIME: 'the answer took longer than the limit',
  // agent side: never a verdict about the target
  EMFILE: 'the agent has no file descriptors left',
  ENFILE: 'the agent host has no file descriptors left',
  ENOBUFS: 'the agent host has no socket buffers left',
  ENOMEM: 'the agent has no memory left',
  EADDRNOTAVAIL: 'the agent has no such source address, or no free port left',
  ERR_NO_ROUTE: 'the agent has no route for this address family',
  EACCES: 'the agent is not permitted to connect there by its own system',
  ERR_RESOLVER_DOWN: "the agent's own resolver does not answer",
  ERR_SUSPENDED: 'the agent was suspended in the middle of the run',
  ERR_AGENT_SECRET: "the agent's secrets file does not have what the check names",
  ERR_AGENT_INTERNAL: 'the agent had an error of its own',
  // policy
  ERR_EGRESS_DENIED: "the agent's egress policy does not allow this address",
} as const;
export type FailureCode = keyof typeof FAILURE_CODES;

export type Failure = {
  readonly phase: FailurePhase;
  readonly code: FailureCode;
  /** A sentence a person understands: what was being done, to what, and what happened. */
  readonly message: string;
  /** Index of the dialogue step that failed, if it was one. */
  readonly step?: number;
};

/** Codes that blame the agent or its host: the outcome is `agent_fault` (rules.md 15, 16). */
export const AGENT_FAULT_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'ERR_NO_ROUTE', 'EACCES',
  'ERR_RESOLVER_DOWN', 'ERR_SUSPENDED', 'ERR_AGENT_SECRET', 'ERR_AGENT_INTERNAL',
]);

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURE_CODES, code);
}
