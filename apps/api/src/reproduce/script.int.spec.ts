import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ResolvedInput } from '#domain';
import { type EvaluatedJob, evaluateJobs, type EvaluationInput, fetchInput, flakeMetadata } from '#nix';
import { type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { withBuilds } from './reproducible.js';
import { reproduceScript } from './script.js';

const exec = promisify(execFile);

describe('the script that reproduces a build', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await withTestStore();
  });
  afterAll(() => store.remove());

  const git = async (name: string, files: Readonly<Record<string, string>>) => {
    const dir = join(store.dir, name);
    await mkdir(dir);
    for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
    const run = (...args: string[]) =>
      exec('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        env: { ...process.env, HOME: store.dir },
      });
    await run('init', '-q', '-b', 'main');
    await run('add', '.');
    await run('commit', '-q', '-m', 'first');
    await run('tag', `it's-"1.0"`);
    return dir;
  };
  const mk = (system: string) =>
    `derivation { name = "hello"; system = ${system}; builder = "/bin/sh"; args = [ "-c" "echo $said > $out" ]; `;

  /** Runs it on a machine that has nothing of the build yet. */
  const run = async (script: string, ...args: string[]) => {
    await store.nixStore('--gc');
    const file = join(store.dir, 'reproduce.sh');
    await writeFile(file, script);
    return exec('bash', [file, '--dir', join(store.dir, 'work'), ...args], { env: store.settings.env });
  };

  const evaluated = async (
    specs: readonly { name: string; type: 'git' | 'hg' | 'path' | 'string' | 'nix' | 'boolean'; value: string }[],
    more: readonly EvaluationInput[] = [],
  ) => {
    const context = { settings: store.settings, cacheDir: join(store.dir, 'cache'), now: () => 0 };
    const fetched = await Promise.all(specs.map((spec) => fetchInput(context, spec)));
    const args: EvaluationInput[] = [...fetched.map(({ argument }) => argument), ...more];
    const storePath = fetched[0]!.storePath!;
    const jobs: EvaluatedJob[] = [];
    await evaluateJobs(
      store.settings,
      { kind: 'expression', input: { name: 'src', storePath }, path: 'release.nix', args },
      {
        onJobs: (found) => void jobs.push(...found),
        onError: (error) => {
          throw new Error(JSON.stringify(error));
        },
      },
    );
    const inputs = specs.map((spec, index): ResolvedInput => {
      const { uri, revision, storePath: path } = fetched[index]!;
      return {
        ...spec,
        ...(uri ? { uri } : {}),
        ...(revision ? { revision } : {}),
        ...(path ? { storePath: path } : {}),
      };
    });
    return { job: jobs[0]!, inputs };
  };
  const about = { url: 'https://farm.example/build/7', buildId: 7, evaluationId: 3, flake: null };
  const expression = { input: 'src', path: 'release.nix' };

  it('gets the same derivation and output from git, path, string, nix and boolean inputs', async () => {
    const src = await git('src', {
      'release.nix': `{ src, lib, words, answer, flag }: { nested.hello = ${mk('builtins.currentSystem')}
        said = builtins.toJSON [ src.rev src.revCount src.shortRev src.gitTag (import lib) words (answer + 1) flag ]; }; }`,
    });
    const lib = join(store.dir, 'lib.nix');
    await writeFile(lib, '"from the library"');
    const { job, inputs } = await evaluated([
      { name: 'src', type: 'git', value: `${src} main` },
      { name: 'lib', type: 'path', value: lib },
      { name: 'words', type: 'string', value: `it's \${not} "Nix" \\ $(rm -rf /)` },
      { name: 'answer', type: 'nix', value: '41 # comment' },
      { name: 'flag', type: 'boolean', value: 'true' },
    ]);
    const script = reproduceScript({
      ...about,
      job: job.attr,
      drvPath: job.drvPath,
      system: job.system,
      inputs,
      expression,
    });
    const { stdout, stderr } = await run(script);
    expect(stdout.trim()).toBe(job.outputs['out']);
    expect(stderr).not.toContain('another one');
    expect(await readFile(job.outputs['out']!, 'utf8')).toContain('from the library');
    expect((await run(script, '--print-flags')).stdout).toContain('-A nested.hello');
    expect((await run(script, '--fetch')).stdout).toBe('');
  });

  it('gets the same whatever this machine does to files of git, from a directory named as seen from here', async () => {
    const src = await git('lines', {
      'release.nix': `{ src }: { hello = ${mk('builtins.currentSystem')} said = builtins.readFile (src + "/text"); }; }`,
      text: 'one\ntwo\n',
    });
    const { job, inputs } = await evaluated([{ name: 'src', type: 'git', value: src }]);
    const of = { ...about, job: 'hello', drvPath: job.drvPath, system: job.system, inputs, expression };
    const file = join(store.dir, 'here.sh');
    await writeFile(file, reproduceScript(of));
    await store.nixStore('--gc');
    await writeFile(join(store.dir, 'gitconfig'), '[core]\n\tautocrlf = true\n');
    const env = {
      ...store.settings.env,
      GIT_CONFIG_GLOBAL: join(store.dir, 'gitconfig'),
      GIT_DIR: join(store.dir, 'none'),
    };
    const { stdout, stderr } = await exec('bash', [file, '--dir', 'lines-work'], { cwd: store.dir, env });
    expect(stderr).not.toContain('on the farm');
    expect(stdout.trim()).toBe(job.outputs['out']);
  });

  it('tells an expression of a build what the farm told it', async () => {
    const src = await git('uses', {
      'release.nix': `{ src, lib }: { hello = ${mk('builtins.currentSystem')} said = builtins.toJSON [ lib.inputType lib.version lib.outputName ]; }; }`,
    });
    await writeFile(join(store.dir, 'made'), 'made');
    const made = (await store.nixStore('--add', join(store.dir, 'made'))).trim();
    const { job, inputs } = await evaluated(
      [{ name: 'src', type: 'git', value: src }],
      [{ name: 'lib', type: 'build', storePath: made, version: 'made-"1"', outputName: 'dev' }],
    );
    const lib = { name: 'lib', type: 'build', value: 'p:j:made', buildId: 5, storePath: made } as const;
    const builds = [{ id: 5, releaseName: null, nixName: 'made-"1"', outputs: { dev: made, out: '/nix/store/none' } }];
    const of = { ...about, job: 'hello', drvPath: job.drvPath, system: job.system, expression };
    const file = join(store.dir, 'uses.sh');
    await writeFile(file, reproduceScript({ ...of, inputs: withBuilds([...inputs, lib], builds) }));
    const { stdout } = await exec('bash', [file, '--dir', join(store.dir, 'uses-work')], { env: store.settings.env });
    expect(stdout.trim()).toBe(job.outputs['out']);
  });

  it('gets the same derivation from a Mercurial input', async () => {
    const dir = join(store.dir, 'hg-src');
    await mkdir(dir);
    await writeFile(
      join(dir, 'release.nix'),
      `{ src }: { hello = ${mk('builtins.currentSystem')} said = builtins.toJSON [ src.rev src.revCount src.shortRev src.inputType ]; }; }`,
    );
    for (const args of [['init'], ['commit', '--addremove', '-m', 'first', '-u', 't']])
      await exec('hg', args, { cwd: dir, env: { ...process.env, HGRCPATH: '' } });
    const { job, inputs } = await evaluated([{ name: 'src', type: 'hg', value: dir }]);
    const script = reproduceScript({
      ...about,
      job: 'hello',
      drvPath: job.drvPath,
      system: job.system,
      inputs,
      expression,
    });
    const { stdout, stderr } = await run(script);
    expect(stdout.trim()).toBe(job.outputs['out']);
    expect(stderr).not.toContain('another one');
  });

  it('finds the derivation of another system, and says where it cannot have the same', async () => {
    const src = await git('other', {
      'release.nix': `{ ... }: { hello = ${mk('builtins.currentSystem')} said = "x"; }; }`,
    });
    const { job, inputs } = await evaluated([{ name: 'src', type: 'git', value: src }]);
    const of = { ...about, job: 'hello', drvPath: job.drvPath, system: 'riscv64-linux', inputs, expression };
    expect((await run(reproduceScript(of))).stdout.trim()).toBe(job.outputs['out']);
    const drvPath = job.drvPath.replace('hello', 'bye');
    await expect(run(reproduceScript({ ...of, drvPath }))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another one than the farm'),
    });
  });

  it('reproduces a flake', async () => {
    const src = await git('flake', {
      'flake.nix': `{ outputs = { self }: { hydraJobs.hello = ${mk('"x86_64-linux"')} said = "flake"; }; }; }`,
    });
    const { url } = await flakeMetadata(store.settings, `git+file://${src}`);
    const jobs: EvaluatedJob[] = [];
    await evaluateJobs(
      store.settings,
      { kind: 'flake', url },
      {
        onJobs: (found) => void jobs.push(...found),
        onError: (error) => {
          throw new Error(JSON.stringify(error));
        },
      },
    );
    const [job] = jobs;
    const script = reproduceScript({
      ...about,
      flake: url,
      job: 'hello',
      drvPath: job!.drvPath,
      system: job!.system,
      inputs: [],
      expression: null,
    });
    expect((await run(script)).stdout.trim()).toBe(job!.outputs['out']);
  });
});
