import assert from "node:assert/strict"
import test from "node:test"
import { Scene, edgesOf } from "../../Clients/web/page/scene.js"
import { Terrain } from "../../Clients/web/page/terrain.js"
import { repeat } from "./random.mjs"

const field = (name, type, bounds = null) => ({ name, kind: { type, scalar: type === "scalar" ? "i32" : undefined }, bounds })
const PLACE = { id: 1, name: "place", visibility: 0, fields: [field("x", "scalar", [0n, 999n]), field("y", "scalar", [0n, 499n])] }
const NAME = { id: 2, name: "name", visibility: 0, fields: [field("text", "text")] }
const GROUND = { id: 3, name: "ground", visibility: 0, fields: [] }
const position = { name: "place", xName: "x", yName: "y", unit: "cm", inner: 300, outer: 360 }
const SCHEMA = { position, components: [PLACE, NAME, GROUND], commands: [], intents: [] }

/** A scene with a view of { id: [x, y, name] }. */
function sceneOf(places, schema = SCHEMA) {
    const view = { schema, entities: new Map() }
    view.get = (id, component) => view.entities.get(id)?.values[component]
    const scene = new Scene(view, 1n, 50_000)
    scene.put = (id, x, y, name = "") => view.entities.set(id, { id, rows: new Map(), values: { place: { x, y }, name: { text: name } } })
    for (const [id, place] of Object.entries(places)) scene.put(BigInt(id), ...place)
    scene.follow({ before: 0n, tick: 1n, touched: [...view.entities.keys()], reset: true }, 0)
    return scene
}

test("edges are the bounds of the position's fields", () => {
    const edges = edgesOf(SCHEMA)
    assert.deepEqual([edges.west, edges.east, edges.south, edges.north, edges.isBounded], [0, 999, 0, 499, true])
    assert.deepEqual([edges.contains(0, 499), edges.contains(-1, 0), edges.contains(0, 500)], [true, false, false])
    const open = edgesOf({ position, components: [{ ...PLACE, fields: [field("x", "scalar"), field("y", "scalar")] }] })
    assert.deepEqual([open.isBounded, open.contains(-1e9, 1e9)], [false, true])
    assert.equal(edgesOf({ position: null, components: [] }).isBounded, false)
})

test("neighbours are the others with a name, nearest first", () => {
    const scene = sceneOf({ 1: [100, 100, "me"], 2: [200, 100, "east"], 3: [100, 90, "south"], 4: [101, 100, ""] })
    const near = scene.neighbours()
    assert.deepEqual(near.map((each) => [each.name, each.distance]), [["south", 10], ["east", 100]])
    assert.ok(near[0].angle < 0 && near[1].angle === 0)
    scene.view.entities.delete(1n)
    assert.deepEqual(scene.neighbours(), [])
})

test("what has left the view is not picked and not tracked", () => {
    const scene = sceneOf({ 1: [100, 100, "me"], 2: [200, 100, "other"] })
    scene.advance(50)
    assert.equal(scene.pick(201, 101, 10), 2n)
    scene.view.entities.delete(2n)
    scene.follow({ before: 1n, tick: 2n, touched: [2n], reset: false }, 50)
    assert.equal(scene.pick(201, 101, 10), null)
    assert.equal(scene.tracks.size, 1)
})

test("bubbles end, also those of speakers out of view", () => {
    const scene = sceneOf({ 1: [0, 0, "me"] })
    scene.speak(7n, "hello", 0)
    scene.speak(8n, "hello", 60_000)
    assert.deepEqual([...scene.bubbles.keys()], [8n])
})

/** A grid of tiles with a random soil each. */
function randomTiles(random) {
    const side = random.between(2, 900)
    const [x, y, count] = [random.between(-5_000, 5_000), random.between(-5_000, 5_000), random.between(2, 7)]
    const tiles = []
    for (let row = 0; row < count; row += 1) {
        for (let column = 0; column < count; column += 1) {
            const ground = { soil: random.pick(["meadow", "water", "rock"]), grass: random.between(0, 100) }
            tiles.push({ entity: BigInt(tiles.length + 1), place: { x: x + column * side, y: y + row * side }, ground })
        }
    }
    return { side, tiles }
}

test("tiles are found where they lie, in whatever order they came", () => repeat(100, (random) => {
    const { side, tiles } = randomTiles(random)
    const terrain = new Terrain()
    for (const { entity, place, ground } of tiles.map((each) => [random.share(), each]).sort((a, b) => a[0] - b[0]).map(([, each]) => each)) {
        terrain.learn(entity, place, ground)
    }
    assert.equal(terrain.side, side)
    for (const { entity, place } of tiles) {
        const reach = (side / 2) * 0.98
        const tile = terrain.tileAt(place.x + (random.share() * 2 - 1) * reach, place.y + (random.share() * 2 - 1) * reach)
        assert.equal(tile?.entity, entity)
    }
    terrain.learn(tiles[0].entity, undefined, undefined)
    assert.equal(terrain.tileAt(tiles[0].place.x, tiles[0].place.y).visible, false)
}))

test("colours are colours, and neighbours agree on their border", () => repeat(60, (random) => {
    const terrain = new Terrain()
    const { tiles } = randomTiles(random)
    for (const { entity, place, ground } of tiles) terrain.learn(entity, place, ground)
    for (const tile of terrain.tiles.values()) {
        const dy = random.share() - 0.5
        const here = terrain.look(tile, terrain.around(tile), 0.5, dy)
        assert.ok(here.colour.every((each) => each > -1 && each < 256), String(here.colour))
        const east = terrain.tiles.get(terrain.key(tile.column + 1, tile.row))
        if (!east) continue
        const there = terrain.look(east, terrain.around(east), -0.5, dy)
        here.colour.forEach((each, index) => assert.ok(Math.abs(each - there.colour[index]) < 1e-6, "a seam"))
    }
}))
