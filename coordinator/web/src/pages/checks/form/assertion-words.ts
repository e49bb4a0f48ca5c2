import type { AssertionComparison, AssertionSource } from '#shared/check/check.ts';

export const SOURCE_WORDS: Readonly<Record<AssertionSource, string>> = {
  RESPONSE_DATA: 'Response data', RESPONSE_TIME: 'Response time', DNS_TIME: 'DNS time', CONNECT_TIME: 'Connect time', TLS_TIME: 'TLS time', FIRST_BYTE_TIME: 'First byte time',
  RESOLVED_ADDRESS: 'Resolved address', FAILURE_CODE: 'Failure code', CERTIFICATE_DAYS_LEFT: 'Certificate days left',
};
export const COMPARISON_WORDS: Readonly<Record<AssertionComparison, string>> = {
  EQUALS: 'equals', NOT_EQUALS: 'does not equal', IS_EMPTY: 'is empty', NOT_EMPTY: 'is not empty', LESS_THAN: 'is less than', GREATER_THAN: 'is greater than',
  CONTAINS: 'contains', NOT_CONTAINS: 'does not contain', MATCHES: 'matches', NOT_MATCHES: 'does not match',
};

/** What a target is counted in. */
export function unitOf(source: AssertionSource): string {
  return source.endsWith('_TIME') ? ' ms' : source === 'CERTIFICATE_DAYS_LEFT' ? ' days' : '';
}

export function takesTarget(comparison: AssertionComparison): boolean {
  return comparison !== 'IS_EMPTY' && comparison !== 'NOT_EMPTY';
}
