export type EventStoreDbServer = Readonly<{ port: number; url: string; stop: () => void }>;
export const startEventStoreDbServer: (options?: {
  port?: number;
  file?: string;
  batchAppend?: boolean;
}) => Promise<EventStoreDbServer>;
