/** Routes that are posted to because what they are asked is long or secret. They change nothing: no news, no line in the audit log. */
const ASKS_ONLY: ReadonlySet<string> = new Set(['/v1/checks/tcp/validate', '/v1/presets/:name/request', '/v1/analytics/checks']);

/** `url`: the route's. */
export function asksOnly(url: string): boolean {
  return ASKS_ONLY.has(url);
}
