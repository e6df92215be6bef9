import type { ChildProcess } from 'node:child_process';

export type Cluster = Readonly<{
  native: string;
  root: string;
  data: string;
  port: number;
  fsync: boolean;
  url: string;
}>;
export const initCluster: (options?: { fsync?: boolean }) => Promise<Cluster>;
export const startCluster: (cluster: Cluster) => Promise<ChildProcess>;
export const killCluster: (child: ChildProcess, signal?: NodeJS.Signals) => Promise<void>;
export const removeCluster: (cluster: Cluster) => Promise<void>;
export const endCluster: (root: string) => Promise<void>;
