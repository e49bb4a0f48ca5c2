/** blackbox_exporter's --timeout-offset: what Prometheus needs to still take the answer. */
const OFFSET_SECONDS = 0.5;
/** When neither the scrape nor the module says. */
const DEFAULT_SECONDS = 120;

/**
 * How long one probe may take, in ms: what Prometheus gives the scrape less half a second, and never more than the
 * module allows. `header` is `X-Prometheus-Scrape-Timeout-Seconds`; null: it is no number of seconds.
 */
export function probeTimeoutMs(header: string | undefined, moduleTimeoutMs: number | null): number | null {
  const given = header === undefined || header.trim() === '' ? 0 : Number(header);
  if (!Number.isFinite(given) || given < 0) return null;
  const seconds = Math.min(given === 0 ? DEFAULT_SECONDS : given, DEFAULT_SECONDS * 10);
  // A scrape shorter than the offset is used as it is: better an answer just in time than none.
  const scrapeMs = (seconds > OFFSET_SECONDS ? seconds - OFFSET_SECONDS : seconds) * 1000;
  return moduleTimeoutMs === null ? scrapeMs : Math.min(scrapeMs, moduleTimeoutMs);
}
