/**
 * The S3 backup against `nix copy` of the same closure with the same compression: to a folder, and by HTTP into the same server that
 * the backup goes to. `npm run bench -- s3-backup [PATHS] [RUNS] [COMPRESSIONS] [LARGE_MB]`; the peer's compression runs in parallel
 * where it can. Wall time of the upload, CPU and peak memory of all processes of each side, starting included.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type TestStore, withTestStore } from '../libs/nix/testing/store.js';

type Run = Readonly<{ wallMs: number; cpuMs: number; peakMb: number }>;

const [paths = '2000', runs = '3', kinds = 'none,zstd,xz,bzip2', large = '45'] = process.argv.slice(2);
const script = (name: string): string => fileURLToPath(new URL(`./s3-backup/${name}.js`, import.meta.url));

/** Resident memory of a process and all below it, in MB. */
const treeMb = async (root: number): Promise<number> => {
  const parents = new Map<number, Readonly<{ parent: number; kb: number }>>();
  for (const name of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    parents.set(Number(name), { parent, kb: Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) });
  }
  const below = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at)?.parent)
      if (at === root) return true;
    return false;
  };
  return [...parents].reduce((sum, [pid, { kb }]) => sum + (below(pid) ? kb : 0), 0) / 1024;
};

/** Runs a command; bash counts the CPU time of all its children. A number that the command prints is its wall time. */
const measure = async (command: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> => {
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'bash', ...command], { env });
  let [out, err, peakMb] = ['', '', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const closed = once(child, 'close');
  let running = true;
  void closed.then(() => (running = false));
  while (running) {
    peakMb = Math.max(peakMb, await treeMb(child.pid!));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [code] = (await closed) as [number];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${err}`);
  const [real, user, sys] = err.trim().split('\n').at(-1)!.split(' ').map(Number) as [number, number, number];
  const told = Number(out.trim().split('\n').at(-1));
  return { wallMs: out.trim() !== '' && told > 0 ? told : real * 1000, cpuMs: (user + sys) * 1000, peakMb };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Small texts, each of which refers to two before it, under one root: no build, so that thousands are there at once. */
const smallPaths = async (store: TestStore, count: number): Promise<string> => {
  const content = Buffer.from(randomBytes(256)).toString('hex');
  const expression = `let
    text = n: "\${toString n} ${content} " + (if n < 2 then "" else "\${at (n / 2)} \${at (n / 3)}");
    all = builtins.genList (n: builtins.toFile "small-\${toString n}" (text n)) ${count};
    at = builtins.elemAt all;
  in builtins.toFile "small-root" (builtins.concatStringsSep "\\n" all)`;
  const file = await store.write('small.nix', expression);
  const { settings } = store;
  const child = spawn(settings.commands.nixInstantiate, ['--eval', '--read-write-mode', file], { env: settings.env });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.pipe(process.stderr);
  await once(child, 'close');
  return JSON.parse(out) as string;
};

/** One path of a NAR that compresses about as programs do: repeated and random bytes in turn. */
const largePath = async (store: TestStore, megabytes: number, name: string): Promise<string> => {
  const block = Buffer.alloc(16 * 1024);
  const piece = (): Buffer => {
    randomBytes(5 * 1024).copy(block);
    block.copy(block, 5 * 1024, 0, 5 * 1024);
    return block;
  };
  const { open } = await import('node:fs/promises');
  const file = await open(`${store.dir}/${name}`, 'w');
  for (let written = 0; written < megabytes * 1e6; written += block.length) await file.write(piece());
  await file.close();
  return store.add(`${store.dir}/${name}`);
};

const main = async (): Promise<void> => {
  const server = spawn(process.execPath, [script('server')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const endpoint = `http://127.0.0.1:${port}`;
  const store = await withTestStore();
  try {
    const small = await smallPaths(store, Number(paths));
    const big = await largePath(store, Number(large), 'large');
    const mixed = await store
      .write(
        'mixed.nix',
        `builtins.toFile "mixed" ''${'${'}builtins.storePath ${small}} ${'${'}builtins.storePath ${big}}''`,
      )
      .then(async (file) => {
        const child = spawn(store.settings.commands.nixInstantiate, ['--eval', '--read-write-mode', file], {
          env: store.settings.env,
        });
        let out = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
        child.stderr.pipe(process.stderr);
        await once(child, 'close');
        return JSON.parse(out) as string;
      });
    const closures = [
      [`${paths} small paths`, small],
      [`one path of ${large} MB`, big],
      ['both', mixed],
    ] as const;
    let buckets = 0;
    const env = {
      ...store.settings.env,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_REGION: 'us-east-1',
    };
    const nixCopy = (to: string, compression: string, root: string): Promise<Run> => {
      // With bzip2 the peer's parallel compression always fails.
      const parallel = compression === 'xz' || compression === 'zstd' ? '&parallel-compression=true' : '';
      const url = `${to}?compression=${compression}${parallel}`;
      const features = ['--extra-experimental-features', 'nix-command'];
      return measure([store.settings.commands.nix, ...features, 'copy', '--to', url, root], env);
    };
    process.stdout.write(
      '| closure | compression | | wall s | CPU s | peak MB | wall to nix copy by HTTP |\n|---|---|---|---|---|---|---|\n',
    );
    for (const compression of kinds.split(','))
      for (const [what, root] of closures) {
        const results: Record<'file' | 'http' | 'ours', Run[]> = { file: [], http: [], ours: [] };
        for (let run = 0; run < Number(runs); run++) {
          const name = `run-${(buckets += 1)}`;
          results.file.push(await nixCopy(`file://${store.dir}/${name}`, compression, root));
          results.http.push(await nixCopy(`${endpoint}/${name}-nix`, compression, root));
          const args = [JSON.stringify(store.settings.env), endpoint, name, compression, root];
          results.ours.push(await measure([process.execPath, '--no-warnings', script('upload'), ...args], env));
        }
        const labels = { file: 'nix copy --to file://', http: 'nix copy --to http://', ours: 'Iolaus' };
        for (const side of ['file', 'http', 'ours'] as const) {
          const [wall, cpu, peak] = (['wallMs', 'cpuMs', 'peakMb'] as const).map((key) =>
            median(results[side].map((each) => each[key])),
          ) as [number, number, number];
          const ratios = results[side].map(({ wallMs }, index) => wallMs / results.http[index]!.wallMs);
          process.stdout.write(
            `| ${what} | ${compression} | ${labels[side]} | ${(wall / 1000).toFixed(2)} | ${(cpu / 1000).toFixed(2)} | ${peak.toFixed(0)} | ${median(ratios).toFixed(2)} |\n`,
          );
        }
      }
  } finally {
    server.stdin.end();
    await store.remove();
  }
};

await main();
