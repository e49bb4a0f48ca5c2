import type { Failure } from '../run/failure.ts';

/** Is this what `onlyOn: NETWORK_ERROR` retries: a connection or an exchange that broke, and not an answer that displeased? */
export function failedOnNetwork(failure: { readonly phase: string; readonly code: string } | null): boolean {
  return failure !== null && failure.phase !== 'assert' && !ANSWERS.has(failure.code);
}

/** The network did its part; what came is not what was wanted. */
const ANSWERS: ReadonlySet<string> = new Set<Failure['code']>([
  'ERR_ASSERTION', 'ERR_MAX_RESPONSE_TIME', 'ERR_SHOULD_FAIL_CONNECTED', 'ERR_EXPECT_MISMATCH', 'ERR_RESPONSE_TOO_LARGE',
]);
