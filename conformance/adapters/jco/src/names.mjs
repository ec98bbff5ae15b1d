// Names of the contract: what is one, and what matches one.

const WORDS = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';
const COMPONENT = new RegExp(`^(?:${WORDS}:)?${WORDS}$`);
const WORD = new RegExp(`^${WORDS}$`);
const NAMESPACE = /^[a-z0-9-]+:[a-z0-9-]+$/;
const CATEGORY = /^[a-z0-9-]+:\*$/;
const FUNCTION = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const TOPIC = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
const CONFIG_KEY = /^[a-z0-9_.-]{1,128}$/;

const MAX_COMPONENT = 64;
const MAX_NAME = 128;

export const isComponent = (text) => text.length <= MAX_COMPONENT && COMPONENT.test(text);
export const isNamespace = (text) => text.length <= MAX_NAME && NAMESPACE.test(text);
export const isFunction = (text) => text.length <= MAX_NAME && FUNCTION.test(text);
export const isTopic = (text) => text.length <= MAX_NAME && TOPIC.test(text);
export const isConfigKey = (text) => CONFIG_KEY.test(text);

export const isNamespacePattern = (text) => isNamespace(text) || (text.length <= MAX_NAME && CATEGORY.test(text));
export const isTargetPattern = (text) =>
  text === '*' || isComponent(text) || (text.length <= MAX_COMPONENT && text.endsWith(':*') && WORD.test(text.slice(0, -2)));
/** The prefix may have all the bytes that a topic may have: what a pattern is does not depend on what it matches. */
export const isTopicPattern = (text) => text === '*' || isTopic(text) || (text.endsWith('.*') && isTopic(text.slice(0, -2)));

/** Whether `pattern`, which may end in `:*` or be `*`, matches a name or is at least as wide as another pattern. */
export function nameMatches(pattern, name) {
  if (pattern === '*' || pattern === name) return true;
  return pattern.endsWith(':*') && name.startsWith(pattern.slice(0, -1)) && name !== pattern.slice(0, -1);
}

/** The same for topics, where `PREFIX.*` stands for one segment more at least. */
export function topicMatches(pattern, topic) {
  if (pattern === '*' || pattern === topic) return true;
  return pattern.endsWith('.*') && topic.startsWith(pattern.slice(0, -1));
}

/** How narrow a pattern is: of several that match, the narrowest is named in records. */
export const narrowness = (pattern) => (pattern.endsWith('*') ? pattern.length - 1 : Number.MAX_SAFE_INTEGER);
