import type { DomainEvent } from '../src/index.js';

const atMs = Date.parse('2026-01-02T03:04:05.000Z');
const path = '/nix/store/0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v-hello-1.0';
const target = { bucket: 'cache', prefix: 'demo/' };

type BackupType = 'BackupRequested' | 'BackupCompleted' | 'BackupFailed' | 'GarbageCondemned' | 'GarbageCollected';

/** One example of every event about S3 backups and their bucket. */
export const backupExamples: { readonly [T in BackupType]: Extract<DomainEvent, { type: T }> } = {
  BackupRequested: { type: 'BackupRequested', data: { buildId: 21, target, compression: 'xz' } },
  BackupCompleted: {
    type: 'BackupCompleted',
    data: {
      buildId: 21,
      target,
      compression: 'xz',
      part: 1,
      parts: 1,
      paths: [
        {
          path,
          narHash: `sha256:${'0'.repeat(52)}`,
          narSize: 1024,
          fileHash: `sha256:${'1'.repeat(52)}`,
          fileSize: 300,
          key: 'demo/0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v.nar',
          uploaded: true,
          signedBy: 'demo-1',
        },
      ],
      startedAtMs: atMs,
      stoppedAtMs: atMs + 200,
    },
  },
  BackupFailed: {
    type: 'BackupFailed',
    data: { buildId: 21, target, error: "bucket 'cache' does not exist", attempts: 5, failedAtMs: atMs },
  },
  GarbageCondemned: {
    type: 'GarbageCondemned',
    data: {
      target,
      collectionId: '6d1c7a52-98f4-4a7e-9d0f-2b8f3f0f6a11',
      listed: { objects: 1200, bytes: 5_000_000 },
      condemned: { objects: 20, bytes: 90_000 },
      resurrected: { objects: 2, bytes: 700 },
      foreign: { objects: 1, bytes: 12 },
      deleteForeign: false,
      graceMs: 2_592_000_000,
      startedAtMs: atMs,
      listedAtMs: atMs + 800,
    },
  },
  GarbageCollected: {
    type: 'GarbageCollected',
    data: {
      target,
      collectionId: '6d1c7a52-98f4-4a7e-9d0f-2b8f3f0f6a11',
      deleted: { objects: 200, bytes: 1_000_000 },
      resurrected: { objects: 0, bytes: 0 },
      waiting: { objects: 20, bytes: 90_000 },
      left: { objects: 1000, bytes: 4_000_000 },
      startedAtMs: atMs,
      stoppedAtMs: atMs + 2000,
    },
  },
};
