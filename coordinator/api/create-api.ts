import { randomBytes } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock, Timer } from '#shared/time/clock.ts';
import type { AccountEvents } from '../events/account-events.ts';
import type { ApiApp, ApiDeps } from './api-app.ts';
import { auditWrites } from './audit-writes.ts';
import { authenticate } from './authenticate.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { answerError, noSuchRoute } from './error-handler.ts';
import { describeRoutes, serveDescription } from './openapi.ts';
import { DEFAULT_RATE_LIMIT, RateLimiter, type RateLimit } from './rate-limiter.ts';
import type { Caller } from './ports.ts';
import { acceptJsonBodies, BODY_BYTES_MAX } from './request-body.ts';
import { accountRoutes } from './routes/account.ts';
import { agentDoorRoutes } from './routes/agent-door.ts';
import { agentRoutes } from './routes/agents.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
import { alertRoutes } from './routes/alerts.ts';
import { alertDeliveryRoutes } from './routes/alert-deliveries.ts';
import { analyticsRoutes } from './routes/analytics.ts';
import { badgeRoutes } from './routes/badges.ts';
import { retentionRoutes } from './routes/retention.ts';
import { reportingRoutes } from './routes/reporting.ts';
import { resultsCsvRoutes } from './routes/results-csv.ts';
import { checkFormRoutes } from './routes/check-forms.ts';
import { checkRoutes } from './routes/checks.ts';
import { checkSummaryRoutes } from './routes/check-summary.ts';
import { completenessRoutes } from './routes/completeness.ts';
import { eventRoutes, tellWrites } from './routes/events.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { privateLocationRoutes } from './routes/private-locations.ts';
import { alertChannelRoutes } from './routes/alert-channels.ts';
import { alertSettingsRoutes } from './routes/alert-settings.ts';
import { groupRoutes } from './routes/groups.ts';
import { maintenanceWindowRoutes } from './routes/maintenance-windows.ts';
import { variableRoutes } from './routes/variables.ts';
import { viewRoutes } from './routes/views.ts';
import { resultRoutes } from './routes/results.ts';
import { runRoutes } from './routes/runs.ts';
import { seriesRoutes } from './routes/series.ts';
import { serviceRoutes } from './routes/service.ts';
import { sessionRoutes } from './routes/session.ts';
import { setupRoutes } from './routes/setup.ts';
import { statusPageRoutes } from './routes/status-pages.ts';
import { statusRoutes } from './routes/statuses.ts';
import { prometheusRoutes } from './routes/prometheus.ts';
import { usageRoutes } from './routes/usage.ts';
import { userRoutes } from './routes/users.ts';
import { guardQuota } from './quota-gate.ts';
import { isRouteScope, type RegisteredRoute } from './scopes.ts';
import { DOCS_PREFIX, sendSecurityHeaders } from './security-headers.ts';
import { oidcRoutes } from './routes/oidc.ts';
import { overviewRoutes } from './routes/overview.ts';
import { SummaryBoards } from './summary-board.ts';
import { openPeople, presentedSession, type People, type PeopleOptions } from './sign-in/people.ts';
import { scopesOf } from './sign-in/role-scopes.ts';
import { serveDashboard } from './serve-dashboard.ts';
import { validateAllButBodies } from './validate.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route with its scope, as registered. */
    registeredRoutes: readonly RegisteredRoute[];
  }
}

