import type { FailureCode } from './failure.ts';
import type { ProbeReport } from './report.ts';

/**
 * What an attempt says about the way to its target (rules.md 22): `reached` when somebody there answered, be it with
 * a refusal; `silent` when nobody did, which an agent that is cut off sees as well; null when it says nothing.
 */
export function reachOf({ established, failure }: Pick<ProbeReport, 'established' | 'failure'>): 'reached' | 'silent' | null {
  if (established) return 'reached';
  if (failure === null) return null;
  if (REACHED_CODES.has(failure.code)) return 'reached';
  return SILENT_CODES.has(failure.code) ? 'silent' : null;
}

export const REACHED_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>(['ECONNREFUSED', 'ECONNRESET']);
export const SILENT_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'SOCKET_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_NO_ROUTE', 'ETIMEOUT', 'ERR_RESOLVER_DOWN',
]);
