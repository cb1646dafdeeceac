// The ground as data: which tiles are known, and the colour of every place. Nothing is drawn here.

import { clamp, mix, noise, ramp } from "./math.js"

/** Tiles remembered after they went out of sight. */
const TILE_LIMIT = 4_096
const SOILS = { meadow: 0, water: 1, rock: 2 }
/** By how much grass grows or goes before its tile is painted again. */
const GRASS_STEP = 6

/** The ground tiles that this client has seen. The side of a tile is not told: it is the least distance between two columns or rows. */
export class Terrain {
    constructor() {
        /** Every tile by its entity, the one heard of longest ago first. */
        this.byEntity = new Map()
        /** The same by column and row. While the side is not known yet, tiles may hide each other here. */
        this.tiles = new Map()
        this.side = 0
        this.origin = null
    }

    key(column, row) { return `${column},${row}` }

    /** A tile came into view, changed, or (`ground` undefined) left it: then it stays remembered. */
    learn(entity, place, ground) {
        let tile = this.byEntity.get(entity)
        if (!ground || !place) {
            if (tile) tile.visible = false
            return
        }
        const soil = SOILS[ground.soil] ?? 0
        const grass = ground.grass ?? 50
        if (tile && (tile.x !== place.x || tile.y !== place.y)) {
            this.forget(tile)
            tile = null
        }
        const isNew = !tile
        tile ??= { entity, x: place.x, y: place.y, soil, shown: grass, isStale: true, tufts: [], ripples: [] }
        const isOther = isNew || tile.soil !== soil
        Object.assign(tile, { soil, grass, visible: true })
        this.byEntity.delete(entity)
        this.byEntity.set(entity, tile)
        if (isNew) this.place(tile)
        if (isOther) this.disturb(tile.column, tile.row)
        if (this.byEntity.size > TILE_LIMIT) this.forget(this.byEntity.values().next().value)
    }

    /** Puts a new tile into its column and row, and all of them when it shows that the side is shorter than was thought. */
    place(tile) {
        this.origin ??= { x: tile.x, y: tile.y }
        const distances = [Math.abs(tile.x - this.origin.x), Math.abs(tile.y - this.origin.y)].filter((each) => each > 0)
        const side = Math.min(...distances, this.side || Infinity)
        if (side === this.side || side === Infinity) return this.index(tile)
        this.side = side
        this.tiles.clear()
        for (const each of this.byEntity.values()) {
            each.isStale = true
            this.index(each)
        }
        return undefined
    }

    index(tile) {
        const side = this.side || 1
        tile.column = Math.round((tile.x - this.origin.x) / side)
        tile.row = Math.round((tile.y - this.origin.y) / side)
        this.tiles.set(this.key(tile.column, tile.row), tile)
    }

    forget(tile) {
        this.byEntity.delete(tile.entity)
        const key = this.key(tile.column, tile.row)
        if (this.tiles.get(key) === tile) this.tiles.delete(key)
    }

    disturb(column, row) {
        for (let dx = -1; dx <= 1; dx += 1) {
            for (let dy = -1; dy <= 1; dy += 1) {
                const tile = this.tiles.get(this.key(column + dx, row + dy))
                if (tile) tile.isStale = true
            }
        }
    }

    /** Marks the tiles whose grass has visibly changed; neighbours blend into each other, so they are painted with it. */
    noticeGrowth(tiles) {
        for (const tile of tiles) {
            if (Math.abs(tile.shown - tile.grass) < GRASS_STEP) continue
            tile.shown = tile.grass
            this.disturb(tile.column, tile.row)
        }
    }

    tileAt(x, y) {
        if (this.side === 0) return undefined
        return this.tiles.get(this.key(Math.round((x - this.origin.x) / this.side), Math.round((y - this.origin.y) / this.side)))
    }

    /** The nine tiles around one, itself in the middle. An unknown one looks like its neighbour, the same for every tile that asks, so there is no seam. */
    around(tile) {
        const at = (dx, dy) => this.tiles.get(this.key(tile.column + dx, tile.row + dy))
        const found = []
        for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) found.push(at(dx, dy) ?? at(dx, 0) ?? at(0, dy) ?? tile)
        return found
    }

    /** Shares of water and rock and the height of grass, `dx`, `dy` tiles from a tile's middle, out of the four middles around that place. */
    blend(nine, dx, dy) {
        const [column, row] = [dx < 0 ? 0 : 1, dy < 0 ? 0 : 1]
        const [fx, fy] = [dx < 0 ? dx + 1 : dx, dy < 0 ? dy + 1 : dy]
        let [water, rock, grass, green] = [0, 0, 0, 0]
        for (let corner = 0; corner < 4; corner += 1) {
            const [east, north] = [corner & 1, corner >> 1]
            const tile = nine[(row + north) * 3 + column + east]
            const weight = (east ? fx : 1 - fx) * (north ? fy : 1 - fy)
            if (tile.soil === 1) water += weight
            else if (tile.soil === 2) rock += weight
            else {
                grass += weight * tile.shown
                green += weight
            }
        }
        return { water, rock, grass: green > 0 ? grass / green / 100 : 0.5 }
    }

    /** What is at a place, and its colour: noise bends the borders between soils, narrow ramps keep them smooth. */
    look(tile, nine, dx, dy) {
        const { water, rock, grass } = this.blend(nine, dx, dy)
        const [u, v] = [tile.column + dx, tile.row + dy]
        const rough = noise(u * 3, v * 3, 1) * 0.65 + noise(u * 9, v * 9, 2) * 0.35
        const wet = water + (rough - 0.5) * 0.5
        const hard = rock + (rough - 0.5) * 0.5
        const shade = 0.86 + rough * 0.28
        const lush = clamp(grass * 1.15 + (rough - 0.5) * 0.25, 0, 1)
        let colour = [mix(172, 84, lush) * shade, mix(160, 134, lush) * shade, mix(94, 62, lush) * shade]
        const blendIn = (share, other) => { if (share > 0) colour = colour.map((each, index) => mix(each, other[index], share)) }
        const stone = 0.8 + rough * 0.36 + (hard > 0.62 ? 0.05 : 0)
        blendIn(ramp(hard, 0.42, 0.54) * (1 - ramp(wet, 0.4, 0.5)), [136 * stone, 134 * stone, 126 * stone])
        blendIn(ramp(wet, 0.34, 0.42), [198 - rough * 24, 182 - rough * 24, 130 - rough * 20])
        const deep = clamp((wet - 0.5) * 2, 0, 1)
        blendIn(ramp(wet, 0.47, 0.53), [mix(104, 44, deep), mix(164, 104, deep), mix(174, 140, deep)])
        const kind = wet > 0.56 ? "water" : hard > 0.4 || wet > 0.32 ? "bare" : "grass"
        return { kind, colour }
    }
}
