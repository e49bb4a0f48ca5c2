import type { Clock, Timer } from '#shared/time/clock.ts';
import type { SealedFile } from '../sealed-file.ts';
import { decodeKept, encodeKept, type KeptTimetable } from './kept-timetable.ts';

export type TimetableKeeperDeps = {
  readonly file: Pick<SealedFile, 'read' | 'write'>;
  readonly clock: Clock;
  /** What is held now; null: nothing worth keeping. */
  readonly current: () => KeptTimetable | null;
  /** How often what did not change is written again, for the time the coordinator was last heard of. */
  readonly refreshMs: number;
  readonly onTrouble: (error: unknown) => void;
};

/**
 * Keeps what an agent was told on disk: soon after a change, and now and then for the time it was last heard of; one
 * write at a time, two seconds apart, whatever comes in between. A write that fails is tried again with the next.
 */
export class TimetableKeeper {
  readonly #deps: TimetableKeeperDeps;
  #timer: Timer | null = null;
  #isDueSoon = false;
  #writing: Promise<void> | null = null;
  #isTroubled = false;
  #isClosed = false;

  constructor(deps: TimetableKeeperDeps) {
    this.#deps = deps;
  }

  /** What was kept, if it is of this agent and its coordinator; otherwise why it is not used. Never throws. */
  async load(own: Pick<KeptTimetable, 'agentId' | 'coordinator'>): Promise<
    { readonly kind: 'kept'; readonly kept: KeptTimetable } | { readonly kind: 'none'; readonly reason: string | null }
  > {
    const opened = await this.#deps.file.read();
    if (opened.kind === 'absent') return { kind: 'none', reason: null };
    if (opened.kind === 'unusable') return { kind: 'none', reason: opened.reason };
    try {
      const kept = decodeKept(opened.content);
      if (kept.agentId !== own.agentId) return { kind: 'none', reason: 'it is of another agent' };
      if (kept.coordinator !== own.coordinator) return { kind: 'none', reason: `it is from ${kept.coordinator}, and this agent now belongs to ${own.coordinator}` };
      return { kind: 'kept', kept };
    } catch (error) {
      return { kind: 'none', reason: `it is damaged: ${(error as Error).message}` };
    }
  }

  /** Something changed. */
  changed(): void {
    if (this.#isDueSoon || this.#isClosed) return;
    this.#isDueSoon = true;
    this.#arm(WRITE_GAP_MS);
  }

  /** Writes what is held now and nothing afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#deps.clock.setTimer(delayMs, () => {
      this.#isDueSoon = false;
      this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#write()).then(() => {
        if (!this.#isDueSoon) this.#arm(this.#isTroubled ? Math.min(TROUBLED_MS, this.#deps.refreshMs) : this.#deps.refreshMs);
      });
    });
  }

  async #write(): Promise<void> {
    const { current, file, onTrouble } = this.#deps;
    const kept = current();
    if (kept === null) return;
    try {
      await file.write(encodeKept(kept));
      this.#isTroubled = false;
    } catch (error) {
      if (!this.#isTroubled) onTrouble(error);
      this.#isTroubled = true;
    }
  }
}

/** A burst of deltas is one write; an agent that dies within it runs by the config before it. */
const WRITE_GAP_MS = 2_000;
/** After a write that failed: a full disk may have room again. */
const TROUBLED_MS = 30_000;
