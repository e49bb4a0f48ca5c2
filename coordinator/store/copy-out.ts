import type { Connection, PoolClient, Submittable } from 'pg';

const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
const NOTICE = 0x4e;
const PARAMETER_STATUS = 0x53;
/** https://www.postgresql.org/docs/current/sql-copy.html, Binary Format: signature, flags, length of an extension. */
const COPY_HEADER_BYTES = 19;
const LENGTH_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** What a query of node-postgres hears from its connection; its types name only the first. */
type Heard = Connection & { readonly stream: NodeJS.ReadableStream & { listeners(event: 'data'): unknown[] }; query(text: string): void };
type Listener = (chunk: Buffer) => void;

/** One row of `copy … to stdout (format binary)`: `at` is where the length of its first field stands. */
export type OnRow = (bytes: DataView, at: number) => void;

/**
 * Rows straight off the socket, with nothing made of them in between: node-postgres' parser would make a message and an
 * event of each. Its listener stands aside until the copy is over. Resolves when Postgres is ready for the next query;
 * rejects with what it says, or with what `onRow` throws first.
 */
export function copyOut(client: PoolClient, text: string, onRow: OnRow): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: unknown = null;
    const rows = new RowReader((view, at) => {
      if (failure !== null) return;
      try {
        onRow(view, at);
      } catch (error) {
        failure = error;
      }
    });
    const copy = {
      submit(connection: Heard): void {
        const { stream } = connection;
        const [others] = stream.listeners('data') as [Listener];
        const listen: Listener = (chunk) => {
          const rest = rows.read(chunk);
          if (rest === null) return;
          stream.off('data', listen);
          stream.on('data', others);
          others(rest);
        };
        stream.off('data', others);
        stream.on('data', listen);
        connection.query(text);
      },
      handleError(error: Error): void {
        failure ??= error;
        reject(failure);
      },
      handleReadyForQuery(): void { if (failure === null) resolve(); else reject(failure); },
      handleCommandComplete(): void {},
      handleRowDescription(): void {},
      handleDataRow(): void {},
      handlePortalSuspended(): void {},
      handleEmptyQuery(): void {},
      handleCopyInResponse(): void {},
      handleCopyData(): void {},
      // node-postgres sets it when it watches the time of a query.
      callback(): void {},
    };
    client.query(copy as unknown as Submittable);
  });
}

/** Takes the stream of the protocol apart until the copy is over. */
class RowReader {
  readonly #onRow: OnRow;
  #left: Buffer = NOTHING;
  #isFirst = true;

  constructor(onRow: OnRow) {
    this.#onRow = onRow;
  }

  /** null while the copy goes on; then what comes after its rows. */
  read(chunk: Buffer): Buffer | null {
    const bytes = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at + 1 + LENGTH_BYTES <= bytes.length) {
      const kind = bytes[at]!;
      const end = at + 1 + view.getInt32(at + 1);
      if (kind !== COPY_DATA && kind !== COPY_OUT_RESPONSE && kind !== NOTICE && kind !== PARAMETER_STATUS) return bytes.subarray(at);
      if (end > bytes.length) break;
      if (kind === COPY_DATA) this.#row(view, at + 1 + LENGTH_BYTES);
      at = end;
    }
    this.#left = bytes.subarray(at);
    return null;
  }

  /** The header comes with the first row, or with the end if there is none. */
  #row(view: DataView, at: number): void {
    const start = this.#isFirst ? at + COPY_HEADER_BYTES : at;
    this.#isFirst = false;
    if (view.getInt16(start) >= 0) this.#onRow(view, start + 2);
  }
}
