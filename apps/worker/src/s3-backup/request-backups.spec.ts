import type { S3BackupConfig } from '#runtime';
import { wantedBackups } from './request-backups.js';

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

describe('a finished build', () => {
  const job = 'nixpkgs:trunk:hello.x86_64-linux';

  it('is copied by every section that matches it', () => {
    const sections = [
      section({ name: 'one', jobs: /^(?:nixpkgs:.*)$/u }),
      section({ name: 'two', jobs: /^(?:other:.*)$/u }),
      section({ name: 'two', prefix: 'old/', compressionType: 'none' }),
    ];
    expect(wantedBackups(sections, job)).toEqual([
      { target: { bucket: 'one', prefix: '' }, compression: 'xz' },
      { target: { bucket: 'two', prefix: 'old/' }, compression: 'none' },
    ]);
  });

  it('is copied once to a place that two sections name, as the first one says', () => {
    const sections = [section({ compressionType: 'zstd' }), section({ compressionType: 'none' })];
    expect(wantedBackups(sections, job)).toEqual([{ target: { bucket: 'backup', prefix: '' }, compression: 'zstd' }]);
  });

  it('is copied nowhere where no section matches it', () => {
    expect(wantedBackups([section({ jobs: /^(?:nixpkgs:trunk)$/u })], job)).toEqual([]);
  });
});
