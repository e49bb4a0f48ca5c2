import type { CidrList } from '#shared/net/cidr.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { ShotAnswer } from '../executor/executor.ts';
import type { EngineChoice, EngineStatus } from '../probe/engine/engine-choice.ts';
import type { ResolverLoad } from '../probe/resolve/create-resolver.ts';
import type { ClockOffset } from '../session/clock-offset.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';

/** All that probing is set up with; plain data, because it crosses to another thread. */
export type ProbingSettings = {
  readonly resolver: 'dns' | 'system';
  /** The agent's own lists (rules.md 31). */
  readonly egress: { readonly allow: CidrList; readonly deny: CidrList };
  /** The agent's secrets file; null: it has none. It was readable when the agent started. */
  readonly secretsPath: string | null;
  /** Attempts at once. */
  readonly concurrency: number;
  readonly engine: EngineChoice;
};

export type ProbingLocation = {
  /** UUID. */
  readonly id: string;
  /** `public` or `private`: which egress profile holds. */
  readonly kind: string;
};

export type ProbingEvents = {
  /** Every attempt of a scheduled run, in the order in which they ended. */
  readonly onResult: (result: AttemptResult) => void;
  readonly onGap: (missed: MissedSlot) => void;
  /** Slots too long ago to list; the coordinator closes them (rules.md 8). */
  readonly onOmitted: (count: number) => void;
  /** An attempt ended by an error of the agent; it is told as the agent's fault as well. */
  readonly onAttemptError: (error: unknown) => void;
  /**
   * The probing thread is gone; it is replaced after `restartInMs`. Its runs under way were told as `faults` results that
   * blame the agent, its other slots until now as `gaps` gaps.
   */
  readonly onDown: (down: { readonly cause: unknown; readonly faults: number; readonly gaps: number; readonly restartInMs: number }) => void;
};

export type ProbingAnswer = ShotAnswer
  /** `agent_down`: the probing thread is being replaced; `overloaded`: too many shots are waiting for an answer. */
  | { readonly kind: 'refused'; readonly reason: 'agent_down' | 'overloaded' };

/** What probing says of itself, at most some two seconds old. */
export type ProbingStats = {
  /** Ready to probe: false while a thread is being started or replaced. */
  readonly isUp: boolean;
  /** Checks held. */
  readonly assignments: number;
  /** Attempts under way, shots included. */
  readonly inFlight: number;
  /** Start after the due instant, 99th percentile of the last minute. */
  readonly latenessP99Us: number;
  /** How late the event loop that times the sockets is, 99th percentile. */
  readonly loopDelayP99Us: number;
  readonly resolver: ResolverLoad;
  readonly engine: EngineStatus;
  /** How often the thread had to be replaced. */
  readonly restarts: number;
};

/**
 * Keeps the timetable and makes the attempts, apart from everything else the agent does: gRPC, the spool's fsyncs,
 * metrics and HTTP neither make a start late nor a measured time long (rules.md 17). In a thread of its own
 * (`probing-thread.ts`), or in this one (`probing-inline.ts`); instants that cross are coordinator time, in ms.
 */
export type Probing = {
  /** A change of the assignments held; removals are check ids. The first one starts the timetable. */
  apply(upserts: readonly Assignment[], removals: readonly string[]): void;
  /** Before a goodbye: slots due after `lastSlotMs` are someone else's, also those of assignments still to come. */
  endAt(lastSlotMs: number): void;
  setClockOffset(offset: ClockOffset): void;
  /** Is the agent believed to be cut off itself? A pass by silence does not count then (rules.md 15). */
  setImpaired(isImpaired: boolean): void;
  /** Before the first assignment. */
  setLocation(location: ProbingLocation): void;
  /** Runs at once and answers once; a run id that is under way already is ignored. */
  shoot(shot: Shot, onAnswer: (answer: ProbingAnswer) => void): void;
  stats(): ProbingStats;
  /** Fires nothing more and gives what runs `drainMs`. When it resolves, every result and gap has been told. */
  stop(drainMs: number): Promise<void>;
};
