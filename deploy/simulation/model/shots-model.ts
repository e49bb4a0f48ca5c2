import type { ClaimedShot, DeployOrder, OwedShot, RoutedAnswer, ShotToDeliver } from '#coordinator/pipeline/shot-port.ts';

type Delivery = { readonly delivery: ShotToDeliver['delivery']; readonly expiresMs: number; claimedBy: string | null; answer: RoutedAnswer | null };

/** Whoever waits has given up by then (coordinator/store/shots.ts). */
const FORGET_AFTER_MS = 120_000;

/** Shots and their way between coordinators, as coordinator/store/shots.ts keeps them. */
export class ShotsModel {
  readonly owed = new Map<string, OwedShot>();
  readonly #deliveries = new Map<string, Delivery>();
  readonly #deployed = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #onHint: () => void;

  constructor(nowMs: () => number, onHint: () => void) {
    this.#nowMs = nowMs;
    this.#onHint = onHint;
  }

  record(shot: OwedShot): void {
    if (!this.owed.has(shot.runId)) this.owed.set(shot.runId, shot);
  }

  find(runIds: readonly string[]): readonly OwedShot[] {
    return [...new Set(runIds)].flatMap((runId) => this.owed.get(runId) ?? []);
  }

  order(shots: readonly ShotToDeliver[]): void {
    for (const { delivery, owed } of shots) {
      if (owed) this.owed.set(owed.runId, owed);
      this.#deliveries.set(delivery.runId, { delivery, expiresMs: this.#nowMs() + delivery.timeoutMs, claimedBy: null, answer: null });
    }
    if (shots.length > 0) this.#onHint();
  }

  orderDeploys(orders: readonly DeployOrder[]): void {
    for (const { checkId, revision, shots } of new Map(orders.map((order) => [order.checkId, order])).values()) {
      if ((this.#deployed.get(checkId) ?? 0) >= revision) continue;
      this.#deployed.set(checkId, revision);
      this.order(shots);
    }
  }

  claim(coordinatorId: string, locationIds: readonly string[], max: number): readonly ClaimedShot[] {
    const nowMs = this.#nowMs();
    const free = [...this.#deliveries.values()].filter(({ claimedBy, expiresMs, delivery }) => claimedBy === null && expiresMs > nowMs && locationIds.includes(delivery.locationId))
      .sort((a, b) => a.expiresMs - b.expiresMs).slice(0, max);
    return free.map((row) => {
      row.claimedBy = coordinatorId;
      const { runId, locationId, shot } = row.delivery;
      return { runId, locationId, shot, leftMs: row.expiresMs - nowMs };
    });
  }

  release(runId: string): void {
    const row = this.#deliveries.get(runId);
    if (row?.answer === null) row.claimedBy = null;
  }

  answer(runId: string, answer: RoutedAnswer): void {
    const row = this.#deliveries.get(runId);
    if (!row) return;
    if (row.delivery.answerTo === null) { this.#deliveries.delete(runId); return; }
    row.answer = answer;
    this.#onHint();
  }

  takeAnswers(runIds: readonly string[]): readonly { readonly runId: string; readonly answer: RoutedAnswer }[] {
    return runIds.flatMap((runId) => {
      const answer = this.#deliveries.get(runId)?.answer;
      if (!answer) return [];
      this.#deliveries.delete(runId);
      return [{ runId, answer }];
    });
  }

  forget(): void {
    for (const [runId, { expiresMs }] of this.#deliveries) if (expiresMs < this.#nowMs() - FORGET_AFTER_MS) this.#deliveries.delete(runId);
  }
}
