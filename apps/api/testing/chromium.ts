import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

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

export type TestBrowser = Readonly<{ context: BrowserContext; close: () => Promise<void> }>;

/** A headless Chromium with a profile of its own. `scripts`: false: as a browser that runs none. */
export const startBrowser = async ({ scripts = true }: { scripts?: boolean } = {}): Promise<TestBrowser> => {
  if (CHROMIUM === undefined)
    throw new Error('no Chromium on this machine: install it (`npm test` does, as root on Debian)');
  const folder = await mkdtemp(join(tmpdir(), 'iolaus-chromium-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: FLAGS,
    viewport: { width: 1280, height: 900 },
    javaScriptEnabled: scripts,
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
