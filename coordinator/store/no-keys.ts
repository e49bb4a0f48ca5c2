import type { Sealer } from '../secrets/key-ring.ts';

/** For a store that was opened without keys: tests, and tools that touch no secret. */
export const NO_KEYS: Sealer = {
  currentKeyId: new Uint8Array(4),
  keyIds: [],
  seal() { throw new Error('this store was opened without a key ring, and cannot keep secrets'); },
  open: () => null,
};
