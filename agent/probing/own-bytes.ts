import { isMarkedAsUntransferable } from 'node:worker_threads';

/**
 * Bytes that go to another thread without what lies around them: cloning a view clones all of the memory it looks at,
 * which for a few bytes is a whole pool or gRPC frame.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** The memory of large bytes that are nobody else's, to be handed over instead of copied; null: copy. */
export function transferable(bytes: Uint8Array): ArrayBuffer | null {
  const { buffer } = bytes;
  const isOwn = bytes.byteLength >= TRANSFERRED_MIN && bytes.byteLength === buffer.byteLength;
  return isOwn && buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer) ? buffer : null;
}

/** Below, copying is cheaper than the bookkeeping. */
const TRANSFERRED_MIN = 4_096;
