import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import type { CutOff, EnrolmentStore } from './enrolment-port.ts';

/** A stream of an agent, control or results, by the session it belongs to. */
export type LiveStream = { readonly sessionId: string; cut(cutOff: CutOff): void };

/** Within the 5 s that a revocation may take, a failed look included. */
const LOOK_EVERY_MS = 1_500;

/** Every stream that agents have open here, so that a revocation reaches all of them, whoever opened them where. */
export class LiveStreams {
  readonly #streams = new Set<LiveStream>();
  #loop: Promise<void> = Promise.resolve();

  /** Returns how to forget it. */
  add(stream: LiveStream): () => void {
    this.#streams.add(stream);
    return () => { this.#streams.delete(stream); };
  }

  /** Looks for revocations until the signal aborts. */
  watch(store: Pick<EnrolmentStore, 'findCutOff'>, { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal }): void {
    this.#loop = (async () => {
      while (!signal.aborted) {
        await sleep(clock, LOOK_EVERY_MS, signal);
        if (signal.aborted) return;
        await this.look(store).catch((error: unknown) => log.warn({ err: error }, 'could not look for revocations; trying again'));
      }
    })();
  }

  async look(store: Pick<EnrolmentStore, 'findCutOff'>): Promise<void> {
    const ids = [...new Set([...this.#streams].map(({ sessionId }) => sessionId))];
    if (ids.length === 0) return;
    const cutOffs = new Map((await store.findCutOff(ids)).map((cutOff) => [cutOff.sessionId, cutOff]));
    if (cutOffs.size === 0) return;
    for (const stream of this.#streams) {
      const cutOff = cutOffs.get(stream.sessionId);
      if (!cutOff) continue;
      this.#streams.delete(stream);
      stream.cut(cutOff);
    }
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }
}
