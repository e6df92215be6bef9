import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('the command line', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'iolaus-cli-'));
    mkdirSync(join(dir, 'data'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const iolaus = (args: readonly string[], env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/iolaus.mjs', ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env['PATH'], IOLAUS_DATA_DIR: join(dir, 'data'), ...env },
    });
    return { status, stdout, stderr };
  };

  it.each([
    [[], 'Usage: iolaus'],
    [['begin'], "unknown command 'begin'"],
    [['start', '--fast'], "unknown option '--fast'"],
    [['start', 'now'], 'too many arguments'],
    [['log', 'export'], "missing required argument 'file'"],
    [['log', 'import', '/nowhere/x'], 'FILE: there is no file /nowhere/x'],
    [['projections', 'rebild'], "unknown command 'rebild'"],
  ])('refuses %j with exit code 2 and names what is wrong', (args, message) => {
    const { status, stderr } = iolaus(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(2);
  });

  it('names every problem of a bad configuration and exits with 2, whatever it was asked to do', () => {
    const file = join(dir, 'bad.toml');
    writeFileSync(file, '[evaluator]\ntimout = 3\nworkers = 0\n');
    for (const args of [['start'], ['config', 'check'], ['projections', 'rebuild']]) {
      const { status, stderr } = iolaus(args, { IOLAUS_CONFIG: file });
      expect(stderr).toContain(`${file}: evaluator.timout: unknown key`);
      expect(stderr).toContain(`${file}: evaluator.workers: must be a whole number of processes from 1 to 256`);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(status).toBe(2);
    }
  });

  it('prints our TOML for a configuration of Hydra, and beside it what it did not take', () => {
    const file = join(dir, 'hydra.conf');
    writeFileSync(file, '<s3backup>\nname = backup\njobs = a:b:c\n</s3backup>\ntracker = x\n');
    expect(iolaus(['config', 'import-hydra', file])).toEqual({
      status: 0,
      stdout: '[[s3backup]]\nname = "backup"\njobs = "a:b:c"\n',
      stderr: 'line 5: tracker: Iolaus has nothing like it\n',
    });
    writeFileSync(file, 'max_log_size = big\n');
    expect(iolaus(['config', 'import-hydra', file])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'iolaus: line 1: max_log_size: must be a whole number\n',
    });
    expect(iolaus(['config', 'import-hydra', join(dir, 'none')])).toMatchObject({ status: 2 });
  });

  it('says that a good configuration can be used', () => {
    const { status, stdout } = iolaus(['config', 'check']);
    expect(stdout).toContain('The configuration can be used');
    expect(status).toBe(0);
  });
});
