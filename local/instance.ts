/** What an instance of the local AWS says of itself, in its file and at `healthPath`. */
export interface InstanceRecord {
  /** One URL for all services. */
  readonly url: string;
  readonly pid: number;
  readonly emulator: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** No S3 bucket can have this name. */
export const healthPath = '/_local/health';
