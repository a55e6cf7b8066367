import { environmentNames, readEnvironment } from '../environments';
import { pipelineRoleArn } from '../stacks/pipeline-access';
import { runCommand } from './command/command';

const usage = `Usage: npm run pipeline:matrix

Print the environments that have a pipeline in environments.ts, as the JSON list that the workflows run over: each with its
name, its region, and the ARNs of the roles that plan it and apply it.`;

void runCommand({
  usage,
  writes: false,
  run: async () => {
    const environments = environmentNames.map((name) => readEnvironment({ SUPERMISSION_ENV: name }));
    const entries = environments
      .filter(({ pipeline }) => pipeline)
      .map(({ allowedAccountIds: [accountId = ''] = [], ...it }) => ({
        name: it.name,
        region: it.region,
        planRole: pipelineRoleArn(it, 'plan', accountId),
        applyRole: pipelineRoleArn(it, 'apply', accountId),
      }));
    console.log(JSON.stringify(entries));
  },
});
