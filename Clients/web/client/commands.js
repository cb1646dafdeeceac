// The commands of a session: their sequences, their credit, and what becomes of them over more than one connection.

import { MalformedError, Reader } from "./bytes.js"
import { readRow, writeRow } from "./fields.js"
import { KEY_BYTES, commandBytes, encode } from "./frames.js"

/** Commands that wait for credit: as many again as the server takes unanswered. */
const QUEUE_LIMIT = 256
/** Outcomes after which the server is told that they have come: it keeps the last 256 until then. */
const RECEIPT_INTERVAL = 64n

/** A payload that must be one row and nothing else. */
export function rowOf(payload, fields) {
    const reader = new Reader(payload)
    const row = readRow(reader, fields)
    reader.end()
    return row
}

/**
 * `emit("settled", { status, command, sequence })` tells of each command that gets no outcome: `tooOld` (it had one, which is not kept any more),
 * `expired` and `notRun` (it did not run and never will), `unknown` (it may have run or not), `unsent`.
 */
export class Commands {
    constructor({ transmit, emit }) {
        Object.assign(this, { transmit, emit })
        /** Without an outcome, by sequence, in order: { command, payload, key, resolve, isSent }. `isSent` is of this connection. */
        this.pending = new Map()
        /** Without a sequence: they wait for credit. */
        this.queue = []
        this.nextSequence = 1n
        this.close()
    }

    /** Without a world nothing is sent. */
    close() { Object.assign(this, { isOpen: false, throughSequence: 0n, throughByte: 0n, sentBytes: 0n, recalledThrough: 0n, received: 0n }) }

    get inFlight() { return this.pending.size + this.queue.length }
    /** The sequence of the last outcome that has come, or of the last command before the first. */
    get acknowledged() { return (this.pending.keys().next().value ?? this.nextSequence) - 1n }

    /** A session begins, with its first credit. */
    begin({ firstSequence, throughSequence, throughByte }) {
        Object.assign(this, { isOpen: true, nextSequence: firstSequence, throughSequence, throughByte, sentBytes: 0n, recalledThrough: 0n })
        this.received = firstSequence - 1n
        this.flush()
    }

    /**
     * The session goes on. `isSameSchema`: payloads from before are still rows of their commands. Returns how many commands are sent again.
     */
    resume({ firstSequence, throughSequence, throughByte }, { oldest, forked }, isSameSchema) {
        this.settle("tooOld", (sequence) => sequence < oldest)
        const isLost = forked || !isSameSchema
        if (isLost) this.settle("notRun", (sequence) => sequence >= firstSequence)
        if (isLost || firstSequence > this.nextSequence) this.nextSequence = firstSequence
        Object.assign(this, { isOpen: true, throughSequence, throughByte, sentBytes: 0n, recalledThrough: firstSequence - 1n, received: oldest - 1n })
        let again = 0
        for (const [sequence, each] of this.pending) {
            each.isSent = sequence < firstSequence
            if (!each.isSent) again += 1
        }
        this.flush()
        return again
    }

    /** The session has ended; its outcomes have been recalled. `through` is the last sequence that it sealed, null where nothing is known of it. */
    ended(through) {
        if (through === null) return this.settle("unknown")
        this.settle("expired", (sequence) => sequence > through)
        return this.settle("tooOld")
    }

    /** Takes what a page that was reloaded had under way. `schema`: null where its commands are of another one, so that they cannot be told apart. */
    restore({ pending, queue, nextSequence }, schema) {
        this.nextSequence = nextSequence
        const known = (each) => schema?.commands.find(({ id }) => id === each.id)
        for (const [sequence, each] of pending) {
            const command = known(each)
            if (command) this.pending.set(sequence, { ...each, command, isSent: false })
            else this.tell({ status: "unknown", command: `command ${each.id}`, sequence }, each.resolve)
        }
        for (const each of queue) {
            const command = known(each)
            if (command) this.queue.push({ ...each, command })
            else this.tell({ status: "unsent", command: `command ${each.id}` }, each.resolve)
        }
    }

