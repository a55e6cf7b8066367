/** The arguments of `archive_file`, all sent by Terraform, `null` where the configuration has none. */
export interface ArchiveFileConfig {
  readonly type: string;
  readonly output_path: string;
  readonly source_file: string | null;
  readonly source_dir: string | null;
  readonly source_content: string | null;
  readonly source_content_filename: string | null;
  readonly source: readonly { readonly content: string; readonly filename: string }[];
  readonly output_file_mode: string | null;
  readonly excludes: readonly string[] | null;
  readonly exclude_symlink_directories: boolean | null;
}

/**
 * The data source's schema as the plugin protocol wants it, with every argument of hashicorp/archive 2.7.1.
 *
 * @see https://registry.terraform.io/providers/hashicorp/archive/2.7.1/docs/data-sources/file
 */
export const archiveFileSchema = {
  block: {
    attributes: [
      ...attributes('required', 'string', ['type', 'output_path']),
      ...attributes('optional', 'string', ['source_file', 'source_dir', 'source_content']),
      ...attributes('optional', 'string', ['source_content_filename', 'output_file_mode']),
      ...attributes('optional', ['set', 'string'], ['excludes']),
      ...attributes('optional', 'bool', ['exclude_symlink_directories']),
      ...attributes('computed', 'number', ['output_size']),
      ...attributes('computed', 'string', ['id', 'output_md5', 'output_sha']),
      ...attributes('computed', 'string', ['output_sha256', 'output_base64sha256']),
      ...attributes('computed', 'string', ['output_sha512', 'output_base64sha512']),
    ],
    block_types: [
      {
        type_name: 'source',
        nesting: 'SET',
        block: { attributes: attributes('required', 'string', ['content', 'filename']) },
      },
    ],
  },
};

function attributes(
  use: 'required' | 'optional' | 'computed',
  type: string | readonly string[],
  names: readonly string[],
) {
  return names.map((name) => ({ name, type: Buffer.from(JSON.stringify(type)), [use]: true }));
}
