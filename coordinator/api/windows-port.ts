/** Maintenance windows, as the API needs them of the store. */
import type { MaintenanceWindow } from '../alerting/maintenance.ts';

export type StoredWindow = { readonly id: number; readonly name: string; readonly window: MaintenanceWindow; readonly createdAtMs: number; readonly updatedAtMs: number };

export type WindowStore = {
  listWindows(accountId: string, page: { readonly limit: number; readonly page: number }): Promise<{ readonly entries: readonly StoredWindow[]; readonly total: number }>;
  getWindow(accountId: string, id: number): Promise<StoredWindow | null>;
  /** In force a second after its commit at the earliest, like every change of a schedule. */
  createWindow(accountId: string, name: string, window: MaintenanceWindow): Promise<StoredWindow>;
  replaceWindow(accountId: string, id: number, name: string, window: MaintenanceWindow): Promise<StoredWindow | null>;
  deleteWindow(accountId: string, id: number): Promise<boolean>;
};
