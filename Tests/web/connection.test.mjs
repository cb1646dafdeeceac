import assert from "node:assert/strict"
import test, { mock } from "node:test"
import { Writer, toHex } from "../../Clients/web/client/bytes.js"
import { Connection } from "../../Clients/web/client/connection.js"
import { blocks } from "./example.mjs"

/** A socket without a network: the test opens it, feeds it, and reads what was sent. */
class FakeSocket {
    constructor() {
        this.readyState = 0
        this.sent = []
    }
    open() {
        this.readyState = 1
        this.onopen()
    }
    send(bytes) { this.sent.push(toHex(bytes)) }
    feed(bytes) { this.onmessage?.({ data: bytes.slice().buffer }) }
    close() {
        if (this.readyState === 3) return
        this.readyState = 3
        queueMicrotask(() => this.onclose?.())
    }
}

function connect(context, options = {}) {
    mock.timers.enable({ apis: ["setTimeout", "setInterval"] })
    const [sockets, told] = [[], []]
    const connection = new Connection({
        url: "", name: "ada", rename: (name) => `${name}-2`, emit: (kind, detail) => told.push([kind, detail]), random: () => 0, ...options,
        createSocket: () => sockets[sockets.push(new FakeSocket()) - 1],
    })
    context.after(() => {
        clearInterval(connection.heartbeat)
        mock.timers.reset()
    })
    connection.open()
    return { connection, sockets, told }
}

const isOpen = (socket) => socket.readyState !== 3
/** Lets promises that are ready go on; the timers stand still. */
const settle = async () => { for (let turn = 0; turn < 20; turn += 1) await Promise.resolve() }

test("a connection joins the only world", (context) => {
    const { connection, sockets } = connect(context)
    sockets[0].open()
    sockets[0].feed(blocks.welcome)
    sockets[0].feed(blocks.worlds)
    assert.equal(sockets[0].sent.at(-1), toHex(blocks.join))
    assert.equal(connection.state, "joining")
    sockets[0].feed(blocks.schema)
    sockets[0].feed(blocks.joined)
    assert.equal(connection.state, "joined")
})

test("a lost connection is opened again, later after each loss", async (context) => {
    const { connection, sockets, told } = connect(context)
    for (const pause of [250, 500, 1_000, 2_000, 5_000, 5_000]) {
        sockets.at(-1).close()
        await settle()
        assert.equal(told.findLast(([kind]) => kind === "lost")[1].again, pause)
        assert.equal(connection.state, "waiting")
        const count = sockets.length
        mock.timers.tick(pause - 1)
        assert.equal(sockets.length, count)
        mock.timers.tick(1)
        assert.equal(sockets.length, count + 1)
    }
    sockets.at(-1).open()
    assert.equal(connection.reconnects, 1)
})

test("a server that breaks the protocol is left for good", async (context) => {
    const { connection, sockets, told } = connect(context)
    sockets[0].open()
    sockets[0].feed(Uint8Array.of(0x81, 0))
    await settle()
    assert.equal(connection.state, "closed")
    assert.deepEqual(told.filter(([kind]) => kind === "lost").map(([, detail]) => [detail.code, detail.again]), [["malformed", null]])
})

test("a new name while another try is planned makes one connection", async (context) => {
    const { connection, sockets } = connect(context)
    sockets[0].close()
    await settle()
    assert.equal(connection.state, "waiting")
    const both = [connection.restart({ name: "bea" }), connection.restart({ name: "cay" })]
    await settle()
    mock.timers.tick(10_000)
    await Promise.all(both)
    assert.deepEqual([connection.state, connection.session.name, sockets.filter(isOpen).length], ["connecting", "cay", 1])
})

function refusal(code) {
    const writer = new Writer()
    writer.u8(0x85)
    writer.u8(0)
    writer.u8(code)
    writer.u8(0)
    writer.u32(0)
    writer.text("")
    writer.u8(0)
    return writer.bytes
}

test("a loss while a second try to join waits does not keep the next connection from joining", async (context) => {
    const { sockets } = connect(context)
    const enter = (socket) => {
        socket.open()
        socket.feed(blocks.welcome)
        socket.feed(blocks.worlds)
    }
    enter(sockets[0])
    sockets[0].feed(refusal(2))
    sockets[0].close()
    await settle()
    mock.timers.tick(250)
    enter(sockets[1])
    assert.equal(sockets[1].sent.at(-1), toHex(blocks.join))
})

test("a name that stays in use is changed", async (context) => {
    const { connection, sockets } = connect(context)
    sockets[0].open()
    sockets[0].feed(blocks.welcome)
    sockets[0].feed(blocks.worlds)
    for (let attempt = 0; attempt < 3; attempt += 1) {
        sockets[0].feed(refusal(4))
        mock.timers.tick(1_000)
    }
    await settle()
    sockets[0].close()
    mock.timers.tick(2_000)
    await settle()
    assert.deepEqual([connection.name, sockets.filter(isOpen).length], ["ada-2", 1])
})

