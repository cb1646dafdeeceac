// What a page keeps of its session over a reload, as text for the browser's session storage.
//
// It holds the ticket, so it is written when the page goes and erased when the next one has read it: two tabs never read the same one.

import { fromHex, toHex } from "./bytes.js"
import { Progress } from "./progress.js"

const KEY = "orge.session"
/** Milliseconds after which a session is not asked for again: the server has forgotten it by then. */
const AGE_LIMIT = 120_000
/** Characters of one text: 256 commands of 4,096 bytes in hexadecimal are more than credit allows. */
const LENGTH_LIMIT = 1_000_000
const PROGRESS = ["tick", "eventsThrough"]

/** The text of a hold as Session.suspend() makes it. */
export function writeHold(name, hold, now) {
    // A page that goes before it has asked for the session leaves it as it found it.
    if (hold.saved) return hold.saved.text
    const { world, session, ticket, incarnation, schemaHash, progress, commands, lastIntent } = hold
    const written = ({ command, payload, key }) => ({ command: command.id, payload: toHex(payload), key: key && toHex(key) })
    const pending = [...commands.pending].map(([sequence, each]) => ({ sequence: String(sequence), ...written(each) }))
    const queue = commands.queue.map(written)
    return JSON.stringify({
        name, world, session: String(session), ticket: toHex(ticket), incarnation, schemaHash: String(schemaHash), lastIntent, pending, queue, at: now,
        nextSequence: String(commands.nextSequence), eventsAfter: progress.eventsAfter,
        ...Object.fromEntries(PROGRESS.map((field) => [field, String(progress[field])])),
    })
}

/**
 * The hold that a text has, and the name that it belongs to; null for anything else. Its commands are known by their ids alone until the schema is
 * here, and their outcomes are told by events alone.
 */
export function readHold(text, now) {
    try {
        const saved = JSON.parse(text)
        if (!saved || now - saved.at > AGE_LIMIT || now < saved.at) return null
        const progress = new Progress(BigInt(saved.tick))
        Object.assign(progress, { eventsThrough: BigInt(saved.eventsThrough), eventsAfter: saved.eventsAfter })
        const read = ({ command, payload, key }) => ({ id: command, payload: fromHex(payload), key: key && fromHex(key), resolve: () => {} })
        const pending = saved.pending.map((each) => [BigInt(each.sequence), read(each)])
        const hold = {
            world: saved.world, session: BigInt(saved.session), ticket: fromHex(saved.ticket), incarnation: saved.incarnation,
            schemaHash: BigInt(saved.schemaHash), lastIntent: saved.lastIntent, progress, view: null, intents: new Map(),
            saved: { text, pending, queue: saved.queue.map(read), nextSequence: BigInt(saved.nextSequence) },
        }
        return hold.ticket.length === 16 ? { name: saved.name, hold } : null
    } catch {
        return null
    }
}

/** Keeps a hold, or erases it (null). A browser without storage keeps nothing: its reload is a newcomer. */
export function keepHold(storage, name, hold, now = Date.now()) {
    try {
        const text = hold && writeHold(name, hold, now)
        if (text && text.length <= LENGTH_LIMIT) storage.setItem(KEY, text)
        else storage.removeItem(KEY)
    } catch { /* As above. */ }
}

/** Reads a hold once. */
export function takeHold(storage, now = Date.now()) {
    try {
        const text = storage.getItem(KEY)
        storage.removeItem(KEY)
        return text && readHold(text, now)
    } catch {
        return null
    }
}
