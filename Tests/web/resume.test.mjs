import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, fromHex, toHex } from "../../Clients/web/client/bytes.js"
import { keepHold, readHold, takeHold, writeHold } from "../../Clients/web/client/hold.js"
import { Progress } from "../../Clients/web/client/progress.js"
import { SchemaCache, Session } from "../../Clients/web/client/session.js"
import { withSeed } from "./random.mjs"
import { SessionServer } from "./session_server.mjs"

/** A client over connections that break anywhere: what its user asked for, and what came of it. */
class Client {
    constructor(server, random) {
        Object.assign(this, { server, random, schemas: new SchemaCache(), hold: null, session: null, toServer: [] })
        this.asked = 0
        /** By the amount that makes each command unlike the others. */
        this.results = new Map()
        this.events = []
        this.settled = []
        this.resumed = 0
        this.resent = 0
        this.views = 0
        this.lastTick = 0n
        server.breaks = () => this.lose()
    }

    connect() {
        const session = new Session({
            name: "ada", schemas: this.schemas, hold: this.hold,
            transmit: (bytes) => this.toServer.push(bytes), emit: (kind, detail) => this.hear(kind, detail),
        })
        Object.assign(this, { session, hold: null, toServer: [] })
        this.server.accept((bytes) => { if (this.session === session) session.receive(bytes.slice()) })
        session.begin()
        this.flush()
        if (session.state === "choosing") session.join("ledger")
        this.flush()
    }

    hear(kind, detail) {
        if (kind === "event") this.events.push(Number(detail.value.from))
        if (kind === "view") {
            this.views += 1
            const account = this.session.view.get(0x0004000004000005n, "balance")
            assert.equal(account.cents, this.server.cents.get(detail.tick), `the view of tick ${detail.tick}`)
            assert.ok(detail.tick >= this.lastTick, "no view goes back")
            this.lastTick = detail.tick
        }
        if (kind === "settled") this.settled.push(detail.status)
        if (kind === "resumed") {
            this.resumed += 1
            this.resent += detail.resent
        }
    }

    /** Frames travel; some of the last ones may be lost with the connection. */
    flush() {
        while (this.session && this.toServer.length > 0) {
            if (this.random.below(60) === 0) return this.lose()
            this.server.receive(this.toServer.shift())
        }
        return undefined
    }

    lose() {
        if (!this.session) return
        const { session } = this
        this.session = null
        this.server.lose()
        this.hold = session.suspend()
    }

    ask() {
        if (this.session?.state !== "joined") return
        const amount = this.asked += 1
        this.session.command("transfer", { to: 1n, amount }).then((outcome) => {
            assert.ok(!this.results.has(amount), `command ${amount} is answered twice`)
            this.results.set(amount, outcome)
        })
    }
}

const amountOf = (payload) => Number.parseInt(payload.slice(16), 16)

test("each command has one outcome and runs once, and each event comes once, wherever connections break", async () => {
    let [resumes, resent, continued, resets] = [0, 0, 0, 0]
    for (let round = 0; round < 150; round += 1) await withSeed(async (random) => {
        const server = new SessionServer(random)
        const client = new Client(server, random)
        for (let step = 0; step < 300; step += 1) {
            if (!client.session) client.connect()
            else if (random.below(3) > 0) client.ask()
            else if (random.below(20) === 0) client.lose()
            else server.run()
            client.flush()
        }
        for (let calm = 0; calm < 200 && (!client.session || client.session.commands.inFlight > 0); calm += 1) {
            if (!client.session) client.connect()
            server.run()
            client.flush()
        }
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
        assert.deepEqual(server.faults, [])
        assert.deepEqual(client.settled, [], "within the linger nothing stays open")
        assert.equal(client.results.size, client.asked)
        // In the order asked, each once, with the result that the world gave.
        assert.deepEqual(server.ran.map(amountOf), Array.from({ length: client.asked }, (_, index) => index + 1))
        for (const [amount, outcome] of client.results) assert.deepEqual([outcome.status, outcome.result.cents], ["applied", BigInt(amount)])
        if (client.session) assert.deepEqual(client.events, server.events.map(({ id }) => id))
        resumes += client.resumed
        resent += client.resent
        continued += server.continued
        resets += server.resets
    })
    assert.ok(continued > 500 && continued > 10 * resets, `${continued} views went on, ${resets} began again`)
    assert.ok(resumes > 500 && resent > 100, `${resumes} resumes, ${resent} commands sent again`)
})

/** A client that has one command sealed, unheard of, and one that never arrived; then the connection is gone. */
function cutOff(random = { below: () => 1, between: (low) => low + 5 }) {
    const server = new SessionServer(random)
    const client = new Client(server, random)
    client.connect()
    client.ask()
    client.flush()
    const deliver = server.line.deliver
    server.line.deliver = () => {}
    server.run()
    server.line.deliver = deliver
    client.ask()
    client.toServer = []
    client.lose()
    return { server, client }
}

const settle = async () => { for (let turn = 0; turn < 20; turn += 1) await Promise.resolve() }

