import { z } from 'zod';

export const MANIFEST_FILE = 'manifest.json';
/** Of the layout of a backup: a directory with a manifest and, for each table, binary COPY in gzip. */
export const FORMAT = 1;

const table = z.object({
  /** Of the table, or of the piece of a partitioned one. */
  name: z.string().regex(/^[a-z0-9_]+$/), parent: z.string().regex(/^[a-z0-9_]+$/).nullable(), columns: z.array(z.string().regex(/^[a-z0-9_]+$/)).min(1),
  rows: z.int().min(0), bytes: z.int().min(0), file: z.string().regex(/^[a-z0-9_]+\.copy\.gz$/), sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifest = z.object({
  format: z.literal(FORMAT), version: z.string(), postgresVersion: z.string(), migrations: z.array(z.string()),
  takenAt: z.iso.datetime(), /** Every slot due before is settled in it; of later ones results may have been on their way. */ settledBefore: z.iso.datetime(),
  tables: z.array(table), sequences: z.array(z.object({ table: z.string(), column: z.string(), next: z.int() })),
});

export type Manifest = z.output<typeof manifest>;
export type BackedUpTable = Manifest['tables'][number];

/** Throws a sentence when it is none, or of a layout that this version does not know. */
export function parseManifest(text: string, path: string): Manifest {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error(`${path} is no JSON: it was cut off, or is no manifest of a backup`);
  }
  const parsed = manifest.safeParse(found);
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw new Error(`${path} is no manifest of a backup that this version reads: ${at.join('.') || 'the whole'}: ${message}`);
}
