import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { LivenessStore } from '../pipeline/liveness-port.ts';
import { pulse } from '../pulse.ts';
import type { CutOff, EnrolmentStore } from './enrolment-port.ts';

/** A stream of an agent, control or results, by the session it belongs to. */
export type LiveStream = {
  readonly sessionId: string;
  cut(cutOff: { readonly code: Exclude<CutOff['code'], 'superseded'> }): void;
  /** Ends on a newer session of the agent; left out: what the older one still brings is taken. */
  readonly supersede?: () => void;
};

type WatchStore = Pick<EnrolmentStore, 'findCutOff'> & Pick<LivenessStore, 'onFleetHint'>;

/** Within the 5 s that a revocation may take, a failed look included. */
const LOOK_EVERY_MS = 1_500;
/** A herd that comes back hints a thousand times a second. */
const LOOK_GAP_MIN_MS = 300;
/** A look at a thousand agents takes tens of ms, and is hinted at by every one of them that comes back. */
const REST_PER_LOOK = 4;

/**
 * Every stream that agents have open here, so that a revocation, and a newer session on another coordinator, reaches
 * all of them, whoever opened them where.
 */
export class LiveStreams {
  readonly #streams = new Set<LiveStream>();
  #loop: Promise<void> = Promise.resolve();

  /** Returns how to forget it. */
  add(stream: LiveStream): () => void {
    this.#streams.add(stream);
    return () => { this.#streams.delete(stream); };
  }

  /** Looks for revocations and newer sessions until the signal aborts. */
  watch(store: WatchStore, { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal }): void {
    this.#loop = pulse(() => this.look(store), {
      everyMs: LOOK_EVERY_MS, gapMs: LOOK_GAP_MIN_MS, restPerLook: REST_PER_LOOK, onHint: (callback) => store.onFleetHint(callback), clock, signal,
      onTrouble: (error) => log.warn({ err: error }, 'could not look for revocations; trying again'),
    });
  }

  async look(store: Pick<WatchStore, 'findCutOff'>): Promise<void> {
    const ids = [...new Set([...this.#streams].map(({ sessionId }) => sessionId))];
    if (ids.length === 0) return;
    const cutOffs = new Map((await store.findCutOff(ids)).map((cutOff) => [cutOff.sessionId, cutOff]));
    if (cutOffs.size === 0) return;
    for (const stream of this.#streams) {
      const cutOff = cutOffs.get(stream.sessionId);
      if (!cutOff || (cutOff.code === 'superseded' && !stream.supersede)) continue;
      this.#streams.delete(stream);
      if (cutOff.code === 'superseded') stream.supersede?.();
      else stream.cut({ code: cutOff.code });
    }
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }
}
