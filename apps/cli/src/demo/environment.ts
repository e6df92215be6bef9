import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the demo's bucket is, and who may write to it. */
export type DemoBucket = Readonly<{ endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string }>;

export type DemoSettings = Readonly<{
  /** Folder of everything the demo keeps: farm, Nix store, sources. */
  dir: string;
  port: number;
  password: string;
  bucket: DemoBucket;
  compression: 'none' | 'xz' | 'bzip2' | 'zstd';
  /** More of the environment for the farm, say another event log. */
  extra?: Readonly<Record<string, string>>;
}>;

const toml = ({ dir, bucket, compression }: DemoSettings): string => `# Written by \`npm run demo\`.
[nix]
# A store of its own: each demo builds anew and leaves the machine's store alone.
store_dir = ${JSON.stringify(join(dir, 'nix/store'))}
state_dir = ${JSON.stringify(join(dir, 'nix/var/nix'))}
log_dir = ${JSON.stringify(join(dir, 'nix/var/log/nix'))}
path_input_cache_validity_seconds = 0

[nix.options]
sandbox = false
build-users-group = ""

[[s3backup]]
name = ${JSON.stringify(bucket.bucket)}
jobs = "demo:.*:.*"
compression_type = ${JSON.stringify(compression)}
endpoint = ${JSON.stringify(bucket.endpoint)}
region = "us-east-1"
force_path_style = true
`;

/**
 * Prepares the demo's folder: the farm's configuration and a copy of the examples as the jobset's source. Gives the environment
 * to start the farm with.
 */
export const prepareDemo = (settings: DemoSettings, examples: string): Record<string, string> => {
  const { dir, bucket, port, password, extra } = settings;
  mkdirSync(dir, { recursive: true });
  cpSync(examples, join(dir, 'source'), { recursive: true });
  writeFileSync(join(dir, 'iolaus.toml'), toml(settings));
  return {
    IOLAUS_DATA_DIR: dir,
    IOLAUS_PORT: String(port),
    IOLAUS_ADMIN_PASSWORD: password,
    AWS_ACCESS_KEY_ID: bucket.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.secretAccessKey,
    AWS_REGION: 'us-east-1',
    ...extra,
  };
};

/** The project and the jobset that the demo shows, as bodies of `PUT /project/demo` and `PUT /jobset/demo/main`. */
export const demoProject = {
  displayname: 'Demo',
  description: 'Plain derivations that need nothing but /bin/sh',
  owner: 'admin',
  enabled: true,
  visible: true,
};

/** A jobset over `release.nix` in a folder; polled only when asked. */
export const demoJobset = (source: string, greeting = 'hello'): Record<string, unknown> => ({
  description: 'One job for each thing that can become of a build',
  enabled: 1,
  visible: true,
  type: 0,
  nixexprinput: 'src',
  nixexprpath: 'release.nix',
  checkinterval: 0,
  schedulingshares: 100,
  keepnr: 3,
  inputs: {
    src: { type: 'path', value: source, emailresponsible: false },
    greeting: { type: 'string', value: greeting, emailresponsible: false },
  },
});
