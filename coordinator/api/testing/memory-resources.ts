import type { ResourceStore } from '../resource-store.ts';
import { MemoryUsage } from './memory-usage.ts';

const EMPTY_PAGE = { entries: [], total: 0 };
/** What depends on the store is tested on the real one. */
const onPostgres = (): never => { throw new Error('groups, channels, windows and variables are tested on Postgres'); };

/** An account that has neither groups nor channels, windows or variables. */
export class MemoryResources extends MemoryUsage implements ResourceStore {
  readonly sealingKeyIds: readonly string[] = [];
  async listGroups() { return EMPTY_PAGE; }
  async getGroup() { return null; }
  async createGroup(): Promise<never> { return onPostgres(); }
  async replaceGroup(): Promise<'not_found'> { return 'not_found'; }
  async deleteGroup(): Promise<'not_found'> { return 'not_found'; }
  async listChecksOfGroup() { return EMPTY_PAGE; }
  async getAlertSettings() { return null; }
  async setAlertSettings(): Promise<void> {}
  async readRetention() { return null; }
  async setRetention(): Promise<void> {}
  async hasPublicBadges() { return false; }
  async setPublicBadges(): Promise<void> {}
  async findPublicBadge() { return null; }
  async listChannels() { return EMPTY_PAGE; }
  async getChannel() { return null; }
  async createChannel(): Promise<never> { return onPostgres(); }
  async replaceChannel(): Promise<'not_found'> { return 'not_found'; }
  async deleteChannel() { return false; }
  async putSubscription(): Promise<never> { return onPostgres(); }
  async setSubscriptions(): Promise<never> { return onPostgres(); }
  async listChannelIds(): Promise<readonly { id: number; autoSubscribe: boolean }[]> { return []; }
  async listWindows() { return EMPTY_PAGE; }
  async getWindow() { return null; }
  async createWindow(): Promise<never> { return onPostgres(); }
  async replaceWindow() { return null; }
  async deleteWindow() { return false; }
  async listVariables(): Promise<readonly []> { return []; }
  async getVariable() { return null; }
  async createVariable(): Promise<never> { return onPostgres(); }
  async updateVariable(): Promise<'not_found'> { return 'not_found'; }
  async deleteVariable(): Promise<'not_found'> { return 'not_found'; }
  async variablesFor() { return new Map<string, never>(); }
  async listStatusPages(): Promise<readonly []> { return []; }
  async getStatusPage() { return null; }
  async createStatusPage(): Promise<never> { return onPostgres(); }
  async replaceStatusPage() { return null; }
  async deleteStatusPage() { return false; }
  async ownedChecks() { return new Set<string>(); }
  async findPublicStatusPage() { return null; }
  async readStatusFacts(): Promise<never> { return onPostgres(); }
  async countSealed() { return { sealed: 0, byOlderKeys: 0, unreadable: 0 }; }
  async resealSome() { return 0; }
}
