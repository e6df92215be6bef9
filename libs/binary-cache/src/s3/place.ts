import { HeadBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

export type PlaceOptions = Readonly<{
  name: string;
  endpoint?: string | undefined;
  region?: string | undefined;
  forcePathStyle?: boolean | undefined;
  maxSockets: number;
  connectMs: number;
  idleMs: number;
}>;

/** Where a bucket answers, as the SDK found out, and what it found the credentials by. */
export type Place = Readonly<{ client: S3Client; url: URL; region: string }>;

const clientOf = (
  { endpoint, forcePathStyle, maxSockets, connectMs, idleMs }: PlaceOptions,
  region: string | undefined,
): S3Client => {
  const agent = { keepAlive: true, maxSockets };
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    forcePathStyle: forcePathStyle ?? false,
    followRegionRedirects: true,
    // Servers other than Amazon's store or refuse the framing of the default CRC mode.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // We repeat: the SDK cannot for streams, and tells nobody.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: idleMs,
      socketAcquisitionWarningTimeout: 3_600_000,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  return new S3Client(config);
};

type Resolved = Readonly<{ url: URL; properties?: Readonly<{ authSchemes?: readonly { signingRegion?: string }[] }> }>;

/** The SDK's own word on the address of the bucket: a request that is prepared and never sent. */
const resolve = async (client: S3Client, bucket: string): Promise<Resolved> => {
  const command = new HeadBucketCommand({ Bucket: bucket });
  let resolved: Resolved | undefined;
  command.middlewareStack.add(
    (_next, context) => () => {
      resolved = context.endpointV2 as Resolved | undefined;
      return Promise.resolve({ output: { $metadata: {} }, response: undefined });
    },
    { step: 'build', priority: 'high', name: 'iolausAddress' },
  );
  await client.send(command);
  if (!resolved) throw new Error(`the AWS SDK knows no address of the bucket '${bucket}'`);
  return resolved;
};

/** Finds region and address of a bucket; where an endpoint is given and no region known, `us-east-1`. Throws what the SDK throws. */
export const findPlace = async (options: PlaceOptions, region = options.region): Promise<Place> => {
  let client = clientOf(options, region);
  try {
    try {
      await client.config.region();
    } catch (error) {
      if (options.endpoint === undefined) throw error;
      client.destroy();
      client = clientOf(options, 'us-east-1');
    }
    const { url, properties } = await resolve(client, options.name);
    return { client, url, region: properties?.authSchemes?.[0]?.signingRegion ?? (await client.config.region()) };
  } catch (error) {
    client.destroy();
    throw error;
  }
};
