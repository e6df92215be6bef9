/**
 * EventStoreDB's protocol buffers, from the client's own generated code: the server needs the very instances of
 * google-protobuf and grpc-js that this code was made for.
 */
import { createRequire } from 'node:module';

const requireHere = createRequire(import.meta.url);
const requireThere = createRequire(requireHere.resolve('@eventstore/db-client'));

export const grpc = requireThere('@grpc/grpc-js');
export const { StreamsService } = requireThere('../generated/streams_grpc_pb');
export const { ServerFeaturesService } = requireThere('../generated/serverfeatures_grpc_pb');
export const streams = requireThere('../generated/streams_pb');
export const shared = requireThere('../generated/shared_pb');
const features = requireThere('../generated/serverfeatures_pb');
const status = requireThere('../generated/status_pb');
const { Any } = requireThere('google-protobuf/google/protobuf/any_pb');
const { Empty } = requireThere('google-protobuf/google/protobuf/empty_pb');

const identifier = (name) => new shared.StreamIdentifier().setStreamName(Buffer.from(name));
export const nameOf = (stream) => Buffer.from(stream.getStreamName_asU8()).toString('utf8');
const uuid = (id) => new shared.UUID().setString(id);
const position = ({ position }) =>
  new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));

export const supportedMethods = (methods) =>
  new features.SupportedMethods().setEventStoreServerVersion('24.10.0').setMethodsList(
    methods.map((name) => {
      const [service, method] = name.toLowerCase().split('/');
      return new features.SupportedMethod().setServiceName(service).setMethodName(method);
    }),
  );

export const proposed = (message) => ({
  id: message.getId().getString(),
  type: message.getMetadataMap().get('type'),
  contentType: message.getMetadataMap().get('content-type'),
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
});

/** An event as it is read. `created` counts 100 ns since 1970, as a string. */
export const readEvent = (record) => {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(uuid(record.id))
    .setStreamIdentifier(identifier(record.stream))
    .setStreamRevision(String(record.revision))
    .setPreparePosition(String(record.position))
    .setCommitPosition(String(record.position))
    .setCustomMetadata(record.metadata)
    .setData(record.data);
  const about = event.getMetadataMap();
  about.set('type', record.type);
  about.set('content-type', record.contentType);
  about.set('created', String(BigInt(record.created) * 10_000n));
  return new streams.ReadResp().setEvent(
    new streams.ReadResp.ReadEvent().setEvent(event).setCommitPosition(String(record.position)),
  );
};

export const confirmation = () =>
  new streams.ReadResp().setConfirmation(
    new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID()),
  );
export const caughtUp = () => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());
export const checkpoint = (record) =>
  new streams.ReadResp().setCheckpoint(
    new streams.ReadResp.Checkpoint()
      .setCommitPosition(String(record.position))
      .setPreparePosition(String(record.position)),
  );
export const streamNotFound = (name) =>
  new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier(name)));

/** Both what the stream is and what was expected: without either the client answers "any". */
export const appendAnswer = ({ last, current }, expected) => {
  if (last !== undefined) {
    return new streams.AppendResp().setSuccess(
      new streams.AppendResp.Success()
        .setCurrentRevision(String(last.revision))
        .setPosition(
          new streams.AppendResp.Position()
            .setCommitPosition(String(last.position))
            .setPreparePosition(String(last.position)),
        ),
    );
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(current));
  if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  return new streams.AppendResp().setWrongExpectedVersion(wrong);
};

export const batchAnswer = (correlationId, stream, { last, current }, expected) => {
  const answer = new streams.BatchAppendResp().setCorrelationId(correlationId).setStreamIdentifier(identifier(stream));
  if (last !== undefined) {
    const success = new streams.BatchAppendResp.Success()
      .setCurrentRevision(String(last.revision))
      .setPosition(position(last));
    return answer.setSuccess(success);
  }
  const wrong = new shared.WrongExpectedVersion();
  if (current < 0) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'no-stream') wrong.setExpectedNoStream(new Empty());
  else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  const details = new Any();
  details.pack(wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion');
  const failed = new status.Status().setCode(9).setMessage('WrongExpectedVersion').setDetails(details);
  return answer.setError(failed);
};
