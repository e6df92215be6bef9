/** A jobset as clients put it. */
export const jobsetBody = {
  description: 'the release',
  nixexprinput: 'src',
  nixexprpath: 'release.nix',
  checkinterval: 0,
  inputs: {
    src: { type: 'git', value: 'https://example.org/demo.git main' },
    officialRelease: { type: 'boolean', value: 'false', emailresponsible: false },
  },
} as const;
