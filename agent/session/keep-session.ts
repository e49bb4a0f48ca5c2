import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { sleep } from '#shared/time/clock.ts';
import type { Spool } from '../spool/spool.ts';
import { deliverResults } from './deliver-results.ts';
import type { FleetConnection } from './fleet-connection.ts';
import { holdSession, type SessionDeps, type SessionEnd } from './hold-session.ts';
import { afterSession, NEW_RECONNECT, reconnectDelayMs } from './reconnect-policy.ts';

export type KeepSessionDeps = Omit<SessionDeps, 'onWelcome'> & {
  readonly connect: () => FleetConnection;
  readonly spool: Spool;
  /** In [0, 1): spreads reconnects. */
  readonly random: () => number;
  readonly onWelcome: (welcome: pb.Welcome) => void;
  readonly onConnected: (isConnected: boolean) => void;
};

/** Only an explicit rejection slows an agent down, and never beyond this. */
const REJECTED_WAIT_MAX_MS = 300_000;

/**
 * Joins, stays, and comes back, until the signal aborts; the timetable runs on meanwhile. Nothing that a coordinator
 * answers makes it stop. `goodbye` says, while there is a session, that the slots after the last are someone else's.
 */
export class SessionKeeper {
  readonly #deps: KeepSessionDeps;
  #say: ((message: pb.AgentMessage) => Promise<void>) | null = null;

  constructor(deps: KeepSessionDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#deps;
    let state = NEW_RECONNECT;
    while (!signal.aborted) {
      const startedUs = clock.monotonicUs();
      const end = await this.#once(signal);
      if (signal.aborted) return;
      const lastedMs = (clock.monotonicUs() - startedUs) / 1000;
      state = afterSession(state, lastedMs, end.kind === 'rejected' ? null : end.windowMs);
      const delayMs = end.kind === 'rejected'
        ? Math.min(REJECTED_WAIT_MAX_MS, end.retryAfterMs * (0.5 + random()))
        : reconnectDelayMs(state, random(), end.kind === 'go_away' ? end.minMs : 0);
      log.warn({ ...end, delayMs: Math.round(delayMs) }, sentenceFor(end));
      await sleep(clock, delayMs, signal);
    }
  }

  async goodbye(lastSlotMs: number, reason: string): Promise<void> {
    await this.#say?.({ message: { $case: 'goodbye', value: { lastSlotMs: BigInt(lastSlotMs), reason } } });
  }

  async #once(signal: AbortSignal): Promise<SessionEnd> {
    const { connect, spool, onConnected, log } = this.#deps;
    const connection = connect();
    const stream = connection.openSession();
    const stop = (): void => stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    this.#say = (message) => stream.write(message);
    let delivery: Promise<void> | null = null;
    try {
      return await holdSession(stream, {
        ...this.#deps,
        onWelcome: (welcome) => {
          this.#deps.onWelcome(welcome);
          onConnected(true);
          delivery = this.#deliver(connection, welcome, stream.signal, spool);
        },
      });
    } catch (error) {
      log.error({ err: error }, 'a session ended by an error of the agent');
      return { kind: 'ended', windowMs: null, cause: 'an error of the agent' };
    } finally {
      signal.removeEventListener('abort', stop);
      this.#say = null;
      onConnected(false);
      await delivery;
      connection.close();
    }
  }

  /** Results have a stream of their own; when only that breaks, it alone is opened again. */
  async #deliver(connection: FleetConnection, welcome: pb.Welcome, sessionOver: AbortSignal, spool: Spool): Promise<void> {
    const { clock, log, random } = this.#deps;
    while (!sessionOver.aborted) {
      const stream = connection.openResults();
      const stop = (): void => stream.destroy();
      sessionOver.addEventListener('abort', stop, { once: true });
      const open = { sessionId: welcome.sessionId, generation: welcome.generation };
      await deliverResults(stream, open, spool, {
        onRefused: (rows) => log.warn({ rows: rows.length, code: rows[0]?.code }, 'the coordinator refused results'),
      }).catch((error: unknown) => log.error({ err: error }, 'delivering results failed'));
      sessionOver.removeEventListener('abort', stop);
      stream.destroy();
      await sleep(clock, RESULTS_RETRY_MS * (0.5 + random()), sessionOver);
    }
  }
}

const RESULTS_RETRY_MS = 1_000;

function sentenceFor(end: SessionEnd): string {
  switch (end.kind) {
    case 'ended': return 'no session with the coordinator; checks go on, results are kept';
    case 'go_away': return 'the coordinator asked to come back later; checks go on, results are kept';
    case 'rejected': return `the coordinator rejected this agent: ${end.reason}`;
  }
}
