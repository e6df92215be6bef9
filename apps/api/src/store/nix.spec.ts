import { NixMissingError, type NixSettings } from '#nix';
import { found } from './nix.js';

describe('the Nix of this host', () => {
  const settings = { storeDir: '/nix/store' } as NixSettings;
  let now: number;
  let looks: { answer: (settings: NixSettings) => void; fail: (error: Error) => void }[];
  let nix: () => Promise<NixSettings>;
  beforeEach(() => {
    now = 0;
    looks = [];
    const find = () => new Promise<NixSettings>((answer, fail) => void looks.push({ answer, fail }));
    nix = found(find, { now: () => now });
  });
  const missing = () => new NixMissingError('none');

  it('is looked for once by all who ask, and kept', async () => {
    const both = [nix(), nix()];
    looks[0]!.answer(settings);
    expect(await Promise.all(both)).toEqual([settings, settings]);
    now = 1e9;
    expect(await nix()).toBe(settings);
    expect(looks).toHaveLength(1);
  });

  it('is not looked for again for a minute where there is none; then nobody waits for that', async () => {
    const first = nix();
    looks[0]!.fail(missing());
    await expect(first).rejects.toThrow('none');
    now = 59_999;
    await expect(nix()).rejects.toThrow('none');
    expect(looks).toHaveLength(1);
    now = 60_000;
    await expect(nix()).rejects.toThrow('none');
    await expect(nix()).rejects.toThrow('none');
    expect(looks).toHaveLength(2);
    looks[1]!.answer(settings);
    await Promise.resolve();
    expect(await nix()).toBe(settings);
  });

  it('is looked for again at once after a failure that says nothing of it', async () => {
    const first = nix();
    looks[0]!.fail(new Error('out of memory'));
    await expect(first).rejects.toThrow('out of memory');
    const second = nix();
    looks[1]!.answer(settings);
    expect(await second).toBe(settings);
  });
});
