/** What the target answered: readable where it is text, exact (base64) where text cannot hold it. */
export function responseEntity(
  kept: Uint8Array, bytesReceived: number, bytesMax: number,
): { text: string; base64?: string; isTruncated: boolean } {
  const shown = kept.subarray(0, bytesMax);
  const isTruncated = shown.length < Math.max(kept.length, bytesReceived);
  try {
    // `stream`: where we cut, a character may be cut too, and that is no fault of the text.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(shown, { stream: isTruncated });
    return { text, isTruncated };
  } catch {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(shown);
    return { text, base64: Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength).toString('base64'), isTruncated };
  }
}
