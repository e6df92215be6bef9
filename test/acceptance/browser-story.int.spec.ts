import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { startTestFarm, type TestFarm } from './farm.js';
import { until } from './until.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

const NIX_CONFIG = 'build-users-group =\nsandbox = false\nsubstituters =\n';

/** A job that is done at once, and one that somebody has to cancel. */
const EXPRESSION = `{ greeting ? "hello", officialRelease ? false }:
let
  job = name: script: derivation {
    inherit name greeting; system = builtins.currentSystem; builder = "/bin/sh";
    args = [ "-eu" "-c" "PATH=/bin:/usr/bin; \${script}" ];
  } // { meta.maintainers = [ { email = "admin@example.org"; } ]; };
in { quick = job "quick" "echo 'said <b>\${greeting}</b>'; echo \${toString officialRelease} > $out"; slow = job "slow" "echo begins; sleep 300"; }
`;

const evals = z.looseObject({ evals: z.array(z.looseObject({ id: z.number(), builds: z.array(z.number()) })) });
const build = z.looseObject({
  id: z.number(),
  job: z.string(),
  finished: z.number(),
  buildstatus: z.number().nullable(),
});

describe('a release manager with a browser', () => {
  let farm: TestFarm;
  let browser: BrowserContext;
  let page: Page;
  let folder: string;
  let evaluation = 0;
  const builds: Record<string, number> = {};
  const url = (path: string): string => `${farm.farm.url}${path}`;

  beforeAll(async () => {
    if (CHROMIUM === undefined)
      throw new Error('no Chromium on this machine: install it (`npm test` does, as root on Debian)');
    farm = await startTestFarm();
    writeFileSync(join(farm.dir, 'source/story.nix'), EXPRESSION);
    folder = mkdtempSync(join(tmpdir(), 'iolaus-chromium-'));
    browser = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    page.setDefaultTimeout(8000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await farm?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Opens the menu, fills in what an item asks for, and does it. */
  const act = async (item: string, fields: Readonly<Record<string, string>> = {}): Promise<void> => {
    await page.click('details.menu > summary');
    const entry = page.locator('details.menu li', { has: page.locator(`summary:text-is("${item}…")`) });
    await entry.locator('summary').click();
    for (const [name, value] of Object.entries(fields)) await entry.locator(`input[name=${name}]`).fill(value);
    await Promise.all([page.waitForNavigation(), entry.locator('button').click()]);
  };
  const finished = (job: string) =>
    until(`the end of ${job}`, async () => {
      const found = await farm.api.get(`/build/${builds[job]}`, build);
      return found.finished === 1 && found;
    });

  it('signs in, and creates a project and a jobset by their forms', async () => {
    await page.goto(url('/login'));
    await page.fill('#username', 'admin');
    await page.fill('#password', 'correct horse battery staple');
    await Promise.all([page.waitForNavigation(), page.click('form[action="/login"] button')]);
    await page.goto(url('/create-project'));
    await page.fill('input[name=name]', 'story');
    await page.fill('input[name=displayname]', 'A <i>story</i>');
    await Promise.all([page.waitForNavigation(), page.click('main form button[type=submit]')]);
    expect(await page.textContent('h1')).toBe('A <i>story</i>');
    await page.goto(url('/project/story/create-jobset'));
    await page.fill('input[name=name]', 'main');
    await page.fill('input[name=nixexprinput]', 'src');
    await page.fill('input[name=nixexprpath]', 'story.nix');
    await page.fill('input[name=checkinterval]', '0');
    const row = (nr: number, name: string, type: string, value: string) => async () => {
      await page.locator('input[name="input-name[]"]').nth(nr).fill(name);
      await page.locator('select[name="input-type[]"]').nth(nr).selectOption(type);
      await page.locator('[name="input-value[]"]').nth(nr).fill(value);
    };
    await row(0, 'src', 'path', join(farm.dir, 'source'))();
    await row(1, 'officialRelease', 'boolean', 'false')();
    await Promise.all([page.waitForNavigation(), page.click('main form button[type=submit]')]);
    expect(page.url()).toBe(url('/jobset/story/main'));
  }, 60_000);

  it('clones it into a one-shot with officialRelease, and sees how the two differ', async () => {
    await page.click('details.menu > summary');
    await Promise.all([page.waitForNavigation(), page.click('text=Clone this jobset')]);
    await page.fill('input[name=name]', 'release-1.0');
    await page.selectOption('select[name=enabled]', '2');
    const names = page.locator('input[name="input-name[]"]');
    const values = await names.evaluateAll((fields: { value: string }[]) => fields.map(({ value }) => value));
    await page.locator('[name="input-value[]"]').nth(values.indexOf('officialRelease')).fill('true');
    await page.fill('input[name=reason]', 'the first release');
    await Promise.all([page.waitForNavigation(), page.click('main form button[type=submit]')]);
    expect(page.url()).toBe(url('/jobset/story/release-1.0'));
    await Promise.all([page.waitForNavigation(), page.click('text=how they differ')]);
    const text = (await page.textContent('#differences')) ?? '';
    expect(text).toContain('inputs.officialRelease');
    expect(text).toContain('one-shot');
  }, 60_000);

  it('has it evaluated once, whatever is pushed after', async () => {
    await page.goto(url('/jobset/story/release-1.0'));
    await act('Evaluate this jobset', { reason: 'go' });
    const {
      evals: [found],
    } = await until('the evaluation', async () => {
      const listed = await farm.api.get('/jobset/story/release-1.0/evals', evals);
      return listed.evals.length > 0 && listed;
    }).catch(async (error: unknown) => {
      const jobset = await farm.api.get('/jobset/story/release-1.0', z.unknown());
      throw new Error(JSON.stringify(jobset), { cause: error });
    });
    evaluation = found!.id;
    for (const id of found!.builds) {
      const { job } = await until(`build ${id}`, () => farm.api.get(`/build/${id}`, build), { ignoreErrors: true });
      builds[job] = id;
    }
    await farm.api.send('POST', '/api/push?jobsets=story:release-1.0', {});
    await page.goto(url('/jobset/story/release-1.0/configuration'));
    expect(await page.textContent('main')).toContain('disabled');
  }, 60_000);

  it('follows a log, bumps and cancels what is slow, and restarts what is done', async () => {
    await page.goto(url(`/build/${builds['slow']}`));
    await act('Bump up', { reason: 'hurry' });
    await until('the step of slow', async () => {
      await page.goto(url(`/build/${builds['slow']}/log`));
      return (await page.textContent('#log'))?.includes('begins');
    });
    await page.goto(url(`/build/${builds['slow']}`));
    await act('Cancel', { reason: 'it sleeps' });
    expect(await finished('slow')).toMatchObject({ buildstatus: 4 });
    await finished('quick');
    await page.goto(url(`/build/${builds['quick']}/log`));
    expect(await page.textContent('#log')).toContain('said <b>hello</b>');
    await page.goto(url(`/build/${builds['quick']}`));
    await act('Restart', { reason: 'once more' });
    expect(await finished('quick')).toMatchObject({ buildstatus: 0 });
  }, 90_000);

  it('stars a job, and finds it on the dashboard', async () => {
    await page.goto(url('/job/story/release-1.0/quick'));
    await Promise.all([page.waitForNavigation(), page.click('text=☆ Star')]);
    await page.goto(url('/dashboard/admin'));
    expect(await page.textContent('main table')).toContain('quick');
  }, 60_000);

  it('changes its share', async () => {
    await page.goto(url('/jobset/story/release-1.0'));
    await act('Change its share', { shares: '500', reason: 'a release' });
    await page.goto(url('/jobset/story/release-1.0/configuration'));
    expect(await page.textContent('main')).toContain('500');
  }, 60_000);

  it('reproduces a build by the command on its page', async () => {
    await page.goto(url(`/build/${builds['quick']}#reproduce`));
    const command = (await page.textContent('#reproduce pre')) ?? '';
    expect(command).toContain(`/build/${builds['quick']}/reproduce`);
    const run = spawnSync('bash', ['-c', command], {
      encoding: 'utf8',
      // As root of a container: no build users, no sandbox, and nothing to substitute from.
      env: { ...process.env, ...farm.env, TMPDIR: farm.dir, NIX_CONFIG },
    });
    expect([run.status, run.stderr]).toEqual([0, expect.not.stringContaining('another one')]);
    expect(run.stdout.trim()).toMatch(/-quick$/);
  }, 60_000);

  it('releases it, reads the audit, and an outsider verifies the record', async () => {
    await page.goto(url(`/eval/${evaluation}`));
    await act('Release', { name: '1.0', reason: 'tested by hand' });
    await page.goto(url('/releases'));
    expect(await page.textContent('main table')).toContain('tested by hand');
    await page.goto(url('/audit?project=story'));
    const audit = (await page.textContent('main table')) ?? '';
    for (const said of [
      'released the evaluation as 1.0',
      'cancelled the build',
      'it sleeps',
      'as a clone of story:main',
      'once more',
    ])
      expect(audit).toContain(said);
    const verify = [join(root, 'bin/iolaus.mjs'), 'audit', 'verify', url(`/eval/${evaluation}/audit`)];
    const { status, stdout } = spawnSync(process.execPath, verify, {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('ok     one-shot: armed once, evaluated once')]);
  }, 60_000);
});
