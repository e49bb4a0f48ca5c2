import type { Attempt, Stop } from './attempt.ts';
import type { Connection, Engine, Opened } from './engine/engine.ts';
import { failing, failingBy } from './failing.ts';

/** Dials the literal and nothing else, and makes sure that it is what answered. */
export function connect(engine: Engine, attempt: Attempt, address: string, signal: AbortSignal | undefined): Promise<Connection | Stop> {
  attempt.phase = 'connect';
  const { spec } = attempt;
  attempt.remoteAddress = address;
  return engine.open({
    address, port: spec.port, family: spec.ipFamily, sourceAddress: spec.sourceAddress,
    untilUs: attempt.deadlineUs, signal,
  }).then((opened) => bookOpened(attempt, address, opened));
}

function bookOpened(attempt: Attempt, address: string, opened: Opened): Connection | Stop {
  const { stopwatch } = attempt;
  stopwatch.skip(opened.startedUs);
  stopwatch.lap('connect', opened.atUs);
  attempt.lastActivityUs = opened.atUs;
  if (!opened.ok) {
    attempt.synRetransmits = opened.synRetransmits;
    return failingBy(opened.trouble, attempt, { phase: 'connect', detail: lossOf(opened.synRetransmits) });
  }
  const { connection } = opened;
  attempt.established = true;
  attempt.connectUs = stopwatch.of('connect');
  attempt.localAddress = connection.localAddress;
  attempt.synRetransmits = connection.synRetransmits;
  if (connection.remoteAddress === null || isSameAddress(connection.remoteAddress, address)) return connection;
  attempt.remoteAddress = connection.remoteAddress;
  connection.close();
  return failing(attempt, { phase: 'connect', code: 'ERR_ADDRESS_MISMATCH', detail: `dialled ${address}, reached ${connection.remoteAddress}` });
}

function lossOf(synRetransmits: number | null): string {
  if (synRetransmits === null || synRetransmits === 0) return '';
  return `the first packet was sent ${synRetransmits + 1} times without an answer`;
}

function isSameAddress(one: string, other: string): boolean {
  return one === other || canonical(one) === canonical(other);
}

/** The URL standard's serializer knows one spelling of an address. */
function canonical(address: string): string {
  return URL.parse(address.includes(':') ? `http://[${address}]/` : `http://${address}/`)?.hostname ?? address;
}
