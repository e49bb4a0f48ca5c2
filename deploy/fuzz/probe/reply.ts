import type { FailureCode } from '#shared/run/failure.ts';
import type { Resolution } from '#agent/probe/resolve/resolver.ts';

/** Everything the world does to one attempt. All instants are relative, so that a reply means the same at any time. */
export type Reply = {
  readonly resolution: Resolution | { readonly kind: 'hangs' };
  readonly connect:
    /** `reached` null: the address that was dialled. */
    | { readonly kind: 'accepted'; readonly afterUs: number; readonly reached: string | null; readonly synRetransmits: number | null }
    | { readonly kind: 'failed'; readonly afterUs: number; readonly code: FailureCode }
    | { readonly kind: 'silence' };
  readonly handshake:
    | { readonly kind: 'accepted'; readonly afterUs: number; readonly version: 'TLSv1.2' | 'TLSv1.3'; readonly notAfterMs: number }
    | { readonly kind: 'failed'; readonly afterUs: number; readonly code: FailureCode; readonly alert: string | null; readonly hasFacts: boolean }
    | { readonly kind: 'silence' };
  /** What comes over the connection, in order; nothing comes after a reset. */
  readonly events: readonly ReplyEvent[];
  /** The write with this number (from 0) is never taken by the kernel; null: all are, after `writeUs`. */
  readonly stalledWrite: number | null;
  readonly writeUs: number;
  /** The attempt is cancelled this long after its start. */
  readonly cancelAfterUs: number | null;
  /** Before the operation with this number, the process does not run for a while. */
  readonly block: { readonly operation: number; readonly us: number } | null;
};

export type ReplyEvent = {
  /** Since the event before, or since the write that this one answers, whichever is later. */
  readonly gapUs: number;
  /** Comes only once this many writes were taken. */
  readonly afterWrites: number;
  readonly what: { readonly kind: 'data'; readonly bytes: Uint8Array } | { readonly kind: 'fin' } | { readonly kind: 'reset' } | { readonly kind: 'alert'; readonly name: string };
};
