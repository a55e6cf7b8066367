import type { Graph } from './dependency-graph';
import type { Finding } from './finding';

/** What plans do, for a reader who has a minute; nothing in it is sensitive. */
export interface Review {
  /** One line. */
  readonly verdict: string;
  /**
   * `no-changes`: no action of any kind is planned. `safe`: everything that is planned is harmless by a rule. `open-risks`:
   * there are risks, or changes that were not judged, and not all are accepted; or the environment accepts what is not there.
   */
  readonly status: 'no-changes' | 'safe' | 'accepted' | 'open-risks';
  readonly stacks: readonly StackSummary[];
  /** The most harm first. */
  readonly findings: readonly Finding[];
  readonly risks: readonly Risk[];
  /** What the environment accepts of a planned stack, and no plan has. */
  readonly staleAccepts: readonly string[];
  /** What was changed outside Terraform since the last deployment. */
  readonly drift: readonly Finding[];
  readonly outputs: readonly OutputChange[];
  readonly graph: Graph;
}

export interface StackSummary {
  readonly stack: string;
  /** Such as "1 to add, 2 to change, 0 to destroy". */
  readonly counts: string;
  readonly hasChanges: boolean;
}

export interface Risk {
  /** What `--accept` takes: what it is, where, and a hash of what is said, so that another danger there is another risk. */
  readonly name: string;
  /** With the address. */
  readonly sentence: string;
  readonly isAccepted: boolean;
}

export interface OutputChange {
  readonly stack: string;
  readonly name: string;
  readonly sentence: string;
}
