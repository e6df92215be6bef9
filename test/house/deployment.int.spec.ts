import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { configurationGuide, environmentShape, fileSchema } from '#runtime';

const run = promisify(execFile);
const { load: parseYaml } = createRequire(import.meta.url)('js-yaml') as { load: (text: string) => unknown };

const filesUnder = (...folders: string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
const textOf = (file: string): string => readFileSync(file, 'utf8');
const source = (program: string): string => program.replace(/^.*?dist\/(.*)\.js$/, '$1.ts');

type Unit = {
  environment: Record<string, string>;
  after: string[];
  requires: string[];
  serviceConfig: Record<string, string | number | boolean | string[]>;
};
type System = {
  refused?: string[];
  services: Record<string, Unit>;
  timers: Record<string, { timerConfig: Record<string, unknown> }>;
  tmpfiles: string[];
  postgresql: Record<string, unknown>;
  packages: { name: string; text: string }[];
};

/** What NixOS would be told, with real Nix and as much of nixpkgs' lib as the module uses. */
const system = async (settings?: object): Promise<System> => {
  const json = settings && JSON.stringify(settings).replace(/["\\$]/g, '\\$&');
  const expression = `import ${process.cwd()}/nixos/test/evaluate.nix { ${json ? `settings = "${json}";` : ''} }`;
  const nix = ['--eval', '--strict', '--json', '--store', 'dummy://', '-E', expression];
  return JSON.parse((await run('nix-instantiate', nix)).stdout) as System;
};

type Command = Readonly<{ name: () => string; commands: readonly Command[]; options: readonly { long?: string }[] }>;

/** Long options by command, as the command line knows them. */
const commandLine = async (): Promise<Map<string, readonly string[]>> => {
  const main = textOf('apps/cli/src/main.ts');
  const known = new Map<string, readonly string[]>();
  const add = (command: Command, before: string): void => {
    const name = `${before}${command.name()}`;
    known.set(
      name,
      command.options.flatMap(({ long }) => long ?? []),
    );
    for (const sub of command.commands) add(sub, `${name} `);
  };
  for (const file of filesUnder('apps/cli/src/commands').filter((each) => !each.includes('.spec.'))) {
    const module = (await import(join(process.cwd(), file))) as Record<string, unknown>;
    for (const [name, make] of Object.entries(module))
      if (name.endsWith('Command') && main.includes(`${name}()`)) add((make as () => Command)(), '');
  }
  return known;
};

const isGroup = (name: string): boolean => /^(config|log|parked|projections|s3-backup)$/.test(name);

describe('what installs Iolaus', () => {
  const units = filesUnder('deploy/systemd');

  it('sets no variable that Iolaus does not read', () => {
    const named = filesUnder('deploy', 'nixos').flatMap((file) => textOf(file).match(/\bIOLAUS_[A-Z_]+\b/g) ?? []);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in environmentShape))).toEqual([]);
  });

  it('starts programs that exist', () => {
    const programs = filesUnder('deploy').flatMap((file) => textOf(file).match(/\bdist\/apps\/[a-z/]+\.js\b/g) ?? []);
    expect(new Set(programs).size).toBe(4);
    expect(programs.filter((program) => !existsSync(source(program)))).toEqual([]);
  });

  it('gives and explains commands that exist, with options that they take', async () => {
    const nix = Object.values((await system()).services).map((unit) => String(unit.serviceConfig['ExecStart']));
    const texts = [
      ...units.flatMap((file) => textOf(file).match(/(?<=cli\/src\/main\.js ).*/g) ?? []),
      ...nix.flatMap((line) => /(?<=\/bin\/iolaus ).*/.exec(line) ?? []),
      ...['README.md', ...filesUnder('docs/guide').filter((file) => file.endsWith('.md'))].flatMap(
        (file) => textOf(file).match(/(?<=\bnpx iolaus )[a-z][a-z0-9-]*(?: [^`\n#|]*)?/g) ?? [],
      ),
    ];
    expect(texts.length).toBeGreaterThan(15);
    const known = await commandLine();
    const broken = texts.filter((text) => {
      const [first = '', second = ''] = text.trim().split(/\s+/);
      const options =
        known.get(`${first} ${second}`) ?? (known.has(first) && !isGroup(first) ? known.get(first) : undefined);
      return !options || (text.match(/--[a-z-]+/g) ?? []).some((option) => !options.includes(option));
    });
    expect(broken).toEqual([]);
  });

  it('has units that systemd takes', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'iolaus-units-'));
    try {
      // systemd wants every program to be there: the one that runs this test stands in for the installed one.
      for (const file of units)
        writeFileSync(join(dir, basename(file)), textOf(file).replaceAll('/usr/bin/node', process.execPath));
      const verified = await run('systemd-analyze', [
        'verify',
        ...units.map((file) => join(dir, basename(file))),
      ]).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
        if (error.code !== 'ENOENT') throw error;
        // No systemd on this system: every line of a unit is then at least a section, a comment or a key.
        const odd = units.flatMap((file) =>
          textOf(file)
            .split('\n')
            .filter((line) => !/^(\[\w+\]|#.*|\w+=.+|)$/.test(line)),
        );
        return { stderr: odd.join('\n') };
      });
      expect(verified.stderr).toBe('');
      for (const timer of units.filter((file) => file.endsWith('.timer')))
        expect(units).toContain(timer.replace(/timer$/, 'service'));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('has a Compose file whose parts belong together', () => {
    type Service = { command?: string[]; image: string; depends_on?: object; volumes?: string[]; environment?: object };
    const { services, volumes } = parseYaml(textOf('deploy/compose.yaml')) as {
      services: Record<string, Service>;
      volumes: object;
    };
    expect(Object.keys(services).sort()).toEqual(
      ['api', 'bucket', 'eventstore', 'minio', 'postgres', 'projector', 'worker'].sort(),
    );
    for (const { depends_on = {}, volumes: mounts = [] } of Object.values(services)) {
      const names = Array.isArray(depends_on) ? (depends_on as string[]) : Object.keys(depends_on);
      expect(names.filter((name) => !(name in services))).toEqual([]);
      const named = mounts.map((mount) => mount.split(':')[0]!).filter((from) => !from.startsWith('.'));
      expect(named.filter((name) => !(name in volumes))).toEqual([]);
    }
    const { s3backup } = fileSchema.parse(parseToml(textOf('deploy/iolaus.toml')));
    expect(services).toHaveProperty([new URL(s3backup[0]!.endpoint!).hostname]);
    expect(services['bucket']!.command!.join()).toContain(`farm/${s3backup[0]!.name}`);
  });
});

describe('the NixOS module', () => {
  const fileOf = (unit: Unit) => fileSchema.parse(JSON.parse(unit.environment['IOLAUS_CONFIG']!));

  it('makes a service of each app, with a configuration that it takes', async () => {
    const { services, tmpfiles, postgresql } = await system();
    expect(Object.keys(services)).toEqual([
      'iolaus-api',
      'iolaus-projector',
      'iolaus-s3-backup-collect-garbage',
      'iolaus-update-gc-roots',
      'iolaus-worker',
    ]);
    const users = Object.values(services).map(({ serviceConfig }) => serviceConfig['User']);
    expect(users).toEqual(['iolaus', 'iolaus', 'iolaus-worker', 'iolaus-worker', 'iolaus-worker']);
    for (const unit of Object.values(services)) {
      expect(unit.requires).toEqual(['postgresql.service']);
      expect(unit.environment['IOLAUS_DATABASE_URL']).toBe('postgresql:///iolaus?host=/run/postgresql&user=iolaus');
      expect(fileOf(unit)).toMatchObject({
        web: { baseUrl: 'https://ci.example.org' },
        s3backup: [{ name: 'nix-backup', prefix: 'cache/', compressionType: 'zstd' }],
      });
    }
    expect(services['iolaus-worker']!.serviceConfig).toMatchObject({
      ExecStart: '/package/bin/iolaus-worker',
      Restart: 'always',
      RestartPreventExitStatus: 2,
    });
    expect(tmpfiles).toContain('d /nix/var/nix/gcroots/iolaus 0755 iolaus-worker iolaus -');
    expect(postgresql).toMatchObject({ enable: true, ensureDatabases: ['iolaus'] });
  });

  it('hands secrets over as files, and only to what needs them', async () => {
    const { services, packages } = await system();
    const of = (name: string) => services[name]!.serviceConfig;
    expect(of('iolaus-worker')).toMatchObject({
      LoadCredential: ['s3backup-0-0:/run/keys/cache.example.org-1.secret'],
      EnvironmentFile: ['/run/keys/iolaus-s3'],
    });
    expect(fileOf(services['iolaus-worker']!).s3backup[0]!.secretKeyFiles).toEqual([
      '/run/credentials/iolaus-worker.service/s3backup-0-0',
    ]);
    expect(of('iolaus-projector')).toMatchObject({ LoadCredential: [], EnvironmentFile: [] });
    expect(of('iolaus-api')).toMatchObject({
      LoadCredential: ['admin-password:/run/keys/iolaus-admin-password'],
      ExecStart: expect.stringContaining('"$CREDENTIALS_DIRECTORY/admin-password"'),
    });
    expect(packages[0]!.text).toContain('"secret_key_files":["/run/keys/cache.example.org-1.secret"]');
  });

  it('runs the collectors by timers, one after the other', async () => {
    const { services, timers } = await system();
    expect(timers['iolaus-update-gc-roots']!.timerConfig).toMatchObject({ OnCalendar: '*-*-* 02,14:15:00' });
    expect(services['iolaus-s3-backup-collect-garbage']!.after).toContain('iolaus-update-gc-roots.service');
    expect((await system({ enable: true, updateGcRoots: { enable: false } })).timers).toEqual({});
  });

  it('goes to other databases when told so', async () => {
    const url = 'postgres://iolaus@db.example.org/iolaus';
    const eventStore = { url: 'esdb://log.example.org:2113?tls=true' };
    const { services, postgresql } = await system({
      enable: true,
      database: { createLocally: false, url },
      eventStore,
    });
    expect(postgresql).toEqual({});
    expect(services['iolaus-api']).toMatchObject({
      requires: [],
      environment: { IOLAUS_DATABASE_URL: url, IOLAUS_EVENTSTORE_URL: eventStore.url },
    });
  });

  it('does nothing unless it is enabled', async () => {
    expect(await system({ enable: false })).toMatchObject({ services: {}, timers: {}, packages: [] });
  });

  it.each([
    [{ enable: true, database: { createLocally: false } }, 'give a url'],
    [{ enable: true, database: { url: 'postgres://x' } }, 'set createLocally = false'],
    [{ enable: true, collectS3Garbage: { enable: true } }, 'there is no s3backup'],
    [{ enable: true, port: '3000' }, 'services.iolaus.port is not of type port'],
    [{ enable: true, s3backup: [{ name: 'x' }] }, 'services.iolaus.s3backup.jobs is used but not defined'],
    [{ enable: true, s3backup: [{ name: 'x', jobs: 'x', compression_type: 'gzip' }] }, 'is not of type one of'],
    [{ enabled: true }, 'there is no option enabled'],
  ])('refuses %j', async (settings, message) => {
    const said = await system(settings).then(
      ({ refused = [] }) => refused.join(),
      (error: { stderr: string }) => error.stderr,
    );
    expect(said).toContain(message);
  });

  it('offers every key of a section', () => {
    const options = textOf('nixos/options.nix');
    // The generated guide lists them by the schema.
    const [, table] = /### `\[\[s3backup\]\]`[^|]*(.*?)\n\n/s.exec(configurationGuide())!;
    const keys = [...table!.matchAll(/^\| `(\w+)` \|/gm)]
      .map(([, key]) => key!)
      .filter((key) => key !== 'secret_key_file');
    expect(keys.length).toBeGreaterThan(7);
    expect(keys.filter((key) => !new RegExp(`^ {6}${key} =`, 'm').test(options))).toEqual([]);
  });
});

describe('the Nix package', () => {
  it('has an address and a hash for every npm package, and wraps programs that exist', async () => {
    const nix = ['--eval', '--strict', '--json', '--store', 'dummy://', 'nixos/test/package.nix'];
    const { stdout } = await run('nix-instantiate', nix, { maxBuffer: 1 << 25 });
    const { npmDeps, installPhase, version } = JSON.parse(stdout) as {
      npmDeps: Record<string, { resolved?: string; integrity?: string; version: string }>;
      installPhase: string;
      version: string;
    };
    expect(version).toBe((JSON.parse(textOf('package.json')) as { version: string }).version);
    const packages = Object.entries(npmDeps).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(500);
    expect(packages.filter(([, { resolved, integrity }]) => !resolved || !integrity).map(([path]) => path)).toEqual([]);
    expect(npmDeps['node_modules/@nestjs/core']!.resolved).toMatch(/\/@nestjs\/core\/-\/core-[\d.]+\.tgz$/);
    const apps = [...installPhase.matchAll(/^ *makeProgram \S+ (\S+)$/gm)].map(([, app]) => app!);
    expect(apps.filter((app) => !existsSync(`apps/${app}/src/main.ts`))).toEqual([]);
    expect(apps).toHaveLength(4);
  });
});
