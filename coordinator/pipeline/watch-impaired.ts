import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { decideImpaired, SETTLED_AFTER_MS, windowChange, type WitnessEpisode } from '../fleet/impaired.ts';
import { keepDoing } from './keep-doing.ts';
import type { ImpairedStore, ImpairedWindow, WitnessRow } from './impaired-port.ts';

/** What an agent says of its witnesses, as this coordinator heard it last. */
export type HeardWitnesses = WitnessRow & { readonly episodes: readonly WitnessEpisode[] };

export type ImpairedWatchDeps = {
  readonly store: ImpairedStore;
  /** Of the agents that have a session here. */
  readonly heard: () => readonly HeardWitnesses[];
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Looks every few seconds at what agents say of their witnesses, and opens, closes and withdraws impaired windows
 * (rules.md 22). Each coordinator does so for the agents it holds; a window's key makes a second opinion harmless.
 */
export class ImpairedWatch {
  readonly #deps: ImpairedWatchDeps;
  /** What was stored of each agent last, so that nothing is written while nothing changes. */
  readonly #noted = new Map<string, string>();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: ImpairedWatchDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = keepDoing({ clock, log, everyMs: LOOK_EVERY_MS, signal, trouble: 'could not look at the witnesses of agents; trying again' }, () => this.look());
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  async look(): Promise<void> {
    const heard = this.#deps.heard();
    for (const agentId of this.#noted.keys()) if (!heard.some((one) => one.agentId === agentId)) this.#noted.delete(agentId);
    const changed = heard.filter((one) => this.#noted.get(one.agentId) !== signatureOf(one));
    await this.#deps.store.noteWitnesses(changed.map(({ episodes: _, ...row }) => row));
    const nowMs = this.#deps.clock.nowMs();
    for (const one of heard) {
      const isNews = changed.includes(one);
      if (!isNews && !one.episodes.some(({ toMs }) => toMs === null || nowMs - toMs < SETTLED_AFTER_MS)) continue;
      await this.#judge(one, nowMs);
      this.#noted.set(one.agentId, signatureOf(one));
    }
  }

  async #judge({ locationId, agentId, episodes, state, sinceMs }: HeardWitnesses, nowMs: number): Promise<void> {
    const { store, log } = this.#deps;
    const windows = await store.windowsOfAgent(locationId, agentId);
    for (const episode of episodes) {
      const untilMs = Math.min(nowMs, episode.toMs ?? nowMs);
      const elsewhere = await store.seenElsewhere({ locationId, agentId, fromMs: Math.max(episode.fromMs, untilMs - LOOK_BACK_MS), toMs: untilMs });
      const decision = decideImpaired(episode, elsewhere);
      const change = windowChange(episode, decision, windows.find(({ fromMs }) => fromMs === episode.fromMs) ?? null);
      if (change === null) continue;
      const reason = { targetsSilent: episode.targetsSilent, targetsReached: episode.targetsReached, elsewhere };
      log.warn({ locationId, agentId, ...change, ...reason, ...(decision.kind === 'not_impaired' ? { because: decision.because } : {}) }, `impaired window: ${change.kind}`);
      switch (change.kind) {
        case 'open': await store.openImpairedWindow({ locationId, agentId, fromMs: change.fromMs, toMs: change.toMs, reason }); break;
        case 'close': await store.closeImpairedWindow({ locationId, agentId, fromMs: change.fromMs, toMs: change.toMs }); break;
        case 'withdraw': await store.withdrawImpairedWindow({ locationId, agentId, fromMs: change.fromMs }); break;
      }
    }
    if (state === 'ok' && sinceMs !== null) await this.#closeForgotten(windows, episodes, sinceMs);
  }

  /** An agent that was started anew knows nothing of the window it left open. */
  async #closeForgotten(windows: readonly ImpairedWindow[], episodes: readonly WitnessEpisode[], sinceMs: number): Promise<void> {
    const forgotten = windows.filter(({ fromMs, toMs, isWithdrawn }) => toMs === null && !isWithdrawn && !episodes.some((episode) => episode.fromMs === fromMs));
    for (const { locationId, agentId, fromMs } of forgotten) await this.#deps.store.closeImpairedWindow({ locationId, agentId, fromMs, toMs: sinceMs });
  }
}

function signatureOf({ episodes, ...row }: HeardWitnesses): string {
  return JSON.stringify([row, episodes]);
}

const LOOK_EVERY_MS = 2_000;
/** What others saw is compared over the last minutes of a long episode. */
const LOOK_BACK_MS = 300_000;
