/** Rows as kysely sees them. They never leave this folder. Instants are ms since the epoch (see `connect.ts`). */
import type { StatusPageWrite } from '../api/status-page-port.ts';
import type { Member } from '../fleet/rendezvous.ts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { CheckGroup } from '../planning/check-group.ts';
import type { Notice } from '../alerting/notice.ts';
import type { Role } from '../api/users-port.ts';
import type { Told } from '../alerting/told.ts';
import type { KeptConfirmation, KeptRetry } from '../pipeline/judging-port.ts';
import type { SessionBeat } from '../pipeline/ports.ts';
import type { CheckState, CheckStatus } from '../verdict/check-state.ts';
import type { Checkpoint } from '../verdict/checkpoints.ts';

/** Read as ms with decimals; written as a Date (whole ms). */
type Instant = ColumnType<number, Date, Date>;
type DefaultInstant = ColumnType<number, Date | undefined, Date>;
type MaybeInstant = ColumnType<number | null, Date | null | undefined, Date | null>;
type Json<T extends object> = JSONColumnType<T, string, string>;

export type Database = {
  accounts: { id: string; name: string; created_at: DefaultInstant };
  api_keys: {
    account_id: string; id: string; name: string; prefix: string; key_hash: Buffer; scopes: string[];
    created_at: DefaultInstant; expires_at: MaybeInstant; revoked_at: MaybeInstant; last_used_at: MaybeInstant;
  };
  users: { id: string; email: string; name: string; password_hash: string | null; is_operator: Generated<boolean>; created_at: DefaultInstant };
  user_identities: { issuer: string; subject: string; user_id: string; created_at: DefaultInstant };
  memberships: { account_id: string; user_id: string; role: Role; created_at: DefaultInstant };
  user_sessions: {
    account_id: string; id: string; user_id: string; token_hash: Buffer; address: string; user_agent: string;
    created_at: DefaultInstant; last_seen_at: DefaultInstant; expires_at: Instant;
  };
  invitations: {
    account_id: string; id: string; email: string; role: Role; token_hash: Buffer; invited_by: string;
    created_at: DefaultInstant; expires_at: Instant;
  };
  setup_tokens: { token_hash: Buffer; created_at: DefaultInstant };
  audit_log: {
    account_id: string; id: Generated<number>; at: DefaultInstant; actor_kind: 'user' | 'key' | 'stranger'; actor_id: string; actor_name: string;
    action: string; target: string | null; address: string; status: number; details: Json<Readonly<Record<string, unknown>>>;
  };
  config_state: { is_only: Generated<boolean>; revision: number };
  locations: {
    id: string; code: string; name: string; kind: 'public' | 'private'; account_id: string | null;
    created_at: DefaultInstant; config_revision: number;
    icon: string | null; proxy_url: string | null; updated_at: DefaultInstant; deleted_at: MaybeInstant;
  };
  location_keys: {
    id: string; location_id: string; key_hash: Buffer; masked: string;
    created_at: DefaultInstant; expires_at: MaybeInstant; revoked_at: MaybeInstant;
    is_one_time: Generated<boolean>; agents_max: number | null; needs_approval: Generated<boolean>; used_at: MaybeInstant;
  };
  availability: { location_id: string; from_at: Instant; available: boolean; config_revision: number };
  checks: {
    account_id: string; id: string; revision: number; name: string; tags: string[]; definition: Json<Check>;
    created_at: DefaultInstant; updated_at: DefaultInstant; deleted_at: MaybeInstant; config_revision: number;
    group_id: number | null; deployed_revision: Generated<number>;
  };
  check_revisions: { account_id: string; check_id: string; revision: number; definition: Json<Check>; created_at: DefaultInstant };
  schedule_epochs: {
    account_id: string; check_id: string; from_at: Instant; interval_ms: number;
    strategy: 'parallel' | 'round_robin'; location_order: string[]; active: boolean;
  };
  idempotency_keys: { account_id: string; key: string; check_id: string; created_at: DefaultInstant };
  shots: {
    account_id: string; run_id: string; check_id: string; check_revision: number; location_id: string;
    trigger: 'deploy' | 'manual' | 'confirm' | 'retry'; ordered_at: Instant;
    of_run_id: string | null; of_due_at: MaybeInstant; of_location: string | null; attempt: number | null; is_last_attempt: boolean | null;
  };
  shot_deliveries: {
    run_id: string; location_id: string; shot: Buffer; ordered_by: string | null; expires_at: Instant;
    claimed_by: string | null; answer_kind: string | null; answer: Buffer | null; answered_by: string | null;
  };
  coordinators: { id: string; started_at: DefaultInstant; last_seen_at: DefaultInstant; stopped_at: MaybeInstant };
  agents: {
    location_id: string; id: string; name: string; version: string; capacity: number; instance_id: string;
    generation: number; created_at: DefaultInstant;
    public_key: Buffer | null; key_id: string | null; enrolled_at: DefaultInstant; approved_at: MaybeInstant; revoked_at: MaybeInstant;
    conflict_at: MaybeInstant; draining_since: MaybeInstant;
  };
  sessions: {
    id: string; location_id: string; agent_id: string; instance_id: string; generation: number;
    opened_at: DefaultInstant; last_seen_at: DefaultInstant; closed_at: MaybeInstant;
    applied_revision: Generated<number>; rejected: ColumnType<SessionBeat['rejected'], string | undefined, string>;
    in_flight: Generated<number>; spool_depth: Generated<number>;
    lateness_p99_us: Generated<number>; loop_delay_p99_us: Generated<number>;
    clock_offset_us: Generated<number>; clock_error_us: Generated<number>;
    engine: string | null; engine_reason: Generated<string>;
    coordinator_id: string | null; last_slot_ms: number | null; closed_by_coordinator: Generated<boolean>;
  };
  agent_witnesses: {
    location_id: string; agent_id: string; state: string; since: MaybeInstant; answering: number; total: number; updated_at: DefaultInstant;
  };
  impaired_windows: {
    location_id: string; agent_id: string; from_at: Instant; to_at: MaybeInstant; decided_at: DefaultInstant; withdrawn_at: MaybeInstant; reason: Json<object>;
  };
  rosters: { location_id: string; from_at: Instant; members: Json<readonly Member[]>; config_revision: number };
  leases: { name: string; holder: string; token: number; expires_at: Instant };
  closing_state: { is_only: Generated<boolean>; closed_through: Instant };
  results: ResultRow;
  gaps: {
    account_id: string; due_at: Instant; run_id: string; check_id: string; location_owed: string; agent_id: string | null;
    reason: string; recorded_at: DefaultInstant;
  };
  rollups_hourly: RollupRow;
  rollups_daily: RollupRow;
  rollups_check_daily: Omit<RollupRow, 'location_id'>;
  rollups_check_weekly: Omit<RollupRow, 'location_id' | 'computed_at' | 'last_due_at' | 'last_outcome' | 'phases'>;
  rollup_marks: { id: Generated<number>; marked_at: DefaultInstant; cells: Buffer | null; location_id: string | null; agent_id: string | null; from_at: Instant | null; to_at: Instant | null };
  retention: { account_id: string; raw_days: number; hourly_days: number; daily_days: number; updated_at: DefaultInstant };
  usage_hourly: { account_id: string; at: Instant; check_type: string; pool: string; kind: string; runs: number; degraded: number; failed: number; over_max: number };
  usage_external: { account_id: string; day: string; source: string; check_type: string; pool: string; runs: number; posted_at: DefaultInstant };
  usage_quotas: { account_id: string; pool: string; runs_per_month: number; policy: string; warn_at_percent: number; updated_at: DefaultInstant };
  restores: { id: Generated<number>; from_at: Instant; to_at: Instant; taken_at: Instant };
  usage_marks: { id: Generated<number>; account_id: string; at: Instant };
  check_states: {
    account_id: string; check_id: string; status: ColumnType<CheckStatus, CheckStatus | undefined, CheckStatus>; since_at: MaybeInstant; judged_through: MaybeInstant;
    head: ColumnType<CheckState | null, string | null | undefined, string | null>; base: ColumnType<CheckState | null, string | null | undefined, string | null>; base_through: MaybeInstant;
    checkpoints: ColumnType<readonly Checkpoint[], string | undefined, string>; slots_folded: Generated<number>;
    told: ColumnType<Told | null, string | null | undefined, string | null>; confirmations: ColumnType<readonly KeptConfirmation[], string | undefined, string>; retries: ColumnType<readonly KeptRetry[], string | undefined, string>;
    is_history_pending: Generated<boolean>; next_look_at: MaybeInstant; updated_at: DefaultInstant;
  };
  judge_marks: { id: Generated<number>; account_id: string; check_id: string; first_due_at: MaybeInstant; is_history: Generated<boolean>; marked_at: DefaultInstant };
  alerts: {
    account_id: string; id: string; check_id: string; kind: 'failure' | 'degraded' | 'no_data'; since_at: MaybeInstant; opened_at: Instant; closed_at: MaybeInstant;
    ending: string | null; resolved_by: string | null; acknowledged_at: MaybeInstant; acknowledged_by: string | null; snoozed_until: MaybeInstant;
  };
  location_outages: {
    account_id: string; id: string; location_id: string; kind: 'empty' | 'cut_off'; from_at: Instant; told_at: Instant; ended_at: MaybeInstant;
  };
  account_settings: { account_id: string; public_badges: Generated<boolean>; alert_settings: ColumnType<AlertSettings | null, string | null, string | null>; updated_at: DefaultInstant };
  check_groups: {
    account_id: string; id: Generated<number>; revision: Generated<number>; name: string; definition: Json<CheckGroup>;
    created_at: DefaultInstant; updated_at: DefaultInstant;
  };
  alert_channels: {
    account_id: string; id: Generated<number>; type: string; config: ColumnType<unknown, string, string>; sealed: Buffer | null;
    send_failure: Generated<boolean>; send_degraded: Generated<boolean>; send_recovery: Generated<boolean>;
    ssl_expiry: Generated<boolean>; ssl_expiry_threshold: Generated<number>; auto_subscribe: Generated<boolean>;
    disabled_at: MaybeInstant; disabled_reason: string | null; created_at: DefaultInstant; updated_at: DefaultInstant;
  };
  alert_subscriptions: {
    account_id: string; id: Generated<number>; channel_id: number; check_id: string | null; group_id: number | null; activated: Generated<boolean>;
  };
  maintenance_windows: {
    account_id: string; id: Generated<number>; name: string; definition: Json<MaintenanceWindow>;
    created_at: DefaultInstant; updated_at: DefaultInstant;
  };
  status_pages: {
    account_id: string; id: Generated<number>; slug: string; title: string; description: string | null; is_on: Generated<boolean>;
    shows_incidents: Generated<boolean>; shows_maintenance: Generated<boolean>; sections: Json<StatusPageWrite['sections']>;
    created_at: DefaultInstant; updated_at: DefaultInstant;
  };
  maintenance_window_versions: {
    account_id: string; window_id: number; from_at: Instant; until_at: MaybeInstant; definition: Json<MaintenanceWindow>;
  };
  variables: {
    account_id: string; id: Generated<number>; group_id: number | null; key: string; sealed: Buffer; is_secret: boolean; locked: Generated<boolean>;
    created_at: DefaultInstant; updated_at: DefaultInstant;
  };
  notices: {
    account_id: string; id: string; alert_id: string | null; kind: string; check_id: string | null; location_id: string | null;
    payload: Json<Notice>; created_at: DefaultInstant;
  };
  notice_deliveries: {
    account_id: string; id: string; notice_id: string; channel_id: number; channel_type: string; channel_name: string;
    state: ColumnType<'pending' | 'delivered' | 'dead' | 'dropped', 'pending' | undefined, 'pending' | 'delivered' | 'dead' | 'dropped'>;
    attempts: Generated<number>; answer: ColumnType<unknown, string | null | undefined, string | null>;
    created_at: DefaultInstant; updated_at: DefaultInstant; delivered_at: MaybeInstant;
    alert_id: string | null; alert_config: ColumnType<unknown, string, string>; due_at: DefaultInstant; attempting_since: MaybeInstant;
    has_slot: Generated<boolean>; is_rate_limited: Generated<boolean>; attempts_before: Generated<number>;
  };
  channel_health: {
    account_id: string; channel_id: number; failures_in_row: Generated<number>; failing_since: MaybeInstant; told_at: MaybeInstant;
    next_slot_at: DefaultInstant;
  };
};

