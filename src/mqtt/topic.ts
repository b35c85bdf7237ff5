/** [MQTT 5, 4.7.3]. */
const MAX_BYTES = 0xffff
/** mosquitto's brokers and clients refuse more levels than this. */
const MAX_SLASHES = 200

/** Control characters and non-characters, which [MQTT 5, 1.5.4] lets a receiver close the connection over. */
const forbidden = () => /[\u0000-\u001f\u007f-\u009f]|\p{Noncharacter_Code_Point}|\p{Surrogate}/u

/** Most topics: the tables of Unicode for the others take longer to load than a message takes to publish. */
const PLAIN = /^[ -~]*$/

function isTopicText(text: string): boolean {
  if (text === '' || Buffer.byteLength(text) > MAX_BYTES) return false
  if (!PLAIN.test(text) && forbidden().test(text)) return false
  return text.split('/').length <= MAX_SLASHES + 1
}

/** Whether it can be published to [MQTT 5, 4.7.1]. */
export function isValidTopicName(topic: string): boolean {
  return isTopicText(topic) && !/[+#]/.test(topic)
}

/** Whether it can be subscribed to [MQTT 5, 4.7.1, 4.8.2]. */
export function isValidFilter(filter: string): boolean {
  if (!isTopicText(filter)) return false
  if (filter === '$share' || filter.startsWith('$share/')) {
    const [, group, ...rest] = filter.split('/')
    if (group === undefined || group === '' || /[+#]/.test(group) || rest.length === 0) return false
    return hasValidWildcards(rest)
  }
  return hasValidWildcards(filter.split('/'))
}

function hasValidWildcards(levels: readonly string[]): boolean {
  if (levels.length === 1 && levels[0] === '') return false
  return levels.every((level, at) => {
    if (level === '#') return at === levels.length - 1
    return level === '+' || !/[+#]/.test(level)
  })
}

/** The filter that topics are matched with: without `$share/GROUP/` [MQTT 5, 4.8.2]. */
export function withoutShare(filter: string): string {
  return filter.startsWith('$share/') ? filter.slice(filter.indexOf('/', 7) + 1) : filter
}

/** Whether a filter matches a topic [MQTT 5, 4.7.1, 4.7.2]. */
export function matches(filter: string, topic: string): boolean {
  const plain = withoutShare(filter)
  if (topic.startsWith('$') && !plain.startsWith('$')) return false
  const filterLevels = plain.split('/')
  const topicLevels = topic.split('/')
  for (let at = 0; at < filterLevels.length; at++) {
    const level = filterLevels[at]
    if (level === '#') return true
    if (at >= topicLevels.length || (level !== '+' && level !== topicLevels[at])) return false
  }
  return filterLevels.length === topicLevels.length
}

/** Whether a filter matches every topic that the other one matches. */
export function covers(one: string, other: string): boolean {
  // `#` too takes one level or more where it is the first.
  const a = withoutShare(one)
    .replace(/^\+\/#$/, '#')
    .split('/')
  const b = withoutShare(other).split('/')
  if (b[0]!.startsWith('$') && a[0] !== b[0]) return false
  for (const [at, level] of a.entries()) {
    if (level === '#') return true
    if (b[at] === undefined || b[at] === '#' || (level !== '+' && level !== b[at])) return false
  }
  return a.length === b.length
}

/** Whether some topic is matched by both filters. */
export function overlap(one: string, other: string): boolean {
  const a = withoutShare(one).split('/')
  const b = withoutShare(other).split('/')
  const wild = /^[+#]/
  if (a[0]!.startsWith('$') !== b[0]!.startsWith('$') && (wild.test(a[0]!) || wild.test(b[0]!))) return false
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if (a[at] === '#' || b[at] === '#') return true
    // `a/#` matches `a` too, so the filter that is longer by just `#` still overlaps.
    if (a[at] === undefined || b[at] === undefined) return false
    if (a[at] !== b[at] && a[at] !== '+' && b[at] !== '+') return false
  }
  return true
}
