// A server's side of one account's sessions, as section 16 of docs/protocol.md has it, for tests that break connections: no network, no clock.

import { Reader, Writer, toHex } from "../../Clients/web/client/bytes.js"
import { blocks } from "./example.mjs"

const TICKET = (number) => Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? number : 0xaa))

function frame(type, fill) {
    const writer = new Writer()
    writer.u8(type)
    writer.u8(0)
    fill(writer)
    return writer.bytes
}

export class SessionServer {
    constructor(random) {
        this.random = random
        this.tick = 50n
        this.number = 0
        /** Payloads that ran, in order: each command must be here once. */
        this.ran = []
        this.line = null
        /** Sessions by number. */
        this.sessions = new Map()
        /** Cents of the account in view, by tick: as many as commands ran. */
        this.cents = new Map()
        this.events = []
        this.faults = []
        /** Resumed sessions whose view goes on, and those whose view begins again. */
        this.continued = 0
        this.resets = 0
    }

    /** A connection: `deliver(bytes)` reaches the client. */
    accept(deliver) { this.line = { deliver, isLogged: false, session: null } }
    lose() {
        if (this.line?.session) this.line.session.isAttached = false
        this.line = null
    }

    receive(bytes) {
        const reader = new Reader(bytes)
        const type = reader.u8()
        if (type === 0x02) for (const name of ["welcome", "worlds"]) this.line?.deliver(blocks[name])
        if (type >= 0x04) reader.u8()
        if (type === 0x04) this.join(reader)
        if (type === 0x05) this.command(reader)
        if (type === 0x0b) this.receipt(reader.u64())
    }

    join(reader) {
        reader.text(32)
        reader.u8()
        const known = reader.u64()
        const asked = reader.u8() > 0 ? readResume(reader) : null
        const old = asked && this.sessions.get(Number(asked.session))
        const isRight = old && toHex(old.ticket) === toHex(asked.ticket)
        if (isRight && !old.isOver) return this.resume(old, asked, known)
        if (isRight) this.recall(old, asked)
        for (const each of this.sessions.values()) each.isOver = true
        this.number += 1
        const session = { number: this.number, ticket: TICKET(this.number), isOver: false, isAttached: true, sealed: [], waiting: [], received: 0n, sent: [] }
        this.sessions.set(this.number, session)
        const answer = asked && (isRight ? [2, 1n, BigInt(old.sealed.length)] : [3])
        return this.joined(session, known, 1n, answer)
    }

    resume(session, asked, known) {
        Object.assign(session, { isAttached: true, waiting: [] })
        const oldest = BigInt(Math.max(1, Number(asked.acknowledged) + 1))
        if (asked.acknowledged > BigInt(session.sealed.length)) this.faults.push("outcomes that never were are claimed")
        const held = session.sent.find(({ tick, number }) => tick === asked.viewTick && number === asked.updates) ?? null
        if (!held && asked.viewTick > 0n) this.faults.push("an update that never was is claimed")
        if (!held) this.resets += 1
        else this.continued += 1
        session.sent = held ? [held] : []
        this.joined(session, known, BigInt(session.sealed.length) + 1n, [1, oldest, held ? 1 : 0])
        const missed = session.sealed.slice(Number(oldest) - 1).map((each, index) => [each.tick, 1, () => this.outcome(0x87, oldest + BigInt(index), each)])
        const events = this.events.filter(({ tick, session: of }) => of === session.number && tick > asked.eventsThrough)
        const count = events.filter(({ tick }) => tick === asked.eventsThrough + 1n).length
        if (asked.eventsAfter > count) this.faults.push("events that never were are claimed")
        events.splice(0, asked.eventsAfter)
        const all = [...events.map((each) => [each.tick, 0, () => this.event(each)]), ...missed]
        for (const [, , tell] of all.sort((a, b) => Number(a[0] - b[0]) || a[1] - b[1])) tell()
    }

    recall(session, asked) {
        session.sealed.forEach((each, index) => {
            if (BigInt(index + 1) > asked.acknowledged) this.outcome(0x8d, BigInt(index + 1), each)
        })
    }

    joined(session, known, firstSequence, answer) {
        const { line } = this
        if (known === 0n) line.deliver(blocks.schema)
        line.session = session
        session.credit = { sequence: firstSequence + BigInt(this.random.between(0, 6)), byte: 65_536n }
        line.deliver(frame(0x84, (to) => {
            to.u64(BigInt(session.number))
            to.u64(0x0004000004000005n)
            to.u32(1)
            to.u64(this.tick)
            to.u32(0)
            to.u64(firstSequence)
            to.u64(session.credit.sequence)
            to.u64(session.credit.byte)
            to.u8(1)
            to.u64(0x0004000003ffffffn)
            to.u8(answer ? 2 : 1)
            to.u16(1)
            to.u16(16)
            to.raw(session.ticket)
            if (!answer) return
            const [status, ...fields] = answer
            to.u16(2)
            to.u16(status === 1 ? 26 : status === 2 ? 17 : 1)
            to.u8(status)
            if (status === 1) {
                to.u8(fields[1])
                to.u64(fields[0])
                to.u32(0)
                to.u32(0)
                to.u64(0n)
            } else for (const field of fields) to.u64(field)
        }))
        line.updates = 0
        this.update(answer?.[2] !== 1)
    }