/** joined of the example, with a ticket and, where the join asked for a session, an answer. */
function joinedWith(ticket, resumed = false) {
    const writer = new Writer()
    writer.raw(blocks.joined.slice(0, -1))
    writer.u8(resumed ? 2 : 1)
    writer.u16(1)
    writer.u16(16)
    writer.raw(ticket)
    if (!resumed) return writer.bytes
    writer.u16(2)
    writer.u16(26)
    writer.u8(1)
    writer.u8(0)
    writer.u64(1n)
    writer.u32(0)
    writer.u32(0)
    writer.u64(0n)
    return writer.bytes
}

const TICKET = Uint8Array.from({ length: 16 }, (_, index) => 0xc0 + index)

function enter(socket, joined) {
    socket.open()
    for (const frame of [blocks.welcome, blocks.worlds, blocks.schema, joined, blocks["update-reset"]]) socket.feed(frame)
}

test("a lost session is gone on with at once, its commands are sent again, and the user is told", async (context) => {
    const { connection, sockets, told } = connect(context, { random: () => 0.5 })
    enter(sockets[0], joinedWith(TICKET))
    const outcome = connection.session.command("transfer", { to: 1n, amount: 7 })
    const sent = sockets[0].sent.at(-1)
    sockets[0].close()
    await settle()
    assert.deepEqual([connection.state, connection.inFlight], ["waiting", 1])
    const { again, inFlight } = told.findLast(([kind]) => kind === "lost")[1]
    assert.deepEqual([again, inFlight], [50, 1])
    mock.timers.tick(50)
    sockets[1].open()
    for (const frame of [blocks.welcome, blocks.worlds]) sockets[1].feed(frame)
    assert.ok(sockets[1].sent.at(-1).includes(toHex(TICKET)), "the join asks for the session")
    for (const frame of [joinedWith(TICKET, true), blocks["update-reset"]]) sockets[1].feed(frame)
    assert.equal(sockets[1].sent.at(-1), sent, "the same sequence, kind and payload")
    assert.deepEqual([connection.resumes, connection.resent, told.findLast(([kind]) => kind === "resumed")[1].resent], [1, 1, 1])
    for (const frame of [blocks.update, blocks["outcome-applied"]]) sockets[1].feed(frame)
    assert.equal((await outcome).status, "applied")
})

test("pauses grow with each failure, less up to a half at random, and never below what the server asks for", async (context) => {
    const { sockets, told } = connect(context, { random: () => 0.5 })
    enter(sockets[0], joinedWith(TICKET))
    for (const pause of [50, 375, 750, 1_500, 3_750, 3_750]) {
        sockets.at(-1).close()
        await settle()
        assert.equal(told.findLast(([kind]) => kind === "lost")[1].again, pause)
        mock.timers.tick(pause)
    }
    const closing = new Writer()
    closing.u8(0xff)
    closing.u16(2)
    closing.u32(9_000)
    closing.text("")
    sockets.at(-1).open()
    sockets.at(-1).feed(closing.bytes)
    sockets.at(-1).close()
    await settle()
    assert.equal(told.findLast(([kind]) => kind === "lost")[1].again, 9_000)
})

test("a session that another program has taken is left alone, and its commands are unknown", async (context) => {
    const { connection, sockets, told } = connect(context)
    enter(sockets[0], joinedWith(TICKET))
    const outcome = connection.session.command("transfer", { to: 1n, amount: 7 })
    const closing = new Writer()
    closing.u8(0xff)
    closing.u16(19)
    closing.u32(0xffffffff)
    closing.text("")
    sockets[0].feed(closing.bytes)
    sockets[0].close()
    await settle()
    assert.equal((await outcome).status, "unknown")
    assert.deepEqual([connection.state, told.findLast(([kind]) => kind === "lost")[1].code], ["closed", "resumedElsewhere"])
    mock.timers.tick(60_000)
    assert.equal(sockets.length, 1)
})

test("a connection that is silent for 20 s counts as lost", async (context) => {
    const { connection, sockets, told } = connect(context)
    enter(sockets[0], joinedWith(TICKET))
    connection.lastReceived = performance.now() - 19_000
    connection.beat()
    assert.equal(connection.state, "joined")
    connection.lastReceived = performance.now() - 20_000
    connection.beat()
    assert.deepEqual([connection.state, told.findLast(([kind]) => kind === "lost")[1].text], ["waiting", "nothing came from the server for 20 s"])
    assert.ok(connection.hold)
})
