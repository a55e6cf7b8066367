"""Reads the table page by page with boto3's paginator, as its documentation has it."""
import boto3

items = 0
for page in boto3.client('dynamodb').get_paginator('scan').paginate(TableName='SuperMissionTable'):
    items += len(page['Items'])
print(items)
