import { DynamodbTable, type DynamodbTableImportTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import { DynamodbTableItem } from '@cdktf/provider-aws/lib/dynamodb-table-item';
import { Construct } from 'constructs';
import type { Environment } from '../../environments';
import type { SeedItem } from '../../seed-data/load-items';

export interface SeededTableProps {
  readonly tableName: string;
  /** Name of the string attribute that identifies an item. */
  readonly partitionKey: string;
  /** What the table starts from. */
  readonly content: SeedItems | ImportedFiles;
  readonly capacity: Environment['capacity'];
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
}

export interface SeedItems {
  readonly mode: 'items';
  readonly items: readonly SeedItem[];
  /** Whether items that were changed since are restored. */
  readonly ownership: 'managed' | 'create-only';
}

/** Files of DynamoDB JSON in gzip, all that have the prefix. */
export interface ImportedFiles {
  readonly mode: 'import';
  readonly bucket: string;
  readonly keyPrefix: string;
}

/** A DynamoDB table with the items it starts from, each a resource of its own or all of them imported with the table. */
export class SeededTable extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: SeededTableProps) {
    super(scope, id);
    const { content } = props;
    this.table = new DynamodbTable(this, 'table', {
      name: props.tableName,
      hashKey: props.partitionKey,
      attribute: [{ name: props.partitionKey, type: 'S' }],
      ...capacityArguments(props.capacity),
      pointInTimeRecovery: { enabled: props.pointInTimeRecovery },
      deletionProtectionEnabled: props.deletionProtection,
      ...(content.mode === 'import' && importArguments(content)),
    });
    if (content.mode === 'import') return;
    for (const { id, item } of content.items) {
      new DynamodbTableItem(this, id, {
        tableName: this.table.name,
        hashKey: this.table.hashKey,
        item,
        ...itemArguments[content.ownership],
      });
    }
  }
}

const itemArguments = {
  managed: {},
  'create-only': { lifecycle: { ignoreChanges: ['item'] } },
} satisfies Record<SeedItems['ownership'], object>;

function importArguments({ bucket, keyPrefix }: ImportedFiles) {
  const importTable: DynamodbTableImportTable = {
    inputFormat: 'DYNAMODB_JSON',
    inputCompressionType: 'GZIP',
    s3BucketSource: { bucket, keyPrefix },
  };
  return {
    importTable,
    // To a table that is there an import would be a reason to replace it.
    lifecycle: { ignoreChanges: ['import_table'] },
    // 10 GB may take hours; the provider's own patience is half an hour.
    timeouts: { create: '24h' },
  };
}

function capacityArguments(capacity: Environment['capacity']) {
  return capacity.mode === 'provisioned'
    ? { billingMode: 'PROVISIONED', readCapacity: capacity.readUnits, writeCapacity: capacity.writeUnits }
    : { billingMode: 'PAY_PER_REQUEST' };
}
