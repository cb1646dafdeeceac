// The page's modules that are pure.

import assert from "node:assert/strict"
import test from "node:test"
import { cameraOver, clampZoom } from "../../Clients/web/page/camera.js"
import { bytesText, figuresOf, grouped } from "../../Clients/web/page/figures.js"
import { hueOf, noise, ramp, scatter } from "../../Clients/web/page/math.js"
import { frameOf } from "../../Clients/web/page/minimap.js"
import { Playback, Track } from "../../Clients/web/page/motion.js"
import { firstName, inventName, isName, nameBeside } from "../../Clients/web/page/names.js"
import { arrowFor } from "../../Clients/web/page/nearby.js"
import { Steering, steeringOf } from "../../Clients/web/page/steering.js"
import { repeat } from "./random.mjs"

test("noise stays within 0 and 1 and is the same for the same place", () => repeat(200, (random) => {
    const [x, y, salt] = [(random.share() - 0.5) * 1e4, (random.share() - 0.5) * 1e4, random.below(50)]
    const value = noise(x, y, salt)
    assert.ok(value >= 0 && value <= 1, String(value))
    assert.equal(noise(x, y, salt), value)
    assert.ok(scatter(Math.floor(x), Math.floor(y), salt) < 1)
    assert.ok(hueOf(random.text(10)) < 360)
    assert.ok(ramp(x, -10, 10) >= 0 && ramp(x, -10, 10) <= 1)
}))

test("names that the page makes are names", () => repeat(200, (random) => {
    const share = () => random.share()
    assert.ok(isName(inventName(share)))
    assert.ok(isName(nameBeside("x".repeat(random.between(1, 32)), share)))
}))

test("a name comes from the address, else from the storage, else it is new; a storage that refuses does not matter", () => {
    const kept = new Map()
    const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) }
    assert.equal(firstName("ada", storage), "ada")
    assert.equal(firstName(null, storage), "ada")
    assert.equal(firstName("not a name", storage), "ada")
    assert.ok(isName(firstName(null, null)))
    assert.ok(isName(firstName(null, { getItem() { throw new Error() }, setItem() { throw new Error() } })))
})

test("a track stays between its samples and ends at the last", () => repeat(200, (random) => {
    const track = new Track()
    let tick = 0
    const places = Array.from({ length: random.between(1, 10) }, () => {
        tick += random.between(1, 4)
        return { tick, x: random.between(-99, 99), y: random.between(-99, 99) }
    })
    for (const each of places) track.add(each.tick - 1, each.tick, each.x, each.y)
    const [low, high] = [Math.min(...places.map((each) => each.x)), Math.max(...places.map((each) => each.x))]
    for (let time = -1; time < tick + 2; time += 0.3) {
        track.move(time)
        assert.ok(track.x >= low && track.x <= high, `${track.x} at ${time}`)
    }
    assert.deepEqual([track.x, track.y], [places.at(-1).x, places.at(-1).y])
}))

test("a track that no frame has moved yet stands where it was first seen", () => {
    const track = new Track()
    track.add(0, 1, 7, 8)
    assert.deepEqual([track.x, track.y], [7, 8])
})

test("playback never runs backwards and stays near the updates", () => repeat(100, (random) => {
    const playback = new Playback(50)
    let [now, before] = [0, -Infinity]
    for (let tick = 1; tick < 60; tick += 1) {
        now += 50
        playback.heard(tick, now + random.below(20))
        for (let step = 0; step < 3; step += 1) {
            const at = playback.advance(now + step * 16)
            assert.ok(at >= before, `${at} after ${before}`)
            assert.ok(Math.abs(at - tick) < 5, `${at} at tick ${tick}`)
            before = at
        }
    }
}))

