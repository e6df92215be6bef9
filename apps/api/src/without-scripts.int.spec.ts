import type { Page } from 'playwright-core';
import { startApi, type TestApi } from '../testing/api.js';
import { startBrowser, type TestBrowser } from '../testing/chromium.js';
import { simulate } from '../testing/farm.js';

/** The path of a release, from an empty farm, in a browser that runs no script: each step begins where the one before left. */
describe('without scripts', () => {
  let api: TestApi;
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    api = await startApi();
    browser = await startBrowser({ scripts: false });
    page = await browser.context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });
  const at = async (path: string) => expect(new URL(page.url()).pathname).toBe(path);
  const order = async (label: string, fields: Readonly<Record<string, string>> = {}) => {
    await page.click('details.menu > summary');
    await page.click(`details.menu summary:has-text("${label}")`);
    const form = `details.menu details[open] form`;
    for (const [name, value] of Object.entries(fields)) await page.fill(`${form} [name=${name}]`, value);
    await page.click(`${form} button`);
  };
  const menu = async (label: string) => {
    await page.click('details.menu > summary');
    await page.click(`details.menu a:has-text("${label}")`);
  };

  it('an empty farm says what to do first, and signing in is that', async () => {
    await page.goto(`${api.url}/`);
    expect(await page.textContent('main')).toContain('This farm builds nothing yet.');
    await page.click('header a:has-text("Scheduling")');
    expect(await page.textContent('main')).toContain('There is no jobset yet.');
    await page.click('header a:has-text("Overview")');
    await page.click('main ol a:has-text("Sign in")');
    await page.fill('#username', 'admin');
    await page.fill('#password', 'secret');
    await page.click('form[action="/login"] button');
    await at('/');
    expect(await page.textContent('main ol')).not.toContain('Sign in');
  });

  it('then a project is created, whose page asks for its first jobset', async () => {
    await page.click('main ol a:has-text("Create a project")');
    await page.fill('input[name=name]', 'demo');
    await page.fill('input[name=displayname]', 'Demo');
    await page.click('main form button:has-text("Create")');
    await at('/project/demo');
    // Back on the overview, the way goes on.
    await page.click('header a:has-text("Overview")');
    await page.click('main ol a:has-text("Create a jobset in Demo")');
    await at('/project/demo/create-jobset');
  });

  it('a jobset is created, with the input that it evaluates', async () => {
    await page.fill('input[name=name]', 'main');
    await page.fill('input[name=nixexprinput]', 'src');
    await page.fill('input[name=nixexprpath]', 'release.nix');
    await page.fill('[aria-label="Input 1"] input[name="input-name[]"]', 'src');
    await page.selectOption('[aria-label="Input 1"] select[name="input-type[]"]', 'path');
    await page.fill('[aria-label="Input 1"] [name="input-value[]"]', '/src');
    await page.click('button:has-text("Create jobset")');
    await at('/jobset/demo/main');
    expect(await page.textContent('main')).toContain('There is no evaluation with new builds yet');
  });

  it('it is cloned', async () => {
    await menu('Clone this jobset');
    await page.fill('input[name=name]', 'release-1.0');
    await page.selectOption('select[name=enabled]', '0');
    await page.click('button:has-text("Create jobset")');
    await at('/jobset/demo/release-1.0');
    expect(await page.textContent('main')).toContain('A clone of demo:main');
  });

  it('the inputs of the clone are edited', async () => {
    await menu('Edit configuration');
    await page.fill('[aria-label="Input 1"] [name="input-value[]"]', '/src/release');
    await page.fill('[aria-label="Input 2"] input[name="input-name[]"]', 'officialRelease');
    await page.selectOption('[aria-label="Input 2"] select[name="input-type[]"]', 'boolean');
    await page.fill('[aria-label="Input 2"] [name="input-value[]"]', 'true');
    await page.click('button:has-text("Save")');
    await at('/jobset/demo/release-1.0');
    const { json } = await api.anonymous.get('/jobset/demo/release-1.0');
    expect(json.inputs).toMatchObject({ src: { value: '/src/release' }, officialRelease: { value: 'true' } });
  });

  it('it is enabled, and given another share', async () => {
    await order('Enable');
    await order('Change its share', { shares: '250', reason: 'the release goes first' });
    await at('/jobset/demo/release-1.0');
    const { json } = await api.anonymous.get('/jobset/demo/release-1.0');
    expect(json).toMatchObject({ enabled: 1, schedulingshares: 250 });
  });

  it('what was built is released', async () => {
    const jobs = [{ job: 'hello', status: 'succeeded' as const }];
    await simulate(api, { project: 'demo', jobset: 'release-1.0', evaluationId: 7, firstBuildId: 70, jobs });
    await page.goto(`${api.url}/jobset/demo/release-1.0`);
    await page.click('main tbody a:has-text("#7")');
    await order('Release', { name: 'demo-1.0', reason: 'all is well' });
    await at('/eval/7');
    expect(await page.textContent('.facts')).toContain('demo-1.0');
  });

  it('filters and folded groups work as well', async () => {
    await page.fill('input[name=filter]', 'hel');
    await page.click('form.filter button');
    expect(await page.isVisible('#new >> text=hello')).toBe(true);
    await page.click('#new-group > summary');
    expect(await page.isVisible('#new >> text=hello')).toBe(false);
  });
});
