export { repairPlace, type RepairOptions } from './repair.js';
export { type Fault, type Verified, verifyPlace, type VerifyOptions } from './verify.js';
