import type { Clock } from '#shared/time/clock.ts';
import { askServers } from './ask-servers.ts';
import { isFresh, type ControlEvidence } from './blame.ts';
import type { QuestionType } from './channel.ts';
import type { ChannelPool } from './channel-pool.ts';
import { Patience } from './patience.ts';

export type ControlQuestion = { readonly name: string; readonly type: QuestionType };

/** The root's name servers: every recursive resolver that can reach the Internet answers it. */
export const ROOT_CONTROL: readonly ControlQuestion[] = [{ name: '.', type: 'NS' }];

/** Longest wait for the control name. */
export const CONTROL_TIMEOUT_MS = 1000;

/**
 * Asks names that must exist whether the agent's own resolver works. Shared by all lookups: at most one
 * inquiry is under way, and what it found counts for two seconds, so trouble costs a resolver at most one
 * question per control name and inquiry.
 */
export class ControlName {
  readonly #doors: { readonly clock: Clock; readonly pool: ChannelPool };
  readonly #questions: readonly ControlQuestion[];
  readonly #servers: () => readonly string[];
  readonly #closing = new AbortController();
  #evidence: ControlEvidence | null = null;
  #inquiry: Promise<ControlEvidence> | null = null;

  constructor(doors: { readonly clock: Clock; readonly pool: ChannelPool }, questions: readonly ControlQuestion[], servers: () => readonly string[]) {
    this.#doors = doors;
    this.#questions = questions;
    this.#servers = servers;
  }

  /** What is known without asking. */
  fresh(): ControlEvidence | null {
    return this.#evidence && isFresh(this.#evidence, this.#doors.clock.monotonicUs()) ? this.#evidence : null;
  }

  /** What is known, or finds out; settles within `CONTROL_TIMEOUT_MS`, never rejects. */
  ask(): Promise<ControlEvidence> {
    const known = this.fresh();
    if (known) return Promise.resolve(known);
    this.#inquiry ??= this.#inquire().finally(() => { this.#inquiry = null; });
    return this.#inquiry;
  }

  close(): void {
    this.#closing.abort();
  }

  async #inquire(): Promise<ControlEvidence> {
    const patience = new Patience(this.#doors.clock, CONTROL_TIMEOUT_MS, this.#closing.signal);
    const servers = this.#servers();
    const answers = this.#questions.map(async (question) => {
      const reply = await askServers(this.#doors, { ...question, servers }, patience);
      if (!('values' in reply)) throw new Error(reply.kind);
    });
    const isAnswered = await Promise.any(answers).then(() => true, () => false);
    patience.done();
    this.#evidence = { isAnswered, atUs: this.#doors.clock.monotonicUs() };
    return this.#evidence;
  }
}