test("after the linger the outcomes are recalled, what did not run is expired, and a new session begins", async () => {
    const { server, client } = cutOff()
    server.sessions.get(1).isOver = true
    client.connect()
    await settle()
    assert.deepEqual([client.results.get(1).status, client.results.get(2).status], ["applied", "expired"])
    assert.deepEqual([client.session.state, client.session.commands.nextSequence, client.resumed], ["joined", 1n, 0])
    client.ask()
    client.flush()
    server.run()
    await settle()
    assert.equal(client.results.get(3).status, "applied")
    assert.deepEqual(server.faults, [])
})

test("a server that knows nothing of the session leaves its commands unknown", async () => {
    const { server, client } = cutOff()
    server.sessions.clear()
    client.connect()
    await settle()
    assert.deepEqual([client.results.get(1).status, client.results.get(2).status], ["unknown", "unknown"])
    assert.equal(client.session.state, "joined")
})

test("a page that is reloaded goes on with the session, and resends what was under way", async () => {
    const { server, client } = cutOff()
    const store = new Map()
    const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, text) => store.set(key, text), removeItem: (key) => store.delete(key) }
    keepHold(storage, "ada", client.hold, 1_000)
    const { name, hold } = takeHold(storage, 2_000)
    assert.deepEqual([name, hold.world, store.size], ["ada", "ledger", 0])
    assert.equal(takeHold(storage, 2_000), null, "no second tab reads it")
    const told = []
    const page = new Client(server, client.random)
    page.hear = (kind, detail) => told.push([kind, detail])
    page.hold = hold
    // The schema is asked for first, as Connection does.
    page.schemas = client.schemas
    page.connect()
    page.flush()
    server.run()
    assert.deepEqual(told.filter(([kind]) => kind === "outcome").map(([, { sequence, result }]) => [sequence, result.cents]), [[1n, 1n], [2n, 2n]])
    assert.deepEqual(told.find(([kind]) => kind === "resumed")[1].resent, 1)
    assert.deepEqual([server.faults, server.ran.map(amountOf)], [[], [1, 2]])
})

test("a hold that is old, damaged or none is no hold", () => {
    const { client } = cutOff()
    const text = writeHold("ada", client.hold, 1_000)
    assert.ok(readHold(text, 1_000))
    const changed = [text.slice(0, -9), text.replace(/"ticket":"../, '"ticket":"'), text.replace('"session":"1"', '"session":"x"')]
    for (const bad of [null, "", "{}", "null", "[]", ...changed]) {
        assert.equal(readHold(bad, 1_000), null, bad)
    }
    assert.equal(readHold(text, 121_001), null)
    assert.equal(readHold(text, 999), null)
    // A page that goes before it could ask leaves the hold as it was.
    assert.equal(writeHold("ada", readHold(text, 1_500).hold, 9_000), text)
    assert.ok(!JSON.stringify(client.session ?? {}).includes(toHex(client.hold.ticket)))
})

test("progress claims no event that may be missing", () => {
    const progress = new Progress(10n)
    const claim = () => [progress.tick, progress.eventsThrough, progress.eventsAfter]
    assert.deepEqual(claim(), [10n, 9n, 0])
    progress.update(10n)
    progress.update(12n)
    assert.deepEqual(claim(), [12n, 10n, 0])
    progress.event(12n, true)
    progress.event(12n, true)
    assert.deepEqual(claim(), [12n, 11n, 2])
    progress.event(12n, false)
    progress.outcome(12n)
    assert.deepEqual(claim(), [12n, 12n, 0])
    progress.fork(11n)
    assert.deepEqual([...claim(), progress.viewTick], [11n, 11n, 0, 0n])
})

test("answers about a session that was not asked for, of another session or with undefined statuses are refused", () => {
    const joined = (answer) => fromHex(`84 00 0000000000000001 0004000004000005 00000001 0000000000000029 00000000 0000000000000001
        0000000000000100 0000000000010000 01 0004000003ffffff ${answer}`)
    const ended = "01 0002 0011 02 0000000000000001 0000000000000000"
    for (const [answer, isAsked] of [
        [ended, false], ["00", true], ["01 0002 0001 04", true], ["01 0002 0002 03 00", true],
        ["01 0002 001a 01 01 0000000000000001 00000000 00000000 0000000000000000", true],
        ["01 0002 001a 01 03 0000000000000001 00000000 00000000 0000000000000000", true],
        ["01 0002 001a 01 04 0000000000000001 00000000 00000000 0000000000000000", true], ["01 0001 0002 aabb", false],
    ]) {
        const { client } = cutOff()
        const session = new Session({ name: "ada", schemas: client.schemas, hold: isAsked ? client.hold : null, transmit: () => {}, emit: () => {} })
        session.begin()
        session.state = "choosing"
        session.worlds = client.schemas.byHash.size ? [{ name: "ledger", schemaHash: client.schemas.byHash.keys().next().value }] : []
        session.join("ledger")
        if (isAsked && session.hold) session.hold = { ...session.hold, view: null }
        assert.throws(() => session.receive(joined(answer)), MalformedError, answer)
    }
})
