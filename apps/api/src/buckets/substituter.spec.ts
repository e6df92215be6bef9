import type { S3BackupConfig } from '#runtime';
import { fetchCommands, substituterOf } from './substituter.js';

const section = (more: Partial<S3BackupConfig>): S3BackupConfig => ({
  name: 'backup',
  jobs: /^(?:.*)$/u,
  compressionType: 'xz',
  prefix: '',
  endpoint: undefined,
  region: undefined,
  forcePathStyle: false,
  secretKeyFiles: [],
  ...more,
});

describe('the substituter of a section', () => {
  it.each([
    [{}, 's3://backup'],
    [{ region: 'eu-central-1' }, 's3://backup?region=eu-central-1'],
    [{ endpoint: 'http://127.0.0.1:9000', region: 'x' }, 's3://backup?endpoint=127.0.0.1%3A9000&scheme=http&region=x'],
    [{ prefix: 'a b/c/' }, 'https://backup.s3.us-east-1.amazonaws.com/a%20b/c'],
    [{ prefix: 'c/', endpoint: 'https://s3.example.org/', forcePathStyle: true }, 'https://s3.example.org/backup/c'],
    [{ prefix: 'c/', endpoint: 'https://s3.example.org' }, 'https://backup.s3.example.org/c'],
    [{ prefix: 'c/', public: 'https://cache.example.org/c/' }, 'https://cache.example.org/c'],
    [{ prefix: 'c' }, undefined],
  ])('of %j is %s', (more, url) => {
    expect(substituterOf(section(more))?.url).toBe(url);
  });

  it('is fetched from by two commands, with the keys to trust', () => {
    const keys = ['cache-1:abc=', 'cache-2:def='];
    expect(fetchCommands({ url: 's3://b?region=x' }, ['/nix/store/x-a', '/nix/store/y-b'], keys)).toEqual([
      "nix copy --from 's3://b?region=x' --option extra-trusted-public-keys 'cache-1:abc= cache-2:def=' /nix/store/x-a /nix/store/y-b",
      "nix-store -r /nix/store/x-a /nix/store/y-b --option substituters 's3://b?region=x' --option extra-trusted-public-keys 'cache-1:abc= cache-2:def='",
    ]);
  });

  it('leaves nothing of an address to the shell', () => {
    const [copy] = fetchCommands({ url: "https://x/$(id)'`;&" }, ['/nix/store/a'], undefined);
    expect(copy).toBe("nix copy --no-check-sigs --from 'https://x/$(id)'\\''`;&' /nix/store/a");
  });
});
