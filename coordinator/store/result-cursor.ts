/** Where a page of results ended: an opaque text for clients. */
export type ResultCursor = { readonly dueAtMs: number; readonly runId: string; readonly attempt: number };

/** A cursor that we never gave. The API answers 400. */
export class BadCursorError extends Error {
  override readonly name = 'BadCursorError';
  readonly statusCode = 400;
}

export function formatCursor(cursor: ResultCursor): string {
  return Buffer.from(`${cursor.dueAtMs}.${cursor.runId}.${cursor.attempt}`).toString('base64url');
}

/** Throws `BadCursorError`. */
export function parseCursor(text: string): ResultCursor {
  const parts = /^(\d{1,16})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,4})$/.exec(Buffer.from(text, 'base64url').toString());
  if (!parts) throw new BadCursorError('this cursor was not given by an answer of this API; leave it out to begin at the newest');
  return { dueAtMs: Number(parts[1]), runId: parts[2]!, attempt: Number(parts[3]) };
}
