// Big-endian values in byte arrays: Reader, Writer and hexadecimal text. 64-bit whole numbers are BigInt; everything narrower is Number.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const toUTF8 = new TextEncoder()

export const MASK64 = 0xffffffffffffffffn

/** The server sent what the protocol does not allow. */
export class MalformedError extends Error {}

/** Reads values in order; a read past the end throws MalformedError. */
export class Reader {
    constructor(bytes) {
        this.bytes = bytes
        this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        this.offset = 0
    }

    get remaining() { return this.bytes.length - this.offset }

    advance(count) {
        const at = this.offset
        if (this.remaining < count) throw new MalformedError(`${count} bytes expected at ${at}, ${this.remaining} left`)
        this.offset += count
        return at
    }

    u8() { return this.data.getUint8(this.advance(1)) }
    u16() { return this.data.getUint16(this.advance(2)) }
    u32() { return this.data.getUint32(this.advance(4)) }
    u64() { return this.data.getBigUint64(this.advance(8)) }
    i8() { return this.data.getInt8(this.advance(1)) }
    i16() { return this.data.getInt16(this.advance(2)) }
    i32() { return this.data.getInt32(this.advance(4)) }
    i64() { return this.data.getBigInt64(this.advance(8)) }
    f32() { return this.data.getFloat32(this.advance(4)) }
    f64() { return this.data.getFloat64(this.advance(8)) }

    /** An unsigned number in groups of seven bits, the lowest first, as a BigInt. */
    varint() {
        let value = 0n
        for (let shift = 0n; shift < 70n; shift += 7n) {
            const byte = this.u8()
            if (byte === 0 && shift > 0n) throw new MalformedError("a varint longer than it need be")
            value |= BigInt(byte & 0x7f) << shift
            if (byte < 0x80) {
                if (value > MASK64) break
                return value
            }
        }
        throw new MalformedError("a varint of more than 64 bits")
    }

    /** The next `count` bytes, shared with the frame that they came in. */
    take(count) { return this.bytes.subarray(this.advance(count), this.offset) }
    rest() { return this.take(this.remaining) }

    /** A text with its length in front; `limit` counts bytes. */
    text(limit) {
        const length = this.u16()
        if (length > limit) throw new MalformedError(`a text of ${length} bytes, at most ${limit} are allowed`)
        const bytes = this.take(length)
        try {
            return utf8.decode(bytes)
        } catch {
            throw new MalformedError("a text is not UTF-8")
        }
    }

    end() {
        if (this.remaining > 0) throw new MalformedError(`${this.remaining} bytes too many`)
    }
}

/** Appends values to a buffer that grows. */
export class Writer {
    constructor() {
        this.buffer = new Uint8Array(64)
        this.data = new DataView(this.buffer.buffer)
        this.count = 0
    }

    grow(count) {
        const at = this.count
        if (at + count > this.buffer.length) {
            const wider = new Uint8Array(Math.max(this.buffer.length * 2, at + count))
            wider.set(this.buffer)
            this.buffer = wider
            this.data = new DataView(wider.buffer)
        }
        this.count += count
        return at
    }

    /** Grows first: that may replace `data`. */
    put(count, write) { write(this.grow(count)) }

    u8(value) { this.put(1, (at) => this.data.setUint8(at, value)) }
    u16(value) { this.put(2, (at) => this.data.setUint16(at, value)) }
    u32(value) { this.put(4, (at) => this.data.setUint32(at, value)) }
    u64(value) { this.put(8, (at) => this.data.setBigUint64(at, value)) }
    i8(value) { this.put(1, (at) => this.data.setInt8(at, value)) }
    i16(value) { this.put(2, (at) => this.data.setInt16(at, value)) }
    i32(value) { this.put(4, (at) => this.data.setInt32(at, value)) }
    i64(value) { this.put(8, (at) => this.data.setBigInt64(at, value)) }
    // JavaScript does not promise which NaN it writes; the protocol allows one.
    f32(value) { Number.isNaN(value) ? this.u32(0x7fc00000) : this.put(4, (at) => this.data.setFloat32(at, value)) }
    f64(value) { Number.isNaN(value) ? this.u64(0x7ff8000000000000n) : this.put(8, (at) => this.data.setFloat64(at, value)) }

    varint(value) {
        let left = BigInt(value)
        for (; left >= 0x80n; left >>= 7n) this.u8(Number(left & 0x7fn) | 0x80)
        this.u8(Number(left))
    }

    raw(bytes) {
        const at = this.grow(bytes.length)
        this.buffer.set(bytes, at)
    }

    text(text) {
        const bytes = toUTF8.encode(text)
        this.u16(bytes.length)
        this.raw(bytes)
    }

    get bytes() { return this.buffer.slice(0, this.count) }
}

/** Numbers of either sign as varints carry them: 0, −1, 1, −2 … are 0, 1, 2, 3 … Both take and give BigInt. */
export const zigzag = (value) => (value >= 0n ? value << 1n : (-value << 1n) - 1n)
export const unzigzag = (value) => (value & 1n ? -(value >> 1n) - 1n : value >> 1n)

/** `count` results of `read`, in order. */
export const readMany = (count, read) => Array.from({ length: count }, (_, index) => read(index))

/** Bytes that a text takes in UTF-8. */
export const utf8Length = (text) => toUTF8.encode(text).length

/** Bytes from hexadecimal digits; spaces between them are skipped. */
export const fromHex = (hex) => Uint8Array.from(hex.replace(/\s+/g, "").match(/../g) ?? [], (pair) => parseInt(pair, 16))
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
