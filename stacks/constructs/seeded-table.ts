import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import { DynamodbTableItem } from '@cdktf/provider-aws/lib/dynamodb-table-item';
import { Construct } from 'constructs';
import type { Environment } from '../../environments';
import type { SeedItem } from '../../seed-data/load-seed-data';

export interface SeededTableProps {
  readonly tableName: string;
  /** Name of the string attribute that identifies an item. */
  readonly partitionKey: string;
  readonly items: readonly SeedItem[];
  readonly capacity: Environment['capacity'];
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
  /** Whether items that were changed since are restored. */
  readonly seeds: Environment['seeds'];
}

/** A DynamoDB table with the items it starts from, each a resource of its own. */
export class SeededTable extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: SeededTableProps) {
    super(scope, id);
    this.table = new DynamodbTable(this, 'table', {
      name: props.tableName,
      hashKey: props.partitionKey,
      attribute: [{ name: props.partitionKey, type: 'S' }],
      ...capacityArguments(props.capacity),
      pointInTimeRecovery: { enabled: props.pointInTimeRecovery },
      deletionProtectionEnabled: props.deletionProtection,
    });
    for (const { id, item } of props.items) {
      new DynamodbTableItem(this, id, {
        tableName: this.table.name,
        hashKey: this.table.hashKey,
        item,
        ...itemArguments[props.seeds],
      });
    }
  }
}

const itemArguments = {
  owned: {},
  'sown-once': { lifecycle: { ignoreChanges: ['item'] } },
} satisfies Record<Environment['seeds'], object>;

function capacityArguments(capacity: Environment['capacity']) {
  return capacity.mode === 'provisioned'
    ? { billingMode: 'PROVISIONED', readCapacity: capacity.readUnits, writeCapacity: capacity.writeUnits }
    : { billingMode: 'PAY_PER_REQUEST' };
}
