import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ApiClient, signIn } from '../../apps/cli/src/demo/client.js';
import { demoProject, prepareDemo } from '../../apps/cli/src/demo/environment.js';
import { type Farm, startFarm } from '../../apps/cli/src/supervisor/farm.js';
import { silentLogger } from '#runtime';
import { startS3, type TestS3 } from '../stack/s3.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const PASSWORD = 'correct horse battery staple';

/** A whole farm in processes of its own, compiled as it is shipped, with an S3 server and a Nix store of its own. */
export type TestFarm = Readonly<{
  farm: Farm;
  api: ApiClient;
  s3: TestS3;
  bucket: string;
  /** Folder of the farm; the jobset's source is `source` in it. */
  dir: string;
  /** Environment that the command line needs to speak to this farm. */
  env: Readonly<Record<string, string>>;
  /** What the processes printed, newest last. */
  lines: readonly string[];
  stop: () => Promise<void>;
}>;

export type TestFarmOptions = Readonly<{
  extra?: Readonly<Record<string, string>>;
  compression?: 'none' | 'xz';
  /** Durable across `kill -9` of PostgreSQL only when true. */
  durable?: boolean;
}>;

/** Brings the farm up with project `demo` and no jobset. Needs `npm run build` to have run (`npm test` does). */
export const startTestFarm = async ({
  extra,
  compression = 'none',
  durable = false,
}: TestFarmOptions = {}): Promise<TestFarm> => {
  const dir = mkdtempSync(join(tmpdir(), 'iolaus-farm-'));
  chmodSync(dir, 0o711); // as root, PostgreSQL runs as another user
  const s3 = await startS3();
  const bucket = await s3.newBucket();
  const env = prepareDemo(
    {
      dir,
      port: 0,
      password: PASSWORD,
      compression,
      bucket: {
        endpoint: s3.endpoint,
        bucket,
        accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      ...(extra ? { extra } : {}),
    },
    join(root, 'examples'),
  );
  const lines: string[] = [];
  const farm = await startFarm({
    env: { ...process.env, NODE_OPTIONS: '', IOLAUS_CONFIG: undefined, ...env },
    programs: ['projector', 'worker', 'api'].map((name) => ({
      name,
      args: [join(root, `dist/apps/${name}/src/main.js`)],
    })),
    logger: silentLogger(),
    onLine: (name, line) => {
      lines.push(`${name}: ${line}`);
    },
    ...(durable ? {} : { postgresSettings: { fsync: 'off' } }),
  });
  const stop = async (): Promise<void> => {
    await farm.stop();
    await s3.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    if (!(await farm.ready)) throw new Error(`the farm did not come up:\n${lines.slice(-40).join('\n')}`);
    const api = await signIn(farm.url, 'admin', PASSWORD);
    await api.send('PUT', '/project/demo', demoProject);
    return { farm, api, s3, bucket, dir, env: { ...env, IOLAUS_DATABASE_URL: farm.databaseUrl }, lines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
