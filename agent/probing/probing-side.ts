import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { Clock } from '#shared/time/clock.ts';
import { watchLoopDelay } from '#shared/time/loop-delay.ts';
import { AgentEgress } from '../egress.ts';
import { attemptWith } from '../executor/attempt.ts';
import type { ShotAnswer } from '../executor/executor.ts';
import { openProbe } from '../probe/open-probe.ts';
import { openAgentSecrets, type AgentSecrets } from '../secrets.ts';
import { UNKNOWN_OFFSET, type ClockOffset } from '../session/clock-offset.ts';
import { CoordinatorTime } from '../timetable/coordinator-time.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';
import { AttemptsUnderWay } from './attempts-under-way.ts';
import { OwnSlots } from './own-slots.ts';
import { PatternThread } from './pattern-thread.ts';
import type { ProbingLocation, ProbingSettings, ProbingStats } from './probing.ts';

export type ProbingSideEvents = {
  readonly onResult: (result: AttemptResult) => void;
  readonly onGap: (missed: MissedSlot) => void;
  readonly onOmitted: (count: number) => void;
  readonly onAttemptError: (error: unknown) => void;
  /** Is there room for more results and gaps? Left out: always. */
  readonly hasRoom?: () => boolean;
};

/** With memory that outlives the thread, which its replacer reads; left out: nobody does. */
export type SideSettings = ProbingSettings & { readonly descriptors?: SharedArrayBuffer; readonly underWay?: SharedArrayBuffer };

export type SideReport = Pick<ProbingStats, 'inFlight' | 'latenessP99Us' | 'loopDelayP99Us' | 'resolver' | 'engine'>;

/** Timetable, executor and probe, put together in the thread that runs them. */
export class ProbingSide {
  readonly #egress: AgentEgress;
  readonly #probe: ReturnType<typeof openProbe>;
  readonly #patterns: PatternThread;
  readonly #slots: OwnSlots;
  readonly #loopDelay = watchLoopDelay();
  #locationId = '';
  #offset: ClockOffset = UNKNOWN_OFFSET;
  #isImpaired = false;

  constructor(settings: SideSettings, clock: Clock, events: ProbingSideEvents) {
    const time = new CoordinatorTime(clock, () => -this.#offset.offsetUs / 1000);
    const nowMs = (): number => clock.monotonicUs() / 1000;
    const secrets = secretsOf(settings.secretsPath, nowMs);
    this.#egress = new AgentEgress({ ...settings.egress, fileLists: () => secrets.egress(), kind: 'public', nowMs });
    this.#patterns = new PatternThread({ clock });
    this.#probe = openProbe({
      resolver: settings.resolver, egress: (address) => this.#egress.decide(address), clock, engine: settings.engine,
      ...(settings.descriptors === undefined ? {} : { descriptors: settings.descriptors }),
      patternWork: this.#patterns, clientCertificates: (name) => secrets.clientCertificate(name),
    });
    this.#slots = new OwnSlots({
      attempt: attemptWith({ probe: this.#probe.probe, nowMs: () => time.nowMs(), isImpaired: () => this.#isImpaired, patternWork: this.#patterns, localSecret: (name) => secrets.secret(name) }),
      clock, time,
      clockOffset: () => this.#offset,
      locationId: () => this.#locationId,
      ...(settings.underWay === undefined ? {} : { notes: new AttemptsUnderWay(settings.underWay) }),
      limits: { runs: { concurrency: settings.concurrency, waitingMax: RUNS_WAITING_MAX } },
    }, events);
  }

  /** Slots due before `sinceMs` are not this side's to answer; what counts is the first one given. */
  apply(sinceMs: number, upserts: readonly Assignment[], removals: readonly string[]): void {
    this.#slots.apply(sinceMs, upserts, removals);
  }

  endAt(lastSlotMs: number): void {
    this.#slots.endAt(lastSlotMs);
  }

  setClockOffset(offset: ClockOffset): void {
    this.#offset = offset;
  }

  setImpaired(isImpaired: boolean): void {
    this.#isImpaired = isImpaired;
  }

  setLocation({ id, kind }: ProbingLocation): void {
    this.#locationId = id;
    this.#egress.setLocationKind(kind);
  }

  shoot(shot: Shot, onAnswer: (answer: ShotAnswer) => void): void {
    this.#slots.shoot(shot, onAnswer);
  }

  /** Its event-loop delay covers the time since the last report. */
  report(): SideReport {
    const { inFlight, latenessP99Us } = this.#slots.stats;
    return { inFlight, latenessP99Us, loopDelayP99Us: this.#loopDelay.p99Us(), resolver: this.#probe.resolverLoad(), engine: this.#probe.engineStatus() };
  }

  /** Every result and gap has been told when it resolves. */
  async stop(drainMs: number): Promise<void> {
    await this.#slots.stop(drainMs);
    this.#probe.close();
    this.#patterns.close();
    this.#loopDelay.stop();
  }
}

/** The main thread watches the same file and tells people about it. */
function secretsOf(path: string | null, nowMs: () => number): AgentSecrets {
  const opened = openAgentSecrets(path, nowMs, { onWarning() {}, onTrouble() {}, onReread() {} });
  if (!opened.ok) throw new Error(opened.problems.join('; '));
  return opened.secrets;
}

/** Far above what one location is ever due at once; what would wait behind them is a gap `overloaded`. */
const RUNS_WAITING_MAX = 16_384;
