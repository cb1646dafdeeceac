import OrgeSchema

@testable import OrgeImage

/// Makes mutants of an image. Most have right checksums, many right hashes as well, so that every layer of a reader meets what only it can refuse.
struct ImageMutator {
    var random: RandomSource
    let original: TornImage
    /// Records are taken over from it.
    let other: TornImage

    mutating func mutant() -> [UInt8] {
        switch random.below(10) {
        case 0..<6: return changedRecords()
        case 6: return changedSections()
        case 7: return changedChunks()
        case 8: return changedHeader()
        default: return changedBytes(original.bytes)
        }
    }

    // MARK: Records

    private mutating func changedRecords() -> [UInt8] {
        var image = original
        for _ in 0..<(random.chance(2, outOf: 3) ? 1 : random.within(2...4)) {
            let index = random.below(image.sections.count)
            change(&image.sections[index].records, other.sections.first { $0.head.name == image.sections[index].head.name }?.records ?? [])
        }
        if random.chance(7, outOf: 8) { image.rehash(as: Tally.self) }
        return image.bytes
    }

    private mutating func change(_ records: inout [[UInt8]], _ others: [[UInt8]]) {
        if !others.isEmpty, random.chance(1, outOf: 6) {
            return records.insert(others[random.below(others.count)], at: random.below(records.count + 1))
        }
        guard !records.isEmpty else { return }
        let (one, two) = (random.below(records.count), random.below(records.count))
        switch random.below(8) {
        case 0: records.remove(at: one)
        case 1: records.insert(records[one], at: two)
        case 2: records.swapAt(one, two)
        default: change(&records[one])
        }
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(random.below(256))) }
        let place = random.below(bytes.count)
        switch random.below(7) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.insert(contentsOf: [UInt8](repeating: UInt8(random.below(3)), count: random.within(1...9)), at: place)
        default: changeNumber(&bytes, place)
        }
    }

    /// A number becomes its neighbour, or one at the end of its range.
    private mutating func changeNumber(_ bytes: inout [UInt8], _ place: Int) {
        let width = min([1, 2, 4, 8][random.below(4)], bytes.count - place)
        var value = bytes[place..<place + width].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        switch random.below(6) {
        case 0: value &+= 1
        case 1: value &-= 1
        case 2: value = 0
        case 3: value = .max
        case 4: value = .max >> 1
        default: value = 1 << UInt64(random.below(64))
        }
        for index in 0..<width { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64((width - 1 - index) * 8)) }
    }

    // MARK: The frame

    private mutating func changedSections() -> [UInt8] {
        var image = original
        let (one, two) = (random.below(image.sections.count), random.below(image.sections.count))
        switch random.below(7) {
        case 0: image.sections.remove(at: one)
        case 1: image.sections.insert(image.sections[one], at: two)
        case 2: image.sections.swapAt(one, two)
        case 3: image.sections[one].head.name += "x"
        case 4: image.sections[one].head.format &+= UInt16(random.within(1...3))
        case 5: image.sections[one].head.layout = image.sections[two].head.layout
        default: image.sections[one].hash ^= 1 << UInt64(random.below(64))
        }
        if random.chance(1, outOf: 2) { image.rehash(as: Tally.self) }
        return image.bytes
    }

    private mutating func changedChunks() -> [UInt8] {
        var chunks = original.chunks
        let (one, two) = (random.below(chunks.count), random.below(chunks.count))
        switch random.below(6) {
        case 0: chunks.remove(at: one)
        case 1: chunks.insert(chunks[one], at: two)
        case 2: chunks.swapAt(one, two)
        case 3: chunks[one].kind = UInt8(random.below(8))
        case 4: change(&chunks[one].body)
        default:
            // Cut in two: at the end of a record that is no change, elsewhere it is.
            let cut = random.below(chunks[one].body.count + 1)
            chunks.insert(.init(kind: chunks[one].kind, body: Array(chunks[one].body[cut...])), at: one + 1)
            chunks[one].body.removeSubrange(cut...)
        }
        return TornImage.assemble(original.header, chunks)
    }

    private mutating func changedHeader() -> [UInt8] {
        var image = original
        switch random.below(4) {
        case 0: image.header.tick = random.chance(1, outOf: 2) ? image.header.tick + 1 : .max
        case 1: image.header.codeID = String(repeating: "x", count: random.below(ImageLimits.codeIDBytes + 1))
        case 2: image.header.lineage ^= random.next()
        default: return changedBytes(image.bytes, before: ImageHeader.byteCount)
        }
        return image.bytes
    }

    /// Without a thought for checksums.
    private mutating func changedBytes(_ whole: [UInt8], before end: Int = .max) -> [UInt8] {
        var bytes = whole
        switch random.below(4) {
        case 0: bytes.removeSubrange(random.below(min(end, bytes.count))...)
        case 1: bytes += [UInt8](repeating: UInt8(random.below(2)), count: random.within(1...40))
        default: bytes[random.below(min(end, bytes.count))] ^= 1 << UInt8(random.below(8))
        }
        return bytes
    }
}
