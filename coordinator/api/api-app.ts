import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '#shared/time/clock.ts';
import type { AgentDoor } from './agent-door.ts';
import type { AccountSettingsStore, KeptDays } from './account-settings-port.ts';
import type { AlertStore } from './alerts-port.ts';
import type { AnalyticsStore } from './analytics-port.ts';
import type { CompletenessStore } from './completeness-port.ts';
import type { ChannelTester, DeliveryLogStore } from './deliveries-port.ts';
import type { LocationDemandPort } from './load-port.ts';
import type { LocationUseStore } from './location-use-port.ts';
import type { ApiStore, ShotRunner } from './ports.ts';
import type { PrometheusStore } from './prometheus-port.ts';
import type { ResourceStore } from './resource-store.ts';
import type { StatusPageStore } from './status-page-port.ts';
import type { UsageSettings, UsageStore } from './usage-port.ts';
import type { ViewStore } from './views-port.ts';

/** The application with handlers typed by their zod schemas. */
export type ApiApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** Can this coordinator do its work? `problems` are sentences that anybody may read. */
export type Health = { readonly isReady: boolean; readonly problems: readonly string[] };

/** What the routes stand on. */
export type ApiDeps = {
  readonly store: ApiStore & ResourceStore & CompletenessStore & AnalyticsStore & DeliveryLogStore & AlertStore & UsageStore & PrometheusStore & LocationUseStore & StatusPageStore & ViewStore & AccountSettingsStore;
  readonly shots: ShotRunner;
  /** Left out: channels cannot be tried out. */
  readonly channels?: ChannelTester;
  /** How long the installation keeps results; left out: as long as it does by default. */
  readonly retention?: KeptDays;
  /** Left out: the default price, no quota. */
  readonly usage?: UsageSettings;
  /** Left out: load is told nowhere. */
  readonly demand?: LocationDemandPort;
  /** Left out: told nowhere. */
  readonly agentDoor?: AgentDoor;
  /** HMAC of a presented token under the master key (`tokenHasher`). */
  readonly hashToken: (token: string) => Uint8Array;
  readonly clock: Clock;
  /** A new UUID. */
  readonly ids: () => string;
  /** Unguessable bytes, for keys. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly version: string;
  /** Prometheus text. */
  readonly metrics?: () => Promise<string>;
  readonly health: () => Health | Promise<Health>;
};
