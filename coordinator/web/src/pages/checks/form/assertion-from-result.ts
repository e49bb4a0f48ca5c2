import type { AssertionWire } from '../wire.ts';

const SOURCES: Readonly<Record<string, AssertionWire['source']>> = { dns: 'DNS_TIME', connect: 'CONNECT_TIME', tls: 'TLS_TIME', firstByte: 'FIRST_BYTE_TIME', total: 'RESPONSE_TIME' };

/** A limit with room above what was just seen: three times as much, at least 10 ms, in round numbers; null: nothing to assert on. */
export function assertionOfPhase(phase: string, us: number): AssertionWire | null {
  const source = SOURCES[phase];
  if (source === undefined) return null;
  const wantedMs = Math.max((us / 1_000) * 3, 10);
  const step = 10 ** Math.floor(Math.log10(wantedMs));
  return { source, property: '', comparison: 'LESS_THAN', target: String(Math.ceil(wantedMs / step) * step) };
}
