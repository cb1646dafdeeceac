// The name that this page logs in with. `storage` is the browser's session storage: another tab is another player.

const KEY = "orge.name"
const RULE = /^[A-Za-z0-9_.-]{1,32}$/
/** A taken name is cut to this length before a suffix is added, so that the result keeps the rule. */
const STEM_LIMIT = 26
const WORDS = ["ash", "birch", "clover", "fern", "hazel", "heath", "linden", "moss", "reed", "rowan", "sorrel", "thistle", "willow", "yarrow"]

export const isName = (text) => RULE.test(text)

const digits = (random, limit) => Math.floor(random() * limit).toString(36)

export const inventName = (random = Math.random) => `${WORDS[Math.floor(random() * WORDS.length)]}-${digits(random, 46_656).padStart(3, "0")}`
export const nameBeside = (taken, random = Math.random) => `${taken.slice(0, STEM_LIMIT)}-${digits(random, 1_296)}`

/** Keeps the name for a reload. A browser without storage forgets it when the page goes; nothing else depends on it. */
export function rememberName(storage, name) {
    try {
        storage.setItem(KEY, name)
    } catch { /* As above. */ }
    return name
}

/** The name asked for in the address, else the remembered one, else a new one. */
export function firstName(asked, storage, random = Math.random) {
    if (asked && isName(asked)) return rememberName(storage, asked)
    let kept = null
    try {
        kept = storage.getItem(KEY)
    } catch { /* As above. */ }
    return rememberName(storage, kept && isName(kept) ? kept : inventName(random))
}