    /** One whole update, in two frames now and then, unless the connection breaks between them. */
    update(isReset = false) {
        const { line } = this
        const { session } = line
        const cents = BigInt(this.ran.length)
        this.cents.set(this.tick, cents)
        const part = (flags, fill) => line.deliver(frame(0x86, (to) => {
            to.u8(flags)
            to.varint(this.tick)
            fill(to)
        }))
        const isSplit = this.random.below(4) === 0
        if (isSplit) {
            part(isReset ? 3 : 1, () => {})
            if (this.random.below(5) === 0) this.breaks?.()
            if (this.line !== line) return
        }
        const before = session.sent.at(-1)?.cents ?? 0n
        line.updates += 1
        session.sent.push({ tick: this.tick, number: line.updates, cents })
        if (isReset) part(isSplit ? 0 : 2, (to) => writeAccount(to, cents))
        else part(0, (to) => writeDifference(to, cents - before))
    }

    command(reader) {
        const [flags, sequence, kind, payload] = [reader.u8(), reader.u64(), reader.u16(), reader.rest()]
        const { session } = this.line
        const next = BigInt(session.sealed.length + session.waiting.length) + 1n
        if (flags !== 0 || kind !== 0 || sequence !== next) this.faults.push(`command ${sequence} where ${next} is next`)
        if (sequence > session.credit.sequence) this.faults.push(`command ${sequence} is beyond its credit`)
        session.waiting.push(toHex(payload))
    }

    receipt(sequence) {
        const { session } = this.line
        if (sequence > BigInt(session.sealed.length) || sequence < session.received) this.faults.push(`receipt of ${sequence}`)
        session.received = sequence
    }

    /** A tick: commands that wait are sealed, and their session is told, if it has a connection. Sealed ones survive any loss. */
    run() {
        this.tick += 1n
        const session = this.line?.session
        if (!session || session.isOver) return
        const told = session.waiting.map((payload) => {
            this.ran.push(payload)
            const sealed = { tick: this.tick, cents: BigInt(this.ran.length) }
            session.sealed.push(sealed)
            return [BigInt(session.sealed.length), sealed]
        })
        session.waiting = []
        const events = Array.from({ length: this.random.below(3) }, () => ({ tick: this.tick, session: session.number, id: this.events.length + 1 }))
        for (const event of events) this.events.push({ ...event, id: this.events.length + 1 })
        // The connection may break anywhere from here on.
        const steps = [
            () => this.update(), ...this.events.slice(this.events.length - events.length).map((each) => () => this.event(each)),
            ...told.map(([sequence, sealed]) => () => this.outcome(0x87, sequence, sealed)), () => this.credit(session),
        ]
        for (const step of steps) {
            if (!this.line) return
            step()
            if (this.random.below(40) === 0) this.breaks?.()
        }
    }

    credit(session) {
        const sequence = BigInt(session.sealed.length) + BigInt(this.random.between(1, 9))
        if (sequence > session.credit.sequence) session.credit.sequence = sequence
        session.credit.byte += 65_536n
        this.line?.deliver(frame(0x89, (to) => {
            to.u64(session.credit.sequence)
            to.u64(session.credit.byte)
        }))
    }

    outcome(type, sequence, { tick, cents }) {
        this.line?.deliver(frame(type, (to) => {
            to.u64(sequence)
            to.u64(tick)
            to.u8(0)
            to.i64(cents)
        }))
    }

    event({ tick, id }) {
        this.line?.deliver(frame(0x88, (to) => {
            to.u64(tick)
            to.u16(0)
            to.u64(BigInt(id))
            to.u32(5)
        }))
    }
}

/** The account enters: what stands before it are two empty sections. */
function writeAccount(to, cents) {
    for (const byte of [0, 0, 0x0c, 1]) to.u8(byte)
    to.u64(0x0004000004000005n)
    to.i64(cents)
}

/** Its owner stays as it was. */
function writeDifference(to, difference) {
    if (difference === 0n) return
    for (const byte of [0x0c, 1, 8]) to.u8(byte)
    to.varint(difference * 2n)
}

function readResume(reader) {
    const [type, length] = [reader.u16(), reader.u16()]
    if (type !== 2 || length !== 66) throw new Error(`an extension ${type} of ${length} bytes`)
    return {
        session: reader.u64(), ticket: reader.take(16).slice(), acknowledged: reader.u64(), incarnation: reader.u32(), tick: reader.u64(),
        eventsThrough: reader.u64(), eventsAfter: reader.u16(), viewTick: reader.u64(), updates: reader.u32(),
    }
}
