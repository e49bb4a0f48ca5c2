/**
 * What a target sent, as text: UTF-8, each invalid sequence one U+FFFD. Nothing is dropped, a byte order mark
 * neither; the bytes themselves are what is stored.
 */
export function responseText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