    /** Sends a command, or keeps it until there is credit. Resolves to its outcome. */
    send(command, values, key) {
        if (key && key.length !== KEY_BYTES) return Promise.reject(new Error(`a key of ${key.length} bytes; it has ${KEY_BYTES}`))
        if (this.queue.length >= QUEUE_LIMIT) return Promise.reject(new Error("too many commands wait for credit"))
        const payload = writeRow(command.fields, values)
        return new Promise((resolve) => {
            this.queue.push({ command, payload, key, resolve })
            this.flush()
        })
    }

    /** Sends what credit allows: first what an earlier connection has sent in vain, then what waits. */
    flush() {
        if (!this.isOpen) return
        for (const [sequence, each] of this.pending) if (!each.isSent && !this.transmitOne(sequence, each)) return
        while (this.queue.length > 0 && this.transmitOne(this.nextSequence, this.queue[0])) {
            this.pending.set(this.nextSequence, this.queue.shift())
            this.nextSequence += 1n
        }
    }

    /** Returns whether there was credit for it. */
    transmitOne(sequence, each) {
        const size = BigInt(commandBytes(each.payload, each.key))
        if (sequence > this.throughSequence || this.sentBytes + size > this.throughByte) return false
        each.isSent = true
        this.sentBytes += size
        this.transmit(encode.command(sequence, each.command.id, each.payload, each.key))
        return true
    }

    credit({ sequence, byte }) {
        if (sequence < this.throughSequence || byte < this.throughByte) throw new MalformedError("credit falls")
        Object.assign(this, { throughSequence: sequence, throughByte: byte })
        if (this.acknowledged >= this.received + RECEIPT_INTERVAL) {
            this.received = this.acknowledged
            this.transmit(encode.received(this.received))
        }
        this.flush()
    }

    /** Returns what to tell of the outcome, or null where it is of a command that this client did not send. */
    outcome(frame) {
        const first = this.pending.keys().next().value
        if (frame.sequence !== first) {
            // Another program had the session meanwhile, and this is its command; or its outcome had come before.
            if (frame.sequence <= this.recalledThrough && !this.pending.has(frame.sequence)) return null
            throw new MalformedError(`an outcome for ${frame.sequence}, which is not the next one due`)
        }
        if (!this.pending.get(first).isSent) throw new MalformedError(`an outcome for ${frame.sequence}, which was not sent`)
        return this.answer(frame)
    }

    /** An outcome of a session that has ended. */
    recalled(frame) { return this.pending.has(frame.sequence) ? this.answer(frame) : null }

    answer({ sequence, tick, status, firstTick, payload, code, field, reason }) {
        const { command, resolve } = this.pending.get(sequence)
        const outcome = { status: status === "repeated" ? "applied" : status, command: command.name, sequence, tick }
        if (status === "repeated") outcome.repeated = firstTick
        // A result of an earlier version of the world is left out.
        if (outcome.status === "applied") outcome.result = payload.length ? rowOf(payload, command.result) : {}
        else Object.assign(outcome, { code, field, reason })
        this.pending.delete(sequence)
        resolve(outcome)
        return { ...outcome, fields: payload?.length ? command.result : [] }
    }

    /** Ends commands that get no outcome: those that were sent, where `isMeant` says so. */
    settle(status, isMeant = () => true) {
        for (const [sequence, { command, resolve }] of this.pending) {
            if (!isMeant(sequence)) continue
            this.pending.delete(sequence)
            this.tell({ status, command: command.name, sequence }, resolve)
        }
    }

    /** Ends those that were never sent. */
    settleQueue() {
        for (const { command, resolve } of this.queue.splice(0)) this.tell({ status: "unsent", command: command.name }, resolve)
    }

    tell(settled, resolve) {
        resolve(settled)
        this.emit("settled", settled)
    }
}
