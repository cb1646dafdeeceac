import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, fromHex, toHex } from "../../Clients/web/client/bytes.js"
import { Session } from "../../Clients/web/client/session.js"
import { parseEntity } from "../../Clients/web/client/text.js"
import { hashRow } from "../../Clients/web/client/view.js"
import { blocks } from "./example.mjs"
import { repeat } from "./random.mjs"

test("a session writes and reads the worked example of docs/protocol.md", async () => {
    const [sent, told] = [[], []]
    const session = new Session({
        name: "ada", clientKind: 2, software: "demo 0.1", transmit: (bytes) => sent.push(toHex(bytes)), emit: (kind) => told.push(kind),
    })
    const expect = (name) => assert.equal(sent.shift(), toHex(blocks[name]), name)
    const feed = (name) => session.receive(blocks[name])
    session.begin()
    expect("hello")
    expect("login")
    feed("welcome")
    feed("worlds")
    session.join("ledger")
    expect("join")
    for (const name of ["schema", "joined", "update-reset"]) feed(name)
    const applied = session.command("transfer", { to: parseEntity("1:6.1"), amount: 250 })
    expect("command")
    feed("update")
    feed("outcome-applied")
    const refused = session.command("transfer", { to: parseEntity("1:6.1"), amount: 5000 })
    expect("command-refused")
    for (const name of ["outcome-refused", "event", "credit"]) feed(name)
    session.ping(123456789)
    expect("ping")
    feed("pong")
    session.nextAudit = 7
    const audit = session.audit()
    expect("audit")
    // Half an answer about an entity that is nowhere; then the world goes away, and the whole answer comes when it is back.
    const half = blocks["audit-answer"].slice()
    half[14] = 1
    half[22] = 9
    session.receive(half)
    for (const name of ["notice-away", "notice-back", "audit-answer"]) feed(name)
    session.leave()
    expect("leave")
    feed("close")

    const [first, second] = [await applied, await refused]
    assert.deepEqual([first.status, first.tick, first.result.cents], ["applied", 42n, 2750n])
    assert.deepEqual([second.status, second.tick, second.reason], ["refused", 43n, "the account holds 2750 cents, not 5000"])
    // The example does not show the update through tick 44, so the audit must notice that one balance is old.
    const compared = await audit
    assert.deepEqual([compared.rows, compared.mismatches.map((each) => each.why)], [1, ["different"]])
    assert.deepEqual([session.commands.throughSequence, session.commands.throughByte, session.state], [384n, 68736n, "closed"])
    assert.equal(session.avatar, parseEntity("1:5.1"))
    assert.deepEqual(told, [
        "welcome", "worlds", "schema", "joined", "view", "view", "outcome", "outcome", "event", "pong", "hostAway", "hostBack", "close",
    ])
})

test("rows hash as docs/protocol.md says", () => {
    assert.equal(hashRow(1, fromHex("")).toString(16), "8328707b4eb6e3a")
    assert.equal(hashRow(0x0102, fromHex("0304")).toString(16), "be7a5e775165785d")
})

/** A session that has joined the example's ledger. */
function joined() {
    const session = new Session({ name: "ada", transmit: () => {}, emit: () => {} })
    session.begin()
    session.receive(blocks.welcome)
    session.receive(blocks.worlds)
    session.join("ledger")
    session.receive(blocks.schema)
    session.receive(blocks.joined)
    return session
}

const SERVER_FRAMES = ["welcome", "worlds", "schema", "joined", "update-reset", "event", "pong", "notice-back", "close"]

test("frames cut short are read or refused as malformed, and nothing else happens", () => {
    let refused = 0
    for (const name of SERVER_FRAMES) {
        for (let length = 0; length < blocks[name].length; length += 1) {
            try {
                joined().receive(blocks[name].slice(0, length))
            } catch (error) {
                assert.ok(error instanceof MalformedError, `${name} cut to ${length}: ${error}`)
                refused += 1
            }
        }
    }
    assert.ok(refused > 300)
})

