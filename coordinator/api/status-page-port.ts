/** Public status pages, as the API needs them of the store. */
import type { MaintenanceWindow } from '../alerting/maintenance.ts';

export type StatusPageWrite = {
  /** Where it is: `/status/<slug>`, one of its kind in the installation. */
  readonly slug: string;
  readonly title: string;
  readonly description: string | null;
  /** Off: it is not there for anybody. */
  readonly isOn: boolean;
  readonly showsIncidents: boolean;
  readonly showsMaintenance: boolean;
  /** `name` null: as the check is called. */
  readonly sections: readonly { readonly name: string; readonly components: readonly { readonly checkId: string; readonly name: string | null }[] }[];
};
export type StatusPage = StatusPageWrite & { readonly id: number; readonly createdAtMs: number; readonly updatedAtMs: number };

/** Verdicts of a UTC day, over all locations. */
export type DayOfCheck = { readonly atMs: number; readonly passed: number; readonly degraded: number; readonly failed: number };
export type CheckFacts = {
  readonly checkId: string;
  readonly name: string;
  /** Its group's among them. */
  readonly tags: readonly string[];
  readonly isActive: boolean;
  readonly status: 'passing' | 'degraded' | 'failing' | 'noData';
  readonly days: readonly DayOfCheck[];
};
export type IncidentFacts = { readonly checkId: string; readonly kind: 'failure' | 'degraded'; readonly openedAtMs: number; readonly closedAtMs: number | null };
export type StatusFacts = {
  readonly checks: readonly CheckFacts[];
  /** Newest first. */
  readonly incidents: readonly IncidentFacts[];
  readonly windows: readonly { readonly name: string; readonly window: MaintenanceWindow }[];
};

export type StatusPageStore = {
  listStatusPages(accountId: string): Promise<readonly StatusPage[]>;
  getStatusPage(accountId: string, id: number): Promise<StatusPage | null>;
  /** `conflict`: the slug is taken, by whomever. */
  createStatusPage(accountId: string, write: StatusPageWrite): Promise<StatusPage | 'conflict'>;
  replaceStatusPage(accountId: string, id: number, write: StatusPageWrite): Promise<StatusPage | 'conflict' | null>;
  deleteStatusPage(accountId: string, id: number): Promise<boolean>;
  /** Which of these checks are the account's. */
  ownedChecks(accountId: string, checkIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** For everybody; null where there is none, or it is off. */
  findPublicStatusPage(slug: string): Promise<(StatusPage & { readonly accountId: string }) | null>;
  /** Of these checks alone; days and incidents since `fromMs`. */
  readStatusFacts(accountId: string, checkIds: readonly string[], fromMs: number): Promise<StatusFacts>;
};
