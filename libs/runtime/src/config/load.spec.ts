import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { configurationGuide, EXAMPLE } from './guide.js';
import { childEnvironment, loadConfig, requireDatabaseUrl } from './load.js';
import { ConfigError } from './problems.js';

describe('the configuration', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'iolaus-config-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const load = (toml: string, env: Record<string, string> = {}) => {
    writeFileSync(join(dir, 'iolaus.toml'), toml);
    return loadConfig({ IOLAUS_DATA_DIR: dir, ...env });
  };
  const problems = (toml: string, env: Record<string, string> = {}): string[] => {
    try {
      load(toml, env);
    } catch (error) {
      if (error instanceof ConfigError)
        return error.problems.map(({ key, rule }) => `${key.replace(`${dir}/`, '')}: ${rule}`);
      throw error;
    }
    return [];
  };

  it('has its defaults where nothing is set', () => {
    const config = loadConfig({ IOLAUS_DATA_DIR: dir });
    expect(config).toMatchObject({
      dataDir: dir,
      configFile: join(dir, 'iolaus.toml'),
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: undefined,
      eventStoreUrl: undefined,
      logLevel: 'info',
      s3backup: [],
      evaluator: { maxConcurrentEvals: 4, workers: 1, maxMemorySize: 4096, timeout: 3600 },
      queueRunner: { maxLogSize: 67_108_864 },
      eventStore: { stateCacheSize: 256 },
      log: { dir: join(dir, 'logs') },
      scheduler: { windowHours: 24 },
      web: { baseUrl: 'http://127.0.0.1:3000', trustedProxies: [] },
    });
    expect(config.slots).toBeGreaterThanOrEqual(1);
    expect(() => requireDatabaseUrl(config)).toThrow('IOLAUS_DATABASE_URL');
  });

  it('takes every section of the file, paths from its folder, the jobs expression anchored', () => {
    const config = load(`
      gc_roots_dir = "roots"
      [[s3backup]]
      name = "bucket"
      jobs = "a:b:c|d:e:f"
      compression_type = "xz"
      prefix = "p/"
      secret_key_file = "one.key"
      secret_key_files = ["/two.key"]
      [nix]
      substituters = ["https://cache.example.org"]
      [nix.options]
      sandbox = false
      [web]
      base_url = "https://ci.example.org/"
      [webhooks.github]
      secret_file = "github.secret"
      secret_files = ["/old.secret"]`);
    expect(config.gcRootsDir).toBe(join(dir, 'roots'));
    const [backup] = config.s3backup;
    expect(backup).toMatchObject({ name: 'bucket', compressionType: 'xz', prefix: 'p/', forcePathStyle: false });
    expect(backup?.secretKeyFiles).toEqual(['/two.key', join(dir, 'one.key')]);
    expect(['a:b:c', 'd:e:f', 'a:b:cc', 'xd:e:f'].map((job) => backup?.jobs.test(job))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(config.nix).toMatchObject({ substituters: ['https://cache.example.org'], options: { sandbox: false } });
    expect(config.web.baseUrl).toBe('https://ci.example.org');
    expect(config.webhooks).toEqual({
      github: { secretFiles: ['/old.secret', join(dir, 'github.secret')] },
      gitea: { secretFiles: [] },
    });
  });

  it.each([
    ['[evaluator]\ntimout = 3', {}, 'iolaus.toml: evaluator.timout: unknown key'],
    ['evaluatr = 3', {}, 'iolaus.toml: evaluatr: unknown key'],
    ['[[s3backup]]\nname = "bucket"\njobs = "("', {}, 'iolaus.toml: s3backup[0].jobs: must be a regular expression'],
    [
      '[[s3backup]]\nname = "bucket"\njobs = "(?=a)"',
      {},
      'iolaus.toml: s3backup[0].jobs: must not look around ("(?=", "(?!", "(?<=", "(?<!"): it could run for ever',
    ],
    [
      '[[s3backup]]\nname = "bucket"\njobs = "a"\n[[s3backup]]\nname = "bucket"\njobs = "b"',
      {},
      'iolaus.toml: s3backup[1].prefix: must not be that of s3backup[0], which names the same bucket: join their `jobs` with "|", or use another prefix',
    ],
    ['[[s3backup]]\njobs = "a"', {}, 'iolaus.toml: s3backup[0].name: must be the name of a bucket'],
    ['[s3backup]\nname = "bucket"', {}, 'iolaus.toml: s3backup: must be written [[s3backup]]'],
    [
      '[[s3backup]]\nname = "bucket"\njobs = "a"\ncompression_type = "gzip"',
      {},
      'must be one of none, xz, bzip2, zstd',
    ],
    ['[evaluator]\ntimeout = "3"', {}, 'evaluator.timeout: must be a whole number of seconds from 1 to 604800'],
    ['nix = 3', {}, 'iolaus.toml: nix: must be a table'],
    ['[nix]\nsubstituters = "x"', {}, 'nix.substituters: must be a list of texts'],
    [
      '[web]\ntrusted_proxies = ["10.0.0.0/8", "::1", "10.0.0.0/33"]',
      {},
      'web.trusted_proxies[2]: must be an address or a block such as 10.0.0.0/8',
    ],
    ['[web]\nbase_url = "ftp://x"', {}, 'web.base_url: must be an http:// or https:// URL'],
    ['a = = 2', {}, 'iolaus.toml:1:5: is not TOML'],
    ['', { IOLAUS_PORT: '70000' }, 'IOLAUS_PORT: must be a whole number from 0 to 65535'],
    ['', { IOLAUS_PORT: '1e3' }, 'IOLAUS_PORT: must be a whole number from 0 to 65535'],
    ['', { IOLAUS_PROT: '3' }, 'IOLAUS_PROT: unknown key'],
    ['', { IOLAUS_SLOTS: '0' }, 'IOLAUS_SLOTS: must be a whole number from 1 to 1024'],
    [
      '',
      { IOLAUS_DATABASE_URL: 'mysql://u:hush@h/d' },
      'IOLAUS_DATABASE_URL: must be a URL that starts with postgres://',
    ],
    ['', { IOLAUS_EVENTSTORE_URL: 'hush' }, 'IOLAUS_EVENTSTORE_URL: must be a URL that starts with esdb://'],
    ['', { IOLAUS_LOG_LEVEL: 'loud' }, 'IOLAUS_LOG_LEVEL: must be one of trace,'],
    ['', { IOLAUS_CONFIG: '/nowhere/x.toml' }, '/nowhere/x.toml: there is no such file'],
  ])('refuses %j with %j and names the key and the rule', (toml, env, expected) => {
    const found = problems(toml, env as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(found[0]).not.toContain('hush');
  });

  it('names all problems of a file at once', () => {
    expect(problems('x = 1\n[evaluator]\nworkers = 0\ny = 2')).toHaveLength(3);
  });

  it('refuses every number out of bounds and takes every one inside', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 70_000 }), (port) => {
        const refused = problems('', { IOLAUS_PORT: String(port) }).length > 0;
        expect(refused).toBe(port < 0 || port > 65_535);
      }),
    );
  });

  it('never lets an unknown key of any name pass', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}$/), (name) => {
        expect(problems(`[scheduler]\nzz_${name} = 1`)).toEqual([`iolaus.toml: scheduler.zz_${name}: unknown key`]);
      }),
      { numRuns: 30 },
    );
  });

  it('counts an empty variable as not set and keeps test variables out', () => {
    expect(problems('', { IOLAUS_DATABASE_URL: '', IOLAUS_TEST_ESDB_URL: 'x' })).toEqual([]);
  });

  it('hands no variable of ours to the programs that it runs', () => {
    expect(childEnvironment({ PATH: '/bin', IOLAUS_ADMIN_PASSWORD: 'x', NIX_STATE_DIR: '/s' })).toEqual({
      PATH: '/bin',
      NIX_STATE_DIR: '/s',
    });
  });

  it('takes the example of the guide', () => {
    expect(problems(EXAMPLE)).toEqual([]);
  });

  it('is described by docs/guide/configuration.md as it is', () => {
    expect(readFileSync('docs/guide/configuration.md', 'utf8')).toBe(configurationGuide());
  });
});
