import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#runtime';
import { BadInputError } from '../errors.js';
import { importHydra } from './import-hydra.js';

const HYDRA = `
using_frontend_proxy 1
base_uri = https://hydra.example.org
max_output_size = 4294967296
max_log_size = 1048576   # bytes
max_unsupported_time = 300
gc_roots_dir = /nix/var/nix/gcroots/hydra
binary_cache_secret_key_file = /etc/hydra/secret.key
max_concurrent_evals = 2
evaluator_workers = 3
evaluator_max_memory_size = 2048
allow_import_from_derivation = false
tracker = <script>

<s3backup>
  name = "backup-one"
  jobs = nixpkgs:trunk:.*\\.x86_64-linux
  compression_type = xz
</s3backup>
<s3backup>
  name = backup-two
  jobs = a:b:c|d:e:f
  prefix = cache/
  retries = 3
</s3backup>
<ldap>
  <config>
  </config>
</ldap>
`;

const refusal = (text: string): string => {
  try {
    importHydra(text);
  } catch (error) {
    if (error instanceof BadInputError) return error.message;
    throw error;
  }
  return 'taken';
};

describe('a configuration of Hydra', () => {
  it('becomes one of ours that loads and says the same', () => {
    const dir = mkdtempSync(join(tmpdir(), 'iolaus-import-'));
    try {
      writeFileSync(join(dir, 'iolaus.toml'), importHydra(HYDRA).toml);
      const config = loadConfig({ IOLAUS_DATA_DIR: dir });
      expect(config).toMatchObject({
        gcRootsDir: '/nix/var/nix/gcroots/hydra',
        web: { baseUrl: 'https://hydra.example.org' },
        queueRunner: { maxOutputSize: 4_294_967_296, maxLogSize: 1_048_576, maxUnsupportedTime: 300 },
        evaluator: { maxConcurrentEvals: 2, workers: 3, maxMemorySize: 2048 },
        nix: { allowImportFromDerivation: false },
        s3backup: [
          { name: 'backup-one', compressionType: 'xz', prefix: '', secretKeyFiles: ['/etc/hydra/secret.key'] },
          { name: 'backup-two', compressionType: 'bzip2', prefix: 'cache/' },
        ],
      });
      expect(config.s3backup[0]!.jobs.test('nixpkgs:trunk:hello.x86_64-linux')).toBe(true);
      expect(config.s3backup[0]!.jobs.test('nixpkgs:trunk:hello.x86_64-linux.x')).toBe(false);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('lists what was left out or means something else, in the order of its lines', () => {
    expect(importHydra(HYDRA).notes).toEqual([
      expect.stringMatching(/^line 2: using_frontend_proxy: nothing has to be set/),
      expect.stringMatching(/^line 8: binary_cache_secret_key_file: taken as secret_key_files/),
      'line 13: tracker: Iolaus has nothing like it',
      expect.stringMatching(/^line 22: s3backup\.jobs: Hydra anchors only/),
      'line 24: s3backup.retries: Iolaus has nothing like it',
      'line 26: <ldap>: Iolaus has nothing like it',
    ]);
  });

  it.each([
    ['max_log_size = big', 'line 1: max_log_size: must be a whole number'],
    ['max_log_size', 'line 1: max_log_size: has no value'],
    ['\nmax_concurrent_evals = 0', 'line 2: max_concurrent_evals: must be a whole number of evaluations from 1 to 256'],
    ['base_uri = hydra.example.org', 'line 1: base_uri: must be an http:// or https:// URL'],
    ['allow_import_from_derivation = perhaps', 'line 1: allow_import_from_derivation: must be true or false'],
    ['base_uri = http://a\nbase_uri = http://b', 'line 2: base_uri: is there already, in line 1'],
    ['<s3backup>\nname = bucket\n</s3backup>', 'line 1: <s3backup> jobs: must be a regular expression'],
    [
      '<s3backup>\nname = bucket\njobs = a(\n</s3backup>',
      'line 3: s3backup.jobs: must be a regular expression (of JavaScript, with the flag u)',
    ],
    [
      '<s3backup>\nname = bucket\njobs = a\ncompression_type = gzip\n</s3backup>',
      'line 4: s3backup.compression_type: must be one of none, xz, bzip2, zstd',
    ],
    ['<s3backup>\njobs = a\njobs = b\n</s3backup>', 'line 3: s3backup.jobs: is there already, in line 2'],
    ['include other.conf', 'line 1: an include is not followed'],
  ])('is refused where it says %j', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('is refused with every line that is wrong', () => {
    expect(refusal('base_uri = x\nevaluator_workers = 0').split('\n')).toHaveLength(2);
  });

  it('may say nothing', () => {
    expect(importHydra('# nothing\n')).toEqual({ toml: '', notes: [] });
    expect(importHydra('binary_cache_secret_key_file = /k').notes[0]).toContain('there is no <s3backup> to sign');
  });

  it('takes a bar inside of a group or a class for what it is', () => {
    const notes = (jobs: string) => importHydra(`<s3backup>\nname = bucket\njobs = ${jobs}\n</s3backup>`).notes.length;
    expect(['(a|b):c:d', 'a[|]b', 'a\\|b', 'a|b'].map(notes)).toEqual([0, 0, 0, 1]);
  });
});
