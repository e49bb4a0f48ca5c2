/** The exchange that every prober makes, and where. */
export const REQUEST = 'PING\r\n';
export const EXPECTED = 'PONG';
/** From the kernel's stamp of the request to the answer. */
export const DELAY_US = 2_000;
/** A check that has not ended by then has failed. */
export const DEADLINE_MS = 5_000;

/** Every check has an address of its own, so that the target knows them apart without a word in the request. */
export function addressOf(check: number): string {
  return `127.1.${check >> 8}.${check & 255}`;
}