export type ApiOptions = Omit<ApiDeps, 'randomBytes'> & {
  readonly log: FastifyBaseLogger;
  /** Left out: the system's. */
  readonly randomBytes?: (size: number) => Uint8Array;
  readonly rateLimit?: RateLimit;
  /** What keeps dashboards fresh; without it they refresh by themselves. */
  readonly events?: AccountEvents;
  /** Users and their sessions; without them there are API keys alone. */
  readonly people?: PeopleOptions;
  /** Where `vite build` left the dashboard; without it there is the API alone. */
  readonly dashboard?: { readonly siteDir: string };
  /** PEM; plain HTTP without. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
};

/** Slow readers and writers hold a socket no longer than this. Waiting for a run does not count: the request is in by then. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Beyond this new connections are refused; far more than the rate limit lets one caller use. */
const CONNECTIONS_MAX = 2_000;
const HEADER_BYTES_MAX = 16_384;

/** The HTTP API over its ports. Does not listen: `listen` does. */
export function createApi(options: ApiOptions): ApiApp {
  const deps: ApiDeps = { ...options, randomBytes: options.randomBytes ?? randomBytes };
  const app = server(options);
  keepRoutes(app);
  sendSecurityHeaders(app);
  app.setErrorHandler(answerError(options));
  app.setValidatorCompiler(validateAllButBodies);
  // The response schemas describe, and tests hold the answers to them; an answer is never lost to one.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  const people = options.people && openPeople(options.people, deps);
  authenticate(app, { ...deps, limiter: new RateLimiter(options.rateLimit ?? DEFAULT_RATE_LIMIT), ...(people ? { sessionOf: (request) => callerSignedIn(people, request) } : {}) });
  guardQuota(app, options);
  const { events } = options;
  if (events) tellWrites(app, events);
  if (people) auditWrites(app, { store: people.store, hashToken: deps.hashToken });
  acceptJsonBodies(app);
  app.setNotFoundHandler((request) => { throw noSuchRoute(request); });
  describeRoutes(app, options.version);
  // Within a plugin, so that the description is listening when the routes come.
  app.register(async (scope) => registerRoutes(scope.withTypeProvider<ZodTypeProvider>(), deps));
  if (events) app.register(async (scope) => eventRoutes(scope.withTypeProvider<ZodTypeProvider>(), { events, clock: deps.clock }));
  if (people) app.register(async (scope) => registerPeople(scope.withTypeProvider<ZodTypeProvider>(), people));
  app.register(async (scope) => serveDescription(scope));
  const { dashboard } = options;
  if (dashboard) app.register(async (scope) => serveDashboard(scope as unknown as ApiApp, { ...dashboard, randomBytes: deps.randomBytes }));
  boundClosing(app, deps.clock);
  return app;
}

/** Every route of the API. */
function registerRoutes(app: ApiApp, deps: ApiDeps): void {
  for (const routes of [checkRoutes, checkFormRoutes, runRoutes, resultRoutes, viewRoutes, completenessRoutes, seriesRoutes, analyticsRoutes, reportingRoutes, badgeRoutes, resultsCsvRoutes, statusRoutes, fleetRoutes, privateLocationRoutes, agentRoutes, agentDoorRoutes, alertRoutes, alertDeliveryRoutes, accountRoutes, serviceRoutes,
    usageRoutes, retentionRoutes, groupRoutes, alertChannelRoutes, alertSettingsRoutes, maintenanceWindowRoutes, variableRoutes, statusPageRoutes]) routes(app, deps);
  prometheusRoutes(app, deps);
  const boards = new SummaryBoards(deps.store, deps.clock);
  checkSummaryRoutes(app, boards);
  overviewRoutes(app, deps, boards);
}

function registerPeople(app: ApiApp, people: People): void {
  for (const routes of [setupRoutes, sessionRoutes, oidcRoutes, userRoutes, invitationRoutes, apiKeyRoutes, auditLogRoutes]) routes(app, people);
}

async function callerSignedIn(people: People, request: FastifyRequest): Promise<Caller | null> {
  const found = await presentedSession(people, request);
  return found && { ...found, scopes: scopesOf(found.user) };
}

function server(options: ApiOptions): ApiApp {
  const answer = answerError(options);
  const common = {
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle' as const,
    genReqId: () => options.ids(),
    clientErrorHandler: answerBrokenRequest,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    frameworkErrors: (error: unknown, request: unknown, reply: unknown) => answer(error, request as FastifyRequest, reply as FastifyReply),
  };
  const http = { headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: HEADER_BYTES_MAX };
  // One type for both: TLS changes nothing that a route could see.
  const app = (options.tls ? Fastify({ ...common, https: { ...http, ...options.tls } }) : Fastify({ ...common, http })) as unknown as ApiApp;
  app.server.maxConnections = CONNECTIONS_MAX;
  return app;
}

/** Closing waits for requests that are under way, a run of 50 s among them, but not for longer than this. */
const CLOSE_GRACE_MS = 3_000;

function boundClosing(app: ApiApp, clock: Clock): void {
  let cut: Timer | null = null;
  app.addHook('preClose', async () => { cut = clock.setTimer(CLOSE_GRACE_MS, () => app.server.closeAllConnections()); });
  app.addHook('onClose', async () => { cut?.cancel(); });
}

/** Remembers every route and refuses one that does not say who may use it (rules.md 35). */
function keepRoutes(app: ApiApp): void {
  const routes: RegisteredRoute[] = [];
  app.decorate('registeredRoutes', routes);
  app.addHook('onRoute', (route: RouteOptions) => {
    // The docs page brings its own routes, for everybody to read.
    if (route.url.startsWith(DOCS_PREFIX)) route.config = { ...route.config, scope: 'public' };
    const scope = route.config?.scope;
    if (!isRouteScope(scope)) throw new Error(`the route ${String(route.method)} ${route.url} does not declare its scope`);
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, scope });
  });
}
