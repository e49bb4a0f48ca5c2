import type { IpFamily } from '#shared/check/check.ts';
import type { FailureCode } from '#shared/run/failure.ts';

/** What to look up. */
export type NameQuery = {
  readonly hostname: string;
  readonly family: IpFamily;
  /** The check's own name server: a canonical literal, `literal:port` or `[v6]:port`; null: the agent's own. */
  readonly dnsServer: string | null;
  /** Until the caller needs the answer, counted from the call; waiting for a free resolver is part of it. */
  readonly timeoutMs: number;
  /** Ends the lookup early; the answer then is `ERR_AGENT_INTERNAL`, never a verdict about the target. */
  readonly signal: AbortSignal;
};

/**
 * The addresses in the order of the answer, at least one, each a canonical literal of the wanted family;
 * or why there are none.
 *
 * `us` is the time of the queries themselves in whole µs, monotonic: neither waiting for a free resolver nor
 * asking a control name is in it. 0 when no query was sent (hosts file, literals, `localhost`).
 */
export type Resolution =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly us: number }
  | { readonly ok: false; readonly code: FailureCode; readonly message: string; readonly us: number };

/** Looks names up, afresh each time (product.md §2.1). */
export type Resolver = {
  /** Never rejects and never throws: what goes wrong is a `Resolution`. */
  resolve(query: NameQuery): Promise<Resolution>;
  /** Ends what is under way; later queries get `ERR_AGENT_INTERNAL`. */
  close(): void;
};
