import type { Notice } from '#coordinator/alerting/notice.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { Random } from '../../fuzz/random.ts';
import { Engine } from '../engine/engine.ts';
import { StoreModel } from '../model/store-model.ts';
import type { Hints, StoreWeather } from '../model/store-door.ts';
import type { HistoryEntry, JudgedWorld } from '../oracle/judged-world.ts';
import { NaiveJudge } from '../oracle/naive-judge.ts';
import { mistakesOf, type PlantName } from '../plants.ts';
import { TruthOfTargets } from './truth-of-targets.ts';

const VIOLATIONS_MAX = 50;

/** A world without a fleet: Postgres, those who judge, and rows that come as they like. */
export class HistoryWorld implements JudgedWorld {
  readonly engine: Engine;
  readonly random: Random;
  readonly plants: ReadonlySet<PlantName>;
  readonly model: StoreModel;
  readonly naiveJudge: NaiveJudge;
  readonly truth: TruthOfTargets;
  readonly weather: StoreWeather = { isDown: false, slowMs: 0, lostBefore: 0, lostAfter: 0 };
  readonly hints: Hints = { config: new Set(), fleet: new Set(), shots: new Set(), judge: new Set() };
  readonly accountId: string;
  readonly locations: readonly Location[];
  readonly checkIds: string[] = [];
  readonly history: HistoryEntry[] = [];
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  /** Chance that a judge is killed at one side of an effect. */
  crashChance = 0;
  /** A judge reads how things stand anew after each commit. */
  readonly onCommitted = new Set<() => void>();
  readonly #ids: Random;

  constructor({ seed, plants, startMs, isTraceKept }: { readonly seed: number; readonly plants: ReadonlySet<PlantName>; readonly startMs: number; readonly isTraceKept: boolean }) {
    this.engine = new Engine(startMs);
    this.engine.trace.isKept = isTraceKept;
    this.random = new Random(seed, 21);
    this.#ids = new Random(seed, 22);
    this.plants = plants;
    this.accountId = this.newId();
    this.locations = ['a', 'b', 'c'].map((code) => ({ id: this.newId(), code, name: code, kind: 'public', accountId: null }));
    this.truth = new TruthOfTargets(new Random(seed, 23), this.locations.map(({ id }) => id));
    this.model = new StoreModel({
      nowMs: () => this.engine.nowMs, newId: () => this.newId(), mistakes: mistakesOf(plants),
      onStored: (change) => { this.history.push({ ...change, atMs: this.engine.nowMs }); this.engine.trace.note(this.engine.nowMs, change.kind); },
      onHint: () => tell(this.hints.config), onJudgeHint: () => tell(this.hints.judge),
      onLook: (look) => {
        this.naiveJudge.looked(look);
        tell(this.onCommitted);
      },
      onNotice: (notice) => {
        this.engine.trace.note(this.engine.nowMs, `notice ${notice.kind} ${notice.check ? this.checkIds.indexOf(notice.check.id) : ''}`);
        this.naiveJudge.told(notice);
      },
    });
    this.naiveJudge = new NaiveJudge(this);
    for (const location of this.locations) this.model.addLocation(location, location.code);
    this.model.appendAvailability(this.locations.map(({ id }) => ({ locationId: id, fromAtMs: startMs, available: true })));
  }

  newId(): string {
    const hex = Buffer.from(this.#ids.bytes(16)).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  definitionOf(checkId: string): Check | undefined {
    return this.model.checks.get(checkId)?.check;
  }

  /** I6: the run that is told of is stored, failed, and was seen by an agent that was not cut off. */
  readonly failedIndeed = (checkId: string, { result }: Notice): void => {
    const stored = result && this.model.runs.resultsOf(this.accountId, result.runId).at(-1);
    if (!result || (stored?.result.outcome as AttemptResult['outcome'] | undefined) === 'failed') return;
    this.violate('I6', `check ${this.checkIds.indexOf(checkId)} is told to fail by a run that did not`);
  };

  sometimes(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  violate(rule: string, what: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(`${new Date(this.engine.nowMs).toISOString()} ${rule}: ${what}`);
    this.engine.trace.note(this.engine.nowMs, `VIOLATION ${rule}: ${what}`);
  }
}

function tell(listeners: Iterable<() => void>): void {
  for (const listener of [...listeners]) listener();
}
