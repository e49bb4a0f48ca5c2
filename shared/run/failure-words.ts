import { FAILURE_CODES, isFailureCode } from './failure.ts';

/** A failure's message in its two parts: `connecting to db:5432 (10.0.0.5)`, and `the connection was refused`. */
export type FailureWords = {
  /** Begins in lower case; null: the message does not say. */
  readonly doing: string | null;
  readonly what: string;
};

/** An agent's messages are what it was doing, to what, and then the sentence of the code (agent/probe/failing.ts). */
export function failureWords({ code, message }: { readonly code: string; readonly message: string }): FailureWords {
  const at = isFailureCode(code) ? message.indexOf(`: ${FAILURE_CODES[code]}`) : -1;
  return at <= 0 ? { doing: null, what: message } : { doing: message.slice(0, at), what: message.slice(at + 2) };
}
