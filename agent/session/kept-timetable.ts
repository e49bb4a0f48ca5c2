import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';

/** What an agent keeps of its config, so that it can run on after a restart while the coordinator is away. */
export type KeptTimetable = {
  /** host:port it was told by: another coordinator's checks are not run in its name. */
  readonly coordinator: string;
  readonly agentId: string;
  readonly location: { readonly id: string; readonly code: string; readonly kind: string };
  readonly revision: number;
  readonly hash: Buffer;
  /** Agents that shared the location's work, this one included. */
  readonly liveAgents: number;
  /** When a coordinator was last heard of; ms by the local wall clock. */
  readonly heardAtMs: number;
  /** Agent's clock minus coordinator's, µs. */
  readonly clockOffsetUs: number;
  /** Wire messages, encoded. */
  readonly assignments: readonly Uint8Array[];
};

/** One line of JSON, then each assignment behind its length (4 bytes, big-endian). */
export function encodeKept(kept: KeptTimetable): Buffer {
  const { assignments, hash, ...facts } = kept;
  const parts: Uint8Array[] = [Buffer.from(`${JSON.stringify({ ...facts, hash: hash.toString('base64'), count: assignments.length })}\n`)];
  for (const message of assignments) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    parts.push(length, message);
  }
  return Buffer.concat(parts);
}

/** Throws when it is not what `encodeKept` made. */
export function decodeKept(bytes: Buffer): KeptTimetable {
  const lineEnd = bytes.indexOf(0x0a);
  const { hash, count, ...facts } = JSON.parse(bytes.toString('utf8', 0, lineEnd)) as Omit<KeptTimetable, 'assignments' | 'hash'> & { hash: string; count: number };
  const assignments: Uint8Array[] = [];
  let at = lineEnd + 1;
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at);
    assignments.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (assignments.length !== count || at !== bytes.length) throw new Error('it is cut short');
  return { ...facts, hash: Buffer.from(hash, 'base64'), assignments };
}

/** The snapshot that brings a set back to what was kept. Throws when a message cannot be decoded. */
export function snapshotOf({ revision, hash, liveAgents, assignments }: KeptTimetable): pb.Snapshot {
  return { revision: BigInt(revision), hash, liveAgents, assignments: assignments.map((message) => pb.Assignment.decode(message)) };
}
