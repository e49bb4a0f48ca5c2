import type { Registry } from 'prom-client';

/** Sends what `/metrics` shows to a collector by OTLP, for installations that nobody scrapes. */
export type OtlpOptions = {
  /** Of the receiver of metrics, as http://collector:4318/v1/metrics; headers are the library's OTEL_EXPORTER_OTLP_HEADERS. */
  readonly url: string;
  readonly version: string;
  /** Which of several coordinators this is. */
  readonly instanceId: string;
  readonly everyMs?: number;
};

const EVERY_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** A receiver that is away does not hold up a coordinator that stops. */
const END_WITHIN_MS = 2_000;

/** Loaded only where it is asked for; answers how to end it, which sends once more. */
export async function exportOtlp(registry: Registry, { url, version, instanceId, everyMs = EVERY_MS }: OtlpOptions): Promise<() => Promise<void>> {
  const [{ MeterProvider, PeriodicExportingMetricReader }, { OTLPMetricExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'), import('@opentelemetry/exporter-metrics-otlp-proto'), import('@opentelemetry/resources'),
  ]);
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'sonde-coordinator', 'service.version': version, 'service.instance.id': instanceId }),
    readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url, timeoutMillis: TIMEOUT_MS }), exportIntervalMillis: everyMs, exportTimeoutMillis: Math.min(TIMEOUT_MS, everyMs) })],
  });
  const meter = provider.getMeter('sonde', version);
  const instruments = new Map<string, ReturnType<typeof meter.createObservableGauge>>();
  for (const { name, help, type } of await registry.getMetricsAsJSON()) {
    if (String(type) === 'counter') instruments.set(name, meter.createObservableCounter(name, { description: help }));
    else if (String(type) === 'gauge') instruments.set(name, meter.createObservableGauge(name, { description: help }));
  }
  meter.addBatchObservableCallback(async (observer) => {
    for (const { name, values } of await registry.getMetricsAsJSON()) {
      const instrument = instruments.get(name);
      if (instrument) for (const { value, labels } of values) observer.observe(instrument, value, { ...labels } as Record<string, string>);
    }
  }, [...instruments.values()]);
  return () => provider.shutdown({ timeoutMillis: END_WITHIN_MS }).catch(() => undefined);
}
