import type { z } from 'zod';
import { environmentShape } from './environment.js';
import {
  binaryCacheShape,
  evaluatorShape,
  eventStoreShape,
  logShape,
  nixShape,
  queueRunnerShape,
  s3backupShape,
  schedulerShape,
  topShape,
  webhookShape,
  webShape,
} from './file.js';

/** A file that has something of everything; a test loads it. */
export const EXAMPLE = `gc_roots_dir = "/nix/var/nix/gcroots/iolaus"

[[s3backup]]
name = "nix-backup"
jobs = "nixpkgs:trunk:.*"
compression_type = "xz"
endpoint = "https://s3.example.org"
force_path_style = true

[nix]
substituters = ["https://cache.nixos.org"]
trusted_public_keys = ["cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="]

[nix.options]
sandbox = false

[evaluator]
timeout = 1800`;

const defaultOf = (schema: z.ZodType): string => {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return '**required**';
  return parsed.data === undefined ? 'none' : `\`${JSON.stringify(parsed.data)}\``;
};

const table = (shape: Readonly<Record<string, z.ZodType>>): string =>
  [
    '| key | default | meaning |',
    '| --- | --- | --- |',
    ...Object.entries(shape).map(
      ([key, schema]) => `| \`${key}\` | ${defaultOf(schema)} | ${schema.description ?? ''} |`,
    ),
  ].join('\n');

/** The text of `docs/guide/configuration.md`: it comes from the schemas, so that it cannot say anything else. */
export const configurationGuide = (): string => `# Configuration

Printed by \`npx iolaus config guide\` from the schemas in \`libs/runtime/src/config\`; a test compares.
An unknown key or a bad value stops the start with exit code 2 and is named; \`npx iolaus config check\` says so beforehand.
Relative paths are taken from the working directory in the environment and from the file's own folder in the file.

## Environment

An empty variable counts as not set. Credentials for S3 come by the AWS SDK's default chain.

${table(environmentShape)}

## File

TOML, in \`iolaus.toml\` of the data folder or where \`IOLAUS_CONFIG\` points.

\`\`\`toml
${EXAMPLE}
\`\`\`

### At the top

${table(topShape)}

### \`[[s3backup]]\`, any number

${table(s3backupShape)}

### \`[nix]\`

${table(nixShape)}

### \`[evaluator]\`

${table(evaluatorShape)}

### \`[queue_runner]\`

${table(queueRunnerShape)}

### \`[event_store]\`

${table(eventStoreShape)}

### \`[log]\`

${table(logShape)}

### \`[scheduler]\`

${table(schedulerShape)}

### \`[web]\`

${table(webShape)}

### \`[binary_cache]\`

Who substitutes from the farm itself: see [binary-cache.md](binary-cache.md).

${table(binaryCacheShape)}

### \`[webhooks.github]\` and \`[webhooks.gitea]\`

Who may ask for evaluations by a signed push: see [webhooks.md](webhooks.md).

${table(webhookShape)}
`;
