import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { startApi, type TestApi } from '../testing/api.js';
import { DEMO_PAGES, demoFarm } from '../testing/demo.js';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Where screenshots go, for whoever wants to look at them. */
const SHOTS = process.env['IOLAUS_TEST_SCREENSHOTS'];

type Axe = { run: (options: object) => Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> };
/** Runs in the page. */
const violations = async (runOnly: readonly string[]): Promise<string[]> => {
  const { axe } = globalThis as unknown as { axe: Axe };
  const found = await axe.run({ runOnly });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`);
};

let api: TestApi;
let folder: string | undefined;
let browser: BrowserContext;

describe('in a browser', () => {
  beforeAll(async () => {
    if (CHROMIUM === undefined)
      throw new Error('no Chromium on this machine: install it (`npm test` does, as root on Debian)');
    api = await startApi();
    await demoFarm(api, performance.timeOrigin + performance.now());
    folder = await mkdtemp(join(tmpdir(), 'iolaus-chromium-'));
    browser = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      args: FLAGS,
      viewport: { width: 1280, height: 900 },
    });
    if (SHOTS) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('somebody signs in by the form, restarts a build, and signs out', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/login`);
    await page.fill('#username', 'admin');
    await page.fill('#password', 'wrong');
    await page.click('form[action="/login"] button');
    expect(await page.textContent('[role=alert]')).toContain('Wrong user name or password');
    await page.fill('#password', 'secret');
    await page.click('form[action="/login"] button');
    await page.waitForURL(`${api.url}/`);
    await page.goto(`${api.url}/build/105`);
    await page.click('summary >> text=Actions');
    await page.click('summary >> text=Restart…');
    await page.fill('form[action="/build/105/restart"] input[name=reason]', 'a flake');
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'actions.png') });
    await page.click('form[action="/build/105/restart"] button');
    await page.waitForSelector('.outcome >> text=It waits for its turn.');
    await page.click('form[action="/logout"] button');
    await page.waitForSelector('text=Sign in');
    await page.close();
  });

  it('a page renews itself when something changed', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/203`);
    await page.waitForTimeout(500);
    await api.admin.send('POST', '/build/203/restart');
    await page.waitForSelector('.outcome >> text=It waits for its turn.');
    await page.close();
  });

  it('a page that renews itself leaves open what somebody opened', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/eval/41`);
    await page.click('#new-group > summary');
    await page.click('#inputs-group > summary');
    await page.evaluate('document.activeElement.blur()');
    await page.waitForTimeout(500);
    await api.admin.send('POST', '/build/103/restart');
    await page.waitForSelector('#new tr:has-text("library"):has-text("queued")');
    const open = await page.$$eval('details.group[open]', (all) => all.map(({ id }) => id));
    expect(open).toContain('new-group');
    expect(open).not.toContain('inputs-group');
    await page.close();
  });

  it('a log is followed, and what it holds is text', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${api.url}/build/207/log`);
    await page.waitForSelector('#log-status >> text=Live');
    expect(await page.textContent('#log')).toContain('building the image');
    expect(errors).toEqual([]);
    await page.close();
  });

  describe('no rule of WCAG 2.2 AA is broken, in no theme, and nothing is wider than the window, by the page', () => {
    let page: Page;
    beforeAll(async () => {
      await browser.addCookies([{ name: 'iolaus_session', value: api.admin.cookie.split('=')[1]!, url: api.url }]);
      page = await browser.newPage();
    });
    it.each(Object.entries(DEMO_PAGES))('%s', async (name, path) => {
      const refused: string[] = [];
      page.on('console', (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
      await page.goto(`${api.url}${path}`);
      await page.evaluate(axe);
      for (const colorScheme of ['light', 'dark'] as const) {
        // Without the buttons' slow change of colour, which would be measured half way.
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`), fullPage: true });
        expect([colorScheme, await page.evaluate(violations, AA)]).toEqual([colorScheme, []]);
      }
      expect(refused).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
      page.removeAllListeners('console');
    });
  });
});
