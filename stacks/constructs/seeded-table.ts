import {
  DynamodbTable,
  type DynamodbTableConfig,
  type DynamodbTableImportTable,
} from '@cdktf/provider-aws/lib/dynamodb-table';
import { DynamodbTableItem } from '@cdktf/provider-aws/lib/dynamodb-table-item';
import { Construct } from 'constructs';
import { type Index, keySchema, type Table } from '../../declarations';
import type { TableSettings } from '../../environments';
import type { SeedItem } from '../../seed-data/load-items';

export interface SeededTableProps
  extends Pick<TableSettings, 'capacity' | 'pointInTimeRecovery' | 'deletionProtection'> {
  readonly tableName: string;
  readonly key: Table['key'];
  /** Secondary indexes by their names. */
  readonly indexes: Readonly<Record<string, Index>>;
  /** What the table starts from. */
  readonly content: SeedItems | ImportedFiles;
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
    const { content, key, indexes } = props;
    const { partitionKey, sortKey } = keySchema(key);
    const keyTypes = Object.assign({}, key, ...Object.values(indexes).map((index) => index.key));
    this.table = new DynamodbTable(this, 'table', {
      name: props.tableName,
      hashKey: partitionKey.name,
      ...(sortKey && { rangeKey: sortKey.name }),
      attribute: Object.entries<string>(keyTypes).map(([name, type]) => ({ name, type })),
      ...indexArguments(indexes, props.capacity),
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
        ...(sortKey && { rangeKey: this.table.rangeKey }),
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

function indexArguments(
  indexes: SeededTableProps['indexes'],
  capacity: TableSettings['capacity'],
): Pick<DynamodbTableConfig, 'globalSecondaryIndex' | 'localSecondaryIndex'> {
  const { billingMode: _, ...units } = capacityArguments(capacity);
  const named = Object.entries(indexes);
  const globals = named.filter(([, { kind }]) => kind !== 'local');
  const locals = named.filter(([, { kind }]) => kind === 'local');
  return {
    ...(globals.length > 0 && {
      globalSecondaryIndex: globals.map(([name, index]) => {
        const { partitionKey, sortKey } = keySchema(index.key);
        const keys = { hashKey: partitionKey.name, ...(sortKey && { rangeKey: sortKey.name }) };
        return { name, ...keys, ...projectionArguments(index), ...units };
      }),
    }),
    ...(locals.length > 0 && {
      localSecondaryIndex: locals.map(([name, index]) => ({
        name,
        rangeKey: keySchema(index.key).sortKey?.name as string,
        ...projectionArguments(index),
      })),
    }),
  };
}

function projectionArguments({ projection = 'all' }: Index) {
  if (projection === 'all') return { projectionType: 'ALL' };
  if (projection === 'keys') return { projectionType: 'KEYS_ONLY' };
  return { projectionType: 'INCLUDE', nonKeyAttributes: [...projection] };
}

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

function capacityArguments(capacity: TableSettings['capacity']) {
  return capacity.mode === 'provisioned'
    ? { billingMode: 'PROVISIONED', readCapacity: capacity.readUnits, writeCapacity: capacity.writeUnits }
    : { billingMode: 'PAY_PER_REQUEST' };
}
