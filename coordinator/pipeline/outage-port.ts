/** What telling of dark locations needs of the store. Times are ms since the epoch. */
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { DarkLocation, OpenOutage } from '../alerting/location-outages.ts';
import type { Notice } from '../alerting/notice.ts';

export type OutageStore = {
  /** Locations that had an agent once and have none, or whose agents are all cut off. */
  findDarkLocations(): Promise<readonly Pick<DarkLocation, 'locationId' | 'kind' | 'sinceMs'>[]>;
  openOutages(): Promise<readonly OpenOutage[]>;
  windowsOf(accountIds: readonly string[]): Promise<ReadonlyMap<string, readonly MaintenanceWindow[]>>;
  /** With its notice, or not at all: false when the account knows already. */
  openOutage(outage: OpenOutage, notice: Notice): Promise<boolean>;
  /** With its notice, or not at all: false when it has ended already. */
  endOutage(outage: OpenOutage, notice: Notice | null): Promise<boolean>;
};
