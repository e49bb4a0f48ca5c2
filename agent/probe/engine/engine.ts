import type { IpFamily, TlsVersion } from '#shared/check/check.ts';
import type { FailureCode } from '#shared/run/failure.ts';
import type { TlsFacts } from '#shared/run/report.ts';

/**
 * The seam between a probe and the sockets it uses. Everything that crosses it is a plain value; all instants
 * (`…Us`) are of one monotonic clock. Nothing here throws or rejects: what goes wrong is a `Trouble`.
 */
export type Engine = {
  /** Which clock stamps the instants, where nothing prevents it; each connection says what was. */
  readonly clock: 'user' | 'kernel';
  /** Connects to an address literal; no name is ever looked up here. */
  open(request: OpenRequest): Promise<Opened>;
};

export type OpenRequest = {
  readonly address: string;
  readonly port: number;
  readonly family: IpFamily;
  readonly sourceAddress: string | null;
  /** When to give up. */
  readonly untilUs: number;
  /** Ends the connection and every wait on it, at any time until `close`. */
  readonly signal: AbortSignal | undefined;
};

/** `startedUs`: when the first packet was asked for; what came before is the agent's own time. */
export type Opened = { readonly startedUs: number } & (
  | { readonly ok: true; readonly connection: Connection; readonly atUs: number }
  | { readonly ok: false; readonly trouble: Trouble; readonly atUs: number; readonly synRetransmits: number | null }
);

/** Why something did not happen. `timeout` is always the caller's own `untilUs`. */
export type Trouble =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' }
  /** `alert` is the TLS alert of the other side, by its RFC 8446 name. */
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly detail: string; readonly alert: string | null };

/** One connection. One read, write or handshake at a time; what arrives meanwhile is kept, up to a bound. */
export type Connection = {
  /** As the kernel tells it; null where it no longer does. */
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  /** Retransmitted SYNs; null where the system does not tell. */
  readonly synRetransmits: number | null;
  /** Whose clock made the instants told so far: `kernel` only while every one of them is the kernel's. */
  readonly clock: 'user' | 'kernel';
  /** How far the kernel's may be off, beyond its own grain, µs. */
  readonly clockErrorUs: number;
  /** Done when the kernel has taken the bytes, which it mostly has within the call: then no promise is made of it. */
  write(bytes: Uint8Array, untilUs: number): Written | Promise<Written>;
  /** The next piece, in order of arrival; `end` and `failed` come after all bytes before them, and come again. */
  read(untilUs: number): Promise<Incoming>;
  /** Bytes that have arrived and have not been read. */
  takeUnread(): Uint8Array;
  startTls(request: TlsRequest, untilUs: number): Promise<Secured>;
  /**
   * Waits for a sign of what the other side made of a TLS 1.3 handshake, which ends on this side first: `accepted`
   * by a session ticket, by data or by closing in good order.
   */
  tlsVerdict(untilUs: number): Promise<TlsVerdict>;
  /** Frees everything at once. */
  close(): void;
};

/** `startedUs`: when the engine was asked. */
export type Written = { readonly startedUs: number } & (
  | { readonly ok: true; readonly atUs: number }
  | { readonly ok: false; readonly trouble: Trouble; readonly atUs: number });

export type Incoming =
  | { readonly kind: 'data'; readonly bytes: Uint8Array; readonly atUs: number }
  /** The other side will send no more (FIN). */
  | { readonly kind: 'end'; readonly atUs: number }
  | { readonly kind: 'trouble'; readonly trouble: Trouble; readonly atUs: number };

export type TlsRequest = {
  /** For SNI; null sends none. */
  readonly serverName: string | null;
  /** The name or address literal the certificate must be for. */
  readonly identity: string;
  readonly verify: boolean;
  /** PEM; instead of the system's roots. */
  readonly ca: string | null;
  readonly alpn: readonly string[];
  readonly minVersion: TlsVersion | null;
  /** Left out or null: the newest there is. */
  readonly maxVersion?: TlsVersion | null;
  readonly clientCertificate: ClientCertificate | null;
};

/** PEM. */
export type ClientCertificate = { readonly cert: string; readonly key: string };

/** `startedUs`: after this side had made ready (keys, authorities), before its first byte. */
export type Secured = { readonly startedUs: number } & (
  | { readonly ok: true; readonly facts: TlsFacts; readonly atUs: number }
  /** The facts are there when a certificate was seen and not accepted. */
  | { readonly ok: false; readonly trouble: Trouble; readonly facts: TlsFacts | null; readonly atUs: number }
);

export type TlsVerdict = 'accepted' | 'unknown' | { readonly trouble: Trouble; readonly atUs: number };
