import type { HttpRequest } from './outgoing.ts';

export function jsonPost(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return { method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
