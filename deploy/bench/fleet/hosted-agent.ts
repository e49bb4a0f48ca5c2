import { randomUUID } from 'node:crypto';
import { newPrivateKeyPem, ownKeyOf } from '#agent/own-key.ts';
import { AssignmentSet } from '#agent/session/assignment-set.ts';
import { ClockOffsetEstimate } from '#agent/session/clock-offset.ts';
import { connectFleet, type CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { SessionKeeper } from '#agent/session/keep-session.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/time/clock.ts';
import { benchRow, type OwedRuns } from '../pipeline/bench-rows.ts';
import { LaneSpool } from './lane-spool.ts';

export type HostedAgentOrder = {
  readonly key: string;
  readonly owed: OwedRuns;
  /** Its results are the numbers `firstRow`, `firstRow + stride`, … of its location, after the backlog, which are those from 0 on. */
  readonly firstRow: number;
  readonly stride: number;
  readonly backlog: number;
};

/** The agent's own session, assignments and delivery, without probes. Wall clock, ms; null: not yet. */
export class HostedAgent {
  readonly spool: LaneSpool;
  /** Since when it has its session, or has been without. */
  connectedAtMs: number | null = null;
  sessionsLost = 0;
  /** Told to come back later, since the last session. */
  timesTurnedAway = 0;
  /** Of what is watched, since `watchChanges`. */
  firstChangeAtMs: number | null = null;
  readonly #held = new Set<string>();
  #watched: ReadonlySet<string> | null = null;
  readonly #assignments = new AssignmentSet(new Set(['columnar-results', 'shots', 'gaps', 'dialogue', 'tls']), () => null);

  constructor({ owed, firstRow, stride, backlog }: HostedAgentOrder) {
    const rowAt = benchRow(owed);
    this.spool = new LaneSpool(randomUUID(), backlog, (number) => rowAt(number < backlog ? number : firstRow + (number - backlog) * stride));
  }

  /** Resolves once it has a config; goes on, and comes back, until the signal aborts. */
  join(coordinator: CoordinatorAddress, key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const keeper = new SessionKeeper({
        identity: { agentId: randomUUID(), instanceId: randomUUID(), name: 'hosted', version: 'bench', features: [], capacity: 100, ownKey: ownKeyOf(newPrivateKeyPem()) },
        locationKey: () => key, clock: systemClock, log: this.#log(), spool: this.spool, random: Math.random, assignments: this.#assignments,
        clockOffset: new ClockOffsetEstimate(), connect: () => connectFleet(coordinator),
        onWelcome: () => {},
        onConnected: (isConnected) => this.#noteConnected(isConnected),
        onAssignments: (upserts, removals) => {
          for (const checkId of removals) this.#held.delete(checkId);
          for (const { checkId } of upserts) this.#held.add(checkId);
          if (upserts.some(({ checkId }) => this.#watched?.has(checkId) ?? true)) this.firstChangeAtMs ??= Date.now();
          resolve();
        },
        onLiveAgents: () => {}, onHeard: () => {}, onShot: () => {},
        vitals: () => ({ inFlight: 0, spoolDepth: BigInt(this.spool.depth()), spoolOldestAgeMs: 0n, latenessP99Us: 0, loopDelayP99Us: 0 }),
      });
      void keeper.run(signal);
    });
  }

  /** From now on an assignment of one of these checks is a change; null: of any. Whether it holds one now. */
  watchChanges(checkIds: ReadonlySet<string> | null): boolean {
    this.firstChangeAtMs = null;
    this.#watched = checkIds;
    return checkIds === null ? this.#held.size > 0 : [...this.#held].some((checkId) => checkIds.has(checkId));
  }

  /** Said also after an attempt that came to nothing. */
  #noteConnected(isConnected: boolean): void {
    if (isConnected === (this.connectedAtMs !== null)) return;
    this.connectedAtMs = isConnected ? Date.now() : null;
    if (!isConnected) this.sessionsLost += 1;
  }

  #log(): Log {
    const quiet = (): void => {};
    const warn = (fields: unknown): void => { if ((fields as { kind?: unknown }).kind === 'rejected') this.timesTurnedAway += 1; };
    return { debug: quiet, info: quiet, warn, error: (fields: unknown) => process.stderr.write(`hosted agent: ${JSON.stringify(fields)}\n`) } as unknown as Log;
  }
}
