// What the functions use of the AWS SDK. It becomes a file of its own beside each handler: bundled once, without a source map.
export { DynamoDBClient } from '@aws-sdk/client-dynamodb';
export {
  DynamoDBDocumentClient,
  GetCommand,
  NumberValue,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
