import { PolicyError } from './errors.ts';

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Contents of the files of a Hugging Face model folder. */
export interface HuggingFaceTokenizerFiles {
  /** tokenizer.json. */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json: the chat template, the end and padding tokens, how `decode` treats spaces. */
  readonly config?: JsonObject;
  /** generation_config.json: its `eos_token_id` (one or several) wins over the end token of tokenizer_config.json. */
  readonly generationConfig?: JsonObject;
  /** chat_template.jinja; wins over the template inside tokenizer_config.json. */
  readonly chatTemplate?: string;
}

/** An entry of `added_tokens`; only a special one is control text. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
}

/** `added_tokens` of tokenizer.json, checked. */
export function addedTokensOf(json: JsonObject): readonly AddedToken[] {
  const added = json['added_tokens'] ?? [];
  const fits = (token: unknown): token is AddedToken =>
    isObject(token) && Number.isInteger(token['id']) && typeof token['content'] === 'string' && token['content'] !== '';
  if (!Array.isArray(added) || !added.every(fits)) throw badFile('"added_tokens" of tokenizer.json must be a list of { id, content }');
  return added;
}

/** The default chat template of tokenizer_config.json, if it has one. */
export function templateOf(config: JsonObject): string | undefined {
  const template = config['chat_template'];
  if (template === undefined || template === null || typeof template === 'string') return template ?? undefined;
  // Older files hold a list of named templates.
  const named: unknown = Array.isArray(template)
    ? template.find((entry: unknown) => isObject(entry) && entry['name'] === 'default')
    : undefined;
  if (isObject(named) && typeof named['template'] === 'string') return named['template'];
  throw badFile('"chat_template" of tokenizer_config.json must be text, or a list with one named "default"');
}

/** `bos_token`, `eos_token`, ... as a chat template expects them: text. */
export function namedTokensOf(config: JsonObject): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    const text = tokenText(value);
    if (key.endsWith('_token') && text !== undefined) named[key] = text;
  }
  return named;
}

/** Text of a token that tokenizer_config.json spells as text or as `{ content }`. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value['content'] === 'string' ? value['content'] : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function badFile(message: string, options?: ErrorOptions): PolicyError {
  return new PolicyError('bad-tokenizer-file', message, options);
}

/** What an error says. Looks at the message rather than the class, which differs between realms. */
export function reasonOf(error: unknown): string {
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : String(error);
}
