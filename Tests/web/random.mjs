// Random cases that can be run again: ORGE_SEED=N repeats a run, and the seed stands in the message of a failure.

const first = process.env.ORGE_SEED ? Number(process.env.ORGE_SEED) : Math.floor(Math.random() * 2 ** 31)

/** mulberry32, with the draws that the tests need. */
export class Random {
    constructor(seed) { this.state = seed >>> 0 }

    share() {
        this.state = (this.state + 0x6d2b79f5) >>> 0
        let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    }

    /** A whole number from 0 to limit − 1. */
    below(limit) { return Math.floor(this.share() * limit) }
    between(low, high) { return low + this.below(high - low + 1) }
    pick(list) { return list[this.below(list.length)] }
    bytes(count) { return Uint8Array.from({ length: count }, () => this.below(256)) }
    /** Whole numbers of up to 64 bits; the ends of the range come often. */
    big(low, high) {
        if (this.below(4) === 0) return this.pick([low, high])
        const wide = this.bytes(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
        return low + (wide % (high - low + 1n))
    }
    text(letters) { return Array.from({ length: this.below(letters + 1) }, () => this.pick([..."aé☂ z<&0-"])).join("") }
}

let drawn = 0

/** Runs `await body(random)` with the next seed, which stands in the message of a failure. */
export async function withSeed(body) {
    const seed = process.env.ORGE_SEED ? first : (first + drawn) % 2 ** 31
    drawn += 1
    try {
        await body(new Random(seed))
    } catch (error) {
        error.message = `ORGE_SEED=${seed}: ${error.message}`
        throw error
    }
}

/** Runs `body(random)` so many times, each with a seed of its own. */
export function repeat(count, body) {
    for (let round = 0; round < count; round += 1) {
        const seed = process.env.ORGE_SEED ? first : (first + round) % 2 ** 31
        try {
            body(new Random(seed))
        } catch (error) {
            error.message = `ORGE_SEED=${seed}: ${error.message}`
            throw error
        }
        if (process.env.ORGE_SEED) return
    }
}
