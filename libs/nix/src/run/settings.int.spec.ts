import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectNix, NixMissingError } from './settings.js';

describe('finding Nix on a store that another process is making at this moment', () => {
  let dir: string;
  let schema: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'iolaus-new-store-'));
    schema = join(dir, 'var/db/schema');
    mkdirSync(join(dir, 'var/db'), { recursive: true });
    writeFileSync(schema, '');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const find = () => {
    const { PATH } = process.env;
    const env = { PATH, HOME: dir, NIX_STORE_DIR: join(dir, 'store'), NIX_STATE_DIR: join(dir, 'var') };
    return detectNix({ env });
  };

  it('waits until its schema file is whole', async () => {
    const written = setTimeout(() => rmSync(schema), 300);
    expect(await find()).toMatchObject({ storeDir: join(dir, 'store') });
    clearTimeout(written);
  });

  it('says what Nix said where it stays broken', async () => {
    await expect(find()).rejects.toThrow(NixMissingError);
    await expect(find()).rejects.toThrow(/schema' is corrupt/);
  });
});
