const part = encodeURIComponent;

/** Addresses of things, percent-encoded. */
export const projectPath = (project: string): string => `/project/${part(project)}`;
export const jobsetPath = (project: string, jobset: string): string => `/jobset/${part(project)}/${part(jobset)}`;
export const jobPath = (project: string, jobset: string, job: string): string =>
  `/job/${part(project)}/${part(jobset)}/${part(job)}`;
export const customChannelPath = (project: string, jobset: string, job: string): string =>
  `/channel/custom/${part(project)}/${part(jobset)}/${part(job)}`;
export const evaluationPath = (id: number): string => `/eval/${id}`;
export const buildPath = (id: number): string => `/build/${id}`;
/** Something below an address: each part of it encoded, so that no part of it says where else to go. */
export const below = (path: string, ...rest: readonly string[]): string =>
  [
    path,
    ...rest
      .flatMap((one) => one.split('/'))
      .filter((one) => !['', '.', '..'].includes(one))
      .map(part),
  ].join('/');
/** Something below a build's page. */
export const belowBuild = (id: number, ...rest: readonly string[]): string => below(buildPath(id), ...rest);
/** Something below an evaluation's page. */
export const belowEvaluation = (id: number, ...rest: readonly string[]): string => below(evaluationPath(id), ...rest);
/** A product of a build, by its number and name, and a file below it. */
export const productPath = (id: number, nr: number, name: string, below = ''): string =>
  belowBuild(id, 'download', String(nr), name, below);
export const userPath = (name: string): string => `/user/${part(name)}`;
export const dashboardPath = (user: string): string => `/dashboard/${part(user)}`;
export const machinePath = (name: string): string => `/machine/${part(name)}`;
export const bucketPath = (bucket: string): string => `/bucket/${part(bucket)}`;

/** A link that people wrote, in its normal form, if it is one that a browser may follow: never `javascript:`. */
export const webLink = (url: string): string | undefined =>
  /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).href : undefined;
