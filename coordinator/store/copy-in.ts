import type { Connection, PoolClient, Submittable } from 'pg';

/** CopyDone: its type and its length. */
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** What a query of node-postgres hears from its connection; its types name only the first. */
type Heard = { readonly connection: Connection & { readonly stream: { write(bytes: Buffer): boolean }; query(text: string): void } };

/**
 * One `copy … from stdin` of one message that is ready (`encodeCopyMessage`): one write to the socket, without the
 * streams in between. Resolves when Postgres has taken all of it; rejects with what it says.
 */
export function copyIn(client: PoolClient, text: string, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | null = null;
    const copy = {
      submit(connection: Heard['connection']): void { connection.query(text); },
      handleCopyInResponse({ stream }: Heard['connection']): void {
        stream.write(message);
        stream.write(COPY_DONE);
      },
      handleError(error: Error): void {
        failure = error;
        reject(error);
      },
      handleReadyForQuery(): void { if (failure === null) resolve(); },
      handleCommandComplete(): void {},
      handleRowDescription(): void {},
      handleDataRow(): void {},
      handlePortalSuspended(): void {},
      handleEmptyQuery(): void {},
      handleCopyData(): void {},
      // node-postgres sets it when it watches the time of a query.
      callback(): void {},
    };
    client.query(copy as unknown as Submittable);
  });
}
