// What the map shows of one joined world: the view, with motion, ground and speech. Made again with every join; knows no page.

import { entityText } from "../client/text.js"
import { Playback, Track } from "./motion.js"
import { steeringOf } from "./steering.js"
import { Terrain } from "./terrain.js"

const UNITS_PER_METRE = { mm: 1_000, cm: 100, m: 1, km: 0.001 }
/** Metres of sight assumed where the position has no unit of length. */
const SIGHT_METRES = 36
const BUBBLE_MILLISECONDS = 6_000

export class Scene {
    constructor(view, avatar, tickMicroseconds) {
        const { schema } = view
        const { position } = schema
        Object.assign(this, { view, schema, avatar, position })
        this.metre = UNITS_PER_METRE[position?.unit] ?? (position ? position.outer / SIGHT_METRES : 1)
        this.edges = edgesOf(schema)
        this.hasGround = schema.components.some((each) => each.name === "ground")
        this.tracks = new Map()
        this.bubbles = new Map()
        this.terrain = new Terrain()
        this.playback = new Playback(tickMicroseconds / 1_000)
        this.steering = steeringOf(schema)
        this.say = schema.commands.find((each) => each.name === "say" && each.fields.length === 1 && each.fields[0].kind.type === "text")
        this.labels = labelFields(schema)
        this.selected = null
        this.camera = null
    }

    /** Takes in what an update has changed; `now` in milliseconds. */
    follow({ before, tick, touched, reset }, now) {
        if (!this.position) return
        if (reset) for (const [id, track] of this.tracks) if (!this.view.entities.has(id)) track.samples.length = 0
        for (const id of touched) this.followEntity(id, Number(before), Number(tick))
        this.playback.heard(Number(tick), now)
    }

    followEntity(id, before, tick) {
        const entity = this.view.entities.get(id)
        const at = this.placeOf(entity)
        if (this.hasGround) this.terrain.learn(id, at, entity?.values.ground)
        if (!at) return void this.tracks.delete(id)
        let track = this.tracks.get(id)
        if (!track) this.tracks.set(id, track = new Track())
        const last = track.samples.at(-1)
        if (!last || last.x !== at.x || last.y !== at.y) track.add(before, tick, at.x, at.y)
        return undefined
    }

    placeOf(entity) {
        const { name, xName, yName } = this.position
        const place = entity?.values[name]
        return place && { x: Number(place[xName]), y: Number(place[yName]) }
    }

    /** Moves everything to where it is to be drawn now. */
    advance(now) {
        const tick = this.playback.advance(now)
        for (const track of this.tracks.values()) track.move(tick)
    }

    /** Where the map looks: the avatar, else the last place, else any entity. */
    get centre() { return this.tracks.get(this.avatar) ?? this.camera ?? this.tracks.values().next().value ?? null }

    labelOf(entity) {
        for (const [component, field] of this.labels) {
            const text = entity?.values[component]?.[field]
            if (text) return text
        }
        return ""
    }

    nameOf(id) { return this.labelOf(this.view.entities.get(id)) || entityText(id) }

    speak(id, text, now) {
        // A speaker out of view is not drawn, so its bubble would stay.
        for (const [other, bubble] of this.bubbles) if (bubble.until <= now) this.bubbles.delete(other)
        this.bubbles.set(id, { text, until: now + BUBBLE_MILLISECONDS })
    }

    /** The named entities in view but the avatar, nearest first: { id, name, distance in units, angle in radians from east }. */
    neighbours() {
        const mine = this.position && this.placeOf(this.view.entities.get(this.avatar))
        if (!mine) return []
        const found = []
        for (const entity of this.view.entities.values()) {
            const name = entity.id === this.avatar ? "" : this.labelOf(entity)
            const place = name ? this.placeOf(entity) : null
            if (!place) continue
            const [dx, dy] = [place.x - mine.x, place.y - mine.y]
            found.push({ id: entity.id, name, distance: Math.hypot(dx, dy), angle: Math.atan2(dy, dx) })
        }
        return found.sort((a, b) => a.distance - b.distance)
    }

    /** What is at a place: the nearest creature within `reach`, else the tile. */
    pick(x, y, reach) {
        let [best, distance] = [null, reach]
        for (const [id, track] of this.tracks) {
            if (this.view.get(id, "ground")) continue
            const away = Math.hypot(track.x - x, track.y - y)
            if (away < distance) [best, distance] = [id, away]
        }
        return best ?? this.terrain.tileAt(x, y)?.entity ?? null
    }
}

/** The least and greatest x and y that the rules of the position allow. */
export function edgesOf({ position, components }) {
    const place = position && components.find((each) => each.name === position.name)
    const ends = (name) => (place?.fields.find((each) => each.name === name)?.bounds ?? [-Infinity, Infinity]).map(Number)
    const [west, east] = ends(position?.xName)
    const [south, north] = ends(position?.yName)
    return {
        west, east, south, north, isBounded: [west, east, south, north].every(Number.isFinite),
        contains: (x, y) => x >= west && x <= east && y >= south && y <= north,
    }
}

/** The texts that everyone may see, as (component, field): they name an entity. */
function labelFields({ components }) {
    const isText = (field) => field.kind.type === "text"
    return components.filter((each) => each.visibility === 0 && each.fields.some(isText)).map((each) => [each.name, each.fields.find(isText).name])
}
