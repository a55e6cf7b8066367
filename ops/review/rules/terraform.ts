import { endsQuietly, harmless, type TypeRules } from './rule';

const state = harmless('a value in the state');

/** Resources that are nothing outside of Terraform; what they run is not judged by their attributes. */
export const terraform: Readonly<Record<string, TypeRules>> = {
  null_resource: { ended: endsQuietly('it is nothing'), attributes: { id: state, triggers: state } },
  terraform_data: {
    ended: endsQuietly('it is nothing'),
    attributes: { id: state, input: state, output: state, triggers_replace: state },
  },
  local_file: { ended: endsQuietly('a file of the machine that deploys'), attributes: {} },
  local_sensitive_file: { ended: endsQuietly('a file of the machine that deploys'), attributes: {} },
};