test("the screen maps to the world and back", () => repeat(200, (random) => {
    const position = { inner: random.below(2) * 3_000, outer: 3_600 }
    const [width, height] = [random.between(300, 2_600), random.between(300, 1_500)]
    const camera = cameraOver({ x: random.below(25_600), y: random.below(25_600) }, position, width, height, random.between(1, 4))
    const [x, y] = [random.below(25_600), random.below(25_600)]
    const [backX, backY] = camera.toWorld(...camera.toScreen(x, y))
    assert.ok(Math.abs(backX - x) < 1e-6 && Math.abs(backY - y) < 1e-6)
    assert.deepEqual(camera.toScreen(camera.x, camera.y), [camera.width / 2, camera.height / 2])
    // North is up.
    assert.ok(camera.toScreen(camera.x, camera.y + 1)[1] < camera.height / 2)
}))

test("zoom has limits", () => assert.deepEqual([clampZoom(0), clampZoom(1), clampZoom(99)], [0.4, 1, 4]))

test("the minimap shows a bounded world whole, and else the surroundings", () => {
    const bounded = frameOf({ edges: { isBounded: true, west: 0, east: 100, south: 0, north: 50 } }, { x: 0, y: 0 })
    assert.deepEqual([bounded.x, bounded.y], [50, 25])
    assert.ok(bounded.side >= 100)
    const endless = frameOf({ edges: { isBounded: false }, position: { outer: 36 } }, { x: 7, y: 8 })
    assert.deepEqual([endless.x, endless.y], [7, 8])
    assert.ok(endless.side > 72)
})

test("arrows point where the angle does", () => {
    assert.deepEqual([0, 90, 180, 270, -90, 45, -135, 359].map((degrees) => arrowFor((degrees / 180) * Math.PI)).join(""), "→↑←↓↓↗↙→")
})

const field = (name, scalar, bounds = null) => ({ name, kind: { type: "scalar", scalar }, bounds })

test("the walking intent is found by its fields, and scales to their range", () => {
    const percent = [-100n, 100n]
    const intents = [
        { name: "look", fields: [field("angle", "f32")] }, { name: "walk", fields: [field("way.dx", "i8", percent), field("way.dy", "i8", percent)] },
    ]
    const found = steeringOf({ intents })
    assert.deepEqual([found.name, found.dx, found.dy, found.value(-0.5)], ["walk", "way.dx", "way.dy", -50])
    assert.equal(steeringOf({ intents: [intents[0]] }), null)
    assert.equal(steeringOf({ intents: [{ name: "fly", fields: [field("dx", "f32"), field("dy", "f32")] }] }).value(0.25), 0.25)
})

test("keys, joystick and script add up to no more than full speed", () => repeat(200, (random) => {
    const steering = new Steering()
    for (const code of ["KeyW", "KeyA", "ArrowRight", "ArrowDown"]) if (random.below(2)) steering.press(code)
    steering.walk(random.share() * 4 - 2, random.share() * 4 - 2)
    steering.stick = [random.share() * 2 - 1, random.share() * 2 - 1]
    assert.ok(Math.hypot(...steering.direction) <= 1 + 1e-9)
}))

test("a direction is sent once, and at most once a tick", () => {
    const steering = new Steering()
    const intent = { name: "walk", dx: "dx", dy: "dy", value: (share) => Math.round(share * 100) }
    steering.press("KeyD")
    assert.deepEqual(steering.next(intent, 50, 1_000), ["walk", { dx: 100, dy: 0 }])
    assert.equal(steering.next(intent, 50, 2_000), null)
    steering.lift("KeyD")
    assert.equal(steering.next(intent, 50, 1_040), null)
    assert.deepEqual(steering.next(intent, 50, 1_050), ["walk", { dx: 0, dy: 0 }])
    steering.forget()
    assert.deepEqual(steering.next(intent, 50, 1_060), ["walk", { dx: 0, dy: 0 }])
})

test("figures are short", () => {
    assert.deepEqual([bytesText(999), bytesText(1_000), grouped(1234567n), grouped(12)], ["999 B/s", "1.0 kB/s", "1\u202f234\u202f567", "12"])
    const stats = { latency: null, rows: 0, entities: 0, updatesPerSecond: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0 }
    const lines = figuresOf({ session: null, stats, reconnects: 2, auditText: "–", dilation: 500 })
    assert.deepEqual(lines.at(-1), ["time runs at", "50 %"])
    assert.ok(lines.every(([name, text]) => name && typeof text === "string"))
})
