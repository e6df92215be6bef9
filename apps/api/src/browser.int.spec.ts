import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { LogWriter } from '#binary-cache';
import { type TestStore, withTestStore } from '../../../libs/nix/testing/store.js';
import { startApi, type TestApi } from '../testing/api.js';
import { startBrowser, type TestBrowser } from '../testing/chromium.js';
import { DEMO_PAGES, demoFarm } from '../testing/demo.js';
import { completeStep, simulate, storePath } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';
import { STORE_PAGES, storeFarm } from '../testing/store-farm.js';

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
let store: TestStore;
let writer: LogWriter;
let started: TestBrowser;
let browser: BrowserContext;

describe('in a browser', () => {
  beforeAll(async () => {
    store = await withTestStore();
    api = await startApi({ nix: store.settings });
    const now = performance.timeOrigin + performance.now();
    writer = await demoFarm(api, now);
    await storeFarm(api, store, now - 300_000);
    started = await startBrowser();
    browser = started.context;
    if (SHOTS) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => {
    await started?.close();
    await api?.close();
    await store?.remove();
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
    await page.goto(`${api.url}/build/206`);
    await page.waitForSelector('html[data-listening]');
    await api.admin.send('POST', '/build/206/restart', { reason: 'its disk was full' });
    await page.waitForSelector('.outcome >> text=It waits for its turn.');
    await page.close();
  });

  it.each(['', '/why'])('the tabs and actions of a build renew themselves too: /build/204%s', async (tab) => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/204${tab}`);
    await page.waitForSelector('.tabs >> text=Why was it built when it was?');
    await page.waitForSelector('html[data-listening]');
    await api.admin.send('POST', '/build/204/restart', { reason: 'to see it wait' });
    await page.waitForSelector('.tabs >> text=Why does it wait?');
    if (tab === '/why') expect(await page.title()).toContain('Why does it wait?');
    await api.admin.send('POST', '/build/204/cancel', { reason: 'it waited' });
    await page.waitForSelector('.tabs >> text=Why was it built when it was?');
    await page.waitForSelector('main >> text=cancelled');
    await page.close();
  });

  it('a page that renews itself takes no reason away that somebody wrote', async () => {
    await browser.addCookies([{ name: 'iolaus_session', value: api.admin.cookie.split('=')[1]!, url: api.url }]);
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/204`);
    await page.click('summary >> text=Actions');
    await page.click('summary >> text=Restart…');
    await page.fill('form[action="/build/204/restart"] input[name=reason]', 'half a rea');
    await page.evaluate('document.activeElement.blur()');
    await page.waitForSelector('html[data-listening]');
    await api.admin.send('POST', '/build/204/restart', { reason: 'somebody was faster' });
    await page.waitForSelector('.outcome >> text=It waits for its turn.');
    expect(await page.inputValue('form[action="/build/204/restart"] input[name=reason]')).toBe('half a rea');
    await browser.clearCookies();
    await page.close();
  });

  it('a page that renews itself leaves open what somebody opened', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/eval/41`);
    await page.click('#new-group > summary');
    await page.click('#inputs-group > summary');
    await page.evaluate('document.activeElement.blur()');
    await page.waitForSelector('html[data-listening]');
    await api.admin.send('POST', '/build/106/restart');
    await page.waitForSelector('#new tr:has-text("tools"):has-text("queued")');
    const open = await page.$$eval('details.group[open]', (all) => all.map(({ id }) => id));
    expect(open).toContain('new-group');
    expect(open).not.toContain('inputs-group');
    await page.close();
  });

  describe('keys', () => {
    let page: Page;
    beforeAll(async () => {
      page = await browser.newPage();
    });
    afterAll(() => page.close());
    const focused = () => page.evaluate('document.activeElement.textContent.trim()');

    it('go to pages, and along the rows of tables', async () => {
      await page.goto(`${api.url}/`);
      const rows = await page.$$eval('main tbody th a', (all) => all.map(({ textContent }) => textContent));
      await page.keyboard.press('j');
      expect(await focused()).toBe(rows[0]);
      await page.keyboard.press('j');
      expect(await focused()).toBe(rows[1]);
      await page.keyboard.press('k');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${api.url}/project/*`);
      await page.keyboard.press('g');
      await page.keyboard.press('q');
      await page.waitForURL(`${api.url}/queue`);
      await page.keyboard.press('g');
      await page.keyboard.press('m');
      await page.waitForURL(`${api.url}/machines`);
    });
    it('search, and mean nothing while somebody types', async () => {
      await page.keyboard.press('/');
      await page.waitForURL(`${api.url}/search`);
      // The field has the focus once the page is drawn.
      await page.waitForSelector('#query:focus');
      await page.keyboard.type('gq?jk/');
      expect(await page.inputValue('#query')).toBe('gq?jk/');
      expect(page.url()).toBe(`${api.url}/search`);
      expect(await page.isVisible('#keys')).toBe(false);
    });
    it('are explained, and all off with one setting', async () => {
      await page.goto(`${api.url}/`);
      await page.keyboard.press('?');
      await page.waitForSelector('#keys >> text=next row');
      await page.evaluate(axe);
      expect(await page.evaluate(violations, AA)).toEqual([]);
      if (SHOTS) await page.screenshot({ path: join(SHOTS, 'keys.png') });
      await page.click('text=Keys are on');
      await page.click('#keys button');
      await page.keyboard.press('?');
      await page.keyboard.press('j');
      expect(await page.isVisible('#keys')).toBe(false);
      expect(await page.evaluate("document.activeElement.closest('tr')")).toBe(null);
      await page.reload();
      await page.keyboard.press('g');
      await page.keyboard.press('q');
      await page.click('#keys-open');
      expect(page.url()).toBe(`${api.url}/`);
      await page.click('text=Keys are on');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.waitForSelector('#keys >> text=next row');
    });
    it('find the way past the navigation first, and focus is seen', async () => {
      await page.goto(`${api.url}/queue`);
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Skip to the content');
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
    });
  });

  it('the theme is the system’s, or the one that was chosen', async () => {
    const page = await browser.newPage();
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.goto(`${api.url}/machines`);
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await background();
    for (const label of ['light', 'dark', 'auto']) {
      await page.click('#theme');
      expect(await page.textContent('#theme')).toBe(`Theme: ${label}`);
      expect([label, (await background()) === dark]).toEqual([label, label !== 'light']);
      await page.reload();
      expect(await page.textContent('#theme')).toBe(`Theme: ${label}`);
    }
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

  it('a line of a log is found by its address, and the first error by a link', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/202/log#L7`);
    await page.waitForSelector('.line.wanted >> text=file6.c');
    await page.click('#first-error');
    await page.waitForSelector('.line.wanted.first-error >> text=expected');
    expect(page.url()).toBe(`${api.url}/build/202/log#L61`);
    // Numbers are not copied with the lines.
    expect(await page.textContent('#log .line:nth-child(2)')).toBe('[2/60] cc -c file1.c\n');
    await page.close();
  });

  it('lines that come live have addresses too, and the first error among them is marked', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/207/log`);
    await page.waitForSelector('#log-status >> text=Live');
    await writer.write(Buffer.from('still buil'));
    await page.waitForSelector('.line:has(#L3) >> text=still buil');
    await writer.write(Buffer.from('ding\n<img src=x>: fatal: <b>no</b>\n'));
    await page.waitForSelector('.line.first-error:has(#L4)');
    expect(await page.textContent('.line:has(#L3)')).toBe('still building\n');
    expect(await page.textContent('.line:has(#L4)')).toBe('<img src=x>: fatal: <b>no</b>\n');
    expect(await page.getAttribute('#first-error', 'href')).toBe('#L4');
    expect(await page.textContent('#first-error')).toBe('✗ First error: line 4');
    await page.close();
  });

  it('a build that runs counts on by itself', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/207`);
    const elapsed = page.locator('dt:has-text("Running for") + dd time');
    const before = await elapsed.textContent();
    await page.waitForSelector(`dl time[data-elapsed]:not(:text-is("${before}"))`);
    expect(await elapsed.textContent()).toMatch(/^\d+ min( \d+ s)?$/);
    await page.close();
  });

  it('a form that is refused comes back with what was written, at the field that was wrong', async () => {
    await browser.addCookies([{ name: 'iolaus_session', value: api.admin.cookie.split('=')[1]!, url: api.url }]);
    const page = await browser.newPage();
    await page.goto(`${api.url}/create-project`);
    await page.fill('input[name=name]', 'fresh');
    await page.fill('input[name=displayname]', 'A fresh one');
    await page.fill('input[name=homepage]', 'example.org');
    await page.click('form[action="/create-project"] button');
    await page.waitForSelector('[role=alert] >> text=Nothing was changed');
    expect(await page.inputValue('input[name=displayname]')).toBe('A fresh one');
    expect(await page.evaluate('document.activeElement.name')).toBe('homepage');
    await page.evaluate(axe);
    expect(await page.evaluate(violations, AA)).toEqual([]);
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'project-refused.png') });
    await page.fill('input[name=homepage]', '');
    await page.click('form[action="/create-project"] button');
    await page.waitForURL(`${api.url}/project/fresh`);
    await api.admin.send('DELETE', '/project/fresh');
    await page.close();
  });

  describe('no rule of WCAG 2.2 AA is broken, in no theme, and nothing is wider than the window, by the page', () => {
    let page: Page;
    beforeAll(async () => {
      await browser.addCookies([{ name: 'iolaus_session', value: api.admin.cookie.split('=')[1]!, url: api.url }]);
      page = await browser.newPage();
    });
    it.each(Object.entries({ ...DEMO_PAGES, ...STORE_PAGES }))('%s', async (name, path) => {
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
      // Nor of a phone's.
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        if (SHOTS && width < 1280) await page.screenshot({ path: join(SHOTS, `${name}-phone.png`), fullPage: true });
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect([width, Number(wide) <= width]).toEqual([width, true]);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      page.removeAllListeners('console');
    });
  });

  it('a page that renews itself offers what can be done now, but takes no menu from under anybody', async () => {
    const cookie = { name: 'iolaus_session', value: api.admin.cookie.split('=')[1]!, url: api.url };
    await browser.addCookies([cookie]);
    const page = await browser.newPage();
    await page.goto(`${api.url}/jobset/demo/nightly`);
    await page.waitForSelector('html[data-listening]');
    for (const [verb, said, offered] of [
      ['disable', 'It is disabled', 'Arm for one evaluation…'],
      ['enable', '', 'Disable…'],
    ] as const) {
      await api.admin.send('POST', `/jobset/demo/nightly/${verb}`, {});
      await page.waitForSelector(`details.menu summary:text-is("${offered}")`, { state: 'attached' });
      if (said !== '') await page.waitForSelector(`#jobset-head >> text=${said}`);
    }
    await page.goto(`${api.url}/build/103`);
    await page.waitForSelector('html[data-listening]');
    await api.admin.send('POST', '/build/103/restart', {});
    await page.waitForSelector('details.menu summary:text-is("Cancel…")', { state: 'attached' });
    await page.click('details.menu > summary');
    await page.click('summary:text-is("Bump up…")');
    await page.fill('form[action="/build/103/bump"] input[name=reason]', 'first');
    await page.evaluate('document.activeElement.blur()');
    await api.admin.send('POST', '/build/103/cancel', {});
    await page.waitForSelector('.outcome >> text=It was cancelled');
    expect(await page.inputValue('form[action="/build/103/bump"] input[name=reason]')).toBe('first');
    await page.close();
    await browser.clearCookies();
  });

  it('a log that was followed to its end says how its step ended', async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/build/207/log`);
    await page.waitForSelector('#log-status >> text=Live');
    expect(await page.textContent('#log-state')).toContain('running');
    const drv = storePath(207, 'job-207.drv');
    await completeStep(api, 207, drv, await writer.close(), 'failed', Date.parse('2026-01-02T03:04:05Z'));
    await page.waitForSelector('#log-state >> text=failed');
    expect(await page.textContent('#log-status')).toBe('The log is complete.');
    await page.close();
  });

  it('a name longer than the screen is wide pushes nothing out of it', async () => {
    const long = 'nested.'.repeat(2) + 'withoutanyplacetobreakit'.repeat(5);
    await api.admin.send('PUT', `/project/long`, {});
    await api.admin.send('PUT', `/jobset/long/${long.replaceAll('.', '')}`, jobsetBody);
    await api.admin.send('PUT', '/jobset/long/main', jobsetBody);
    const description = { nixName: long };
    const jobs = [
      { job: long, status: 'failed', log: 'x', description },
      { job: 'short', status: 'succeeded' },
    ] as const;
    await simulate(api, { project: 'long', jobset: 'main', evaluationId: 97, firstBuildId: 970, jobs });
    const page = await browser.newPage();
    for (const path of [
      '/project/long',
      '/eval/97',
      '/jobset/long/main/jobs',
      '/jobset/long/main/all',
      '/build/970',
      '/build/970/log',
      `/job/long/main/${long}`,
      '/scheduler',
    ]) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(`${api.url}${path}`);
      const hidden = await page.$$eval('.scroll', (all) =>
        all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ ariaLabel }) => ariaLabel),
      );
      expect([path, hidden]).toEqual([path, []]);
      await page.setViewportSize({ width: 390, height: 900 });
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390]);
    }
    await page.close();
  });
});
