import type { Lease } from '#coordinator/pipeline/closing-port.ts';

export type LeaseTaken = { readonly name: string; readonly holder: string; readonly token: number; readonly stolenFrom: string | null };

/** Who holds what until when, by Postgres' clock, as coordinator/store/leases.ts keeps it. */
export class LeasesModel {
  readonly #leases = new Map<string, { holder: string; token: number; endsMs: number }>();
  readonly #nowMs: () => number;
  readonly #onTaken: (taken: LeaseTaken) => void;

  constructor(nowMs: () => number, onTaken: (taken: LeaseTaken) => void) {
    this.#nowMs = nowMs;
    this.#onTaken = onTaken;
  }

  /** `nowMs`: when it is, for whoever asks; null: somebody else holds it. */
  acquire(name: string, holder: string, ttlMs: number, nowMs = this.#nowMs()): Lease | null {
    const known = this.#leases.get(name);
    const isRunning = known !== undefined && known.endsMs > nowMs;
    if (isRunning && known.holder !== holder) return null;
    const token = (known?.token ?? 0) + (isRunning ? 0 : 1);
    this.#onTaken({ name, holder, token, stolenFrom: known && known.endsMs > this.#nowMs() && known.holder !== holder ? known.holder : null });
    this.#leases.set(name, { holder, token, endsMs: nowMs + ttlMs });
    return { name, holder, token, ttlMs, nowMs };
  }

  release({ name, token }: Lease): void {
    const known = this.#leases.get(name);
    const nowMs = this.#nowMs();
    if (known?.token === token && known.endsMs > nowMs) known.endsMs = nowMs;
  }

  isHeld({ name, token }: Lease): boolean {
    const known = this.#leases.get(name);
    return known?.token === token && known.endsMs > this.#nowMs();
  }
}
