/** Which row a sealed value belongs to: part of the seal, so that it opens nowhere else. */
export const sealedRow = {
  variable: (accountId: string, groupId: number | null, key: string): string => `variables/${accountId}/${groupId ?? 'account'}/${key}`,
  channel: (accountId: string, id: number): string => `alert_channels/${accountId}/${id}`,
  shot: (runId: string): string => `shot_deliveries/${runId.toLowerCase()}`,
};
