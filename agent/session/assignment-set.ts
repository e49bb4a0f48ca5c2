import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { assignmentFromWire, configHash } from '#shared/wire/assignment.ts';
import { WireError } from '#shared/wire/wire-error.ts';

/** What came of a snapshot or delta. Only `resync` leaves the set as it was. */
export type Applied =
  | { readonly kind: 'applied'; readonly upserts: readonly Assignment[]; readonly removals: readonly string[]; readonly rejected: readonly pb.Rejection[] }
  | { readonly kind: 'resync'; readonly reason: string };

/**
 * The assignments an agent holds, at a revision. A rejected check counts as held: its digest is part of the hash,
 * so that both sides agree on what was told, not on what can be run.
 */
export class AssignmentSet {
  readonly #features: ReadonlySet<string>;
  readonly #accept: (assignment: Assignment) => string | null;
  #digests = new Map<string, Uint8Array>();
  /** As they were told, to be kept for the next start; encoded, since a decoded one holds on to the frame it came in. */
  readonly #told = new Map<string, Uint8Array>();
  #rejected = new Map<string, pb.Rejection>();
  revision = 0;

  /** `accept` says why an assignment cannot be run, or null. */
  constructor(features: ReadonlySet<string>, accept: (assignment: Assignment) => string | null) {
    this.#features = features;
    this.#accept = accept;
  }

  get hash(): Buffer {
    return this.revision === 0 ? Buffer.alloc(0) : configHash(this.#digests);
  }

  get rejected(): readonly pb.Rejection[] {
    return [...this.#rejected.values()];
  }

  /** Every assignment told, as wire messages. */
  encoded(): readonly Uint8Array[] {
    return [...this.#told.values()];
  }

  /** Holds nothing any more, as before the first snapshot; the ids of what it held. */
  forget(): readonly string[] {
    const held = [...this.#digests.keys()];
    this.#digests = new Map();
    this.#told.clear();
    this.#rejected.clear();
    this.revision = 0;
    return held;
  }

  applySnapshot(snapshot: pb.Snapshot): Applied {
    const told = new Set(snapshot.assignments.map(({ checkId }) => checkId));
    const removals = [...this.#digests.keys()].filter((id) => !told.has(id));
    return this.#apply(snapshot.assignments, removals, snapshot);
  }

  applyDelta(delta: pb.Delta): Applied {
    const base = Number(delta.baseRevision);
    if (base !== this.revision) return { kind: 'resync', reason: `a delta from revision ${base}, but this agent is at ${this.revision}` };
    return this.#apply(delta.upserts, delta.removals, delta);
  }

  #apply(messages: readonly pb.Assignment[], removals: readonly string[], told: { readonly revision: bigint; readonly hash: Buffer }): Applied {
    const digests = new Map(this.#digests);
    for (const id of removals) digests.delete(id);
    for (const message of messages) digests.set(message.checkId, message.digest);
    if (!configHash(digests).equals(told.hash)) return { kind: 'resync', reason: `the content hash at revision ${told.revision} differs` };
    this.#digests = digests;
    this.revision = Number(told.revision);
    for (const id of removals) this.#told.delete(id);
    for (const message of messages) this.#told.set(message.checkId, pb.Assignment.encode(message).finish());

    const upserts: Assignment[] = [];
    const stopped: string[] = [...removals];
    for (const id of removals) this.#rejected.delete(id);
    for (const message of messages) {
      const accepted = this.#read(message);
      if (accepted.ok) {
        this.#rejected.delete(message.checkId);
        upserts.push(accepted.assignment);
      } else {
        // The revision before it must not run on under the name of this one.
        stopped.push(message.checkId);
        this.#rejected.set(message.checkId, { checkId: message.checkId, code: 'unsupported', reason: accepted.reason });
      }
    }
    return { kind: 'applied', upserts, removals: stopped, rejected: this.rejected };
  }

  #read(message: pb.Assignment): { ok: true; assignment: Assignment } | { ok: false; reason: string } {
    try {
      const assignment = assignmentFromWire(message, this.#features);
      const reason = this.#accept(assignment);
      return reason === null ? { ok: true, assignment } : { ok: false, reason };
    } catch (error) {
      if (error instanceof WireError) return { ok: false, reason: error.message };
      throw error;
    }
  }
}