export type RollupRow = {
  account_id: string; check_id: string; location_id: string; at: Instant; computed_at: DefaultInstant; corrected_at: MaybeInstant;
  last_due_at: MaybeInstant; last_outcome: string | null;
  passed: number; degraded: number; failed: number; agent_faults: number; egress_denied: number; impaired: number;
  established: number; over_max: number; attempts: number; gaps: number; gap_reasons: ColumnType<Readonly<Record<string, number>> | null, string | null, string | null>;
  total: Buffer | null; phases: Buffer | null;
};

export type ResultRow = {
  account_id: string; due_at: Instant; run_id: string; attempt: number;
  check_id: string; check_revision: number; location_owed: string; location_executed: string; agent_id: string;
  started_at: Instant; received_at: DefaultInstant;
  lateness_us: number; clock_offset_us: number; clock_error_us: number;
  dns_us: number; connect_us: number; tls_us: number; send_us: number; first_byte_us: number; data_us: number;
  total_us: number; idle_us: number;
  bytes_sent: number; bytes_received: number; uncertainty_us: number; loop_delay_us: number; syn_retransmits: number | null;
  is_final: boolean; is_surplus: boolean; over_max_response_time: boolean; established: boolean;
  trigger: string; outcome: string; stop_reason: string; clock: string;
  failure_phase: string | null; failure_code: string | null; failure_message: string | null; failure_step: number | null;
  remote_address: string | null; local_address: string | null;
  response: Buffer | null; assertions: unknown; details: unknown; replaced_gap: string | null;
};