test("frames with random bytes in them are read or refused as malformed, and nothing else happens", () => repeat(2_000, (random) => {
    const frame = blocks[random.pick(SERVER_FRAMES)].slice()
    for (let change = random.between(1, 3); change > 0; change -= 1) frame[random.below(frame.length)] = random.below(256)
    try {
        joined().receive(frame)
    } catch (error) {
        assert.ok(error instanceof MalformedError, `${toHex(frame)}: ${error.stack}`)
    }
}))

test("unknown notices, and unknown frames of the types that may be skipped, are skipped", () => {
    const session = joined()
    session.receive(fromHex("e0 0102"))
    session.receive(fromHex("8c 00 77 0102"))
    assert.throws(() => session.receive(fromHex("a0 0102")), MalformedError)
    assert.equal(session.state, "joined")
})

test("commands over the credit wait, and go out in order when there is more", async () => {
    const sent = []
    const session = joined()
    const { commands } = session
    commands.transmit = (bytes) => sent.push(bytes[0])
    const credit = Number(commands.throughSequence - commands.nextSequence) + 1
    const outcomes = Array.from({ length: credit + 2 }, () => session.command("transfer", { to: 1n, amount: 1 }))
    assert.equal(sent.length, credit)
    assert.equal(commands.queue.length, 2)
    commands.credit({ sequence: commands.throughSequence + 1n, byte: commands.throughByte + 1_000n })
    assert.deepEqual([sent.length, commands.queue.length], [credit + 1, 1])
    session.end()
    const ends = (await Promise.all(outcomes)).map((each) => each.status)
    assert.deepEqual([ends.filter((each) => each === "unknown").length, ends.at(-1)], [credit + 1, "unsent"])
})

test("an audit that the world has no time for is rejected, and another one may follow", async () => {
    const session = joined()
    const busy = session.audit()
    session.receive(fromHex("8b 00 00000001 0000000000000000 02"))
    await assert.rejects(busy, /no time for an audit/)
    const next = session.audit()
    session.receive(fromHex("8b 00 00000002 0000000000000001 00"))
    assert.equal((await next).tick, 1n)
    session.audit().catch(() => {})
    assert.throws(() => session.receive(fromHex("8b 00 00000003 0000000000000001 04")), MalformedError)
})

test("a change of the timeline ends what waits, withdraws nothing else, and leads back to the choice of a world", async () => {
    const told = []
    const session = new Session({ name: "ada", clientKind: 2, software: "demo 0.1", transmit: () => {}, emit: (kind, detail) => told.push([kind, detail]) })
    session.begin()
    for (const name of ["welcome", "worlds"]) session.receive(blocks[name])
    session.join("ledger")
    for (const name of ["schema", "joined", "update-reset"]) session.receive(blocks[name])
    const open = session.command("transfer", { to: parseEntity("1:6.1"), amount: 250 })
    const audit = session.audit()
    session.receive(fromHex("8c 00 06 03 00000003 0000000000000029 0000000000000002"))
    assert.equal((await open).status, "notRun")
    await assert.rejects(audit)
    assert.deepEqual(told.at(-1), ["timelineChanged", { incarnation: 3, forkTick: 41n, nextSequence: 2n }])
    assert.deepEqual([session.state, session.view, session.commands.pending.size], ["choosing", null, 0])
    session.join("ledger")
    for (const name of ["joined", "update-reset"]) session.receive(blocks[name])
    assert.equal(session.state, "joined")
    session.receive(fromHex("8c 00 06 00 00000004"))
    assert.deepEqual(told.at(-1), ["timelineChanged", { incarnation: 4, forkTick: null, nextSequence: null }])
    assert.throws(() => session.receive(fromHex("8c 00 06 04 00000004")), MalformedError)
})
